//! Records as JSON lines, each with the SHA-256 of the line before: a line that is changed or
//! taken out later breaks the chain. Lines are only ever added; a line that somebody could not
//! finish is ended and stays, and the next record says so.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::super::files::{LastLine, Log};
use super::Event;

/// What stands in place of a hash in the first line.
pub(super) const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The SHA-256 of a line without its end, in hexadecimal digits.
pub(super) fn hash(line: &[u8]) -> String {
    Sha256::digest(line).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Adds records to a log.
pub(super) fn append(path: &Path, events: &[Event<'_>]) -> io::Result<()> {
    let mut log = Log::open(path)?;
    let last = log.last_line()?;
    log.append(lines(&last, events).as_bytes())
}

/// The records as they follow a line.
fn lines(last: &LastLine, events: &[Event<'_>]) -> String {
    let mut previous = if last.line.is_empty() && !last.unfinished { START.to_owned() } else { hash(&last.line) };
    let mut unfinished = last.unfinished;
    let mut text = String::from(if unfinished { "\n" } else { "" });
    for event in events {
        let mark = if std::mem::take(&mut unfinished) { ",\"after_unfinished\":true" } else { "" };
        let line = format!("{{{}{mark},\"previous\":\"{previous}\"}}", event.json());
        previous = hash(line.as_bytes());
        text += &line;
        text.push('\n');
    }
    text
}

/// What a log was found to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    /// How many records it has.
    pub records: usize,
    /// The numbers of lines that were not finished, which is known.
    pub unfinished: Vec<usize>,
    /// Whether the last line has no end.
    pub is_open: bool,
    /// The hash of the last line.
    pub last: String,
    /// Whether a line has the hash that was looked for.
    pub holds: bool,
}

/// What is wrong with a log, and in which line, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub line: usize,
    pub reason: &'static str,
}

/// Goes along the chain.
pub(super) fn check(text: &[u8], looked_for: Option<&str>) -> Result<Checked, Broken> {
    let mut checked = Checked { last: START.into(), ..Checked::default() };
    let complete = match memchr::memrchr(b'\n', text) {
        Some(end) => &text[..=end],
        None => &[],
    };
    checked.is_open = complete.len() < text.len();
    // The line before, if it was no record: the next one must say so.
    let mut doubtful = None;
    for (at, line) in complete.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let (number, line) = (at + 1, &line[..line.len() - 1]);
        let broken = |line, reason| Broken { line, reason };
        let record = serde_json::from_slice::<serde_json::Value>(line).ok();
        let field = |name: &str| record.as_ref().and_then(|record| record.get(name));
        match field("previous").and_then(serde_json::Value::as_str) {
            Some(previous) if previous == checked.last => {
                if field("after_unfinished").is_some() {
                    let Some(before) = at.checked_sub(1) else {
                        return Err(broken(number, "speaks of a line before, and there is none"));
                    };
                    checked.unfinished.push(before + 1);
                    // It may be whole but for its end.
                    checked.records -= usize::from(doubtful.take().is_none());
                } else if let Some(doubtful) = doubtful {
                    return Err(broken(doubtful, "is no record"));
                }
                checked.records += 1;
            }
            Some(_) if number == 1 => {
                return Err(broken(1, "is not the first of a log: those before it were taken out"));
            }
            Some(_) => {
                return Err(broken(
                    number,
                    "does not follow the line before: one of them was changed, or lines were taken out",
                ));
            }
            None if doubtful.is_some() => return Err(broken(number - 1, "is no record")),
            None => doubtful = Some(number),
        }
        checked.last = hash(line);
        checked.holds |= looked_for == Some(checked.last.as_str());
    }
    match doubtful {
        Some(line) => Err(Broken { line, reason: "is no record" }),
        None => Ok(checked),
    }
}
