//! Decrypting anything is no panic, and a sealed file that was changed without the key is either
//! refused or opens to the values that it was made of, at their places. What the format does not
//! authenticate (docs/format.md, “MAC”) may differ: comments, nulls, empty values, the structure
//! of lists, and the keys of values in clear.

use std::sync::OnceLock;

use cloze::document::{Document, Event, Format, Scalar};

use super::{is_no_bug, shown};
use crate::engine::Engine;

/// A plaintext, and the suffix of the keys whose values stay in clear.
struct Plain {
    format: Format,
    text: &'static str,
    /// Whether the MAC covers the sealed values alone.
    only_encrypted: bool,
}

/// Sealed values here are long, so that none can be guessed: who knows a value can put it in clear
/// under another key, which no MAC of this format notices.
const PLAIN: [Plain; 11] = [
    whole(
        Format::Yaml,
        "# first\na: kzvqpwmx\nb:\n    c: 8154710933 # second\n    d: [uhgwqeyr, 3.1415926535]\nl:\n    - oqnvxkjt\n    # third\n    - e: |\n        wlyzubtm\n        ncrgafhs\n      f: 2001-02-03T04:05:06Z\ng: ''\nh: null\n",
    ),
    whole(Format::Yaml, "a: 'kzvqpwmx'\n---\nb: \"uhgwqeyr\"\nl:\n  - oqnvxkjt\n  - wlyzubtm\n...\n"),
    whole(Format::Yaml, "a: &x 0x1F8154710933\nb: {c: *x, d: 'wlyzubtm'}\ne: >-\n    wlyzubtm\n\n    ncrgafhs\n"),
    whole(
        Format::Json,
        "{\"a\": \"kzvqpwmx\", \"b\": {\"c\": 8154710933, \"d\": [\"uhgwqeyr\", 3.1415926535, \"\"]}, \"h\": null}\n",
    ),
    whole(Format::Dotenv, "# first\nA=kzvqpwmx\nB=\"uhgwqeyr\"\n\nC=\nD=wlyz\\nubtm\n"),
    whole(Format::Ini, "; first\na = kzvqpwmx\n[b]\nc = 8154710933\n; second\nd = \"uhgwqeyr\"\n\n[l]\ne =\n"),
    whole(
        Format::Toml,
        "# first\na = \"kzvqpwmx\"\n[b]\nc = 8154710933\nd = ['uhgwqeyr', \"3.1415926535\"] # second\n[[l]]\ne = '''\nwlyzubtm'''\nf = 2001-02-03T04:05:06Z\n",
    ),
    whole(Format::Binary, "kzvqpwmx\0uhgwqeyr\n"),
    Plain {
        format: Format::Yaml,
        text: "a: kzvqpwmx\nb_unencrypted: zone\nc:\n    d_unencrypted: [north, 5, true]\n    e: uhgwqeyr\n",
        only_encrypted: false,
    },
    Plain {
        format: Format::Yaml,
        text: "a: kzvqpwmx\nb_unencrypted: zone\nc:\n    - d_unencrypted: north\n    - uhgwqeyr\n    - oqnvxkjt\n",
        only_encrypted: true,
    },
    Plain {
        format: Format::Json,
        text: "{\"a\": \"kzvqpwmx\", \"b_unencrypted\": \"zone\", \"c\": [{\"d_unencrypted\": 5}, \"uhgwqeyr\"]}\n",
        only_encrypted: false,
    },
];

const fn whole(format: Format, text: &'static str) -> Plain {
    Plain { format, text, only_encrypted: false }
}

/// What makes a difference to a sealed file.
const WORDS: [&[u8]; 24] = [
    b"_unencrypted",
    b"type:comment]",
    b"type:str]",
    b"type:int]",
    b"type:bytes]",
    b"ENC[",
    b"]",
    b"data:,",
    b"sops",
    b"sops_",
    b"[sops]\n",
    b"mac",
    b"encrypted_regex",
    b"\"\"",
    b"null",
    b"&x ",
    b"*x",
    b"<<",
    b"- ",
    b"---\n",
    b"# ",
    b"!!str ",
    b"{}",
    b"mac_only_encrypted: true\n",
];

/// Anything as a sealed file. The first byte says of which format, or which sample is changed; in
/// that case the rest is a list of edits.
pub(crate) fn any_sealed(input: &[u8]) {
    let Some((&choice, rest)) = input.split_first() else { return };
    if choice >= 0x80 {
        let (format, _) = Format::ALL[usize::from(choice) % Format::ALL.len()];
        opens_to_its_format(Engine::cheap(), format, rest);
        opens_to_its_format(Engine::cheap().ignoring_mac(), format, rest);
        return;
    }
    let sample = &samples()[usize::from(choice) % PLAIN.len()];
    let text = edited(&sample.text, rest);
    let format = sample.plain.format;
    opens_to_its_format(Engine::cheap().ignoring_mac(), format, &text);
    if let Some(opened) = opens_to_its_format(Engine::cheap(), format, &text) {
        sample.check(&opened, &text);
    }
}

/// Decrypts what can be, to a text of its format.
fn opens_to_its_format(engine: Engine, format: Format, text: &[u8]) -> Option<Vec<u8>> {
    let opened = match engine.decrypt(format, text) {
        Ok(opened) => opened,
        Err(error) => {
            is_no_bug(&error, text);
            return None;
        }
    };
    if let Err(error) = format.plain_syntax(opened.reading()).parse(&opened.text) {
        // Of a YAML file of nothing but metadata no document is left.
        let holds_nothing = error.empty || values(format, text).is_empty();
        assert!(holds_nothing, "{error}: {} opens as {}", shown(text), shown(&opened.text));
    }
    Some(opened.text.to_vec())
}

/// A sealed file and what it must open to.
struct Sample {
    plain: &'static Plain,
    text: Vec<u8>,
    values: Vec<(String, String)>,
}

fn samples() -> &'static [Sample] {
    static SAMPLES: OnceLock<Vec<Sample>> = OnceLock::new();
    SAMPLES.get_or_init(|| PLAIN.iter().map(Sample::new).collect())
}

impl Sample {
    fn new(plain: &'static Plain) -> Self {
        let engine = Engine::cheap().repeatable();
        let engine = if plain.only_encrypted { engine.mac_only_encrypted() } else { engine };
        let text = engine.encrypt(plain.format, plain.text.as_bytes()).expect("the samples can be encrypted").text;
        let values = values(plain.format, plain.text.as_bytes());
        Sample { plain, text, values }
    }

    fn check(&self, opened: &[u8], changed: &[u8]) {
        if self.plain.format == Format::Binary {
            assert_eq!(shown(opened), shown(self.plain.text.as_bytes()), "{}", shown(changed));
            return;
        }
        let found = values(self.plain.format, opened);
        let is_clear = |(path, _): &(String, String)| path.contains("_unencrypted:");
        if !self.values.iter().any(is_clear) {
            assert_eq!(found, self.values, "{}", shown(changed));
            return;
        }
        let mut left = found.iter();
        let mut sealed = self.values.iter().filter(|value| !is_clear(value));
        assert!(sealed.all(|value| left.any(|other| other == value)), "{found:?}: {}", shown(changed));
        if !self.plain.only_encrypted {
            let all = |values: &[(String, String)]| values.iter().map(|(_, value)| value.as_str()).collect::<String>();
            assert_eq!(all(&found), all(&self.values), "{}", shown(changed));
        }
    }
}

/// What the MAC covers: the values that are not empty, with the keys on their paths.
fn values(format: Format, text: &[u8]) -> Vec<(String, String)> {
    let empty = Document::default();
    let document = format.syntax().parse(text).unwrap_or(empty);
    let mut path = vec![String::new()];
    let mut values = Vec::new();
    for event in document.walk() {
        let inside =
            |key: Option<&str>| path[path.len() - 1].clone() + &key.map(|key| format!("{key}:")).unwrap_or_default();
        match event {
            Event::Enter(_, node) => path.push(inside(node.key.as_deref())),
            Event::Leave => {
                path.pop();
            }
            Event::Leaf(_, node, value) if !matches!(value, Scalar::Null) => {
                let bytes = value.canonical().unwrap_or_default();
                if !bytes.is_empty() {
                    values.push((inside(node.key.as_deref()), bytes.escape_ascii().to_string()));
                }
            }
            Event::Leaf(..) | Event::Comment(..) => {}
        }
    }
    values
}

/// A text after a list of edits, each of which is a byte for what is done, two for the place, one
/// for how much, and what it needs.
fn edited(text: &[u8], mut edits: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    while let [what, high, low, size, rest @ ..] = edits {
        edits = rest;
        if text.is_empty() || text.len() > 1 << 14 {
            break;
        }
        let at = usize::from(u16::from_be_bytes([*high, *low])) % text.len();
        let size = usize::from(*size);
        let end = (at + size).min(text.len());
        match what % 9 {
            0 => text[at] = *low ^ size.to_le_bytes()[0],
            1 => text[at] ^= 1 << (size % 8),
            2 => drop(text.drain(at..end)),
            3 => drop(text.splice(at..at, WORDS[size % WORDS.len()].iter().copied())),
            4 => {
                let new = take(&mut edits, size % 64);
                text.splice(at..at, new.iter().copied());
            }
            5 => {
                let new = take(&mut edits, size % 64);
                let end = (at + new.len()).min(text.len());
                text.splice(at..end, new.iter().copied());
            }
            6 => drop(text.drain(line(&text, at))),
            7 => {
                let (from, to) = (line(&text, at), line(&text, (at + size * 8) % text.len()));
                let copy = text[from].to_vec();
                text.splice(to.start..to.start, copy);
            }
            _ => {
                // Two values change places.
                let mut ends =
                    text.windows(4).enumerate().filter(|(_, four)| four == b"ENC[").map(|(at, _)| sealed(&text, at));
                let all: Vec<_> = ends.by_ref().collect();
                if let (Some(one), Some(other)) = (all.get(at % all.len().max(1)), all.get(size % all.len().max(1)))
                    && one.end <= other.start
                {
                    let (first, second) = (text[one.clone()].to_vec(), text[other.clone()].to_vec());
                    text.splice(other.clone(), first);
                    text.splice(one.clone(), second);
                }
            }
        }
    }
    text
}

fn take<'e>(edits: &mut &'e [u8], size: usize) -> &'e [u8] {
    let (new, rest) = edits.split_at(size.min(edits.len()));
    *edits = rest;
    new
}

/// The line around a place.
fn line(text: &[u8], at: usize) -> std::ops::Range<usize> {
    let start = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| at + end + 1);
    start..end
}

/// The ciphertext that begins here.
fn sealed(text: &[u8], at: usize) -> std::ops::Range<usize> {
    at..text[at..].iter().position(|byte| *byte == b']').map_or(text.len(), |end| at + end + 1)
}
