//! Spells a new value or comment in the style of its place: plain stays plain, quotes stay
//! quotes, block scalars stay block scalars with their header and indentation.

use super::quoting::{self, BlockStyle, Place};
use super::resolve::{self, Tag};
use crate::document::{Content, Document, EmitError, New, Node, NodeId, Scalar, Span, Splice, Style, Text};

/// Spells a node anew.
pub(super) fn spell(document: &Document<'_>, id: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
    let node = document.node(id);
    match (&node.content, new) {
        (Content::Leaf { style, .. }, New::Value(value)) => {
            let mut spot = Spot::new(document.text, node.span, *style, node.key.is_some());
            if spot.is_empty() {
                return Err(EmitError("there is no value here that another one could take the place of".into()));
            }
            let has_tag = matches!(value, Scalar::Text(_)) || spot.needs_quotes() && !spot.is_marked_bare();
            if quoting::as_text(value).is_none() && is_tagged_above(document, id, has_tag) {
                return Err(EmitError("the tag above the comment is not one of the new value".into()));
            }
            if let Some(rest) = behind_metadata(document, node.span.end as usize) {
                spot.rest = rest;
                spot.ends_text = rest.is_empty();
            }
            spot.key = node.key.as_deref();
            if let Some(header) = spot.fixed_header() {
                let text = spot.respell_below(header, node, value)?;
                return Ok(Splice { span: node.span, text: text.into_bytes() });
            }
            let mut splice = spot.respell(node, value);
            if !splice.text.contains(&b'\n') && holds_the_break_above_comments(document, id) {
                let spot = Spot::new(document.text, node.span, *style, node.key.is_some());
                splice.text.splice(0..0, first_break(document.text, node.span, spot.inner_column()));
            }
            Ok(splice)
        }
        (Content::Leaf { .. }, New::Comment(text)) if node.key.is_none() => element_as_comment(document, id, text),
        (Content::Leaf { .. }, New::Comment(_)) => Err(EmitError("the value of a key cannot become a comment".into())),
        (Content::Comment { .. }, New::Comment(text) | New::Value(Scalar::Text(text))) => {
            let column = column(document.text, node.span.start as usize);
            let line_break = line_break_after(document.text, node.span.end as usize);
            Ok(Splice { span: node.span, text: comment(text, column, line_break) })
        }
        (Content::Comment { .. }, New::Value(_)) => Err(EmitError("a comment can only hold text".into())),
        (Content::Map { .. } | Content::List { .. }, _) => {
            Err(EmitError("a map or list cannot be replaced by a single value".into()))
        }
    }
}

/// Whether no value stands here, at most a tag or an anchor.
pub(super) fn is_missing(document: &Document<'_>, id: NodeId) -> bool {
    spot(document, document.node(id)).is_some_and(|spot| spot.is_empty())
}

/// Puts a value where none is. Whether it comes out as one has to be tried: what is around it is not
/// looked at.
pub(super) fn fill(document: &Document<'_>, id: NodeId, value: &Scalar<'_>) -> Option<Splice> {
    let node = document.node(id);
    let spot = Spot { key: node.key.as_deref(), ..spot(document, node)? };
    Some(spot.respell(node, value))
}

/// The place of a leaf.
fn spot<'d>(document: &'d Document<'_>, node: &Node<'_>) -> Option<Spot<'d>> {
    match node.content {
        Content::Leaf { style, .. } => Some(Spot::new(document.text, node.span, style, node.key.is_some())),
        _ => None,
    }
}

/// Whether a value holds the line break without which go-yaml would take the next comments to be on
/// the first line, and never the foot of what stands above them.
fn holds_the_break_above_comments(document: &Document<'_>, id: NodeId) -> bool {
    let text = document.text;
    // The copies of an alias stand elsewhere.
    let has_break = |from: usize, to: usize| {
        text.get(from..to).is_some_and(|between| memchr::memchr2(b'\n', b'\r', between).is_some())
    };
    let span = document.node(id).span;
    if start_of_line(text, span.start as usize) > 0 || !has_break(span.start as usize, span.end as usize) {
        return false;
    }
    let mut end = span.end as usize;
    let mut first = None;
    for (at, node) in document.nodes.iter().enumerate().skip(id.index() + 1) {
        let start = node.span.start;
        match node.content {
            Content::Comment { .. } if has_break(end, start as usize) => first = first.into_iter().chain([start]).min(),
            Content::Leaf { .. } if has_break(end, start as usize) => {
                // Comments before it may come behind it in the walk.
                let behind = document.nodes[at + 1..].iter().take_while(|node| node.is_comment());
                let above = behind.map(|node| node.span.start).filter(|above| *above < start);
                first = first.into_iter().chain(above).min();
                break;
            }
            Content::Leaf { .. } if first.is_none() => end = end.max(node.span.end as usize),
            _ => {}
        }
    }
    first.is_some_and(|first| !has_break(end, text[..first as usize].trim_ascii_end().len()))
}

/// The first line break of a value, and how far in the next line of it begins, but at least this far.
fn first_break(text: &[u8], value: Span, inner: usize) -> Vec<u8> {
    let lines = &text[value.range()];
    let first = memchr::memchr2(b'\n', b'\r', lines).unwrap_or(lines.len());
    let rest = lines[first..].trim_ascii_start();
    let start = value.end as usize - rest.len();
    let mut out = line_break_after(text, value.start as usize).as_bytes().to_vec();
    out.extend(std::iter::repeat_n(b' ', column(text, start).max(inner)));
    out
}

/// Whether a value stands behind a tag that stays, since there are comments between them. Beside a tag of its
/// own there can be no other.
fn is_tagged_above(document: &Document<'_>, id: NodeId, has_tag: bool) -> bool {
    let (text, nodes) = (document.text, &document.nodes);
    let before = without_anchors_beside(&text[..document.node(id).span.start as usize]);
    let begins_line = before.iter().rfind(|byte| !matches!(byte, b' ' | b'\t'));
    if !matches!(begins_line, Some(b'\n' | b'\r')) {
        return false;
    }
    let is_comment = |node: &&Node<'_>| node.is_comment();
    let near = nodes[..id.index()].iter().rev().take_while(is_comment);
    let near = near.chain(nodes[id.index() + 1..].iter().take_while(is_comment));
    let mut comments: Vec<Span> = near.map(|node| node.span).collect();
    comments.sort_unstable_by_key(|span| std::cmp::Reverse(span.start));
    let mut at = before.trim_ascii_end().len();
    let mut has_passed_one = false;
    for comment in comments {
        at = without_anchors(text, at, comment.end as usize);
        if (comment.start as usize) < at && comment.end as usize >= at {
            at = text[..comment.start as usize].trim_ascii_end().len();
            has_passed_one = true;
        }
    }
    at = without_anchors(text, at, 0);
    // The last word of a key may look like a tag, too.
    let is_key = |before: &[u8]| {
        let key = document.node(id).key.as_deref().unwrap_or_default();
        before.ends_with(b"\"")
            || before.ends_with(b"'")
            || before.strip_suffix(key.as_bytes()).is_some_and(|before| !before.ends_with(b"!"))
    };
    if document.node(id).key.is_some() && text[..at].strip_suffix(b":").is_some_and(is_key) {
        return false;
    }
    // Alone the sign gives no type.
    let is_tag = |word: &[u8]| tag_at_end(word).is_some_and(|tag| tag.len() > 1 || has_tag);
    has_passed_one && text[..at].rsplit(u8::is_ascii_whitespace).next().is_some_and(is_tag)
}

/// The tag with which a word ends, perhaps right behind a bracket, a comma or a colon.
fn tag_at_end(word: &[u8]) -> Option<&[u8]> {
    let begins = |signs: &[u8]| matches!(signs, [b'[' | b'{' | b',' | b':', b'!']);
    let start = match word.first()? {
        b'!' => 0,
        _ => word.windows(2).rposition(begins)? + 1,
    };
    let tag = &word[start..];
    let goes_on = match tag.strip_prefix(b"!<") {
        Some(name) => memchr::memchr(b'>', name).is_none_or(|end| end + 1 == name.len()),
        None => !tag.iter().any(|byte| matches!(byte, b',' | b'[' | b']' | b'{' | b'}')),
    };
    goes_on.then_some(tag)
}

/// The end of a text without the anchors at its end, which stand on lines of their own, but at least down to a
/// comment that ends there.
fn without_anchors(text: &[u8], mut at: usize, comment: usize) -> usize {
    while comment < at {
        let word = text[..at].iter().rev().take_while(|byte| !byte.is_ascii_whitespace()).count();
        let word = &text[at - word..at];
        // The tag may follow at once.
        if word[0] != b'&' || tag_at_end(word).is_some() {
            break;
        }
        at = text[..at - word.len()].trim_ascii_end().len();
    }
    at
}

/// A text up to a value, without the anchors before that on its line.
fn without_anchors_beside(text: &[u8]) -> &[u8] {
    let mut before = text;
    loop {
        let blanks = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let end = before.len() - blanks;
        let word = before[..end].iter().rev().take_while(|byte| !byte.is_ascii_whitespace()).count();
        if blanks == 0 || before.get(end - word) != Some(&b'&') {
            return before;
        }
        before = &before[..end - word];
    }
}

/// Said when a header that has a comment does not fit the new value.
const FIXED: &str = "the block scalar cannot hold the new value while a comment stands behind its header";

/// Said when a ciphertext would fit there, and its plaintext would not when it comes back.
const FIXED_FOREVER: &str = "the block scalar cannot be encrypted while a comment stands behind its header: \
     put the comment above the key";

/// Said when the type of a block scalar is given, and stays.
const TAGGED: &str = "the block scalar cannot be encrypted while a comment stands behind its header, and a tag before \
     it: put the comment above the key";

/// Comment lines; every line of the text gets a marker of its own.
pub(super) fn comment(text: &[u8], column: usize, line_break: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 1);
    for (number, line) in text.split(|byte| matches!(byte, b'\n' | b'\r')).enumerate() {
        if number > 0 {
            out.extend_from_slice(line_break.as_bytes());
            out.extend(std::iter::repeat_n(b' ', column));
        }
        out.push(b'#');
        out.extend_from_slice(line);
    }
    out
}

/// `- ENC[…]`, the form in which SOPS keeps the comment of a list, as the comment that it is. A list
/// that holds nothing else stays a list.
fn element_as_comment(document: &Document<'_>, id: NodeId, text: &Text<'_>) -> Result<Splice, EmitError> {
    let span = document.node(id).span;
    let before = &document.text[..span.start as usize];
    let dash = before.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let Some(dash) = dash.filter(|dash| before[*dash] == b'-') else {
        return Err(EmitError("an element between brackets cannot become a comment".into()));
    };
    let line_break = line_break_after(document.text, span.end as usize);
    let column = column(document.text, dash);
    let mut text = comment(text, column, line_break);
    if leads_only_comments(document, id) {
        let alone = before[..dash].iter().rev().find(|byte| **byte != b' ');
        let alone = alone.is_none_or(|byte| matches!(byte, b'\n' | b'\r'));
        // One column further in, in case the list stands as far out as its key.
        let empty = if alone { format!(" []{line_break}{}", " ".repeat(column)) } else { "[] ".to_owned() };
        text.splice(0..0, empty.into_bytes());
    }
    Ok(Splice { span: Span::new(dash..span.end as usize), text })
}

/// Whether an element is the first of a list that holds nothing but comments in SOPS's form.
fn leads_only_comments(document: &Document<'_>, id: NodeId) -> bool {
    let Some(list) = document.nodes[..id.index()].iter().rposition(|node| !node.is_comment()) else { return false };
    // An empty list may be an element before it.
    let Content::List { end } = document.nodes[list].content else { return false };
    if end <= id {
        return false;
    }
    document.nodes[id.index()..end.index()].iter().all(|node| match &node.content {
        Content::Leaf { value: Scalar::Text(text), .. } => {
            text.starts_with(b"ENC[AES256_GCM,") && text.ends_with(b",type:comment]")
        }
        _ => node.is_comment(),
    })
}

/// Where the line with this place starts. Here a return alone ends a line, too.
pub(super) fn start_of_line(text: &[u8], at: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &text[..at]).map_or(0, |found| found + 1)
}

/// Where the line with this place ends, before its line break, likewise.
pub(super) fn end_of_line(text: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &text[at..]).map_or(text.len(), |length| at + length)
}

/// The column of an offset, in characters. A byte order mark does not count.
pub(super) fn column(text: &[u8], at: usize) -> usize {
    let line = start_of_line(text, at);
    let before = text[line..at].strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text[line..at]);
    before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

/// The line break that ends the line here; on the last line that of the line above. Never a carriage
/// return alone.
pub(super) fn line_break_after(text: &[u8], at: usize) -> &'static str {
    let next = memchr::memchr2(b'\n', b'\r', &text[at..]).map(|length| at + length);
    let is_pair = match next.or_else(|| memchr::memrchr2(b'\n', b'\r', &text[..at])) {
        Some(found) if text[found] == b'\r' => text.get(found + 1) == Some(&b'\n'),
        Some(found) => text[..found].ends_with(b"\r"),
        None => false,
    };
    if is_pair { "\r\n" } else { "\n" }
}

/// Whether what stands up to here is inside brackets: then a comma or a bracket must follow.
pub(super) fn is_in_flow(text: &[u8], mut at: usize) -> bool {
    loop {
        match text.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => at = end_of_line(text, at),
            Some(b',' | b']' | b'}') => return true,
            _ => return false,
        }
    }
}

/// Whether there are tabs at the start of the lines below, up to the next that is not blank. Between brackets
/// they are blanks, but not behind a scalar without quotes.
pub(super) fn is_before_tab(text: &[u8], at: usize) -> bool {
    let rest = &text[at..];
    let blanks = &rest[..rest.len() - rest.trim_ascii_start().len()];
    memchr::memchr2(b'\n', b'\r', blanks).is_some_and(|line_break| blanks[line_break..].contains(&b'\t'))
}

/// The tag or anchor with which a text begins, and its length with the white space behind it.
fn property(text: &[u8]) -> Option<(&[u8], usize)> {
    if !matches!(text.first(), Some(b'!' | b'&')) {
        return None;
    }
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let length = text.iter().position(is_end).unwrap_or(text.len());
    let blanks = text[length..].iter().take_while(|byte| is_end(byte)).count();
    Some((&text[..length], length + blanks))
}

/// Blanks behind a ciphertext say that the plaintext stood without quotes where a ciphertext
/// cannot, or where quotes would be put by default. They are taken away with the ciphertext.
/// A tab, since nobody writes one there.
const BARE: &str = " \t";

/// Whether a place stands right behind the colon of a key without quotes. Nothing but a blank or a
/// line break may follow there: some readers would take the colon for a part of the key.
pub(super) fn is_behind_bare_colon(text: &[u8], at: usize) -> bool {
    let quoted_or_open =
        |byte: &u8| matches!(byte, b'"' | b'\'' | b']' | b'}' | b'{' | b'[' | b',') || byte.is_ascii_whitespace();
    at >= 2 && text[at - 1] == b':' && !quoted_or_open(&text[at - 2])
}

/// Where a scalar ends, with the mark behind it.
pub(super) fn end_of_mark(text: &[u8], end: usize) -> usize {
    if text[end..].starts_with(BARE.as_bytes()) { end + BARE.len() } else { end }
}

/// What follows behind the metadata block, if that follows the value that ends here: the line break
/// before the block goes with it. Nothing is left at the end of a text without a last line break.
fn behind_metadata<'d>(document: &'d Document<'_>, end: usize) -> Option<&'d [u8]> {
    let start = end + document.text[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let part = document.parts.partition_point(|part| (part.span.end as usize) < start);
    let block = document.parts.get(part)?.metadata.as_ref()?;
    let span = block.spans.first().filter(|span| span.start as usize == start)?;
    document.text.get(span.end as usize..)
}

/// Whether a word is a tag behind which there may be something else than a string.
fn gives_type(tag: &str) -> bool {
    const TYPED: [&str; 7] = ["null", "bool", "int", "float", "timestamp", "binary", "merge"];
    let name = tag
        .strip_prefix("!!")
        .or_else(|| tag.strip_prefix("!<tag:yaml.org,2002:").and_then(|name| name.strip_suffix('>')));
    // With a `%TAG` line any handle may stand for YAML's own tags.
    let is_named = tag.starts_with('!') && tag[1..].contains('!') && !tag.starts_with("!!");
    is_named || name.is_some_and(|name| TYPED.contains(&name))
}

/// Whether a value is a ciphertext.
fn is_ciphertext(text: &str) -> bool {
    text.starts_with("ENC[AES256_GCM,") && text.ends_with(']') && !text.contains('\n')
}

/// The place of a scalar.
pub(super) struct Spot<'d> {
    text: &'d [u8],
    span: Span,
    style: Style,
    has_key: bool,
    /// Anchors before the value, and a tag that a string may keep.
    anchor: Option<&'d str>,
    tag: Option<&'d str>,
    /// Where the value itself begins, behind its properties.
    start: usize,
    /// Whether quotes are left away even if readers of YAML 1.1 would like some.
    stays_bare: bool,
    /// What follows, or will once the metadata is gone.
    rest: &'d [u8],
    /// Whether nothing follows once the metadata is gone, not even a line break.
    ends_text: bool,
    /// The key, which may end with what looks like an anchor.
    key: Option<&'d str>,
}

impl<'d> Spot<'d> {
    pub(super) fn new(text: &'d [u8], span: Span, style: Style, has_key: bool) -> Self {
        let mut spot = Spot {
            text,
            span,
            style,
            has_key,
            anchor: None,
            tag: None,
            start: span.start as usize,
            stays_bare: false,
            rest: text.get(span.end as usize..).unwrap_or_default(),
            ends_text: false,
            key: None,
        };
        spot.read_properties();
        spot
    }

    /// Whether no value stands here.
    fn is_empty(&self) -> bool {
        self.start == self.span.end as usize && !matches!(self.style, Style::Literal | Style::Folded)
    }

    /// Passes the tag and anchor with which the span begins.
    fn read_properties(&mut self) {
        let end = self.span.end as usize;
        while let Some((word, length)) = property(&self.text[self.start..end]) {
            let kind = if word.starts_with(b"!") { &mut self.tag } else { &mut self.anchor };
            *kind = std::str::from_utf8(word).ok();
            self.start += length;
        }
    }

    /// Whether a string can stand behind the tag. The tags with a meaning of their own must go.
    fn keeps_tag(&self) -> bool {
        self.tag.is_some_and(|tag| tag != "!" && !gives_type(tag))
    }

    /// The replacement for the value of this node, which is marked when a plain string gives way to
    /// a ciphertext that does not show it.
    fn respell(mut self, node: &Node<'_>, value: &Scalar<'_>) -> Splice {
        let Content::Leaf { value: old, .. } = &node.content else {
            return Splice { span: self.span, text: self.value(value).into_bytes() };
        };
        let seals = quoting::as_text(value).is_some_and(is_ciphertext);
        let was_sealed = quoting::as_text(old).is_some_and(is_ciphertext);
        let mut span = self.span;
        let is_line = matches!(self.style, Style::Plain | Style::Double);
        if was_sealed && !seals && is_line && self.is_marked_bare() {
            span.end += u32::try_from(BARE.len()).expect("impossible: two blanks");
            self.style = Style::Plain;
            self.stays_bare = true;
        }
        let mut text = self.value(value);
        if seals && !was_sealed && self.style == Style::Plain && self.loses_bareness(old) {
            text.push_str(BARE);
        }
        Splice { span, text: text.into_bytes() }
    }

    /// Whether the old value would get quotes when it comes back.
    fn loses_bareness(&self, old: &Scalar<'_>) -> bool {
        let bare = quoting::as_text(old).map(str::as_bytes);
        let is_bare = bare == Some(&self.text[self.start..self.span.end as usize]);
        match self.place() {
            Place::Flow => is_bare || !matches!(old, Scalar::Text(_)),
            Place::Block => is_bare && !quoting::as_text(old).is_some_and(|old| quoting::is_plain(old, Place::Block)),
        }
    }

    /// Whether the mark stands behind the value, before anything else.
    fn is_marked_bare(&self) -> bool {
        let Some(after) = self.text[self.span.end as usize..].strip_prefix(BARE.as_bytes()) else { return false };
        matches!(after.first(), None | Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}'))
    }

    /// The whole spelling, with what has to stand before it.
    pub(super) fn value(&self, value: &Scalar<'_>) -> String {
        let text = quoting::as_text(value);
        let mut out = String::new();
        if self.span.start == self.span.end {
            out.push_str(self.gap());
        }
        if let Some(anchor) = self.anchor {
            out.push_str(anchor);
            out.push(' ');
        }
        let keeps_tag = text.is_some() && self.keeps_tag();
        if let Some(tag) = self.tag.filter(|_| keeps_tag) {
            out.push_str(tag);
            out.push(' ');
        }
        match (text, value) {
            (Some(text), _) => out.push_str(&self.string(text, keeps_tag)),
            (None, value) if self.needs_quotes() => out.push_str(&quoting::quoted(value)),
            (None, Scalar::Text(bytes)) => out.push_str(&self.with_tail(quoting::binary(bytes))),
            (None, value) => out.push_str(&self.with_tail(quoting::canonical(value, true))),
        }
        out
    }

    /// What separates a value from the key or dash, where there was none.
    fn gap(&self) -> &'static str {
        match self.text[..self.start].last() {
            None | Some(b' ' | b'\t' | b'\n' | b'\r') => "",
            Some(b':') => " ",
            Some(b'-') if !self.has_key => " ",
            Some(_) if self.has_key && self.tag.is_none() && self.anchor.is_none() && self.lacks_colon() => ": ",
            Some(_) => " ",
        }
    }

    /// Whether a missing value stands behind a key without a colon, as in `{a}`.
    fn lacks_colon(&self) -> bool {
        let before = &self.text[..self.start];
        let word = before.iter().rposition(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'{'));
        let word = &before[word.map_or(0, |at| at + 1)..];
        // A tag would be a part of the span.
        let is_anchor =
            word.starts_with(b"&") || word.starts_with(b":&") || memchr::memmem::find(word, b"\":&").is_some();
        !is_anchor || self.key.is_some_and(|key| key.as_bytes().ends_with(word))
    }

    fn place(&self) -> Place {
        if is_in_flow(self.text, self.span.end as usize) { Place::Flow } else { Place::Block }
    }

    /// Whether nothing without quotes may stand here.
    fn needs_quotes(&self) -> bool {
        let is_quoted = matches!(self.style, Style::Single | Style::Double);
        let end = self.span.end as usize;
        is_quoted && is_before_tab(self.text, end) && is_in_flow(self.text, end)
    }

    fn string(&self, text: &str, is_tagged: bool) -> String {
        match self.style {
            Style::Single => quoting::single(text).unwrap_or_else(|| quoting::double(text)),
            Style::Double => quoting::double(text),
            Style::Plain | Style::Date => {
                let place = self.place();
                let is_plain = match (is_tagged, self.stays_bare) {
                    (true, true) => quoting::can_stand_plain,
                    (true, false) => quoting::can_stand_plain_in_go,
                    (false, true) => quoting::is_plain_in_1_2,
                    (false, false) => quoting::is_plain,
                };
                if is_plain(text, place) {
                    return text.to_owned();
                }
                let block = if place == Place::Block && text.contains('\n') { self.new_block(text) } else { None };
                if place == Place::Flow && is_ciphertext(text) {
                    return quoting::double(text);
                }
                block.or_else(|| quoting::single(text)).unwrap_or_else(|| quoting::double(text))
            }
            Style::Literal | Style::Folded => self.same_block(text).unwrap_or_else(|| {
                let place = Place::Block;
                let line = if quoting::is_plain(text, place) { None } else { quoting::single(text) };
                self.with_tail(line.unwrap_or_else(|| quoting::double(text)))
            }),
        }
    }

    /// The header of the block scalar that stands here, and what follows it on its line.
    fn header(&self) -> Option<(&'d str, &'d str)> {
        if !matches!(self.style, Style::Literal | Style::Folded) {
            return None;
        }
        let lexeme = std::str::from_utf8(&self.text[self.start..self.span.end as usize]).ok()?;
        let line = lexeme.split(['\n', '\r']).next()?;
        let length = line.bytes().take_while(|byte| matches!(byte, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9')).count();
        Some(line.split_at(length))
    }

    /// A spelling on the header's line, with the comment that stands there.
    fn with_tail(&self, spelling: String) -> String {
        let tail = self.header().map_or("", |(_, tail)| tail.trim_end());
        spelling + tail
    }

    /// A block scalar in place of the one that stands here.
    fn same_block(&self, text: &str) -> Option<String> {
        let (header, tail) = self.header()?;
        let end = self.span.end as usize;
        let body = &self.text[self.start + header.len()..end];
        if has_lone_return(body) {
            return None;
        }
        let line_break = if memchr::memmem::find(body, b"\r\n").is_some() { "\r\n" } else { "\n" };
        let parent = self.parent_column();
        let digit = header.bytes().find(u8::is_ascii_digit).map(|digit| usize::from(digit - b'0'));
        let indent = match digit {
            Some(digit) => parent? + digit,
            None => match content_column(body) {
                Some(column) => column,
                None => parent.map(|parent| parent + 2).filter(|indent| self.is_free_below(*indent))?,
            },
        };
        let one_line = !text.trim_end_matches('\n').contains('\n') && !text.starts_with([' ', '\t', '\n']);
        let indicator = if self.style == Style::Folded && one_line { '>' } else { '|' };
        let style = BlockStyle { indicator, indent, parent, keeps_digit: digit.is_some(), tail, line_break };
        if self.fits_below(text) { quoting::block(text, style) } else { None }
    }

    /// The column of the lines of a block scalar, if its header gives it.
    pub(super) fn given_column(&self) -> Option<usize> {
        let header = self.fixed_header().or_else(|| Some(self.header()?.0))?;
        let digit = header.bytes().find(u8::is_ascii_digit)?;
        Some(self.parent_column().unwrap_or(0) + usize::from(digit - b'0'))
    }

    /// The header of a block scalar that is not part of the span, since a comment stands behind it,
    /// and the column of the collection around.
    pub(super) fn fixed_header(&self) -> Option<&'d str> {
        let is_body = matches!(self.text.get(self.start), None | Some(b'\n' | b'\r'));
        if !is_body || !matches!(self.style, Style::Literal | Style::Folded) {
            return None;
        }
        let line = start_of_line(self.text, self.start);
        let line = std::str::from_utf8(&self.text[line..self.start]).ok()?;
        let indicators = |rest: &str| rest.bytes().take_while(|byte| b"|>+-0123456789".contains(byte)).count();
        let header = line.match_indices(['|', '>']).map(|(at, _)| at).find(|at| {
            let rest = &line[at + indicators(&line[*at..])..];
            line[..*at].ends_with([' ', '\t']) && rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#')
        })?;
        Some(&line[header..header + indicators(&line[header..])])
    }

    /// The same for lines below a header that stays, with the tag before it.
    fn respell_below(mut self, header: &str, node: &Node<'_>, value: &Scalar<'_>) -> Result<String, EmitError> {
        let refused = |reason: &str| EmitError(reason.into());
        let Content::Leaf { value: old, .. } = &node.content else { return Err(refused(FIXED)) };
        if self.is_typed_below(old) {
            return Err(refused(TAGGED));
        }
        let text = self.below(header, old, value).ok_or_else(|| refused(FIXED))?;
        let is_sealed = |value| quoting::as_text(value).is_some_and(is_ciphertext);
        if is_sealed(value) && !is_sealed(old) {
            // Back in its place the plaintext ends the text as it does now.
            self.ends_text = self.text[self.span.end as usize..].iter().all(|byte| matches!(byte, b' ' | b'\t'));
            self.below(header, old, old).ok_or_else(|| refused(FIXED_FOREVER))?;
        }
        Ok(text)
    }

    /// Whether a tag, which stands before the header, makes a value of the lines below it that they
    /// do not spell.
    fn is_typed_below(&self, value: &Scalar<'_>) -> bool {
        if !matches!(value, Scalar::Text(_)) {
            return true;
        }
        let body = self.text[self.start..self.span.end as usize].iter();
        let body: Vec<u8> = body.copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        // No text is its own code.
        !body.is_empty() && resolve::tagged(Tag::Binary, Text::from(body)).as_ref() == Some(value)
    }

    /// New lines below a header that stays, in the place of old ones.
    fn below(&self, header: &str, old: &Scalar<'_>, value: &Scalar<'_>) -> Option<String> {
        let text = quoting::as_text(value)?;
        let chomping = header.trim_matches(|c: char| !matches!(c, '+' | '-'));
        let ends_well = is_ciphertext(text)
            || match self.ends_text {
                true => !text.ends_with('\n'),
                false => {
                    chomping == quoting::chomping(text) && self.fits_below(text)
                        || chomping == "+" && text.ends_with('\n') && self.fits_below("\n\n")
                }
            };
        let body = &self.text[self.start..self.span.end as usize];
        let has_digit = header.contains(|c: char| c.is_ascii_digit());
        let needs_digit = quoting::hides_indentation(text);
        let is_folded = header.starts_with('>');
        if !ends_well || needs_digit && !has_digit || !quoting::can_stay_in_block(text) {
            return None;
        }
        let indent = content_column(body)?.checked_sub(first_blanks(quoting::as_text(old)?))?;
        let line_break = if body.starts_with(b"\r") { "\r\n" } else { "\n" };
        let mut out = String::new();
        if is_folded {
            quoting::push_lines(&mut out, &unfold(text), indent, line_break);
        } else {
            quoting::push_lines(&mut out, text, indent, line_break);
        }
        Some(out)
    }

    /// A block scalar where none was: the line has to end here. Blanks would be a part of the value.
    fn new_block(&self, text: &str) -> Option<String> {
        let end = self.span.end as usize;
        if !matches!(self.text.get(end), None | Some(b'\n' | b'\r')) {
            return None;
        }
        let parent = self.parent_column()?;
        let line_break = line_break_after(self.text, end);
        let style = BlockStyle {
            indicator: '|',
            indent: parent + 2,
            parent: Some(parent),
            keeps_digit: false,
            tail: "",
            line_break,
        };
        if self.is_free_below(style.indent) && self.fits_below(text) { quoting::block(text, style) } else { None }
    }

    /// Whether nothing below can become a part of a new block with this indentation: no comment, and
    /// no blanks. Tabs could, once blanks stand in for them.
    fn is_free_below(&self, indent: usize) -> bool {
        let (before, after) = (&self.text[..self.span.end as usize], self.rest);
        let next = after.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(after.len());
        let column = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
        let here = usize::from(!before.ends_with(b"\n"));
        let lines = after[..next].split(|byte| matches!(byte, b'\n' | b'\r')).skip(here);
        lines.into_iter().all(|line| column(line) < indent && !line.contains(&b'\t'))
    }

    /// Whether the line breaks at the end of a string come out right with what follows in the file.
    fn fits_below(&self, text: &str) -> bool {
        let after = self.rest.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
        let after = after.map_or(&[][..], |at| &self.rest[at..]);
        let after = after.strip_prefix(b"\r").unwrap_or(after);
        if !text.ends_with('\n') {
            return true;
        }
        let Some(next) = after.strip_prefix(b"\n") else { return false };
        if !text.ends_with("\n\n") {
            return true;
        }
        // All blank lines below would count as content.
        let blanks = next.iter().position(|byte| !matches!(byte, b' ' | b'\t')).map_or(&[][..], |at| &next[at..]);
        next.is_empty() || !matches!(blanks.first(), None | Some(b'\n' | b'\r'))
    }

    /// A column that is further in than the key or dash of this value, which is on this line.
    fn inner_column(&self) -> usize {
        let line = start_of_line(self.text, self.start);
        // A tab counts in two ways.
        let has_tab = self.text[line..self.start].starts_with(b"\t");
        match (self.place(), self.parent_column()) {
            (Place::Block, Some(column)) => column + 1,
            (Place::Block, None) => column(self.text, self.start),
            _ => usize::from(has_tab) * 2,
        }
    }

    /// The column of the collection that this is a value of, if its key or dash is on this line.
    fn parent_column(&self) -> Option<usize> {
        let line = start_of_line(self.text, self.start);
        let prefix = &self.text[line..self.start];
        let blanks = |at: usize| at + prefix[at..].iter().take_while(|byte| **byte == b' ').count();
        let mut at = blanks(0);
        let mut dash = None;
        while let Some(sign @ (b'-' | b':')) = prefix.get(at)
            && matches!(prefix.get(at + 1), None | Some(b' ' | b'\t'))
        {
            // Behind the colon of a key marked with `?` stands a value, or the key of one.
            let is_last = prefix[at + 1..].trim_ascii().is_empty();
            if *sign == b':' && is_last {
                break;
            }
            dash = if *sign == b'-' { Some(at) } else { dash };
            at = blanks(at + 1);
        }
        match self.has_key {
            // A tab counts in two ways.
            true => prefix.get(at).filter(|byte| !matches!(byte, b'&' | b'!' | b'\t')).map(|_| at),
            false => dash,
        }
    }
}

/// Whether a carriage return alone ends a line.
fn has_lone_return(body: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', body).any(|at| body.get(at + 1) != Some(&b'\n'))
}

/// One more line break for every run of them, since folding takes one away; but not beside a line
/// that starts with a blank, where nothing is folded.
fn unfold(text: &str) -> String {
    let body = text.trim_end_matches('\n');
    let mut out = String::with_capacity(text.len() + 8);
    let (mut above, mut breaks) = (None, 0);
    for (number, line) in body.split('\n').enumerate() {
        breaks += usize::from(number > 0);
        if line.is_empty() {
            continue;
        }
        let is_text = !line.starts_with([' ', '\t']);
        let folds = is_text && above == Some(true);
        out.extend(std::iter::repeat_n('\n', breaks + usize::from(folds)));
        out.push_str(line);
        (above, breaks) = (Some(is_text), 0);
    }
    out + &text[body.len()..]
}

/// With how many blanks the first line begins that does not consist of them.
fn first_blanks(text: &str) -> usize {
    let mut lines = text.split('\n').map(|line| line.len() - line.trim_start_matches(' ').len()).zip(text.split('\n'));
    lines.find(|(blanks, line)| line.len() > *blanks).map_or(0, |(blanks, _)| blanks)
}

/// The column of the first line of a block scalar that is not blank.
pub(super) fn content_column(body: &[u8]) -> Option<usize> {
    let lines = body.split(|byte| matches!(byte, b'\n' | b'\r')).skip(1);
    lines
        .map(|line| (line.iter().take_while(|byte| **byte == b' ').count(), line))
        .find(|(blanks, line)| line.len() > *blanks)
        .map(|(blanks, _)| blanks)
}
