//! Divides many things among all processors: sealing, opening and spelling are most of the work on a
//! large file, and every value is on its own. While one thread walks the document and gathers, the
//! others work on what was gathered before. A small file is done on the spot, without a thread.

use std::collections::{HashMap, VecDeque};
use std::num::NonZero;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope};

use super::processor::Processor;

/// How many things are worked on together: enough that handing them over costs nothing beside the
/// work, and few enough that their bytes stay in a processor's own memory.
const RUN: usize = 512;

/// Bytes of additional data from which on a run is full, however few things have it.
const RUN_BYTES: usize = 512 << 10;

/// How many runs may wait for each thread before whoever gathers them helps.
const WAITING: usize = 2;

/// Things that follow each other, each with its additional data, to be worked on together.
pub(super) struct Run<T> {
    things: Vec<(T, Range<usize>)>,
    /// The additional data of all of them, one after the other.
    additional: Vec<u8>,
}

impl<T> Run<T> {
    fn new() -> Self {
        Run { things: Vec::new(), additional: Vec::new() }
    }

    fn push(&mut self, thing: T, additional: &[u8]) {
        let start = self.additional.len();
        self.additional.extend_from_slice(additional);
        self.things.push((thing, start..self.additional.len()));
    }

    fn is_full(&self) -> bool {
        self.things.len() >= RUN || self.additional.len() >= RUN_BYTES
    }

    /// How many things there are.
    pub(super) fn len(&self) -> usize {
        self.things.len()
    }

    /// The things in order, each with its additional data.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&T, &[u8])> {
        self.things.iter().map(|(thing, range)| (thing, &self.additional[range.clone()]))
    }
}

/// Gathers things in order and works on runs of them on all processors. `take` gets what each run
/// came to, in order and on the thread of the caller.
///
/// # Errors
/// The first of `gather` or `take`; nothing is taken after it.
pub(super) fn in_shares<T: Send, R: Send, O, E>(
    work: impl Fn(Run<T>) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
    gather: impl FnOnce(&mut Shares<'_, '_, '_, T, R, E>) -> Result<O, E>,
) -> Result<O, E> {
    let desk = Desk { state: Mutex::new(State::default()), changed: Condvar::new() };
    std::thread::scope(|scope| {
        // However this ends: nobody waits for more.
        let _closing = Closing(&desk);
        let mut shares = Shares {
            run: Run::new(),
            work: &work,
            take: &mut take,
            desk: &desk,
            scope,
            threads: None,
            given: 0,
            taken: 0,
        };
        let gathered = gather(&mut shares)?;
        shares.finish()?;
        Ok(gathered)
    })
}

/// Takes things in, and has them worked on.
pub(super) struct Shares<'s, 'scope, 'env, T, R, E> {
    run: Run<T>,
    work: &'scope (dyn Fn(Run<T>) -> R + Sync),
    take: &'s mut dyn FnMut(R) -> Result<(), E>,
    desk: &'scope Desk<T, R>,
    scope: &'scope Scope<'scope, 'env>,
    /// How many threads work beside this one; they start when there is a second run.
    threads: Option<usize>,
    /// How many runs were given to the desk, and how many came back.
    given: usize,
    taken: usize,
}

impl<T: Send, R: Send, E> Shares<'_, '_, '_, T, R, E> {
    /// Takes the next thing in.
    pub(super) fn push(&mut self, thing: T, additional: &[u8]) -> Result<(), E> {
        self.run.push(thing, additional);
        if self.run.is_full() { self.give() } else { Ok(()) }
    }

    /// Gives a run to whoever has nothing to do.
    fn give(&mut self) -> Result<(), E> {
        if self.given == 1 && self.threads.is_none() {
            self.threads = Some(self.start());
        }
        let run = std::mem::replace(&mut self.run, Run::new());
        let most = WAITING * self.threads.unwrap_or(1);
        let waiting = {
            let mut state = self.desk.lock();
            state.waiting.push_back((self.given, run));
            state.waiting.len()
        };
        self.given += 1;
        self.desk.changed.notify_all();
        // The first one waits for the second: most files have no second.
        if waiting > most || (self.threads == Some(0) && waiting > 0) {
            self.help();
        }
        self.take_done()
    }

    /// Starts a thread for every other processor.
    fn start(&self) -> usize {
        let others = std::thread::available_parallelism().map_or(1, NonZero::get) - 1;
        let (desk, work) = (self.desk, self.work);
        let here = Processor::here();
        let run = move || {
            here.leave();
            while desk.work_next(work, true) {}
        };
        let start = || Builder::new().spawn_scoped(self.scope, run).ok();
        // A system that has no thread left gives none; then this one does it all.
        (0..others).map_while(|_| start()).count()
    }

    /// Works on a run that nobody has begun; false if there is none.
    fn help(&self) -> bool {
        self.desk.work_next(self.work, false)
    }

    /// Hands over what is done, in order.
    fn take_done(&mut self) -> Result<(), E> {
        loop {
            let done = self.desk.lock().done.remove(&self.taken);
            let Some(done) = done else { return Ok(()) };
            self.taken += 1;
            (self.take)(done)?;
        }
    }

    /// Waits for everything.
    fn finish(&mut self) -> Result<(), E> {
        self.give()?;
        loop {
            self.take_done()?;
            if self.taken == self.given {
                return Ok(());
            }
            if !self.help() {
                self.desk.wait_for(self.taken);
            }
        }
    }
}

/// Where runs wait for work, and what they came to waits to be taken.
struct Desk<T, R> {
    state: Mutex<State<T, R>>,
    changed: Condvar,
}

struct State<T, R> {
    waiting: VecDeque<(usize, Run<T>)>,
    done: HashMap<usize, R>,
    is_closed: bool,
    /// A thread ended without having done its work.
    is_broken: bool,
}

impl<T, R> Default for State<T, R> {
    fn default() -> Self {
        State { waiting: VecDeque::new(), done: HashMap::new(), is_closed: false, is_broken: false }
    }
}

impl<T, R> Desk<T, R> {
    fn lock(&self) -> MutexGuard<'_, State<T, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the next run, or waits until there is one; false if there will be none.
    fn work_next(&self, work: &(dyn Fn(Run<T>) -> R + Sync), waits: bool) -> bool {
        let mut state = self.lock();
        while waits && state.waiting.is_empty() && !state.is_closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let Some((number, run)) = state.waiting.pop_front() else { return false };
        drop(state);
        let breaking = Breaking(self);
        let done = work(run);
        std::mem::forget(breaking);
        self.lock().done.insert(number, done);
        self.changed.notify_all();
        true
    }

    /// Waits until a run is done that somebody works on.
    fn wait_for(&self, number: usize) {
        let mut state = self.lock();
        while !state.done.contains_key(&number) {
            assert!(!state.is_broken, "impossible: the work does not panic");
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Sends the threads home when it goes.
struct Closing<'d, T, R>(&'d Desk<T, R>);

impl<T, R> Drop for Closing<'_, T, R> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        state.waiting.clear();
        drop(state);
        self.0.changed.notify_all();
    }
}

/// Says that a piece of work panicked, so that nobody waits for it.
struct Breaking<'d, T, R>(&'d Desk<T, R>);

impl<T, R> Drop for Breaking<'_, T, R> {
    fn drop(&mut self) {
        self.0.lock().is_broken = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Everything that was pushed, as it was taken: runs of things with the lengths of their data.
    fn shared(count: usize, length: usize) -> Vec<Vec<(usize, usize)>> {
        let mut runs = Vec::new();
        let work = |run: Run<usize>| run.iter().map(|(number, path)| (*number, path.len())).collect::<Vec<_>>();
        let take = |run| {
            runs.push(run);
            Ok::<(), ()>(())
        };
        let gather = |shares: &mut Shares<'_, '_, '_, usize, _, ()>| {
            (0..count).try_for_each(|number| shares.push(number, &vec![b'x'; length]))
        };
        in_shares(work, take, gather).expect("nothing fails");
        runs
    }

    #[test]
    fn runs_are_bounded_lose_nothing_and_come_in_order() {
        for (count, length) in [(0, 1), (1, 0), (RUN, 1), (RUN + 1, 1), (50 * RUN + 7, 1), (10, RUN_BYTES / 2)] {
            let runs = shared(count, length);
            assert!(runs.iter().all(|run| run.len() <= RUN && run.len() * length <= RUN_BYTES + length));
            assert!(runs.into_iter().flatten().eq((0..count).map(|number| (number, length))), "{count} {length}");
        }
    }

    #[test]
    fn others_work_while_more_is_gathered() {
        let threads = Mutex::new(HashSet::new());
        let work = |run: Run<usize>| {
            threads.lock().expect("is no panic").insert(std::thread::current().id());
            // Long enough that others get their turn.
            std::thread::sleep(std::time::Duration::from_millis(2));
            run.len()
        };
        let mut total = 0;
        let gather =
            |shares: &mut Shares<'_, '_, '_, usize, _, ()>| (0..40 * RUN).try_for_each(|n| shares.push(n, b""));
        let take = |count| {
            total += count;
            Ok(())
        };
        in_shares(work, take, gather).expect("nothing fails");
        assert_eq!(total, 40 * RUN);
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        assert!(processors == 1 || threads.into_inner().expect("is no panic").len() > 1);
    }

    #[test]
    fn the_first_error_ends_it() {
        let taken = AtomicUsize::new(0);
        let take = |_: usize| if taken.fetch_add(1, Ordering::Relaxed) == 3 { Err("taken") } else { Ok(()) };
        let all =
            |shares: &mut Shares<'_, '_, '_, usize, usize, _>| (0..40 * RUN).try_for_each(|n| shares.push(n, b""));
        assert_eq!(in_shares(|run: Run<usize>| run.len(), take, all), Err("taken"));
        assert_eq!(taken.into_inner(), 4);
        let some = |shares: &mut Shares<'_, '_, '_, usize, usize, _>| {
            (0..3 * RUN).try_for_each(|n| shares.push(n, b""))?;
            Err::<(), _>("gathered")
        };
        assert_eq!(in_shares(|run: Run<usize>| run.len(), |_| Ok(()), some), Err("gathered"));
    }

    #[test]
    fn a_panic_of_the_work_ends_it_too() {
        let work = |run: Run<usize>| assert!(run.iter().all(|(number, _)| *number < 5 * RUN), "as planned");
        let gather =
            |shares: &mut Shares<'_, '_, '_, usize, (), ()>| (0..40 * RUN).try_for_each(|n| shares.push(n, b""));
        let caught = std::panic::catch_unwind(|| in_shares(work, |()| Ok(()), gather));
        assert!(caught.is_err());
    }
}
