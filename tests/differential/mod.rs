//! The same call to the real sops and to us, called `sops`, on copies of the same files: the same
//! exit code, the same data on standard output, the same effect on every file. Where we differ, a case
//! names the line of `docs/differences.md` that says so and why. Every flag and every variable that the
//! help of the real sops names is in some call.

mod calls;
mod help;
mod meaning;
mod place;

use std::collections::BTreeSet;
use std::fmt;

use crate::harness::{Sandbox, repository, require_sops};
use calls::Call;

/// In what two calls can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum In {
    /// The exit code.
    Code,
    /// Standard output.
    Output,
    /// The files that are there afterwards, or what is in them.
    Files,
}

/// How two calls differ, and what was seen.
#[derive(Default)]
struct Difference {
    found: BTreeSet<In>,
    details: String,
}

impl Difference {
    fn add(&mut self, aspect: In, details: impl fmt::Display) {
        self.found.insert(aspect);
        self.details += &format!("\n  {aspect:?}: {details}");
    }
}

/// Calls both in copies of the same place, and compares.
fn difference(call: &Call, sops: &std::path::Path) -> Difference {
    let (theirs, ours) = (place::copy(sops), place::copy(sops));
    let expected = call.run(theirs.real(sops, call.args()));
    let found = call.run(ours.named("sops", call.args()));
    let mut difference = Difference::default();
    if expected.code != found.code {
        let said = found.stderr.lines().chain(expected.stderr.lines()).take(6).collect::<Vec<_>>().join(" / ");
        difference.add(In::Code, format_args!("{} instead of {}: {said}", found.code, expected.code));
    }
    let reader = place::copy(sops);
    if let Some(text) = meaning::difference(&reader, sops, "output", &found.stdout, &expected.stdout) {
        difference.add(In::Output, text);
    }
    let (ours, theirs) = (place::files(&ours), place::files(&theirs));
    for name in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        match (ours.get(name), theirs.get(name)) {
            (Some(found), Some(expected)) => {
                if let Some(text) = meaning::difference(&reader, sops, name, found, expected) {
                    difference.add(In::Files, format_args!("{name}: {text}"));
                }
            }
            (found, _) => {
                difference.add(
                    In::Files,
                    format_args!("{name} is there {}", if found.is_some() { "now" } else { "no more" }),
                );
            }
        }
    }
    difference
}

/// A line of `docs/differences.md`.
struct Intended {
    what: String,
    why: String,
    names: String,
}

/// The tables of the page on differences.
fn intended() -> Vec<Intended> {
    let page = std::fs::read_to_string(repository("docs/differences.md")).unwrap();
    let cells = |line: &str| {
        let inside = line.trim_start_matches('|').trim_end_matches('|').trim_end();
        inside.split(" |").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
    };
    let lines =
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !line.starts_with("| |"));
    lines
        .map(|line| match &cells(line)[..] {
            [what, _, _, why, names] => Intended { what: what.clone(), why: why.clone(), names: names.clone() },
            cells => panic!("docs/differences.md: {} cells instead of 5: {line}", cells.len()),
        })
        .collect()
}

#[test]
fn every_difference_has_a_reason() {
    let lines = intended();
    assert!(lines.len() > 50, "the page was not read");
    let unexplained: Vec<&str> = lines.iter().filter(|line| line.why.is_empty()).map(|line| &*line.what).collect();
    assert!(unexplained.is_empty(), "without a reason in docs/differences.md:\n{}", unexplained.join("\n"));
    assert!(lines.iter().all(|line| matches!(&*line.names, "own" | "both")), "names are `own` or `both`");
    let distinct: BTreeSet<&str> = lines.iter().map(|line| &*line.what).collect();
    assert_eq!(distinct.len(), lines.len(), "two lines of docs/differences.md begin alike");
}

#[test]
fn every_call_does_what_it_does_in_sops() {
    let Some(sops) = require_sops() else { return };
    let lines = intended();
    let calls = calls::all();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(call) = calls.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let found = difference(call, sops);
                    if let Some(failure) = judge(call, &found, &lines) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} calls:\n{}", failures.len(), calls.len(), failures.join("\n"));
}

/// What is wrong with the difference that was found, if anything is.
fn judge(call: &Call, found: &Difference, lines: &[Intended]) -> Option<String> {
    let Some((line, aspects)) = &call.intended else {
        return (!found.found.is_empty()).then(|| format!("sops {call}:{}", found.details));
    };
    match lines.iter().find(|known| known.what == *line) {
        None => return Some(format!("sops {call}: docs/differences.md has no line {line:?}")),
        Some(known) if known.names != "both" => {
            return Some(format!("sops {call}: {line:?} is said not to hold for the name `sops`"));
        }
        Some(_) => {}
    }
    let aspects: BTreeSet<In> = aspects.iter().copied().collect();
    (aspects != found.found)
        .then(|| format!("sops {call}: differs in {:?} instead of {aspects:?}{}", found.found, found.details))
}

/// Commands of SOPS that we do not have yet, with where they come from. They are refused.
const PENDING: [(&str, &str); 1] = [("publish", "issue 5")];

#[test]
fn every_flag_of_sops_is_called() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::new();
    let flags = help::flags(&sandbox, sops);
    assert!(flags.len() > 200, "the help of sops was not read: {} flags", flags.len());
    let called: BTreeSet<(String, String)> = calls::flags(&flags);
    for (command, until) in PENDING {
        let refused = sandbox.named("sops", [command, "x"]).run();
        assert!(
            refused.code == 1 && refused.stderr.contains("not yet"),
            "`{command}` is there: {until} brings its calls"
        );
    }
    let is_pending =
        |(command, flag): &(String, String)| PENDING.iter().any(|(name, _)| name == command || name == flag);
    let missing = flags.iter().filter(|flag| !called.contains(flag) && !is_pending(flag));
    let missing: Vec<String> = missing.map(|(command, flag)| format!("sops {command} {flag}")).collect();
    assert!(missing.is_empty(), "{} without a call:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn the_key_services_start_serve_and_end_alike() {
    let Some(sops) = require_sops() else { return };
    for call in calls::SERVERS {
        let (theirs, ours) = (place::copy(sops), place::copy(sops));
        let expected = place::serve(&theirs, sops, sops, call);
        let found = place::serve(&ours, &ours.root().join("bin/sops"), sops, call);
        assert!(expected.0 && found.0, "{call}");
        let is_intended = intended().iter().any(|line| line.what == "the exit code of `keyservice` after INT or TERM");
        assert_eq!((found.1, expected.1 != found.1), (Some(0), is_intended), "{call}");
    }
}
