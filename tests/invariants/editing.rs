//! What is spelled at a place reads back as what it is, and everything else as what it was. What
//! is put into a text and taken out again leaves the bytes as they were.

use std::collections::HashSet;

use cloze::document::change::{self, Change, Manner};
use cloze::document::tree::Tree;
use cloze::document::{
    Content, Document, Editor, Event, Format, Layout, New, Node, Scalar, Style, Text, Timestamp, flat,
};

use super::structure::number;
use super::{data, is_no_bug, lines, shown, typed};

pub(crate) fn check(format: Format, document: &Document<'_>) {
    // Sealed binary is JSON, with a target of its own.
    if format == Format::Binary {
        return;
    }
    nothing(format, document);
    replacements(format, document);
    metadata(format, document);
    printing(format, document);
}

fn nothing(format: Format, document: &Document<'_>) {
    let same = Editor::new(document, format.syntax()).finish().expect("nothing to do");
    assert_eq!(shown(&same), shown(document.text));
}

/// Every leaf and comment gets a ciphertext and then its content back, and every leaf any other value.
fn replacements(format: Format, document: &Document<'_>) {
    let sealed = |id: usize, node: &Node<'_>| match &node.content {
        // Nulls are never sealed.
        Content::Leaf { value: Scalar::Null, .. } => None,
        _ if is_missing(format, node) => None,
        Content::Leaf { .. } => Some(New::Value(Scalar::Text(ciphertext(id).into()))),
        Content::Comment { .. } => Some(New::Comment(ciphertext(id).into())),
        _ => None,
    };
    if let Some(text) = replaced(format, document, sealed) {
        let again = format.syntax().parse(&text).expect("was read before");
        let back = |id: usize, _: &Node<'_>| match &document.nodes[id].content {
            Content::Leaf { value: Scalar::Null, .. } => None,
            _ if is_missing(format, &document.nodes[id]) => None,
            Content::Leaf { value, .. } => Some(New::Value(value.clone())),
            Content::Comment { text } => Some(New::Comment(text.clone())),
            _ => None,
        };
        // In INI comments that follow each other are one, unless they are sealed.
        compared(format, &again, format != Format::Ini, back);
    }
    let is_null =
        |node: &Node<'_>| matches!(node.content, Content::Leaf { value: Scalar::Null, .. }) || is_missing(format, node);
    let is_value = |node: &Node<'_>| matches!(node.content, Content::Leaf { .. }) && !is_null(node);
    let other = |id: usize| New::Value(made_up(document.text, id));
    // A block that the text ends without a line break has one as long as the metadata stands behind it.
    let is_block =
        |node: &Node<'_>| matches!(node.content, Content::Leaf { style: Style::Literal | Style::Folded, .. });
    let is_open = format == Format::Yaml
        && document.nodes.last().is_some_and(is_block)
        && document.parts.iter().any(|part| part.metadata.is_some())
        && !document.text.ends_with(b"\n");
    if !is_open {
        replaced(format, document, |id, node| is_value(node).then(|| other(id)));
    }
    if document.nodes.iter().any(is_null) {
        // A null may be a place without text. With a value there, comments may count elsewhere.
        compared(format, document, false, |id, node| is_null(node).then(|| other(id)));
    }
    if format == Format::Yaml {
        setting(document);
    }
}

/// One place of YAML that holds nothing is given a value, if it can hold it.
fn setting(document: &Document<'_>) {
    let end = document.extent(document.parts[0].root).end;
    let is_empty = |node: &Node<'_>| {
        matches!(node.content, Content::Leaf { value: Scalar::Null, .. }) || is_missing(Format::Yaml, node)
    };
    let empty: Vec<usize> = (0..end).filter(|id| is_empty(&document.nodes[*id])).collect();
    let Some(&id) = empty.get(document.text.len() % empty.len().max(1)) else { return };
    let path = document.path(number(id));
    let value = made_up(document.text, id);
    let tree = Tree::Leaf(value.clone());
    let set = Change::Set(&tree);
    let text =
        match change::apply(Format::Yaml.syntax(), document.text, &path, set, Manner::default(), &|_| HashSet::new()) {
            Ok(text) => text,
            Err(error) => return is_no_bug(&error, document.text),
        };
    let say = || format!("{} became {}", shown(document.text), shown(&text));
    let again = Format::Yaml.syntax().parse(&text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    let found = again.find(&path).map(|id| &again.node(id).content);
    let Some(Content::Leaf { value: found, .. }) = found else { panic!("{path} is lost: {}", say()) };
    assert_eq!(typed(Format::Yaml, found), typed(Format::Yaml, &value), "{}", say());
    let (before, after) = (data(Format::Yaml, document), data(Format::Yaml, &again));
    let differ = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert!(before.len() == after.len() && differ <= 1, "{}", say());
}

/// Whether an empty text of YAML is no more than its tag. It is not sealed.
fn is_missing(format: Format, node: &Node<'_>) -> bool {
    let Content::Leaf { value: Scalar::Text(text), style: Style::Plain } = &node.content else { return false };
    format == Format::Yaml && text.is_empty()
}

/// Replaces what can be replaced and reads the result, which has to hold just that. None if a
/// place could not hold its content.
fn replaced<'n>(
    format: Format,
    document: &Document<'_>,
    new: impl Fn(usize, &Node<'_>) -> Option<New<'n>>,
) -> Option<Vec<u8>> {
    compared(format, document, true, new)
}

/// The same, with or without a look at the comments.
fn compared<'n>(
    format: Format,
    document: &Document<'_>,
    with_comments: bool,
    new: impl Fn(usize, &Node<'_>) -> Option<New<'n>>,
) -> Option<Vec<u8>> {
    let mut editor = Editor::new(document, format.syntax());
    let mut wanted: Vec<Option<New<'_>>> = vec![None; document.nodes.len()];
    let mut is_complete = true;
    for (id, node) in document.nodes.iter().enumerate() {
        let Some(new) = new(id, node) else { continue };
        match editor.replace(number(id), new.clone()) {
            Ok(()) => wanted[id] = Some(new),
            Err(error) => {
                is_no_bug(&error, document.text);
                is_complete = false;
            }
        }
    }
    let text = editor.finish().map_err(|error| is_no_bug(&error, document.text)).ok()?;
    let say = || format!("{} became {}", shown(document.text), shown(&text));
    let again = format.syntax().parse(&text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    super::structure::check(&again);
    let is_compared = |node: &&Node<'_>| with_comments || !matches!(node.content, Content::Comment { .. });
    let found: Vec<&Node<'_>> = again.nodes.iter().filter(is_compared).collect();
    let before: Vec<_> = document.nodes.iter().zip(&wanted).filter(|(node, _)| is_compared(node)).collect();
    assert_eq!(found.len(), before.len(), "{}", say());
    for (now, (was, wanted)) in found.into_iter().zip(before) {
        assert_eq!(now.key, was.key, "{}", say());
        match (&now.content, &was.content) {
            (Content::Leaf { value: now, .. }, Content::Leaf { value: was, .. }) => {
                let wanted = if let Some(New::Value(new)) = wanted { new } else { was };
                // Where all is text, a number or boolean has a spelling of its own.
                if matches!(wanted, Scalar::Text(_)) || !matches!(format, Format::Dotenv | Format::Ini) {
                    assert_eq!(typed(format, now), typed(format, wanted), "{}", say());
                }
            }
            (Content::Comment { text: now }, Content::Comment { text: was }) => {
                let wanted = if let Some(New::Comment(new)) = wanted { new } else { was };
                assert_eq!(shown(now), shown(wanted), "{}", say());
            }
            (Content::Map { end: now }, Content::Map { end: was })
            | (Content::List { end: now }, Content::List { end: was }) => {
                assert!(!with_comments || now == was, "{}", say());
            }
            _ => panic!("another kind of node: {}", say()),
        }
    }
    is_complete.then_some(text)
}

/// What stands in a sealed file.
fn ciphertext(id: usize) -> String {
    format!("ENC[AES256_GCM,data:{id:08},iv:QUJDREVGR0g=,tag:aXY=,type:str]")
}

/// A value made of the text itself, so that the fuzzer finds what is hard to spell.
fn made_up(text: &[u8], id: usize) -> Scalar<'static> {
    let start = (id * 7) % text.len().max(1);
    let piece = &text[start..text.len().min(start + id % 23)];
    let seed = piece.iter().fold(id as i64, |seed, byte| seed.wrapping_mul(0x0100_0193) ^ i64::from(*byte));
    match id % 8 {
        1 => Scalar::Int(seed),
        2 => Scalar::Float(f64::from_bits(seed as u64)),
        3 => Scalar::Bool(seed % 2 == 0),
        4 => Scalar::Time(Timestamp::from_unix(seed.rem_euclid(4_000_000_000))),
        5 if seed % 2 == 0 => Scalar::Null,
        _ => Scalar::Text(Text::from(piece.to_vec())),
    }
}

/// A metadata block goes as it came.
fn metadata(format: Format, document: &Document<'_>) {
    let syntax = format.syntax();
    for layout in [Layout::default(), Layout { indent: Some(2) }] {
        let mut editor = Editor::new(document, syntax);
        // As encrypting does: what would read otherwise is spelled anew.
        editor.remove_shadowed();
        let mut is_same = document.shadowed.is_empty();
        for event in document.walk() {
            let Event::Leaf(id, _, value) = event else { continue };
            if syntax.must_be_respelled(document, id) {
                is_same = false;
                let Err(error) = editor.replace(id, New::Value(value.clone())) else { continue };
                return is_no_bug(&error, document.text);
            }
        }
        for part in 0..document.parts.len() {
            if let Err(error) = editor.set_metadata(part, &block(), layout) {
                return is_no_bug(&error, document.text);
            }
        }
        let with = match editor.finish() {
            Ok(with) => with,
            Err(error) => return is_no_bug(&error, document.text),
        };
        let say = || format!("{} became {}", shown(document.text), shown(&with));
        let again = syntax.parse(&with).unwrap_or_else(|error| panic!("{error}: {}", say()));
        super::structure::check(&again);
        assert_eq!(data(format, &again), data(format, document), "{}", say());
        assert_eq!(again.parts.len(), document.parts.len(), "{}", say());
        for part in &again.parts {
            let found = part.metadata.as_ref().unwrap_or_else(|| panic!("no metadata: {}", say()));
            assert_eq!(flattened(&found.tree), flattened(&block()), "{}", say());
        }
        if is_same {
            assert_eq!(
                shown(&without_metadata(format, &again)),
                shown(&without_metadata(format, document)),
                "{}",
                say()
            );
        }
    }
}

fn without_metadata(format: Format, document: &Document<'_>) -> Vec<u8> {
    let mut editor = Editor::new(document, format.syntax());
    for part in 0..document.parts.len() {
        editor.remove_metadata(part);
    }
    editor.finish().expect("there is nothing to spell")
}

/// A block with every kind of value that one can hold.
fn block() -> Tree {
    let map = |entries: &[(&str, Tree)]| {
        Tree::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    };
    let key = map(&[("enc", Tree::string("-----BEGIN\nYWdl==\n-----END\n")), ("recipient", Tree::string("age1"))]);
    map(&[
        ("age", Tree::List(vec![key.clone(), key])),
        ("lastmodified", Tree::string("2026-11-21T23:11:28Z")),
        ("mac", Tree::string(ciphertext(0))),
        ("mac_only_encrypted", Tree::Leaf(Scalar::Bool(true))),
        ("shamir_threshold", Tree::Leaf(Scalar::Int(2))),
        ("version", Tree::string("3.13.2")),
    ])
}

/// Some formats hold text only, in flat lines.
fn flattened(tree: &Tree) -> Vec<(String, String)> {
    let flat = flat::flatten(tree).into_iter();
    flat.map(|(name, value)| (name, shown(&value.canonical().unwrap_or_default()).to_lowercase())).collect()
}

/// What is printed anew holds the same data.
fn printing(format: Format, document: &Document<'_>) {
    let root = document.parts[0].root;
    for (to, name) in Format::ALL {
        let printed = match to.syntax().emit(document, root, Layout::default()) {
            Ok(printed) => printed,
            Err(error) => {
                is_no_bug(&error, document.text);
                continue;
            }
        };
        let say = || format!("{} as {name} is {}", shown(document.text), shown(&printed));
        let again = to.syntax().parse(&printed);
        if to != format {
            continue;
        }
        let again = again.unwrap_or_else(|error| panic!("{error}: {}", say()));
        // Of a stream the first document is printed.
        let mut first = lines(format, document.walk_range(document.extent(root)));
        let mut again = data(format, &again);
        if format == Format::Toml {
            // Tables stand behind the values of the table around them.
            first.sort();
            again.sort();
        }
        let differ = again.iter().zip(&first).find(|(one, other)| one != other);
        assert!(again.len() == first.len() && differ.is_none(), "{differ:?}: {}", say());
    }
}
