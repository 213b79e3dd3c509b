//! What the fuzz targets found once: every file of `testdata/fuzz/<target>` is held against what
//! the target checks. A new finding is added there, minimised, with a name that says what it is.

use std::fs;

use cloze::document::Format;

use crate::harness::repository;
use crate::invariants;

#[test]
fn yaml() {
    replay("yaml", |text| invariants::any_text(Format::Yaml, text));
}

#[test]
fn json() {
    replay("json", |text| invariants::any_text(Format::Json, text));
}

#[test]
fn toml() {
    replay("toml", |text| invariants::any_text(Format::Toml, text));
}

#[test]
fn dotenv() {
    replay("dotenv", |text| invariants::any_text(Format::Dotenv, text));
}

#[test]
fn ini() {
    replay("ini", |text| invariants::any_text(Format::Ini, text));
}

#[test]
fn decrypt() {
    replay("decrypt", invariants::any_sealed);
}

/// Tries each case, and names the one that fails.
fn replay(target: &str, check: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let folder = repository("testdata/fuzz").join(target);
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    let fails = |case: &std::path::PathBuf| {
        let text = fs::read(case).unwrap();
        std::panic::catch_unwind(|| check(&text)).is_err()
    };
    let failed: Vec<_> = cases.iter().filter(|case| fails(case)).map(|case| case.file_name().unwrap()).collect();
    assert!(failed.is_empty(), "{failed:?} of {}: the reasons are above", folder.display());
}
