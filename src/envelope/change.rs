//! One value of a sealed text is set or taken out. Only what has to differ differs: the ciphertext,
//! the MAC and the date, and the exact spelling where the file carries one.
//!
//! The same change is made to the sealed text and to the plaintext. What the new sealed text opens
//! to is then compared with the plaintext before: nothing else may have changed.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::cipher::{Cipher, DataKey, EncryptedValue, Kind};
use crate::document::change::{self, Change, ChangeError, Located, Manner};
use crate::document::tree::Tree;
use crate::document::{
    Content, Document, Editor, Format, KeyPath, Layout, New, Node, NodeId, Scalar, Splice, Step, Syntax, Text, splice,
};

use super::check;
use super::error::Error;
use super::mac;
use super::metadata::Metadata;
use super::moved::open_comment;
use super::open::{Ciphertexts, as_spelled, exact, metadata_of, open, reading_of, unwrap};
use super::seal::{canonical, check_in_clear, recorded};
use super::selector::Selector;
use super::spelling;
use super::typed::kind_of;
use super::walk::{Item, Side, Walker};
use super::warning::Warning;
use super::witness::Deed;
use super::{Leniency, Options, Tools};

/// A changed text.
#[derive(Debug)]
pub struct Changed {
    /// All of the file, sealed.
    pub text: Vec<u8>,
    /// Whether the value was there already, so that nothing but the MAC and the date is new, if anything.
    pub is_same: bool,
    /// What the user may want to know.
    pub warnings: Vec<Warning>,
}

/// Sets or takes out what is at a path of the first document of a sealed text.
///
/// # Errors
/// The text does not open, or the change cannot be made; see [`Error`].
pub fn change(
    format: Format,
    text: &[u8],
    path: &KeyPath,
    change: Change<'_>,
    manner: Manner,
    options: &Options,
    tools: &Tools<'_>,
) -> Result<Changed, Error> {
    let document = format.sealed().syntax().parse(text)?;
    let metadata = metadata_of(&document)?;
    check_not_reserved(format, path)?;
    let key = unwrap(&metadata, &[Deed::Decrypt], tools)?;
    // To take out what is beyond an end is to take out nothing.
    let manner = Manner { lenient: manner.lenient || matches!(change, Change::Unset), ..manner };
    let mut warnings = Vec::new();
    let canonical = open(format, &document, &metadata, &key, options.leniency(), &mut warnings)?;
    let (plain, mac) = (canonical.text, canonical.mac);
    let spelled = exact(&plain, &metadata, &key, options.ignore_mac)?;
    let before = spelled.as_ref().unwrap_or(&plain);
    let syntax = format.plain_syntax(reading_of(format, before, &metadata, &mac, options.reading));
    let path = &settled(syntax, &plain, path, manner)?;
    let selector = metadata.effective_selector();
    let file = File { format, syntax, document: &document, selector, key: &key, path, manner };
    let wanted = file.change_plain(before, change)?;
    let is_same = file.is_same(&plain, change)? || *wanted == **before;
    if is_same && options.idempotent {
        return Ok(Changed { text: text.to_vec(), is_same, warnings });
    }
    let (mut values, wanted) = match (is_same, change) {
        (true, _) => (text.to_vec(), before.clone()),
        (false, Change::Set(value)) => (file.set(value, &metadata, tools)?, wanted),
        (false, Change::Unset) => (file.sealed(Change::Unset)?.to_vec(), wanted),
    };
    // Once it is open, a block at the end of a YAML text may need a last line break.
    if format == Format::Yaml && wanted.ends_with(b"\n") && !before.ends_with(b"\n") && !values.ends_with(b"\n") {
        let feed: &[u8] = if wanted.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
        values.extend_from_slice(feed);
    }
    let values = file.comments_in_place(values, tools)?;
    let exact = spelled.as_ref().map(|_| (syntax, &wanted[..]));
    let (new, metadata) = authenticated(format, &values, metadata, &key, exact, tools)?;
    let keep = options.leniency().keep_damaged_comments;
    let result = as_spelled(check::reopened(format, &new, &metadata, &key, keep)?, &metadata, &key);
    let is_exact = spelled.is_none() || *result == *wanted;
    if !is_exact || !(is_same || file.differs_only_there(&plain, &values, &wanted, change, &metadata)?) {
        return Err(Error::RoundTrip);
    }
    recorded(Changed { text: new, is_same, warnings }, tools)
}

/// Refuses the keys that belong to the metadata.
fn check_not_reserved(format: Format, path: &KeyPath) -> Result<(), Error> {
    let is_reserved = |key: &str| key == "sops" || (format == Format::Dotenv && key.starts_with("sops_"));
    match path.0.first() {
        Some(Step::Key(key)) if is_reserved(key) => Err(Error::Change(ChangeError::Reserved(key.clone()))),
        _ => Ok(()),
    }
}

/// A path with indices beyond the end of a list brought back to the end.
fn settled(syntax: &'static dyn Syntax, plain: &[u8], path: &KeyPath, manner: Manner) -> Result<KeyPath, Error> {
    let document = syntax.parse(plain)?;
    let located = change::locate(&document, path, &HashSet::new(), manner.lenient)?;
    let mut path = path.clone();
    let (first, length) = match located {
        Located::Found { .. } => return Ok(path),
        Located::Lacking { container, step } => (step, elements(&document, container)),
        Located::Blocked { step, .. } => (step, 0),
    };
    for (number, step) in path.0.iter_mut().enumerate().skip(first).filter(|_| manner.lenient) {
        if let Step::Index(index) = step {
            *index = if number == first { length } else { 0 };
        }
    }
    Ok(path)
}

/// A sealed text, and what is to be changed in it.
struct File<'f, 't> {
    format: Format,
    /// What reads the plaintext.
    syntax: &'static dyn Syntax,
    document: &'f Document<'t>,
    selector: Selector,
    key: &'f DataKey,
    path: &'f KeyPath,
    manner: Manner,
}

impl File<'_, '_> {
    /// The plaintext after the change.
    fn change_plain(&self, plain: &[u8], change: Change<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let less = self.without_rule(plain, self.syntax, change, &|_| HashSet::new())?;
        let plain = less.as_ref().map_or(plain, |less| less);
        Ok(change::apply(self.syntax, plain, self.path, change, self.manner, &|_| HashSet::new())?)
    }

    /// The sealed text after the change.
    fn sealed(&self, change: Change<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let syntax = self.format.sealed().syntax();
        let hidden = |document: &Document<'_>| sealed_comments(document, &self.selector);
        let less = self.without_rule(self.document.text, syntax, change, &hidden)?;
        let text = less.as_ref().map_or(self.document.text, |less| less);
        Ok(change::apply(syntax, text, self.path, change, self.manner, &hidden)?)
    }

    /// Whether the value is there already.
    fn is_same(&self, plain: &[u8], change: Change<'_>) -> Result<bool, Error> {
        let Change::Set(value) = change else { return Ok(false) };
        let document = self.syntax.parse(plain)?;
        let located = change::locate(&document, self.path, &HashSet::new(), self.manner.lenient)?;
        Ok(matches!(located, Located::Found { node, .. } if is_value(&document, node, value)))
    }

    /// The sealed text with a new value: sealed or in clear, as the rule says for each of its leaves.
    fn set(&self, value: &Tree, metadata: &Metadata, tools: &Tools<'_>) -> Result<Vec<u8>, Error> {
        let syntax = self.format.sealed().syntax();
        let draft = self.sealed(Change::Set(value))?;
        let document = syntax.parse(&draft)?;
        let hidden = sealed_comments(&document, &self.selector);
        let Located::Found { node, .. } = change::locate(&document, self.path, &hidden, self.manner.lenient)? else {
            return Err(Error::RoundTrip);
        };
        let mut known = match value {
            Tree::Leaf(_) => Ciphertexts::default(),
            _ => Ciphertexts::of(self.document, metadata, self.key),
        };
        let cipher = Cipher::new(self.key);
        let extent = document.extent(node);
        let mut leaves = leaves(value).into_iter();
        let mut sealed = Vec::new();
        let mut walker = Walker::new(&document, Side::Plain, &self.selector);
        while let Some(visit) = walker.next() {
            let (true, Item::Value(read)) = (extent.contains(&visit.id.index()), visit.item) else { continue };
            let given = leaves.next().ok_or(Error::RoundTrip)?;
            // What the format has no type for is what is read from the text.
            let value = match read {
                Scalar::Text(_) => read,
                _ => given,
            };
            let is_empty = matches!(value, Scalar::Text(text) if text.is_empty());
            let kind = kind_of(value).filter(|_| visit.selected && (!is_empty || syntax.seals_empty()));
            let covered = visit.selected || !metadata.mac_only_encrypted;
            let bytes = if covered { Some(canonical(syntax, &document, visit.id, value)?) } else { None };
            sealed.push(match (kind, bytes) {
                (Some(kind), Some(bytes)) => {
                    let old = known.take(visit.additional, kind, &bytes);
                    let new = old.unwrap_or_else(|| cipher.seal(kind, &bytes, visit.additional, tools.random));
                    Scalar::Text(Text::from(new))
                }
                _ => {
                    if !visit.selected {
                        check_in_clear(syntax, &document, visit.id)?;
                    }
                    given.clone()
                }
            });
        }
        let tree = with_leaves(value, &mut sealed.into_iter()).ok_or(Error::RoundTrip)?;
        Ok(self.sealed(Change::Set(&tree))?.to_vec())
    }

    /// A text without the comments that the rule asks about and that stand above what is to be
    /// taken out: they would be about what follows then. None where there are none.
    fn without_rule(
        &self,
        text: &[u8],
        syntax: &'static dyn Syntax,
        change: Change<'_>,
        hidden: &dyn Fn(&Document<'_>) -> HashSet<NodeId>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        if !(self.selector.is_about_comments() && matches!(change, Change::Unset)) {
            return Ok(None);
        }
        let document = syntax.parse(text)?;
        let located = change::locate(&document, self.path, &hidden(&document), self.manner.lenient)?;
        let Located::Found { parent, node } = located else { return Ok(None) };
        let mut above: Vec<NodeId> = Vec::new();
        for child in document.children(parent).take_while(|child| *child != node) {
            match document.node(child).content {
                Content::Comment { .. } => above.push(child),
                _ => above.clear(),
            }
        }
        let is_rule =
            |node: &Node<'_>| matches!(&node.content, Content::Comment { text } if self.selector.comment_matches(text));
        let comments = above.into_iter().map(|id| document.node(id)).filter(|node| is_rule(node));
        let splices: Vec<Splice> = comments.filter_map(|node| change::comment_line(text, node.span)).collect();
        Ok(Some(Zeroizing::new(splice(text, splices)?)))
    }

    /// The same text with those comments sealed anew that are counted to another map or list now,
    /// to which a ciphertext is bound.
    fn comments_in_place(&self, text: Vec<u8>, tools: &Tools<'_>) -> Result<Vec<u8>, Error> {
        let cipher = Cipher::new(self.key);
        let mut opener = cipher.opener();
        let parsed = |text| EncryptedValue::parse(text).ok().filter(|sealed| sealed.kind == Kind::Comment);
        // Where each stood.
        let mut known: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
        let mut walker = Walker::new(self.document, Side::Sealed, &self.selector);
        while let Some(visit) = walker.next() {
            if let Item::Comment(text) = visit.item
                && let Some(sealed) = parsed(text)
                && open_comment(&mut opener, &sealed, visit.additional).is_ok()
            {
                known.insert(text.to_vec(), visit.additional.to_vec());
            }
        }
        if known.is_empty() {
            return Ok(text);
        }
        let syntax = self.format.sealed().syntax();
        let document = syntax.parse(&text)?;
        let mut editor = Editor::new(&document, syntax);
        let mut walker = Walker::new(&document, Side::Sealed, &self.selector);
        while let Some(visit) = walker.next() {
            let Item::Comment(text) = visit.item else { continue };
            let Some((before, sealed)) = known.get(&**text).zip(parsed(text)) else { continue };
            if !visit.selected {
                let reason = "would have a comment in clear that is encrypted now; take the comment out first";
                return Err(Error::EncryptValue { path: self.path.clone(), reason: reason.into() });
            }
            if visit.additional == before.as_slice() || opener.open(&sealed, visit.additional).is_ok() {
                continue;
            }
            let Ok(plain) = open_comment(&mut opener, &sealed, before) else { continue };
            let sealed = Text::from(cipher.seal(Kind::Comment, plain, visit.additional, tools.random));
            let new = match document.node(visit.id).content {
                Content::Leaf { .. } => New::Value(Scalar::Text(sealed)),
                _ => New::Comment(sealed),
            };
            editor.replace(visit.id, new)?;
        }
        Ok(editor.finish()?)
    }

    /// Whether a new sealed text holds what the old one held, but for the change.
    fn differs_only_there(
        &self,
        plain: &[u8],
        values: &[u8],
        wanted: &[u8],
        change: Change<'_>,
        metadata: &Metadata,
    ) -> Result<bool, Error> {
        let sealed = self.format.sealed().syntax().parse(values)?;
        let new = open(self.format, &sealed, metadata, self.key, Leniency::ALL, &mut Vec::new())?.text;
        let parse = |text| self.syntax.parse(text);
        let (before, after, wanted) = (parse(plain)?, parse(&new)?, parse(wanted)?);
        if !same_comments(&after, &wanted) || !same_but(&after, None, &wanted, None) {
            return Ok(false);
        }
        let none = HashSet::new();
        let place = |document: &Document<'_>, path: &KeyPath| match change::locate(
            document,
            path,
            &none,
            self.manner.lenient,
        ) {
            Ok(Located::Found { node, .. }) => Some(node),
            _ => None,
        };
        let located = change::locate(&before, self.path, &none, self.manner.lenient)?;
        let (gone, step) = match located {
            Located::Found { node, .. } => (Some(node), self.path.0.len() - 1),
            Located::Blocked { node, step, .. } => (Some(node), step - 1),
            Located::Lacking { step, .. } => (None, step),
        };
        let Change::Set(value) = change else {
            let Some(mut gone) = gone else { return Ok(false) };
            // The first section of an INI file is always there.
            let left = place(&after, self.path).filter(|left| after.children(*left).next().is_none());
            if left.is_some() && same_but(&before, Some(gone), &after, left) {
                return Ok(true);
            }
            // A table of TOML may be nothing but its entries.
            for steps in (0..self.path.0.len()).rev() {
                if same_but(&before, Some(gone), &after, None) {
                    return Ok(true);
                }
                match place(&before, &KeyPath(self.path.0[..steps].to_vec())) {
                    Some(around) if elements(&before, around) == 1 => gone = around,
                    _ => return Ok(false),
                }
            }
            return Ok(false);
        };
        let top_path = KeyPath(self.path.0[..=step].to_vec());
        let Some(top) = place(&after, &top_path) else { return Ok(false) };
        let wrapped = innermost(&after, top, self.path.0.len() - 1 - step);
        Ok(wrapped.is_some_and(|node| is_value(&after, node, value)) && same_but(&before, gone, &after, Some(top)))
    }
}

/// A sealed text with the MAC of its values and the date of today; `spelled` is the exact spelling
/// that it has to carry on, if it carries one, and what reads it.
fn authenticated(
    format: Format,
    text: &[u8],
    mut metadata: Metadata,
    key: &DataKey,
    spelled: Option<(&'static dyn Syntax, &[u8])>,
    tools: &Tools<'_>,
) -> Result<(Vec<u8>, Metadata), Error> {
    let syntax = format.sealed().syntax();
    let document = syntax.parse(text)?;
    let canonical = open(format, &document, &metadata, key, Leniency::ALL, &mut Vec::new())?;
    let plain = canonical.text;
    let cipher = Cipher::new(key);
    metadata.last_modified = tools.now;
    mac::store(&cipher, &mut metadata, canonical.mac.as_bytes(), tools.random);
    let date = metadata.last_modified.to_string();
    let mut fields = vec![("lastmodified", Some(date.as_str())), ("mac", Some(metadata.mac.as_str()))];
    if let Some((plain_syntax, wanted)) = spelled {
        metadata.spelling = if *wanted == **plain {
            None
        } else {
            let (plain, wanted) = (plain_syntax.parse(&plain)?, plain_syntax.parse(wanted)?);
            Some(spelling::seal(&cipher, &plain, &wanted, tools.random))
        };
        fields.push((Metadata::SPELLING, metadata.spelling.as_deref()));
    }
    let mut splices = Vec::new();
    for part in (0..document.parts.len()).filter(|part| document.parts[*part].metadata.is_some()) {
        splices.extend(match syntax.set_fields(&document, part, &fields) {
            Some(splices) => splices,
            None => syntax.metadata(&document, part, &metadata.write(), Layout::default())?,
        });
    }
    Ok((splice(text, splices)?, metadata))
}

/// The elements of lists that are encrypted comments, and do not count.
fn sealed_comments(document: &Document<'_>, selector: &Selector) -> HashSet<NodeId> {
    let mut found = HashSet::new();
    let mut walker = Walker::new(document, Side::Sealed, selector);
    while let Some(visit) = walker.next() {
        if matches!(visit.item, Item::Comment(_)) && matches!(document.node(visit.id).content, Content::Leaf { .. }) {
            found.insert(visit.id);
        }
    }
    found
}

/// The scalars of a value, in order.
fn leaves(value: &Tree) -> Vec<&Scalar<'static>> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(tree) = open.pop() {
        match tree {
            Tree::Leaf(value) => found.push(value),
            Tree::List(items) => open.extend(items.iter().rev()),
            Tree::Map(entries) => open.extend(entries.iter().rev().map(|(_, value)| value)),
        }
    }
    found
}

/// A value with other scalars, in order. Values are shallow: their reader sees to it.
fn with_leaves(value: &Tree, leaves: &mut dyn Iterator<Item = Scalar<'static>>) -> Option<Tree> {
    Some(match value {
        Tree::Leaf(_) => Tree::Leaf(leaves.next()?),
        Tree::List(items) => Tree::List(items.iter().map(|item| with_leaves(item, leaves)).collect::<Option<_>>()?),
        Tree::Map(entries) => {
            let entry = |(key, value): &(String, Tree)| Some((key.clone(), with_leaves(value, leaves)?));
            Tree::Map(entries.iter().map(entry).collect::<Option<_>>()?)
        }
    })
}

/// Whether a node holds this value. The order of entries means nothing, and what is text in the file
/// may be a number where the format has no types.
fn is_value(document: &Document<'_>, node: NodeId, value: &Tree) -> bool {
    let mut open = vec![(node, value)];
    while let Some((node, value)) = open.pop() {
        let is_comment = |id: &NodeId| matches!(document.node(*id).content, Content::Comment { .. });
        let children = || document.children(node).filter(|child| !is_comment(child)).collect::<Vec<_>>();
        match (&document.node(node).content, value) {
            (Content::Leaf { value: found, .. }, Tree::Leaf(value)) if same_scalar(found, value) => {}
            (Content::List { .. }, Tree::List(items)) => {
                let children = children();
                if children.len() != items.len() {
                    return false;
                }
                open.extend(children.into_iter().zip(items));
            }
            (Content::Map { .. }, Tree::Map(entries)) => {
                let children = children();
                let named: HashMap<&str, NodeId> =
                    children.iter().filter_map(|child| Some((document.node(*child).key.as_deref()?, *child))).collect();
                if children.len() != entries.len() {
                    return false;
                }
                for (key, value) in entries {
                    let Some(child) = named.get(key.as_str()) else { return false };
                    open.push((*child, value));
                }
            }
            _ => return false,
        }
    }
    true
}

fn same_scalar(found: &Scalar<'_>, value: &Scalar<'_>) -> bool {
    let is_text = |value: &Scalar<'_>| matches!(value, Scalar::Text(_));
    found.reads_as(value)
        || (is_text(found)
            && !is_text(value)
            && crate::document::flat::untyped(value) == found.canonical().unwrap_or_default())
}

/// How many values a map or list holds.
fn elements(document: &Document<'_>, container: NodeId) -> usize {
    document
        .children(container)
        .filter(|child| !matches!(document.node(*child).content, Content::Comment { .. }))
        .count()
}

/// What stands so many levels below a node, if it is the only thing on each of them.
fn innermost(document: &Document<'_>, mut node: NodeId, levels: usize) -> Option<NodeId> {
    for _ in 0..levels {
        let mut inside =
            document.children(node).filter(|child| !matches!(document.node(*child).content, Content::Comment { .. }));
        node = inside.next().filter(|_| inside.next().is_none())?;
    }
    Some(node)
}

/// Whether two documents hold the same, but for one node of each with all inside it.
fn same_but(before: &Document<'_>, gone: Option<NodeId>, after: &Document<'_>, new: Option<NodeId>) -> bool {
    same_in_order(before, gone, after, new) || in_any_order(before, gone) == in_any_order(after, new)
}

/// The paths of all values and what they are, but for one node with all inside it, in an order of
/// their own: a table of TOML may get another place when a part of it goes.
fn in_any_order(document: &Document<'_>, skip: Option<NodeId>) -> Vec<(Vec<u8>, [u8; 32])> {
    let mut found = Vec::new();
    // The paths of the containers around, and how many elements each has had.
    let mut around: Vec<(Vec<u8>, usize)> = Vec::new();
    for (depth, node) in Shape::of(document, skip) {
        around.truncate(depth);
        let mut path = around.last().map_or(Vec::new(), |(path, _)| path.clone());
        let step = match (node.key.as_deref(), around.last_mut()) {
            (Some(key), _) => format!("{key:?}."),
            (None, Some((_, count))) => {
                *count += 1;
                format!("{count}.")
            }
            (None, None) => String::new(),
        };
        path.extend_from_slice(step.as_bytes());
        let mut what = Sha256::new();
        match &node.content {
            Content::Map { .. } => what.update(b"{"),
            Content::List { .. } => what.update(b"["),
            Content::Leaf { value, .. } => {
                let kind = kind_of(value).filter(|kind| !matches!(kind, Kind::Int | Kind::Float));
                what.update(kind.map_or("", Kind::name));
                what.update(b":");
                what.update(value.canonical().unwrap_or_default());
            }
            Content::Comment { .. } => {}
        }
        around.push((path.clone(), 0));
        found.push((path, what.finalize().into()));
    }
    found.sort_unstable();
    found
}

fn same_in_order(before: &Document<'_>, gone: Option<NodeId>, after: &Document<'_>, new: Option<NodeId>) -> bool {
    let mut left = Shape::of(before, gone);
    let mut right = Shape::of(after, new);
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some((depth, one)), Some((other_depth, other))) if depth == other_depth && one.key == other.key => {
                let is_same = match (&one.content, &other.content) {
                    (Content::Leaf { value, .. }, Content::Leaf { value: other, .. }) => value.reads_as(other),
                    (Content::Map { .. }, Content::Map { .. }) | (Content::List { .. }, Content::List { .. }) => true,
                    _ => false,
                };
                if !is_same {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// Whether two documents hold the same comments in the same order.
fn same_comments(one: &Document<'_>, other: &Document<'_>) -> bool {
    let text = |node: &'_ Node<'_>| match &node.content {
        Content::Comment { text } => Some(text.to_vec()),
        _ => None,
    };
    one.nodes.iter().filter_map(text).eq(other.nodes.iter().filter_map(text))
}

/// The nodes of a document that are no comments, with their depth, but for one with all inside it.
struct Shape<'d, 't> {
    document: &'d Document<'t>,
    skip: std::ops::Range<usize>,
    next: usize,
    open: Vec<usize>,
}

impl<'d, 't> Shape<'d, 't> {
    fn of(document: &'d Document<'t>, skip: Option<NodeId>) -> Self {
        let skip = skip.map_or(0..0, |node| document.extent(node));
        Shape { document, skip, next: 0, open: Vec::new() }
    }
}

impl<'d, 't> Iterator for Shape<'d, 't> {
    type Item = (usize, &'d Node<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.next == self.skip.start {
                self.next = self.skip.end.max(self.next);
            }
            let node = self.document.nodes.get(self.next)?;
            while self.open.last().is_some_and(|end| *end <= self.next) {
                self.open.pop();
            }
            self.next += 1;
            let depth = self.open.len();
            match node.content {
                Content::Comment { .. } => continue,
                Content::Map { end } | Content::List { end } => self.open.push(end.index()),
                Content::Leaf { .. } => {}
            }
            return Some((depth, node));
        }
    }
}
