//! The signals that ask the run to end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(feature = "keyservice")]
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
#[cfg(feature = "keyservice")]
use signal_hook::iterator::Signals;
use signal_hook::{SigId, flag, low_level};

/// All that have to leave nothing behind.
pub(super) const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// How many hold the signals now.
static HOLDERS: AtomicUsize = AtomicUsize::new(0);

/// Whether somebody ends the run in order when a signal comes.
#[must_use]
pub(super) fn are_held() -> bool {
    HOLDERS.load(Ordering::SeqCst) > 0
}

/// Somebody who does.
pub(super) struct Holder(());

impl Holder {
    pub(super) fn new() -> Self {
        HOLDERS.fetch_add(1, Ordering::SeqCst);
        Holder(())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        HOLDERS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Keeps these signals from ending the run at once, while there is something on the disk that must
/// not stay. Who holds them looks now and then whether one came, and ends the work in order. One
/// that comes when the work is done is passed over.
pub(super) struct Hold {
    came: Arc<AtomicUsize>,
    registered: Vec<SigId>,
    _holder: Holder,
}

impl Hold {
    /// Begins.
    ///
    /// # Errors
    /// The system has no more room for handlers.
    pub(super) fn new() -> io::Result<Self> {
        let mut hold = Hold { came: Arc::default(), registered: Vec::new(), _holder: Holder::new() };
        for signal in ENDING {
            let number = usize::try_from(signal).unwrap_or(0);
            hold.registered.push(flag::register_usize(signal, Arc::clone(&hold.came), number)?);
        }
        Ok(hold)
    }

    /// The signal that came.
    #[must_use]
    pub(super) fn came(&self) -> Option<i32> {
        i32::try_from(self.came.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }
}

/// Ends the process by a signal that ended the command which it ran, so that a shell sees what it
/// would have seen without us: a loop, for example, stops at Ctrl-C. Returns for signals that
/// leave a core behind, in which there might be secrets.
pub(super) fn end_by(signal: i32) {
    if [SIGINT, SIGTERM, SIGHUP].contains(&signal) {
        let _ = low_level::emulate_default_handler(signal);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.registered.drain(..).for_each(|id| {
            low_level::unregister(id);
        });
    }
}

/// Has something done when the first of these signals comes, in place of the end of the run. Who
/// asks for it ends the run in order.
///
/// # Errors
/// The system has no more room for handlers or threads.
#[cfg(feature = "keyservice")]
pub(super) fn at_end(then: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new(ENDING)?;
    let wait = move || {
        if signals.forever().next().is_some() {
            then();
        }
    };
    thread::Builder::new().spawn(wait).map(drop)
}
