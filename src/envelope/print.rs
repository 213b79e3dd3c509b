//! Printing a plaintext in another format, or a part of it. What the other format would lose is an
//! error, unless it is to be lost as SOPS loses it.

use std::collections::HashSet;

use zeroize::Zeroizing;

use crate::document::{
    Content, Document, EmitError, Event, Format, KeyPath, NodeId, Reading, Scalar, Text, dotenv_value,
};

use super::Options;
use super::error::Error;

/// Prints all of a plaintext of one format in another.
///
/// # Errors
/// The text is not of its format, or the other format cannot hold it.
pub fn convert(from: Format, text: &[u8], to: Format, options: &Options) -> Result<Zeroizing<Vec<u8>>, Error> {
    let document = from.plain_syntax(options.reading).parse(text)?;
    if document.parts.len() > 1 {
        let message = format!("there are {} documents, and only one could be printed", document.parts.len());
        return Err(EmitError(message).into());
    }
    check_nulls(&document, to)?;
    print(from, document, &KeyPath::default(), to, options)
}

/// Prints what stands at a path of the first document; all of it at the empty path. A string is
/// printed bare.
///
/// # Errors
/// Nothing is there, or the format cannot hold it.
pub fn extract(
    from: Format,
    text: &[u8],
    path: &KeyPath,
    to: Format,
    options: &Options,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    print(from, from.plain_syntax(options.reading).parse(text)?, path, to, options)
}

fn print(
    from: Format,
    mut document: Document<'_>,
    path: &KeyPath,
    to: Format,
    options: &Options,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut found = document.find(path);
    let is_leaf = found.is_none_or(|node| matches!(document.node(node).content, Content::Leaf { .. }));
    if from == Format::Dotenv && options.reading == Reading::Own && (is_leaf || to != from) {
        interpret(&mut document);
        found = found.or_else(|| document.find(path));
    }
    let node = found.ok_or_else(|| Error::ExtractPath(path.clone()))?;
    if let Some(shadowed) = document.shadowed_in(node) {
        return Err(repeated(&shadowed.key).into());
    }
    if from != to && !options.lossy {
        check_keys(&document, node, to)?;
        check_nulls(&document, to)?;
        if to == Format::Dotenv && !is_leaf {
            spell_for_dotenv(&mut document)?;
        }
    }
    Ok(Zeroizing::new(to.syntax().emit(&document, node, options.layout)?))
}

/// Makes the entries of a dotenv file the variables that they stand for.
fn interpret(document: &mut Document<'_>) {
    let text = document.text;
    for node in &mut document.nodes {
        if let Content::Leaf { value, .. } = &mut node.content {
            *value = Scalar::Text(Text::Owned(dotenv_value::interpret(&text[node.span.range()])));
            node.key = node.key.cut(dotenv_value::name);
        }
    }
}

/// Puts strings in quotes where programs that read dotenv files would take them for others.
fn spell_for_dotenv(document: &mut Document<'_>) -> Result<(), EmitError> {
    for node in &mut document.nodes {
        if let Content::Leaf { value: Scalar::Text(text), .. } = &mut node.content {
            let spelled = dotenv_value::spell(text).ok_or_else(|| {
                let key = node.key.as_deref().unwrap_or_default();
                EmitError(format!("a dotenv file cannot hold the value of {key:?}"))
            })?;
            *text = Text::Owned(spelled);
        }
    }
    Ok(())
}

/// Refuses a key that stands in a map several times, where readers of the other format would take
/// one of its values or refuse the file.
fn check_keys(document: &Document<'_>, node: NodeId, to: Format) -> Result<(), EmitError> {
    let mut open: Vec<HashSet<&str>> = Vec::new();
    for event in document.walk_range(document.extent(node)) {
        let allowed = to == Format::Dotenv || (to == Format::Ini && open.len() == 1);
        let key = match event {
            Event::Enter(_, node) | Event::Leaf(_, node, _) => node.key.as_deref(),
            Event::Leave | Event::Comment(..) => None,
        };
        if let (Some(key), Some(keys), false) = (key, open.last_mut(), allowed)
            && !keys.insert(key)
        {
            return Err(repeated(key));
        }
        match event {
            Event::Enter(..) => open.push(HashSet::new()),
            Event::Leave => drop(open.pop()),
            _ => {}
        }
    }
    Ok(())
}

/// Refuses nulls that would become a text.
fn check_nulls(document: &Document<'_>, to: Format) -> Result<(), EmitError> {
    let null = |event| match event {
        Event::Leaf(_, node, Scalar::Null) => Some(node.key.as_deref().unwrap_or_default()),
        _ => None,
    };
    match document.walk().find_map(null).filter(|_| to == Format::Dotenv) {
        Some(key) => Err(EmitError(format!("a dotenv file cannot hold null, as {key:?} is"))),
        None => Ok(()),
    }
}

fn repeated(key: &str) -> EmitError {
    EmitError(format!("the key {key:?} is there several times, and only one of its values could be printed"))
}
