//! `set` and `unset`: the value asked for is there or gone, nothing else changed, and SOPS reads
//! the result.

use cloze::document::change::{self, Change};
use cloze::document::{Content, Format, KeyPath, Node, Scalar, Step};
use cloze::envelope;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::engine::Engine;
use crate::harness::{Sandbox, require_sops};
use crate::interop::{cases, sandbox};
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
    if format == Format::Dotenv {
        // A conversion gives what dotenv readers make of a value, and not what is in the file.
        let document = format.syntax().parse(text).ok()?;
        let entry = |node: &Node<'_>| match &node.content {
            Content::Leaf { value: Scalar::Text(text), .. } => {
                Some((node.key.as_deref()?.to_owned(), text.as_str()?.into()))
            }
            _ => None,
        };
        return Some(Json::Object(document.nodes.iter().filter_map(entry).collect()));
    }
    let json = envelope::convert(format, text, Format::Json, &envelope::Options::default()).ok()?;
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
        Json::Array(items) => {
            Json::Array(items.into_iter().map(without_empty).filter(|item| !is_empty(item)).collect())
        }
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
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

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

/// A file that real SOPS writes, in every format that it has.
const FILES: [(&str, &str); 4] = [
    ("f.yaml", "a: x\nm:\n    k: 1\n    l:\n        - p\n        - q\n# about n\nn: \"null\"\nz_unencrypted: 2.5\n"),
    ("f.json", "{\"a\": \"x\", \"m\": {\"k\": 1, \"l\": [\"p\", \"q\"]}, \"n\": \"null\", \"z_unencrypted\": 2.5}\n"),
    ("f.env", "a=x\n# about n\nn=null\nz_unencrypted=2.5\n"),
    ("f.ini", "a = x\n\n; about m\n[m]\nk = 1\nlong_key = 2\n\n[n]\nz_unencrypted = 2.5\n"),
];

/// The data as real SOPS reads them.
fn read_by_sops(sandbox: &Sandbox, sops: &std::path::Path, file: &str) -> Json {
    let call = sandbox.real(sops, ["decrypt", "--output-type", "json", file]);
    serde_json::from_slice(&call.ok()).unwrap()
}

#[test]
fn the_same_calls_do_the_same_as_in_sops() {
    let Some(sops) = require_sops() else { return };
    // By file: the call, with F for the file; whether the data is to be the same too.
    let calls: &[(&str, &[&str])] = &[
        (".", &["set", "F", "[\"a\"]", "\"y\""]),
        (".", &["set", "F", "[\"a\"]", "\"x\""]),
        (".", &["set", "--idempotent", "F", "[\"a\"]", "\"x\""]),
        (".", &["set", "F", "['a']", "\"two\\nlines\""]),
        (".", &["set", "F", "[\"sp ace\"]", "\"v\""]),
        (".", &["set", "F", "[\"new\"]", "\"\""]),
        (".", &["set", "F", "[\"a\"]", "hello"]),
        (".", &["set", "F", "[\"a\"]", ""]),
        (".", &["set", "F", "[\"a\"]", "\"x\" 1"]),
        (".", &["set", "F", "a", "1"]),
        (".", &["set", "F", "[\"a\"", "1"]),
        (".", &["set", "F"]),
        (".", &["set", "F", "[\"a\"]"]),
        (".", &["set", "F", "[\"a\"]", "1", "2"]),
        (".", &["set", "missing", "[\"a\"]", "1"]),
        (".", &["set", "--value-file", "--value-stdin", "F", "[\"a\"]"]),
        (".", &["set", "--value-file", "F", "[\"a\"]", "value.json"]),
        (".", &["set", "--value-file", "F", "[\"a\"]", "F"]),
        (".", &["set", "--value-stdin", "F", "[\"a\"]"]),
        (".", &["set", "--value-stdin", "F", "[\"a\"]", "1"]),
        (".", &["--set", "[\"a\"] \"y\"", "F"]),
        (".", &["--set", "[\"n\"] \"y] z\"", "F"]),
        (".", &["--set", "[\"a\"]", "F"]),
        (".", &["unset", "F", "[\"a\"]"]),
        (".", &["unset", "F", "[\"zz\"]"]),
        (".", &["unset", "--idempotent", "F", "[\"zz\"]"]),
        (".", &["unset", "--idempotent", "F", "[\"a\"]"]),
        (".", &["unset", "F"]),
        (".", &["unset", "F", "a"]),
        (".", &["unset", "F", "[\"a\"][\"b\"]"]),
        ("tree", &["set", "F", "[\"a\"]", "5"]),
        ("tree", &["set", "F", "[\"a\"]", "2.5"]),
        ("tree", &["set", "F", "[\"a\"]", "true"]),
        ("tree", &["set", "F", "[\"a\"]", "null"]),
        ("tree", &["set", "F", "[\"a\"]", "{\"x\":1,\"y\":[1,2.5,{\"z\":null}],\"e\":{}}"]),
        ("tree", &["set", "F", "[\"a\"][\"b\"][\"c\"]", "\"z\""]),
        ("tree", &["set", "F", "[\"m\"][\"k\"]", "{\"v\":\"w\"}"]),
        ("tree", &["set", "F", "[\"m\"]", "\"flat\""]),
        ("tree", &["set", "F", "[\"m\"][\"l\"][1]", "\"z\""]),
        ("tree", &["set", "F", "[\"m\"][\"l\"][2]", "\"z\""]),
        ("tree", &["set", "F", "[\"m\"][\"l\"][9]", "\"z\""]),
        ("tree", &["set", "F", "[\"m\"][\"l\"][0][\"x\"]", "\"z\""]),
        ("tree", &["set", "F", "[\"q\"][3][\"r\"]", "\"z\""]),
        ("tree", &["set", "F", "[\"z_unencrypted\"]", "\"z\""]),
        ("tree", &["set", "F", "[\"y_unencrypted\"]", "{\"in\":[\"clear\"]}"]),
        ("tree", &["unset", "F", "[\"m\"]"]),
        ("tree", &["unset", "F", "[\"m\"][\"l\"]"]),
        ("tree", &["unset", "F", "[\"m\"][\"l\"][0]"]),
        ("tree", &["unset", "F", "[\"m\"][\"l\"][7]"]),
        ("tree", &["unset", "F", "[\"z_unencrypted\"]"]),
        ("ini", &["set", "F", "[\"m\"][\"k\"]", "\"y\""]),
        ("ini", &["set", "F", "[\"m\"][\"new\"]", "\"y; z\""]),
        ("ini", &["set", "F", "[\"new\"][\"k\"]", "\"y\""]),
        ("ini", &["set", "F", "[\"DEFAULT\"][\"b\"]", "\"y\""]),
        ("ini", &["set", "F", "[\"n\"][\"z_unencrypted\"]", "\"z\""]),
        ("ini", &["unset", "F", "[\"m\"]"]),
        ("ini", &["unset", "F", "[\"n\"]"]),
        ("ini", &["unset", "F", "[\"m\"][\"k\"]"]),
    ];
    let sandbox = Sandbox::with_rules();
    sandbox.write("value.json", "\"from a file\"\n");
    for (file, text) in FILES {
        sandbox.write(file, text);
        sandbox.real(sops, ["encrypt", "--age", crate::harness::ALICE, "-i", file]).ok();
        let old = sandbox.read(file);
        let kind = match file {
            "f.ini" => "ini",
            "f.env" => "env",
            _ => "tree",
        };
        for (of, call) in calls {
            // In INI, SOPS puts values where sections stand, and writes files that nobody can read.
            if !(*of == kind || *of == "." && kind != "ini") {
                continue;
            }
            let args: Vec<&str> = call.iter().map(|arg| if *arg == "F" { file } else { arg }).collect();
            let theirs = sandbox.real(sops, &args).stdin("\"from stdin\"\n").run();
            let expected = read_by_sops(&sandbox, sops, file);
            sandbox.write(file, &old);
            let ours = sandbox.named("sops", &args).stdin("\"from stdin\"\n").run();
            ours.expect(theirs.code);
            let found = read_by_sops(&sandbox, sops, file);
            assert!(same(&found, &expected), "{args:?} in {file}:\n{found}\n{expected}");
            sandbox.cloze(["decrypt", file]).ok();
            sandbox.write(file, &old);
        }
    }
}

/// The lines of the second text that are not in the first, without what stands behind a colon.
fn keys_of_new_lines(before: &str, after: &str) -> Vec<String> {
    let old: std::collections::HashSet<&str> = before.lines().collect();
    let new = after.lines().filter(|line| !old.contains(line));
    new.map(|line| line.trim_start().split([':', '=']).next().unwrap().trim().to_owned()).collect()
}

#[test]
fn a_file_of_sops_changes_in_three_lines() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    for (file, text) in FILES {
        sandbox.write(file, text);
        sandbox.real(sops, ["encrypt", "--age", crate::harness::ALICE, "-i", file]).ok();
        // The date has whole seconds, and is to be another one.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let before = sandbox.text(file);
        let path = if file == "f.ini" { "DEFAULT.a" } else { "a" };
        sandbox.cloze(["set", file, path, "\"other\""]).run().expect(0).silent();
        let after = sandbox.text(file);
        let names = keys_of_new_lines(&before, &after).into_iter();
        let mut names: Vec<_> = names.map(|name| name.replace("sops_", "").replace('"', "")).collect();
        names.sort();
        assert_eq!(names, ["a", "lastmodified", "mac"], "{file}");
        assert_eq!(before.lines().count(), after.lines().count());
    }
}

#[test]
fn every_file_that_sops_has_written_can_be_changed() {
    let Some(sops) = require_sops() else { return };
    for case in cases() {
        let (path, steps, value) = match case.format {
            Format::Binary => ("data", vec!["data"], "v"),
            Format::Ini => ("new.key", vec!["new", "key"], "v"),
            _ => ("new", vec!["new"], "v"),
        };
        let sandbox = sandbox(&case, &case.openers()[0]);
        let file = case.file("encrypted");
        let name = file.file_name().unwrap().to_str().unwrap();
        let sealed = case.read("encrypted");
        sandbox.write(name, &sealed);
        let before = read_by_sops(&sandbox, sops, name);
        let plain = sandbox.cloze(["decrypt", name]).ok();
        sandbox.cloze(["set", "--string", name, path, value]).run().expect(0).silent();
        let lines = new_lines(&sealed, &sandbox.read(name));
        // A new entry, in INI a new section, in JSON a comma.
        let wanted =
            if matches!(case.format, Format::Ini) || file.display().to_string().contains("multi") { 7 } else { 4 };
        assert!(lines <= wanted, "{lines} lines: {}", file.display());
        let steps: Vec<_> = steps.into_iter().map(|step| Step::Key(step.into())).collect();
        let expected = changed(before, &steps, &Asked::Set(json!("v")));
        let found = read_by_sops(&sandbox, sops, name);
        assert!(same(&found, &expected), "{}\n{found}\n{expected}", file.display());
        if case.format == Format::Binary {
            continue;
        }
        let last = if case.format == Format::Ini { "new" } else { path };
        sandbox.cloze(["unset", name, last]).run().expect(0).silent();
        sandbox.cloze(["decrypt", name]).run().prints(&plain);
        let documents = sealed.windows(5).filter(|part| part == b"\nsops").count().max(1);
        assert!(new_lines(&sealed, &sandbox.read(name)) <= 2 * documents, "{}", file.display());
    }
}

/// Seals a YAML text, makes a change, and gives back the plaintext.
#[track_caller]
fn yaml_after(engine: &Engine, text: &str, path: &str, value: Option<&str>) -> String {
    let sealed = engine.encrypt(Format::Yaml, text.as_bytes()).unwrap();
    let tree = value.map(|value| change::value(value.as_bytes()).unwrap());
    let path = KeyPath::parse(path).unwrap();
    let result = engine
        .change(Format::Yaml, &sealed.text, &path, tree.as_ref().map_or(Change::Unset, Change::Set))
        .unwrap_or_else(|error| panic!("{error}: {path} in\n{text}"));
    String::from_utf8(engine.decrypt(Format::Yaml, &result.text).unwrap().text.to_vec()).unwrap()
}

#[test]
fn the_layout_of_the_neighbours_is_taken_over() {
    let engine = Engine::cheap();
    let table = [
        ("a:\n  b: 1 # one\n  # tail\nc: 2\n", "a.x", Some("\"y\""), "a:\n  b: 1 # one\n  x: 'y'\n  # tail\nc: 2\n"),
        ("l:\n- 1\n- 2\nc: 3\n", "l[2]", Some("{\"k\":[1],\"m\":2}"), "l:\n- 1\n- 2\n- k:\n    - 1\n  m: 2\nc: 3\n"),
        ("l:\n    - - a\n      - b\n", "l[0][2]", Some("\"c\""), "l:\n    - - a\n      - b\n      - c\n"),
        ("l:\n    - - a\n      - b\n", "l[0][0]", None, "l:\n    - - b\n"),
        ("l:\n  - a: 1\n    b: 2\n", "l[0].a", None, "l:\n  - b: 2\n"),
        ("l:\n  - a: 1\n", "l[0].a", None, "l:\n  - {}\n"),
        ("a: {b: 1, \"c\": 2}\n", "a.d", Some("[\"x\"]"), "a: {b: 1, \"c\": 2, \"d\": [\"x\"]}\n"),
        ("a: {b: 1, c:\n  }\n", "a.d", Some("2"), "a: {b: 1, c: , d: 2\n  }\n"),
        ("a: {b: 1, c: 2}\n", "a.b", None, "a: {c: 2}\n"),
        ("a: [\n  1,\n  2,\n]\n", "a[2]", Some("3"), "a: [\n  1,\n  2,\n  3,\n]\n"),
        (
            "a:\r\n  b: x\r\nc: y\r\n",
            "a.d",
            Some("\"p\\nq\\n\""),
            "a:\r\n  b: x\r\n  d: |\r\n    p\r\n    q\r\nc: y\r\n",
        ),
        ("a: 0x1F\nb: 1.0\nc: &x d\ne: *x\n", "b", Some("7"), "a: 0x1F\nb: 7\nc: &x d\ne: *x\n"),
        ("a: 1\n# gone with it?\nb: 2 # yes\nc: 3\n", "b", None, "a: 1\n# gone with it?\nc: 3\n"),
        ("a:\n  # stays\n  b: 1\nc: 2\n", "a.b", None, "a: {}\n  # stays\nc: 2\n"),
        ("a: # stays\n  b: 1\nc: 2\n", "a", Some("\"s\""), "a: s # stays\nc: 2\n"),
        ("a: s # stays\nc: 2\n", "a", Some("{\"b\":1}"), "a: # stays\n    b: 1\nc: 2\n"),
        ("l:\n  - s # stays\n", "l[0]", Some("{\"b\":\"p\\nq\\n\"}"), "l:\n  - # stays\n    b: |\n      p\n      q\n"),
        ("a: # stays\n  b: 1\n", "a", Some("\"p\\nq\\n\""), "a: \"p\\nq\\n\" # stays\n"),
        ("a: |\n  x\n\nc: 2\n", "b.c[0]", Some("true"), "a: |\n  x\n\nc: 2\nb:\n    c:\n        - true\n"),
        ("a:\n", "a.b", Some("1"), "a:\n    b: 1\n"),
        ("\"k\": 'v'\n", "yes", Some("\"no\""), "\"k\": 'v'\n\"yes\": 'no'\n"),
        ("a: 1\n---\na: 2\n", "a", Some("3"), "a: 3\n---\na: 2\n"),
        ("a: 1\n---\nb: 2\n", "c", Some("3"), "a: 1\nc: 3\n---\nb: 2\n"),
    ];
    for (text, path, value, expected) in table {
        assert_eq!(yaml_after(&engine, text, path, value), expected, "{path} in\n{text}");
    }
}

#[test]
fn aliases_keep_what_they_stood_for() {
    let engine = Engine::cheap();
    let table = [
        ("a: &x one\nb: *x\n", "a", Some("\"two\""), "a: &x two\nb: one\n"),
        ("a: &x one\nb: *x\n", "b", Some("\"two\""), "a: &x one\nb: two\n"),
        ("a: &x one\nb: *x\n", "a", None, "b: one\n"),
        ("a: &x one\nb: *x\nc: *x\n", "b", None, "a: &x one\nc: *x\n"),
        ("a: &x\n  k: 1\nb: *x\n", "b.m", Some("2"), "a: &x\n  k: 1\nb:\n    k: 1\n    m: 2\n"),
        ("a: &x\n  k: 1\nb: *x\n", "a.m", Some("2"), "a: &x\n  k: 1\n  m: 2\nb:\n    k: 1\n"),
        ("a: &x\n  k: 1\nb:\n  <<: *x\n  l: 2\n", "b.l", Some("3"), "a: &x\n  k: 1\nb:\n  <<: *x\n  l: 3\n"),
    ];
    for (text, path, value, expected) in table {
        assert_eq!(yaml_after(&engine, text, path, value), expected, "{path} in\n{text}");
    }
}

#[test]
fn the_rule_decides_for_every_new_value() {
    let sealed_lines = |engine: &Engine, text: &str, path: &str, value: Option<&str>| {
        let sealed = engine.encrypt(Format::Yaml, text.as_bytes()).unwrap();
        let tree = value.map(|value| change::value(value.as_bytes()).unwrap());
        let path = KeyPath::parse(path).unwrap();
        let result =
            engine.change(Format::Yaml, &sealed.text, &path, tree.as_ref().map_or(Change::Unset, Change::Set)).unwrap();
        engine.decrypt(Format::Yaml, &result.text).unwrap();
        let text = String::from_utf8(result.text).unwrap();
        let data = text.split("\nsops:").next().unwrap();
        data.lines()
            .map(|line| line.split("ENC[").next().unwrap().to_owned() + if line.contains("ENC[") { "*" } else { "" })
            .collect::<Vec<_>>()
            .join("|")
    };
    let suffix = Engine::cheap();
    assert_eq!(
        sealed_lines(&suffix, "a: 1\n", "b_unencrypted.c", Some("[1]")),
        "a: *|b_unencrypted:|    c:|        - 1"
    );
    let regex = Engine::cheap().selecting("encrypted_regex", "^pass");
    assert_eq!(
        sealed_lines(&regex, "pass: 1\n", "db", Some("{\"pass\":1,\"user\":2}")),
        "pass: *|db:|    pass: *|    user: 2"
    );
    let comment = Engine::cheap().selecting("encrypted_comment_regex", "secret");
    let text = "# secret\na: 1\nb: 2\n";
    assert_eq!(sealed_lines(&comment, text, "a", Some("5")), "# secret|a: *|b: 2");
    assert_eq!(sealed_lines(&comment, text, "c", Some("5")), "# secret|a: *|b: 2|c: 5");
    // The comment would be about what follows.
    assert_eq!(sealed_lines(&comment, text, "a", None), "b: 2");
    let comment = Engine::cheap().selecting("unencrypted_comment_regex", "clear");
    assert_eq!(sealed_lines(&comment, "# clear\na: 1\nb: 2\n", "a", None), "b: *");
}

#[test]
fn an_equal_value_keeps_its_ciphertext() {
    let sandbox = Sandbox::with_rules();
    let before = sandbox.encrypted("f.yaml", "a: x\nm: {k: 1}\n");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    for (path, value) in [("a", "\"x\""), ("m", "{\"k\":1}"), ("m.k", "1")] {
        sandbox.cloze(["set", "--idempotent", "f.yaml", path, value]).run().expect(0).silent();
        assert_eq!(sandbox.read("f.yaml"), before, "{path}");
    }
    sandbox.cloze(["set", "f.yaml", "a", "\"x\""]).run().expect(0);
    assert_eq!(
        keys_of_new_lines(&String::from_utf8(before).unwrap(), &sandbox.text("f.yaml")),
        ["lastmodified", "mac"]
    );
    // Another type is another value.
    let before = sandbox.read("f.yaml");
    sandbox.cloze(["set", "--idempotent", "f.yaml", "m.k", "\"1\""]).run().expect(0);
    assert_ne!(sandbox.read("f.yaml"), before);
    sandbox.cloze(["decrypt", "f.yaml"]).run().prints("a: x\nm: {k: '1'}\n");
}

#[test]
fn values_come_from_arguments_files_and_standard_input() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("f.json", "{\"a\": 1}\n");
    let held = |sandbox: &Sandbox| {
        let text = sandbox.cloze(["decrypt", "f.json"]).text();
        serde_json::from_str::<Json>(&text).unwrap()["a"].clone()
    };
    sandbox.cloze(["set", "f.json", "a", "-5"]).run().expect(0).silent();
    assert_eq!(held(&sandbox), json!(-5));
    sandbox.cloze(["set", "f.json", "a", "9007199254740993"]).run().expect(0);
    assert_eq!(held(&sandbox), json!(9_007_199_254_740_993_i64));
    sandbox.cloze(["set", "f.json", "a", "[1, 2.5, \"x\", null, {}]"]).run().expect(0);
    assert_eq!(held(&sandbox), json!([1, 2.5, "x", null, {}]));
    sandbox.cloze(["set", "--string", "f.json", "a", "no \"json\""]).run().expect(0);
    assert_eq!(held(&sandbox), json!("no \"json\""));
    sandbox.cloze(["set", "--value-stdin", "--string", "f.json", "a"]).stdin("piped\n").run().expect(0);
    assert_eq!(held(&sandbox), json!("piped\n"));
    sandbox.write("value", "{\"k\": true}\n");
    sandbox.cloze(["set", "--value-file", "f.json", "a", "value"]).run().expect(0);
    assert_eq!(held(&sandbox), json!({"k": true}));
    let before = sandbox.read("f.json");
    for (args, code, said) in [
        (&["set", "f.json", "a", "18446744073709551615"][..], 7, "64 bits"),
        (&["set", "f.json", "a", "canary"], 7, "not JSON"),
        (&["set", "f.json", "a", "1}, \"b\": {\"c\": 2"], 7, "JSON"),
        (&["set", "f.json", "a", "1, \"b\": 2"], 7, "more than one value"),
        (&["set", "f.json", "a.k.x", "1"], 7, "`a.k` is a single value"),
        (&["set", "f.json", "a[0]", "1"], 7, "`a` is a map"),
        (&["set", "f.json", "b[1]", "1"], 7, "has 0 elements"),
        (&["set", "f.json", "sops.mac", "1"], 203, "reserved"),
        (&["set", "--output-type", "yaml", "f.json", "a", "1"], 8, "--output-type"),
        (&["unset", "f.json", "a.x"], 1, "nothing at `a.x`"),
    ] {
        let outcome = sandbox.cloze(args).run();
        outcome.expect(code).says(said);
        assert!(!outcome.stderr.contains("canary"));
        assert_eq!(sandbox.read("f.json"), before);
    }
}

#[test]
fn a_damaged_file_is_not_written() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("f.yaml", "a: x\nb_unencrypted: y\n");
    let damaged = sandbox.text("f.yaml").replace("b_unencrypted: y", "b_unencrypted: z");
    sandbox.write("f.yaml", &damaged);
    for args in [&["set", "f.yaml", "a", "1"][..], &["unset", "f.yaml", "a"]] {
        sandbox.cloze(args).run().expect(51);
        assert_eq!(sandbox.text("f.yaml"), damaged);
    }
    sandbox.cloze(["set", "--ignore-mac", "f.yaml", "a", "1"]).run().expect(0);
    sandbox.cloze(["decrypt", "f.yaml"]).run().expect(0).prints("a: 1\nb_unencrypted: z\n");
}

#[test]
fn comments_that_sops_put_into_lists_do_not_count() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    sandbox.write("f.yaml", "l:\n    # about one\n    - one\n    # about two\n    - two\n");
    sandbox.real(sops, ["encrypt", "--age", crate::harness::ALICE, "-i", "f.yaml"]).ok();
    sandbox.cloze(["set", "f.yaml", "l[1]", "\"second\""]).run().expect(0).silent();
    sandbox.cloze(["set", "f.yaml", "l[2]", "\"third\""]).run().expect(0).silent();
    sandbox.cloze(["unset", "f.yaml", "l[0]"]).run().expect(0).silent();
    let text = sandbox.cloze(["decrypt", "f.yaml"]).text();
    assert_eq!(text, "l:\n    # about one\n    # about two\n    - second\n    - third\n");
}

#[test]
fn entries_out_of_force_stay_and_do_not_come_into_force() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("f.ini", "[s]\nk = old\nk = new\nm = 1\n");
    sandbox.cloze(["set", "f.ini", "s.m", "2"]).run().expect(0);
    sandbox.cloze(["decrypt", "f.ini"]).run().prints("[s]\nk = old\nk = new\nm = 2\n");
    sandbox.cloze(["set", "f.ini", "s.k", "\"newer\""]).run().expect(0);
    sandbox.cloze(["decrypt", "f.ini"]).run().prints("[s]\nk = old\nk = newer\nm = 2\n");
    sandbox.cloze(["unset", "f.ini", "s.k"]).run().expect(0);
    sandbox.cloze(["decrypt", "f.ini"]).run().prints("[s]\nm = 2\n");
}

#[test]
fn values_of_ini_are_read_as_they_were_encrypted() {
    let sandbox = Sandbox::with_rules();
    sandbox.write("f.ini", "[s]\nk = a#b\nm = 1\n");
    for name in ["cloze", "sops"] {
        sandbox.write("f.ini", "[s]\nk = a#b\nm = 1\n");
        sandbox.named(name, ["encrypt", "--age", crate::harness::ALICE, "-i", "f.ini"]).ok();
        sandbox.named(name, ["set", "f.ini", "[\"s\"][\"m\"]", "2"]).run().expect(0);
        sandbox.named(name, ["decrypt", "f.ini"]).run().expect(0).prints("[s]\nk = a#b\nm = 2\n");
    }
}

#[test]
fn a_comment_that_comes_into_a_new_map_opens_there() {
    let Some(sops) = crate::harness::require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    sandbox.write("f.yaml", "a:\n  # note\nb: 1\n");
    sandbox.cloze(["encrypt", "-i", "f.yaml"]).ok();
    sandbox.cloze(["set", "f.yaml", "[\"a\"]", "{\"x\": 1}"]).ok();
    assert_eq!(sandbox.cloze(["decrypt", "f.yaml"]).text(), "a:\n    x: 1\n  # note\nb: 1\n");
    assert_eq!(sandbox.real(sops, ["decrypt", "f.yaml"]).text(), "a:\n    x: 1\n    # note\nb: 1\n");
}

#[test]
fn nothing_is_put_where_it_would_be_something_else() {
    let sandbox = Sandbox::with_rules();
    sandbox.write("f.yaml", "l:\n- # note\n- 2\n");
    sandbox.cloze(["encrypt", "-i", "f.yaml"]).ok();
    let before = sandbox.read("f.yaml");
    sandbox.cloze(["set", "f.yaml", "[\"l\"][0]", "\"x\""]).run().says("there is no place here");
    assert_eq!(sandbox.read("f.yaml"), before);
}

#[test]
fn comments_are_no_obstacle() {
    let sandbox = Sandbox::with_rules();
    for (before, path, value, after) in [
        ("hosts: [a, b] # prod\n", "[\"hosts\"]", "[\"c\"]", "hosts: # prod\n    - c\n"),
        ("a: [] # c\n", "[\"a\"]", "{}", "a: {} # c\n"),
        ("a: {x: 1} # c\n", "[\"a\"]", "2", "a: 2 # c\n"),
        ("a:\n  # n\n  x # l\nb: 1\n", "[\"a\"]", "3", "a:\n  # n\n  3 # l\nb: 1\n"),
    ] {
        sandbox.write("f.yaml", before);
        sandbox.cloze(["encrypt", "-i", "f.yaml"]).ok();
        sandbox.cloze(["set", "f.yaml", path, value]).ok();
        assert_eq!(sandbox.cloze(["decrypt", "f.yaml"]).text(), after);
    }
    sandbox.write("f.yaml", "a: | # c\n  x\n");
    sandbox.cloze(["encrypt", "-i", "f.yaml"]).ok();
    sandbox.cloze(["set", "f.yaml", "[\"a\"]", "4"]).run().says("a comment stands behind its header");
}
