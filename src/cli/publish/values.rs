//! Plaintexts as the JSON objects that a key-value engine keeps. Comments are left out, and the
//! documents of a stream are joined, as in SOPS; what would be lost otherwise is an error.

use serde_json::{Map, Number, Value};
use zeroize::Zeroizing;

use crate::document::{Content, Document, Event, Format, Node, Reading, Scalar, dotenv_value};

/// How deep values may be inside of each other: what JSON readers accept, Vault's among them.
const MAX_DEPTH: usize = 100;

/// The values of all documents as one JSON object. A key that is there twice is an error unless
/// the result may be `lossy`; then the last one counts.
///
/// # Errors
/// There is something that JSON cannot hold; what, for people, without the value.
pub(super) fn of(
    format: Format,
    document: &Document<'_>,
    reading: Reading,
    lossy: bool,
) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut all = Map::new();
    for part in &document.parts {
        let mut open = Open { stack: Vec::new(), lossy };
        let mut whole = None;
        for event in document.walk_range(document.extent(part.root)) {
            match event {
                Event::Enter(_, node) => open.enter(node)?,
                Event::Leave => whole = open.leave()?.or(whole),
                Event::Leaf(_, node, value) => {
                    open.put(name(node, format, reading), scalar(document, node, value, format, reading)?)?
                }
                Event::Comment(..) => {}
            }
        }
        while !open.stack.is_empty() {
            whole = open.leave()?.or(whole);
        }
        let Some(Value::Object(map)) = whole else {
            return Err("is no map of names and values, which Vault keeps".into());
        };
        for (key, value) in map {
            add(&mut all, key, value, lossy)?;
        }
    }
    Ok(Zeroizing::new(Value::Object(all).to_string().into_bytes()))
}

/// The containers that are being filled, each with its own name.
struct Open {
    stack: Vec<(String, Value)>,
    lossy: bool,
}

impl Open {
    fn enter(&mut self, node: &Node<'_>) -> Result<(), String> {
        if self.stack.len() >= MAX_DEPTH {
            return Err("its values are nested too deeply for Vault".into());
        }
        let new = if matches!(node.content, Content::List { .. }) {
            Value::Array(Vec::new())
        } else {
            Value::Object(Map::new())
        };
        self.stack.push((node.key.as_deref().unwrap_or_default().to_owned(), new));
        Ok(())
    }

    /// Puts the container at hand into the one around it; the outermost is returned.
    fn leave(&mut self) -> Result<Option<Value>, String> {
        let Some((key, value)) = self.stack.pop() else { return Ok(None) };
        if self.stack.is_empty() {
            return Ok(Some(value));
        }
        self.put(key, value).map(|()| None)
    }

    fn put(&mut self, key: String, value: Value) -> Result<(), String> {
        match self.stack.last_mut() {
            Some((_, Value::Object(map))) => add(map, key, value, self.lossy),
            Some((_, Value::Array(list))) => {
                list.push(value);
                Ok(())
            }
            // A document that is one value is refused by its kind.
            _ => Ok(()),
        }
    }
}

fn add(map: &mut Map<String, Value>, key: String, value: Value, lossy: bool) -> Result<(), String> {
    if !lossy && map.contains_key(&key) {
        return Err(format!("the key {key:?} is there several times, and only one of its values could be kept"));
    }
    map.insert(key, value);
    Ok(())
}

fn name(node: &Node<'_>, format: Format, reading: Reading) -> String {
    let key = node.key.as_deref().unwrap_or_default();
    let is_own = format == Format::Dotenv && reading == Reading::Own;
    if is_own { dotenv_value::name(key) } else { key }.to_owned()
}

fn scalar(
    document: &Document<'_>,
    node: &Node<'_>,
    value: &Scalar<'_>,
    format: Format,
    reading: Reading,
) -> Result<Value, String> {
    let no = |what: &str| format!("JSON cannot hold {what}, as {:?} is", node.key.as_deref().unwrap_or_default());
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(Value::from).map_err(|_| no("what is no text"));
    match value {
        Scalar::Text(_) if format == Format::Dotenv && reading == Reading::Own => {
            text(&dotenv_value::interpret(document.source(node.span)))
        }
        Scalar::Text(bytes) => text(bytes),
        Scalar::Null => Ok(Value::Null),
        Scalar::Bool(value) => Ok(Value::from(*value)),
        Scalar::Int(value) => Ok(Value::from(*value)),
        Scalar::Uint(value) => Ok(Value::from(*value)),
        Scalar::Float(value) => Number::from_f64(*value).map(Value::Number).ok_or_else(|| no("an infinite number")),
        Scalar::Time(value) => Ok(Value::from(value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(format: Format, text: &str, lossy: bool) -> Result<String, String> {
        let reading = Reading::Own;
        let document = format.plain_syntax(reading).parse(text.as_bytes()).expect("parses");
        of(format, &document, reading, lossy).map(|json| String::from_utf8(json.to_vec()).expect("is text"))
    }

    #[test]
    fn every_format_becomes_an_object() {
        for (format, text, expected) in [
            (
                Format::Yaml,
                "# c\na: 1\nb: [x, {y: 1.5}, []]\nc: {d: null, e: true}\n",
                r#"{"a":1,"b":["x",{"y":1.5},[]],"c":{"d":null,"e":true}}"#,
            ),
            (Format::Json, r#"{"a":{"b":[[1],[2]]}}"#, r#"{"a":{"b":[[1],[2]]}}"#),
            (Format::Dotenv, "export A='x y' # c\nB=1\n", r#"{"A":"x y","B":"1"}"#),
            (Format::Ini, "[s]\nk = v\n", r#"{"DEFAULT":{},"s":{"k":"v"}}"#),
            (Format::Binary, "x", r#"{"data":"x"}"#),
            (Format::Yaml, "a: 1\n---\nb: 2\n", r#"{"a":1,"b":2}"#),
        ] {
            let found = json(format, text, false).map(|found| found.replace(r#""DEFAULT":{},"#, ""));
            assert_eq!(found.as_deref(), Ok(expected.replace(r#""DEFAULT":{},"#, "").as_str()), "{text}");
        }
    }

    #[test]
    fn what_would_be_lost_is_an_error() {
        for (format, text) in [(Format::Yaml, "a: .inf\n"), (Format::Yaml, "a: [{b: .nan}]\n")] {
            assert!(json(format, text, true).is_err(), "{text}");
        }
        let twice = "a: 1\n---\na: 2\n";
        assert!(json(Format::Yaml, twice, false).is_err_and(|error| error.contains("several times")));
        assert_eq!(json(Format::Yaml, twice, true).as_deref(), Ok(r#"{"a":2}"#));
        let deep = format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500));
        assert!(json(Format::Json, &deep, false).is_err_and(|error| error.contains("too deeply")));
    }
}
