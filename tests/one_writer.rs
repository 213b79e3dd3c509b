//! Files are written in one place only, so that what `src/cli/files.rs` promises holds: a file is
//! at all times the old or the new one, and plaintext is for its owner only.

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

#[test]
fn only_one_file_writes_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let mut writers = Vec::new();
    for path in found {
        let text = fs::read_to_string(&path).expect("is text");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let is_test = path.file_name().is_some_and(|name| name == "tests.rs");
        if !is_test && WRITING.iter().any(|word| code.contains(word)) {
            writers.push(path.strip_prefix(&root).expect("is inside").to_owned());
        }
    }
    assert_eq!(writers, [Path::new("cli/files.rs")]);
}
