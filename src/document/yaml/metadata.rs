//! Writes the metadata block: at the end of the document, in SOPS's layout, so that taking out
//! the same bytes gives the file back.

use super::arrange::METADATA_KEY;
use super::emit::{INDENT, Printer};
use super::expand::alias_of;
use super::spell;
use crate::document::change::nodes_of;
use crate::document::tree::Tree;
use crate::document::{Content, Document, EmitError, Layout, NodeId, Part, Span, Splice};

/// Puts a block into a document of the stream.
pub(super) fn metadata(
    document: &Document<'_>,
    part: usize,
    tree: &Tree,
    layout: Layout,
) -> Result<Vec<Splice>, EmitError> {
    let part = &document.parts[part];
    let root = document.node(part.root);
    let at = part.metadata.as_ref().map_or_else(|| content_end(document, part), |block| block.spans[0].start as usize);
    // A block that is there keeps its own.
    let line_break = spell::line_break_after(document.text, if part.metadata.is_some() { at } else { 0 });
    // A carriage return alone must not become one with a line feed.
    let line_break = if document.text[..at].ends_with(b"\r") { "\r\n" } else { line_break };
    let column = spell::column(document.text, root.span.start as usize);
    let nodes = nodes_of(Some(METADATA_KEY), tree);
    let no_change = |_: usize| None;
    let indent = indentation(document, part, layout)?;
    let printer = Printer { nodes: &nodes, change: &no_change, indent, line_break };
    let splice = if is_flow(document, part) {
        flow_block(document, part, &printer)?
    } else {
        let column = if document.children(part.root).next().is_some() { column } else { 0 };
        block_block(document, part, &printer, column)?
    };
    Ok(vec![splice])
}

fn is_flow(document: &Document<'_>, part: &Part) -> bool {
    document.text.get(document.node(part.root).span.start as usize) == Some(&b'{')
}

/// The block as lines below the document's last.
fn block_block(
    document: &Document<'_>,
    part: &Part,
    printer: &Printer<'_, '_>,
    column: usize,
) -> Result<Splice, EmitError> {
    // The printer begins every line with its break.
    let mut text = printer.collection(0, column, column, false);
    let break_length = printer.line_break.len();
    if let Some(block) = &part.metadata {
        let span = block.spans[0];
        let begins_line = matches!(document.text.get(span.start as usize), Some(b'\n' | b'\r'));
        if !begins_line {
            text.drain(..break_length);
            if matches!(document.text[..span.end as usize].last(), Some(b'\n' | b'\r')) {
                text.extend_from_slice(printer.line_break.as_bytes());
            }
        }
        return Ok(Splice { span, text });
    }
    let end = content_end(document, part);
    if is_spelled_null(document, part) {
        return Err(EmitError("the document is `null`: there is no place for metadata".into()));
    }
    if end == 0 {
        text.drain(..break_length);
        text.extend_from_slice(printer.line_break.as_bytes());
    }
    Ok(Splice { span: Span::new(end..end), text })
}

/// Where the last line of a document ends that is not blank, or that counts as content all the same.
fn content_end(document: &Document<'_>, part: &Part) -> usize {
    let range = part.span.range();
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let trimmed = document.text[range.clone()].iter().rposition(|byte| !blank(byte));
    let trimmed = trimmed.map_or(range.start, |at| range.start + at + 1);
    let end = trimmed.max(document.node(part.root).span.end as usize);
    end + document.text[end..range.end.max(end)].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Whether the document consists of a null that is written out.
fn is_spelled_null(document: &Document<'_>, part: &Part) -> bool {
    let at = document.node(part.root).span;
    let before = document.text[part.span.start as usize..at.start as usize].trim_ascii_end();
    at.start == at.end && !before.is_empty() && !before.ends_with(b"---")
}

/// The block as the last entry between the document's braces.
fn flow_block(document: &Document<'_>, part: &Part, printer: &Printer<'_, '_>) -> Result<Splice, EmitError> {
    let braced = printer.flow(0);
    let mut entry = braced[1..braced.len() - 1].to_vec();
    let comma = |mut entry: Vec<u8>| {
        entry.splice(0..0, *b", ");
        entry
    };
    if let Some(block) = &part.metadata {
        let span = block.spans[0];
        let old = document.source(span);
        if old.starts_with(b",") {
            return Ok(Splice { span, text: comma(entry) });
        }
        let kept = old.iter().rposition(|byte| *byte == b'}' || !matches!(byte, b' ' | b','));
        entry.extend_from_slice(kept.map_or(&[][..], |at| &old[at + 1..]));
        return Ok(Splice { span, text: entry });
    }
    let is_entry = |id: &NodeId| !matches!(document.node(*id).content, Content::Comment { .. });
    let last = document.children(part.root).filter(is_entry).last();
    let end = last.map_or(document.node(part.root).span.start as usize + 1, |last| {
        alias_of(document, last).map_or(document.node(last).span, |alias| alias.span).end as usize
    });
    if let Some((at, needs_comma)) = place_below_comments(document.text, end) {
        let text = if needs_comma && last.is_some() { comma(entry) } else { entry };
        return Ok(Splice { span: Span::new(at..at), text });
    }
    match last {
        Some(_) => {
            let at = comma_place(document.text, end);
            Ok(Splice { span: Span::new(at..at), text: comma(entry) })
        }
        None => Ok(Splice { span: Span::new(end..end), text: entry }),
    }
}

/// Where a comma can stand behind an entry that ends here: not right behind a colon.
fn comma_place(text: &[u8], end: usize) -> usize {
    if !spell::is_behind_bare_colon(text, end) {
        return end;
    }
    let gap = if text[end..].starts_with(b"\r\n") { 2 } else { 1 };
    (end + gap).min(text.len())
}

/// The place below the comments behind an entry that ends here, if there are any before the closing
/// brace, and whether a comma is needed. Behind the metadata block those comments would be inside of it.
fn place_below_comments(text: &[u8], end: usize) -> Option<(usize, bool)> {
    let (mut at, mut has_comment, mut comma) = (end, false, None);
    loop {
        match text.get(at)? {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b',' => {
                comma = Some((at, has_comment));
                at += 1;
            }
            b'#' => {
                comma = comma.map(|(comma, _)| (comma, false));
                has_comment = true;
                at += memchr::memchr2(b'\n', b'\r', &text[at..])?;
            }
            b'}' if has_comment => break,
            _ => return None,
        }
    }
    Some(match comma {
        None => (at, true),
        // It goes with what is put right behind it when that is taken out.
        Some((comma, true)) => (comma, true),
        Some((_, false)) => (at, false),
    })
}

/// Columns per level: as asked for, or as the document has it, or as SOPS does.
pub(super) fn indentation(document: &Document<'_>, part: &Part, layout: Layout) -> Result<usize, EmitError> {
    if let Some(indent) = layout.indent {
        return asked_indentation(indent);
    }
    if is_flow(document, part) {
        return Ok(INDENT);
    }
    let column = |id: NodeId| spell::column(document.text, document.node(id).span.start as usize);
    let own = document.children(part.root).find_map(|child| {
        let is_map = matches!(document.node(child).content, Content::Map { end } if end.0 > child.0 + 1);
        let is_copy = alias_of(document, child).is_some();
        let is_block = document.text.get(document.node(child).span.start as usize) != Some(&b'{');
        (is_map && is_block && !is_copy).then(|| column(child).saturating_sub(column(part.root)))
    });
    Ok(own.filter(|own| (1..=9).contains(own)).unwrap_or(INDENT))
}

/// The indentation that go-yaml makes of the one that was asked for.
pub(super) fn asked_indentation(indent: i32) -> Result<usize, EmitError> {
    match usize::try_from(indent) {
        Err(_) => Err(EmitError("YAML cannot be indented with tabs".into())),
        Ok(0) => Ok(INDENT),
        Ok(indent @ 2..=9) => Ok(indent),
        Ok(_) => Ok(2),
    }
}
