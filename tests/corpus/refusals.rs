//! The list of what we refuse though no suite says that it is invalid, and of what we accept though
//! a suite says so: `refused.tsv`, checked in. A new line fails the test, and so does one that is
//! no longer true. `CLOZE_BLESS=1 cargo test --test lib corpus` writes it; sops is then asked about the
//! files that are new in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::cases::{Case, Expect};
use super::judge::Judgement;
use super::{Finding, Identity, POLICIES};
use crate::harness::repository;

const FILE: &str = "tests/corpus/refused.tsv";
const HEAD: &str = "# What cloze refuses though it is not known to be invalid, and what it accepts though a test suite calls it\n\
    # invalid. Checked and written by tests/corpus (CLOZE_BLESS=1 cargo test --test lib corpus).\n\
    # format\tsops\tpolicies\tfile\treason\n";

/// Why we refuse what SOPS accepts: format, a part of the message, reason.
const STRICTER: &[(&str, &str, &str)] = &[
    ("ini", "is in this section twice", "SOPS keeps one of the values and loses the others"),
    ("json", "the text is not UTF-8", "SOPS replaces such bytes, and what they were is lost"),
    ("json", "more text after the end of the top object", "SOPS reads the first object and loses the others"),
    ("yaml", "read in two ways", "SOPS may read other keys from the encrypted file than from this one"),
    ("yaml", "a key must be a string, not an alias", "the aliased value may be encrypted, and the key with it"),
    ("yaml", "this alias refers to no anchor before it", "the anchor is that of a key, which is not a value here"),
];

/// Why we accept what a suite calls invalid: format, file, reason.
const LOOSER: &[(&str, &str, &str)] = &[
    ("yaml", "yaml-test-suite/9C9N/in.yaml", "go-yaml too reads a flow list whose lines are not indented"),
    ("yaml", "yaml-test-suite/DK95/01/in.yaml", "SOPS reads texts in quotes whose lines begin with tabs"),
    ("yaml", "yaml-test-suite/QB6E/in.yaml", "SOPS reads texts in quotes whose lines are not indented"),
];

/// Lines by format, file and message, with the policies and what sops says where it was asked.
#[derive(Default)]
pub(super) struct Refusals(BTreeMap<(String, String, String), Line>);

#[derive(Default)]
struct Line {
    policies: BTreeSet<String>,
    /// Whether sops refuses it too; none where it was not asked.
    sops: Option<bool>,
}

impl Refusals {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut lines: BTreeMap<_, Line> = BTreeMap::new();
        for finding in findings {
            let message = match (&finding.ours, finding.expect) {
                (Identity::Refused(_), Expect::Invalid) | (Identity::Same, Expect::Valid | Expect::Free) => continue,
                (Identity::Refused(message), _) => message.replace(['\n', '\t'], " "),
                (_, Expect::Invalid) => "accepted".into(),
                _ => continue,
            };
            let line = lines.entry((finding.format.name().to_owned(), finding.file.clone(), message)).or_default();
            line.policies.insert(finding.policy.to_owned());
            line.sops = match &finding.other {
                Judgement::NotAsked => line.sops,
                Judgement::Refuses(_) => Some(line.sops != Some(false)),
                _ => Some(false),
            };
        }
        Refusals(lines)
    }

    pub(super) fn read() -> Self {
        let text = std::fs::read_to_string(repository(FILE)).unwrap();
        let mut lines = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let [format, sops, policies, file, message] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let sops = (sops != "-").then_some(sops == "refuses");
            let policies = match policies {
                "all" => POLICIES.iter().map(|policy| policy.name.to_owned()).collect(),
                some => some.split(',').map(str::to_owned).collect(),
            };
            lines.insert((format.to_owned(), file.to_owned(), message.to_owned()), Line { policies, sops });
        }
        Refusals(lines)
    }

    /// Whether there is a line of this file.
    pub(super) fn names(&self, case: &Case) -> bool {
        self.0.keys().any(|(format, file, _)| *format == case.format.name() && *file == case.name)
    }

    /// Writes the list; what sops was not asked about stays as it was.
    pub(super) fn write(&self, before: &Refusals) {
        let mut text = HEAD.to_owned();
        let known = |format: &str, file: &str| {
            before.0.iter().find(|(key, _)| key.0 == format && key.1 == file).and_then(|(_, line)| line.sops)
        };
        for ((format, file, message), line) in &self.0 {
            let policies = line.policies.iter().cloned().collect::<Vec<_>>().join(",");
            let policies = if line.policies.len() == POLICIES.len() { "all" } else { &policies };
            let sops = match line.sops.or_else(|| known(format, file)) {
                None => "-",
                Some(true) => "refuses",
                Some(false) => "accepts",
            };
            let _ = writeln!(text, "{format}\t{sops}\t{policies}\t{file}\t{message}");
        }
        std::fs::write(repository(FILE), text).unwrap();
    }

    /// What is not as the list says, and what the list says without a reason.
    pub(super) fn differences(&self, list: &Refusals) -> Vec<String> {
        let mut found = Vec::new();
        for (key, line) in &self.0 {
            match list.0.get(key) {
                None => found.push(format!("not in {FILE}: {key:?} under {:?}", line.policies)),
                Some(listed) if listed.policies != line.policies => {
                    found.push(format!("other policies than in {FILE}: {key:?} under {:?}", line.policies));
                }
                Some(listed) if line.sops.is_some() && line.sops != listed.sops => {
                    found.push(format!("sops says otherwise than in {FILE}: {key:?}"));
                }
                Some(_) => {}
            }
        }
        for (key, line) in &list.0 {
            if !self.0.contains_key(key) {
                found.push(format!("no longer true in {FILE}: {key:?}"));
            }
            let (format, file, message) = key;
            let explained = match (message.as_str(), line.sops) {
                ("accepted", _) => LOOSER.iter().any(|(of, name, _)| of == format && name == file),
                (_, Some(false)) => STRICTER.iter().any(|(of, start, _)| of == format && message.contains(start)),
                _ => true,
            };
            if !explained {
                found.push(format!("no reason is given for {key:?}"));
            }
        }
        found
    }
}
