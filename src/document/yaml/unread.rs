//! What YAML 1.2 has and go-yaml, and with it SOPS, does not read. In an encrypted file something else stands
//! in for it that both read as the same, unless it is a part of what is replaced.
//!
//! - Tabs before the first sign of a line, and behind a dash. Between brackets SOPS takes them, but not below
//!   a scalar without quotes, if they stand no further in than the lines around begin.
//! - Directives (YAML 1.2, §6.8) with other versions than 1.1, and other names than `YAML` and `TAG`.
//! - Tags right before a bracket or comma.
//! - Between brackets: scalars without quotes that hold `?` or begin with `:`, and keys without a question mark
//!   on another line than their colon.
//! - `\/` in double quotes.
//! - Block scalars with a tab where their indentation would be found. They are spelled anew.

use std::ops::Range;

use super::expand::alias_of;
use super::quoting;
use super::spell::{Spot, is_in_flow};
use crate::document::{Content, Document, NodeId, Span, Splice, Style};

/// What stands before white space and comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// A sign behind which a key may begin, or nothing.
    Sign,
    /// A scalar without quotes, around which lines may begin in this column.
    Plain(usize),
    /// A block scalar, whose lines begin in this column or further in.
    Block {
        inside: usize,
        /// Whether the blank lines below belong to it, but for those with tabs.
        keeps: bool,
    },
    /// Anything else.
    Other,
}

/// White space and comments between two tokens.
pub(super) struct Gap {
    pub(super) place: Range<usize>,
    pub(super) after: After,
    pub(super) is_flow: bool,
    /// Whether a document ends behind it, so that the metadata will stand before it.
    pub(super) is_last: bool,
}

impl Gap {
    /// What stands in for the tabs that SOPS refuses. None if nothing can.
    pub(super) fn without_tabs(&self, text: &[u8]) -> Option<Vec<Splice>> {
        let mut found = Vec::new();
        // Where blank lines begin that must go.
        let mut gone = None;
        let mut is_below_tab = false;
        let mut after = self.after;
        for (start, line) in lines(text, self.place.clone()) {
            // The first line begins with a token.
            let is_first = start == self.place.start;
            let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let is_comment = line.get(blanks) == Some(&b'#');
            let has_tab = line[..blanks].contains(&b'\t');
            is_below_tab |= has_tab && !is_first;
            let is_blank = line.get(blanks).map_or(self.is_last, |byte| matches!(byte, b'\n' | b'\r'));
            match after {
                After::Block { .. } if !is_first && is_blank => {
                    gone = gone.or(has_tab.then_some(start));
                    continue;
                }
                // It would become a part of the text.
                After::Block { inside, .. } if is_comment && is_below_tab && blanks >= inside => return None,
                _ => {}
            }
            found.extend(gone.take().map(|gone| self.without_lines(text, gone..start)));
            let is_refused = |tab: &usize| match after {
                After::Plain(inside) => !is_first && (self.is_last || tab - start < inside),
                After::Sign => !self.is_flow,
                After::Block { .. } | After::Other => !self.is_flow && !is_first,
            };
            let tabs = (start..start + blanks).filter(|at| text[*at] == b'\t');
            found.extend(tabs.filter(is_refused).map(blank));
            if is_comment && !matches!(after, After::Sign) {
                after = After::Other;
            }
        }
        found.extend(gone.map(|gone| self.without_lines(text, gone..self.place.end)));
        Some(found)
    }

    /// A single empty line in place of several ones below a block scalar: without the tabs their blanks could
    /// be a part of it. Nothing if empty lines are a part of it.
    fn without_lines(&self, text: &[u8], place: Range<usize>) -> Splice {
        let keeps = matches!(self.after, After::Block { keeps: true, .. });
        let first = if keeps { None } else { text[place.clone()].iter().find(|byte| matches!(byte, b'\n' | b'\r')) };
        Splice { text: first.map(|first| vec![*first]).unwrap_or_default(), ..nothing(place) }
    }
}

/// The lines of a piece of a text, with their breaks, and where they begin.
fn lines(text: &[u8], place: Range<usize>) -> impl Iterator<Item = (usize, &[u8])> {
    let mut next = place.start;
    text[place].split_inclusive(|byte| matches!(byte, b'\n' | b'\r')).map(move |line| {
        let start = next;
        next += line.len();
        (start, line)
    })
}

/// Nothing in place of a piece.
fn nothing(place: Range<usize>) -> Splice {
    Splice { span: Span::new(place), text: Vec::new() }
}

/// A blank in place of a tab.
fn blank(at: usize) -> Splice {
    Splice { span: Span::new(at..at + 1), text: b" ".to_vec() }
}

/// Whether SOPS reads a tag: the signs of a URI (YAML 1.2, §5.6).
pub(super) fn is_tag(word: &[u8]) -> bool {
    let name = word.strip_prefix(b"!<").and_then(|name| name.strip_suffix(b">")).unwrap_or(word);
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_;/?:@&=+$,.!~*'()[]%".contains(byte))
}

/// Something more before an offset.
pub(super) fn before(at: usize, text: &str) -> Splice {
    Splice { span: Span::new(at..at), text: text.into() }
}

/// What stands in for the line of a directive at this offset, if SOPS does not read it.
pub(super) fn directive(line: &[u8], start: usize) -> Option<Splice> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let name = line.iter().position(is_blank).unwrap_or(line.len());
    match &line[..name] {
        b"%TAG" => None,
        b"%YAML" => {
            let version = name + line[name..].iter().take_while(|byte| is_blank(byte)).count();
            let length = line[version..].iter().position(is_blank).unwrap_or(line.len() - version);
            let is_read = &line[version..version + length] == b"1.1";
            let span = Span::new(start + version..start + version + length);
            (!is_read).then(|| Splice { span, text: b"1.1".to_vec() })
        }
        _ => Some(nothing(start..start + line.len())),
    }
}

/// The tabs for which SOPS refuses a scalar without quotes.
fn first_tabs(scalar: &[u8], column: usize) -> impl Iterator<Item = usize> + '_ {
    lines(scalar, 0..scalar.len()).skip(1).flat_map(move |(start, line)| {
        let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        (0..blanks.min(column)).filter(|at| line[*at] == b'\t').map(move |at| start + at).collect::<Vec<_>>()
    })
}

/// Whether a line of a scalar without quotes is a comment, which our parser passes where it begins with a tab.
pub(super) fn holds_comment(scalar: &[u8]) -> bool {
    memchr::memchr(b'#', scalar).is_some()
        && lines(scalar, 0..scalar.len()).skip(1).any(|(_, line)| line.trim_ascii_start().starts_with(b"#"))
}

/// Quotes around a key between brackets that SOPS does not read without them.
pub(super) fn key(span: Span, style: Style, key: &str) -> Option<Splice> {
    let quoted = || quoting::single(key).unwrap_or_else(|| quoting::double(key));
    (style == Style::Plain && has_signs(key)).then(|| Splice { span, text: quoted().into() })
}

/// What stands in for pieces of a string that SOPS does not read. Lines around it may begin in this column.
pub(super) fn string(text: &[u8], span: Span, style: Style, column: usize) -> Vec<Splice> {
    let lexeme = &text[span.range()];
    let start = span.start as usize;
    match style {
        Style::Plain if memchr::memchr(b'\t', lexeme).is_some() => {
            first_tabs(lexeme, column).map(|at| blank(start + at)).collect()
        }
        Style::Double if memchr::memchr(b'\\', lexeme).is_some() => {
            let slash = |at| Splice { span: Span::new(start + at..start + at + 2), text: b"/".to_vec() };
            slashes(lexeme).map(slash).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether go-yaml takes something in a scalar without quotes for a sign, between brackets.
fn has_signs(value: &str) -> bool {
    value.starts_with(':') || value.contains('?')
}

/// Where `\/` stands in a text in double quotes.
fn slashes(lexeme: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut reached = 0;
    memchr::memchr_iter(b'\\', lexeme).filter(move |at| {
        let begins = *at >= reached;
        if begins {
            reached = at + 2;
        }
        begins && lexeme.get(at + 1) == Some(&b'/')
    })
}

/// Whether a value in clear has to be spelled anew, so that SOPS can read it: one without quotes between
/// brackets, or a block scalar with a tab where SOPS looks for its indentation.
pub(super) fn must_be_respelled(document: &Document<'_>, id: NodeId) -> bool {
    let node = document.node(id);
    let is_unread = match &node.content {
        Content::Leaf { style: Style::Plain, value } => {
            quoting::as_text(value).is_some_and(has_signs) && is_in_flow(document.text, node.span.end as usize)
        }
        _ => tabbed_block(document, id).is_some(),
    };
    is_unread && alias_of(document, id).is_none()
}

/// Why such a value cannot stay in clear, if its header stays, since a comment stands behind that.
pub(super) fn misread(document: &Document<'_>, id: NodeId) -> Option<&'static str> {
    tabbed_block(document, id)?
        .fixed_header()
        .map(|_| "has a tab where SOPS looks for the indentation of its lines; put the comment above the key")
}

/// The place of a block scalar of which a line begins with a tab where SOPS looks for its indentation.
fn tabbed_block<'d>(document: &'d Document<'_>, id: NodeId) -> Option<Spot<'d>> {
    let node = document.node(id);
    let Content::Leaf { style: style @ (Style::Literal | Style::Folded), .. } = node.content else { return None };
    // Few have a tab at all.
    memchr::memchr(b'\t', document.source(node.span))?;
    let spot = Spot::new(document.text, node.span, style, node.key.is_some());
    let mut indent = spot.given_column();
    let lines = document.source(node.span).split(|byte| matches!(byte, b'\n' | b'\r')).skip(1);
    for line in lines {
        let blanks = line.iter().take_while(|byte| **byte == b' ').count();
        match line.get(blanks) {
            Some(b'\t') if indent.is_none_or(|indent| blanks < indent) => return Some(spot),
            Some(_) => indent = indent.or(Some(blanks)),
            None => {}
        }
    }
    None
}
