//! What of a plaintext becomes environment variables. SOPS takes the entries at the top of the
//! first document, and nothing but scalars. Under our own name, entries further inside can be had
//! as well, and what a program would not get as it was meant is an error.

use std::collections::{HashMap, HashSet};

use zeroize::Zeroizing;

use crate::document::{Document, Event, Format, Node, Reading, Scalar, dotenv_value, flat};

/// What is taken of a file, and under which names.
pub(super) struct Choice<'a> {
    /// How values are read.
    pub(super) reading: Reading,
    /// Whether entries inside of maps and lists are taken, under joined names.
    pub(super) nested: bool,
    /// These only; all if there are none.
    pub(super) only: &'a [String],
    /// What each name begins with.
    pub(super) prefix: &'a str,
}

/// One variable.
pub(super) struct Variable {
    pub(super) name: String,
    /// None for null: the variable is not to be set.
    pub(super) value: Option<Zeroizing<Vec<u8>>>,
}

/// The variables of several files. The later ones win.
#[derive(Default)]
pub(super) struct Variables {
    list: Vec<Variable>,
    places: HashMap<String, usize>,
    /// What of the choice was found.
    found: HashSet<String>,
}

/// Why a file cannot become variables: a message, and perhaps a hint. Holds names, no values.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal(pub(super) String, pub(super) Option<&'static str>);

const JOIN: &str = "--nested takes what is inside under joined names; --only NAME takes single variables";
const ONLY: &str = "--only NAME takes single variables";

impl Variables {
    /// Adds those of a file, and returns the names that it shares with files before it.
    ///
    /// # Errors
    /// The file holds something that cannot be a variable.
    pub(super) fn add(
        &mut self,
        format: Format,
        document: &Document<'_>,
        choice: &Choice<'_>,
    ) -> Result<Vec<String>, Refusal> {
        if document.parts.len() > 1 && choice.reading == Reading::Own {
            let message = format!("there are {} documents, and only one can become variables", document.parts.len());
            return Err(Refusal(message, None));
        }
        let before = self.list.len();
        let mut shared = Vec::new();
        let mut names = Names::default();
        for event in document.walk_range(document.extent(document.parts[0].root)).skip(1) {
            match event {
                Event::Enter(_, node) => names.enter(node, choice)?,
                Event::Leave => names.leave(),
                Event::Comment(..) => {}
                // Its container was not asked for, or would have been refused.
                Event::Leaf(..) if !choice.nested && names.is_inside() => {}
                Event::Leaf(_, node, value) => {
                    let (joined, top) = names.of(node, format, choice);
                    let Some(asked) = choice.asks_for(&joined, &top) else { continue };
                    self.found.extend(asked.map(str::to_owned));
                    // SOPS hands over a variable without a name, which no program can have.
                    if joined.is_empty() && choice.reading == Reading::Sops {
                        continue;
                    }
                    let value = value_of(document, node, value, format, choice.reading);
                    let variable = Variable { name: format!("{}{joined}", choice.prefix), value };
                    check(&variable)?;
                    self.put(variable, before, choice, &mut shared)?;
                }
            }
        }
        Ok(shared)
    }

    /// Adds a variable, or puts it in the place of one of the same name.
    fn put(
        &mut self,
        variable: Variable,
        before: usize,
        choice: &Choice<'_>,
        shared: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let Some(&at) = self.places.get(&variable.name) else {
            self.places.insert(variable.name.clone(), self.list.len());
            self.list.push(variable);
            return Ok(());
        };
        if at < before {
            shared.push(variable.name.clone());
        } else if choice.nested {
            return Err(Refusal(format!("two entries have the joined name `{}`", variable.name), Some(ONLY)));
        }
        self.list[at] = variable;
        Ok(())
    }

    /// One that was asked for, and is in none of the files.
    pub(super) fn missing<'a>(&self, choice: &Choice<'a>) -> Option<&'a str> {
        choice.only.iter().find(|name| !self.found.contains(*name)).map(String::as_str)
    }

    /// All of them, in the order of the files.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.list.iter()
    }

    /// The one that takes the most room, and how many bytes that is.
    pub(super) fn largest(&self) -> Option<(&str, usize)> {
        let length = |one: &Variable| one.name.len() + one.value.as_ref().map_or(0, |value| value.len()) + 2;
        self.list.iter().map(|one| (one.name.as_str(), length(one))).max_by_key(|(_, length)| *length)
    }
}

impl Choice<'_> {
    /// Whether something is to be taken, and the name by which it was asked for, if by any. What
    /// stands inside of something is asked for by its whole name, or by that of the outermost.
    fn asks_for(&self, joined: &str, top: &str) -> Option<Option<&str>> {
        if self.only.is_empty() {
            return Some(None);
        }
        self.only.iter().find(|name| *name == joined || *name == top).map(|name| Some(name.as_str()))
    }
}

/// The joined names on the way through a document.
#[derive(Default)]
struct Names {
    /// Of the container at hand; empty at the top.
    joined: String,
    /// For each open container: the length to go back to, and how many elements of its container
    /// came before it.
    open: Vec<(usize, usize)>,
    /// How many elements of the container at hand there were.
    count: usize,
    /// The outermost key.
    top: String,
}

impl Names {
    fn enter(&mut self, node: &Node<'_>, choice: &Choice<'_>) -> Result<(), Refusal> {
        let key = node.key.as_deref().unwrap_or_default();
        let asked = || choice.only.is_empty() || choice.only.iter().any(|name| name == key);
        if !self.is_inside() {
            if !choice.nested && asked() {
                let hint = (choice.reading == Reading::Own).then_some(JOIN);
                return Err(Refusal(format!("cannot use complex value in environment; offending key {key}"), hint));
            }
            self.top = key.to_owned();
        }
        let before = self.joined.len();
        self.push(node);
        self.open.push((before, self.count));
        self.count = 0;
        Ok(())
    }

    fn is_inside(&self) -> bool {
        !self.open.is_empty()
    }

    /// Adds the key or the number of a node.
    fn push(&mut self, node: &Node<'_>) {
        if self.is_inside() {
            self.joined.push('_');
        }
        match node.key.as_deref() {
            Some(key) => self.joined.push_str(key),
            None => self.joined.push_str(&self.count.to_string()),
        }
        self.count += 1;
    }

    fn leave(&mut self) {
        if let Some((length, count)) = self.open.pop() {
            self.joined.truncate(length);
            self.count = count;
        }
    }

    /// The joined name of a leaf, and the outermost key above it.
    fn of(&mut self, node: &Node<'_>, format: Format, choice: &Choice<'_>) -> (String, String) {
        if !self.is_inside() {
            let key = node.key.as_deref().unwrap_or_default();
            let own = format == Format::Dotenv && choice.reading == Reading::Own;
            let name = if own { dotenv_value::name(key) } else { key }.to_owned();
            return (name.clone(), name);
        }
        let length = self.joined.len();
        self.push(node);
        let joined = self.joined.clone();
        self.joined.truncate(length);
        (joined, self.top.clone())
    }
}

/// The value that a program gets.
fn value_of(
    document: &Document<'_>,
    node: &Node<'_>,
    value: &Scalar<'_>,
    format: Format,
    reading: Reading,
) -> Option<Zeroizing<Vec<u8>>> {
    match (value, reading) {
        (Scalar::Null, Reading::Own) => None,
        _ if format == Format::Dotenv && reading == Reading::Own => {
            Some(dotenv_value::interpret(document.source(node.span)))
        }
        _ => Some(Zeroizing::new(flat::untyped(value).into_owned())),
    }
}

/// What the system cannot hand over.
fn check(variable: &Variable) -> Result<(), Refusal> {
    let Variable { name, value } = variable;
    if name.is_empty() {
        return Err(Refusal("cannot use the empty key in environment".into(), Some(ONLY)));
    }
    if name.contains('=') {
        return Err(Refusal(format!("cannot use keys with '=' in environment: {name}"), Some(ONLY)));
    }
    if name.contains('\0') || value.as_ref().is_some_and(|value| value.contains(&0)) {
        let name = name.replace('\0', "\\0");
        return Err(Refusal(format!("environment variable contains NUL, as `{name}` does"), Some(ONLY)));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
