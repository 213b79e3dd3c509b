//! The data of a text: its leaves in order, with their paths and types. Two texts with the same
//! data may be spelled, laid out and commented differently.

use cloze::cipher::EncryptedValue;
use cloze::document::{Content, Event, Format, Scalar};

/// What stands in a text.
#[derive(Debug, PartialEq)]
pub(crate) struct Data {
    /// Path and typed value of every leaf, and every empty container.
    pub(crate) leaves: Vec<(String, String)>,
    /// The comments, sorted: SOPS moves some of them.
    pub(crate) comments: Vec<String>,
}

/// Reads a text; the metadata block is no part of its data.
pub(crate) fn data(format: Format, text: &[u8]) -> Result<Data, String> {
    let document = format.syntax().parse(text).map_err(|error| error.to_string())?;
    let mut leaves = Vec::new();
    let mut comments = Vec::new();
    let mut path = Paths::default();
    for event in document.walk() {
        match event {
            Event::Enter(id, node) => {
                path.enter(node.key.as_deref(), matches!(node.content, Content::List { .. }));
                if document.children(id).next().is_none() {
                    leaves.push((path.shown(), "an empty container".into()));
                }
            }
            Event::Leave => path.leave(),
            Event::Leaf(_, node, value) => leaves.push((path.leaf(node.key.as_deref()), typed(value))),
            Event::Comment(_, _, text) => comments.push(String::from_utf8_lossy(text).trim().to_owned()),
        }
    }
    comments.sort();
    Ok(Data { leaves, comments })
}

/// Which leaves of a text are sealed, with their type, and how many of its comments. SOPS writes a
/// sealed comment of a list as an element; that is a comment here.
pub(crate) fn sealed(format: Format, text: &[u8]) -> Result<(Vec<(String, String)>, usize), String> {
    let found = data(format, text)?;
    let kind = |value: &str| match EncryptedValue::parse(value.trim_start_matches("str ").as_bytes()) {
        Ok(value) => format!("sealed {}", value.kind.name()),
        Err(_) => "clear".to_owned(),
    };
    let comments = found.comments.iter().filter(|text| EncryptedValue::is_sealed(text.as_bytes())).count();
    let (elements, leaves): (Vec<_>, Vec<_>) = found
        .leaves
        .into_iter()
        .map(|(path, value)| (path, kind(&value)))
        .partition(|(_, kind)| kind == "sealed comment");
    // Indexes would count the elements that are comments.
    let without_index =
        |path: String| path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
    Ok((leaves.into_iter().map(|(path, kind)| (without_index(path), kind)).collect(), comments + elements.len()))
}

/// Value and type, for comparison.
fn typed(value: &Scalar<'_>) -> String {
    let kind = match value {
        Scalar::Null => return "null".into(),
        Scalar::Bool(_) => "bool",
        Scalar::Int(_) | Scalar::Uint(_) => "int",
        Scalar::Float(_) => "float",
        Scalar::Time(_) => "time",
        Scalar::Text(_) => "str",
    };
    match (value, value.canonical()) {
        (Scalar::Uint(value), _) => format!("{kind} {value}"),
        (_, Some(bytes)) => format!("{kind} {}", String::from_utf8_lossy(&bytes)),
        (_, None) => kind.into(),
    }
}

/// The path of the walk, kept as it goes: one spelling for each leaf, indexes included.
#[derive(Default)]
struct Paths(Vec<(String, bool, usize)>);

impl Paths {
    fn step(&mut self, key: Option<&str>) -> String {
        match self.0.last_mut() {
            Some((_, true, next)) => {
                *next += 1;
                format!("[{}]", *next - 1)
            }
            _ => format!("/{}", key.unwrap_or_default()),
        }
    }

    fn enter(&mut self, key: Option<&str>, list: bool) {
        let step = self.step(key);
        self.0.push((step, list, 0));
    }

    fn leave(&mut self) {
        self.0.pop();
    }

    fn leaf(&mut self, key: Option<&str>) -> String {
        let step = self.step(key);
        self.shown() + &step
    }

    fn shown(&self) -> String {
        self.0.iter().map(|(step, ..)| step.as_str()).collect()
    }
}

/// The first difference of two texts' data, for messages. Comments count too.
pub(crate) fn difference(ours: &Data, theirs: &Data) -> Option<String> {
    let pairs = ours.leaves.iter().map(Some).chain(std::iter::repeat(None));
    let others = theirs.leaves.iter().map(Some).chain(std::iter::repeat(None));
    let length = ours.leaves.len().max(theirs.leaves.len());
    if let Some((one, other)) = pairs.zip(others).take(length).find(|(one, other)| one != other) {
        return Some(match (one, other) {
            (Some((path, one)), Some((same, other))) if path == same => {
                let at = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count().saturating_sub(10);
                let shown = |text: &str| text.chars().skip(at).take(40).collect::<String>();
                format!("{path}: …{:?} instead of …{:?}", shown(one), shown(other))
            }
            (one, other) => format!("{:?} instead of {:?}", one.map(|leaf| &leaf.0), other.map(|leaf| &leaf.0)),
        });
    }
    let missing = |here: &[String], there: &[String]| -> Vec<String> {
        let count = |list: &[String], text: &String| list.iter().filter(|other| *other == text).count();
        here.iter().filter(|text| count(here, text) > count(there, text)).cloned().collect()
    };
    let (more, less) = (missing(&ours.comments, &theirs.comments), missing(&theirs.comments, &ours.comments));
    (ours.comments != theirs.comments).then(|| format!("comments: {more:?} instead of {less:?}"))
}

/// The first line that differs, of both texts.
pub(crate) fn first_difference(expected: &[u8], found: &[u8]) -> String {
    let lines = |text: &[u8]| String::from_utf8_lossy(text).split('\n').map(str::to_owned).collect::<Vec<_>>();
    let (expected, found) = (lines(expected), lines(found));
    let at =
        expected.iter().zip(&found).position(|(one, other)| one != other).unwrap_or(expected.len().min(found.len()));
    let shown = |lines: &[String]| {
        lines.get(at).map_or("(the end)".into(), |line| format!("{:?}", line.chars().take(100).collect::<String>()))
    };
    format!("line {}: {} became {}", at + 1, shown(&expected), shown(&found))
}
