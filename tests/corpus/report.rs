//! `target/corpus-report.md`: counts and lists of what became of every file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::cases::Expect;
use super::judge::Judgement;
use super::{Finding, Identity};

/// Takes a finding for a list, with what to say of it.
type Pick = fn(&Finding) -> Option<&str>;

/// The lists, and whether one line of it fails the test.
const LISTS: [(&str, bool, Pick); 8] = [
    ("Other data for the other program", true, |finding| match &finding.other {
        Judgement::Differs(how) => Some(how),
        _ => None,
    }),
    ("Encrypted by us and then refused by us", true, |finding| match &finding.ours {
        Identity::Broken(why) => Some(why),
        _ => None,
    }),
    ("Not byte for byte", true, |finding| match &finding.ours {
        Identity::Differs(how) => Some(how),
        _ => None,
    }),
    ("Other data for a known reason", false, |finding| match finding.other {
        Judgement::Known(reason) => Some(reason),
        _ => None,
    }),
    ("Accepted by the other program, refused by us", false, |finding| match (&finding.ours, &finding.other) {
        (Identity::Refused(why), Judgement::OnlyOther) => Some(why),
        _ => None,
    }),
    ("Refused by us, and not accepted by the other program", false, |finding| match (&finding.ours, &finding.other) {
        (Identity::Refused(why), Judgement::Refuses(_) | Judgement::NotAsked) => Some(why),
        _ => None,
    }),
    ("Refused by the other program, accepted by us", false, |finding| match (&finding.ours, &finding.other) {
        (Identity::Refused(_), _) => None,
        (_, Judgement::Refuses(why)) => Some(why),
        _ => None,
    }),
    ("Invalid for its suite, accepted by us", false, |finding| match (finding.expect, &finding.ours) {
        (Expect::Invalid, Identity::Same) => Some("accepted"),
        _ => None,
    }),
];

/// Counts and lists; what must not be comes second.
pub(super) fn report(findings: &[Finding]) -> (String, Vec<String>) {
    let mut text = table(findings);
    let mut verdict = Vec::new();
    for (title, fatal, pick) in LISTS {
        let found: Vec<_> = findings.iter().filter_map(|finding| Some((finding, pick(finding)?))).collect();
        let _ = writeln!(text, "\n## {title}: {}\n", found.len());
        for (finding, why) in &found {
            let Finding { file, policy, format, .. } = finding;
            let line = format!("{} {file} ({policy}): {}", format.name(), why.replace('\n', " "));
            let _ = writeln!(text, "- {line}");
            if fatal {
                verdict.push(format!("{title}: {line}"));
            }
        }
    }
    (text, verdict)
}

fn table(findings: &[Finding]) -> String {
    let mut text = String::from(
        "# Corpus\n\n| format | suite says | policy | files | we accept | of these byte for byte | others asked | they accept | of these same data |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let says = match finding.expect {
            Expect::Free => "",
            Expect::Valid => "valid",
            Expect::Invalid => "invalid",
        };
        groups.entry((finding.format.name(), says, finding.policy)).or_default().push(finding);
    }
    for ((format, says, policy), group) in &groups {
        let count = |test: fn(&Finding) -> bool| group.iter().filter(|finding| test(finding)).count();
        let share = |part: usize, whole: usize| match whole {
            0 => "0".to_owned(),
            _ => format!("{part} ({:.1} %)", 100.0 * part as f64 / whole as f64),
        };
        let taken = count(|finding| !matches!(finding.ours, Identity::Refused(_)));
        let identical = count(|finding| matches!(finding.ours, Identity::Same));
        let asked = count(|finding| !matches!(finding.other, Judgement::NotAsked));
        let accepted = count(|finding| !matches!(finding.other, Judgement::NotAsked | Judgement::Refuses(_)));
        let same = count(|finding| matches!(finding.other, Judgement::Same));
        let _ = writeln!(
            text,
            "| {format} | {says} | {policy} | {} | {taken} | {} | {asked} | {accepted} | {} |",
            group.len(),
            share(identical, taken),
            share(same, accepted),
        );
    }
    text
}

/// The report must notice: a finding of each fatal kind fails it.
#[test]
fn the_report_fails_on_what_must_not_be() {
    let finding = |ours, other| Finding {
        file: "f".into(),
        policy: "default",
        format: cloze::document::Format::Yaml,
        expect: Expect::Free,
        ours,
        other,
    };
    let same = || finding(Identity::Same, Judgement::Same);
    assert!(report(&[same()]).1.is_empty());
    for bad in [
        finding(Identity::Same, Judgement::Differs("x".into())),
        finding(Identity::Broken("x".into()), Judgement::Same),
        finding(Identity::Differs("x".into()), Judgement::Same),
    ] {
        assert_eq!(report(&[same(), bad]).1.len(), 1);
    }
}
