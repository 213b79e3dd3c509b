//! What the tests of every format ask: a text whose leaves are changed and changed back, and
//! whose metadata block is added and taken out, is the text before.

use super::tree::Tree;
use super::{Content, Document, Editor, Layout, New, Scalar, Syntax};

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
    let mut editor = Editor::new(document, syntax);
    for (node, id) in document.nodes.iter().zip(0..) {
        let new = match &node.content {
            Content::Leaf { value, .. } if *value == Scalar::Null || *value == Scalar::Text("".into()) => continue,
            Content::Leaf { .. } => New::Value(Scalar::Text("ENC[AES256_GCM,data:x/+=,type:str]".into())),
            Content::Comment { text } if !text.is_empty() => New::Comment("ENC[x,type:comment]".into()),
            _ => continue,
        };
        editor.replace(super::NodeId(id), new).expect("the place holds a ciphertext");
    }
    editor.remove_shadowed();
    editor.set_metadata(0, &metadata(), layout).expect("the file holds metadata");
    editor.finish().expect("the format has no aliases")
}

/// Seals a text, reads the result and undoes it all.
pub(super) fn there_and_back(syntax: &'static dyn Syntax, text: &[u8], layout: Layout) -> Vec<u8> {
    let plain = syntax.parse(text).expect("the text is well-formed");
    assert!(plain.parts[0].metadata.is_none(), "a plain text has no metadata");
    let sealed_text = seal(syntax, &plain, layout);
    let shown = String::from_utf8_lossy(&sealed_text);
    let sealed = syntax.parse(&sealed_text).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(sealed.nodes.len(), plain.nodes.len(), "{shown}");
    let mut editor = Editor::new(&sealed, syntax);
    for ((node, was), id) in sealed.nodes.iter().zip(&plain.nodes).zip(0..) {
        assert_eq!(node.key, was.key, "{shown}");
        let new = match (&node.content, &was.content) {
            (Content::Leaf { .. }, Content::Leaf { value, .. }) => New::Value(value.clone()),
            (Content::Comment { .. }, Content::Comment { text }) => New::Comment(text.clone()),
            _ => continue,
        };
        editor.replace(super::NodeId(id), new).expect("the place held it before");
    }
    editor.remove_metadata(0);
    editor.finish().expect("the format has no aliases")
}
