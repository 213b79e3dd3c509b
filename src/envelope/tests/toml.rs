//! TOML through the verbs: exact bytes, dates that stay dates, and rops in both directions.

#![allow(clippy::print_stderr)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;
use crate::document::{Content, Style};

/// Every kind of value, in an order that rops keeps: it prints scalars before tables.
const TEXT: &str = "\
# top
s = \"x\\u00e9\" # beside
l = 'raw \\'
m = '''
two
lines'''
b = \"\"\"
three
\"quoted\" lines
\"\"\"
empty = \"\"
i = 0x1F
n = -1_000
f = 1.0
g = 1e3
j = [inf, -inf, nan, -0.0, 2e300]
t = true
d = 1979-05-27 07:32:00.50z
e = 1979-05-27
h = '''07:32:00'''
a = [
  1, # one
  'two', [3.5, false], { q = \"r\", 'x y' = 1 },
]
plain_unencrypted = 07:32:00

# table
[t1] # beside
k = \"v\"
u.v_unencrypted = 2.50

[t1.t2]
k = 1

[[list]]
n = 1

[list.sub]
x = \"y\"

[[list]]
n = 2
# end
";

/// Tables in pieces, as far from each other as TOML allows.
const SCATTERED: &str =
    "b.x = 1\na = 2\nb.y = 3\n[m.n]\nx = 1\n[[z]]\nq = 1\n[m]\nw = 2\n[z.s]\nr = 3\n[m.o]\ny = 4\n[[z]]\n";

#[test]
fn toml_comes_back_byte_for_byte() {
    for text in [TEXT, SCATTERED, &TEXT.replace('\n', "\r\n"), TEXT.trim_end(), "", "# only\n", "d = -nan\n"] {
        let options = Options { allow_unmatched: true, ..Options::default() };
        let encrypted =
            with_tools(|tools| encrypt(Format::Toml, text.as_bytes(), &policy(), &options, tools)).expect("encrypts");
        let back = opened(Format::Toml, &encrypted.text).expect("opens");
        assert_eq!(String::from_utf8_lossy(&back.text), text);
    }
}

#[test]
fn nothing_but_the_spelling_is_lost_without_the_exact_spelling() {
    let options = Options { no_exact_spelling: true, ..Options::default() };
    let text =
        with_tools(|tools| encrypt(Format::Toml, TEXT.as_bytes(), &policy(), &options, tools)).expect("encrypts");
    let back = opened(Format::Toml, &text.text).expect("opens");
    let expected = TEXT
        .replace("\\u00e9", "é")
        .replace("0x1F", "31")
        .replace("1_000", "1000")
        .replace("1e3", "1000.0")
        .replace("27 07:32:00.50z", "27T07:32:00.5Z")
        .replace("'''07:32:00'''", "'07:32:00'");
    assert_eq!(String::from_utf8_lossy(&back.text), expected);
}

#[test]
fn dates_stay_dates_and_strings_stay_strings() {
    let text = sealed(Format::Toml, TEXT, &policy()).expect("encrypts").text;
    let document = Format::Toml.syntax().parse(&text).expect("parses");
    assert!(
        document.nodes.iter().filter(|node| matches!(node.content, Content::Leaf { style: Style::Date, .. })).count()
            == 1
    );
    let shown = String::from_utf8_lossy(&text);
    assert!(shown.contains("\ne = '''ENC[") && shown.contains("\nh = 'ENC["), "{shown}");
}

#[test]
fn empty_strings_are_sealed_in_toml() {
    let text = sealed(Format::Toml, "a = ''\nb_unencrypted = ''\n", &policy()).expect("encrypts").text;
    let shown = String::from_utf8_lossy(&text);
    assert!(shown.starts_with("a = 'ENC[AES256_GCM,data:,iv:") && shown.contains("b_unencrypted = ''\n"), "{shown}");
}

/// What rops prints for this input; none without rops.
fn rops(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let command = Command::new("rops")
        .args(arguments)
        .env("ROPS_AGE", IDENTITY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = command else {
        eprintln!("SKIPPED: there is no `rops` on PATH");
        return None;
    };
    child.stdin.take().expect("is piped").write_all(input).expect("writes");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// Keys and canonical values of a text.
fn values(text: &[u8]) -> Vec<String> {
    let document = Format::Toml.syntax().parse(text).expect("parses");
    let mut values: Vec<String> = (document.nodes.iter().zip(0..))
        .filter_map(|(node, id)| match &node.content {
            Content::Leaf { value, .. } => {
                let path = document.path(crate::document::NodeId(id));
                Some(format!("{path} {}", String::from_utf8_lossy(&value.canonical().expect("has bytes"))))
            }
            _ => None,
        })
        .collect();
    values.sort();
    values
}

#[test]
fn rops_opens_ours() {
    for text in [TEXT, SCATTERED] {
        let encrypted = sealed(Format::Toml, text, &policy()).expect("encrypts").text;
        let Some(plain) = rops(&["decrypt", "-f", "toml"], &encrypted) else { return };
        assert_eq!(values(&plain), values(text.as_bytes()));
    }
}

#[test]
fn ours_opens_what_rops_wrote() {
    // rops encrypts everything unless told otherwise, and records no rule for it.
    let text = TEXT.replace("u.v_unencrypted = 2.50\n", "n = \"null\"\n").replace("plain_unencrypted", "p");
    let Some(encrypted) = rops(&["encrypt", "--age", RECIPIENT, "-f", "toml"], text.as_bytes()) else { return };
    let opened = opened(Format::Toml, &encrypted).expect("opens");
    let expected: Vec<String> = values(text.as_bytes());
    let found: Vec<String> = values(&opened.text);
    assert_eq!(found, expected);
}
