//! What dotenv files mean: two public readers, python-dotenv and npm's dotenv, get the same
//! variables from a text as we do. They are looked for in `target/tools`, or where `CLOZE_TEST_DOTENV_PYTHON` (an interpreter) and
//! `CLOZE_TEST_DOTENV_NPM` (a folder) say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use cloze::document::{Event, Format, dotenv_value};

use crate::harness::{Sandbox, skip};

/// Texts on whose meaning the readers agree, ours among them.
const AGREED: &[&str] = &[
    "A=1\nB = two words \nexport C=3\n  D=4\n",
    "A=\nB=''\nC=\"\"\n",
    "A=x # note\nB='x # y' # note\nC=\"x # y\" # note\n",
    "A='a\\nb'\nB=\"a\\nb\"\nC=a\\nb\n",
    "A=\"one\ntwo words\n\n# three\"\nB='one\ntwo'\nC=3\n",
    "A=a\"b\nB=a'b'c\nC=it's\n",
    "A='say \"hi\"'\nB=\"it's\"\n",
    "# note\n\nA=x=y==\nB=http://u:p@h/?q=1&r=2\n",
    "A=1\r\n",
    "A=\"{\n  \\\"k\\\": 1\n}\"\n",
];

/// What we take a text for.
fn ours(text: &str) -> BTreeMap<String, String> {
    let document = Format::Dotenv.syntax().parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    let leaves = document.walk().filter_map(|event| match event {
        Event::Leaf(_, node, _) => Some(node),
        _ => None,
    });
    let entry = |node: &cloze::document::Node<'_>| {
        let value = dotenv_value::interpret(document.source(node.span));
        (dotenv_value::name(node.key.as_deref().unwrap()).to_owned(), String::from_utf8(value.to_vec()).unwrap())
    };
    leaves.map(entry).collect()
}

/// What a program prints as a JSON object.
fn theirs(mut command: Command) -> BTreeMap<String, String> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document = Format::Json.syntax().parse(&output.stdout).unwrap();
    let leaves = document.walk().filter_map(|event| match event {
        Event::Leaf(_, node, value) => {
            let value = value.canonical().unwrap().into_owned();
            Some((node.key.as_deref().unwrap().to_owned(), String::from_utf8(value).unwrap()))
        }
        _ => None,
    });
    leaves.collect()
}

/// A tool from the environment, or from the target folder.
fn find(variable: &str, inside: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let found = std::env::var_os(variable).map_or_else(|| target.join(inside), PathBuf::from);
    found.exists().then_some(found)
}

#[test]
fn python_dotenv_reads_the_same() {
    let Some(python) = find("CLOZE_TEST_DOTENV_PYTHON", "tools/bin/python") else {
        return skip("python-dotenv is not installed; `tests/run` does that");
    };
    let sandbox = Sandbox::without_key();
    let script = "import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1], interpolate=False)))";
    for text in AGREED {
        let file = sandbox.write("file.env", text);
        let mut command = Command::new(&python);
        command.args(["-c", script]).arg(&file);
        assert_eq!(theirs(command), ours(text), "{text}");
    }
}

#[test]
fn npm_dotenv_reads_the_same() {
    let Some(folder) = find("CLOZE_TEST_DOTENV_NPM", "tools/node_modules") else {
        return skip("npm's dotenv is not installed; `tests/run` does that");
    };
    let sandbox = Sandbox::without_key();
    let script = "const fs = require('fs');\
        console.log(JSON.stringify(require('dotenv').parse(fs.readFileSync(process.argv[1]))))";
    // It leaves `\"` as it is.
    for text in AGREED.iter().filter(|text| !text.contains("\\\"")) {
        let file = sandbox.write("file.env", text);
        let mut command = Command::new("node");
        command.args(["-e", script]).arg(&file).current_dir(&folder);
        assert_eq!(theirs(command), ours(text), "{text}");
    }
}
