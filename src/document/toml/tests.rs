//! What TOML texts hold, and how values and the `sops` table are written into them.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::document::testing::{metadata, seal, there_and_back};
use crate::document::{Editor, Format, Style};

fn parse(text: &str) -> Document<'_> {
    Toml.parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The walk on one line: keys, values and `#` for comments.
fn shape(document: &Document<'_>) -> String {
    use crate::document::Event;
    let mut out = String::new();
    for event in document.walk() {
        if let Event::Enter(_, node) | Event::Leaf(_, node, _) = event
            && let Some(key) = &node.key
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

#[test]
fn corpora_explore() {
    for folder in ["toml-test/tests/valid", "toml"] {
        let (mut same, mut all) = (0, 0);
        for path in corpus(folder) {
            let text = fs::read(&path).expect("reads");
            match Toml.parse(&text) {
                Err(error) => eprintln!("REFUSED {path:?} {error} {:?}", error.span),
                Ok(_) => {
                    all += 1;
                    let back = there_and_back(&Toml, &text, Layout::default());
                    if back == text { same += 1 } else { eprintln!("differs {path:?}") }
                }
            }
        }
        eprintln!("{folder}: {same}/{all}");
    }
    for path in corpus("toml-test/tests/invalid") {
        let text = fs::read(&path).expect("reads");
        if Toml.parse(&text).is_ok() {
            eprintln!("ACCEPTED {path:?}");
        }
    }
    let _ = (metadata, seal, Style::Plain, Format::Toml);
    let _ = Editor::new(&parse(""), &Toml).finish();
}
