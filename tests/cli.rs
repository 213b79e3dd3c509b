//! The command line, one situation a file in `tests/cmd`: a console session, with the files it
//! starts from in `NAME.in` and those it must leave in `NAME.out`. After a wanted change of a
//! message: `TRYCMD=overwrite cargo test --test lib cli`, and read the difference.

use crate::harness::{ALICE, key_file};

#[test]
fn sessions() {
    let cases = trycmd::TestCases::new();
    // What the developer has set must not matter; to us an empty variable is none.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SOPS_")) {
        cases.env(name, "");
    }
    let home = tempfile::tempdir().unwrap();
    cases.env("HOME", home.path().to_str().unwrap());
    cases.env("XDG_CONFIG_HOME", home.path().join("config").to_str().unwrap());
    cases.env("SOPS_AGE_KEY_FILE", key_file("alice").to_str().unwrap());
    cases.env("EDITOR", "true");
    cases.insert_var("[HOME]", home.path().to_str().unwrap().to_owned()).unwrap();
    cases.insert_var("[ALICE]", ALICE).unwrap();
    cases.insert_var("[KEYS]", key_file("").parent().unwrap().to_str().unwrap().to_owned()).unwrap();
    cases.case("tests/cmd/*.trycmd");
    cases.run();
}
