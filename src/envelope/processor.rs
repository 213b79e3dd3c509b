//! Where a thread runs. A kernel may leave a new one on the processor of the one that started it, while
//! another is idle, for a tenth of a second: longer than most files take. Seen on virtual machines.

/// A processor, where the system says which.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Processor(Option<usize>);

impl Processor {
    /// The one that this thread runs on.
    pub(super) fn here() -> Self {
        #[cfg(target_os = "linux")]
        return Processor(Some(rustix::thread::sched_getcpu()));
        #[cfg(not(target_os = "linux"))]
        Processor(None)
    }

    /// Takes this thread off this processor, if it is on it and there is another one for it. Later the
    /// kernel may move it as it likes.
    pub(super) fn leave(self) {
        #[cfg(target_os = "linux")]
        if let Some(number) = self.0
            && number < rustix::thread::CpuSet::MAX_CPU
            && self == Self::here()
            && is_unfiltered()
            && let Ok(allowed) = rustix::thread::sched_getaffinity(None)
        {
            let mut others = allowed;
            others.unset(number);
            if rustix::thread::sched_setaffinity(None, &others).is_ok() {
                let _ = rustix::thread::sched_setaffinity(None, &allowed);
            }
        }
    }
}

/// Whether every system call may be made: a filter (seccomp) may answer one that is hardly ever made, and
/// is not needed here, by killing the program. Those that allow threads allow this question.
#[cfg(target_os = "linux")]
fn is_unfiltered() -> bool {
    use rustix::thread::{SecureComputingMode, secure_computing_mode};
    secure_computing_mode() == Ok(SecureComputingMode::Disabled)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::thread::sched_getaffinity;

    use super::*;

    #[test]
    fn a_thread_leaves_and_may_go_where_it_might() {
        let allowed = sched_getaffinity(None).expect("the kernel says");
        // The kernel may move it back at once, but not every time.
        let leaves = || {
            let here = Processor::here();
            here.leave();
            Processor::here() != here
        };
        assert_eq!((0..100).any(|_| leaves()), allowed.count() > 1 && is_unfiltered());
        assert_eq!(sched_getaffinity(None).expect("the kernel says"), allowed);
    }
}
