//! From nodes to text: keys, comments, sections with their keys padded to one column, and the
//! metadata section, as SOPS prints them.

use memchr::{memchr, memmem};

use super::super::flat;
use super::super::syntax::EmitError;
use super::super::tree::Tree;
use super::super::{Content, Document, NodeId, Scalar, Style};
use super::space::{trim, trim_start};
use super::value::{self, is_marker};
use super::{DEFAULT, METADATA};

/// A value where another one stands, in front of the rest of its line.
pub(super) fn scalar(value: &Scalar<'_>, place: &[u8], style: Style, rest: &[u8]) -> Result<Vec<u8>, EmitError> {
    if matches!(value, Scalar::Null) {
        return Err(EmitError("an INI file cannot hold null".into()));
    }
    value::spell(&flat::untyped(value), place, style, rest)
}

/// A comment after its first marker. Further lines that have none get one too.
pub(super) fn comment(text: &[u8], marker: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if number > 0 {
            out.push(b'\n');
            if trim_start(line).first().is_some_and(|first| !is_marker(*first)) {
                out.extend([marker, b' ']);
            }
        }
        out.extend_from_slice(line);
    }
    out
}

/// A key, in quotes if it needs them.
pub(super) fn key(key: &str) -> Result<String, EmitError> {
    // A byte order mark is none where it does not start the text.
    let bare = !key.starts_with(['#', ';', '[', '`', '\u{feff}']) && !key.contains(['"', '=', ':']);
    let impossible = key.is_empty() || key == "-" || key.contains('\n') || trim(key.as_bytes()).len() != key.len();
    let quotes = match () {
        () if impossible => None,
        () if bare => Some(""),
        () if !key.contains('`') => Some("`"),
        () if !key.contains("\"\"\"") && !key.ends_with('"') => Some("\"\"\""),
        () => None,
    };
    let quotes = quotes.ok_or_else(|| EmitError(format!("an INI file cannot hold the key {key:?}")))?;
    Ok(format!("{quotes}{key}{quotes}"))
}

/// The metadata section.
pub(super) fn metadata(tree: &Tree, feed: &str) -> Result<Vec<u8>, EmitError> {
    let mut section = Section::default();
    for (name, value) in flat::flatten(tree) {
        let value = flat::untyped(value);
        if memmem::find(&value, b"\\n").is_some() {
            let message = "the metadata of an INI file cannot hold a backslash followed by the letter n";
            return Err(EmitError(message.into()));
        }
        section.entry(&name, &Scalar::Text(escape(&value).into()))?;
    }
    let mut out = Vec::new();
    section.print(&mut out, Some(METADATA), feed);
    Ok(out)
}

/// A value with its line feeds spelled.
fn escape(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr(b'\n', rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(b"\\n");
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out
}

/// The map at the top of a document: an INI file. Comments among its sections go with the next.
pub(super) fn file(document: &Document<'_>, root: NodeId) -> Result<Vec<u8>, EmitError> {
    let mut out = Vec::new();
    let mut comments = Vec::new();
    for child in document.children(root) {
        let node = document.node(child);
        match &node.content {
            Content::Comment { text } => comments.push(&**text),
            Content::Map { .. } => {
                let name = node.key.as_deref().unwrap_or_default();
                check_section(name)?;
                let section = Section::of(document, child, std::mem::take(&mut comments))?;
                let headless = out.is_empty() && name == DEFAULT;
                if headless && section.is_empty() {
                    continue;
                }
                if !out.is_empty() {
                    out.push(b'\n');
                }
                section.print(&mut out, (!headless).then_some(name), "\n");
            }
            Content::Leaf { .. } | Content::List { .. } => {
                let key = node.key.as_deref().unwrap_or_default();
                return Err(EmitError(format!("an INI file holds sections only, and {key:?} is none")));
            }
        }
    }
    Section { above: comments, entries: Vec::new() }.print(&mut out, None, "\n");
    Ok(out)
}

/// A map that is not at the top: the entries of one section.
pub(super) fn entries(document: &Document<'_>, map: NodeId) -> Result<Vec<u8>, EmitError> {
    let mut out = Vec::new();
    Section::of(document, map, Vec::new())?.print(&mut out, None, "\n");
    Ok(out)
}

fn check_section(name: &str) -> Result<(), EmitError> {
    if name.is_empty() || name == METADATA || name.contains('\n') {
        return Err(EmitError(format!("an INI file cannot hold a section {name:?}")));
    }
    Ok(())
}

/// A section to be printed.
#[derive(Default)]
struct Section<'d> {
    /// The comments above its header.
    above: Vec<&'d [u8]>,
    entries: Vec<Entry<'d>>,
}

/// An entry of it, as it is spelled.
struct Entry<'d> {
    key: String,
    value: Vec<u8>,
    /// The comments above it, which come after it in the tree.
    above: Vec<&'d [u8]>,
}

impl<'d> Section<'d> {
    fn of(document: &'d Document<'_>, map: NodeId, above: Vec<&'d [u8]>) -> Result<Self, EmitError> {
        let mut section = Section { above, entries: Vec::new() };
        for child in document.children(map) {
            let node = document.node(child);
            let name = node.key.as_deref().unwrap_or_default();
            match &node.content {
                Content::Leaf { value, .. } => section.entry(name, value)?,
                Content::Comment { text } => match section.entries.last_mut() {
                    Some(entry) => entry.above.push(text),
                    None => section.above.push(text),
                },
                Content::Map { .. } | Content::List { .. } => {
                    return Err(EmitError(format!(
                        "an INI file cannot hold maps or lists inside of sections, as {name:?} is"
                    )));
                }
            }
        }
        Ok(section)
    }

    fn entry(&mut self, name: &str, value: &Scalar<'_>) -> Result<(), EmitError> {
        let value = scalar(value, b"", Style::Plain, b"\n")?;
        self.entries.push(Entry { key: key(name)?, value, above: Vec::new() });
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.above.is_empty()
    }

    fn print(&self, out: &mut Vec<u8>, header: Option<&str>, feed: &str) {
        let comments = |out: &mut Vec<u8>, texts: &[&[u8]]| {
            for text in texts {
                out.extend([b"; ", &*comment(trim_start(text), b';'), feed.as_bytes()].concat());
            }
        };
        comments(out, &self.above);
        if let Some(name) = header {
            out.extend_from_slice(format!("[{name}]{feed}").as_bytes());
        }
        let width = self.entries.iter().map(|entry| entry.key.len()).max().unwrap_or(0);
        for Entry { key, value, above } in &self.entries {
            comments(out, above);
            out.extend_from_slice(key.as_bytes());
            out.extend(std::iter::repeat_n(b' ', width - key.len()));
            out.extend_from_slice(b" = ");
            out.extend_from_slice(value);
            out.extend_from_slice(feed.as_bytes());
        }
    }
}
