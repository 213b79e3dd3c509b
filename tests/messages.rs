//! What users read when something fails, in golden files: `testdata/messages/KIND.txt` has a
//! heading for each situation and below it all of standard error. After a change of a message:
//! `CLOZE_BLESS=1 cargo test --test lib KIND`.

use std::fmt::Write as _;
use std::fs;

use crate::harness::repository;

/// Compares what was said in each situation with the golden file of a kind.
#[track_caller]
pub(crate) fn golden(kind: &str, said: &[(&str, String)]) {
    let path = repository("testdata/messages").join(format!("{kind}.txt"));
    let mut text = String::new();
    for (situation, stderr) in said {
        writeln!(text, "## {situation}\n{}\n", stderr.trim_end()).unwrap();
    }
    if std::env::var_os("CLOZE_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let mut known = golden.split_inclusive("\n\n");
    for section in text.split_inclusive("\n\n") {
        assert_eq!(
            section,
            known.next().unwrap_or_default(),
            "bless it with CLOZE_BLESS=1 after a look at the difference"
        );
    }
    assert_eq!(known.next(), None, "{}: bless it with CLOZE_BLESS=1", path.display());
}
