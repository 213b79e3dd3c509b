//! Finds the encrypted files below a directory, by what is in them: there is no common way to name
//! them.

use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::error::CommandError;
use super::files::{self, FileError};

/// What stands in every file that SOPS has encrypted, in any of its formats.
const MARKS: [&[u8]; 3] = [b"ENC[AES256_GCM,", b"sops", b"mac"];

/// The files below a directory that look encrypted, in the order of their names. Links are not
/// followed, and what git keeps for itself is left out.
///
/// # Errors
/// A directory or a file cannot be read.
pub(super) fn encrypted_below(directory: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let failed = |error| CommandError::file(FileError::Read(directory.clone(), error));
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() && entry.file_name() != ".git" {
                open.push(entry.path());
            } else if kind.is_file() && looks_encrypted(&entry.path())? {
                found.push(entry.path());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn looks_encrypted(path: &Path) -> Result<bool, CommandError> {
    match files::read(path) {
        Ok(text) => Ok(MARKS.iter().all(|mark| memmem::find(&text, mark).is_some())),
        Err(FileError::TooLarge(_)) => Ok(false),
        Err(error) => Err(CommandError::file(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_encrypted_is_found() {
        let root = tempfile::TempDir::new().expect("makes");
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("has one")).expect("makes");
            fs::write(path, text).expect("writes");
        };
        let sealed = "a: ENC[AES256_GCM,data:x]\nsops:\n  mac: x\n";
        write("b/x.yaml", sealed);
        write("a.env", "A=ENC[AES256_GCM,\nsops_mac=x\n");
        write("clear.yaml", "a: 1\n");
        write("talks.md", "`ENC[AES256_GCM,` is what a value begins with\n");
        write(".git/x.yaml", sealed);
        write(".hidden/x.yaml", sealed);
        std::os::unix::fs::symlink(root.path().join("b"), root.path().join("link")).expect("links");
        let found = encrypted_below(root.path()).expect("reads");
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(root.path()).expect("is below").display().to_string()).collect();
        assert_eq!(names, [".hidden/x.yaml", "a.env", "b/x.yaml"]);
    }
}
