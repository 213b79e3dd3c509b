//! The text of an edit that could not be finished, kept encrypted until `edit --resume`. A later
//! draft never takes the place of an earlier one.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Run;
use super::config;
use super::files::{self, Contents, FileError};

/// How many drafts of one file are kept in one place.
const MOST: usize = 20;

/// Where the drafts of a file may be.
pub(super) struct Drafts {
    /// The best places first. Each is the path of the first draft there.
    places: Vec<PathBuf>,
    /// The last resort, which may be open to everybody, and how the names of drafts begin there.
    /// They go on with something that nobody can foresee, and so occupy.
    temporary: (PathBuf, String),
}

impl Drafts {
    /// Those of a file.
    pub(super) fn of(file: &Path, run: &Run) -> Self {
        let absolute = config::absolute(&run.directory, file);
        let digest = Sha256::digest(absolute.as_os_str().as_encoded_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut beside = OsString::from(".");
        beside.push(file.file_name().unwrap_or_default());
        beside.push(".cloze-draft");
        let state = run.env.state_dir().map(|state| state.join("cloze/drafts").join(format!("{hex}.json")));
        let beside = files::parent(file).join(beside);
        let temporary = (run.env.temp_dir(), format!("cloze-draft-{hex}-"));
        Drafts { places: state.into_iter().chain([beside]).collect(), temporary }
    }

    /// Keeps a draft in the first place that will have it, and says where.
    pub(super) fn keep(&self, sealed: &[u8]) -> Result<PathBuf, FileError> {
        for (number, place) in self.places.iter().enumerate() {
            // The directory of the first place is ours; the others exist or are not to be.
            if number == 0 {
                let _ = files::create_private_dir(files::parent(place));
            }
            for path in numbered(place) {
                match files::create(&path, sealed, Contents::Plaintext) {
                    Ok(()) => return Ok(path),
                    Err(FileError::Exists(_)) => {}
                    Err(_) => break,
                }
            }
        }
        let (directory, start) = &self.temporary;
        files::create_unforeseen(directory, start, ".json", sealed)
    }

    /// The latest draft. Not one of somebody else, who might have put it into `/tmp`.
    pub(super) fn latest(&self) -> Option<PathBuf> {
        let own = |path: &PathBuf| {
            std::fs::symlink_metadata(path)
                .is_ok_and(|found| found.is_file() && found.uid() == rustix::process::geteuid().as_raw())
        };
        let (directory, start) = &self.temporary;
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let temporary = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start));
        let named = self.places.iter().flat_map(|place| numbered(place));
        let drafts = named.chain(temporary.map(|entry| entry.path())).filter(own);
        drafts.max_by_key(|path| std::fs::metadata(path).and_then(|found| found.modified()).ok())
    }
}

/// The paths of the first draft in a place and of those after it.
fn numbered(first: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    (1..=MOST).map(|number| {
        if number == 1 {
            return first.to_owned();
        }
        let mut path = first.as_os_str().to_owned();
        path.push(format!(".{number}"));
        PathBuf::from(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_are_kept_side_by_side_and_the_latest_is_found() {
        let directory = tempfile::TempDir::new().expect("makes");
        let state = directory.path().join("state/x.json");
        let temporary = || (directory.path().join("none"), String::new());
        let blocked = directory.path().join("file");
        files::write(&blocked, b"", Contents::Plaintext).expect("writes");
        let drafts = Drafts { places: vec![state.clone()], temporary: temporary() };
        assert_eq!(drafts.latest(), None);
        assert_eq!(drafts.keep(b"one").ok(), Some(state.clone()));
        std::thread::sleep(std::time::Duration::from_millis(20));
        let second = drafts.keep(b"two").expect("keeps");
        assert_ne!(second, state);
        assert_eq!(drafts.latest(), Some(second));
        let fallback = directory.path().join("beside");
        let drafts = Drafts { places: vec![blocked.join("x/y.json"), fallback.clone()], temporary: temporary() };
        assert_eq!(drafts.keep(b"three").ok(), Some(fallback));
    }

    #[test]
    fn the_last_resort_has_names_that_nobody_can_occupy() {
        let directory = tempfile::TempDir::new().expect("makes");
        let drafts = Drafts { places: Vec::new(), temporary: (directory.path().to_owned(), "draft-x-".into()) };
        assert_eq!(drafts.latest(), None);
        let kept = drafts.keep(b"one").expect("keeps");
        let name = kept.file_name().expect("has one").to_string_lossy().into_owned();
        assert!(name.starts_with("draft-x-") && name.ends_with(".json") && name.len() > 16, "{name}");
        assert_eq!(drafts.latest(), Some(kept.clone()));
        assert_eq!(*files::read(&kept).expect("reads"), b"one");
        let link = directory.path().join("draft-x-link.json");
        std::os::unix::fs::symlink(&kept, link).expect("links");
        assert_eq!(drafts.latest(), Some(kept));
    }
}
