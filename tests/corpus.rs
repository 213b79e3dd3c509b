//! Real files that nobody here wrote (`../shared/corpus`), each under three policies: our
//! decrypt∘encrypt gives the bytes back, and the real sops reads the same data from our file as
//! from its own. What differs is listed in `target/corpus-report.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloze::document::Format;
use cloze::envelope::Error;
use cloze::recipient::Keyring;
use cloze::recipient::age::{Age, IdentitySource};
use zeroize::Zeroizing;

use crate::engine::Engine;
use crate::harness::{ALICE, Sandbox, key_file, note, real_sops, require_corpus, require_sops};
use crate::leaves::{data, difference};

/// The least share of the files that SOPS accepts which must come back byte for byte.
const IDENTICAL: f64 = 0.97;
const REGEX: &str = "(?i)(pass|secret|token|key|data|env|name)";

/// A policy, for us and for sops.
struct Policy {
    name: &'static str,
    engine: fn() -> Engine,
    global: &'static [&'static str],
    flags: &'static [&'static str],
}

const POLICIES: [Policy; 3] = [
    Policy { name: "default", engine: alice, global: &[], flags: &[] },
    Policy {
        name: "encrypted_regex",
        engine: || alice().selecting("encrypted_regex", REGEX),
        global: &[],
        flags: &["--encrypted-regex", REGEX],
    },
    Policy {
        name: "mac_only_encrypted",
        engine: || alice().selecting("encrypted_regex", REGEX).mac_only_encrypted(),
        global: &["--mac-only-encrypted"],
        flags: &["--encrypted-regex", REGEX],
    },
];

/// With alice's age identity.
fn alice() -> Engine {
    let identity = fs::read_to_string(key_file("alice")).unwrap();
    let source = move || IdentitySource { place: "test".into(), found: Ok(Some(Zeroizing::new(identity.clone()))) };
    Engine::over(Keyring::new(vec![Box::new(Age::new(move || vec![source()]))], vec![]), ALICE)
}

/// What became of one file under one policy.
struct Finding {
    file: String,
    policy: &'static str,
    format: Format,
    /// Our decrypt∘encrypt: the bytes, or what is different, or why we refuse the file.
    ours: Identity,
    /// What sops makes of it.
    sops: Judgement,
}

enum Identity {
    Same,
    Differs(String),
    Refused(String),
    /// We refuse to read what we wrote.
    Broken(String),
}

enum Judgement {
    NotAsked,
    /// SOPS refuses the file, or does not open what it made of it.
    Refuses(String),
    Same,
    Differs(String),
    /// The file holds an integer that this sops takes for a double, and SOPS 3.13 does not.
    OldNumbers,
    /// Accepted by SOPS, refused by us.
    OnlySops,
}

#[test]
fn real_files_come_back_and_sops_reads_them() {
    let Some(corpus) = require_corpus() else { return };
    let sops = require_sops();
    let files = files(&corpus);
    assert!(files.len() > 300, "only {} files in {}", files.len(), corpus.display());
    let jobs: Vec<(&(Format, PathBuf), &Policy)> =
        files.iter().flat_map(|file| POLICIES.iter().map(move |policy| (file, policy))).collect();
    let next = AtomicUsize::new(0);
    let findings = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let sandbox = Sandbox::new();
                while let Some(((format, path), policy)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let finding = examine(&sandbox, sops, *format, path, policy);
                    findings.lock().unwrap().push(finding);
                }
            });
        }
    });
    let mut findings = findings.into_inner().unwrap();
    findings.sort_by(|a, b| (a.format.name(), &a.file, a.policy).cmp(&(b.format.name(), &b.file, b.policy)));
    let (text, verdict) = report(&findings);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("corpus-report.md");
    fs::write(&place, &text).unwrap();
    note(text.split("\n## ").next().unwrap());
    assert_eq!(verdict, Vec::<String>::new(), "see {}", place.display());
}

/// The files of every format there is.
fn files(corpus: &Path) -> Vec<(Format, PathBuf)> {
    let mut found = Vec::new();
    for (format, name) in Format::ALL {
        let Ok(folder) = fs::read_dir(corpus.join(name)) else { continue };
        found.extend(folder.map(|entry| (format, entry.unwrap().path())));
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    found
}

fn examine(sandbox: &Sandbox, sops: Option<&Path>, format: Format, path: &Path, policy: &Policy) -> Finding {
    let plain = fs::read(path).unwrap();
    let engine = (policy.engine)();
    let encrypted = engine.encrypt(format, &plain).map(|encrypted| encrypted.text);
    let ours = match &encrypted {
        // What we say of it ourselves is that the fault is ours.
        Err(Error::RoundTrip) => Identity::Broken(Error::RoundTrip.to_string()),
        Err(error) => Identity::Refused(error.to_string()),
        Ok(text) => match engine.decrypt(format, text) {
            Err(error) => Identity::Broken(error.to_string()),
            Ok(opened) if *opened.text == plain => Identity::Same,
            Ok(opened) => Identity::Differs(first_difference(&plain, &opened.text)),
        },
    };
    let encrypted = encrypted.ok();
    // Sops knows no TOML, and would take it for bytes.
    let sops = sops.filter(|_| format != Format::Toml);
    let sops =
        sops.map_or(Judgement::NotAsked, |sops| judge(sandbox, sops, format, path, policy, encrypted.as_deref()));
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    Finding { file, policy: policy.name, format, ours, sops }
}

/// Lets sops encrypt and decrypt the file, and decrypt ours.
fn judge(
    sandbox: &Sandbox,
    sops: &Path,
    format: Format,
    path: &Path,
    policy: &Policy,
    ours: Option<&[u8]>,
) -> Judgement {
    let kind = ["--input-type", format.name(), "--output-type", format.name()];
    let mut args: Vec<&str> = policy.global.to_vec();
    args.extend(["encrypt", "--age", ALICE]);
    args.extend(policy.flags.iter().chain(&kind));
    let path = path.to_str().unwrap();
    args.push(path);
    let encrypted = sandbox.real(sops, &args).run();
    if encrypted.code != 0 {
        return Judgement::Refuses(first_line(&encrypted.stderr));
    }
    let unique = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "");
    let decrypt = |text: &[u8]| {
        sandbox.write(&unique, text);
        sandbox.real(sops, ["decrypt"].iter().chain(&kind).chain([&unique.as_str()])).run()
    };
    let expected = decrypt(&encrypted.stdout);
    if expected.code != 0 {
        return Judgement::Refuses(format!("does not open its own file: {}", first_line(&expected.stderr)));
    }
    let Some(ours) = ours else { return Judgement::OnlySops };
    let found = decrypt(ours);
    if format == Format::Json && found.stdout != expected.stdout && has_wide_integer(&fs::read(path).unwrap()) {
        return Judgement::OldNumbers;
    }
    if found.code != 0 {
        return Judgement::Differs(format!("sops exits {}: {}", found.code, first_line(&found.stderr)));
    }
    if found.stdout == expected.stdout {
        return Judgement::Same;
    }
    match (data(format, &found.stdout), data(format, &expected.stdout)) {
        (Ok(found), Ok(mut expected)) => {
            // Sops does not open all of the comments that it sealed itself.
            if expected.comments.iter().any(|comment| comment.starts_with("ENC[")) {
                expected.comments.clone_from(&found.comments);
            }
            difference(&found, &expected).map_or(Judgement::Same, Judgement::Differs)
        }
        // Sops writes some documents that no YAML reader takes; then only equal bytes are equal.
        _ => Judgement::Differs(format!("unlike bytes: {}", first_difference(&expected.stdout, &found.stdout))),
    }
}

/// Whether there is an integer that a double cannot hold.
fn has_wide_integer(json: &[u8]) -> bool {
    let text = String::from_utf8_lossy(json);
    let numbers = text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | 'e' | 'E'));
    numbers.filter_map(|number| number.parse::<u64>().ok()).any(|number| number > 1 << 53)
}

fn first_line(text: &str) -> String {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message").chars().take(200).collect()
}

/// The first line that differs, of both texts.
fn first_difference(expected: &[u8], found: &[u8]) -> String {
    let lines = |text: &[u8]| String::from_utf8_lossy(text).split('\n').map(str::to_owned).collect::<Vec<_>>();
    let (expected, found) = (lines(expected), lines(found));
    let at =
        expected.iter().zip(&found).position(|(one, other)| one != other).unwrap_or(expected.len().min(found.len()));
    let shown = |lines: &[String]| {
        lines.get(at).map_or("(the end)".into(), |line| format!("{:?}", line.chars().take(100).collect::<String>()))
    };
    format!("line {}: {} became {}", at + 1, shown(&expected), shown(&found))
}

/// Counts and lists; what must not be comes second.
fn report(findings: &[Finding]) -> (String, Vec<String>) {
    let mut text = String::from(
        "# Corpus\n\n| format | policy | files | SOPS accepts | of these byte for byte | all we accept | of these byte for byte | same data for SOPS |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut verdict = Vec::new();
    let mut groups: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry((finding.format.name(), finding.policy)).or_default().push(finding);
    }
    let (mut all_accepted, mut all_identical) = (0, 0);
    for ((format, policy), group) in &groups {
        let count = |test: &dyn Fn(&Finding) -> bool| group.iter().filter(|finding| test(finding)).count();
        let identical = |finding: &Finding| matches!(finding.ours, Identity::Same);
        let taken = |finding: &Finding| !matches!(finding.ours, Identity::Refused(_));
        let accepted = |finding: &Finding| match finding.sops {
            Judgement::NotAsked => taken(finding),
            Judgement::Refuses(_) => false,
            _ => true,
        };
        let accepts = count(&accepted);
        let both = count(&|finding| accepted(finding) && identical(finding));
        let (ours, ours_identical) = (count(&taken), count(&identical));
        let same = count(&|finding| matches!(finding.sops, Judgement::Same));
        let share = |part: usize, whole: usize| format!("{part} ({:.1} %)", 100.0 * part as f64 / whole.max(1) as f64);
        let _ = writeln!(
            text,
            "| {format} | {policy} | {} | {accepts} | {} | {ours} | {} | {} |",
            group.len(),
            share(both, accepts),
            share(ours_identical, ours),
            share(same, accepts),
        );
        all_accepted += accepts;
        all_identical += both;
    }
    let share = all_identical as f64 / all_accepted.max(1) as f64;
    let _ = writeln!(
        text,
        "\nByte for byte, of the files that SOPS accepts: {all_identical} of {all_accepted}, {:.2} %.",
        100.0 * share
    );
    if share < IDENTICAL {
        verdict.push(format!("only {:.2} % come back byte for byte", 100.0 * share));
    }
    type Pick = fn(&Finding) -> Option<&str>;
    let lists: [(&str, bool, Pick); 7] = [
        ("Numbers that SOPS before 3.12 takes for doubles", false, |finding| match finding.sops {
            Judgement::OldNumbers => Some("an integer beyond 2^53"),
            _ => None,
        }),
        ("Other data for SOPS", true, |finding| match &finding.sops {
            Judgement::Differs(how) => Some(how),
            _ => None,
        }),
        ("Encrypted by us and then refused by us", true, |finding| match &finding.ours {
            Identity::Broken(why) => Some(why),
            _ => None,
        }),
        ("Not byte for byte", false, |finding| match &finding.ours {
            Identity::Differs(how) => Some(how),
            _ => None,
        }),
        ("Accepted by SOPS, refused by us", false, |finding| match (&finding.ours, &finding.sops) {
            (Identity::Refused(why), Judgement::OnlySops) => Some(why),
            _ => None,
        }),
        ("Refused by both", false, |finding| match (&finding.ours, &finding.sops) {
            (Identity::Refused(why), Judgement::Refuses(_) | Judgement::NotAsked) => Some(why),
            _ => None,
        }),
        ("Refused by SOPS, accepted by us", false, |finding| match (&finding.ours, &finding.sops) {
            (Identity::Refused(_), _) => None,
            (_, Judgement::Refuses(why)) => Some(why),
            _ => None,
        }),
    ];
    for (title, fatal, pick) in lists {
        let found: Vec<_> = findings.iter().filter_map(|finding| Some((finding, pick(finding)?))).collect();
        let _ = writeln!(text, "\n## {title}: {}\n", found.len());
        for (finding, why) in &found {
            let line =
                format!("{}/{} ({}): {}", finding.format.name(), finding.file, finding.policy, why.replace('\n', " "));
            let _ = writeln!(text, "- {line}");
            if fatal {
                verdict.push(format!("{title}: {line}"));
            }
        }
    }
    (text, verdict)
}

/// The report must notice: a finding of each fatal kind fails it.
#[test]
fn the_report_fails_on_what_must_not_be() {
    let finding = |ours, sops| Finding { file: "f".into(), policy: "default", format: Format::Yaml, ours, sops };
    let same = || finding(Identity::Same, Judgement::Same);
    assert!(report(&[same()]).1.is_empty());
    for bad in [
        finding(Identity::Same, Judgement::Differs("x".into())),
        finding(Identity::Broken("x".into()), Judgement::Same),
        finding(Identity::Differs("x".into()), Judgement::Same),
        finding(Identity::Refused("x".into()), Judgement::OnlySops),
    ] {
        assert!(!report(&[same(), bad]).1.is_empty());
    }
    assert!(real_sops().is_none_or(Path::is_file));
}
