//! Lines and white space as Go's Unicode tables have them, in bytes that need not be UTF-8.

use memchr::memchr;

/// Where the line after the one at `from` starts.
pub(super) fn after_line(text: &[u8], from: usize) -> usize {
    memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at + 1)
}

/// Without white space at the start.
pub(super) fn trim_start(mut text: &[u8]) -> &[u8] {
    while let Some(length) = text.first().and_then(|first| {
        let length = if first.is_ascii() { 1 } else { text.len().min(4) };
        let character = (1..=length).find_map(|length| one_character(&text[..length]))?;
        character.is_whitespace().then(|| character.len_utf8())
    }) {
        text = &text[length..];
    }
    text
}

/// Without white space at the end.
pub(super) fn trim_end(mut text: &[u8]) -> &[u8] {
    while let Some(length) = text.last().and_then(|last| {
        let length = if last.is_ascii() { 1 } else { text.len().min(4) };
        let character = (1..=length).find_map(|length| one_character(&text[text.len() - length..]))?;
        character.is_whitespace().then(|| character.len_utf8())
    }) {
        text = &text[..text.len() - length];
    }
    text
}

/// Without white space around.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

/// The character that these bytes are.
fn one_character(bytes: &[u8]) -> Option<char> {
    let mut characters = std::str::from_utf8(bytes).ok()?.chars();
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_unicode_and_bytes_may_be_anything() {
        for (text, trimmed) in [
            (&b" \t\r\n\x0b\x0ca\xc2\xa0\xe3\x80\x80"[..], &b"a"[..]),
            (b"\xc2\x85\xff \xff\xe2\x80\xa8", b"\xff \xff"),
            (b"\xa0", b"\xa0"),
            (b" \xe2\x80\x8b ", b"\xe2\x80\x8b"),
            (b" \n", b""),
        ] {
            assert_eq!(trim(text), trimmed);
        }
    }
}
