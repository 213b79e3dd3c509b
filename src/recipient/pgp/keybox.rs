//! The keybox of GnuPG (`pubring.kbx`): a list of blobs, in each of which is the public key of
//! somebody as OpenPGP has it. The format is described at the top of GnuPG's kbx/keybox-blob.c.

/// The type of a blob with an OpenPGP key.
const OPENPGP: u8 = 2;

/// The OpenPGP keys in a keybox. What is damaged ends it.
pub(super) fn keys(keybox: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = keybox;
    let blobs = std::iter::from_fn(move || {
        let length = number(rest, 0)?;
        let (blob, after) = rest.split_at_checked(length).filter(|_| length > 4)?;
        rest = after;
        Some(blob)
    });
    blobs.filter_map(key)
}

/// The key in a blob, if it has one.
fn key(blob: &[u8]) -> Option<&[u8]> {
    let (start, length) = (number(blob, 8)?, number(blob, 12)?);
    (blob.get(4) == Some(&OPENPGP)).then(|| blob.get(start..)?.get(..length)).flatten()
}

/// Four bytes, the largest first.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 4)?;
    usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(kind: u8, key: &[u8]) -> Vec<u8> {
        let mut blob = vec![0, 0, 0, 20 + u8::try_from(key.len()).expect("is short"), kind, 1, 0, 0];
        blob.extend([0, 0, 0, 20, 0, 0, 0, u8::try_from(key.len()).expect("is short"), 0, 0, 0, 0]);
        blob.extend(key);
        blob
    }

    #[test]
    fn blobs_with_keys_are_found_and_others_passed_over() {
        let keybox = [blob(1, b"KBXf"), blob(2, b"one"), blob(3, b"x509"), blob(0, b"gone"), blob(2, b"two")].concat();
        assert_eq!(keys(&keybox).collect::<Vec<_>>(), [b"one", b"two"]);
    }

    #[test]
    fn damage_is_no_key() {
        let mut outside = blob(2, b"one");
        outside[15] = 200;
        let mut longer = blob(2, b"one");
        longer[3] = 200;
        for keybox in [outside, longer, vec![0; 64], vec![0, 0], vec![255; 32]] {
            assert_eq!(keys(&keybox).count(), 0, "{keybox:?}");
        }
    }
}
