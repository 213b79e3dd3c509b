//! What turns one text into another, in few bytes: for the exact spelling. The two are spellings of
//! the same values, so that their leaves say where they go together.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, TokenSource};
use zeroize::Zeroizing;

use crate::document::{Content, Document};

/// The first byte of a difference.
const FORM: u8 = 1;
/// Bytes from which on a piece is long.
const LONG: usize = 8 << 10;

/// Words and single other bytes, as the units that are compared.
struct Words<'t>(&'t [u8]);

impl<'t> Iterator for Words<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let word = self.0.iter().take_while(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).count();
        let (word, rest) = self.0.split_at(word.max(1).min(self.0.len()));
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

impl<'t> TokenSource for Words<'t> {
    type Token = &'t [u8];
    type Tokenizer = Self;

    fn tokenize(&self) -> Self {
        Words(self.0)
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(self.0.len() / 3).unwrap_or(u32::MAX)
    }
}

/// Where two documents of the same values are known to go together: the ends of their leaves, as
/// offsets into both texts that rise.
pub(super) fn joints<'d>(
    plain: &'d Document<'_>,
    original: &'d Document<'_>,
) -> impl Iterator<Item = (usize, usize)> + 'd {
    let leaves = |document: &'d Document<'_>| {
        document.nodes.iter().filter(|node| matches!(node.content, Content::Leaf { .. })).map(|node| node.span.range())
    };
    let mut last = (0, 0);
    leaves(plain)
        .zip(leaves(original))
        .flat_map(|(plain, original)| [(plain.start, original.start), (plain.end, original.end)])
        .filter(
            // The copies of an alias stand where its model does, and comments may be out of order.
            move |joint| {
                let rises = joint.0 >= last.0 && joint.1 >= last.1;
                if rises {
                    last = *joint;
                }
                rises
            },
        )
}

/// The changes that turn one text into another: for each the bytes to keep, the bytes to drop and
/// the bytes to put there. What is between joints is compared on its own, so that the time is
/// linear in the text.
pub(super) fn between(
    plain: &[u8],
    original: &[u8],
    joints: impl Iterator<Item = (usize, usize)>,
) -> Zeroizing<Vec<u8>> {
    let mut changes = Changes { original, out: Zeroizing::new(vec![FORM]), kept: 0 };
    let mut from = (0, 0);
    for to in joints.chain([(plain.len(), original.len())]) {
        changes.add_piece(plain, from..to);
        from = to;
    }
    changes.out
}

/// The changes so far.
struct Changes<'t> {
    original: &'t [u8],
    /// It holds plaintext, and is wiped before it grows.
    out: Zeroizing<Vec<u8>>,
    /// How much of the plain text is dealt with.
    kept: usize,
}

impl Changes<'_> {
    /// What differs between two pieces, from one joint to the next.
    fn add_piece(&mut self, plain: &[u8], joints: Range<(usize, usize)>) {
        let (start, new_start) = joints.start;
        let (before, after) = (&plain[start..joints.end.0], &self.original[new_start..joints.end.1]);
        if before == after {
            return;
        }
        // The one gives the smaller result, the other is not slow where nothing is alike.
        let algorithm = if before.len().max(after.len()) < LONG { Algorithm::Histogram } else { Algorithm::Myers };
        let diff = Diff::compute(algorithm, &InternedInput::new(Words(before), Words(after)));
        let (mut before, mut after) = (Offsets::of(Words(before)), Offsets::of(Words(after)));
        for hunk in diff.hunks() {
            let (from, to) = (before.at(hunk.before.start), before.at(hunk.before.end));
            let (new_from, new_to) = (after.at(hunk.after.start), after.at(hunk.after.end));
            self.add(start + from..start + to, new_start + new_from..new_start + new_to);
        }
    }

    fn add(&mut self, gone: Range<usize>, come: Range<usize>) {
        let come = &self.original[come];
        let needed = self.out.len() + come.len() + 3 * 10;
        if self.out.capacity() < needed {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed * 2));
            larger.extend_from_slice(&self.out);
            self.out = larger;
        }
        push_number(&mut self.out, gone.start - self.kept);
        push_number(&mut self.out, gone.len());
        push_number(&mut self.out, come.len());
        self.out.extend_from_slice(come);
        self.kept = gone.end;
    }
}

/// Byte offsets of words, asked for in rising order.
struct Offsets<'t> {
    words: Words<'t>,
    word: u32,
    offset: usize,
}

impl<'t> Offsets<'t> {
    fn of(words: Words<'t>) -> Self {
        Offsets { words, word: 0, offset: 0 }
    }

    fn at(&mut self, word: u32) -> usize {
        while self.word < word {
            self.offset += self.words.next().map_or(0, <[u8]>::len);
            self.word += 1;
        }
        self.offset
    }
}

/// Applies a difference; none if it is no difference of this text.
pub(super) fn apply(plain: &[u8], difference: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (&form, mut rest) = difference.split_first()?;
    if form != FORM {
        return None;
    }
    let mut out = Zeroizing::new(Vec::with_capacity(plain.len() + difference.len()));
    let mut plain = plain;
    while !rest.is_empty() {
        let (keep, drop, put) = (take_number(&mut rest)?, take_number(&mut rest)?, take_number(&mut rest)?);
        out.extend_from_slice(plain.get(..keep)?);
        plain = plain.get(keep..)?.get(drop..)?;
        out.extend_from_slice(rest.get(..put)?);
        rest = &rest[put..];
    }
    out.extend_from_slice(plain);
    Some(out)
}

/// Appends a number, seven bits to a byte, the lowest first (LEB128).
fn push_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).expect("impossible: seven bits") | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).expect("impossible: below 0x80"));
}

fn take_number(rest: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    fn difference(plain: &[u8], original: &[u8]) -> Zeroizing<Vec<u8>> {
        between(plain, original, std::iter::empty())
    }

    #[test]
    fn a_difference_gives_back_the_original() {
        let long = "a: 1\n".repeat(1000);
        for (plain, original) in [
            ("", ""),
            ("a: 31\n", "a: 0x1F\n"),
            ("a: 1\nb: 2\nc: 3\n", "a: 1.0\nb: 2\nc: 0b11\n"),
            ("x", ""),
            ("", "x"),
            ("é ü", "é\tü"),
            (&long, "b: 1\n"),
            ("b: 1\n", &long),
        ] {
            let difference = difference(plain.as_bytes(), original.as_bytes());
            assert_eq!(apply(plain.as_bytes(), &difference).expect("applies").as_slice(), original.as_bytes());
        }
    }

    #[test]
    fn a_difference_holds_what_differs_and_no_more() {
        let plain = "key: value\n".repeat(1000) + "a: 31\n";
        let original = "key: value\n".repeat(1000) + "a: 0x1F\n";
        assert!(difference(plain.as_bytes(), original.as_bytes()).len() < 16);
    }

    #[test]
    fn joints_keep_the_changes_apart() {
        let (mut plain, mut original) = (String::from("["), String::from("["));
        for number in 0..3000 {
            plain += &format!("\"A{number}\", ");
            original += &format!("\"\\u0041{number}\", ");
        }
        let texts = [plain + "1]", original + "1]"].map(|list| format!("{{\"a\": {list}}}"));
        let [plain, original] =
            texts.each_ref().map(|text| Format::Json.syntax().parse(text.as_bytes()).expect("is JSON"));
        let joints: Vec<_> = joints(&plain, &original).collect();
        assert_eq!(joints.len(), 2 * 3001);
        let difference = between(plain.text, original.text, joints.into_iter());
        assert_eq!(apply(plain.text, &difference).expect("applies").as_slice(), original.text);
        assert!(difference.len() < 3000 * 16, "{}", difference.len());
    }

    #[test]
    fn damaged_differences_are_no_panic() {
        let good = difference(b"a: 1\nb: 2\n", b"a: 1.0\nb: 0x2\n");
        for length in 0..good.len() {
            let _ = apply(b"a: 1\nb: 2\n", &good[..length]);
        }
        assert!(apply(b"x", &[FORM, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_none());
        assert!(apply(b"x", &[FORM, 2, 0, 0]).is_none());
        assert!(apply(b"x", &[0]).is_none());
    }
}
