//! What holds for every text whatsoever, in every format. The fuzz targets try it on what they
//! make up (`fuzz/`), and `fuzz_cases` on what they found once (`testdata/fuzz`).
//!
//! * `structure`: what a parser says of a text is consistent.
//! * `editing`: what is spelled at a place reads back, and nothing else changes.
//! * `sealing`: what is encrypted decrypts to the very bytes.
//! * `tampering`: what was changed without the key is refused.

mod editing;
mod sealing;
mod structure;
mod tampering;

use cloze::document::{Content, Document, Event, Format, Scalar};

pub(crate) use tampering::any_sealed;

/// Holds a text against all that must be true of it, be it of the format or not.
pub(crate) fn any_text(format: Format, text: &[u8]) {
    match format.syntax().parse(text) {
        Err(error) => structure::refusal(text, &error),
        Ok(document) => {
            structure::check(&document);
            editing::check(format, &document);
        }
    }
    sealing::check(format, text);
}

/// For messages.
fn shown(text: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(text))
}

/// An error is an answer, unless it is one that says that the fault is ours.
fn is_no_bug(error: &dyn std::fmt::Display, text: &[u8]) {
    let error = error.to_string();
    assert!(!error.to_lowercase().contains("this is a bug"), "{error}: {}", shown(text));
}

/// The keys, containers and values of a document in the order of the walk, without the comments.
fn data(format: Format, document: &Document<'_>) -> Vec<String> {
    lines(format, document.walk())
}

fn lines<'d, 't: 'd>(format: Format, events: impl Iterator<Item = Event<'d, 't>>) -> Vec<String> {
    let mut lines = Vec::new();
    for event in events {
        lines.push(match event {
            Event::Enter(_, node) => {
                let kind = if matches!(node.content, Content::Map { .. }) { "map" } else { "list" };
                format!("{:?} {kind}", node.key)
            }
            Event::Leave => "end".into(),
            Event::Leaf(_, node, value) => format!("{:?} {}", node.key, typed(format, value)),
            Event::Comment(..) => continue,
        });
    }
    if format == Format::Ini {
        // The one before the first header may be there for a comment only, and is not printed then.
        while let Some(at) = lines.windows(2).position(|two| two == ["Some(\"DEFAULT\") map", "end"]) {
            lines.drain(at..at + 2);
        }
    }
    lines
}

/// Canonical bytes of a value and what its format knows of its type. A whole float is spelled
/// without its point, as SOPS does, and reads as an integer: both are numbers.
fn typed(format: Format, value: &Scalar<'_>) -> String {
    let is_typed = !matches!(format, Format::Dotenv | Format::Ini);
    let kind = match value {
        _ if !is_typed => "",
        Scalar::Null => "null",
        Scalar::Bool(_) => "bool",
        Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_) => "number",
        // Only YAML has times; elsewhere they are text.
        Scalar::Time(_) if format == Format::Yaml => "time",
        Scalar::Time(_) | Scalar::Text(_) => "text",
    };
    match value {
        Scalar::Uint(value) => format!("{kind} {value}"),
        _ => format!("{kind} {}", value.canonical().unwrap_or_default().escape_ascii()),
    }
}
