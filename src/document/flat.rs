//! The metadata tree as flat names, for formats without nesting (sops-compat.md §3.4), and scalars
//! as the text that formats without types hold.
//!
//! `age__list_0__map_recipient` is the entry `recipient` of the first element of the list `age`.
//! Names come from files: nothing here recurses or allocates by what a name claims.

use std::borrow::Cow;
use std::collections::HashMap;

use super::scalar::{float_digits, float_parts};
use super::syntax::SyntaxError;
use super::{Scalar, tree::Tree};

/// How deep a metadata block may nest. Real ones need six levels; trees are dropped recursively.
pub(super) const MAX_DEPTH: usize = 32;

const MAP: &str = "__map_";
const LIST: &str = "__list_";

/// The leaves of a metadata map under their flat names, sorted by name. Nulls and empty containers
/// have no such form and are left out.
#[must_use]
pub fn flatten(tree: &Tree) -> Vec<(String, &Scalar<'static>)> {
    let mut flat = Vec::new();
    let mut open: Vec<(String, &Tree)> = tree.entries().iter().map(|(key, value)| (key.clone(), value)).collect();
    while let Some((name, tree)) = open.pop() {
        match tree {
            Tree::Leaf(Scalar::Null) => {}
            Tree::Leaf(value) => flat.push((name, value)),
            Tree::List(items) => {
                open.extend(items.iter().enumerate().map(|(index, item)| (format!("{name}{LIST}{index}"), item)));
            }
            Tree::Map(entries) => {
                open.extend(entries.iter().map(|(key, value)| (format!("{name}{MAP}{key}"), value)));
            }
        }
    }
    flat.sort_by(|(one, _), (other, _)| one.cmp(other));
    flat
}

/// The metadata map that flat names stand for, in any order. Entries of a map keep the order in
/// which they were first named; an index that is no number counts as 0, as in SOPS.
///
/// # Errors
/// A name given twice or used both as value and as container, indices other than 0…n-1, or
/// nesting without end.
pub fn unflatten<'a>(flat: impl IntoIterator<Item = (&'a str, Scalar<'static>)>) -> Result<Tree, SyntaxError> {
    let mut branches = vec![Branch { name: "", value: None, children: Vec::new() }];
    let mut known: HashMap<(usize, Step<'a>), usize> = HashMap::new();
    for (name, value) in flat {
        let mut at = 0;
        for (depth, step) in steps(name).enumerate() {
            if depth >= MAX_DEPTH {
                return Err(SyntaxError::whole("the metadata is nested too deeply"));
            }
            at = *known.entry((at, step)).or_insert_with(|| {
                branches.push(Branch { name, value: None, children: Vec::new() });
                let new = branches.len() - 1;
                branches[at].children.push((step, new));
                new
            });
        }
        if branches[at].value.replace(value).is_some() {
            return Err(SyntaxError::whole(format!("the metadata entry `{name}` is there twice")));
        }
    }
    assemble(branches)
}

/// One step of a flat name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Step<'a> {
    Key(&'a str),
    /// An index that no list can have (negative, or too large for 64 bits) is -1.
    Index(i64),
}

/// A node while names are gathered.
struct Branch<'a> {
    /// The first flat name that led here, for messages.
    name: &'a str,
    value: Option<Scalar<'static>>,
    children: Vec<(Step<'a>, usize)>,
}

/// The steps of a flat name, the first one a key.
fn steps(name: &str) -> impl Iterator<Item = Step<'_>> {
    let mut rest = Some(name);
    let mut list = false;
    std::iter::from_fn(move || {
        let text = rest?;
        let (this, next) = match next_separator(text) {
            Some((at, separator)) => (&text[..at], Some((separator, &text[at + separator.len()..]))),
            None => (text, None),
        };
        let step = if list { Step::Index(index(this)) } else { Step::Key(this) };
        list = next.is_some_and(|(separator, _)| separator == LIST);
        rest = next.map(|(_, rest)| rest);
        Some(step)
    })
}

/// The first separator of a text, and where it is.
fn next_separator(text: &str) -> Option<(usize, &'static str)> {
    text.bytes().enumerate().filter(|(_, byte)| *byte == b'_').find_map(|(at, _)| {
        let here = &text[at..];
        [MAP, LIST].into_iter().find(|separator| here.starts_with(separator)).map(|separator| (at, separator))
    })
}

/// An index as SOPS reads it.
fn index(digits: &str) -> i64 {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    match digits.parse() {
        Ok(index) => index,
        Err(error) if matches!(error.kind(), PosOverflow | NegOverflow) => -1,
        Err(_) => 0,
    }
}

/// Puts the branches together, from the last one to the top: children come after their parents.
fn assemble(branches: Vec<Branch<'_>>) -> Result<Tree, SyntaxError> {
    let mut done: Vec<Option<Tree>> = branches.iter().map(|_| None).collect();
    for (at, branch) in branches.into_iter().enumerate().rev() {
        let is_list = matches!(branch.children.first(), Some((Step::Index(_), _)));
        let mixed = branch.children.iter().any(|(step, _)| matches!(step, Step::Index(_)) != is_list);
        if mixed || (branch.value.is_some() && !branch.children.is_empty()) {
            return Err(SyntaxError::whole(format!("the metadata entry `{}` contradicts another one", branch.name)));
        }
        let mut take = |child: usize| done[child].take().expect("impossible: each child has one parent, before it");
        done[at] = Some(match branch.value {
            Some(value) => Tree::Leaf(value),
            None if is_list => {
                let mut items: Vec<(i64, usize)> =
                    branch.children.iter().map(|(step, child)| (step.at(), *child)).collect();
                items.sort_unstable();
                if items.iter().zip(0..).any(|((index, _), place)| *index != place) {
                    let message = format!("the list around the metadata entry `{}` has a gap", branch.name);
                    return Err(SyntaxError::whole(message));
                }
                Tree::List(items.into_iter().map(|(_, child)| take(child)).collect())
            }
            None => {
                Tree::Map(branch.children.iter().map(|(step, child)| (step.key().to_owned(), take(*child))).collect())
            }
        });
    }
    Ok(done.swap_remove(0).expect("impossible: the top is the last to be put together"))
}

impl<'a> Step<'a> {
    fn at(self) -> i64 {
        match self {
            Step::Index(index) => index,
            Step::Key(_) => -1,
        }
    }

    fn key(self) -> &'a str {
        match self {
            Step::Key(key) => key,
            Step::Index(_) => "",
        }
    }
}

/// A scalar as the text of a format without types: what SOPS writes into dotenv files.
#[must_use]
pub fn untyped<'s>(value: &'s Scalar<'_>) -> Cow<'s, [u8]> {
    let text = match value {
        Scalar::Text(text) => return Cow::Borrowed(text),
        Scalar::Null => "<nil>".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Uint(value) => value.to_string(),
        Scalar::Float(value) => untyped_float(*value),
        Scalar::Time(value) => value.to_string(),
    };
    Cow::Owned(text.into_bytes())
}

/// Shortest digits; with an exponent of at least two digits below 1e-4 and from 1e6 on, else with
/// a decimal so that it is not taken for an integer.
fn untyped_float(value: f64) -> String {
    if value.is_finite() && value != 0.0 {
        let (digits, exponent) = float_parts(value);
        if !(-4..6).contains(&exponent) {
            let sign = if exponent < 0 { '-' } else { '+' };
            return format!("{digits}E{sign}{:02}", exponent.abs());
        }
    }
    let plain = float_digits(value);
    if plain.contains('.') || !value.is_finite() { plain } else { format!("{plain}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &[(&str, &str)]) -> Result<Tree, SyntaxError> {
        unflatten(names.iter().map(|(name, value)| (*name, Scalar::Text((*value).to_owned().into()))))
    }

    fn map(entries: &[(&str, Tree)]) -> Tree {
        Tree::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    #[test]
    fn nested_trees_have_sorted_flat_names() {
        let entry = map(&[("recipient", Tree::string("r")), ("enc", Tree::string("e"))]);
        let context = map(&[("Env", Tree::string("prod")), ("a__b", Tree::string("x"))]);
        let tree = map(&[
            ("version", Tree::string("3.0.0")),
            ("age", Tree::List(vec![entry])),
            ("kms", Tree::List(vec![map(&[("context", context)])])),
            ("pgp", Tree::List(vec![])),
            ("hc_vault", Tree::Leaf(Scalar::Null)),
            ("mac_only_encrypted", Tree::Leaf(Scalar::Bool(true))),
        ]);
        let names: Vec<String> = flatten(&tree).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "age__list_0__map_enc",
                "age__list_0__map_recipient",
                "kms__list_0__map_context__map_Env",
                "kms__list_0__map_context__map_a__b",
                "mac_only_encrypted",
                "version",
            ]
        );
    }

    #[test]
    fn flat_names_in_any_order_give_the_tree() {
        let tree = read(&[("a__list_1", "y"), ("b__map_c__map_", "z"), ("a__list_0", "x"), ("d_e", "")]);
        let list = Tree::List(vec![Tree::string("x"), Tree::string("y")]);
        let nested = map(&[("c", map(&[("", Tree::string("z"))]))]);
        assert_eq!(tree, Ok(map(&[("a", list), ("b", nested), ("d_e", Tree::string(""))])));
    }

    #[test]
    fn an_index_without_number_is_the_first() {
        for name in ["a__list_", "a__list_x", "a__list_+0", "a__list_00"] {
            assert_eq!(read(&[(name, "x")]), Ok(map(&[("a", Tree::List(vec![Tree::string("x")]))])), "{name}");
        }
    }

    #[test]
    fn contradictions_are_errors() {
        let deep = "a__map_".repeat(100_000);
        for names in [
            vec!["a", "a"],
            vec!["a", "a__map_b"],
            vec!["a__map_b", "a"],
            vec!["a__map_b", "a__list_0"],
            vec!["a__list_1"],
            vec!["a__list_0", "a__list_2"],
            vec!["a__list_-1"],
            vec!["a__list_0", "a__list_x"],
            vec!["a__list_0", "a__list_00"],
            vec!["a__list_99999999999999999999999"],
            vec!["a__list_18446744073709551615"],
            vec![&deep],
        ] {
            let entries: Vec<_> = names.iter().map(|name| (*name, "v")).collect();
            assert!(read(&entries).is_err(), "{:.40?}", names);
        }
    }

    #[test]
    fn flatten_undoes_unflatten() {
        let names = ["a__list_0__list_0", "a__list_0__list_1__map_k", "a__list_1", "b__map__list_0", "c"];
        let entries: Vec<_> = names.iter().map(|name| (*name, "v")).collect();
        let tree = read(&entries).expect("is consistent");
        let back: Vec<String> = flatten(&tree).into_iter().map(|(name, _)| name).collect();
        assert_eq!(back, names);
    }

    #[test]
    fn floats_are_spelled_as_sops_spells_them() {
        for (value, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (123456.5, "123456.5"),
            (1234567.5, "1.2345675E+06"),
            (1e20, "1E+20"),
            (1e-7, "1E-07"),
            (0.0001, "0.0001"),
            (1e100, "1E+100"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(untyped_float(value), text);
        }
    }
}
