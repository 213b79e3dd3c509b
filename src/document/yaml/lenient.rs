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
use crate::document::{Content, Node, Span, SyntaxError};

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
    /// The same as offsets into the short text.
    blanked: Vec<usize>,
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
        Lenient { compact, tabs: Vec::new(), blanked: Vec::new(), refused: None, hidden: Vec::new(), tries: 0 }
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
        let is_new = !found.is_empty();
        self.tabs.extend(found.iter().map(|at| offsets.source(*at)));
        self.blanked.extend(found);
        self.compact.text = Cow::Owned(text);
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

    /// The text that the parser sees, but with the tabs for which it sees blanks.
    pub(super) fn with_tabs(&self) -> Cow<'_, str> {
        if self.blanked.is_empty() {
            return Cow::Borrowed(&self.compact.text);
        }
        let mut text = self.compact.text.as_bytes().to_vec();
        self.blanked.iter().for_each(|at| text[*at] = b'\t');
        String::from_utf8(text).map_or_else(|_| Cow::Borrowed(&*self.compact.text), Cow::Owned)
    }

    /// Refuses a text with tabs that were taken to be as good as blanks, and are not: outside of brackets.
    pub(super) fn confirm(&self, raw: &Raw<'_>, text: &[u8]) -> Result<(), SyntaxError> {
        let Some(error) = &self.refused else { return Ok(()) };
        let is_flow = |node: &&Node<'_>| {
            matches!(node.content, Content::Map { .. } | Content::List { .. })
                && matches!(text.get(node.span.start as usize), Some(b'{' | b'['))
        };
        let mut flows = raw.nodes.iter().filter(is_flow).map(|node| node.span.range()).peekable();
        let mut open = 0;
        for &tab in &self.tabs {
            while let Some(flow) = flows.next_if(|flow| flow.start < tab) {
                open = open.max(flow.end);
            }
            if tab >= open {
                return Err(SyntaxError { span: Some(Span::new(tab..tab + 1)), ..error.clone() });
            }
        }
        Ok(())
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
