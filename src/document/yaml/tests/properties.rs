//! Any value at any place reads back as itself, and nothing else changes.

use proptest::prelude::*;

use super::{parse, same, same_content, sample_tree};
use crate::document::yaml::Yaml;
use crate::document::{Content, Document, Editor, Layout, New, NodeId, Scalar, Text};

/// Files in which the value `old` is to be replaced.
const PLACES: [&str; 31] = [
    "a: |\n  old\n   \n\nb: keep\n",
    "a: old\nb: keep\n",
    "a: old",
    "a: old # note\nb: keep\n",
    "a: 'old'\nb: keep\n",
    "a: \"old\" # note\nb: keep\n",
    "a: |\n  old\nb: keep\n",
    "a: |\n  old\n\n\nb: keep\n",
    "a: |-\n      old\n# note\nb: keep\n",
    "a: |+\n  old\n\nb: keep\n",
    "a: |2-\n  old\nb: keep\n",
    "a: |-\n  old",
    "a: >-\n  old\nb: keep\n",
    "a: >\n  old\n\nb: keep\n",
    "x: {a: old, b: keep}\n",
    "x: {a: 'old', b: keep}\n",
    "x: [old, keep]\n",
    "x: [keep, old]\n",
    "x: [\n  keep,\n  old # note\n]\nb: keep\n",
    "{\"a\": \"old\", \"b\": \"keep\"}\n",
    "l:\n  - old\n  - keep\n",
    "l:\n- keep\n- old\nb: keep\n",
    "l:\n  - |-\n    old\n  - keep\n",
    "l:\n  - - old\n    - keep\n",
    "l:\n  - k: keep\n    a: old\n  # note\n  - keep\n",
    "m:\n    n:\n        a: |-\n            old\n        b: keep\n",
    "m:\n    n:\n        a: &x old\n        b: keep\n",
    "a: !!str old\nb: keep\n",
    "a: !own old\nb: keep\n",
    "a:\n  old\nb: keep\n",
    "--- # note\na: old\n---\nb: keep\n...\n",
];

fn texts() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        6 => "[a-z]{1,6}",
        3 => Just("\n".to_owned()),
        3 => Just(" ".to_owned()),
        1 => "[-:#?,&*!|>%@`{}'\"\\[\\]\\\\=~<]",
        1 => "[0-9]{1,4}",
        1 => Just(": ".to_owned()),
        1 => Just(" #".to_owned()),
        1 => Just("\t".to_owned()),
        1 => Just("\r".to_owned()),
        1 => any::<char>().prop_map(String::from),
        1 => prop::sample::select(vec!["null", "true", "yes", "---", "...", "0x1f", "1e3", "2001-01-23", "1:20", "\u{85}"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

fn scalars() -> impl Strategy<Value = Scalar<'static>> {
    prop_oneof![
        8 => texts().prop_map(|text| Scalar::Text(text.into())),
        1 => any::<i64>().prop_map(Scalar::Int),
        1 => any::<f64>().prop_filter("NaN has many forms", |value| !value.is_nan()).prop_map(Scalar::Float),
        1 => any::<bool>().prop_map(Scalar::Bool),
        1 => prop::collection::vec(any::<u8>(), 0..6).prop_map(|bytes| Scalar::Text(bytes.into())),
        1 => Just(Scalar::Null),
        1 => (0i64..4_000_000_000).prop_map(|seconds| Scalar::Time(crate::document::Timestamp::from_unix(seconds))),
    ]
}

fn old_value(document: &Document<'_>) -> NodeId {
    let is_old = |node: &crate::document::Node<'_>| matches!(&node.content, Content::Leaf { value: Scalar::Text(text), .. } if text.starts_with(b"old"));
    let at = document.nodes.iter().position(is_old).expect("every place has an old value");
    NodeId(u32::try_from(at).expect("small"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_new_value_reads_back(place in prop::sample::select(&PLACES[..]), crlf in any::<bool>(), value in scalars()) {
        let text = if crlf { place.replace('\n', "\r\n") } else { place.to_owned() };
        let document = parse(text.as_bytes());
        let target = old_value(&document);
        let mut editor = Editor::new(&document, &Yaml);
        editor.replace(target, New::Value(value.clone())).expect("every place can hold every value");
        let changed = editor.finish().expect("no alias is in the way");
        let shown = String::from_utf8_lossy(&changed).into_owned();
        let again = parse_or_show(&changed);
        prop_assert_eq!(again.nodes.len(), document.nodes.len(), "{:?}", shown);
        for (number, (new, old)) in again.nodes.iter().zip(&document.nodes).enumerate() {
            prop_assert_eq!(&new.key, &old.key);
            if number == target.index() {
                let Content::Leaf { value: read, .. } = &new.content else { panic!("a leaf stays a leaf") };
                prop_assert!(same(read, &value), "{:?} is not {:?}", shown, value.canonical());
            } else {
                prop_assert!(same_content(&new.content, &old.content), "{:?}", shown);
            }
        }
    }

    #[test]
    fn metadata_goes_as_it_came(place in prop::sample::select(&PLACES[..]), crlf in any::<bool>(), tail in "[ \n]{0,4}(# note)?[ \n]{0,3}") {
        let text = format!("{place}{tail}");
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let Ok(document) = crate::document::Syntax::parse(&Yaml, text.as_bytes()) else { return Ok(()) };
        let mut editor = Editor::new(&document, &Yaml);
        for part in 0..document.parts.len() {
            editor.set_metadata(part, &sample_tree(), Layout::default()).expect("there is room");
        }
        let with = editor.finish().expect("no alias is in the way");
        let shown = String::from_utf8_lossy(&with).into_owned();
        let again = parse_or_show(&with);
        prop_assert_eq!(again.parts.len(), document.parts.len());
        let mut editor = Editor::new(&again, &Yaml);
        for (part, found) in again.parts.iter().enumerate() {
            let tree = found.metadata.as_ref().map(|block| &block.tree);
            prop_assert_eq!(tree, Some(&sample_tree()), "{}", &shown);
            editor.remove_metadata(part);
        }
        let back = editor.finish().expect("no alias is in the way");
        prop_assert_eq!(String::from_utf8_lossy(&back), text);
    }

    #[test]
    fn a_comment_of_any_text_breaks_nothing(text in texts()) {
        let document = parse(b"a: 1 # one\nl:\n  # two\n  - x\n");
        let kept = text.chars().all(|c| !c.is_control());
        let mut editor = Editor::new(&document, &Yaml);
        for (number, node) in document.nodes.iter().enumerate() {
            if let Content::Comment { .. } = node.content {
                let new = New::Comment(Text::from(text.replace(|c: char| c != '\n' && !super::super::quoting::is_printable(c), "?")));
                editor.replace(NodeId(u32::try_from(number).expect("small")), new).expect("a comment holds any text");
            }
        }
        let changed = editor.finish().expect("no alias is in the way");
        let again = parse_or_show(&changed);
        let leaves = |document: &Document<'_>| document.nodes.iter().filter(|node| matches!(node.content, Content::Leaf { .. })).count();
        prop_assert_eq!(leaves(&again), leaves(&document));
        prop_assert!(!kept || again.nodes.len() == document.nodes.len());
    }
}

fn parse_or_show(text: &[u8]) -> Document<'_> {
    match crate::document::Syntax::parse(&Yaml, text) {
        Ok(document) => document,
        Err(error) => panic!("{error}: {:?}", String::from_utf8_lossy(text)),
    }
}
