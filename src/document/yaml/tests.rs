//! Tests of the YAML syntax. What SOPS does was seen from the real one, version 3.11.

mod corpus;
mod properties;

use super::*;
use crate::document::change;
use crate::document::{Editor, Event, KeyPath, Step, Text};

/// A ciphertext of the right shape for the node with this number.
fn ciphertext(number: usize) -> String {
    format!("ENC[AES256_GCM,data:{:08},iv:QUJDREVGR0g=,tag:aXY=,type:str]", number)
}

fn parse(text: &[u8]) -> Document<'_> {
    Yaml.parse(text).expect("the text is valid")
}

fn sample_tree() -> Tree {
    Tree::Map(vec![
        (
            "age".into(),
            Tree::List(vec![Tree::Map(vec![
                ("enc".into(), Tree::string("-----BEGIN-----\nAAAA\n-----END-----\n")),
                ("recipient".into(), Tree::string("age1xyz")),
            ])]),
        ),
        ("lastmodified".into(), Tree::string("2026-11-21T22:57:02Z")),
        ("mac".into(), Tree::string(ciphertext(7))),
        ("shamir_threshold".into(), Tree::Leaf(Scalar::Int(2))),
        ("version".into(), Tree::string("3.13.2")),
    ])
}

/// Gives every leaf and comment a ciphertext and every document a metadata block.
fn seal(text: &[u8]) -> Result<Vec<u8>, String> {
    let document = Yaml.parse(text).map_err(|error| error.message)?;
    let mut editor = Editor::new(&document, &Yaml);
    for (number, node) in document.nodes.iter().enumerate() {
        let id = NodeId(u32::try_from(number).expect("small"));
        let sealed = Text::from(ciphertext(number));
        let new = match &node.content {
            Content::Leaf { value: Scalar::Null, .. } => continue,
            Content::Leaf { value: Scalar::Text(text), .. } if text.is_empty() => continue,
            Content::Leaf { .. } => New::Value(Scalar::Text(sealed)),
            Content::Comment { .. } => New::Comment(sealed),
            _ => continue,
        };
        editor.replace(id, new).map_err(|error| error.0)?;
    }
    for part in 0..document.parts.len() {
        editor.set_metadata(part, &sample_tree(), Layout::default()).map_err(|error| error.0)?;
    }
    editor.finish().map_err(|error| error.0)
}

/// Puts the contents of one document back into its sealed twin, and takes the metadata out.
fn unseal(sealed: &[u8], plain: &Document<'_>) -> Result<Vec<u8>, String> {
    let document = Yaml.parse(sealed).map_err(|error| format!("sealed: {}", error.message))?;
    if document.nodes.len() != plain.nodes.len() {
        return Err("sealed: another number of nodes".into());
    }
    let mut editor = Editor::new(&document, &Yaml);
    for (number, (node, old)) in document.nodes.iter().zip(&plain.nodes).enumerate() {
        let id = NodeId(u32::try_from(number).expect("small"));
        if node.key != old.key {
            return Err("sealed: another order".into());
        }
        let expected = ciphertext(number);
        match (&node.content, &old.content) {
            (Content::Leaf { value: Scalar::Text(text), .. }, Content::Leaf { value, .. })
                if **text == *expected.as_bytes() =>
            {
                editor.replace(id, New::Value(value.clone())).map_err(|error| error.0)?;
            }
            (Content::Comment { text }, Content::Comment { text: old }) if **text == *expected.as_bytes() => {
                editor.replace(id, New::Comment(old.clone())).map_err(|error| error.0)?;
            }
            (Content::Leaf { value, .. }, Content::Leaf { value: old, .. }) if same(value, old) => {}
            (Content::Map { end }, Content::Map { end: old }) | (Content::List { end }, Content::List { end: old })
                if end == old => {}
            _ => return Err("sealed: another content".into()),
        }
    }
    for (part, found) in document.parts.iter().enumerate() {
        let block = found.metadata.as_ref().ok_or("sealed: no metadata")?;
        if block.tree != sample_tree() {
            return Err("sealed: other metadata".into());
        }
        editor.remove_metadata(part);
    }
    editor.finish().map_err(|error| error.0)
}

fn same(left: &Scalar<'_>, right: &Scalar<'_>) -> bool {
    match (left, right) {
        (Scalar::Float(left), Scalar::Float(right)) => left.to_bits() == right.to_bits(),
        _ => left == right,
    }
}

fn same_content(left: &Content<'_>, right: &Content<'_>) -> bool {
    match (left, right) {
        (Content::Leaf { value: left, .. }, Content::Leaf { value: right, .. }) => same(left, right),
        (Content::Comment { text: left }, Content::Comment { text: right }) => left == right,
        (Content::Map { end: left }, Content::Map { end: right })
        | (Content::List { end: left }, Content::List { end: right }) => left == right,
        _ => false,
    }
}

/// Every node on a line: its path as SOPS binds it to a ciphertext, its type and its content.
fn walk(text: &str) -> Vec<String> {
    let document = parse(text.as_bytes());
    let mut path = Vec::new();
    let mut lines = Vec::new();
    for event in document.walk() {
        let key =
            |node: &crate::document::Node<'_>| node.key.as_deref().map(|key| format!("{key}:")).unwrap_or_default();
        match event {
            Event::Enter(_, node) => path.push(key(node)),
            Event::Leave => {
                path.pop();
            }
            Event::Leaf(_, node, value) => {
                let bytes = value.canonical().unwrap_or_default();
                lines.push(format!("{}{} {}", path.concat(), key(node), String::from_utf8_lossy(&bytes)));
            }
            Event::Comment(_, _, text) => lines.push(format!("{}#{}", path.concat(), text.as_str().unwrap_or("?"))),
        }
    }
    lines
}

fn message(text: &str) -> String {
    Yaml.parse(text.as_bytes()).expect_err("the text is not valid").message
}

#[test]
fn comments_belong_to_the_container_that_sops_says() {
    for (text, expected) in [
        ("# head\na: 1\n", &["#head", "a: 1"][..]),
        ("a: 1 # in\nb: 2\n", &["#in", "a: 1", "b: 2"]),
        // The comment behind a key goes with the key, unless the value begins on the same line.
        ("a: # note\n  b: 1\n", &["#note", "a:b: 1"]),
        ("a: {b: 1} # note\n", &["a:#note", "a:b: 1"]),
        ("a: &x # note\n  b: 1\n", &["a:#note", "a:b: 1"]),
        ("a:\n  # head\n  b: 1\n", &["a:#head", "a:b: 1"]),
        ("l:\n  # head\n  - 1 # in\n  - # behind\n    k: 2\n", &["l:#head", "l:#in", "l: 1", "l:#behind", "l:k: 2"]),
        ("l:\n  - k: 1\n  # two\n  - k: 2\n", &["l:k: 1", "l:#two", "l:k: 2"]),
        ("a:\n  b: 1\n  # tail\nc: 2\n", &["a:b: 1", "a:#tail", "c: 2"]),
        ("a:\n  b: 1\n# head\nc: 2\n", &["a:b: 1", "#head", "c: 2"]),
        ("a:\n  b: 1\n  # tail\n", &["a:b: 1", "a:#tail"]),
        ("a:\n  b: 1\n\n# last\n", &["a:b: 1", "#last"]),
        // Below its block, but not in the column of what follows: a foot of the inner block,
        // unless a blank line cuts it off.
        ("a:\n  b:\n    c: 1\n  # note\nd: 2\n", &["a:b:c: 1", "a:b:#note", "d: 2"]),
        ("a:\n  b:\n    c: 1\n  # note\n\nd: 2\n", &["a:b:c: 1", "a:#note", "d: 2"]),
        ("a: 1\n# one\n# two\n\n# three\nb: 2\n", &["a: 1", "#one", "#two", "#three", "b: 2"]),
        ("a: | # note\n  text\n", &["#note", "a: text\n"]),
        ("l: [1, # one\n  2]\n", &["l:#one", "l: 1", "l: 2"]),
        // Left of the top, and read as if the metadata followed in the column of the top.
        (" l:\n  - 1\n# last\n", &["l: 1", "l:#last"]),
        (" l:\n  - 1\n# one\n---\nl:\n  - 1\n# two\n", &["l: 1", "l:#one", "l: 1", "#two"]),
        ("a: 1\n# of the first\n---\nb: 2\n", &["a: 1", "#of the first", "b: 2"]),
    ] {
        let walked: Vec<_> = walk(text).iter().map(|line| line.replace("# ", "#")).collect();
        assert_eq!(walked, expected, "{text}");
    }
}

#[test]
fn plain_scalars_resolve_as_in_sops() {
    for (spelling, kind, canonical) in [
        ("TRUE", "Bool", "True"),
        ("yes", "Text", "yes"),
        ("0777", "Int", "511"),
        ("0o17", "Int", "15"),
        ("-0x1F", "Int", "-31"),
        ("0b-1", "Int", "-1"),
        ("08", "Float", "8"),
        ("1_000", "Int", "1000"),
        ("_1", "Text", "_1"),
        (".5_0", "Float", "0.5"),
        ("1.", "Float", "1"),
        ("1e400", "Text", "1e400"),
        ("9223372036854775808", "Uint", ""),
        ("18446744073709551616", "Float", "18446744073709552000"),
        ("+.Inf", "Float", "+Inf"),
        (".nan", "Float", "NaN"),
        ("1.2.3", "Text", "1.2.3"),
        ("1:20", "Text", "1:20"),
        ("2001-1-2", "Time", "2001-01-02T00:00:00Z"),
        ("2001-01-23T01:02:03", "Text", "2001-01-23T01:02:03"),
        ("2001-01-23T01:02:03,5+01:30", "Time", "2001-01-23T01:02:03.5+01:30"),
        ("2001-01-23  1:2:3", "Time", "2001-01-23T01:02:03Z"),
        ("2001-02-30", "Text", "2001-02-30"),
        ("!!str 5", "Text", "5"),
        ("!!int \"5\"", "Int", "5"),
        ("!!float 3", "Float", "3"),
        ("!!binary aGk=", "Text", "hi"),
        ("!own 5", "Text", "5"),
        ("! 5", "Int", "5"),
        ("<<", "Text", "<<"),
    ] {
        let text = format!("a: {spelling}\n");
        let document = parse(text.as_bytes());
        let Content::Leaf { value, .. } = &document.nodes[1].content else { panic!("{spelling} is no leaf") };
        assert!(format!("{value:?}").starts_with(kind), "{spelling} is {value:?}");
        assert_eq!(&*value.canonical().unwrap_or_default(), canonical.as_bytes(), "{spelling}");
    }
}

#[test]
fn what_sops_cannot_hold_is_refused() {
    for (text, expected) in [
        ("", "the file is empty"),
        ("# only a comment\n", "the file holds no document"),
        ("- a\n", "the top of a document must be a map, not a list"),
        ("a\n", "the top of a document must be a map, not a single value"),
        ("1: a\n", "a key must be a string"),
        ("null: a\n", "a key must be a string"),
        ("? {a: b}\n: c\n", "a map or list cannot be a key"),
        ("a: 1\nb: {c: 1, c: 2}\n", "the key `c` occurs twice in one map"),
        ("a: 1\n---\nb: 1\nb: 2\n", "the key `b` occurs twice in one map"),
        ("a: !!int x\n", "the value does not fit its tag"),
        ("a: *x\n", "this alias refers to no anchor before it"),
        ("a: &x\n  b: *x\n", "this alias refers to a value that it is a part of"),
        ("a: &x k\nb:\n  *x : 1\n", "a key must be a string, not an alias"),
        ("sops: &x {}\na: *x\n", "this alias refers into the metadata block"),
        ("a: \0\n", "unexpected character"),
        ("a: \"b\n--- c\"\n", "a text in quotes goes on no further in than what is around it"),
    ] {
        assert_eq!(message(text), expected, "{text:?}");
    }
    assert!(Yaml.parse(b"").expect_err("there is nothing").empty);
    assert!(!Yaml.parse(b"# c\n").expect_err("there is no document").empty);
}

#[test]
fn deep_nesting_and_alias_bombs_end_in_errors() {
    assert_eq!(message(&format!("a: {}", "[".repeat(100_000))), "nested more than 10000 levels deep");
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let row = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{row}]\n"));
    }
    assert_eq!(message(&bomb), "aliases stand for too many values");
    let long = format!("a: &a \"\\n{}\"\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 2000].join(", "));
    assert_eq!(message(&long), "aliases stand for too much text");
}

#[test]
fn aliases_become_copies() {
    let document = parse(b"a: &x {k: 1}\nb: *x\nc: [*x]\n");
    assert_eq!(walk("a: &x {k: 1}\nb: *x\nc: [*x]\n"), ["a:k: 1", "b:k: 1", "c:k: 1"]);
    let first = &document.aliases[0];
    assert_eq!((document.source(first.span), first.nodes.clone(), first.target), (&b"*x"[..], 3..5, NodeId(1)));
}

#[test]
fn changed_aliases_are_written_out() {
    for (text, expected) in [
        ("a: &x\n  k: v\nb: *x\nc: 1\n", "a: &x\n  k: NEW\nb:\n    k: NEW\nc: NEW\n"),
        ("a: &x {k: v}\nl:\n- *x\n- 1\n", "a: &x {k: NEW}\nl:\n- k: NEW\n- NEW\n"),
        ("a: &x [v]\nb: {c: *x}\n", "a: &x [NEW]\nb: {c: [\"NEW\"]}\n"),
        ("a: &x v\nb: *x\n", "a: &x NEW\nb: NEW\n"),
        ("a: &x {k: v}\nb:\n  <<: *x\n", "a: &x {k: NEW}\nb:\n  <<:\n      k: NEW\n"),
    ] {
        let document = parse(text.as_bytes());
        let mut editor = Editor::new(&document, &Yaml);
        for (number, node) in document.nodes.iter().enumerate() {
            if let Content::Leaf { .. } = node.content {
                let id = NodeId(u32::try_from(number).expect("small"));
                editor.replace(id, New::Value(Scalar::Text("NEW".into()))).expect("the place can hold it");
            }
        }
        let changed = editor.finish().expect("the aliases can be written out");
        assert_eq!(String::from_utf8_lossy(&changed), expected);
    }
}

#[test]
fn sealing_and_opening_gives_the_same_bytes() {
    for text in [
        "a: plain\nb: 'it''s'\nc: \"two\\nlines\"\nd: 12\ne: true\nf: 1.5\n",
        "a: |\n  one\n   two\n\n  three\n\nb: |-\n      deep\nc: |+\n  kept\n\n\nd: >-\n  folded\n",
        "a: |2\n    indented\n  text\nb: x\n",
        "a: | # note\n  text\nb: >- # why\n  text\n",
        "list: [a, 'b', \"c\", 1, null]\nmap: {k: v, w: 'x', y: yes}\n",
        "a: yes\nb: 12:30\nc: off # note\nd: \"no\"\n",
        "# head\na: 1 # in\nl:\n  # first\n  - x\n  # last\n# end\n",
        "a: 1\n\n\n",
        "a: 1",
        "a: 1   \n",
        "a: |+\n  x\n\n",
        "{\"a\": \"b\", \"c\": [1, {\"d\": null}]}\n",
        "{a: b,}\n",
        "{}",
        "---\n",
        "---\na: 1\n# end\n---\nb: 2\n...\n",
        "  a: 1\n  b: 2\n",
        "\u{feff}a: 1\n",
        "a: !!str x\nb: &x y\nc: !own z\n",
        "k\u{e9}: \u{1f511} n\u{e4}chster\n",
        "a:\n- x\n-\n  - y\n- - z\n",
        "a: 1.0\nb: -3\nc: 1e+06\n",
    ] {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let document = parse(text.as_bytes());
            let sealed = seal(text.as_bytes()).expect("everything can be sealed");
            let back = unseal(&sealed, &document).expect("everything can be opened");
            assert_eq!(String::from_utf8_lossy(&back), text, "{}", String::from_utf8_lossy(&sealed));
        }
    }
}

#[test]
fn blanks_beyond_the_indentation_are_content() {
    for text in ["a: |\n  x\n   \n\nb: 1\n", "a: |\n  x\n   ", "a: >-\n  x\n\n    \nb: 1\n"] {
        let document = parse(text.as_bytes());
        let sealed = seal(text.as_bytes()).expect("everything can be sealed");
        let back = unseal(&sealed, &document).expect("everything can be opened");
        let same = parse(&back).nodes.iter().zip(&document.nodes).all(|(a, b)| same_content(&a.content, &b.content));
        assert!(same, "{}", String::from_utf8_lossy(&back));
    }
}

#[test]
fn a_list_element_of_sops_becomes_the_comment_it_is() {
    let text = format!("l:\n    - {}\n    - x\n", ciphertext(2));
    let document = parse(text.as_bytes());
    let splice = Yaml.spell(&document, NodeId(2), &New::Comment(" one\n two".into())).expect("it is in a list");
    let mut out = text.as_bytes()[..splice.span.start as usize].to_vec();
    out.extend_from_slice(&splice.text);
    out.extend_from_slice(&text.as_bytes()[splice.span.end as usize..]);
    assert_eq!(String::from_utf8_lossy(&out), "l:\n    # one\n    # two\n    - x\n");
}

#[test]
fn a_list_of_comments_of_sops_stays_a_list() {
    let one = "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:comment]";
    for (sealed, plain) in [
        ("l:\n- {}\nm: 1\n", "l:\n []\n# note\nm: 1\n"),
        ("l:\n  - {}\n  - {}\n", "l:\n   []\n  # note\n  # note\n"),
        ("l:\n  - - {}\n", "l:\n  - [] # note\n"),
        ("l:\r\n  - {}\r\n", "l:\r\n   []\r\n  # note\r\n"),
        ("l:\n  - {}\n  - x\n", "l:\n  # note\n  - x\n"),
    ] {
        let text = sealed.replace("{}", one);
        let document = parse(text.as_bytes());
        let mut editor = Editor::new(&document, &Yaml);
        for (id, node) in (0..).map(NodeId).zip(&document.nodes) {
            if matches!(&node.content, Content::Leaf { value: Scalar::Text(text), .. } if **text == *one.as_bytes()) {
                editor.replace(id, New::Comment(" note".into())).expect("it is in a list");
            }
        }
        let out = editor.finish().expect("nothing overlaps");
        assert_eq!(String::from_utf8_lossy(&out), plain);
        let list = parse(&out).find(&crate::document::KeyPath::parse("l").expect("is a path")).expect("is there");
        assert!(matches!(parse(&out).node(list).content, Content::List { .. }), "{plain}");
    }
}

#[test]
fn the_metadata_block_is_in_the_layout_of_sops() {
    let document = parse(b"a: 1\n");
    let splices = Yaml.metadata(&document, 0, &sample_tree(), Layout::default()).expect("there is room");
    let expected = "\nsops:\n    age:\n        - enc: |\n            -----BEGIN-----\n            AAAA\n            -----END-----\n          recipient: age1xyz\n    lastmodified: \"2026-11-21T22:57:02Z\"\n    mac: ENC[AES256_GCM,data:00000007,iv:QUJDREVGR0g=,tag:aXY=,type:str]\n    shamir_threshold: 2\n    version: 3.13.2";
    assert_eq!(String::from_utf8_lossy(&splices[0].text), expected);
    assert_eq!(splices[0].span.range(), 4..4);
}

#[test]
fn an_existing_block_is_replaced_in_place() {
    for text in [
        "a: 1\nsops:\n    mac: old\n",
        "a: 1\nsops: {mac: old}\nb: 2\n",
        "sops:\n    mac: old\na: 1\n",
        "{\"a\": 1, \"sops\": {\"mac\": \"old\"}}\n",
        "{\"sops\": {\"mac\": \"old\"}, \"a\": 1}\n",
        "a: 1\nsops:\n    lastmodified: 2024-01-02T03:04:05Z # when\n    kms: []\n    pgp:\n# after\n",
    ] {
        let document = parse(text.as_bytes());
        let plain = walk(text);
        let mut editor = Editor::new(&document, &Yaml);
        editor.set_metadata(0, &sample_tree(), Layout::default()).expect("there is room");
        let changed = editor.finish().expect("no alias is in the way");
        let again = parse(&changed);
        assert_eq!(again.parts[0].metadata.as_ref().map(|block| &block.tree), Some(&sample_tree()), "{text}");
        assert_eq!(walk(std::str::from_utf8(&changed).expect("UTF-8")), plain, "{text}");
    }
}

#[test]
fn timestamps_of_the_metadata_are_text() {
    let document = parse(b"a: 1\nsops:\n  lastmodified: 2024-01-02T03:04:05Z\n");
    let block = document.parts[0].metadata.as_ref().expect("there is a block");
    assert_eq!(block.tree.get("lastmodified"), Some(&Tree::string("2024-01-02T03:04:05Z")));
}

#[test]
fn nodes_are_printed_as_sops_prints_them() {
    let text = "# head\na: {b: [1, {c: x, d: {e: z}}], 'n': ''}\nl: [[1, 2], {}, []]\nt: \"two\\nlines\\n\"\nf: 1234567.5\ng: 1.0\nd: 2001-01-23\nq: 'a: b'\nh: \"\\ta\"\ni: '12:30'\n";
    let expected = "# head\na:\n    b:\n        - 1\n        - c: x\n          d:\n            e: z\n    \"n\": \"\"\nl:\n    - - 1\n      - 2\n    - {}\n    - []\nt: |\n    two\n    lines\nf: 1.2345675e+06\ng: 1\nd: 2001-01-23T00:00:00Z\nq: 'a: b'\nh: \"\\ta\"\ni: \"12:30\"\n";
    let document = parse(text.as_bytes());
    let printed = Yaml.emit(&document, NodeId(0), Layout::default()).expect("YAML can hold YAML");
    assert_eq!(String::from_utf8_lossy(&printed), expected);
    let value = Yaml.emit(&document, NodeId(4), Layout::default()).expect("a scalar prints");
    assert_eq!(value, b"1\n");
}

/// What go-yaml reads otherwise than granit, and SOPS with it.
#[test]
fn readers_that_differ_are_followed_or_refused() {
    let value = |text: &str, at: usize| match &Yaml.parse(text.as_bytes()).expect(text).nodes[at].content {
        Content::Leaf { value: Scalar::Text(text), .. } => text.as_str().map(str::to_owned),
        _ => None,
    };
    for (text, expected) in [
        ("a: |\n  x", "x"),
        ("a: |+\n  x", "x"),
        ("a: >\n  x", "x"),
        ("a: |\n  x\n", "x\n"),
        ("a: |\n  x\n\nb: 1", "x\n"),
    ] {
        assert_eq!(value(text, 1).as_deref(), Some(expected), "{text:?}");
    }
    let error = Yaml.parse("# note\n\u{feff}a: 1\n".as_bytes()).expect_err("is ambiguous");
    assert!(error.message.contains("byte order mark"), "{error}");
    assert!(Yaml.parse("\u{feff}a: 1\n".as_bytes()).is_ok());
    let colons = ["x: [a:]", "x: {a:}", "x: [a:, b]", "x: [a::]", "x: [!t :a]", "x: {!t :a : b}", "x: [&a :b]"];
    let question_marks = ["{?a: b}", "x: [?a]"];
    let anchors = ["x: &a:b c", "x: &a:b\n  c: d", "x: &a? [b]", "x: &b@ !!str c", "&a%: x"];
    let keys = ["? |\n  a", "x: y\n? >+\n  a"];
    for text in [&colons[..], &question_marks[..], &anchors[..], &keys[..]].concat() {
        let error = Yaml.parse(text.as_bytes()).expect_err(text);
        assert!(error.message.contains("two ways"), "{text}: {error}");
    }
    let fine = [
        "x: [\"a\":]",
        "x: [a: ]",
        "x: {a: , b: 1}",
        "a:\nb: 1",
        "?a: b",
        "x: [\"?a\", a?]",
        "x: &a b:c\ny: *a",
        "? |-\n  a",
        "? |\n  a\n",
    ];
    for text in fine {
        assert!(Yaml.parse(text.as_bytes()).is_ok(), "{text}");
    }
}

/// Writes a value or comment in place of `old`, and gives the text when it has been read again.
fn written(text: &str, new: New<'_>) -> String {
    let document = parse(text.as_bytes());
    let is_old = |node: &crate::document::Node<'_>| match &node.content {
        Content::Leaf { value: Scalar::Text(text), .. } | Content::Comment { text } => text.starts_with(b"old"),
        _ => false,
    };
    let at = document.nodes.iter().position(is_old).expect("there is an old value");
    let mut editor = Editor::new(&document, &Yaml);
    let expected = new.clone();
    editor.replace(NodeId(u32::try_from(at).expect("small")), new).expect("the place can hold it");
    let out = String::from_utf8(editor.finish().expect("no alias is in the way")).expect("UTF-8");
    let again = Yaml.parse(out.as_bytes()).unwrap_or_else(|error| panic!("{error}: {out:?}"));
    assert_eq!(again.nodes.len(), document.nodes.len(), "{out:?}");
    match (&again.nodes[at].content, &expected) {
        (Content::Leaf { value: read, .. }, New::Value(value)) => assert!(same(read, value), "{out:?}"),
        (Content::Comment { text }, New::Comment(comment)) => assert_eq!(text, comment),
        _ => panic!("another kind of node: {out:?}"),
    }
    out
}

/// What stands between brackets is read as a sign by go-yaml, or by this reader, where it would be
/// a text elsewhere.
#[test]
fn signs_of_flow_collections_are_put_in_quotes() {
    for value in ["?a", "?", "a?", "a? b", "a ?b", ":a", "::", "a:", "a::", "?:", "-", "-?", "*a", "&a:b c"] {
        let new = || New::Value(Scalar::Text(value.into()));
        for (text, around) in [
            ("x: {a: old, b: keep}\n", ("x: {a: ", ", b: keep}\n")),
            ("x: [old]", ("x: [", "]")),
            ("x: [!!str old]", ("x: [!!str ", "]")),
            ("x: [&a old, b]", ("x: [&a ", ", b]")),
            ("x: [\r  old # note\r]\r", ("x: [\r  ", " # note\r]\r")),
        ] {
            assert_eq!(written(text, new()), format!("{}'{value}'{}", around.0, around.1));
        }
        written("x: old\n", new());
        written("x: !!str old\n", new());
        written("x:\n- old\n", new());
        written("x: &a old\n", new());
    }
    for value in ["?a", "a? b", ":a"] {
        assert_eq!(written("x: old\n", New::Value(Scalar::Text(value.into()))), format!("x: {value}\n"));
    }
}

/// Between brackets SOPS cannot read these; without it in the way they come back as they were.
#[test]
fn bare_signs_in_a_flow_collection_come_back_bare() {
    let text = "x: [https://host/?a=b, :c, !!str d?]\n";
    let document = parse(text.as_bytes());
    let sealed = seal(text.as_bytes()).expect("everything can be sealed");
    assert_eq!(unseal(&sealed, &document).as_deref(), Ok(text.as_bytes()));
}

#[test]
fn keys_that_look_like_signs_are_put_in_quotes_between_brackets() {
    for key in ["?a", "?", "a?", ":a", "a:", "a::", "&a:b", "\u{feff}a", "a\u{feff}"] {
        for text in
            ["{a: 1}\n", "{a: 1, b:\n}\n", "{a: 1, b: }\n", "{}\n", "{\"a\": 1}\n", "a: 1\n", "a: {b: 1}\n", "a: {}\n"]
        {
            let inner = KeyPath::parse("a").expect("is a path");
            for top in [KeyPath(Vec::new()), inner].into_iter().take(if text.contains("a: {") { 2 } else { 1 }) {
                let path = KeyPath([top.0, vec![Step::Key(key.to_owned())]].concat());
                let value = Tree::Map(vec![(key.to_owned(), Tree::string(key))]);
                let change = change::Change::Set(&value);
                let nothing = |_: &Document<'_>| std::collections::HashSet::new();
                let out = change::apply(&Yaml, text.as_bytes(), &path, change, change::Manner::default(), &nothing);
                let out = out.expect("there is room");
                let shown = String::from_utf8_lossy(&out);
                let again = Yaml.parse(&out).unwrap_or_else(|error| panic!("{error}: {shown}"));
                let keys = again.nodes.iter().filter(|node| node.key.as_deref() == Some(key)).count();
                assert_eq!(keys, 2, "{shown}");
            }
        }
    }
}

/// A byte order mark that begins a line, and blanks behind the last block, are refused: so they are
/// not written, as a value or as a comment.
#[test]
fn what_the_reader_takes_in_two_ways_is_not_written() {
    for value in ["\u{feff}", "\u{feff}a", "a\n\u{feff}b", "a\n ", "a\n \n", "\n", " \n", "a\n \n\n", "a\n\t"] {
        for text in [
            "x: old",
            "x: old\n",
            "x: |\n  old",
            "x: |\n  old\n",
            "x: |+\n  old\n",
            "x: |-\n  old\n   \n",
            "x: >\n  old\n  ",
            "x: >\n  old\n\n \n",
            "x: |2\n  old\n",
            "x:\n- |\n old",
            "x: 'old'",
            "x: {y: old}",
        ] {
            written(text, New::Value(Scalar::Text(value.into())));
        }
    }
    for comment in ["\u{feff}", " &a:b", " ?", "\u{feff} &a:b\t#", " [a:]"] {
        for text in ["x: &a 1 #old", "x: &a #old\n  y: 1\n", "#old\nx: 1\n", "x: [1, #old\n 2]", "x: &a\n#old\n - 1\n"]
        {
            written(text, New::Comment(comment.into()));
        }
    }
}

/// The break before the metadata goes with it, so that a block could not end with one.
#[test]
fn a_block_is_not_put_where_its_last_line_break_will_go() {
    for text in ["a: ENC\nsops:\n    mac: x", "a: |-\n  ENC\nsops:\n    mac: x", "l:\n- ENC  \nsops: {}"] {
        let document = parse(text.as_bytes());
        let is_old = |node: &crate::document::Node<'_>| matches!(&node.content, Content::Leaf { value: Scalar::Text(text), .. } if &**text == b"ENC");
        let at = document.nodes.iter().position(is_old).expect("is there");
        let mut editor = Editor::new(&document, &Yaml);
        let id = NodeId(u32::try_from(at).expect("small"));
        editor.replace(id, New::Value(Scalar::Text("one\ntwo\n".into()))).expect("the place can hold it");
        editor.remove_metadata(0);
        let plain = editor.finish().expect("no alias is in the way");
        let Content::Leaf { value, .. } = &parse(&plain).nodes[at].content else { panic!("a leaf stays a leaf") };
        assert!(same(value, &Scalar::Text("one\ntwo\n".into())), "{}", String::from_utf8_lossy(&plain));
    }
}

#[test]
fn negative_zero_stays_a_float_where_an_alias_is_written_out() {
    for text in ["a: &x {k: v, n: -0.0}\nb: *x\n", "a: &x\n- -0.0\n- v\nb: *x\nc: [*x]\n"] {
        let document = parse(text.as_bytes());
        let mut editor = Editor::new(&document, &Yaml);
        for (id, node) in (0..).map(NodeId).zip(&document.nodes) {
            if matches!(&node.content, Content::Leaf { value: Scalar::Text(_), .. }) {
                editor.replace(id, New::Value(Scalar::Text("NEW".into()))).expect("the place can hold it");
            }
        }
        let changed = editor.finish().expect("the aliases can be written out");
        for (now, was) in parse(&changed).nodes.iter().zip(&document.nodes) {
            if let Content::Leaf { value: was @ Scalar::Float(_), .. } = &was.content {
                let Content::Leaf { value: now, .. } = &now.content else { panic!("a leaf stays a leaf") };
                assert!(same(now, was), "{}", String::from_utf8_lossy(&changed));
            }
        }
    }
}

#[test]
fn line_breaks_are_those_of_the_line() {
    for (text, at, expected) in [
        ("a\nb\r\nc", 0, "\n"),
        ("a\nb\r\nc", 2, "\r\n"),
        ("a\nb\r\nc", 5, "\r\n"),
        ("a\r\nb\nc", 6, "\n"),
        ("a\rb\r\nc", 0, "\n"),
        ("a\rb", 3, "\n"),
        ("a", 1, "\n"),
        ("", 0, "\n"),
    ] {
        assert_eq!(spell::line_break_after(text.as_bytes(), at), expected, "{text:?} at {at}");
    }
}

#[test]
fn long_keys_are_printed_so_that_they_are_read() {
    let key = "k".repeat(1100);
    for text in [format!("? {key}\n: 1\n"), format!("a:\n  - ? {key}\n    : b: 1\n  - c\n")] {
        let document = parse(text.as_bytes());
        let printed = Yaml.emit(&document, NodeId(0), Layout::default()).expect("is a map");
        let again =
            Yaml.parse(&printed).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&printed)));
        let keys = |document: &Document<'_>| {
            document.nodes.iter().map(|node| node.key.as_deref().map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_eq!(keys(&again), keys(&document));
    }
}
