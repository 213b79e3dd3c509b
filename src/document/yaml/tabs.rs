//! Tabs in the blank lines of scalars without quotes: nothing in YAML 1.2 (§6.5), and an error for go-yaml
//! where they stand no further in than the lines around the scalar begin. What has one is read by one of
//! them alone, unless it is encrypted.

use super::expand::{alias_of, column_around};
use crate::document::{Content, Document, NodeId, Style};

/// Whether go-yaml refuses a scalar without quotes, around which lines may begin in this column.
pub(super) fn is_refused(scalar: &[u8], column: usize) -> bool {
    let lines = scalar.split(|byte| matches!(byte, b'\n' | b'\r')).skip(1);
    lines.filter_map(first_tab).any(|tab| tab < column)
}

/// The column of the first tab with which a line begins.
fn first_tab(line: &[u8]) -> Option<usize> {
    let blanks = line.iter().take_while(|byte| **byte == b' ').count();
    (line.get(blanks) == Some(&b'\t')).then_some(blanks)
}

/// Whether a value in clear has to be spelled anew, so that SOPS can read it.
pub(super) fn must_be_respelled(document: &Document<'_>, id: NodeId) -> bool {
    let node = document.node(id);
    let is_plain = matches!(node.content, Content::Leaf { style: Style::Plain, .. });
    let text = document.source(node.span);
    // Few have a tab at all.
    is_plain
        && memchr::memchr(b'\t', text).is_some()
        && alias_of(document, id).is_none()
        && is_refused(text, column_around(document, id.index()))
}
