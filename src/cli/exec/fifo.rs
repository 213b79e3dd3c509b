//! A text that is read from a FIFO, as often as somebody opens it, and is on no disk. SOPS writes
//! it once, so that a program which opens its file twice waits for ever.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use zeroize::Zeroizing;

use super::super::files::{Fifo, PrivateFile};

/// How often a thread is woken that is to end.
const TRIES: usize = 500;

/// A FIFO that is being served.
pub(super) struct Served {
    file: PrivateFile,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Open while the FIFO is removed: who comes last must not wait for ever for somebody to write.
    end: Option<OwnedFd>,
}

impl Served {
    /// Begins to hand a text to whoever opens the FIFO.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(super) fn new(file: PrivateFile, text: Zeroizing<Vec<u8>>) -> io::Result<Self> {
        let (fifo, stop) = (file.fifo(), Arc::new(AtomicBool::new(false)));
        let theirs = Arc::clone(&stop);
        let thread = thread::Builder::new().spawn(move || serve(&fifo, &Arc::new(text), &theirs))?;
        Ok(Served { file, stop, thread: Some(thread), end: None })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let fifo = self.file.fifo();
        // If the program has removed the FIFO, nobody can wake the thread, which ends with us.
        for _ in 0..TRIES {
            let is_finished = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
            self.end = fifo.wake();
            if is_finished || self.end.is_none() {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Each reader has a thread: a program may open it again before it has read all of the first one.
/// (One that does so before it has read anything at all shares the text with itself, as with SOPS:
/// nobody can tell the two apart.)
fn serve(fifo: &Fifo, text: &Arc<Zeroizing<Vec<u8>>>, stop: &AtomicBool) {
    while let Ok(mut end) = fifo.accept() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let text = Arc::clone(text);
        let (same_end, same_text) = (end.try_clone(), Arc::clone(&text));
        // A reader may go away before it has read everything.
        let thread = thread::Builder::new().spawn(move || drop(end.write_all(&text)));
        if let (Err(_), Ok(mut end)) = (thread, same_end) {
            let _ = end.write_all(&same_text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::cli::files::Private;

    fn served(place: &tempfile::TempDir, text: &[u8]) -> Served {
        let places = [place.path().to_owned()];
        let file = PrivateFile::with(&places, "f".as_ref(), Private::Fifo, None).expect("makes");
        Served::new(file, Zeroizing::new(text.to_vec())).expect("starts")
    }

    #[test]
    fn nobody_waits_for_a_fifo_that_is_gone() {
        let place = tempfile::TempDir::new().expect("makes");
        let places = [place.path().to_owned()];
        let file = PrivateFile::with(&places, "f".as_ref(), Private::Fifo, None).expect("makes");
        // One that comes when nobody writes any more.
        let served = Served { file, stop: Arc::default(), thread: None, end: None };
        let path = served.path().to_owned();
        let reader = thread::spawn(move || std::fs::read(path));
        thread::sleep(Duration::from_millis(100));
        drop(served);
        let start = std::time::Instant::now();
        while !reader.is_finished() && start.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(5));
        }
        assert!(reader.is_finished(), "it still waits");
        assert_eq!(std::fs::read_dir(place.path()).expect("lists").count(), 0);
    }

    #[test]
    fn every_reader_gets_all_of_it() {
        let place = tempfile::TempDir::new().expect("makes");
        let text = vec![b'x'; 300_000];
        let served = served(&place, &text);
        for _ in 0..50 {
            assert!(std::fs::read(served.path()).expect("reads") == text);
        }
        // Two at once, the first of which is not read to its end before the other is open.
        let mut first = std::fs::File::open(served.path()).expect("opens");
        first.read_exact(&mut [0]).expect("reads");
        let mut second = std::fs::File::open(served.path()).expect("opens");
        for (reader, length) in [(&mut second, text.len()), (&mut first, text.len() - 1)] {
            let mut found = Vec::new();
            reader.read_to_end(&mut found).expect("reads");
            assert!(found == text[..length]);
        }
        drop(std::fs::File::open(served.path()).expect("opens, and reads nothing"));
        drop(served);
        assert_eq!(std::fs::read_dir(place.path()).expect("lists").count(), 0);
    }

    #[test]
    fn nobody_has_to_read_it() {
        let place = tempfile::TempDir::new().expect("makes");
        drop(served(&place, b"x"));
        assert_eq!(std::fs::read_dir(place.path()).expect("lists").count(), 0);
    }
}
