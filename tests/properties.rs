//! Properties of the library over generated documents: decrypt∘encrypt is the identity on bytes,
//! and no byte that is authenticated can change unnoticed.

use cloze::document::Format;
use proptest::prelude::*;

use crate::engine::Engine;
use crate::harness::BOB;

/// A value of a generated document, with its spelling in YAML.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// One line of text, spelled as it stands.
    Line(String),
    /// Lines of a literal block, and its chomping.
    Block(Vec<String>, &'static str),
    Map(Vec<(String, Value)>),
    List(Vec<Value>),
}

/// How a document is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    indent: usize,
    line_end: &'static str,
    bom: bool,
    marker: bool,
    comments: bool,
    last_line_end: bool,
}

pub(crate) fn layout() -> impl Strategy<Value = Layout> {
    let ends = prop_oneof![3 => Just("\n"), 1 => Just("\r\n")];
    (2..5usize, ends, prop::bool::weighted(0.1), any::<bool>(), any::<bool>(), prop::bool::weighted(0.8)).prop_map(
        |(indent, line_end, bom, marker, comments, last_line_end)| Layout {
            indent,
            line_end,
            bom,
            marker,
            comments,
            last_line_end,
        },
    )
}

/// One line of YAML text, in any style and type.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z/][a-zA-Z0-9 ./:_-]{0,20}[a-z]".prop_filter("no mapping or comment", |text| {
            !text.contains(": ") && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str())
        }),
        2 => "[ -&(-~é☃𝄞]{0,20}".prop_map(|text| format!("'{text}'")),
        2 => "[ !#-Z^-~é☃𝄞]{0,20}".prop_map(|text| format!("\"{text}\"")),
        1 => "[a-z]{0,5}".prop_map(|text| format!("\"{text}\\n\\\\ \\\" \\t{text}\"")),
        1 => "'[a-z]{0,4}''[a-z]{1,4}'",
        2 => any::<i64>().prop_map(|number| number.to_string()),
        1 => (-999i64..999, 1u32..9).prop_map(|(whole, part)| format!("{whole}.{part}")),
        1 => prop::sample::select(vec!["true", "false", "null", "", "~", "\"\"", "''", "2024-02-29T12:30:45Z"]).prop_map(str::to_owned),
        // Spellings that no value of the same type has by itself.
        2 => prop::sample::select(vec!["0x1F", "0o17", "1_000", "1.0", "1e3", "True", "FALSE", "Null", "2024-02-29", ".inf", "+5", "010", "\"\\u00e9\""]).prop_map(str::to_owned),
    ]
}

fn block() -> impl Strategy<Value = Value> {
    (prop::collection::vec("[a-zA-Z#{!][a-z \"':#]{0,15}[a-z]|", 1..5), prop::sample::select(vec!["", "-"]))
        .prop_filter_map("starts and ends with text", |(lines, chomping)| {
            let edges = !lines.first()?.is_empty() && !lines.last()?.is_empty();
            edges.then_some(Value::Block(lines, chomping))
        })
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![5 => line().prop_map(Value::Line), 1 => block()];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            entries(inner.clone()).prop_map(Value::Map),
            prop::collection::vec(inner, 1..4).prop_map(Value::List)
        ]
    })
}

/// Entries with different keys.
pub(crate) fn entries(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(String, Value)>> {
    let suffix = prop_oneof![4 => Just(""), 1 => Just("_unencrypted")];
    prop::collection::vec(("[a-z]{1,6}", suffix, inner), 1..4).prop_map(|entries| {
        let named = entries.into_iter().enumerate();
        named.map(|(number, (key, suffix, value))| (format!("{key}{number}{suffix}"), value)).collect()
    })
}

/// Prints a document as YAML.
pub(crate) fn yaml(entries: &[(String, Value)], layout: &Layout) -> Vec<u8> {
    let mut lines = Vec::new();
    if layout.marker {
        lines.push("---".to_owned());
    }
    if layout.comments {
        lines.extend(["# a head comment".to_owned(), String::new()]);
    }
    map_lines(entries, 0, layout, &mut lines);
    let mut text = lines.join(layout.line_end);
    if layout.last_line_end {
        text.push_str(layout.line_end);
    }
    let bom = if layout.bom { "\u{feff}" } else { "" };
    format!("{bom}{text}").into_bytes()
}

fn map_lines(entries: &[(String, Value)], depth: usize, layout: &Layout, lines: &mut Vec<String>) {
    for (number, (key, value)) in entries.iter().enumerate() {
        let margin = " ".repeat(depth);
        if layout.comments && number % 3 == 1 {
            lines.push(format!("{margin}# above {key}"));
        }
        value_lines(&format!("{margin}{key}:"), value, depth, layout, lines);
    }
}

/// A value after the words that lead to it: `key:` or `-`.
fn value_lines(lead: &str, value: &Value, depth: usize, layout: &Layout, lines: &mut Vec<String>) {
    let inner = depth + layout.indent;
    match value {
        Value::Line(text) if text.is_empty() => lines.push(lead.to_owned()),
        Value::Line(text) => {
            let inline = if layout.comments && text.len() % 4 == 0 { "  # inline" } else { "" };
            lines.push(format!("{lead} {text}{inline}"));
        }
        Value::Block(text, chomping) => {
            lines.push(format!("{lead} |{chomping}"));
            let margin = " ".repeat(inner);
            lines.extend(
                text.iter().map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") }),
            );
        }
        Value::Map(entries) => {
            lines.push(lead.to_owned());
            map_lines(entries, inner, layout, lines);
        }
        Value::List(items) => {
            lines.push(lead.to_owned());
            for item in items {
                value_lines(&format!("{}-", " ".repeat(inner)), item, inner, layout, lines);
            }
        }
    }
}

/// JSON of any layout: the spelling of every value and the blanks between are random.
fn json() -> impl Strategy<Value = String> {
    let string = prop_oneof![
        "\"[ !#-Z^-~é☃𝄞]{0,12}\"",
        prop::sample::select(vec!["\"\\n\\t\"", "\"\\u00e9\"", "\"\\ud834\\udd1e\"", "\"\\/\"", "\"</a>&\""])
            .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        3 => string,
        2 => any::<i64>().prop_map(|number| number.to_string()),
        1 => prop::sample::select(vec!["1.5", "1.0", "1e3", "-0", "1E-7", "2.50", "12345678901234567890", "true", "false", "null", "{}", "[]"]).prop_map(str::to_owned),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            json_map(inner.clone()),
            (prop::collection::vec(inner, 1..4), blank())
                .prop_map(|(items, blank)| { format!("[{blank}{}{blank}]", items.join(&format!("{blank},{blank}"))) })
        ]
    });
    (json_map(value), blank()).prop_map(|(map, end)| map + &end)
}

fn blank() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", " ", "\n", "\n  ", "\r\n\t", "\t"]).prop_map(str::to_owned)
}

fn json_map(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    // Keys may repeat.
    let key = prop_oneof![4 => "[a-c]{1,2}", 1 => "[a-c]_unencrypted", 1 => Just("k\\u00e9y \\\"".to_owned())];
    (prop::collection::vec((key, inner), 1..4), blank(), blank()).prop_map(|(entries, between, colon)| {
        let entries: Vec<String> =
            entries.iter().map(|(key, value)| format!("\"{key}\"{colon}:{colon}{value}")).collect();
        format!("{{{between}{}{between}}}", entries.join(&format!(",{between}")))
    })
}

fn dotenv() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => "[A-Z]{1,5}=[ -~é☃]{0,20}",
        1 => "[A-Z]{1,3}_unencrypted=[a-z]{1,5}",
        1 => "#[ -~é]{0,20}",
        1 => Just(String::new()),
        1 => Just("A=two\\nlines".to_owned()),
        1 => Just("export B=\"c\"\r".to_owned()),
    ];
    (Just("FIRST=1"), prop::collection::vec(line, 0..8), any::<bool>()).prop_map(|(first, lines, end)| {
        let mut text = first.to_owned();
        for line in &lines {
            text.push('\n');
            text.push_str(line);
        }
        text + if end { "\n" } else { "" }
    })
}

/// Encrypts and decrypts, under each kind of policy.
fn round_trip(format: Format, text: &[u8]) -> Result<(), TestCaseError> {
    let engines = [
        Engine::cheap(),
        Engine::cheap().selecting("encrypted_regex", "^[a-m]"),
        Engine::cheap().selecting("encrypted_regex", "^[a-m]").mac_only_encrypted(),
    ];
    for engine in engines {
        let shown = String::from_utf8_lossy(text);
        let encrypted = match engine.encrypt(format, text) {
            Ok(encrypted) => encrypted.text,
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{shown}"))),
        };
        let opened = engine.decrypt(format, &encrypted);
        let opened = opened.map_err(|error| TestCaseError::fail(format!("{error}\n{shown}")))?;
        prop_assert_eq!(String::from_utf8_lossy(&opened.text), shown.clone());
        // An edit that changes nothing keeps every ciphertext: only the MAC and the date are new.
        let again = engine.reencrypt(format, &encrypted, &opened, text);
        let again = again.map_err(|error| TestCaseError::fail(format!("{error}\n{shown}")))?;
        let (before, after) = (sealed_values(&encrypted), sealed_values(&again.text));
        prop_assert_eq!(&before, &after, "{}", shown);
        other_keys(&engine, format, &encrypted, text)?;
    }
    Ok(())
}

/// A recipient who comes and goes leaves no trace; a new data key changes every ciphertext, and not
/// the plaintext.
fn other_keys(engine: &Engine, format: Format, encrypted: &[u8], text: &[u8]) -> Result<(), TestCaseError> {
    let shown = String::from_utf8_lossy(text);
    let failed = |error| TestCaseError::fail(format!("{error}\n{shown}"));
    let more = engine.rewrap(format, encrypted, &[BOB]).map_err(failed)?.text;
    prop_assert!(String::from_utf8_lossy(&more).contains(BOB));
    let back = engine.rewrap(format, &more, &[]).map_err(failed)?.text;
    prop_assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(encrypted));
    let rotated = engine.rotate(format, encrypted).map_err(failed)?.text;
    let opened = engine.decrypt(format, &rotated).map_err(failed)?;
    prop_assert_eq!(String::from_utf8_lossy(&opened.text), shown.clone());
    let (before, after) = (sealed_values(encrypted), sealed_values(&rotated));
    prop_assert_eq!(before.len(), after.len());
    prop_assert!(after.iter().all(|value| !before.contains(value)), "{}", shown);
    Ok(())
}

/// The ciphertexts of a file, without that of its MAC.
fn sealed_values(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text).into_owned();
    let starts = text.match_indices("ENC[").map(|(at, _)| at);
    let values = starts.filter(|&at| !text[..at].trim_end_matches(['"', ' ', ':', '=']).ends_with("mac"));
    let spelling = |at: usize| {
        text[..at].trim_end_matches(['"', ' ', ':', '=']).rsplit(['\n', '"']).next().unwrap().contains("spelling")
    };
    values.filter(|&at| !spelling(at)).map(|at| text[at..].split(']').next().unwrap().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_comes_back_byte_for_byte(entries in entries(value()), layout in layout()) {
        round_trip(Format::Yaml, &yaml(&entries, &layout))?;
    }

    #[test]
    fn json_comes_back_byte_for_byte(text in json()) {
        round_trip(Format::Json, text.as_bytes())?;
    }

    #[test]
    fn dotenv_comes_back_byte_for_byte(text in dotenv()) {
        round_trip(Format::Dotenv, text.as_bytes())?;
    }

    #[test]
    fn no_bytes_make_a_parser_panic(text in prop::collection::vec(prop::sample::select(b"ab:-#&*!|>'\"%@`{}[],? \n\r\t\\=\xc3\xa9\xff0.~<".to_vec()), 0..60)) {
        for (format, _) in Format::ALL {
            let engine = Engine::cheap();
            if let Ok(encrypted) = engine.encrypt(format, &text) {
                prop_assert!(engine.decrypt(format, &encrypted.text).is_ok(), "{:?}", String::from_utf8_lossy(&text));
            }
        }
    }
}

const YAML: &str = "# a comment\npassword: hunter2\nport: 5432\nuser_unencrypted: admin\nlimit_unencrypted: 77\n\
                    db:\n  token: abc\n  hosts:\n    - one\n    - 2.5\n    - true\n  zone_unencrypted:\n    - north\n";
const JSON: &str = "{\"password\": \"hunter2\", \"port\": 5432, \"user_unencrypted\": \"admin\",\n \
                    \"db\": {\"token\": \"abc\", \"hosts\": [\"one\", 2.5, true], \"zone_unencrypted\": [\"north\", 77]}}\n";
const DOTENV: &str = "# a comment\nPASSWORD=hunter2\nPORT=5432\nUSER_unencrypted=admin\n";

/// The texts that are tampered with, encrypted.
fn samples(engine: &Engine) -> Vec<(Format, String)> {
    [(Format::Yaml, YAML), (Format::Json, JSON), (Format::Dotenv, DOTENV)]
        .into_iter()
        .map(|(format, text)| {
            (format, String::from_utf8(engine.encrypt(format, text.as_bytes()).unwrap().text).unwrap())
        })
        .collect()
}

/// The places of what stands between two markers.
fn between(text: &str, start: &str, end: char) -> Vec<std::ops::Range<usize>> {
    let starts = text.match_indices(start).map(|(at, _)| at + start.len());
    starts.map(|at| at..at + text[at..].find(end).unwrap()).collect()
}

/// Every other byte that is plausible at the place of this one.
fn others(byte: u8) -> Vec<u8> {
    let next = match byte {
        b'z' => b'a',
        b'Z' => b'A',
        b'9' => b'0',
        b'+' => b'/',
        b'/' => b'+',
        b'=' => b'A',
        _ => byte + 1,
    };
    vec![next, byte ^ 1, b'A', b'b']
}

/// Changes each byte of these places in turn; nothing of it may decrypt.
fn refuse(engine: &Engine, format: Format, text: &str, places: &[std::ops::Range<usize>], what: &str) {
    assert!(!places.is_empty(), "{}: no {what} found in\n{text}", format.name());
    assert!(engine.decrypt(format, text.as_bytes()).is_ok(), "the untouched {} file must open", format.name());
    for at in places.iter().cloned().flatten() {
        for byte in others(text.as_bytes()[at]) {
            let mut changed = text.as_bytes().to_vec();
            if changed[at] == byte {
                continue;
            }
            changed[at] = byte;
            let opened = engine.decrypt(format, &changed);
            let line = text[..at].matches('\n').count() + 1;
            assert!(
                opened.is_err(),
                "{}: byte {at} (line {line}) of a {what} became {:?} unnoticed",
                format.name(),
                byte as char
            );
        }
    }
}

#[test]
fn a_changed_ciphertext_nonce_or_tag_is_refused() {
    let engine = Engine::cheap();
    for (format, text) in samples(&engine) {
        // Comments are not under the MAC, and SOPS only warns when one does not open.
        let values = |name: &str| -> Vec<_> {
            let all = between(&text, name, ',');
            all.into_iter()
                .filter(|place| !text[place.start..].split(']').next().unwrap().ends_with("type:comment"))
                .collect()
        };
        refuse(&engine, format, &text, &values("data:"), "ciphertext");
        refuse(&engine, format, &text, &values(",iv:"), "nonce");
        refuse(&engine, format, &text, &values(",tag:"), "tag");
    }
}

#[test]
fn a_changed_value_in_clear_is_refused() {
    let engine = Engine::cheap();
    for (format, text) in samples(&engine) {
        let places: Vec<_> = ["admin", "north", "77"]
            .iter()
            .filter_map(|word| Some(text.find(word)?..text.find(word)? + word.len()))
            .collect();
        refuse(&engine, format, &text, &places, "value in clear");
    }
}

#[test]
fn a_changed_path_of_an_encrypted_value_is_refused() {
    let engine = Engine::cheap();
    for (format, text) in samples(&engine) {
        let words = ["password", "port", "db", "token", "hosts", "PASSWORD", "PORT"];
        let places: Vec<_> =
            words.iter().filter_map(|word| Some(text.find(word)?..text.find(word)? + word.len())).collect();
        refuse(&engine, format, &text, &places, "key");
    }
}

#[test]
fn a_changed_date_or_wrapped_key_is_refused() {
    let engine = Engine::cheap();
    for (format, text) in samples(&engine) {
        let date = text.find("2023-11-14T22:13:20Z").expect("the date of the engine");
        refuse(&engine, format, &text, &std::iter::once(date + 2..date + 4).collect::<Vec<_>>(), "date");
    }
}

#[test]
fn values_cannot_be_added_removed_moved_or_swapped() {
    let engine = Engine::cheap();
    let text = samples(&engine).remove(0).1;
    let line = |key: &str| text.lines().find(|line| line.trim_start().starts_with(key)).unwrap().to_owned() + "\n";
    let value = |key: &str| line(key).split_once(": ").unwrap().1.to_owned();
    for (what, changed) in [
        ("added", text.replacen("db:", "more_unencrypted: x\ndb:", 1)),
        ("removed in clear", text.replacen(&line("user_unencrypted"), "", 1)),
        ("removed", text.replacen(&line("port"), "", 1)),
        (
            "swapped",
            text.replacen(&value("port"), "@", 1).replacen(&value("password"), &value("port"), 1).replacen(
                '@',
                &value("password"),
                1,
            ),
        ),
        ("copied", text.replacen(&line("port"), &format!("{}copy: {}", line("port"), value("port")), 1)),
        ("put in clear", text.replacen(&value("password"), "hunter2\n", 1)),
        (
            "reordered",
            text.replacen(&line("port"), "", 1).replacen(&line("password"), &(line("port") + &line("password")), 1),
        ),
        ("emptied", text.replacen(&value("port"), "\"\"\n", 1)),
        (
            "without MAC",
            text.lines()
                .filter(|line| !line.trim_start().starts_with("mac:"))
                .map(|line| format!("{line}\n"))
                .collect(),
        ),
    ] {
        assert_ne!(changed, text, "{what}: nothing was changed");
        assert!(engine.decrypt(Format::Yaml, changed.as_bytes()).is_err(), "{what}: unnoticed");
    }
}
