//! Divides many things among all processors: sealing, opening and spelling are most of the work on a
//! large file, and every value is on its own. A small file is done on the spot, without a thread.

use std::num::NonZero;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Below this number of things a thread costs more than it saves.
const WORTH_A_THREAD: usize = 2000;

/// How many values are worked on at once: enough for all processors, and few enough that they take
/// little memory beside the text.
const WINDOW: usize = 16 << 10;
/// Bytes of additional data from which on a window is full, however few values have it.
const WINDOW_BYTES: usize = 4 << 20;

/// Things that follow each other, each with its additional data, to be worked on together.
pub(super) struct Window<T> {
    things: Vec<(T, Range<usize>)>,
    /// The additional data of all of them, one after the other.
    additional: Vec<u8>,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Window { things: Vec::new(), additional: Vec::new() }
    }
}

impl<T> Window<T> {
    /// Takes the next thing in.
    pub(super) fn push(&mut self, thing: T, additional: &[u8]) {
        let start = self.additional.len();
        self.additional.extend_from_slice(additional);
        self.things.push((thing, start..self.additional.len()));
    }

    /// Takes everything out, if there is enough to work on.
    pub(super) fn take_full(&mut self) -> Option<Self> {
        let is_full = self.things.len() >= WINDOW || self.additional.len() >= WINDOW_BYTES;
        is_full.then(|| std::mem::take(self))
    }
}

impl<T: Send> Window<T> {
    /// Works on runs of the things, as [`in_shares`] does.
    pub(super) fn in_shares<R: Send>(self, work: impl Fn(Run<'_, T>) -> R + Sync) -> Vec<R> {
        let additional = &self.additional;
        in_shares(self.things, |things| work(Run { things, additional }))
    }
}

/// A part of a window.
pub(super) struct Run<'w, T> {
    things: Vec<(T, Range<usize>)>,
    additional: &'w [u8],
}

impl<'w, T> Run<'w, T> {
    /// How many things there are.
    pub(super) fn len(&self) -> usize {
        self.things.len()
    }

    /// The things in order, each with its additional data.
    pub(super) fn into_iter(self) -> impl Iterator<Item = (T, &'w [u8])> {
        self.things.into_iter().map(|(thing, range)| (thing, &self.additional[range]))
    }
}

/// Works on runs of things, one run for each processor; the results are in order.
fn in_shares<T, R, W>(things: Vec<T>, work: W) -> Vec<R>
where
    T: Send,
    R: Send,
    W: Fn(Vec<T>) -> R + Sync,
{
    // How many processors there are takes time to find out: only where it matters.
    let threads = match things.len() / WORTH_A_THREAD {
        few @ (0 | 1) => few,
        many => std::thread::available_parallelism().map_or(1, NonZero::get).min(many),
    };
    if threads < 2 {
        return vec![work(things)];
    }
    let share = things.len().div_ceil(threads);
    let mut rest = things;
    let mut behind = Vec::with_capacity(threads - 1);
    while rest.len() > share {
        behind.push(rest.split_off((rest.len() - 1) / share * share));
    }
    // Kept where both sides reach them: a system that has no thread left gives none back.
    let behind: Vec<_> = behind.into_iter().rev().map(|run| Mutex::new(Some(run))).collect();
    let taken = |run: &Mutex<Option<Vec<T>>>| {
        let run = run.lock().unwrap_or_else(PoisonError::into_inner).take();
        work(run.expect("impossible: a run is taken by one side only"))
    };
    let taken = &taken;
    std::thread::scope(|scope| {
        let start = |run| std::thread::Builder::new().spawn_scoped(scope, move || taken(run)).map_err(|_| run);
        let started: Vec<_> = behind.iter().map(start).collect();
        let mut results = vec![work(rest)];
        results.extend(started.into_iter().map(|run| match run {
            Ok(thread) => thread.join().expect("impossible: the work does not panic"),
            Err(run) => taken(run),
        }));
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_bounded_and_lose_nothing() {
        for (count, length) in [(WINDOW * 2 + 1, 1), (10, WINDOW_BYTES / 2)] {
            let (mut window, mut full) = (Window::default(), Vec::new());
            for number in 0..count {
                window.push(number, &vec![b'x'; length]);
                full.extend(window.take_full());
            }
            assert!(full.len() > 1, "{count} {length}");
            let work = |run: Run<'_, usize>| run.into_iter().map(|(number, path)| (number, path.len())).collect();
            let done: Vec<Vec<(usize, usize)>> =
                full.into_iter().chain([window]).flat_map(|window| window.in_shares(work)).collect();
            assert!(done.into_iter().flatten().eq((0..count).map(|number| (number, length))));
        }
    }

    #[test]
    fn results_are_in_order_with_and_without_threads() {
        for count in [0, 1, 100, 2 * WORTH_A_THREAD, 3 * WORTH_A_THREAD + 1] {
            let results: Vec<usize> = in_shares((0..count).collect(), |run| run).into_iter().flatten().collect();
            assert!(results.into_iter().eq(0..count), "{count}");
        }
    }
}
