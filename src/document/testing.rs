//! What the tests of every format ask: a text whose leaves are changed and changed back, and
//! whose metadata block is added and taken out, is the text before.

use super::tree::Tree;
use super::{Content, Document, Editor, Layout, New, NodeId, Scalar, Spellings, Syntax};

/// A metadata block as SOPS writes it, with every kind of value that one can hold.
pub(super) fn metadata() -> Tree {
    let map = |entries: &[(&str, Tree)]| {
        Tree::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    };
    let age = map(&[("enc", Tree::string("-----BEGIN\nYWdl==\n-----END\n")), ("recipient", Tree::string("age1"))]);
    map(&[
        ("age", Tree::List(vec![age.clone(), age])),
        ("lastmodified", Tree::string("2026-11-21T23:11:28Z")),
        ("mac", Tree::string("ENC[AES256_GCM,data:a/b+,iv:c=,tag:d==,type:str]")),
        ("mac_only_encrypted", Tree::Leaf(Scalar::Bool(true))),
        ("shamir_threshold", Tree::Leaf(Scalar::Int(2))),
        ("version", Tree::string("3.13.2")),
    ])
}

/// Puts ciphertext in place of every leaf and comment that is not empty, and metadata beside them.
pub(super) fn seal(syntax: &'static dyn Syntax, document: &Document<'_>, layout: Layout) -> Vec<u8> {
    let mut changes = Vec::new();
    for (node, id) in document.nodes.iter().zip(0..) {
        let new = match &node.content {
            Content::Leaf { value, .. } if *value == Scalar::Null || *value == Scalar::Text("".into()) => continue,
            Content::Leaf { .. } => New::Value(Scalar::Text("ENC[AES256_GCM,data:x/+=,type:str]".into())),
            Content::Comment { text } if !text.is_empty() => New::Comment("ENC[x,type:comment]".into()),
            _ => continue,
        };
        changes.push((NodeId(id), new));
    }
    changed(syntax, document, &changes, b"", |editor| {
        editor.remove_shadowed();
        editor.replace_unread();
        editor.set_metadata(0, &metadata(), layout).expect("the file holds metadata");
    })
}

/// A text with changes, which comes out the same however they are handed over: one by one, or in
/// runs that are taken over.
fn changed(
    syntax: &'static dyn Syntax,
    document: &Document<'_>,
    changes: &[(NodeId, New<'_>)],
    like: &[u8],
    finish: impl Fn(&mut Editor<'_, '_>),
) -> Vec<u8> {
    let mut editor = Editor::new(document, syntax);
    for (node, new) in changes {
        editor.replace(*node, new.clone()).expect("the place holds it");
    }
    finish(&mut editor);
    let (mut notes, mut noted) = (Vec::new(), Vec::new());
    let text = editor.finish_noting(|node, at| notes.push((node, at))).expect("the format has no aliases");
    let text = text.unwrap_or_default();

    let mut editor = Editor::towards(document, syntax, like);
    for changes in changes.chunks(2) {
        let mut run = Spellings::new(2, true);
        for (node, new) in changes {
            run.add(document, syntax, *node, new.clone()).expect("the place holds it");
        }
        editor.take(run, |node, at| noted.push((node, at)));
    }
    finish(&mut editor);
    let taken = editor.finish_noting(|node, at| noted.push((node, at))).expect("the format has no aliases");
    assert_eq!(taken.as_deref().unwrap_or(like), text, "{}", String::from_utf8_lossy(document.text));
    assert_eq!(taken.is_none(), text == like, "{}", String::from_utf8_lossy(document.text));
    assert_eq!(noted, notes, "{}", String::from_utf8_lossy(document.text));
    text
}

/// Seals a text, reads the result and undoes it all.
pub(super) fn there_and_back(syntax: &'static dyn Syntax, text: &[u8], layout: Layout) -> Vec<u8> {
    let plain = syntax.parse(text).expect("the text is well-formed");
    assert!(plain.parts[0].metadata.is_none(), "a plain text has no metadata");
    let sealed_text = seal(syntax, &plain, layout);
    let shown = String::from_utf8_lossy(&sealed_text);
    let sealed = syntax.parse(&sealed_text).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(sealed.nodes.len(), plain.nodes.len(), "{shown}");
    let mut changes = Vec::new();
    for ((node, was), id) in sealed.nodes.iter().zip(&plain.nodes).zip(0..) {
        assert_eq!(node.key, was.key, "{shown}");
        let new = match (&node.content, &was.content) {
            (Content::Leaf { .. }, Content::Leaf { value, .. }) => New::Value(value.clone()),
            (Content::Comment { .. }, Content::Comment { text }) => New::Comment(text.clone()),
            _ => continue,
        };
        changes.push((NodeId(id), new));
    }
    changed(syntax, &sealed, &changes, text, |editor| editor.remove_metadata(0))
}
