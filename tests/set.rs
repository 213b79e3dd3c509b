//! `set` and `unset`: the value asked for is there or gone, nothing else changed, and SOPS reads
//! the result.

use cloze::document::change::{self, Change};
use cloze::document::{Format, KeyPath, Layout, Step};
use cloze::envelope;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::engine::Engine;
use crate::harness::{Sandbox, require_sops};
use crate::properties::{entries, layout, value, yaml};

/// A change to a model of the document.
#[derive(Clone, Debug)]
enum Asked {
    Set(Json),
    Unset,
}

/// Every path of a model, to maps and lists too.
fn paths(model: &Json) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), model)];
    while let Some((path, value)) = open.pop() {
        let below = |step| [path.clone(), vec![step]].concat();
        match value {
            Json::Object(entries) => {
                open.extend(entries.iter().map(|(key, value)| (below(Step::Key(key.clone())), value)));
            }
            Json::Array(items) => {
                open.extend(items.iter().enumerate().map(|(index, value)| (below(Step::Index(index)), value)));
            }
            _ => {}
        }
        found.push(path);
    }
    found.sort_by_key(|path| KeyPath(path.clone()).to_string());
    found
}

fn at<'m>(model: &'m mut Json, path: &[Step]) -> &'m mut Json {
    path.iter().fold(model, |model, step| match step {
        Step::Key(key) => &mut model[key.as_str()],
        Step::Index(index) => &mut model[*index],
    })
}

/// What the model becomes. The path is there, or one step beyond what is there, or more.
fn changed(mut model: Json, path: &[Step], asked: &Asked) -> Json {
    let (last, above) = path.split_last().unwrap();
    match asked {
        Asked::Unset => match (at(&mut model, above), last) {
            (Json::Object(entries), Step::Key(key)) => drop(entries.remove(key)),
            (Json::Array(items), Step::Index(index)) => drop(items.remove(*index)),
            _ => unreachable!("paths are those of the model"),
        },
        Asked::Set(new) => {
            for (number, step) in path.iter().enumerate() {
                let here = at(&mut model, &path[..number]);
                match (step, &mut *here) {
                    (Step::Key(_), Json::Null) => *here = json!({}),
                    (Step::Index(_), Json::Null) => *here = json!([]),
                    _ => {}
                }
                match (step, here) {
                    (Step::Key(key), Json::Object(entries)) => drop(entries.entry(key.clone()).or_insert(Json::Null)),
                    (Step::Index(index), Json::Array(items)) if *index == items.len() => items.push(Json::Null),
                    _ => {}
                }
            }
            *at(&mut model, path) = new.clone();
        }
    }
    model
}

/// A path and a change, chosen by numbers.
fn choice(model: &Json, place: usize, kind: u8, new: Json) -> (Vec<Step>, Asked) {
    let all = paths(model);
    let mut path = all[place % all.len()].clone();
    let mut copy = model.clone();
    let container = match at(&mut copy, &path) {
        Json::Object(_) => Some(Step::Key("new key".into())),
        Json::Array(items) => Some(Step::Index(items.len())),
        _ => None,
    };
    match (kind % 4, container) {
        (0, _) if !path.is_empty() => (path, Asked::Unset),
        (1, _) if !path.is_empty() => (path, Asked::Set(new)),
        (2, Some(step)) => {
            path.extend([step, Step::Key("a".into()), Step::Index(0), Step::Key("b".into())]);
            (path, Asked::Set(new))
        }
        (_, Some(step)) => {
            path.push(step);
            (path, Asked::Set(new))
        }
        _ => (path, Asked::Set(new)),
    }
}

fn new_value() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "[a-z ]{0,8}",
        "[ -~é☃]{0,12}",
        prop::sample::select(vec!["true", "5", "- x", "a: b", "#c", "l1\nl2\n", "\nx", " y ", "null", "'", "\""])
            .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        4 => text.prop_map(Json::from),
        1 => any::<i64>().prop_map(Json::from),
        1 => (-99i32..99).prop_map(|number| Json::from(f64::from(number) / 8.0)),
        1 => any::<bool>().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::vec(("[a-z]{1,3}", inner), 0..3).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// The values of a plaintext; none where JSON cannot hold them.
fn model(format: Format, text: &[u8]) -> Option<Json> {
    let json = envelope::convert(format, text, Format::Json, Layout::default()).ok()?;
    serde_json::from_slice(&json).ok()
}

/// How many lines are new in the second text.
fn new_lines(before: &[u8], after: &[u8]) -> usize {
    let mut known = std::collections::HashMap::<&[u8], usize>::new();
    before.split(|byte| *byte == b'\n').for_each(|line| *known.entry(line).or_default() += 1);
    after
        .split(|byte| *byte == b'\n')
        .filter(|line| match known.get_mut(*line) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .count()
}

fn without_empty(model: Json) -> Json {
    let is_empty = |value: &Json| matches!(value, Json::Object(entries) if entries.is_empty()) || *value == json!([]);
    match model {
        Json::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (key, without_empty(value)));
            Json::Object(entries.filter(|(_, value)| !is_empty(value)).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(without_empty).filter(|item| !is_empty(item)).collect()),
        other => other,
    }
}

/// Whether two models are the same. Whole floats are integers to SOPS.
fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        // A format without types.
        (Json::String(text), Json::Bool(value)) => *text == value.to_string(),
        (Json::String(text), Json::Number(value)) => text.parse().ok() == value.as_f64(),
        _ => one == other,
    }
}

/// Seals a text, changes it and opens it again. What a format cannot hold is refused; with `total`
/// there is no such thing.
#[track_caller]
fn check(format: Format, text: &[u8], place: usize, kind: u8, new: Json, total: bool) {
    let engine = Engine::cheap();
    let Some(before) = model(format, text) else { return };
    let Ok(sealed) = engine.encrypt(format, text) else { return };
    let (path, asked) = choice(&before, place, kind, new);
    let tree = match &asked {
        Asked::Set(new) => Some(change::value(new.to_string().as_bytes()).unwrap()),
        Asked::Unset => None,
    };
    let path = KeyPath(path);
    let shown = || {
        let text = String::from_utf8_lossy(text);
        format!("{path} {asked:?} in {}\n{text}", format.name())
    };
    let result = engine.change(format, &sealed.text, &path, tree.as_ref().map_or(Change::Unset, Change::Set));
    let result = match result {
        Ok(result) => result,
        Err(envelope::Error::Emit(_) | envelope::Error::EncryptValue { .. }) if !total => return,
        Err(envelope::Error::EncryptValue { reason, .. }) if reason.contains("a comment in clear") => return,
        Err(error) => panic!("{error}: {}", shown()),
    };
    let opened = engine.decrypt(format, &result.text).unwrap_or_else(|error| panic!("{error}: {}", shown()));
    let sealed_now = String::from_utf8_lossy(&result.text);
    let after = model(format, &opened.text).unwrap_or_else(|| panic!("{}\n{sealed_now}", shown()));
    let (mut after, mut expected) = (after, changed(before, &path.0, &asked));
    if matches!(format, Format::Ini | Format::Toml) {
        // There, a map may be nothing but its entries, or always be there.
        (after, expected) = (without_empty(after), without_empty(expected));
    }
    assert!(same(&after, &expected), "{}\n{after}\n{expected}\n{}", shown(), String::from_utf8_lossy(&opened.text));
    // The MAC, the date, the spelling, and the line that gets a comma or loses its last entry.
    if matches!(asked, Asked::Unset) {
        let changed = new_lines(&sealed.text, &result.text);
        assert!(changed <= 4 || opened.text.starts_with(b"{}"), "{changed} lines: {}\n{sealed_now}", shown());
    }
    if matches!(&asked, Asked::Set(new) if !new.is_object() && !new.is_array()) {
        let changed = new_lines(&sealed.text, &result.text);
        assert!(changed <= 12, "{changed} lines: {}\n{sealed_now}", shown());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_holds_what_was_set(document in entries(value()), layout in layout(), place: usize, kind: u8, new in new_value()) {
        check(Format::Yaml, &yaml(&document, &layout), place, kind, new, true);
    }

    #[test]
    fn yaml_between_brackets_holds_what_was_set(document in flow(), place: usize, kind: u8, new in new_value()) {
        check(Format::Yaml, document.as_bytes(), place, kind, new, true);
    }

    #[test]
    fn json_holds_what_was_set(
        document in new_value(),
        style in 0..4,
        place: usize,
        kind: u8,
        new in new_value(),
    ) {
        let document = json!({"first": document, "x_unencrypted": 1.5, "n": null, "e": {}, "l": ["a", {"b": []}]});
        let text = match style {
            0 => document.to_string(),
            1 => serde_json::to_string_pretty(&document).unwrap(),
            2 => serde_json::to_string_pretty(&document).unwrap().replace("  ", "\t").replace('\n', "\r\n") + "\r\n",
            _ => document.to_string().replace(',', ", ").replace("\":", "\" : "),
        };
        check(Format::Json, text.as_bytes(), place, kind, new, true);
    }

    #[test]
    fn dotenv_holds_what_was_set(lines in lines("[A-Z]{1,4}", "="), end: bool, place: usize, kind: u8, new in new_value()) {
        let text = lines.join("\n") + if end { "\n" } else { "" };
        check(Format::Dotenv, text.as_bytes(), place, kind, new, false);
    }

    #[test]
    fn ini_holds_what_was_set(
        head in lines("[a-z]{1,4}", " = "),
        sections in prop::collection::vec((lines("[a-z]{1,4}", "="), "\n|"), 0..3),
        crlf: bool,
        end: bool,
        place: usize,
        kind: u8,
        new in new_value(),
    ) {
        let mut text = head.join("\n");
        for (number, (lines, blank)) in sections.iter().enumerate() {
            text += &format!("{}\n; about it\n[s{number}]\n{}", blank, lines.join("\n"));
        }
        if end {
            text += "\n";
        }
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        check(Format::Ini, text.as_bytes(), place, kind, new, false);
    }

    #[test]
    fn toml_holds_what_was_set(order in prop::collection::vec(0..TABLES.len(), 0..6), crlf: bool, place: usize, kind: u8, new in new_value()) {
        let mut seen = std::collections::BTreeSet::new();
        let tables: Vec<_> = order.iter().filter(|at| seen.insert(**at) || TABLES[**at].starts_with("[[")).map(|at| TABLES[*at]).collect();
        let text = format!("# head\ntitle = 'x'\nd.e.f = 1 # beside\nin = {{ a = 1, b = [1, 2] }}\nlong = [\n  1,\n  2, # two\n]\n\n{}", tables.join("\n"));
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        check(Format::Toml, text.as_bytes(), place, kind, new, false);
    }
}

/// Tables in the ways in which TOML lets them be written.
const TABLES: [&str; 8] = [
    "# about a\n[a]\nx = 1\n  y.z = 2\n",
    "[a.b]\nc = \"\"\"\nlong\n\"\"\"\n",
    "[k.l.m]\n",
    "[[arr]]\nn = 1\n",
    "[[arr]]\n[[arr.sub]]\nq = true\n",
    "[empty]\n\n# below\n",
    "[\"odd key\"]\n'x.y' = 1979-05-27\n",
    "[k]\nv = {}\n",
];

/// Lines with different keys, and comments and blank lines between.
fn lines(key: &'static str, delimiter: &'static str) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec((key, "[a-z][a-z0-9 ]{0,6}[a-z]|", 0..6), 0..5).prop_map(move |entries| {
        let mut lines = Vec::new();
        for (number, (key, value, around)) in entries.into_iter().enumerate() {
            match around {
                0 => lines.push("# above".to_owned()),
                1 => lines.push(String::new()),
                _ => {}
            }
            lines.push(format!("{key}{number}{delimiter}{value}"));
        }
        lines
    })
}

/// A YAML text with collections between brackets, on one line and on several.
fn flow() -> impl Strategy<Value = String> {
    (new_value(), any::<bool>(), any::<bool>()).prop_map(|(value, wide, root)| {
        let document = json!({"b": value, "c": [1, {"d": "x"}], "e": {}});
        let text = if wide { serde_json::to_string_pretty(&document).unwrap() } else { document.to_string() };
        if root { text + "\n" } else { format!("a: {}\nz: 1\n", text.replace('\n', "\n  ")) }
    })
}
