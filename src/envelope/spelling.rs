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

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::cipher::{Cipher, EncryptedValue, Kind, Random};
use crate::document::{Content, Document, Scalar};

use super::difference;

/// The type of a difference that holds values.
const VALUES: Kind = Kind::Bytes;

/// Seals what turns `plain`, which the file decrypts to, into what it was made from.
pub(super) fn seal(cipher: &Cipher, plain: &Document<'_>, original: &Document<'_>, random: &dyn Random) -> String {
    let difference = difference::between(plain.text, original.text, difference::joints(plain, original));
    let kind = if original.shadowed.is_empty() { Kind::Str } else { VALUES };
    seal_as(kind, cipher, plain.text, &difference, random)
}

fn seal_as(kind: Kind, cipher: &Cipher, plain: &[u8], difference: &[u8], random: &dyn Random) -> String {
    let sealed = cipher.seal(kind, difference, &additional(kind, plain), random);
    String::from_utf8(sealed).expect("impossible: a sealed value is ASCII")
}

/// Seals a difference under another data key; none if it does not belong to this text.
pub(super) fn reseal(old: &Cipher, new: &Cipher, plain: &[u8], sealed: &str, random: &dyn Random) -> Option<String> {
    let value = EncryptedValue::parse(sealed.as_bytes()).ok()?;
    let difference = old.open(&value, &additional(value.kind, plain)).ok()?;
    Some(seal_as(value.kind, new, plain, &difference, random))
}

/// The text that the file was made from, if the sealed difference belongs to this text.
pub(super) fn restore(cipher: &Cipher, plain: &[u8], sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let value = EncryptedValue::parse(sealed.as_bytes()).ok()?;
    let difference = cipher.open(&value, &additional(value.kind, plain)).ok()?;
    difference::apply(plain, &difference)
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

/// Binds a difference to its text, and to whether it holds values.
fn additional(kind: Kind, plain: &[u8]) -> Vec<u8> {
    let hash: String = Sha256::digest(plain).iter().map(|byte| format!("{byte:02x}")).collect();
    let name = if kind == VALUES { "cloze_spelling_values" } else { "cloze_spelling" };
    format!("{name}:{hash}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::{DataKey, SystemRandom};
    use crate::document::Format;

    fn sealed(cipher: &Cipher, format: Format, plain: &[u8], original: &[u8]) -> String {
        let parse = |text| format.syntax().parse(text).expect("is of the format");
        seal(cipher, &parse(plain), &parse(original), &SystemRandom)
    }

    #[test]
    fn it_opens_for_its_own_text_and_key_only() {
        let cipher = Cipher::new(&DataKey::generate(&SystemRandom));
        let sealed = sealed(&cipher, Format::Yaml, b"a: 31\n", b"a: 0x1F\n");
        assert!(!holds_values(&sealed));
        assert_eq!(restore(&cipher, b"a: 31\n", &sealed).expect("opens").as_slice(), b"a: 0x1F\n");
        assert!(restore(&cipher, b"a: 32\n", &sealed).is_none());
        let other = Cipher::new(&DataKey::generate(&SystemRandom));
        assert!(restore(&other, b"a: 31\n", &sealed).is_none());
        assert!(restore(&cipher, b"a: 31\n", "nonsense").is_none());
        let moved = reseal(&cipher, &other, b"a: 31\n", &sealed, &SystemRandom).expect("belongs to it");
        assert_eq!(restore(&other, b"a: 31\n", &moved).expect("opens").as_slice(), b"a: 0x1F\n");
        assert!(reseal(&cipher, &other, b"a: 32\n", &sealed, &SystemRandom).is_none());
    }

    #[test]
    fn that_it_holds_values_cannot_be_taken_back() {
        let cipher = Cipher::new(&DataKey::generate(&SystemRandom));
        let (plain, original) = (b"[s]\nk=2\n", b"[s]\nk=1\nk=2\n");
        let sealed = sealed(&cipher, Format::Ini, plain, original);
        assert!(holds_values(&sealed));
        assert_eq!(restore(&cipher, plain, &sealed).expect("opens").as_slice(), original);
        assert!(restore(&cipher, plain, &sealed.replace("type:bytes", "type:str")).is_none());
    }
}
