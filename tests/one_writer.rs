//! Files are written in one place only, so that what `src/cli/files.rs` promises holds: a file is
//! at all times the old or the new one, and plaintext is for its owner only. The one exception,
//! logs that only grow, is there as well, and has one user. And data keys are recovered in one
//! place only, past the audit trail.

use std::fs;
use std::path::{Path, PathBuf};

/// What opens a file for writing, or moves one over another.
const WRITING: [&str; 8] = [
    "File::create",
    "File::options",
    "OpenOptions",
    "fs::write",
    "fs::rename",
    "fs::copy",
    "NamedTempFile",
    ".persist",
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("is a directory").flatten() {
        if entry.path().is_dir() {
            sources(&entry.path(), found);
        } else if entry.path().extension().is_some_and(|extension| extension == "rs") {
            found.push(entry.path());
        }
    }
}

/// The files of the program, tests left out, that have one of these words in them.
fn files_with(words: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    found.retain(|path| {
        // Below the folder of the program: the repository itself may be in one called `tests`.
        let inside = path.strip_prefix(&root).expect("is inside");
        let text = fs::read_to_string(path).expect("is text");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let is_test = inside.iter().any(|part| part == "tests.rs" || part == "tests");
        !is_test && words.iter().any(|word| code.contains(word))
    });
    found.sort();
    found.iter().map(|path| path.strip_prefix(&root).expect("is inside").to_owned()).collect()
}

#[test]
fn only_one_file_writes_files() {
    assert_eq!(files_with(&WRITING), [Path::new("cli/files.rs")]);
}

#[test]
fn only_the_audit_trail_adds_to_files() {
    assert_eq!(files_with(&["Log::open"]), [Path::new("cli/audit/chain.rs")]);
}

#[test]
fn data_keys_are_recovered_in_one_place_and_only_with_a_record() {
    assert_eq!(files_with(&["keyring.unwrap("]), [Path::new("envelope/open.rs")]);
    assert_eq!(files_with(&["Tools {"]), [Path::new("cli/mod.rs")], "who makes the tools");
    assert_eq!(files_with(&["Witness for"]), [Path::new("cli/audit/mod.rs")]);
}
