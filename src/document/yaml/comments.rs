//! Finds the comments, and the container to which SOPS counts each. That is decided by the way
//! in which go-yaml v3 reads: a scanner sorts comments into heads, lines and feet by indentation
//! and blank lines, and a parser hands each to the node that it reads next. Both are acted out
//! here, on the tokens that stand between the scalars.
//!
//! The end of a document is read as if the metadata block followed at once, so that a comment has
//! the same container before and after encryption.

use std::collections::VecDeque;
use std::ops::Range;

use memchr::{memchr, memchr2};

use super::spell;
use super::unread::{self, After, Gap};
use crate::document::Splice;

/// A comment, and where it goes in the list of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attached {
    /// The node that it goes with.
    pub(super) node: u32,
    /// On which side of that node.
    pub(super) slot: Slot,
    /// The comment with its marker, in the text that is parsed.
    pub(super) span: Range<usize>,
}

/// Where a comment goes relative to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// A sibling, before it.
    Before = 0,
    /// Inside, first.
    First = 1,
    /// Inside, last.
    Last = 2,
    /// A sibling, after it.
    After = 3,
}

/// What a collection is the child of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// The document.
    Document,
    /// A map.
    Map,
    /// A list.
    List,
}

/// What reading a token does with the comments gathered so far.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Nothing.
    Pass,
    /// The dash of a list.
    Dash,
    /// A key; its entry's node comes next. In a block map, its foot belongs to the entry before.
    Key { entry: u32, previous: Option<u32> },
    /// A value or an element.
    Scalar(u32),
    /// The first token of a block collection.
    BlockStart(u32),
    /// The end of a block map.
    MapEnd(u32, Parent),
    /// The end of a block list.
    ListEnd,
    /// An opening bracket.
    FlowStart(u32, Parent),
    /// A closing bracket.
    FlowEnd(u32, Parent),
    /// The end of a document with this top node.
    DocumentEnd(u32),
}

/// The kinds of tokens that decide what the comments after them are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Start,
    Dash,
    Colon,
    Comma,
    Other,
}

/// What SOPS does not read, and nothing can stand in for.
#[derive(Clone, Copy)]
pub(super) enum Unread {
    /// A key between brackets that is not on one line with its colon, and has a comment beside it.
    Key,
    /// `...` where nothing ends.
    DocumentEnd,
    /// A comment behind a tab, below a block scalar.
    Comment,
    /// A tag with signs that must be escaped in it.
    Tag,
    /// A document without `---`, behind another one.
    BareDocument,
}

/// A key without a question mark, for which go-yaml has one line.
#[derive(Clone, Copy)]
enum SimpleKey {
    /// What comes is none.
    None,
    /// The next token may begin one.
    Next,
    /// It began here, perhaps with its tag or anchor.
    From(usize),
}

#[derive(Clone, Copy, Debug)]
struct Token {
    at: usize,
    act: Act,
    is_block_end: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Head,
    Line,
    Foot,
}

/// A run of comment lines that go together.
#[derive(Clone, Debug)]
struct Run {
    /// The first token that may take it is the first one here or later.
    mark: usize,
    side: Side,
    lines: Range<usize>,
}

/// Where a run of whole lines stands, for placing the ends of blocks among the comments.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: usize,
    column: usize,
    end: usize,
    scan: usize,
}

/// Reads a text token by token, next to the parser.
pub(super) struct Comments<'c> {
    bytes: &'c [u8],
    /// Whether there is any comment at all.
    active: bool,
    cursor: usize,
    first_break: usize,
    last: (usize, Kind),
    before_last: usize,
    /// Line breaks since the last token or comment.
    breaks: usize,
    /// Where the search for the next token began.
    scan: usize,
    /// Columns of the open block collections.
    indents: Vec<usize>,
    /// The column of the document's top, and so of a metadata block.
    top: usize,
    /// Block collections that ended, inner ones first, whose end tokens are not placed yet.
    ends: Vec<(usize, Act)>,
    flow_depth: usize,
    queue: VecDeque<Token>,
    runs: VecDeque<Run>,
    places: Vec<Place>,
    lines: Vec<Range<usize>>,
    heads: Vec<Range<usize>>,
    line_comments: Vec<Range<usize>>,
    feet: Vec<Range<usize>>,
    /// How much of the heads came before a dash that was read last.
    stem: usize,
    /// The key between brackets that is being read, and whether it has several lines that are not seen here.
    simple_key: SimpleKey,
    has_hidden_lines: bool,
    /// Where the last token ends, and what kind it was.
    gap: usize,
    after: After,
    /// Whether there is any tab at all.
    has_tabs: bool,
    /// Whether the last token is the colon of a key that gets a question mark.
    is_behind_marked: bool,
    /// Whether a question mark stands before what comes next.
    is_marked: bool,
    /// What SOPS does not read, with what stands in for it.
    unread: Vec<Splice>,
    /// Of what SOPS does not read nothing can stand in for: what, and where it begins.
    refused: Option<(Unread, usize)>,
    /// The entry whose key has a foot already: a second one stays with the value.
    footed: Option<u32>,
    attached: Vec<Attached>,
}

impl<'c> Comments<'c> {
    /// Nothing read yet.
    pub(super) fn new(text: &'c str) -> Self {
        let bytes = text.as_bytes();
        Comments {
            bytes,
            active: memchr(b'#', bytes).is_some(),
            cursor: 0,
            first_break: memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len()),
            last: (0, Kind::Start),
            before_last: 0,
            breaks: 0,
            scan: 0,
            indents: Vec::new(),
            top: 0,
            ends: Vec::new(),
            flow_depth: 0,
            queue: VecDeque::new(),
            runs: VecDeque::new(),
            places: Vec::new(),
            lines: Vec::new(),
            heads: Vec::new(),
            line_comments: Vec::new(),
            feet: Vec::new(),
            stem: 0,
            simple_key: SimpleKey::None,
            has_hidden_lines: false,
            gap: 0,
            after: After::Sign,
            has_tabs: memchr(b'\t', bytes).is_some(),
            is_behind_marked: false,
            is_marked: false,
            unread: Vec::new(),
            refused: None,
            footed: None,
            attached: Vec::new(),
        }
    }

    /// The end of the last token.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Reads all indicators and comments before this offset.
    pub(super) fn reach(&mut self, to: usize) {
        while self.cursor < to {
            if self.step(to) {
                self.cursor += 1;
            }
        }
    }

    /// Reads up to the header of a block scalar, which is before this offset, and gives its place.
    pub(super) fn reach_header(&mut self, to: usize) -> usize {
        while self.cursor < to {
            if matches!(self.bytes[self.cursor], b'|' | b'>') {
                return self.cursor;
            }
            if self.step(to) {
                self.cursor += 1;
            }
        }
        self.cursor.min(self.bytes.len())
    }

    /// Reads the colon behind a key without value, if the key has one.
    pub(super) fn reach_colon(&mut self) {
        let rest = &self.bytes[self.cursor..];
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        // After white space it may begin the next key.
        let is_apart = blanks > 0 || self.cursor.checked_sub(1).is_some_and(|at| self.bytes[at].is_ascii_whitespace());
        let is_sign = match rest.get(blanks + 1) {
            None | Some(b' ' | b'\t' | b'\r' | b'\n') => true,
            Some(b',' | b']' | b'}' | b'#') if self.flow_depth > 0 => true,
            Some(_) => !is_apart,
        };
        if self.last.1 != Kind::Colon && rest.get(blanks) == Some(&b':') && is_sign {
            self.reach(self.cursor + blanks + 1);
        }
    }

    /// Whether the last token is the colon behind a key. A key that is marked with `?` may have none.
    pub(super) fn is_behind_colon(&self) -> bool {
        self.last.1 == Kind::Colon
    }

    /// Something for which SOPS reads nothing, and where it begins, as far as the text is read.
    pub(super) fn refused(&self) -> Option<(Unread, usize)> {
        self.refused
    }

    /// Whether the key that comes next has a question mark before it.
    pub(super) fn is_marked(&self) -> bool {
        self.is_marked
    }

    /// The last token stands for several lines.
    pub(super) fn hide_lines(&mut self) {
        self.has_hidden_lines = true;
    }

    /// The last token was a scalar without quotes.
    pub(super) fn end_plain(&mut self) {
        self.after = After::Plain(self.column_inside());
    }

    /// The first column in which a line may begin that is inside of the blocks around.
    pub(super) fn column_inside(&self) -> usize {
        self.indents.last().map_or(0, |column| column + 1)
    }

    /// Whether a comment begins behind this offset, as far as the text is read.
    pub(super) fn has_comment_behind(&self, at: usize) -> bool {
        self.lines.last().is_some_and(|line| line.start >= at)
    }

    /// Reads the properties (tag, anchor) that stand next on this line: those of a missing value.
    pub(super) fn reach_properties(&mut self) {
        loop {
            let blanks = self.bytes[self.cursor..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            match self.bytes.get(self.cursor + blanks) {
                Some(b'&' | b'!') => {
                    self.cursor += blanks;
                    self.step(self.bytes.len());
                }
                _ => return,
            }
        }
    }

    /// Reads whitespace and comments up to the next document, and says whether `...` ends this one.
    pub(super) fn reach_document_end(&mut self) -> bool {
        while let Some(byte) = self.bytes.get(self.cursor) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'#') {
                break;
            }
            if self.step(self.bytes.len()) {
                self.cursor += 1;
            }
        }
        self.bytes[self.cursor..].starts_with(b"...")
    }

    /// Reads a token that the parser found. A block scalar's header line is read with it.
    pub(super) fn token(&mut self, span: Range<usize>, act: Act) {
        self.push(span.start, Kind::Other, act);
        match act {
            Act::FlowStart(..) => self.flow_depth += 1,
            Act::FlowEnd(..) => self.flow_depth = self.flow_depth.saturating_sub(1),
            _ => {}
        }
        self.cursor = span.end;
        self.scan = span.end;
        self.gap = span.end;
    }

    /// Reads the comment behind the header of a block scalar, and then jumps to its end.
    pub(super) fn block_scalar(&mut self, header: usize, end: usize, act: Act) {
        let line_end = self.line_end(header);
        self.token(header..header + 1, act);
        if let Some(at) = memchr(b'#', &self.bytes[header..line_end]) {
            self.line_comment(header + at);
        }
        self.cursor = end;
        self.scan = end;
        self.gap = end;
        if self.has_tabs {
            let signs = self.bytes[header..line_end].iter().take(3);
            let lines = if signs.clone().any(u8::is_ascii_digit) { None } else { self.bytes.get(line_end..end) };
            let inside = lines.and_then(spell::content_column).unwrap_or(self.column_inside());
            self.after = After::Block { inside, keeps: signs.into_iter().any(|byte| *byte == b'+') };
        }
    }

    /// A block collection begins.
    pub(super) fn start_block(&mut self, at: usize, node: u32) {
        let is_needed = self.active || self.has_tabs;
        let column = if is_needed { spell::column(self.bytes, at) } else { 0 };
        if self.active {
            self.push_token(Token { at, act: Act::BlockStart(node), is_block_end: false });
        }
        if self.indents.is_empty() {
            self.top = column;
        }
        self.indents.push(column);
    }

    /// A block collection with its own indentation ends, somewhere before the next token.
    pub(super) fn end_block(&mut self, act: Act) {
        if let Some(column) = self.indents.pop() {
            self.ends.push((column, act));
        }
    }

    /// A document ends here, before anything that follows.
    pub(super) fn end_document(&mut self, root: u32) {
        self.push(self.cursor, Kind::Other, Act::DocumentEnd(root));
        self.top = 0;
    }

    /// All comments, those for one place in order; and what SOPS does not read, with what stands in for it.
    pub(super) fn finish(mut self, last_root: u32) -> (Vec<Attached>, Vec<Splice>) {
        self.reach(self.bytes.len());
        self.end_document(last_root);
        while let Some(token) = self.queue.pop_front() {
            self.process(token);
        }
        (self.attached, self.unread)
    }

    /// Reads one thing before `to`; whether it was a single byte, which is still to be passed.
    fn step(&mut self, to: usize) -> bool {
        let at = self.cursor;
        let next = self.bytes.get(at + 1);
        let blank = matches!(next, None | Some(b' ' | b'\t' | b'\r' | b'\n'));
        match self.bytes[at] {
            b' ' | b'\t' | b'\r' if self.bytes[at] != b'\r' || next == Some(&b'\n') => {}
            b'\n' | b'\r' => self.breaks += 1,
            b'#' => {
                self.comment(at);
                return false;
            }
            b'-' if self.is_marker(at) => return self.marker(at, to),
            b'.' if self.is_marker(at) => return self.marker(at, to),
            b'-' if blank => self.mark(at, Kind::Dash, Act::Dash),
            b':' => self.mark(at, Kind::Colon, Act::Pass),
            b',' => self.mark(at, Kind::Comma, Act::Pass),
            b'?' => self.mark(at, Kind::Other, Act::Pass),
            b'&' | b'!' => {
                self.mark(at, Kind::Other, Act::Pass);
                self.cursor = self.word_end(at);
                self.scan = self.cursor;
                self.gap = self.cursor;
                let is_tag = self.bytes[at] == b'!';
                if is_tag && !unread::is_tag(&self.bytes[at..self.cursor]) {
                    self.refused = self.refused.or(Some((Unread::Tag, at)));
                }
                if is_tag
                    && self.flow_depth > 0
                    && matches!(self.bytes.get(self.cursor), Some(b',' | b'[' | b']' | b'{' | b'}'))
                {
                    self.unread.push(unread::before(self.cursor, " "));
                }
                return false;
            }
            b'%' if at == 0 || matches!(self.bytes[at - 1], b'\n' | b'\r' | b'\xbf') => {
                self.cursor = self.line_end(at);
                self.unread.extend(unread::directive(&self.bytes[at..self.cursor], at));
                return false;
            }
            _ => {}
        }
        true
    }

    fn marker(&mut self, at: usize, to: usize) -> bool {
        if self.last.1 == Kind::Start && self.bytes[at] == b'.' {
            self.refused = self.refused.or(Some((Unread::DocumentEnd, at)));
        }
        self.mark(at, Kind::Other, Act::Pass);
        self.cursor = (at + 3).min(to.max(at + 1));
        self.scan = self.cursor;
        self.gap = self.cursor;
        false
    }

    /// Whether `---` or `...` stands here.
    fn is_marker(&self, at: usize) -> bool {
        let rest = &self.bytes[at..];
        (at == 0 || matches!(self.bytes[at - 1], b'\n' | b'\r'))
            && (rest.starts_with(b"---") || rest.starts_with(b"..."))
            && matches!(rest.get(3), None | Some(b' ' | b'\t' | b'\r' | b'\n'))
    }

    fn mark(&mut self, at: usize, kind: Kind, act: Act) {
        self.push(at, kind, act);
        self.scan = at + 1;
        self.gap = at + 1;
    }

    fn push(&mut self, at: usize, kind: Kind, act: Act) {
        self.breaks = 0;
        self.is_behind_marked = false;
        let sign = if matches!(act, Act::Pass) { self.bytes.get(at) } else { None };
        self.is_marked = sign == Some(&b'?') || self.is_marked && matches!(sign, Some(b'&' | b'!'));
        if self.has_tabs {
            self.look_at_gap(at, kind, act);
        }
        if self.flow_depth > 0 || matches!(act, Act::FlowStart(..)) {
            self.follow_key(at, kind, act);
        }
        if !self.active {
            self.last = (at, kind);
            self.ends.clear();
            return;
        }
        self.place_ends();
        self.before_last = self.last.0;
        self.last = (at, kind);
        self.push_token(Token { at, act, is_block_end: false });
    }

    /// Finds the tabs before a token that SOPS does not read.
    fn look_at_gap(&mut self, at: usize, kind: Kind, act: Act) {
        let is_flow = self.flow_depth > 0;
        if memchr(b'\t', self.bytes.get(self.gap..at).unwrap_or_default()).is_some() {
            let is_last = matches!(act, Act::DocumentEnd(_));
            let gap = Gap { place: self.gap..at, after: self.after, is_flow, is_last };
            match gap.without_tabs(self.bytes) {
                Some(splices) => self.unread.extend(splices),
                None => self.refused = self.refused.or(Some((Unread::Comment, self.gap))),
            }
        }
        self.gap = self.gap.max(at);
        // The colon of a key that is marked stands first on its line.
        let is_first = || self.bytes[spell::start_of_line(self.bytes, at)..at].trim_ascii().is_empty();
        self.after = match kind {
            Kind::Dash if !is_flow => After::Sign,
            Kind::Colon if !is_flow && is_first() => After::Sign,
            _ if !is_flow && self.is_marked => After::Sign,
            _ => After::Other,
        };
    }

    /// Follows keys between brackets up to their colon.
    fn follow_key(&mut self, at: usize, kind: Kind, act: Act) {
        let is_mark = self.is_marked;
        self.has_hidden_lines &= matches!(kind, Kind::Colon);
        self.simple_key = match (kind, act, self.simple_key) {
            (Kind::Comma, ..) | (_, Act::FlowStart(..), _) => SimpleKey::Next,
            (Kind::Colon, _, SimpleKey::From(start)) => {
                if self.has_hidden_lines || memchr2(b'\n', b'\r', &self.bytes[start..at]).is_some() {
                    if self.has_comment_behind(start) {
                        self.refused = self.refused.or(Some((Unread::Key, start)));
                    } else {
                        self.unread.push(unread::before(start, "? "));
                        self.is_behind_marked = true;
                    }
                    self.has_hidden_lines = false;
                }
                SimpleKey::None
            }
            (Kind::Colon, ..) | (_, Act::FlowEnd(..), _) => SimpleKey::None,
            _ if is_mark => SimpleKey::None,
            (.., SimpleKey::Next) => SimpleKey::From(at),
            (.., key) => key,
        };
    }

    /// Puts the ends of blocks among the comments read since the last token: a block ends before
    /// the first comment that stands in its own column.
    fn place_ends(&mut self) {
        if !self.ends.is_empty() {
            let mut mark = self.scan.saturating_sub(1);
            for (column, act) in std::mem::take(&mut self.ends) {
                let mut stop = mark;
                for place in self.places.iter().rev() {
                    if place.end < stop {
                        break;
                    }
                    if place.column == column {
                        mark = place.start;
                    }
                    stop = place.scan;
                }
                self.push_token(Token { at: mark, act, is_block_end: true });
            }
        }
        self.places.clear();
    }

    /// go-yaml reads two tokens ahead, so that a token finds the comments that follow it.
    fn push_token(&mut self, token: Token) {
        self.queue.push_back(token);
        if self.queue.len() > 2 {
            let token = self.queue.pop_front().expect("impossible: there are three");
            self.process(token);
        }
    }

    fn word_end(&self, at: usize) -> usize {
        let in_flow = self.flow_depth > 0;
        let ends = |byte: &u8| {
            matches!(byte, b' ' | b'\t' | b'\r' | b'\n') || in_flow && matches!(byte, b',' | b'[' | b']' | b'{' | b'}')
        };
        let verbatim = self.bytes[at..].starts_with(b"!<");
        let length = match verbatim {
            true => memchr(b'>', &self.bytes[at..]).map(|length| length + 1),
            false => self.bytes[at..].iter().position(ends),
        };
        length.map_or(self.bytes.len(), |length| at + length)
    }

    /// The end of the line, without its break.
    fn line_end(&self, at: usize) -> usize {
        spell::end_of_line(self.bytes, at)
    }

    fn comment(&mut self, at: usize) {
        if self.is_behind_marked {
            self.refused = self.refused.or(Some((Unread::Key, at)));
        }
        if self.breaks == 0 && !matches!(self.last.1, Kind::Dash | Kind::Start) {
            self.line_comment(at);
        } else {
            self.own_lines(at);
        }
    }

    /// A comment behind a token. Behind a colon or comma it belongs to the token before that.
    fn line_comment(&mut self, at: usize) {
        let mark = match self.last.1 {
            Kind::Comma => self.before_last,
            Kind::Colon if self.flow_depth == 0 => self.before_last,
            _ => self.last.0,
        };
        let end = self.line_end(at);
        self.lines.push(at..end);
        let lines = self.lines.len() - 1..self.lines.len();
        self.runs.push_back(Run { mark, side: Side::Line, lines });
        self.cursor = end;
        self.scan = end;
    }

    /// Comments on lines of their own, up to the next token.
    fn own_lines(&mut self, at: usize) {
        let indent = self.ends.first().map(|end| end.0).or(self.indents.last().copied()).unwrap_or(0);
        let mut scan = OwnLines {
            indent,
            mark: if self.last.1 == Kind::Comma { self.before_last } else { self.last.0 },
            scan: self.scan,
            first_gap: self.breaks <= 1,
            // The line right below the last token is where a foot has to begin.
            line: if self.breaks == 0 { -2 } else { i64::try_from(self.breaks).unwrap_or(i64::MAX) - 1 },
            foot_line: self.scan > self.first_break && self.last.1 != Kind::Colon,
            start: None,
            first_line: self.lines.len(),
        };
        let mut at = at;
        let mut column = spell::column(self.bytes, at);
        let first = at;
        loop {
            if scan.start.is_none() {
                scan.start = Some((at, column, scan.line));
                scan.first_line = self.lines.len();
            }
            // go-yaml counts the line only once the comment is read.
            scan.line = scan.line.saturating_add(i64::from(at != first));
            let end = self.line_end(at);
            self.lines.push(at..end);
            self.cursor = end;
            match self.next_own_line(end, &mut scan) {
                Some((next, next_column)) => (at, column) = (next, next_column),
                None => break,
            }
        }
        if let Some((start, column, _)) = scan.start {
            let end = self.cursor + 1;
            self.run(start, Side::Head, &scan, Place { start, column, end, scan: scan.scan });
        }
        self.breaks = 0;
    }

    /// Looks at what follows a comment line; the next comment of the run, if one does.
    fn next_own_line(&mut self, end: usize, scan: &mut OwnLines) -> Option<(usize, usize)> {
        let mut at = self.after_break(end);
        let mut blank_before = false;
        loop {
            let blanks = self.bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let (mut column, here) = (blanks, at + blanks);
            let byte = self.bytes.get(here);
            let document_ends = !blank_before && self.document_ends(end);
            // Before the last brace of all the metadata block comes.
            let is_last = self.flow_depth == 1 && self.indents.is_empty();
            let closes_flow = self.flow_depth > 0 && !is_last && matches!(byte, Some(b']' | b'}'));
            if closes_flow || (!document_ends && matches!(byte, None | Some(b'\n' | b'\r'))) {
                if closes_flow || !blank_before {
                    self.split_at_gap(here, closes_flow, scan);
                }
                if closes_flow || byte.is_none() {
                    return None;
                }
                scan.first_gap = false;
                blank_before = true;
                scan.line = scan.line.saturating_add(1);
                at = self.after_break(here);
                continue;
            }
            if document_ends {
                column = self.top;
            }
            if let Some((start, first_column, _)) = scan.start
                && column < scan.indent
                && column != first_column
            {
                // Dedented: what was read so far is the foot of what stands above it.
                let place = Place { start, column: first_column, end: here, scan: scan.scan };
                self.run(scan.mark, Side::Foot, scan, place);
                scan.restart(here);
            }
            return (byte == Some(&b'#') && !document_ends).then_some((here, column));
        }
    }

    /// At the first blank line below comments they may turn out to be a foot.
    fn split_at_gap(&mut self, here: usize, closes_flow: bool, scan: &mut OwnLines) {
        let Some((start, column, line)) = scan.start else { return };
        let dedented = column < scan.indent;
        let below_token = scan.foot_line && line == 0;
        if !(closes_flow || scan.first_gap && (below_token || dedented)) {
            return;
        }
        let mark = if dedented { start } else { scan.mark };
        self.run(mark, Side::Foot, scan, Place { start, column, end: here, scan: scan.scan });
        scan.restart(here);
    }

    fn run(&mut self, mark: usize, side: Side, scan: &OwnLines, place: Place) {
        self.runs.push_back(Run { mark, side, lines: scan.first_line..self.lines.len() });
        self.places.push(place);
    }

    /// Whether only blank lines come before the end of the document. The metadata block is put
    /// right behind the last comment, so that is what the comment will see.
    fn document_ends(&self, at: usize) -> bool {
        let blanks = self.bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        at + blanks == self.bytes.len() || self.is_marker(at + blanks)
    }

    fn after_break(&self, at: usize) -> usize {
        match &self.bytes[at..] {
            [b'\r', b'\n', ..] => at + 2,
            [_, ..] => at + 1,
            [] => at,
        }
    }

    /// What the parser does with a token: takes up the comments before it, and hands them out.
    fn process(&mut self, token: Token) {
        while let Some(run) = self.runs.front() {
            if run.mark > token.at || run.side == Side::Head && token.is_block_end {
                break;
            }
            let lines = &self.lines[run.lines.clone()];
            match run.side {
                Side::Head => self.heads.extend_from_slice(lines),
                Side::Line => self.line_comments.extend_from_slice(lines),
                Side::Foot => self.feet.extend_from_slice(lines),
            }
            self.runs.pop_front();
        }
        let stem = std::mem::take(&mut self.stem);
        if let Act::Dash = token.act {
            self.stem = self.heads.len();
            return;
        }
        if self.heads.is_empty() && self.line_comments.is_empty() && self.feet.is_empty() {
            return;
        }
        self.hand_out(token, stem);
    }

    fn hand_out(&mut self, Token { at, act, .. }: Token, stem: usize) {
        use Slot::{After, Before, First, Last};
        match act {
            Act::Pass | Act::Dash | Act::ListEnd => {}
            // What stood above the dash belongs to the whole collection behind it.
            Act::BlockStart(node) => {
                let rest = self.heads.split_off(stem.min(self.heads.len()));
                let heads = std::mem::replace(&mut self.heads, rest);
                self.attach(node, Before, heads);
            }
            Act::Key { entry, previous } => {
                if previous.is_none() && !self.feet.is_empty() {
                    self.footed = Some(entry);
                }
                self.take((entry, Before), (entry, Before), (previous.unwrap_or(entry), After));
            }
            Act::Scalar(node) => self.take((node, Before), (node, Before), (node, After)),
            Act::MapEnd(node, Parent::List) => self.take((node, Last), (node, Before), (node, Last)),
            // The key of the metadata block, which follows, takes all of them.
            Act::MapEnd(node, Parent::Document) => self.take((node, Last), (node, Last), (node, Last)),
            Act::MapEnd(node, _) => self.take((node, Last), (node, First), (node, Last)),
            Act::FlowStart(node, Parent::List) => self.take((node, Before), (node, First), (node, First)),
            Act::FlowStart(node, _) => self.take((node, First), (node, First), (node, First)),
            Act::FlowEnd(node, Parent::List) => self.take((node, Last), (node, Before), (node, After)),
            Act::FlowEnd(node, Parent::Map) => {
                let foot = if self.footed == Some(node) { Last } else { After };
                self.take((node, Last), (node, First), (node, foot));
            }
            Act::FlowEnd(node, Parent::Document) => {
                // One inside of the braces would stand before the key of the metadata block.
                let outside = self.line_comments.iter().position(|line| line.start > at);
                let outside = self.line_comments.split_off(outside.unwrap_or(self.line_comments.len()));
                self.take((node, Last), (node, Last), (node, Last));
                self.attach(node, First, outside);
            }
            Act::DocumentEnd(root) => self.take((root, Last), (root, Last), (root, Last)),
        }
    }

    fn take(&mut self, head: (u32, Slot), line: (u32, Slot), foot: (u32, Slot)) {
        let heads = std::mem::take(&mut self.heads);
        let lines = std::mem::take(&mut self.line_comments);
        let feet = std::mem::take(&mut self.feet);
        self.attach(head.0, head.1, heads);
        self.attach(line.0, line.1, lines);
        self.attach(foot.0, foot.1, feet);
    }

    fn attach(&mut self, node: u32, slot: Slot, spans: Vec<Range<usize>>) {
        self.attached.extend(spans.into_iter().map(|span| Attached { node, slot, span }));
    }
}

/// The state of reading comments on lines of their own.
struct OwnLines {
    indent: usize,
    /// The token before, or where the last foot was split off.
    mark: usize,
    scan: usize,
    /// Whether no blank line was seen yet.
    first_gap: bool,
    /// How many lines below the last token's next line this is, as go-yaml counts.
    line: i64,
    /// Whether a run on the line below the last token can be its foot.
    foot_line: bool,
    /// Offset, column and line of the first comment of the run.
    start: Option<(usize, usize, i64)>,
    /// The first of the lines of the run.
    first_line: usize,
}

impl OwnLines {
    fn restart(&mut self, here: usize) {
        self.start = None;
        self.mark = here;
        self.scan = here;
    }
}
