//! The exact spelling of a plaintext, where the format of SOPS cannot carry it: `0x1F`, `1.0`,
//! folded scalars, aliases that had to be written out, escapes in strings.
//!
//! A file that would not decrypt to the very bytes that it was made from carries the difference,
//! sealed under its data key and bound to the hash of the text to which it belongs. It is therefore
//! used for exactly that text: once SOPS, a merge or anybody else has changed the file, it no
//! longer opens and is silently left out. SOPS ignores the field.
//!
//! A difference that holds values that are nowhere else in the file is marked as such by its type.
//! A file whose difference of this kind does not open is refused.

use imara_diff::{Algorithm, Diff, InternedInput, TokenSource};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::cipher::{Cipher, EncryptedValue, Kind, Random};
use crate::document::{Content, Document, Scalar};

/// The type of a difference that holds values.
const VALUES: Kind = Kind::Bytes;
/// The first byte of a difference.
const FORM: u8 = 1;

/// Seals what turns `plain`, the text that the file decrypts to, into the text that it was made
/// from.
pub(super) fn seal(cipher: &Cipher, plain: &[u8], original: &[u8], holds_values: bool, random: &dyn Random) -> String {
    let difference = difference(plain, original);
    let kind = if holds_values { VALUES } else { Kind::Str };
    let sealed = cipher.seal(kind, &difference, &additional(plain), random);
    String::from_utf8(sealed).expect("impossible: a sealed value is ASCII")
}

/// The text that the file was made from, if the sealed difference belongs to this text.
pub(super) fn restore(cipher: &Cipher, plain: &[u8], sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let value = EncryptedValue::parse(sealed.as_bytes()).ok()?;
    let difference = cipher.open(&value, &additional(plain)).ok()?;
    apply(plain, &difference)
}

/// Whether a sealed difference holds values that are nowhere else.
pub(super) fn holds_values(sealed: &str) -> bool {
    // Also when it is damaged otherwise.
    sealed.strip_suffix(']').is_some_and(|sealed| sealed.ends_with(&format!(",type:{}", VALUES.name())))
}

/// Whether a document must not carry fields that its readers do not know: the schema of the
/// SopsSecret operator refuses them.
pub(super) fn is_unwelcome(document: &Document<'_>) -> bool {
    document.parts.iter().any(|part| {
        document.children(part.root).any(|child| {
            let node = document.node(child);
            node.key.as_deref() == Some("kind")
                && matches!(&node.content, Content::Leaf { value: Scalar::Text(text), .. } if **text == *b"SopsSecret")
        })
    })
}

/// Binds a difference to its text.
fn additional(plain: &[u8]) -> Vec<u8> {
    let hash: String = Sha256::digest(plain).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("cloze_spelling:{hash}").into_bytes()
}

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

/// The changes that turn one text into another: for each the bytes to keep, the bytes to drop and
/// the bytes to put there.
fn difference(plain: &[u8], original: &[u8]) -> Zeroizing<Vec<u8>> {
    let input = InternedInput::new(Words(plain), Words(original));
    let diff = Diff::compute(Algorithm::Histogram, &input);
    let (mut before, mut after) = (Offsets::of(Words(plain)), Offsets::of(Words(original)));
    let mut out = Zeroizing::new(vec![FORM]);
    let mut kept = 0;
    for hunk in diff.hunks() {
        let (from, to) = (before.at(hunk.before.start), before.at(hunk.before.end));
        let (new_from, new_to) = (after.at(hunk.after.start), after.at(hunk.after.end));
        push_number(&mut out, from - kept);
        push_number(&mut out, to - from);
        push_number(&mut out, new_to - new_from);
        out.extend_from_slice(&original[new_from..new_to]);
        kept = to;
    }
    out
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
fn apply(plain: &[u8], difference: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
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
    use crate::cipher::{DataKey, SystemRandom};

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
    fn it_opens_for_its_own_text_and_key_only() {
        let cipher = Cipher::new(&DataKey::generate(&SystemRandom));
        let sealed = seal(&cipher, b"a: 31\n", b"a: 0x1F\n", false, &SystemRandom);
        assert!(!holds_values(&sealed));
        assert_eq!(restore(&cipher, b"a: 31\n", &sealed).expect("opens").as_slice(), b"a: 0x1F\n");
        assert!(restore(&cipher, b"a: 32\n", &sealed).is_none());
        let other = Cipher::new(&DataKey::generate(&SystemRandom));
        assert!(restore(&other, b"a: 31\n", &sealed).is_none());
        assert!(restore(&cipher, b"a: 31\n", "nonsense").is_none());
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
