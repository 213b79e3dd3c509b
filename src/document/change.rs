//! One change to a document: a value is set, or something is taken out. Finds the place, and asks
//! the format for the few bytes that have to differ. Also single fields of a metadata block.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::editor::splice;
use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError};
use super::tree::Tree;
use super::{Content, Document, KeyPath, New, Node, NodeId, Scalar, Span, Step, Style};

/// What is to become of a place.
#[derive(Clone, Copy, Debug)]
pub enum Change<'c> {
    /// It holds this value afterwards. Maps and lists that are missing on the way are made.
    Set(&'c Tree),
    /// It is gone afterwards.
    Unset,
}

/// How a change is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// The layout of new lines.
    pub layout: Layout,
    /// As SOPS does: a value on the way gives way to a map or list, and an index beyond the end of
    /// a list appends.
    pub lenient: bool,
}

/// Why a change cannot be made. Never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is nothing to take out.
    #[error("there is nothing at `{0}`")]
    Missing(KeyPath),
    /// A key asked of a list, or an index asked of a map.
    #[error("`{path}` is a {kind}, which has no {wanted}")]
    WrongStep {
        /// The map or list.
        path: KeyPath,
        /// `map` or `list`.
        kind: &'static str,
        /// What was asked of it.
        wanted: &'static str,
    },
    /// An index further than one behind the last element.
    #[error("`{path}` has {length} elements: the next one would have the index {length}")]
    Beyond {
        /// The list.
        path: KeyPath,
        /// How many elements it has.
        length: usize,
    },
    /// A value stands where a map or list is needed.
    #[error("`{0}` is a single value, and would be lost")]
    InTheWay(KeyPath),
    /// The key belongs to the metadata.
    #[error("the key `{0}` is reserved for the metadata")]
    Reserved(String),
    /// The path names the whole document.
    #[error("the path is empty")]
    NoPath,
    /// The text cannot be read.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The place cannot hold the value.
    #[error(transparent)]
    Emit(#[from] EmitError),
}

/// Where a path leads in the first document of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Located {
    /// To something that is there.
    Found {
        /// The map or list that holds it.
        parent: NodeId,
        /// It.
        node: NodeId,
    },
    /// To nothing: this map or list lacks the step with this number.
    Lacking {
        /// The map or list.
        container: NodeId,
        /// The number of the step.
        step: usize,
    },
    /// Through a scalar, which stands where the steps from this number on would need a map or list.
    Blocked {
        /// The map or list that holds the scalar.
        parent: NodeId,
        /// The scalar.
        node: NodeId,
        /// The number of the step.
        step: usize,
    },
}

/// How deep a new value may nest: trees are dropped recursively.
const MAX_DEPTH: usize = 64;

/// Reads a new value, which is JSON of any kind. An integer stays one.
///
/// # Errors
/// The text is not JSON, is nested too deeply, or holds an integer that no format of ours can keep.
pub fn value(json: &[u8]) -> Result<Tree, SyntaxError> {
    const HEAD: &[u8] = b"{\"\":";
    let text = Zeroizing::new([HEAD, json, b"}"].concat());
    let document = super::json::Json.parse(&text)?;
    let mut children = document.children(NodeId(0));
    match (children.next(), children.next()) {
        (Some(only), None) => tree(&document, only, 0),
        _ => Err(SyntaxError::whole("it is more than one value")),
    }
}

/// A node of a JSON text as a tree.
fn tree(document: &Document<'_>, node: NodeId, depth: usize) -> Result<Tree, SyntaxError> {
    if depth > MAX_DEPTH {
        return Err(SyntaxError::whole(format!("it is nested more than {MAX_DEPTH} levels deep")));
    }
    let inside = |child| {
        Ok((document.node(child).key.as_deref().unwrap_or_default().to_owned(), tree(document, child, depth + 1)?))
    };
    Ok(match &document.node(node).content {
        Content::Map { .. } => Tree::Map(document.children(node).map(inside).collect::<Result<_, SyntaxError>>()?),
        Content::List { .. } => {
            let items = document.children(node).map(|child| tree(document, child, depth + 1));
            Tree::List(items.collect::<Result<_, _>>()?)
        }
        Content::Leaf { value: Scalar::Float(_), .. }
            if document.source(document.node(node).span).iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') =>
        {
            return Err(SyntaxError::whole(
                "an integer beyond 64 bits with a sign would lose digits: put it in quotes",
            ));
        }
        Content::Leaf { value, .. } => Tree::Leaf(value.clone().into_owned()),
        Content::Comment { .. } => Tree::Leaf(Scalar::Null),
    })
}

/// Follows a path. Elements that are `hidden` do not count: encrypted comments of a list.
///
/// # Errors
/// A step does not fit what it leads through, or an index is too large.
pub fn locate(
    document: &Document<'_>,
    path: &KeyPath,
    hidden: &HashSet<NodeId>,
    lenient: bool,
) -> Result<Located, ChangeError> {
    let root = document.parts.first().map_or(NodeId(0), |part| part.root);
    let (mut at, mut above) = (root, None);
    for (number, step) in path.0.iter().enumerate() {
        let here = || KeyPath(path.0[..number].to_vec());
        let counts =
            |id: &NodeId| !matches!(document.node(*id).content, Content::Comment { .. }) && !hidden.contains(id);
        let next = match (&document.node(at).content, step) {
            (Content::Map { .. }, Step::Key(key)) => {
                document.children(at).find(|child| document.node(*child).key.as_deref() == Some(key))
            }
            (Content::List { .. }, Step::Index(index)) => {
                let found = document.children(at).filter(counts).nth(*index);
                let length = if found.is_some() { 0 } else { document.children(at).filter(counts).count() };
                if found.is_none() && *index > length && !lenient {
                    return Err(ChangeError::Beyond { path: here(), length });
                }
                found
            }
            (Content::Map { .. }, Step::Index(_)) => {
                return Err(ChangeError::WrongStep { path: here(), kind: "map", wanted: "index" });
            }
            (Content::List { .. }, Step::Key(_)) => {
                return Err(ChangeError::WrongStep { path: here(), kind: "list", wanted: "keys" });
            }
            (Content::Leaf { .. } | Content::Comment { .. }, _) => {
                let parent = above.unwrap_or(root);
                return Ok(Located::Blocked { parent, node: at, step: number });
            }
        };
        match next {
            Some(next) => (above, at) = (Some(at), next),
            None => return Ok(Located::Lacking { container: at, step: number }),
        }
    }
    above.map(|parent| Located::Found { parent, node: at }).ok_or(ChangeError::NoPath)
}

/// Makes a change in the first document of a text. `hidden` says which elements do not count.
///
/// # Errors
/// The change cannot be made; see [`ChangeError`].
pub fn apply(
    syntax: &'static dyn Syntax,
    text: &[u8],
    path: &KeyPath,
    change: Change<'_>,
    manner: Manner,
    hidden: &dyn Fn(&Document<'_>) -> HashSet<NodeId>,
) -> Result<Zeroizing<Vec<u8>>, ChangeError> {
    let document = syntax.parse(text)?;
    if let Some(expanded) = without_aliases(syntax, &document, path, change, manner, hidden)? {
        let document = syntax.parse(&expanded)?;
        return made(syntax, &document, path, change, manner, hidden);
    }
    made(syntax, &document, path, change, manner, hidden)
}

/// The text with the change made.
fn made(
    syntax: &'static dyn Syntax,
    document: &Document<'_>,
    path: &KeyPath,
    change: Change<'_>,
    manner: Manner,
    hidden: &dyn Fn(&Document<'_>) -> HashSet<NodeId>,
) -> Result<Zeroizing<Vec<u8>>, ChangeError> {
    let located = locate(document, path, &hidden(document), manner.lenient)?;
    let splices = match (change, located) {
        (Change::Set(value), Located::Found { parent, node }) => {
            syntax.replace(document, parent, node, value, manner.layout)?
        }
        (Change::Set(value), Located::Lacking { container, step }) => {
            let value = wrapped(value, &path.0[step + 1..], path, step + 1, manner.lenient)?;
            let key = match &path.0[step] {
                Step::Key(key) => Some(key.as_str()),
                Step::Index(_) => None,
            };
            syntax.insert(document, container, key, &value, manner.layout)?
        }
        (Change::Set(value), Located::Blocked { parent, node, step }) => {
            let is_null = matches!(document.node(node).content, Content::Leaf { value: Scalar::Null, .. });
            if !is_null && !manner.lenient {
                return Err(ChangeError::InTheWay(KeyPath(path.0[..step].to_vec())));
            }
            let value = wrapped(value, &path.0[step..], path, step, manner.lenient)?;
            syntax.replace(document, parent, node, &value, manner.layout)?
        }
        (Change::Unset, Located::Found { parent, node }) => syntax.remove(document, parent, node)?,
        (Change::Unset, _) => return Err(ChangeError::Missing(path.clone())),
    };
    Ok(Zeroizing::new(splice(document.text, splices)?))
}

/// A value inside of the maps and lists that further steps need.
fn wrapped(value: &Tree, steps: &[Step], path: &KeyPath, first: usize, lenient: bool) -> Result<Tree, ChangeError> {
    let mut tree = value.clone();
    for (number, step) in steps.iter().enumerate().rev() {
        tree = match step {
            Step::Key(key) => Tree::Map(vec![(key.clone(), tree)]),
            Step::Index(index) if *index > 0 && !lenient => {
                let path = KeyPath(path.0[..first + number].to_vec());
                return Err(ChangeError::Beyond { path, length: 0 });
            }
            Step::Index(_) => Tree::List(vec![tree]),
        };
    }
    Ok(tree)
}

/// The text with those aliases written out that stand for what is to change, or on the way to it;
/// none if there are none.
fn without_aliases(
    syntax: &'static dyn Syntax,
    document: &Document<'_>,
    path: &KeyPath,
    change: Change<'_>,
    manner: Manner,
    hidden: &dyn Fn(&Document<'_>) -> HashSet<NodeId>,
) -> Result<Option<Zeroizing<Vec<u8>>>, ChangeError> {
    if document.aliases.is_empty() {
        return Ok(None);
    }
    let (touched, holder) = match locate(document, path, &hidden(document), manner.lenient)? {
        Located::Found { parent, node } => {
            let leaves_nothing = matches!(change, Change::Unset) && document.children(parent).count() == 1;
            (document.extent(node), if leaves_nothing { parent } else { node })
        }
        Located::Blocked { node, .. } => (document.extent(node), node),
        Located::Lacking { container, .. } => (container.index()..container.index() + 1, container),
    };
    let mut splices = Vec::new();
    for alias in &document.aliases {
        let length = (alias.nodes.end - alias.nodes.start) as usize;
        let target = alias.target.index()..alias.target.index() + length;
        let copies = alias.nodes.start as usize..alias.nodes.end as usize;
        let is_target = target.start < touched.end && touched.start < target.end;
        if is_target || copies.contains(&holder.index()) {
            splices.extend(syntax.expand(document, alias, &|_| None)?);
        }
    }
    if splices.is_empty() {
        return Ok(None);
    }
    Ok(Some(Zeroizing::new(splice(document.text, splices)?)))
}

/// What a piece of a text looks like as a document of its own, in which the metadata block is an
/// ordinary map.
pub(super) struct Excerpt {
    /// The piece, with a key of the same length in place of the reserved one.
    pub(super) text: Vec<u8>,
    /// Where it starts in the file.
    pub(super) offset: usize,
    /// Where the fields are in it.
    pub(super) block: Vec<&'static str>,
    /// What stands before the names of fields.
    pub(super) prefix: &'static str,
}

/// Changes single fields of a metadata block; none where it is too unlike a map of the format.
pub(super) fn set_fields(
    syntax: &dyn Syntax,
    excerpt: &Excerpt,
    fields: &[(&str, Option<&str>)],
) -> Option<Vec<Splice>> {
    let document = syntax.parse(&excerpt.text).ok()?;
    let steps = excerpt.block.iter().map(|key| Step::Key((*key).to_owned())).collect();
    let block = document.find(&KeyPath(steps))?;
    let mut splices = Vec::new();
    for (name, value) in fields {
        let key = format!("{}{name}", excerpt.prefix);
        let is_named =
            |child: &NodeId| document.node(*child).key.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(&key));
        let field = document.children(block).find(is_named);
        splices.extend(match (field, value) {
            (Some(node), Some(value)) => {
                vec![syntax.spell(&document, node, &New::Value(Scalar::Text((*value).into()))).ok()?]
            }
            (Some(node), None) => syntax.remove(&document, block, node).ok()?,
            (None, Some(value)) => {
                syntax.insert(&document, block, Some(&key), &Tree::string(*value), Layout::default()).ok()?
            }
            (None, None) => Vec::new(),
        });
    }
    let moved = |splice: Splice| {
        let range = splice.span.range();
        Splice { span: Span::new(range.start + excerpt.offset..range.end + excerpt.offset), text: splice.text }
    };
    Some(splices.into_iter().map(moved).collect())
}

/// The reserved key as it is called in an excerpt: of the same length, and allowed in every format.
pub(super) const STAND_IN: &str = "s-0p";

/// A text with the first `sops` replaced by the stand-in; none if there is none.
pub(super) fn masked(mut text: Vec<u8>) -> Option<Vec<u8>> {
    let at = memchr::memmem::find(&text, b"sops")?;
    text[at..at + STAND_IN.len()].copy_from_slice(STAND_IN.as_bytes());
    Some(text)
}

/// A tree as the nodes of a document: as the only entry of a map, or without a key as the only
/// element of a list.
pub(super) fn nodes_of<'n>(key: Option<&'n str>, tree: &'n Tree) -> Vec<Node<'n>> {
    let mut nodes = vec![container(None, key.is_some())];
    // What is still to be written, last first, and which containers end in between.
    enum Next<'s> {
        Visit(Option<&'s str>, &'s Tree),
        Close(usize),
    }
    let mut steps = vec![Next::Close(0), Next::Visit(key, tree)];
    while let Some(step) = steps.pop() {
        match step {
            Next::Close(at) => {
                let last = NodeId(u32::try_from(nodes.len()).expect("impossible: a new value is smaller than 4 GiB"));
                if let Content::Map { end } | Content::List { end } = &mut nodes[at].content {
                    *end = last;
                }
            }
            Next::Visit(key, Tree::Leaf(value)) => nodes.push(Node {
                key: key.into(),
                span: Span::default(),
                content: Content::Leaf { value: value.clone(), style: Style::Plain },
            }),
            Next::Visit(key, Tree::List(list)) => {
                steps.push(Next::Close(nodes.len()));
                nodes.push(container(key, false));
                steps.extend(list.iter().rev().map(|tree| Next::Visit(None, tree)));
            }
            Next::Visit(key, Tree::Map(map)) => {
                steps.push(Next::Close(nodes.len()));
                nodes.push(container(key, true));
                steps.extend(map.iter().rev().map(|(key, tree)| Next::Visit(Some(key), tree)));
            }
        }
    }
    nodes
}

fn container(key: Option<&str>, is_map: bool) -> Node<'_> {
    let end = NodeId(0);
    let content = if is_map { Content::Map { end } } else { Content::List { end } };
    Node { key: key.into(), span: Span::default(), content }
}

/// Whether a value can be put into a place that holds one without a look at what is around.
pub(super) fn as_leaves<'v>(document: &Document<'_>, node: NodeId, value: &'v Tree) -> Option<New<'v>> {
    match (&document.node(node).content, value) {
        (Content::Leaf { .. }, Tree::Leaf(value)) => Some(New::Value(value.clone())),
        _ => None,
    }
}

/// A new element behind the last one of a collection between brackets, which ends here. A comment
/// on the line of that one stays with it. `comma` is a comma, with what must stand before it.
pub(super) fn behind_element(text: &[u8], end: usize, comma: &[u8], gap: &[u8], element: &[u8]) -> Vec<Splice> {
    let line = line_end(text, end);
    let rest = text[end..line].trim_ascii_start();
    let after_comma = rest.strip_prefix(b",");
    let is_commented = after_comma.unwrap_or(rest).trim_ascii_start().starts_with(b"#");
    let put = |at: usize, parts: &[&[u8]]| Splice { span: Span::new(at..at), text: parts.concat() };
    match after_comma {
        _ if !is_commented || !gap.contains(&b'\n') => vec![put(end, &[comma, gap, element])],
        Some(_) => vec![put(line, &[gap, element, b","])],
        None => vec![put(end, &[comma]), put(line, &[gap, element])],
    }
}

/// Where the line with this place ends, before its line break.
pub(super) fn line_end(text: &[u8], at: usize) -> usize {
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
    if end > at && text[end - 1] == b'\r' { end - 1 } else { end }
}

/// Where the line with this place starts.
pub(super) fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |found| found + 1)
}

/// The line break of the line with this place, or else the usual one.
pub(super) fn feed(text: &[u8], at: usize) -> &'static str {
    let is_crlf = |end: usize| text[..end].ends_with(b"\r");
    match memchr::memchr(b'\n', &text[at.min(text.len())..]) {
        Some(length) if is_crlf(at + length) => "\r\n",
        Some(_) => "\n",
        None => match memchr::memrchr(b'\n', text) {
            Some(last) if is_crlf(last) => "\r\n",
            _ => "\n",
        },
    }
}

/// Whole lines that go: with the line break after them, or that before them at the end of a text
/// without one.
pub(super) fn lines(text: &[u8], from: usize, to: usize) -> Span {
    let start = line_start(text, from);
    match memchr::memchr(b'\n', &text[to..]) {
        Some(length) => Span::new(start..to + length + 1),
        None if text[..start].ends_with(b"\r\n") => Span::new(start - 2..text.len()),
        None => Span::new(start.saturating_sub(1)..text.len()),
    }
}

/// What must go for a comment to be gone: its lines, if it has lines to itself.
pub fn comment_line(text: &[u8], comment: Span) -> Option<Splice> {
    let range = comment.range();
    let before = &text[line_start(text, range.start)..range.start];
    let is_alone = before.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'#' | b';'));
    is_alone.then(|| Splice { span: lines(text, range.start, range.end), text: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;

    #[test]
    fn values_are_json_of_one_value() {
        assert_eq!(value(b" 5\n"), Ok(Tree::Leaf(Scalar::Int(5))));
        assert_eq!(value(b"5.0"), Ok(Tree::Leaf(Scalar::Float(5.0))));
        assert_eq!(value(b"[1,\"a\"]"), Ok(Tree::List(vec![Tree::Leaf(Scalar::Int(1)), Tree::string("a")])));
        assert_eq!(value(b"{\"sops\":null}"), Ok(Tree::Map(vec![("sops".into(), Tree::Leaf(Scalar::Null))])));
        let deep = "[".repeat(100) + &"]".repeat(100);
        for text in ["", "a", "1 2", "1,\"b\":2", "1},{", "9223372036854775808", "-9223372036854775809", &deep] {
            assert!(value(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_leads_to_something_or_to_where_it_is_lacking() {
        let document = Format::Json.syntax().parse(b"{\"a\":{\"l\":[1,2]},\"s\":3}").expect("is JSON");
        let located = |path: &str, lenient| {
            locate(&document, &KeyPath::parse(path).expect("is a path"), &HashSet::new(), lenient)
        };
        assert_eq!(located("a.l[1]", false), Ok(Located::Found { parent: NodeId(2), node: NodeId(4) }));
        assert_eq!(located("a.l[2]", false), Ok(Located::Lacking { container: NodeId(2), step: 2 }));
        assert_eq!(located("a.l[9]", true), Ok(Located::Lacking { container: NodeId(2), step: 2 }));
        assert_eq!(located("x.y", false), Ok(Located::Lacking { container: NodeId(0), step: 0 }));
        assert_eq!(located("s.y", false), Ok(Located::Blocked { parent: NodeId(0), node: NodeId(5), step: 1 }));
        assert!(matches!(located("a.l[3]", false), Err(ChangeError::Beyond { length: 2, .. })));
        assert!(matches!(located("a.l.x", false), Err(ChangeError::WrongStep { kind: "list", .. })));
        assert!(matches!(located("a[0]", true), Err(ChangeError::WrongStep { kind: "map", .. })));
        let nowhere = locate(&document, &KeyPath::default(), &HashSet::new(), false);
        assert_eq!(nowhere, Err(ChangeError::NoPath));
    }

    #[test]
    fn hidden_elements_do_not_count() {
        let document = Format::Json.syntax().parse(b"{\"l\":[1,2,3]}").expect("is JSON");
        let path = KeyPath::parse("l[1]").expect("is a path");
        let found = locate(&document, &path, &HashSet::from([NodeId(3)]), false);
        assert_eq!(found, Ok(Located::Found { parent: NodeId(1), node: NodeId(4) }));
    }
}
