//! Divides many things among all processors: sealing, opening and spelling are most of the work on a
//! large file, and every value is on its own. A small file is done on the spot, without a thread.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

/// Below this number of things a thread costs more than it saves.
const WORTH_A_THREAD: usize = 2000;

/// Works on runs of things, one run for each processor; the results are in order.
pub(super) fn in_shares<T, R, W>(things: Vec<T>, work: W) -> Vec<R>
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
    fn results_are_in_order_with_and_without_threads() {
        for count in [0, 1, 100, 2 * WORTH_A_THREAD, 3 * WORTH_A_THREAD + 1] {
            let results: Vec<usize> = in_shares((0..count).collect(), |run| run).into_iter().flatten().collect();
            assert!(results.into_iter().eq(0..count), "{count}");
        }
    }
}
