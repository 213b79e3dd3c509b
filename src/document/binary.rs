//! Any bytes as one value (sops-compat.md §4.6): the leaf `data`, which is all of the text. Sealed,
//! such a file is a JSON object with the entries `data` and `sops`, and is read as
//! [`Format::Json`](super::Format::sealed); this syntax reads and prints the plain side only.

use super::json::{self, Json};
use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError, check_size};
use super::tree::Tree;
use super::{Content, Document, Key, New, Node, NodeId, Part, Scalar, Span, Style, Text};

/// The format.
pub(super) struct Binary;

/// The key of the only leaf.
const DATA: &str = "data";

/// Said of every change but that of the value.
const ONE_VALUE: &str = "a binary file is one string under the key `data`, which cannot be taken out";

impl Syntax for Binary {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        check_size(text)?;
        let span = Span::new(0..text.len());
        let value = Scalar::Text(Text::Source(text));
        let nodes = vec![
            Node { key: Key::NONE, span, content: Content::Map { end: NodeId(2) } },
            Node { key: DATA.into(), span, content: Content::Leaf { value, style: Style::Plain } },
        ];
        let part = Part { root: NodeId(0), metadata: None, span };
        Ok(Document { text, nodes, parts: vec![part], ..Document::default() })
    }

    /// The value as JSON: what is put in place of the leaf is the ciphertext.
    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
        let mut text = Vec::new();
        json::spelled(new, &mut text)?;
        Ok(Splice { span: document.node(node).span, text })
    }

    /// The JSON object around the leaf, which must have been spelled anew unless it is empty.
    fn metadata(
        &self,
        document: &Document<'_>,
        _part: usize,
        tree: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        let around = [
            Node { key: Key::NONE, span: Span::default(), content: Content::Map { end: NodeId(2) } },
            Node {
                key: DATA.into(),
                span: Span::default(),
                content: Content::Leaf { value: Scalar::Text("".into()), style: Style::Double },
            },
        ];
        let empty = Document { text: b"", nodes: around.into(), parts: Vec::new(), ..Document::default() };
        let object = Json.emit(&empty, NodeId(0), layout)?;
        let object = Json.parse(&object).map_err(|error| EmitError(error.message))?;
        let hole = object.node(NodeId(1)).span.range();
        let block = Json.metadata(&object, 0, tree, layout)?;

        let end = document.text.len();
        let mut before = object.text[..hole.start].to_vec();
        if end == 0 {
            before.extend_from_slice(&object.text[hole.clone()]);
        }
        let mut after: Vec<u8> = block.into_iter().flat_map(|splice| splice.text).collect();
        after.extend_from_slice(&object.text[hole.end..]);
        Ok(vec![Splice { span: Span::new(0..0), text: before }, Splice { span: Span::new(end..end), text: after }])
    }

    /// It stands around the value.
    fn metadata_comes_last(&self) -> bool {
        false
    }

    fn insert(
        &self,
        _document: &Document<'_>,
        _container: NodeId,
        _key: Option<&str>,
        _value: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        Err(EmitError(ONE_VALUE.into()))
    }

    /// All of the file. Only the plain side is asked.
    fn replace(
        &self,
        document: &Document<'_>,
        _parent: NodeId,
        node: NodeId,
        value: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        let Tree::Leaf(Scalar::Text(text)) = value else { return Err(EmitError(ONE_VALUE.into())) };
        Ok(vec![Splice { span: document.node(node).span, text: text.to_vec() }])
    }

    fn remove(&self, _document: &Document<'_>, _parent: NodeId, _node: NodeId) -> Result<Vec<Splice>, EmitError> {
        Err(EmitError(ONE_VALUE.into()))
    }

    /// Sealed files are JSON, which does this.
    fn set_fields(
        &self,
        _document: &Document<'_>,
        _part: usize,
        _fields: &[(&str, Option<&str>)],
    ) -> Option<Vec<Splice>> {
        None
    }

    fn emit(&self, document: &Document<'_>, node: NodeId, _layout: Layout) -> Result<Vec<u8>, EmitError> {
        let data = match &document.node(node).content {
            Content::Map { .. } => {
                document.children(node).find(|&child| document.node(child).key.as_deref() == Some(DATA))
            }
            _ => Some(node),
        };
        match data.map(|data| &document.node(data).content) {
            Some(Content::Leaf { value: Scalar::Text(text), .. }) if document.parts.len() <= 1 => Ok(text.to_vec()),
            _ => Err(EmitError("only one document whose entry `data` is a string can be printed as binary".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Editor;
    use super::super::testing::{metadata, seal};
    use super::*;

    #[test]
    fn sealed_bytes_are_a_json_file() {
        for (indent, start) in
            [(None, "{\n\t\"data\": \""), (Some(2), "{\n  \"data\": \""), (Some(0), "{\n\"data\": \"")]
        {
            for (text, value) in [(&b"\xff\0\n"[..], "ENC[AES256_GCM,data:x/+=,type:str]"), (b"", "")] {
                let document = Binary.parse(text).expect("all bytes are binary");
                let sealed = seal(&Binary, &document, Layout { indent });
                let shown = String::from_utf8_lossy(&sealed);
                assert!(shown.starts_with(start) && shown.ends_with("}\n"), "{shown}");
                assert!(shown.contains("\"mac\": \"ENC["), "{shown}");
                let json = Json.parse(&sealed).expect("is JSON");
                assert_eq!(Json.emit(&json, NodeId(1), Layout::default()).expect("is a string"), value.as_bytes());
                assert_eq!(json.parts[0].metadata.as_ref().map(|block| &block.tree), Some(&metadata()));
                assert_eq!(json.nodes.len(), 2);
                let mut editor = Editor::new(&json, &Json);
                editor.set_metadata(0, &metadata(), Layout { indent }).expect("fits");
                assert_eq!(editor.finish().expect("has no aliases"), sealed);
            }
        }
    }

    #[test]
    fn the_leaf_is_printed_raw() {
        let document = Binary.parse(b"{\"sops\": \xff").expect("all bytes are binary");
        for node in [0, 1] {
            let printed = Binary.emit(&document, NodeId(node), Layout::default()).expect("is a string");
            assert_eq!(printed, b"{\"sops\": \xff");
        }
    }

    #[test]
    fn other_trees_are_not_binary() {
        for text in ["{}", "{\"data\":1}", "{\"data\":{}}", "{\"Data\":\"x\"}"] {
            let document = Json.parse(text.as_bytes()).expect("is JSON");
            assert!(Binary.emit(&document, NodeId(0), Layout::default()).is_err(), "{text}");
        }
    }
}
