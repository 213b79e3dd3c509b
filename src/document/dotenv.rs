//! Dotenv as SOPS reads it (sops-compat.md §4.4): lines end at LF and nowhere else, the first `=`
//! splits, and the only escape is backslash-n for LF. Quotes, `export` and blanks belong to the
//! key and the value. Metadata are the lines whose keys start with `sops_`.
//!
//! One thing is read that SOPS refuses: a value in quotes that close on a later line, if SOPS could
//! not read one of its lines at all. It is the one value that dotenv readers take it for.

use memchr::{memchr, memchr_iter, memmem};
use zeroize::Zeroizing;

use super::change::{Excerpt, as_leaves, lines, set_fields};
use super::dotenv_value;
use super::flat;
use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError, check_size};
use super::tree::Tree;
use super::{Block, Content, Document, Key, New, Node, NodeId, Part, Scalar, Span, Style, Text};

/// The format.
pub(super) struct Dotenv;

/// What the keys of metadata lines start with.
const PREFIX: &str = "sops_";
/// The same where they are to be ordinary lines. No key of a user is like this.
const STAND_IN: &str = "\x01ops_";

/// Said of a map or list that is to be put in.
const NO_CONTAINERS: &str = "a dotenv file holds single values only, no maps and no lists";

impl Syntax for Dotenv {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        check_size(text)?;
        let whole = Span::new(0..text.len());
        let mut nodes = vec![Node { key: Key::NONE, span: whole, content: Content::Map { end: NodeId(0) } }];
        let mut metadata = Metadata::default();
        let mut next = 0;
        while next <= text.len() {
            let mut span = line_at(text, next);
            next = span.range().end + 1;
            let line = &text[span.range()];
            if line.is_empty() {
                continue;
            }
            if let Some(comment) = line.strip_prefix(b"#") {
                let content = Content::Comment { text: comment.into() };
                nodes.push(Node { key: Key::NONE, span, content });
                continue;
            }
            let Some(equals) = memchr(b'=', line) else {
                return Err(no_equals_sign(span, line));
            };
            let start = span.range().start;
            let from = start + equals + 1;
            let key = std::str::from_utf8(&line[..equals])
                .map_err(|_| SyntaxError::at(Span::new(start..start + equals), "the key is not UTF-8"))?;
            if let Some(name) = key.strip_prefix(PREFIX) {
                metadata.add(text, span, name, Scalar::Text(decode(&text[from..span.range().end])));
                continue;
            }
            if let Some(end) = end_of_lines(text, from, span.range().end) {
                span = Span::new(start..end);
                next = end + 1;
            }
            let end = span.range().end;
            let value = Scalar::Text(decode(&text[from..end]));
            let content = Content::Leaf { value, style: Style::Plain };
            nodes.push(Node { key: key.into(), span: Span::new(from..end), content });
        }
        let end = u32::try_from(nodes.len()).expect("impossible: there are fewer nodes than bytes");
        nodes[0].content = Content::Map { end: NodeId(end) };
        let part = Part { root: NodeId(0), metadata: metadata.block()?, span: whole };
        Ok(Document { text, nodes, parts: vec![part], ..Document::default() })
    }

    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
        let place = document.node(node);
        let text = match (&place.content, new) {
            (Content::Comment { .. }, New::Comment(text)) => {
                if memchr(b'\n', text).is_some() {
                    return Err(EmitError("a comment of a dotenv file is one line".into()));
                }
                [b"#", &text[..]].concat()
            }
            (Content::Leaf { .. }, New::Value(value)) => encode(value)?,
            (Content::Comment { .. }, New::Value(_)) => {
                return Err(EmitError("a comment of a dotenv file cannot become a value".into()));
            }
            _ => return Err(EmitError("a value of a dotenv file can only become another value".into())),
        };
        Ok(Splice { span: place.span, text })
    }

    fn misread_in_clear(&self, document: &Document<'_>, node: NodeId) -> Option<&'static str> {
        memchr(b'\n', document.source(document.node(node).span))
            .filter(|_| matches!(document.node(node).content, Content::Leaf { .. }))
            .map(|_| "has several lines, which SOPS cannot read in a value that is not encrypted; write `\\n` instead")
    }

    fn metadata(
        &self,
        document: &Document<'_>,
        part: usize,
        tree: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        let lines = metadata_lines(tree)?;
        let text = document.text;
        let Some(block) = &document.parts[part].metadata else {
            let end = Span::new(text.len()..text.len());
            let text = place(&lines, text.is_empty() || text.ends_with(b"\n"), text.is_empty());
            return Ok(vec![Splice { span: end, text }]);
        };
        let mut splices: Vec<Splice> = block.spans.iter().map(|&span| Splice { span, text: Vec::new() }).collect();
        if let Some(first) = splices.first_mut() {
            let old = document.source(first.span);
            first.text = place(&lines, old.ends_with(b"\n"), !old.starts_with(b"\n"));
        }
        Ok(splices)
    }

    fn insert(
        &self,
        document: &Document<'_>,
        container: NodeId,
        key: Option<&str>,
        value: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        let (Some(key), Tree::Leaf(value)) = (key, value) else { return Err(EmitError(NO_CONTAINERS.into())) };
        check_new_key(key)?;
        let line = [key.as_bytes(), b"=", &encode(value)?].concat();
        Ok(vec![match document.children(container).last() {
            Some(last) => {
                let at = document.node(last).span.end as usize;
                Splice { span: Span::new(at..at), text: [b"\n", &line[..]].concat() }
            }
            None => Splice { span: Span::new(0..0), text: [&line[..], b"\n"].concat() },
        }])
    }

    fn replace(
        &self,
        document: &Document<'_>,
        _parent: NodeId,
        node: NodeId,
        value: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        let new = as_leaves(document, node, value).ok_or_else(|| EmitError(NO_CONTAINERS.into()))?;
        Ok(vec![self.spell(document, node, &new)?])
    }

    fn remove(&self, document: &Document<'_>, _parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError> {
        let span = document.node(node).span.range();
        Ok(vec![Splice { span: lines(document.text, span.start, span.end), text: Vec::new() }])
    }

    fn set_fields(&self, document: &Document<'_>, part: usize, fields: &[(&str, Option<&str>)]) -> Option<Vec<Splice>> {
        let mut text = document.text.to_vec();
        for span in &document.parts[part].metadata.as_ref()?.spans {
            for at in memmem::find_iter(document.source(*span), PREFIX) {
                let at = span.range().start + at;
                if at == 0 || text[at - 1] == b'\n' {
                    text[at..at + PREFIX.len()].copy_from_slice(STAND_IN.as_bytes());
                }
            }
        }
        let excerpt = Excerpt { text, offset: 0, block: Vec::new(), prefix: STAND_IN };
        let mut splices = set_fields(self, &excerpt, fields)?;
        for splice in &mut splices {
            // A new line has the name that it has in the excerpt.
            if let Some(at) = memmem::find(&splice.text, STAND_IN.as_bytes()) {
                splice.text[at..at + PREFIX.len()].copy_from_slice(PREFIX.as_bytes());
            }
        }
        Some(splices)
    }

    fn emit(&self, document: &Document<'_>, node: NodeId, _layout: Layout) -> Result<Vec<u8>, EmitError> {
        match &document.node(node).content {
            Content::Map { .. } => emit_map(document, node),
            Content::Leaf { value: Scalar::Text(text), .. } => Ok(text.to_vec()),
            _ => Err(EmitError("the dotenv store only supports emitting strings".into())),
        }
    }
}

/// The line that starts here, without its line feed; what follows the last one is a line too.
fn line_at(text: &[u8], start: usize) -> Span {
    Span::new(start..memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at))
}

/// The end of a value that stands in quotes on several lines, of which SOPS refuses one; none for
/// what SOPS can read, so that every file that it wrote is read as it reads it.
fn end_of_lines(text: &[u8], from: usize, line_end: usize) -> Option<usize> {
    let quote = dotenv_value::opening_quote(&text[from..line_end])?;
    let opened = from + memchr(quote, &text[from..line_end])? + 1;
    let close = opened + dotenv_value::closing_quote(&text[opened..], quote)?;
    let after = &text[close + 1..line_at(text, close).range().end];
    if close < line_end || !dotenv_value::is_remainder(after) {
        return None;
    }
    let lines = text[line_end + 1..close + 1 + after.len()].split(|byte| *byte == b'\n');
    let refused = |line: &[u8]| !line.is_empty() && !line.starts_with(b"#") && memchr(b'=', line).is_none();
    lines.into_iter().any(refused).then_some(close + 1 + after.len())
}

fn no_equals_sign(span: Span, line: &[u8]) -> SyntaxError {
    let error = SyntaxError::at(span, "this line is neither a comment nor an assignment: it has no `=`");
    if line == b"\r" {
        error.hint("dotenv lines end with LF only; convert the file from CRLF first")
    } else if line.trim_ascii_start().starts_with(b"#") {
        error.hint("the `#` of a comment must be the first character of its line")
    } else {
        error
    }
}

/// The metadata lines of a file, while they are found.
#[derive(Default)]
struct Metadata<'t> {
    entries: Vec<(&'t str, Scalar<'static>)>,
    spans: Vec<Span>,
}

impl<'t> Metadata<'t> {
    fn add(&mut self, text: &[u8], line: Span, name: &'t str, value: Scalar<'t>) {
        self.entries.push((name, value.into_owned()));
        // A line goes with its line feed. The last line may have none: then the one before goes,
        // which is how the block was appended to a text without a final line break.
        let has_feed = line.range().end < text.len();
        let piece = Span { start: line.start, end: line.end + u32::from(has_feed) };
        match self.spans.last_mut() {
            Some(last) if last.end == piece.start => last.end = piece.end,
            _ => self.spans.push(piece),
        }
        if let Some(last) = self.spans.last_mut()
            && !has_feed
            && last.start > 0
        {
            last.start -= 1;
        }
    }

    fn block(self) -> Result<Option<Block>, SyntaxError> {
        if self.spans.is_empty() {
            return Ok(None);
        }
        Ok(Some(Block { spans: self.spans, tree: flat::unflatten(self.entries)? }))
    }
}

/// The metadata as lines, without the last line feed. Never with CR, which would become part of
/// the values.
fn metadata_lines(tree: &Tree) -> Result<Vec<u8>, EmitError> {
    let mut lines = Vec::new();
    for (name, value) in flat::flatten(tree) {
        if !lines.is_empty() {
            lines.push(b'\n');
        }
        check_key(&name)?;
        lines.extend_from_slice(PREFIX.as_bytes());
        lines.extend_from_slice(name.as_bytes());
        lines.push(b'=');
        lines.extend(encode(value)?);
    }
    Ok(lines)
}

/// Metadata lines with what their place needs: a line feed after them, or before them.
fn place(lines: &[u8], feed_after: bool, at_line_start: bool) -> Vec<u8> {
    let before: &[u8] = if feed_after || at_line_start { b"" } else { b"\n" };
    let after: &[u8] = if feed_after { b"\n" } else { b"" };
    [before, lines, after].concat()
}

/// The value of a line.
fn decode(raw: &[u8]) -> Text<'_> {
    let mut escapes = memmem::find_iter(raw, b"\\n").peekable();
    if escapes.peek().is_none() {
        return Text::Source(raw);
    }
    let mut value = Zeroizing::new(Vec::with_capacity(raw.len()));
    let mut copied = 0;
    for at in escapes {
        value.extend_from_slice(&raw[copied..at]);
        value.push(b'\n');
        copied = at + 2;
    }
    value.extend_from_slice(&raw[copied..]);
    Text::Owned(value)
}

/// A value as the rest of its line, so that it is read back as it was.
fn encode(value: &Scalar<'_>) -> Result<Vec<u8>, EmitError> {
    if matches!(value, Scalar::Null) {
        return Err(EmitError("a dotenv file cannot hold null".into()));
    }
    let value = flat::untyped(value);
    if memmem::find(&value, b"\\n").is_some() {
        return Err(EmitError(
            "a value of a dotenv file cannot hold a backslash followed by the letter n: it would be read as a line break"
                .into(),
        ));
    }
    Ok(escape(&value))
}

/// A value with its line feeds spelled.
fn escape(value: &[u8]) -> Vec<u8> {
    let feeds = memchr_iter(b'\n', value).count();
    let mut out = Vec::with_capacity(value.len() + feeds);
    let mut copied = 0;
    for at in memchr_iter(b'\n', value) {
        out.extend_from_slice(&value[copied..at]);
        out.extend_from_slice(b"\\n");
        copied = at + 1;
    }
    out.extend_from_slice(&value[copied..]);
    out
}

/// Whether a line can start with this key and be read back.
fn check_key(key: &str) -> Result<(), EmitError> {
    if key.starts_with('#') || key.contains(['=', '\n']) {
        return Err(EmitError(format!("a dotenv file cannot hold the key {key:?}")));
    }
    Ok(())
}

/// Whether a new line can start with this key: also whether it would not be taken for metadata.
fn check_new_key(key: &str) -> Result<(), EmitError> {
    if key.is_empty() || key.starts_with(PREFIX) {
        return Err(EmitError(format!("a dotenv file cannot hold the key {key:?}")));
    }
    check_key(key)
}

/// A map of scalars as a new file, as SOPS prints it: unlike `encode`, this takes every scalar,
/// since what it prints is not read back by us.
fn emit_map(document: &Document<'_>, map: NodeId) -> Result<Vec<u8>, EmitError> {
    let mut out = Vec::new();
    for child in document.children(map) {
        let node = document.node(child);
        let key = node.key.as_deref().unwrap_or_default();
        match &node.content {
            Content::Comment { text } => {
                for line in text.split(|byte| *byte == b'\n') {
                    out.push(b'#');
                    out.extend_from_slice(line);
                    out.push(b'\n');
                }
            }
            Content::Leaf { value, .. } => {
                check_key(key)?;
                out.extend_from_slice(key.as_bytes());
                out.push(b'=');
                out.extend(escape(&flat::untyped(value)));
                out.push(b'\n');
            }
            Content::Map { .. } | Content::List { .. } => {
                return Err(EmitError(format!("cannot use complex value in dotenv file; offending key {key}")));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
