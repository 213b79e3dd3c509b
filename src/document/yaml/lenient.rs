//! What SOPS reads and our parser refuses, though its meaning is not in doubt. Once the parser has refused
//! such a place, it sees another text of the same length there, and all of it is read again.
//!
//! - Between brackets a line may begin with tabs. They are as good as blanks, which stand in for them.
//! - The lines of a text in quotes may begin anywhere. A single line of letters stands in for it, and
//!   the text is read by itself.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScanError, StrInput};
use memchr::{memchr2, memrchr2};

use super::arrange::Raw;
use super::compact::Compact;
use super::spell::{column, property};
use super::unread;
use crate::document::{Content, Node, Span, Splice, Style, SyntaxError};

/// Levels of nesting, for both kinds of collections. go-yaml has the same limit.
pub(super) const NESTING: usize = 10_000;
/// How often a text is read again: for so many collections apart with tabs, and texts in quotes.
const TRIES: usize = 64;
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// The events of a text.
pub(super) fn parser(text: &str) -> Parser<'_, StrInput<'_>> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: NESTING,
        block_nesting_limit: NESTING,
    };
    Parser::new_from_str_with_options(text, options)
}

/// A rule that the parser keeps, and SOPS does not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// No line begins with a tab.
    NoTabs,
    /// No line of a scalar without quotes does so.
    NoTabsInPlain,
    /// The lines of a text in quotes begin further in than what is around it.
    Indented,
}

impl Rule {
    /// The rule that was broken.
    pub(super) fn broken(error: &ScanError) -> Option<Self> {
        use ErrorKind::{
            InvalidQuotedScalarIndent, TabInBlockIndentation, TabInIndentation, TabInPlainScalar, TabNotAllowed,
        };
        match error.kind() {
            TabInPlainScalar => Some(Rule::NoTabsInPlain),
            TabInBlockIndentation | TabNotAllowed => Some(Rule::NoTabs),
            InvalidQuotedScalarIndent | TabInIndentation => Some(Rule::Indented),
            _ => None,
        }
    }
}

/// A text as the parser sees it.
pub(super) struct Lenient<'t> {
    pub(super) compact: Compact<'t>,
    /// Where tabs were, as offsets into the file that rise, and what was said of the first.
    tabs: Vec<usize>,
    refused: Option<SyntaxError>,
    /// The texts in quotes that the parser does not see, in their order.
    hidden: Vec<Hidden>,
    tries: usize,
}

/// A text in quotes that the parser does not see.
pub(super) struct Hidden {
    /// Where it starts in the file.
    start: usize,
    pub(super) value: String,
    /// What was said of it.
    pub(super) refused: SyntaxError,
}

impl<'t> Lenient<'t> {
    pub(super) fn new(compact: Compact<'t>) -> Self {
        Lenient { compact, tabs: Vec::new(), refused: None, hidden: Vec::new(), tries: 0 }
    }

    /// Makes way for a text that breaks a rule here in the short text. False if what `error` says is true
    /// all the same.
    pub(super) fn make_way(&mut self, rule: Rule, at: usize, source: &str, error: &SyntaxError) -> bool {
        self.tries += 1;
        self.tries <= TRIES
            && match rule {
                Rule::NoTabs => self.blank_tabs(at, error),
                Rule::NoTabsInPlain => self.blank_tabs(self.line_with_tab(at), error),
                Rule::Indented => self.hide(at, source, error).is_some(),
            }
    }

    /// Puts blanks in place of the tabs with which the line here begins, and those below it that do so,
    /// too. False if there are none. What `error` says is true unless all of them stand between brackets.
    fn blank_tabs(&mut self, at: usize, error: &SyntaxError) -> bool {
        let mut text = self.compact.text.as_bytes().to_vec();
        let mut line = memrchr2(b'\n', b'\r', &text[..at]).map_or(0, |end| end + 1);
        let mut found = Vec::new();
        loop {
            let blanks = text[line..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let tabs = (line..line + blanks).filter(|at| text[*at] == b'\t');
            let has_tab = tabs.clone().next().is_some();
            // In a line of blanks alone the parser takes them.
            if !matches!(text.get(line + blanks), None | Some(b'\n' | b'\r')) {
                found.extend(tabs);
            }
            let Some(end) = memchr2(b'\n', b'\r', &text[line..]).filter(|_| has_tab) else { break };
            line += end + 1;
        }
        found.iter().for_each(|at| text[*at] = b' ');
        let Ok(text) = String::from_utf8(text) else { return false };
        let mut offsets = self.compact.offsets();
        let places: Vec<usize> = found.into_iter().map(|at| offsets.source(at)).collect();
        let is_new = !places.is_empty();
        self.compact.text = Cow::Owned(text);
        self.tabs.extend(places);
        self.tabs.sort_unstable();
        self.refused.get_or_insert_with(|| error.clone());
        is_new
    }

    /// The first line below that begins with a tab, and not with blanks alone.
    fn line_with_tab(&self, mut at: usize) -> usize {
        let text = self.compact.text.as_bytes();
        while let Some(end) = memchr2(b'\n', b'\r', &text[at..]) {
            at += end + 1;
            let blanks = text[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let is_blank = matches!(text.get(at + blanks), None | Some(b'\n' | b'\r'));
            if text[at..at + blanks].contains(&b'\t') && !is_blank {
                break;
            }
        }
        at
    }

    /// Refuses a text with tabs that were taken to be as good as blanks, and are not: outside of brackets.
    /// Otherwise gives blanks for those which SOPS does not take: behind a scalar without quotes.
    pub(super) fn confirm(&self, raw: &Raw<'_>, text: &[u8]) -> Result<Vec<Splice>, SyntaxError> {
        let mut blanks = Vec::new();
        let Some(error) = &self.refused else { return Ok(blanks) };
        let plain = plain(raw, text);
        let (flows, blocks) = collections(raw, text);
        let (mut flows, mut blocks) = (flows.into_iter().peekable(), blocks.into_iter().peekable());
        let (mut open, mut around) = (0, Vec::new());
        let (mut before, mut at) = (0, 0);
        for &tab in &self.tabs {
            while let Some(flow) = flows.next_if(|flow| flow.start < tab) {
                open = open.max(flow.end);
            }
            while let Some(block) = blocks.next_if(|block| block.start < tab) {
                while around.pop_if(|outer: &mut Range<usize>| outer.end <= block.start).is_some() {}
                around.push(block);
            }
            while around.pop_if(|outer| outer.end <= tab).is_some() {}
            if let Some(last) = text[at..tab].iter().rposition(|byte| !byte.is_ascii_whitespace()) {
                before = at + last + 1;
            }
            at = tab;
            let last = plain[..plain.partition_point(|span| span.start < tab)].last();
            let is_behind_plain = last.is_some_and(|span| span.end >= before);
            let is_inside = || around.last().is_none_or(|block| column(text, tab) > column(text, block.start));
            if tab >= open {
                return Err(SyntaxError { span: Some(Span::new(tab..tab + 1)), ..error.clone() });
            }
            if is_behind_plain && !is_inside() {
                blanks.push(unread::blank(tab));
            }
        }
        Ok(blanks)
    }

    /// What was said of tabs, if another error comes of a line that begins with one.
    pub(super) fn tab_behind(&self, error: &SyntaxError, source: &[u8]) -> Option<SyntaxError> {
        let at = error.span?.start as usize;
        let line = memrchr2(b'\n', b'\r', source.get(..at)?).map_or(0, |end| end + 1);
        let tab = *self.tabs.get(self.tabs.partition_point(|tab| *tab < line)).filter(|tab| **tab <= at)?;
        Some(SyntaxError { span: Some(Span::new(tab..tab + 1)), ..self.refused.clone()? })
    }

    /// Puts letters in place of the text in quotes that goes on in the line here. None if it cannot be
    /// read by itself.
    fn hide(&mut self, at: usize, source: &str, error: &SyntaxError) -> Option<()> {
        let range = self.quoted_across(at)?;
        let mut offsets = self.compact.offsets();
        let start = offsets.source(range.start);
        let value = quoted_alone(source.get(start..offsets.source(range.end))?)?;
        let mut text = self.compact.text.as_bytes().to_vec();
        text[range.start + 1..range.end - 1].fill(b'x');
        self.compact.text = Cow::Owned(String::from_utf8(text).ok()?);
        let number = self.hidden.partition_point(|hidden| hidden.start < start);
        self.hidden.insert(number, Hidden { start, value, refused: error.clone() });
        Some(())
    }

    /// The place of the text in quotes that goes on in the line here, in the short text.
    fn quoted_across(&self, at: usize) -> Option<Range<usize>> {
        // Of a text that ends before the quotes do, the parser says where they begin. A backslash would
        // have something to escape.
        let before = self.compact.text.get(..at)?.trim_end_matches(BLANKS).trim_end_matches('\\');
        let error = parser(before).find_map(Result::err)?;
        let start = error.marker().byte_offset().filter(|_| *error.kind() == ErrorKind::UnclosedQuotedScalar)?;
        Some(start..start + quoted_length(&self.compact.text.as_bytes()[start..])?)
    }

    /// Whether there are texts in quotes that the parser does not see.
    pub(super) fn hides(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// The text in quotes that starts here in the file, if the parser does not see it.
    pub(super) fn hidden(&self, start: usize) -> Option<&Hidden> {
        let at = self.hidden.binary_search_by_key(&start, |hidden| hidden.start).ok()?;
        Some(&self.hidden[at])
    }
}

/// The places of what stands between brackets, and those of the maps and lists in lines with a column of their
/// own, each in their order.
fn collections(raw: &Raw<'_>, text: &[u8]) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let (mut flows, mut blocks) = (Vec::new(), Vec::new());
    let mut open = 0;
    let is_collection = |node: &&Node<'_>| matches!(node.content, Content::Map { .. } | Content::List { .. });
    for node in raw.nodes.iter().filter(is_collection) {
        let place = node.span.range();
        if begins_with(text, node, b"{[") {
            open = open.max(place.end);
            flows.push(place);
        } else if place.start >= open && has_column(text, node) {
            // Between brackets it would be the map of a single pair.
            blocks.push(place);
        }
    }
    (flows, blocks)
}

fn begins_with(text: &[u8], node: &Node<'_>, signs: &[u8]) -> bool {
    text.get(node.span.start as usize).is_some_and(|first| signs.contains(first))
}

/// The places of scalars without quotes, in their order.
fn plain(raw: &Raw<'_>, text: &[u8]) -> Vec<Range<usize>> {
    let is_plain = |node: &&Node<'_>| {
        matches!(node.content, Content::Leaf { style: Style::Plain, .. }) && !begins_with(text, node, b"*")
    };
    let values = raw.nodes.iter().filter(is_plain).map(|node| node.span);
    let keys = raw.keys.iter().filter(|key| !matches!(text.get(key.start as usize), Some(b'"' | b'\'')));
    // Tags and anchors may stand before them, and where no value is.
    let behind_properties = |place: Range<usize>| {
        let mut start = place.start;
        while let Some((_, length)) = property(&text[start..place.end]) {
            start += length;
        }
        start..place.end
    };
    let places = values.chain(keys.copied()).map(|span| behind_properties(span.range()));
    let mut places: Vec<Range<usize>> = places.filter(|place| !place.is_empty()).collect();
    places.sort_unstable_by_key(|place| place.start);
    places
}

/// Whether a map or list in lines has a column of its own: the dashes of a list may stand where the map around
/// it has its keys.
fn has_column(text: &[u8], node: &Node<'_>) -> bool {
    matches!(node.content, Content::Map { .. })
        || node.key.is_none()
        || begins_with(text, node, b"-") && !text[..node.span.start as usize].trim_ascii_end().ends_with(b"-")
}

/// The length of a text in quotes, with them.
fn quoted_length(text: &[u8]) -> Option<usize> {
    let quote = *text.first()?;
    let mut at = 1;
    loop {
        at += memchr2(quote, b'\\', text.get(at..)?)?;
        match text[at] {
            b'\\' => at += 1 + usize::from(quote == b'"'),
            _ if quote == b'\'' && text.get(at + 1) == Some(&quote) => at += 2,
            _ => return Some(at + 1),
        }
    }
}

/// The value of a text in quotes, read by itself: with nothing around it, its lines may begin anywhere.
fn quoted_alone(lexeme: &str) -> Option<String> {
    let mut value = None;
    for event in parser(lexeme) {
        match event.ok()?.0 {
            Event::Scalar(text, ..) if value.is_none() => value = Some(text.into_owned()),
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd | Event::StreamEnd => {}
            _ => return None,
        }
    }
    value
}
