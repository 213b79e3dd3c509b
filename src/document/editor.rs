//! Gathers new spellings for nodes and metadata blocks, and splices them into the source in one
//! pass. This is the only way in which a document changes.

use std::collections::HashMap;

use zeroize::Zeroize as _;

use super::front::Front;
use super::pile::Pile;
use super::syntax::{EmitError, Layout, Splice, Syntax};
use super::tree::Tree;
use super::{Document, NodeId, Scalar, Span, Text};

/// What a node becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum New<'n> {
    /// A scalar of this value.
    Value(Scalar<'n>),
    /// A comment of this text (without marker).
    Comment(Text<'n>),
}

impl New<'_> {
    /// The same without the lifetime of what it was made from.
    #[must_use]
    pub fn into_owned(self) -> New<'static> {
        match self {
            New::Value(value) => New::Value(value.into_owned()),
            New::Comment(text) => New::Comment(text.into_owned()),
        }
    }
}

/// New spellings for a run of nodes, one behind the other. A long document has them made apart, on
/// several threads, and given to its [`Editor`] in order.
pub struct Spellings {
    text: Pile,
    places: Vec<Place>,
    /// What becomes of copies inside aliases, which have no place of their own.
    copies: Vec<(NodeId, New<'static>)>,
    /// The alias at or after the node asked about last; nodes are asked about in order.
    alias: usize,
}

/// Where one spelling goes, and where it is kept.
struct Place {
    node: NodeId,
    span: Span,
    chunk: u32,
    start: u32,
    end: u32,
}

impl Spellings {
    /// None yet, with room for so many. They are secret, and wiped in the end, unless they are of an
    /// encrypted file.
    #[must_use]
    pub fn new(places: usize, secret: bool) -> Self {
        Spellings { text: Pile::new(secret), places: Vec::with_capacity(places), copies: Vec::new(), alias: 0 }
    }

    /// Gives a node a new content. Nodes must be given in the order of the walk. Returns the
    /// spelling; none for a copy inside an alias, which is spelled later.
    ///
    /// # Errors
    /// The place cannot hold it.
    pub fn add(
        &mut self,
        document: &Document<'_>,
        syntax: &dyn Syntax,
        id: NodeId,
        new: New<'_>,
    ) -> Result<Option<&[u8]>, EmitError> {
        if self.is_copy(document, id) {
            self.copies.push((id, new.into_owned()));
            return Ok(None);
        }
        let chunk = self.text.room(longest(&new));
        let from = chunk.len();
        let span = syntax.spell_into(document, id, &new, chunk)?;
        let to = chunk.len();
        let narrow = |at| u32::try_from(at).map_err(|_| EmitError("the value is 4 GiB or larger".into()));
        let (start, end, number) = (narrow(from)?, narrow(to)?, narrow(self.text.count() - 1)?);
        self.places.push(Place { node: id, span, chunk: number, start, end });
        Ok(Some(&self.text.chunk(number as usize)[from..to]))
    }

    /// Whether a node is a copy that an alias stands for.
    fn is_copy(&mut self, document: &Document<'_>, id: NodeId) -> bool {
        let aliases = &document.aliases;
        if self.alias == 0 {
            self.alias = aliases.partition_point(|alias| alias.nodes.end <= id.0);
        }
        while aliases.get(self.alias).is_some_and(|alias| alias.nodes.end <= id.0) {
            self.alias += 1;
        }
        aliases.get(self.alias).is_some_and(|alias| alias.nodes.contains(&id.0))
    }

    /// Every node with the span that its spelling replaces, in the order in which they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeId, Span, &[u8])> {
        self.places.iter().map(|place| (place.node, place.span, self.spelling(place)))
    }

    /// Whether they are of a plaintext.
    pub(super) fn is_secret(&self) -> bool {
        self.text.is_secret()
    }

    /// The spelling for a place.
    fn spelling(&self, place: &Place) -> &[u8] {
        &self.text.chunk(place.chunk as usize)[place.start as usize..place.end as usize]
    }
}

/// Bytes that the spelling of a value hardly ever exceeds. A short one may have every character
/// escaped as `\u0000`.
fn longest(new: &New<'_>) -> usize {
    match new {
        New::Value(Scalar::Text(text)) | New::Comment(text) if text.len() < 4096 => 6 * text.len() + 256,
        New::Value(Scalar::Text(text)) | New::Comment(text) => text.len() + text.len() / 4,
        New::Value(_) => 512,
    }
}

/// Replacements for one document.
pub struct Editor<'d, 't> {
    document: &'d Document<'t>,
    syntax: &'static dyn Syntax,
    /// A text that the new one may turn out to be.
    like: &'d [u8],
    /// The new text as far as it is certain, once spellings were taken over.
    front: Option<Front<'d>>,
    /// New spellings of nodes behind the front, in the order of the walk.
    spellings: Vec<Spellings>,
    /// Everything else.
    others: Vec<Splice>,
    /// What is replaced where nothing else is.
    unread: &'d [Splice],
}

impl<'d, 't> Editor<'d, 't> {
    /// No replacement yet.
    #[must_use]
    pub fn new(document: &'d Document<'t>, syntax: &'static dyn Syntax) -> Self {
        Self::towards(document, syntax, b"")
    }

    /// The same where the new text is expected to be this one, of which then no copy is made.
    #[must_use]
    pub fn towards(document: &'d Document<'t>, syntax: &'static dyn Syntax, like: &'d [u8]) -> Self {
        Editor { document, syntax, like, front: None, spellings: Vec::new(), others: Vec::new(), unread: &[] }
    }

    /// Gives a node a new content. Nodes must be given in the order of the walk.
    ///
    /// # Errors
    /// The place cannot hold it.
    pub fn replace(&mut self, id: NodeId, new: New<'_>) -> Result<(), EmitError> {
        if self.spellings.is_empty() {
            self.spellings.push(Spellings::new(0, true));
        }
        let last = self.spellings.last_mut().expect("impossible: there is one now");
        last.add(self.document, self.syntax, id, new).map(drop)
    }

    /// Takes over spellings that were made apart, of nodes behind all that were given before, with a
    /// note as from [`finish_noting`](Self::finish_noting) of those whose place is certain by now.
    pub fn take(&mut self, spellings: Spellings, mut note: impl FnMut(NodeId, usize)) {
        if self.spellings.is_empty() {
            if self.front.is_none() && self.others.is_empty() && self.unread.is_empty() {
                self.front = Front::of(self.document, self.syntax, self.like);
            }
            if let Some(front) = &mut self.front
                && front.take(self.document.text, &spellings, &mut note)
            {
                return;
            }
        }
        self.spellings.push(spellings);
    }

    /// Writes a metadata block into a document of the stream, in place of an existing one.
    ///
    /// # Errors
    /// The format cannot hold it.
    pub fn set_metadata(&mut self, part: usize, tree: &Tree, layout: Layout) -> Result<(), EmitError> {
        self.others.extend(self.syntax.metadata(self.document, part, tree, layout)?);
        Ok(())
    }

    /// Takes the metadata block out of a document of the stream.
    pub fn remove_metadata(&mut self, part: usize) {
        let block = self.document.parts[part].metadata.iter();
        self.others.extend(block.flat_map(|block| &block.spans).map(|&span| Splice { span, text: Vec::new() }));
    }

    /// Takes out what later entries put out of force.
    pub fn remove_shadowed(&mut self) {
        self.others.extend(self.document.shadowed.iter().map(|entry| Splice { span: entry.lines, text: Vec::new() }));
    }

    /// Puts what SOPS reads in place of what it does not, where nothing else is replaced.
    pub fn replace_unread(&mut self) {
        self.unread = &self.document.unread;
    }

    /// The text with all replacements in place.
    ///
    /// # Errors
    /// An alias has to be written out where it cannot be.
    pub fn finish(self) -> Result<Vec<u8>, EmitError> {
        let like = self.like;
        Ok(self.finish_noting(|_, _| ())?.unwrap_or_else(|| like.to_vec()))
    }

    /// The same, with a note of every node that has a spelling of its own, and was not noted before,
    /// and where in the new text that begins. They come in the order of the text, which may not be
    /// that of the walk. None if the new text is the one that was expected.
    ///
    /// # Errors
    /// An alias has to be written out where it cannot be.
    pub fn finish_noting(mut self, note: impl FnMut(NodeId, usize)) -> Result<Option<Vec<u8>>, EmitError> {
        self.expand_aliases()?;
        self.add_unread();
        let front = self.front.take().unwrap_or_else(|| Front::new(self.like));
        let out = finish_front(front, self.document.text, &self.spellings, &self.others, note);
        wipe(&mut self.others);
        out
    }

    /// Adds what is replaced where nothing else is.
    fn add_unread(&mut self) {
        if self.unread.is_empty() {
            return;
        }
        let taken: Vec<Span> = pieces(&self.spellings, &self.others).iter().map(|piece| piece.span).collect();
        let is_free = |splice: &&Splice| {
            let before = taken.partition_point(|span| span.start < splice.span.end);
            taken[..before].last().is_none_or(|span| span.end <= splice.span.start)
        };
        let free: Vec<Splice> = self.unread.iter().filter(is_free).cloned().collect();
        // Before metadata in the same place.
        let others = std::mem::replace(&mut self.others, free);
        self.others.extend(others);
    }

    /// Writes out the aliases that cannot stay.
    fn expand_aliases(&mut self) -> Result<(), EmitError> {
        if self.document.aliases.is_empty() {
            return Ok(());
        }
        let mut touched = vec![false; self.document.nodes.len()];
        let mut copies = HashMap::new();
        for spellings in &mut self.spellings {
            spellings.places.iter().for_each(|place| touched[place.node.index()] = true);
            copies.extend(spellings.copies.drain(..));
        }
        let mut expanded = Vec::new();
        for alias in &self.document.aliases {
            let length = alias.nodes.end - alias.nodes.start;
            let target = alias.target.index()..alias.target.index() + length as usize;
            let changed = touched[target].iter().any(|touched| *touched)
                || alias.nodes.clone().any(|copy| copies.contains_key(&NodeId(copy)));
            if changed {
                expanded.extend(self.syntax.expand(self.document, alias, &|copy| copies.get(&copy))?);
                // An alias may itself be the target of a later one.
                touched[alias.nodes.start as usize..alias.nodes.end as usize].fill(true);
            }
        }
        // Metadata that come in the same place come behind.
        expanded.append(&mut self.others);
        self.others = expanded;
        Ok(())
    }
}

/// A replacement, by the place where it is kept.
struct Piece {
    span: Span,
    /// Which of the spellings; one more than there are for the others.
    set: u32,
    at: u32,
}

/// A text with these pieces replaced, which must not overlap.
///
/// # Errors
/// They do overlap, which would be a fault of the format that gave them.
pub fn splice(text: &[u8], mut splices: Vec<Splice>) -> Result<Vec<u8>, EmitError> {
    let out = finish_front(Front::new(b""), text, &[], &splices, |_, _| ());
    wipe(&mut splices);
    Ok(out?.unwrap_or_default())
}

/// They may be of the plaintext.
fn wipe(splices: &mut [Splice]) {
    splices.iter_mut().for_each(|splice| splice.text.zeroize());
}

/// All replacements in the order of the text.
fn pieces(spellings: &[Spellings], others: &[Splice]) -> Vec<Piece> {
    let count = |count: usize| u32::try_from(count).expect("impossible: fewer than there are bytes in the text");
    let places = spellings.iter().map(|spellings| spellings.places.len()).sum::<usize>();
    let mut pieces = Vec::with_capacity(places + others.len());
    for (set, spellings) in (0..).zip(spellings) {
        pieces.extend((0..).zip(&spellings.places).map(|(at, place)| Piece { span: place.span, set, at }));
    }
    let set = count(spellings.len());
    pieces.extend((0..).zip(others).map(|(at, other)| Piece { span: other.span, set, at }));
    // Stable, and fast on what is nearly in order: insertions at one place keep their order.
    pieces.sort_by_key(|piece| (piece.span.start, piece.span.end));
    pieces
}

/// A text whose front is written, with what is behind that replaced.
fn finish_front(
    mut front: Front<'_>,
    text: &[u8],
    spellings: &[Spellings],
    others: &[Splice],
    mut note: impl FnMut(NodeId, usize),
) -> Result<Option<Vec<u8>>, EmitError> {
    let of = |piece: &Piece| match spellings.get(piece.set as usize) {
        Some(spellings) => {
            let place = &spellings.places[piece.at as usize];
            (Some(place.node), spellings.spelling(place))
        }
        None => (None, others[piece.at as usize].text.as_slice()),
    };
    let pieces = pieces(spellings, others);
    let is_secret = spellings.iter().any(Spellings::is_secret);
    let lengths = pieces.iter().map(|piece| (piece.span.range().len(), of(piece).1.len()));
    let (gone, new) = lengths.fold((0, 0), |(gone, new), (old, spelling)| (gone + old, new + spelling));
    front.expect(text, gone, new, is_secret);
    for piece in pieces {
        let range = piece.span.range();
        if range.start < front.copied() || range.end > text.len() {
            return Err(overlap(range.start));
        }
        let (node, new) = of(&piece);
        front.push(text, piece.span, new, |at| node.into_iter().for_each(|node| note(node, at)));
    }
    Ok(front.finish(text))
}

fn overlap(at: usize) -> EmitError {
    EmitError(format!("two changes meet at byte {at}, and nothing was written; this is a bug in cloze"))
}
