//! Gathers new spellings for nodes and metadata blocks, and splices them into the source in one
//! pass. This is the only way in which a document changes.

use std::collections::HashMap;

use zeroize::Zeroize as _;

use super::syntax::{EmitError, Layout, Splice, Syntax};
use super::tree::Tree;
use super::{Document, NodeId, Scalar, Text};

/// What a node becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum New<'n> {
    /// A scalar of this value.
    Value(Scalar<'n>),
    /// A comment of this text (without marker).
    Comment(Text<'n>),
}

/// Replacements for one document.
pub struct Editor<'d, 't, 'n> {
    document: &'d Document<'t>,
    syntax: &'static dyn Syntax,
    splices: Vec<Splice>,
    /// Nodes whose own place was respelled.
    touched: Vec<bool>,
    /// What becomes of the copies inside aliases.
    copies: HashMap<NodeId, New<'n>>,
    /// The alias at or after the node asked about last; nodes are asked about in order.
    alias: usize,
}

impl<'d, 't, 'n> Editor<'d, 't, 'n> {
    /// No replacement yet.
    #[must_use]
    pub fn new(document: &'d Document<'t>, syntax: &'static dyn Syntax) -> Self {
        let touched = if document.aliases.is_empty() { 0 } else { document.nodes.len() };
        Editor {
            document,
            syntax,
            splices: Vec::new(),
            touched: vec![false; touched],
            copies: HashMap::new(),
            alias: 0,
        }
    }

    /// Gives a node a new content. Nodes must be given in the order of the walk.
    ///
    /// # Errors
    /// The place cannot hold it.
    pub fn replace(&mut self, id: NodeId, new: New<'n>) -> Result<(), EmitError> {
        if self.is_copy(id) {
            self.copies.insert(id, new);
            return Ok(());
        }
        self.splices.push(self.syntax.spell(self.document, id, &new)?);
        if let Some(touched) = self.touched.get_mut(id.index()) {
            *touched = true;
        }
        Ok(())
    }

    /// Writes a metadata block into a document of the stream, in place of an existing one.
    ///
    /// # Errors
    /// The format cannot hold it.
    pub fn set_metadata(&mut self, part: usize, tree: &Tree, layout: Layout) -> Result<(), EmitError> {
        self.splices.extend(self.syntax.metadata(self.document, part, tree, layout)?);
        Ok(())
    }

    /// Takes the metadata block out of a document of the stream.
    pub fn remove_metadata(&mut self, part: usize) {
        let block = self.document.parts[part].metadata.iter();
        self.splices.extend(block.flat_map(|block| &block.spans).map(|&span| Splice { span, text: Vec::new() }));
    }

    /// Takes out what later entries put out of force.
    pub fn remove_shadowed(&mut self) {
        self.splices.extend(self.document.shadowed.iter().map(|entry| Splice { span: entry.lines, text: Vec::new() }));
    }

    /// Whether a node is a copy that an alias stands for.
    fn is_copy(&mut self, id: NodeId) -> bool {
        let aliases = &self.document.aliases;
        while aliases.get(self.alias).is_some_and(|alias| alias.nodes.end <= id.0) {
            self.alias += 1;
        }
        aliases.get(self.alias).is_some_and(|alias| alias.nodes.contains(&id.0))
    }

    /// The text with all replacements in place.
    ///
    /// # Errors
    /// An alias has to be written out where it cannot be.
    pub fn finish(mut self) -> Result<Vec<u8>, EmitError> {
        for alias in &self.document.aliases {
            let length = alias.nodes.end - alias.nodes.start;
            let target = alias.target.index()..alias.target.index() + length as usize;
            let changed = self.touched[target].iter().any(|touched| *touched)
                || alias.nodes.clone().any(|copy| self.copies.contains_key(&NodeId(copy)));
            if changed {
                self.splices.push(self.syntax.expand(self.document, alias, &|copy| self.copies.get(&copy))?);
                // An alias may itself be the target of a later one.
                self.touched[alias.nodes.start as usize..alias.nodes.end as usize].fill(true);
            }
        }
        splice(self.document.text, self.splices)
    }
}

/// Copies a text with the given pieces replaced.
///
/// # Errors
/// Two pieces overlap, which would be a fault of the format that gave them.
fn splice(text: &[u8], mut splices: Vec<Splice>) -> Result<Vec<u8>, EmitError> {
    // Stable, and fast on what is nearly in order: insertions at one place keep their order.
    splices.sort_by_key(|splice| (splice.span.start, splice.span.end));
    let grown: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut out = Vec::with_capacity(text.len() + grown);
    let mut copied = 0;
    for splice in &splices {
        let range = splice.span.range();
        let between = text.get(copied..range.start).ok_or_else(|| overlap(range.start))?;
        out.extend_from_slice(between);
        out.extend_from_slice(&splice.text);
        copied = range.end;
    }
    out.extend_from_slice(&text[copied..]);
    // They may be the plaintext.
    splices.iter_mut().for_each(|splice| splice.text.zeroize());
    Ok(out)
}

fn overlap(at: usize) -> EmitError {
    EmitError(format!("two changes meet at byte {at}, and nothing was written; this is a bug in cloze"))
}
