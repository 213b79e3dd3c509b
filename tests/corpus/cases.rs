//! The cases: plain files of other people, and the test suites of YAML, JSON and TOML.

use std::fs;
use std::path::{Path, PathBuf};

use cloze::document::Format;

/// A text to encrypt.
pub(super) struct Case {
    /// Its file, from the folder of the corpus.
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) text: Vec<u8>,
    pub(super) expect: Expect,
}

/// What its suite says of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// It is no case of a suite, or one in which implementations may differ.
    Free,
    Valid,
    Invalid,
}

/// All cases, in order.
pub(super) fn cases(corpus: &Path) -> Vec<Case> {
    let mut found = Cases { corpus, cases: Vec::new() };
    for (format, name) in Format::ALL {
        for path in found.below(name) {
            found.add(format, &path, Expect::Free);
        }
    }
    found.yaml_test_suite();
    found.json_test_suite();
    found.toml_test();
    found.binary();
    let count = |expect| found.cases.iter().filter(|case| case.expect == expect).count();
    let counts = [count(Expect::Free), count(Expect::Valid), count(Expect::Invalid)];
    assert!(counts[0] > 600 && counts[1] > 1500 && counts[2] > 900, "only {counts:?} cases");
    found.cases
}

struct Cases<'a> {
    corpus: &'a Path,
    cases: Vec<Case>,
}

impl Cases<'_> {
    /// The files below a folder, in order.
    fn below(&self, folder: &str) -> Vec<PathBuf> {
        let (mut found, mut open) = (Vec::new(), vec![self.corpus.join(folder)]);
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { open.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }

    fn add(&mut self, format: Format, path: &Path, expect: Expect) {
        self.put(format, self.name(path), fs::read(path).unwrap(), expect);
    }

    fn name(&self, path: &Path) -> String {
        path.strip_prefix(self.corpus).unwrap().to_string_lossy().into_owned()
    }

    fn put(&mut self, format: Format, name: String, text: Vec<u8>, expect: Expect) {
        self.cases.push(Case { name, format, text, expect });
    }

    fn yaml_test_suite(&mut self) {
        for path in self.below("yaml-test-suite").iter().filter(|path| path.ends_with("in.yaml")) {
            let expect = if path.with_file_name("error").exists() { Expect::Invalid } else { Expect::Valid };
            self.add(Format::Yaml, path, expect);
        }
    }

    /// Few of them have an object at the top, so each is tried inside of one too.
    fn json_test_suite(&mut self) {
        for path in self.below("JSONTestSuite").iter().filter(|path| path.extension().is_some_and(|end| end == "json"))
        {
            let file = path.file_name().unwrap().to_string_lossy();
            let expect = match &file[..2] {
                "y_" => Expect::Valid,
                "n_" => Expect::Invalid,
                _ => Expect::Free,
            };
            let text = fs::read(path).unwrap();
            let inside = [b"{\"key\":", &text[..], b"}\n"].concat();
            let is_object = text.trim_ascii_start().starts_with(b"{");
            if is_object || expect == Expect::Invalid {
                self.put(Format::Json, self.name(path), text, expect);
            }
            self.put(Format::Json, format!("{} inside", self.name(path)), inside, expect);
        }
    }

    /// What TOML 1.1 allows and TOML 1.0 does not is no case of 1.1, though it stands among the
    /// invalid ones.
    fn toml_test(&mut self) {
        let list = fs::read_to_string(self.corpus.join("toml-test/tests/files-toml-1.1.0")).unwrap_or_default();
        for path in self.below("toml-test").iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
            let name = self.name(path);
            let short = name.strip_prefix("toml-test/tests/").unwrap();
            let expect = match (list.lines().any(|line| line == short), short.starts_with("valid/")) {
                (false, _) => Expect::Free,
                (true, true) => Expect::Valid,
                (true, false) => Expect::Invalid,
            };
            self.add(Format::Toml, path, expect);
        }
    }

    /// Any bytes are a binary file.
    fn binary(&mut self) {
        for folder in ["JSONTestSuite/test_parsing", "toml-test/tests/invalid", "sops-encrypted/decryptable"] {
            for path in self.below(folder) {
                self.add(Format::Binary, &path, Expect::Valid);
            }
        }
        self.put(Format::Binary, "every byte".into(), (0..=255).cycle().take(70_000).collect(), Expect::Valid);
        self.put(Format::Binary, "no byte".into(), Vec::new(), Expect::Valid);
    }
}
