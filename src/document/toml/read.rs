//! From text to nodes. The parser hands over events; [`Builder`] puts them together as the tables
//! that they mean, which need not stand together in the text, and refuses what defines a key twice.
//! The tokens of a few statements are held at a time, not those of the whole text.

use toml_parser::decoder::Encoding;
use toml_parser::lexer::{Token, TokenKind};
use toml_parser::parser::{EventReceiver, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source};

use super::super::syntax::{SyntaxError, utf8};
use super::super::{Document, NodeId, Part, Scalar, Span, Style};
use super::METADATA;
use super::block::{self, Piece};
use super::build::{Builder, Kind, ROOT, Slot};
use super::value::{self, Key};

/// How deep arrays and inline tables may nest: the parser recurses over them.
pub(super) const MAX_NESTING: u32 = 100;

/// How many tokens are gathered, at least, before they are parsed.
const CHUNK: usize = 4096;

/// Reads a whole text.
pub(super) fn read(text: &[u8]) -> Result<Document<'_>, SyntaxError> {
    let utf8 = utf8(text)?;
    let mut reader = Reader::new(utf8);
    reader.statements()?;
    reader.flush(reader.table);
    let pieces = std::mem::take(&mut reader.pieces);
    let (nodes, tree) = reader.builder.finish(METADATA)?;
    let metadata = tree.map(|tree| block::found(text, &pieces, tree));
    let part = Part { root: NodeId(0), metadata, span: Span::new(0..text.len()) };
    Ok(Document { text, nodes, parts: vec![part], ..Document::default() })
}

/// What listens to the parser.
struct Reader<'t> {
    source: Source<'t>,
    builder: Builder<'t>,
    /// The keys of the statement at hand, until they have been followed.
    keys: Vec<Key<'t>>,
    /// Where the next value goes, if it has a key.
    slot: Option<Slot<'t>>,
    /// The arrays and inline tables around the current place.
    open: Vec<u32>,
    /// The table of the last header.
    table: u32,
    /// Comments that have lines to themselves, until it is known what they stand above.
    pending: Vec<Span>,
    /// The node that a comment on this line belongs to.
    beside: Option<u32>,
    /// Whether nothing but blanks has been on this line.
    blank: bool,
    /// Where the statement at hand starts.
    start: Option<usize>,
    /// Whether the statement at hand belongs to the metadata block.
    in_block: bool,
    /// Whether the last header does.
    table_in_block: bool,
    pieces: Vec<Piece>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Reader {
            source: Source::new(text),
            builder: Builder::new(text.len()),
            keys: Vec::new(),
            slot: None,
            open: Vec::new(),
            table: ROOT,
            pending: Vec::new(),
            beside: None,
            blank: true,
            start: None,
            in_block: false,
            table_in_block: false,
            pieces: Vec::new(),
        }
    }

    /// Parses all statements, a few at a time.
    fn statements(&mut self) -> Result<(), SyntaxError> {
        let mut tokens = Vec::with_capacity(CHUNK);
        let mut depth = 0_usize;
        for token in self.source.lex() {
            match token.kind() {
                TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth += 1,
                TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => depth = depth.saturating_sub(1),
                _ => {}
            }
            tokens.push(token);
            if depth == 0 && token.kind() == TokenKind::Newline && tokens.len() >= CHUNK {
                self.parse(&tokens)?;
                tokens.clear();
            }
        }
        self.parse(&tokens)
    }

    fn parse(&mut self, tokens: &[Token]) -> Result<(), SyntaxError> {
        let mut error: Option<ParseError> = None;
        let source = self.source;
        let mut guard = RecursionGuard::new(self, MAX_NESTING);
        parse_document(tokens, &mut ValidateWhitespace::new(&mut guard, source), &mut error);
        error.map_or(Ok(()), |error| Err(self.refused(&error)))
    }

    /// An error of the parser in our words. Its descriptions are fixed texts, and hold no value.
    fn refused(&self, error: &ParseError) -> SyntaxError {
        let place = error.unexpected().or(error.context()).unwrap_or_default();
        let end = self.source.input().len();
        let start = place.start().min(end);
        SyntaxError::at(Span::new(start..place.end().clamp(start, end)), error.description())
    }

    fn raw(&self, span: toml_parser::Span, encoding: Option<Encoding>) -> Option<Raw<'t>> {
        let raw = self.source.input().get(span.start()..span.end())?;
        Some(Raw::new_unchecked(raw, encoding, span))
    }

    /// Adds the comments above something to the container in which it is.
    fn flush(&mut self, container: u32) {
        if container == ROOT && !self.pending.is_empty() {
            block::end(&mut self.pieces);
        }
        for span in self.pending.drain(..) {
            let text = &self.source.input()[span.range()];
            self.builder.comment(container, text, span);
        }
    }

    /// A `[table]` or `[[table]]`.
    fn header(&mut self, end: usize, is_array: bool, error: &mut dyn ErrorSink) {
        let keys = std::mem::take(&mut self.keys);
        let Some(start) = self.start.take() else { return };
        self.table_in_block = keys.first().is_some_and(|key| key.name == METADATA);
        self.in_block = self.table_in_block;
        let span = Span::new(start..end);
        let Some(place) = self.builder.header_place(keys, span, is_array, error) else { return };
        self.flush(place.parent());
        self.table = self.builder.open_table(place, span);
        self.beside = Some(self.builder.node_of(self.table));
        self.statement(start, end, true);
    }

    /// Notes a statement that ends, if it belongs to the metadata block.
    fn statement(&mut self, start: usize, end: usize, is_header: bool) {
        let whole = start..end;
        block::note(&mut self.pieces, self.in_block, whole, is_header);
    }

    /// Where a value goes.
    fn place(&mut self) -> Option<Slot<'t>> {
        let open = self.open.last().copied();
        self.slot.take().or_else(|| Some(Slot { container: open?, key: None }))
    }

    fn open(&mut self, span: toml_parser::Span, is_map: bool, error: &mut dyn ErrorSink) {
        self.blank = false;
        self.beside = None;
        // Without a place the parser has reported an error, and what is built is thrown away.
        let Some(place) = self.place() else { return self.open.push(ROOT) };
        let span = Span::new(span.start()..span.end());
        let opened = self.builder.container(place, span, is_map, Kind::Value, error);
        self.open.push(opened.unwrap_or(ROOT));
    }

    fn close(&mut self, span: toml_parser::Span) {
        let Some(container) = self.open.pop() else { return };
        let node = self.builder.node_of(container);
        self.builder.extend(container, span.end());
        self.value_ends(node, span.end());
    }

    fn value_ends(&mut self, node: u32, end: usize) {
        self.beside = Some(node);
        if !self.open.is_empty() {
            return;
        }
        self.builder.extend(self.table, end);
        self.builder.extend_parent(node, end);
        if let Some(start) = self.start.take() {
            self.statement(start, end, false);
        }
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.keys.clear();
        self.start = Some(span.start());
        self.blank = false;
    }

    fn std_table_close(&mut self, span: toml_parser::Span, error: &mut dyn ErrorSink) {
        self.header(span.end(), false, error);
    }

    fn array_table_open(&mut self, span: toml_parser::Span, error: &mut dyn ErrorSink) {
        self.std_table_open(span, error);
    }

    fn array_table_close(&mut self, span: toml_parser::Span, error: &mut dyn ErrorSink) {
        self.header(span.end(), true, error);
    }

    fn inline_table_open(&mut self, span: toml_parser::Span, error: &mut dyn ErrorSink) -> bool {
        self.open(span, true, error);
        true
    }

    fn inline_table_close(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.close(span);
    }

    fn array_open(&mut self, span: toml_parser::Span, error: &mut dyn ErrorSink) -> bool {
        self.open(span, false, error);
        true
    }

    fn array_close(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.close(span);
    }

    fn simple_key(&mut self, span: toml_parser::Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        self.blank = false;
        if self.open.is_empty() && self.start.is_none() {
            self.start = Some(span.start());
        }
        let Some(raw) = self.raw(span, kind) else { return };
        self.keys.push(value::key(raw, Span::new(span.start()..span.end()), error));
    }

    fn key_val_sep(&mut self, _span: toml_parser::Span, error: &mut dyn ErrorSink) {
        let keys = std::mem::take(&mut self.keys);
        let base = self.open.last().copied().unwrap_or(self.table);
        if self.open.is_empty() {
            let is_first = self.table == ROOT && keys.first().is_some_and(|key| key.name == METADATA);
            self.in_block = self.table_in_block || is_first;
        }
        self.slot = self.builder.dotted(base, keys, error);
        if self.open.is_empty()
            && let Some(container) = self.slot.as_ref().map(|slot| slot.container)
        {
            self.flush(container);
        }
    }

    fn scalar(&mut self, span: toml_parser::Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        self.blank = false;
        let (Some(raw), Some(place)) = (self.raw(span, kind), self.place()) else { return };
        let (value, style) = value::scalar(raw, span, kind, error).unwrap_or((Scalar::Null, Style::Plain));
        let node = self.builder.leaf(place, Span::new(span.start()..span.end()), value, style);
        self.value_ends(node, span.end());
    }

    fn comment(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.blank = false;
        let place = Span::new(span.start()..span.end());
        let text = &self.source.input()[place.range()];
        match (self.beside, self.open.last()) {
            (Some(_), None) if self.in_block => block::note_comment(&mut self.pieces, span.end()),
            (Some(node), _) => self.builder.comment_before(node, text, place),
            (None, Some(&container)) => self.builder.comment(container, text, place),
            (None, None) => self.pending.push(place),
        }
    }

    fn newline(&mut self, _span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.beside = None;
        if std::mem::replace(&mut self.blank, true) && self.open.is_empty() {
            self.flush(self.table);
        }
    }
}
