//! Changes the metadata of an encrypted text and nothing else: in the block, only the entries that
//! say something new are written anew, and the order and spelling of all others stay as they are.
//! Blocks of old releases have another order than that of today, and fields that are empty.

use std::collections::{HashMap, HashSet};

use crate::document::tree::Tree;
use crate::document::{Document, Editor, Format, Layout};
use crate::recipient::Kind;
use crate::recipient::stored::{list_of, text_of};

use super::check::same_metadata;
use super::error::Error;
use super::metadata::Metadata;

const KEY_GROUPS: &str = "key_groups";

/// Puts metadata in the place of what each document of a stream has. A document without a block
/// stays without.
pub(super) fn put(
    editor: &mut Editor<'_, '_>,
    document: &Document<'_>,
    metadata: &Metadata,
    layout: Layout,
) -> Result<(), Error> {
    let new = metadata.write();
    for (number, part) in document.parts.iter().enumerate() {
        if let Some(block) = &part.metadata {
            editor.set_metadata(number, &arranged(&block.tree, &new), layout)?;
        }
    }
    Ok(())
}

/// An encrypted text with other metadata. All bytes outside of the block are the same, which is
/// checked.
pub(super) fn replaced(
    format: Format,
    document: &Document<'_>,
    metadata: &Metadata,
    layout: Layout,
) -> Result<Vec<u8>, Error> {
    let syntax = format.sealed().syntax();
    let mut editor = Editor::new(document, syntax);
    put(&mut editor, document, metadata, layout)?;
    let text = editor.finish()?;
    let again = syntax.parse(&text).map_err(|_| Error::RoundTrip)?;
    same_metadata(&again, metadata)?;
    if without(format, document)? != without(format, &again)? {
        return Err(Error::RoundTrip);
    }
    Ok(text)
}

/// The text without its metadata.
fn without(format: Format, document: &Document<'_>) -> Result<Vec<u8>, Error> {
    let mut editor = Editor::new(document, format.sealed().syntax());
    (0..document.parts.len()).for_each(|part| editor.remove_metadata(part));
    Ok(editor.finish()?)
}

/// The new block as the old one would have it.
fn arranged(old: &Tree, new: &Tree) -> Tree {
    match Metadata::read(old) {
        Ok(read) => arranged_map(old, &read.write(), new),
        Err(_) => new.clone(),
    }
}

/// The entries of `new` in the order of `old`, which is `before` as it stands in the file.
fn arranged_map(old: &Tree, before: &Tree, new: &Tree) -> Tree {
    let (before, named) = (by_name(before), by_name(new));
    let mut out: Vec<(String, Tree)> = Vec::new();
    let mut taken = HashSet::new();
    for (name, value) in old.entries() {
        let lower = name.to_ascii_lowercase();
        let (was, is) = (before.get(&lower), named.get(&lower));
        match is {
            Some((_, is)) if was.is_some_and(|(_, was)| was == is) => out.push((name.clone(), value.clone())),
            Some((new_name, is)) if !taken.contains(&lower) => {
                out.push((new_name.clone(), arranged_value(name, value, was.map(|(_, was)| was), is)));
            }
            // It says nothing: an empty list of an old release, for example.
            None if was.is_none() && (is_blank(value) || !holds_keys(name)) => out.push((name.clone(), value.clone())),
            _ => continue,
        }
        taken.insert(lower);
    }
    for (name, value) in new.entries() {
        if taken.insert(name.to_ascii_lowercase()) {
            let at = out.iter().position(|(known, _)| known > name).unwrap_or(out.len());
            out.insert(at, (name.clone(), value.clone()));
        }
    }
    Tree::Map(out)
}

/// The entries of a map by their names in small letters: capitals do not count. Of two the first.
fn by_name(map: &Tree) -> HashMap<String, &(String, Tree)> {
    let mut named = HashMap::with_capacity(map.entries().len());
    for entry in map.entries() {
        named.entry(entry.0.to_ascii_lowercase()).or_insert(entry);
    }
    named
}

fn holds_keys(name: &str) -> bool {
    Kind::from_list(name).is_some() || name.eq_ignore_ascii_case(KEY_GROUPS)
}

fn is_blank(tree: &Tree) -> bool {
    match tree {
        Tree::List(items) => items.is_empty(),
        Tree::Map(entries) => entries.is_empty(),
        leaf => text_of(leaf).is_none_or(|text| text.is_empty()),
    }
}

/// A value that is not what it was.
fn arranged_value(name: &str, old: &Tree, before: Option<&Tree>, new: &Tree) -> Tree {
    let Tree::List(items) = new else { return new.clone() };
    let old = list_of(name, old).unwrap_or_default();
    let before = before.and_then(|before| list_of(name, before).ok()).unwrap_or_default();
    if old.len() != before.len() {
        return new.clone();
    }
    if name.eq_ignore_ascii_case(KEY_GROUPS) {
        let group = |(number, group): (usize, &Tree)| match (old.get(number), before.get(number)) {
            (Some(old), Some(before)) => arranged_map(old, before, group),
            _ => group.clone(),
        };
        return Tree::List(items.iter().enumerate().map(group).collect());
    }
    let wrapped = |key: &Tree| key.get("enc").and_then(text_of);
    let known: HashMap<_, _> = before.iter().enumerate().map(|(at, key)| (wrapped(key), at)).collect();
    let key = |new: &Tree| match known.get(&wrapped(new)).filter(|at| before[**at] == new) {
        Some(at) => old[*at].clone(),
        None => in_order_of(old.first().copied(), new),
    };
    Tree::List(items.iter().map(key).collect())
}

/// A key entry with its fields in the order in which another one has them.
fn in_order_of(model: Option<&Tree>, key: &Tree) -> Tree {
    let (Some(model), Tree::Map(fields)) = (model, key) else { return key.clone() };
    let place = |name: &str| model.entries().iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
    let mut fields = fields.clone();
    fields.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
    Tree::Map(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Scalar;

    fn text(text: &str) -> Tree {
        Tree::string(text)
    }

    fn map(entries: &[(&str, Tree)]) -> Tree {
        Tree::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn key(name: &str) -> Tree {
        map(&[("recipient", text(name)), ("enc", text(&format!("enc of {name}")))])
    }

    /// A block as SOPS 3.7 laid it out.
    fn old() -> Tree {
        map(&[
            ("kms", Tree::List(vec![])),
            ("hc_vault", Tree::Leaf(Scalar::Null)),
            ("age", Tree::List(vec![key("a"), key("b")])),
            ("lastmodified", Tree::string("2021-01-02T03:04:05Z")),
            ("mac", text("m")),
            ("pgp", Tree::List(vec![])),
            ("attention", text("x")),
            ("version", text("3.7.1")),
        ])
    }

    fn change(old: &Tree, change: impl FnOnce(&mut Metadata)) -> Tree {
        let mut metadata = Metadata::read(old).expect("reads");
        change(&mut metadata);
        arranged(old, &metadata.write())
    }

    #[test]
    fn nothing_changes_without_a_change() {
        assert_eq!(change(&old(), |_| {}), old());
    }

    #[test]
    fn a_removed_key_goes_and_all_else_stays() {
        let mut expected = old();
        let Tree::Map(entries) = &mut expected else { unreachable!("is a map") };
        entries[2].1 = Tree::List(vec![key("b")]);
        assert_eq!(change(&old(), |metadata| _ = metadata.groups[0].remove(0)), expected);
    }

    #[test]
    fn a_new_key_looks_like_the_old_ones() {
        let changed = change(&old(), |metadata| {
            let mut new = metadata.groups[0][0].clone();
            new.enc = "other".into();
            metadata.groups[0].push(new);
        });
        let Some(Tree::List(keys)) = changed.get("age") else { panic!("is a list") };
        let names: Vec<_> = keys[2].entries().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names.as_slice(), &keys[..2]), (&["recipient", "enc"][..], &[key("a"), key("b")][..]));
    }

    /// A file of somebody else's must not cost hours: with a search for each field it would.
    #[test]
    fn any_number_of_unknown_fields_stays() {
        let Tree::Map(mut entries) = old() else { unreachable!("is a map") };
        entries.extend((0..50_000).map(|number| (format!("Unknown_{number:05}"), text("x"))));
        let old = Tree::Map(entries);
        let started = std::time::Instant::now();
        let changed = change(&old, |metadata| metadata.mac = "new".to_owned());
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "took {:?}", started.elapsed());
        assert_eq!(changed.get("mac"), Some(&text("new")));
        assert_eq!(changed.entries().len(), old.entries().len());
    }

    #[test]
    fn keys_that_were_passed_over_do_not_stay() {
        let mut old = old();
        let Tree::Map(entries) = &mut old else { unreachable!("is a map") };
        let ignored = map(&[("age", Tree::List(vec![key("c")]))]);
        entries.push((KEY_GROUPS.into(), Tree::List(vec![ignored])));
        let changed = change(&old, |metadata| _ = metadata.groups[0].pop());
        assert_eq!(changed.get(KEY_GROUPS), None);
    }

    #[test]
    fn one_group_becomes_two_and_back() {
        let two = change(&old(), |metadata| {
            let other = vec![metadata.groups[0].remove(1)];
            metadata.groups.push(other);
            metadata.threshold = Some(2);
        });
        let names: Vec<_> = two.entries().iter().map(|(name, _)| name.as_str()).collect();
        let expected =
            ["key_groups", "kms", "hc_vault", "lastmodified", "mac", "pgp", "attention", "shamir_threshold", "version"];
        assert_eq!(names, expected);
        let one = change(&two, |metadata| {
            let other = metadata.groups.pop().expect("has two");
            metadata.groups[0].extend(other);
            metadata.threshold = None;
        });
        assert_eq!(Metadata::read(&one).expect("reads").write(), Metadata::read(&old()).expect("reads").write());
    }
}
