//! Files that nobody here wrote (`../shared/corpus`), each under three policies: what we accept
//! comes back byte for byte, what we refuse is in a checked list (`refused.tsv`), and the real sops
//! and rops read the same data from our files as from their own, and we from theirs.
//!
//! The other programs cost 20 ms a call. They are asked about a sample, and about everything with
//! `CLOZE_TEST_WHOLE=1` (ten minutes). What became of each file is in `target/corpus-report.md`.

mod cases;
mod judge;
mod refusals;
mod report;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cloze::document::Format;
use cloze::recipient::Keyring;
use cloze::recipient::Nobody;
use cloze::recipient::age::{Age, IdentitySource};

use crate::engine::Engine;
use crate::harness::{ALICE, Sandbox, key_file, note, require_corpus, require_rops, require_sops};
use crate::leaves::first_difference;
use cases::{Case, Expect, cases};
use judge::{Judge, Judgement};
use refusals::Refusals;
use report::report;

const REGEX: &str = "(?i)(pass|secret|token|key|data|env|name)";

/// A policy, for us and for the others.
struct Policy {
    name: &'static str,
    apply: fn(Engine) -> Engine,
    /// Flags of sops and rops that ask for the same.
    flags: &'static [&'static str],
    /// Whether to pass `--mac-only-encrypted`, whose place differs.
    mac_only_encrypted: bool,
}

const POLICIES: [Policy; 3] = [
    Policy { name: "default", apply: |engine| engine, flags: &[], mac_only_encrypted: false },
    Policy {
        name: "encrypted_regex",
        apply: |engine| engine.selecting("encrypted_regex", REGEX),
        flags: &["--encrypted-regex", REGEX],
        mac_only_encrypted: false,
    },
    Policy {
        name: "mac_only_encrypted",
        apply: |engine| engine.selecting("encrypted_regex", REGEX).mac_only_encrypted(),
        flags: &["--encrypted-regex", REGEX],
        mac_only_encrypted: true,
    },
];

/// With alice's age identity.
fn alice() -> Engine {
    let identity = fs::read_to_string(key_file("alice")).unwrap();
    let age = Age::new(vec![IdentitySource::of("test", &identity)], Arc::new(Nobody));
    Engine::over(Keyring::new(vec![Box::new(age)], vec![]), ALICE)
}

/// What became of one file under one policy.
struct Finding {
    file: String,
    policy: &'static str,
    format: Format,
    expect: Expect,
    /// Our decrypt∘encrypt: the bytes, or what is different, or why we refuse the file.
    ours: Identity,
    /// What the other program makes of it.
    other: Judgement,
}

enum Identity {
    Same,
    Differs(String),
    Refused(String),
    /// We refuse to read what we wrote.
    Broken(String),
}

/// Whether the other programs are asked about everything.
fn whole() -> bool {
    std::env::var_os("CLOZE_TEST_WHOLE").is_some()
}

#[test]
fn files_come_back_and_the_others_read_them() {
    let Some(corpus) = require_corpus() else { return };
    let judge = Judge { sops: require_sops(), rops: require_rops() };
    let (cases, listed) = (cases(&corpus), Refusals::read());
    let jobs: Vec<(&Case, &Policy)> =
        cases.iter().flat_map(|case| POLICIES.iter().map(move |policy| (case, policy))).collect();
    let next = AtomicUsize::new(0);
    let findings = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let sandbox = Sandbox::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((case, policy)) = jobs.get(number) else { break };
                    // Both steps have no factor in common with the number of policies.
                    let step = if case.expect == Expect::Free { 13 } else { 49 };
                    let asked = whole() || number.is_multiple_of(step);
                    let finding = examine(&sandbox, &judge, asked, &listed, case, policy);
                    findings.lock().unwrap().push(finding);
                }
            });
        }
    });
    let mut findings = findings.into_inner().unwrap();
    findings.sort_by(|a, b| (a.format.name(), &a.file, a.policy).cmp(&(b.format.name(), &b.file, b.policy)));
    let (text, mut verdict) = report(&findings);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("corpus-report.md");
    fs::write(&place, &text).unwrap();
    note(text.split("\n## ").next().unwrap());
    let refusals = Refusals::of(&findings);
    if std::env::var_os("CLOZE_BLESS").is_some() && judge.sops.is_some() {
        refusals.write(&listed);
    }
    verdict.extend(refusals.differences(&Refusals::read()));
    assert_eq!(verdict, Vec::<String>::new(), "see {}", place.display());
}

fn examine(sandbox: &Sandbox, judge: &Judge, asked: bool, listed: &Refusals, case: &Case, policy: &Policy) -> Finding {
    // The key service that costs nothing will do for ourselves.
    let engine = (policy.apply)(if asked { alice() } else { Engine::cheap() });
    let encrypted = engine.encrypt(case.format, &case.text).map(|encrypted| encrypted.text);
    let ours = match &encrypted {
        Err(error) => Identity::Refused(error.to_string()),
        Ok(text) => match engine.decrypt(case.format, text) {
            Err(error) => Identity::Broken(error.to_string()),
            Ok(opened) if *opened.text == case.text => Identity::Same,
            Ok(opened) => Identity::Differs(first_difference(&case.text, &opened.text)),
        },
    };
    let is_news = encrypted.is_err() && case.expect != Expect::Invalid && !listed.names(case);
    let other = if asked || is_news {
        judge.ask(sandbox, &engine, case, policy, encrypted.as_deref().ok())
    } else {
        Judgement::NotAsked
    };
    Finding { file: case.name.clone(), policy: policy.name, format: case.format, expect: case.expect, ours, other }
}
