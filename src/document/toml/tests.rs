//! What TOML texts hold, and how values and the `sops` table are written into them.

#![allow(clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::document::testing::{metadata, seal, there_and_back};
use crate::document::{Editor, Format, KeyPath, Step, Style};

fn parse(text: &str) -> Document<'_> {
    Toml.parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The walk on one line: keys, values and `#` for comments.
fn shape(document: &Document<'_>) -> String {
    use crate::document::Event;
    let mut out = String::new();
    for event in document.walk() {
        if let Event::Enter(_, node) | Event::Leaf(_, node, _) = event
            && let Some(key) = node.key.as_deref()
        {
            out += &format!(" {key}:");
        }
        match event {
            Event::Enter(_, node) => out += if matches!(node.content, Content::Map { .. }) { "{" } else { "[" },
            Event::Leave => out += ")",
            Event::Leaf(_, _, value) => {
                out += &String::from_utf8_lossy(&value.canonical().expect("has bytes"));
                out += ",";
            }
            Event::Comment(_, _, text) => out += &format!(" #{}", String::from_utf8_lossy(text)),
        }
    }
    out
}

#[test]
fn nodes_stand_in_the_order_of_the_tables() {
    for (text, expected) in [
        ("", "{)"),
        ("a = 1\nb.c = 'x'\nb.d = 2\n", "{ a:1, b:{ c:x, d:2,))"),
        ("b.c = 1\na = 2\nb.d = 3", "{ b:{ c:1, d:3,) a:2,)"),
        ("[a]\nx=1\n[b]\ny=1\n[a.c]\nz=1\n", "{ a:{ x:1, c:{ z:1,)) b:{ y:1,))"),
        ("[m.n]\nx=1\n[b]\n[m]\nw=2\n[m.c]", "{ b:{) m:{ n:{ x:1,) w:2, c:{)))"),
        ("[[x]]\nn=1\n[y]\n[[x]]\nn=2\n[x.s]\nq=1", "{ x:[{ n:1,){ n:2, s:{ q:1,))) y:{))"),
        ("a = [1, [true, 2.5], {b = 'c', d.e = 1}]", "{ a:[1,[True,2.5,){ b:c, d:{ e:1,))))"),
        ("a = 0xff\nb = 1_000\nc = -inf\nd = -nan\ne = 1e3", "{ a:255, b:1000, c:-Inf, d:NaN, e:1000,)"),
        ("\"a.b\".'c' = \"\"\"\nx\\ty\"\"\"", "{ a.b:{ c:x\ty,))"),
        ("a = 1979-05-27 07:32:00.50z\nb = 07:32:00", "{ a:1979-05-27T07:32:00.5Z, b:07:32:00,)"),
        ("a = \"\"\"x\r\ny\\r\nz\"\"\"\r\n", "{ a:x\ny\r\nz,)"),
    ] {
        assert_eq!(shape(&parse(text)), expected, "{text}");
    }
}

#[test]
fn comments_stand_before_what_they_are_about() {
    for (text, expected) in [
        ("# a\nx = 1 # b\n# c\n", "{ # a # b x:1, # c)"),
        ("[t]\nx = 1\n# far\n\n# near\n[u] # beside\ny = 1", "{ t:{ x:1, # far) # near # beside u:{ y:1,))"),
        ("x = 1\n# near\n[[t]] # beside\n[[t]]\n", "{ x:1, t:[ # near # beside{){)))"),
        ("# a\nt.x = 1\n", "{ t:{ # a x:1,))"),
        ("x = [ # a\n  1, # b\n  # c\n  2 # d\n] # e\n", "{ # e x:[ # a # b1, # c # d2,))"),
        ("x = {\n  a = 1, # b\n  # c\n}\n", "{ x:{ # b a:1, # c))"),
    ] {
        assert_eq!(shape(&parse(text)), expected, "{text}");
    }
}

#[test]
fn what_defines_a_key_twice_is_refused() {
    for text in [
        "a = 1\na = 2",
        "a.b = 1\na = 2",
        "a = 1\na.b = 2",
        "[a]\n[a]",
        "[a]\n[[a]]",
        "[[a]]\n[a]",
        "a = []\n[[a]]",
        "a = {}\n[a.b]",
        "a = {}\na.b = 1",
        "a.b = 1\n[a]",
        "[a.b]\nx = 1\n[a]\nb.y = 2",
        "a = {b = 1, b = 2}",
        "sops = 1",
        "[[sops]]",
    ] {
        let error = Toml.parse(text.as_bytes()).expect_err(text);
        assert!(error.span.is_some(), "{text}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    for text in [
        format!("a = {}{}", "[".repeat(200_000), "]".repeat(200_000)),
        format!("a = {}", "[".repeat(200_000)),
        format!("a = {}", "{a=".repeat(200_000)),
        format!("{}a = 1", "a.".repeat(200_000)),
        format!("[{}a]", "a.".repeat(200_000)),
    ] {
        let error = Toml.parse(text.as_bytes()).expect_err("is too deep");
        assert!(!error.message.is_empty());
    }
    let deep = format!("[{}a]\nx = {}1{}", "a.".repeat(800), "[".repeat(90), "]".repeat(90));
    assert_eq!(there_and_back(&Toml, deep.as_bytes(), Layout::default()), deep.as_bytes());
}

const TEXTS: &[&str] = &[
    "",
    "\n\n",
    "   ",
    "a = 'x'",
    "a = \"x\"\n",
    "a = \"x\"\r\n\r\n[b]\r\nc = \"\"\"\r\nx\r\ny\"\"\"\r\n",
    "\u{feff}a = \"x\"\n\n\n",
    "\u{feff}",
    "# only a comment",
    "# top\n\na = 1 # one\nb = [ # list\n  1,\n  'x', # x\n] # end\n\n# table\n[c] # c\n# inside\nd = true\n# last",
    "s = '''\nraw \\ text\n'''\nt = '''x'''\nu = \"\"\"\na \"quoted\" b\n\"\"\"\nv = '''\nx'''",
    "d = 1979-05-27\ne = 07:32:00\nf = 1979-05-27T07:32:00Z\ng = '1979-05-27'\nh = \"\"\"1979-05-27\"\"\"",
    "[a.b]\nx=1\n[c]\n[a]\ny=2\n[[d]]\n[d.e]\nz='q'\n[[d]]",
];

#[test]
fn every_text_comes_back() {
    for text in TEXTS {
        let back = there_and_back(&Toml, text.as_bytes(), Layout::default());
        assert_eq!(String::from_utf8_lossy(&back), *text);
    }
}

/// Files under a folder, or nothing with a notice.
fn corpus(folder: &str) -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(folder);
    let top = if top.exists() { top } else { Path::new("/work/shared/corpus").join(folder) };
    let (mut found, mut open) = (Vec::new(), vec![top]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { open.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.retain(|path| path.extension().is_some_and(|end| end == "toml" || end == "lock"));
    found.sort();
    found
}

/// Parses, seals and restores every file, and tells how many come back byte for byte: the exact
/// spelling of the others is carried by the envelope.
#[test]
fn files_of_other_people_keep_their_values() {
    for (folder, at_least) in [("toml", 85), ("toml-test/tests/valid", 75)] {
        let (mut same, mut all) = (0, 0);
        for path in corpus(folder) {
            let text = fs::read(&path).expect("reads");
            let Ok(plain) = Toml.parse(&text) else {
                assert!(path.to_string_lossy().contains("invalid"), "{path:?} is refused");
                continue;
            };
            all += 1;
            let back = there_and_back(&Toml, &text, Layout::default());
            assert_eq!(shape(&Toml.parse(&back).expect("parses")), shape(&plain), "{path:?}");
            same += usize::from(back == text);
        }
        if all == 0 {
            eprintln!("SKIPPED: there is no ../shared/corpus/{folder}");
            continue;
        }
        eprintln!("{folder}: {same} of {all} byte for byte");
        assert!(same * 100 >= all * at_least, "{same} of {all}");
    }
}

#[test]
fn values_get_the_style_of_their_place() {
    let text = |text: &str| Scalar::Text(text.to_owned().into());
    for (place, new, expected) in [
        ("1", text("ENC[x]"), r#""ENC[x]""#),
        (r#""ENC[x]""#, Scalar::Int(-5), "-5"),
        (r#""ENC[x]""#, Scalar::Float(1.0), "1.0"),
        (r#""ENC[x]""#, Scalar::Float(1e300), "1e300"),
        (r#""ENC[x]""#, Scalar::Float(f64::NEG_INFINITY), "-inf"),
        (r#""ENC[x]""#, Scalar::Float(f64::NAN), "nan"),
        (r#""ENC[x]""#, Scalar::Bool(true), "true"),
        (r#""x""#, text("a\"\\\n\t\u{1}é"), r#""a\"\\\n\t\u0001é""#),
        ("'x'", text("a\"\\\t"), "'a\"\\\t'"),
        ("'x'", text("it's"), r#""it's""#),
        ("'''x'''", text("it's\n\\"), "'''it's\n\\'''"),
        ("'''\nx'''", text("x"), "'''\nx'''"),
        ("'''x'''", text("\nx"), "'''\n\nx'''"),
        ("'''x'''", text("x'"), r#""""x'""""#),
        (r#""""x""""#, text("a\"\"\"b\"\""), "\"\"\"a\"\"\\\"b\"\"\"\"\""),
        (r#""""x""""#, text("a\\\r\n\tb"), "\"\"\"a\\\\\\r\n\tb\"\"\""),
        ("2001-01-01", text("ENC[x]"), "'''ENC[x]'''"),
        ("2001-01-01", text("07:32:00.5"), "07:32:00.5"),
        ("2001-01-01", text("soon"), r#""soon""#),
        ("'''ENC[x]'''", text("2001-01-01T07:32:00Z"), "2001-01-01T07:32:00Z"),
        ("'''ENC[x]'''", text("2001-13-01"), "'''2001-13-01'''"),
        ("'''\nENC[x]'''", text("2001-01-01"), "'''\n2001-01-01'''"),
        ("'''2001-01-01'''", text("ENC[x]"), "'ENC[x]'"),
        ("'''other'''", text("2001-01-01"), "'''2001-01-01'''"),
        (r#""ENC[x]""#, text("2001-01-01"), r#""2001-01-01""#),
    ] {
        let source = format!("k = {place}\n");
        let document = parse(&source);
        let splice = Toml.spell(&document, NodeId(1), &New::Value(new.clone())).expect("holds it");
        assert_eq!(String::from_utf8_lossy(&splice.text), expected, "{place}");
        let again = format!("k = {expected}\n");
        let Content::Leaf { value, .. } = &parse(&again).nodes[1].content else { panic!("is no leaf: {again}") };
        assert!(*value == new || value.canonical() == new.canonical(), "{again}");
    }
}

#[test]
fn what_a_place_cannot_hold_is_an_error() {
    let document = parse("# c\nk = 1\n");
    for (node, new) in [
        (2, New::Value(Scalar::Null)),
        (2, New::Value(Scalar::Uint(u64::MAX))),
        (2, New::Value(Scalar::Text((&b"\xff"[..]).into()))),
        (2, New::Comment("c".into())),
        (1, New::Value(Scalar::Int(1))),
        (1, New::Comment("a\nb".into())),
        (1, New::Comment("a\u{7}b".into())),
        (0, New::Value(Scalar::Int(1))),
    ] {
        assert!(Toml.spell(&document, NodeId(node), &new).is_err(), "{new:?}");
    }
}

#[test]
fn the_block_has_the_layout_of_rops() {
    let document = parse("a = 1\n");
    let text = String::from_utf8(seal(&Toml, &document, Layout::default())).expect("is text");
    let key = "\n[[sops.age]]\nenc = \"\"\"\n-----BEGIN\nYWdl==\n-----END\n\"\"\"\nrecipient = \"age1\"\n";
    let expected = format!(
        "a = \"ENC[AES256_GCM,data:x/+=,type:str]\"\n\n[sops]\nlastmodified = \"2026-11-21T23:11:28Z\"\n\
         mac = \"ENC[AES256_GCM,data:a/b+,iv:c=,tag:d==,type:str]\"\nmac_only_encrypted = true\n\
         shamir_threshold = 2\nversion = \"3.13.2\"\n{key}{key}"
    );
    assert_eq!(text, expected);
    assert_eq!(parse(&text).parts[0].metadata.as_ref().expect("is there").tree, sorted(&metadata()));
}

/// A tree with its lists after all else, as the printer puts them.
fn sorted(tree: &Tree) -> Tree {
    let mut entries = tree.entries().to_vec();
    entries.sort_by_key(|(_, value)| matches!(value, Tree::List(_)));
    Tree::Map(entries)
}

#[test]
fn a_block_is_found_in_any_layout_and_replaced() {
    for (text, without) in [
        ("a = 1\n\n[sops]\nmac = 'm'\n", "a = 1\n"),
        ("a = 1\n[sops] # x\nmac = 'm' # y", "a = 1"),
        ("a = 1\n# x\n[sops]\n# y\n\n# z\n[[sops.age]]\nenc = 'x'", "a = 1\n# x"),
        ("sops.mac = 'm' # x\n# y\n\nsops.version = '3' # z\na = 1\n", "# y\n\na = 1\n"),
        ("sops.mac = 'm'\n# y\nsops.version = '3'\n", ""),
        ("sops.mac = 'm'\na = 1\nsops.version = '3'\n", "a = 1\n"),
        ("a = 1\nsops = { mac = 'm' }\n[b]\nc = 1\n", "a = 1\n[b]\nc = 1\n"),
        ("[sops]\nmac = 'm'\n[sops.age]\nenc = 'x'\n\n# of b\n[b]\nc = 1\n", "\n\n# of b\n[b]\nc = 1\n"),
        ("a = 1\n\n[sops]\nmac='m'\n\n[b]\nc = 1\n\n[[sops.age]]\nenc = 'x'\n", "a = 1\n\n[b]\nc = 1\n"),
        ("[[sops.key_groups]]\n[[sops.key_groups.age]]\nenc = 'x'\n[sops]\nmac = 'm'", ""),
    ] {
        let document = parse(text);
        assert!(document.nodes.iter().all(|node| node.key.as_deref() != Some("sops")), "{text}");
        let mut editor = Editor::new(&document, &Toml);
        editor.remove_metadata(0);
        let plain = editor.finish().expect("can be done");
        assert_eq!(String::from_utf8_lossy(&plain), without, "{text}");
        assert_eq!(shape(&Toml.parse(&plain).expect("parses")), shape(&document), "{text}");
        let mut editor = Editor::new(&document, &Toml);
        editor.set_metadata(0, &metadata(), Layout::default()).expect("holds it");
        let replaced = editor.finish().expect("can be done");
        let again = Toml.parse(&replaced).expect("parses");
        assert_eq!(again.parts[0].metadata.as_ref().expect("is there").tree, sorted(&metadata()), "{text}");
        assert_eq!(shape(&again), shape(&document), "{text}");
        let mut editor = Editor::new(&again, &Toml);
        editor.remove_metadata(0);
        let removed = editor.finish().expect("can be done");
        assert_eq!(String::from_utf8_lossy(&removed), without, "{text}");
    }
}

#[test]
fn key_groups_are_nested_arrays_of_tables() {
    let key = || Tree::Map(vec![("recipient".into(), Tree::string("age1"))]);
    let group = || Tree::Map(vec![("pgp".into(), Tree::List(vec![])), ("age".into(), Tree::List(vec![key(), key()]))]);
    let tree = Tree::Map(vec![
        ("mac".into(), Tree::string("m")),
        ("new".into(), Tree::Map(vec![("odd key".into(), Tree::List(vec![Tree::string("x\ny"), key()]))])),
        ("key_groups".into(), Tree::List(vec![group(), group()])),
    ]);
    for text in ["", "a = 1\r\n"] {
        let document = parse(text);
        let mut editor = Editor::new(&document, &Toml);
        editor.set_metadata(0, &tree, Layout::default()).expect("holds it");
        let sealed = editor.finish().expect("can be done");
        let shown = String::from_utf8_lossy(&sealed);
        assert!(shown.contains("[[sops.key_groups]]") && shown.contains("[[sops.key_groups.age]]"), "{shown}");
        assert_eq!(shown.matches('\n').count() == shown.matches("\r\n").count(), !text.is_empty(), "{shown}");
        let again = Toml.parse(&sealed).expect("parses");
        assert_eq!(again.parts[0].metadata.as_ref().expect("is there").tree, tree);
    }
}

#[test]
fn nulls_of_rops_are_nulls_in_its_files_only() {
    let null = |text: &str| matches!(parse(text).nodes[1].content, Content::Leaf { value: Scalar::Null, .. });
    assert!(null("a = 'null'\n[sops]\nmac = 'm'\n"));
    assert!(!null("a = 'null'\n[sops]\nmac = 'm'\nversion = '3.13.2'\n"));
    assert!(!null("a = 'null'\n"));
}

#[test]
fn documents_of_any_format_are_printed() {
    for (format, text, expected) in [
        (
            Format::Json,
            r#"{"m": {"x": 1, "deep": {"y": [1, "a", [true, 2.5], {"k": "v", "e": {}}]}}, "s": "a\nb", "e": {}, "l": []}"#,
            "s = \"\"\"\na\nb\"\"\"\nl = []\n\n[m]\nx = 1\n\n[m.deep]\n\
             y = [1, \"a\", [true, 2.5], { k = \"v\", e = {} }]\n\n[e]\n",
        ),
        (
            Format::Json,
            r#"{"only": {"a b": {"": "x"}}, "t": [{"n": 1, "sub": {"q": 2}}, {}], "d": "2001-01-01"}"#,
            "d = \"2001-01-01\"\n\n[only.\"a b\"]\n\"\" = \"x\"\n\n[[t]]\nn = 1\n\n[t.sub]\nq = 2\n\n[[t]]\n",
        ),
        (Format::Dotenv, "# note\nA=1\nB=x\\ny\n", "# note\nA = \"1\"\nB = \"\"\"\nx\ny\"\"\"\n"),
        (
            Format::Toml,
            "a.b = 1\nd = 2001-01-01\n# t\n[t] # u\nx = 0x10\n# v\n[[l]]\ny = '''z'''\n# end",
            "d = 2001-01-01\n\n[a]\nb = 1\n\n# t\n# u\n[t]\nx = 16\n\n# v\n[[l]]\ny = \"z\"\n# end\n",
        ),
        (Format::Json, "{}", ""),
    ] {
        let document = format.syntax().parse(text.as_bytes()).expect("parses");
        let printed = Toml.emit(&document, NodeId(0), Layout::default()).expect("can be printed");
        assert_eq!(String::from_utf8_lossy(&printed), expected);
        Toml.parse(&printed).expect("parses");
    }
}

#[test]
fn what_toml_has_not_is_named() {
    let document = Format::Json.syntax().parse(br#"{"a": {"b": [1, null]}}"#).expect("parses");
    let error = Toml.emit(&document, NodeId(0), Layout::default()).expect_err("has no null");
    assert!(error.0.contains("null") && error.0.contains("a.b[1]"), "{error}");
    for deep in [
        format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000)),
        format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000)),
    ] {
        let document = Format::Json.syntax().parse(deep.as_bytes()).expect("parses");
        let error = Toml.emit(&document, NodeId(0), Layout::default()).expect_err("is too deep");
        assert!(error.0.contains("nested"), "{error}");
    }
}

#[test]
fn a_part_of_a_document_is_printed_as_a_document() {
    let document = parse("[a]\nb = 'x'\nc = [1, 2]\n[a.d]\ne = 1\nf = 2001-01-01\n");
    for (path, expected) in [
        (&["a"][..], "b = \"x\"\nc = [1, 2]\n\n[d]\ne = 1\nf = 2001-01-01\n"),
        (&["a", "b"], "x"),
        (&["a", "c"], "[1, 2]\n"),
        (&["a", "d", "e"], "1"),
        (&["a", "d", "f"], "2001-01-01"),
    ] {
        let path = KeyPath(path.iter().map(|key| Step::Key((*key).to_owned())).collect());
        let node = document.find(&path).expect("is there");
        let printed = Toml.emit(&document, node, Layout::default()).expect("can be printed");
        assert_eq!(String::from_utf8_lossy(&printed), expected, "{path}");
    }
}

#[test]
fn long_files_are_read_in_pieces() {
    let text: String = (0..20_000).map(|n| format!("[t{n}] # c\nk = [\n  {n}, # d\n]\n")).collect();
    assert_eq!(parse(&text).nodes.len(), 1 + 20_000 * 5);
    assert!(there_and_back(&Toml, text.as_bytes(), Layout::default()) == text.as_bytes());
    for text in [format!("{text}[t7]\n"), format!("{text}x = ["), format!("]\n{text}"), format!("[{text}")] {
        assert!(Toml.parse(text.as_bytes()).is_err());
    }
}

mod generated {
    use super::*;
    use proptest::prelude::*;

    fn scalar() -> impl Strategy<Value = String> {
        let line = "[ !#-&(-\\[\\]-~é€𝄞\t]{0,8}";
        prop_oneof![
            any::<i64>().prop_map(|value| value.to_string()),
            any::<f64>().prop_filter("is a number", |value| value.is_finite()).prop_map(|value| format!("{value:?}")),
            any::<bool>().prop_map(|value| value.to_string()),
            line.prop_map(|text| format!("'{text}'")),
            line.prop_map(|text| format!("\"{text}\"")),
            (line, line).prop_map(|(one, two)| format!("'''{one}\n{two}'''")),
            (line, line).prop_map(|(one, two)| format!("\"\"\"\n{one}\n{two}\"\"\"")),
            "\\PC{0,6}".prop_map(|text| {
                let mut out = Vec::new();
                spell::basic(&mut out, &text);
                String::from_utf8(out).expect("is text")
            }),
            "20[0-9]{2}-0[1-9]-1[0-9]([T ]0[0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,10})?([zZ]|[+-]0[0-9]:30)?)?",
            "0[0-9]:[0-5][0-9]:[0-5][0-9]",
            "('''|\"\"\"|')20[0-9]{2}-0[1-9]-1[0-9]".prop_map(|text| {
                let quotes = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
                text + &quotes
            }),
            "0x[0-9a-f]{1,8}|[1-9](_[0-9]){1,4}|[+-]inf|[+-]?nan|1e[0-9]{1,2}",
        ]
    }

    fn value() -> impl Strategy<Value = String> {
        scalar().prop_recursive(3, 12, 4, |inner| {
            let gap = prop_oneof![Just(" "), Just("\n  "), Just(" # c\n"), Just("\n# d\n")];
            prop_oneof![
                (prop::collection::vec((inner.clone(), gap), 0..4)).prop_map(|items| {
                    let items: String = items.into_iter().map(|(item, gap)| format!("{gap}{item}{gap},")).collect();
                    format!("[{items}]")
                }),
                prop::collection::vec(inner, 0..3).prop_map(|items| {
                    let items: Vec<String> =
                        items.into_iter().enumerate().map(|(at, item)| format!("k{at}.x = {item}")).collect();
                    format!("{{ {} }}", items.join(", "))
                }),
            ]
        })
    }

    fn statement() -> impl Strategy<Value = String> {
        let key = "[abc]|[abc]\\.[abc]|\"[abc] \"|'é'\\.[ab]";
        prop_oneof![
            6 => (key, value()).prop_map(|(key, value)| format!("{key} = {value}")),
            2 => (key, value()).prop_map(|(key, value)| format!("  {key}={value} # beside")),
            2 => "\\[[abcde](\\.[abcde]){0,2}\\]( # t)?",
            2 => "\\[\\[[fgh](\\.[fgh])?\\]\\]",
            1 => "# [a-z ]{0,5}",
            1 => Just(String::new()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn texts_come_back(
            statements in prop::collection::vec(statement(), 0..14),
            feed in prop_oneof![Just("\n"), Just("\r\n")],
            ends in any::<bool>(),
        ) {
            // Statements that define a key twice are left out.
            let mut text = String::new();
            for statement in statements {
                let longer = format!("{text}{}{feed}", statement.replace('\n', feed));
                if Toml.parse(longer.as_bytes()).is_ok() {
                    text = longer;
                }
            }
            if !ends {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
            }
            let plain = parse(&text);
            let back = there_and_back(&Toml, text.as_bytes(), Layout::default());
            let again = Toml.parse(&back).expect("parses");
            prop_assert_eq!(shape(&again), shape(&plain));
            let dates = |document: &Document<'_>| -> Vec<bool> {
                let is_date = |content: &Content<'_>| matches!(content, Content::Leaf { style: Style::Date, .. });
                document.nodes.iter().map(|node| is_date(&node.content)).collect()
            };
            prop_assert_eq!(dates(&again), dates(&plain));
            let printed = Toml.emit(&plain, NodeId(0), Layout::default()).expect("can be printed");
            Toml.parse(&printed).expect("parses");
        }

        #[test]
        fn no_text_is_a_panic(text in "([\\[\\]{}=.,#'\"\n\r ab1-]|\\PC|'''|\"\"\"|sops|\\[\\[){0,40}") {
            if let Ok(document) = Toml.parse(text.as_bytes()) {
                seal(&Toml, &document, Layout::default());
            }
        }
    }
}
