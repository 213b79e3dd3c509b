//! Comments that SOPS moved. It counts a comment behind a map or list to the one around it, and may
//! print it inside: when a flow list becomes a block list, say. The ciphertext is then bound to a
//! container around the one in which it stands, and SOPS itself does not open it.

use memchr::memrchr_iter;

use crate::cipher::{EncryptedValue, Opener, ValueError};

/// How many containers are tried, from the inside, besides the top.
const TRIED: usize = 16;

/// Opens a comment that stands in the container with this additional data.
///
/// # Errors
/// It is bound neither to that nor to one around it; why it does not open where it stands.
pub(super) fn open_comment<'o>(
    opener: &'o mut Opener<'_>,
    sealed: &EncryptedValue<'_>,
    additional: &[u8],
) -> Result<&'o [u8], ValueError> {
    let Err(error) = opener.open(sealed, additional).map(drop) else { return Ok(opener.opened()) };
    match around(additional).any(|additional| opener.open(sealed, additional).is_ok()) {
        true => Ok(opener.opened()),
        false => Err(error),
    }
}

/// The additional data of the containers around one. A colon in a key makes one more, to which nothing
/// is bound.
fn around(additional: &[u8]) -> impl Iterator<Item = &[u8]> {
    let inner = &additional[..additional.len().saturating_sub(1)];
    let top: &[u8] = b":";
    let containers = memrchr_iter(b':', inner).take(TRIED).map(|colon| &additional[..=colon]);
    containers.chain([top]).filter(move |container| *container != additional)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::{Cipher, DataKey, Kind, SystemRandom};

    #[test]
    fn containers_around_are_tried_and_no_others() {
        let found = |additional: &'static [u8]| around(additional).collect::<Vec<_>>();
        assert_eq!(found(b"a:b:c:"), [&b"a:b:"[..], b"a:", b":"]);
        assert_eq!(found(b"a:"), [b":"]);
        assert!(found(b":").is_empty());
        let deep = "k:".repeat(100_000);
        assert_eq!(around(deep.as_bytes()).count(), TRIED + 1);
        let cipher = Cipher::new(&DataKey::generate(&SystemRandom));
        let sealed = cipher.seal(Kind::Comment, b"note", b"a:", &SystemRandom);
        let sealed = EncryptedValue::parse(&sealed).expect("is sealed");
        let mut opener = cipher.opener();
        for (place, opens) in [("a:", true), ("a:b:c:", true), ("b:", false), (":", false), ("b:a:", false)] {
            assert_eq!(open_comment(&mut opener, &sealed, place.as_bytes()).is_ok(), opens, "{place}");
        }
    }
}
