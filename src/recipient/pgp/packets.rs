//! A message as packets, without its armor, and without two faults of the OpenPGP library of Go that
//! SOPS used: the length of an RSA ciphertext is in whole bytes where OpenPGP wants bits (RFC 9580,
//! 3.2), and what is encrypted begins with a part of less than 512 bytes (4.2.1.4). gpg passes over
//! both; the parser that we use refuses them.

use std::io::Read as _;

use openpgp::armor::{Reader, ReaderMode};
use sequoia_openpgp as openpgp;

/// Bytes of a session key packet before what is encrypted: version, key id, algorithm.
const PREFIX: usize = 10;

/// The first byte of a packet with what is encrypted, and protected against changes.
const ENCRYPTED: u8 = 0xd2;

/// The packets of a message, armored or not.
pub(super) fn of(message: &[u8]) -> Vec<u8> {
    let mut packets = Vec::new();
    let read = Reader::from_bytes(message, ReaderMode::Tolerant(None)).read_to_end(&mut packets);
    mended(if read.is_ok() && !packets.is_empty() { &packets } else { message })
}

/// The same packets with the right lengths in those at the start that hold session keys.
fn mended(packets: &[u8]) -> Vec<u8> {
    let mut mended = Vec::with_capacity(packets.len() + 16);
    let mut rest = packets;
    while let Some((body, after)) = session_key(rest) {
        match ciphertext(body) {
            Some(ciphertext) => {
                let bits = ciphertext.len() * 8 - ciphertext.first().map_or(0, |first| first.leading_zeros() as usize);
                let length = PREFIX + 2 + ciphertext.len();
                mended.extend([0xc1, 0xff]);
                mended.extend(u32::try_from(length).unwrap_or(0).to_be_bytes());
                mended.extend(&body[..PREFIX]);
                mended.extend(u16::try_from(bits).unwrap_or(0).to_be_bytes());
                mended.extend(ciphertext);
            }
            None => mended.extend(&rest[..rest.len() - after.len()]),
        }
        rest = after;
    }
    mended.extend(in_one_piece(rest).as_deref().unwrap_or(rest));
    mended
}

/// The encrypted packet at the start, if it is in parts, as a whole.
fn in_one_piece(packets: &[u8]) -> Option<Vec<u8>> {
    let (&ENCRYPTED, mut rest) = packets.split_first()? else { return None };
    rest.first().filter(|first| (224..255).contains(*first))?;
    let mut body = Vec::with_capacity(packets.len());
    let mut is_last = false;
    while !is_last {
        let (&first, after) = rest.split_first()?;
        is_last = !(224..255).contains(&first);
        let (length, after) = match first {
            0..192 => (usize::from(first), after),
            192..224 => (((usize::from(first) - 192) << 8) + usize::from(*after.first()?) + 192, &after[1..]),
            224..255 => (1 << (first & 31), after),
            255 => {
                let (length, after) = after.split_first_chunk::<4>()?;
                (usize::try_from(u32::from_be_bytes(*length)).ok()?, after)
            }
        };
        let (part, after) = after.split_at_checked(length)?;
        body.extend(part);
        rest = after;
    }
    let length = u32::try_from(body.len()).ok()?.to_be_bytes();
    Some([&[ENCRYPTED, 0xff], &length[..], &body, rest].concat())
}

/// The body of the packet at the start if it holds a session key for somebody, and what follows.
fn session_key(packets: &[u8]) -> Option<(&[u8], &[u8])> {
    let byte = |at: usize| packets.get(at).map(|byte| usize::from(*byte));
    let (start, length) = match (byte(0)?, byte(1)?) {
        (0xc1, short @ 0..192) => (2, short),
        (0xc1, long @ 192..224) => (3, ((long - 192) << 8) + byte(2)? + 192),
        (0x84, short) => (2, short),
        (0x85, high) => (3, (high << 8) + byte(2)?),
        _ => return None,
    };
    packets.get(start..)?.split_at_checked(length)
}

/// The number that is encrypted with RSA, without zeros at its start.
fn ciphertext(body: &[u8]) -> Option<&[u8]> {
    let is_rsa = matches!(body, [3, _, _, _, _, _, _, _, _, 1 | 2, ..]);
    let number = body.get(PREFIX + 2..).filter(|number| is_rsa && number.len() <= 8191)?;
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    Some(&number[zeros..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet for the key id 0 with this algorithm and number.
    fn packet(algorithm: u8, number: &[u8]) -> Vec<u8> {
        let length = u8::try_from(PREFIX + number.len()).expect("is short");
        [&[0xc1, length, 3, 0, 0, 0, 0, 0, 0, 0, 0, algorithm], number].concat()
    }

    #[test]
    fn the_length_of_a_number_is_in_bits() {
        let long_form = |number: &[u8]| {
            let short = packet(1, number);
            [&[0xc1, 0xff, 0, 0, 0, short[1]], &short[2..]].concat()
        };
        let message = [packet(1, &[0, 16, 0x34, 1]), packet(18, &[9, 9]), packet(1, &[0, 16, 0, 1]), vec![0xd2, 1, 1]];
        let expected = [long_form(&[0, 14, 0x34, 1]), packet(18, &[9, 9]), long_form(&[0, 1, 1]), vec![0xd2, 1, 1]];
        assert_eq!(of(&message.concat()), expected.concat());
    }

    #[test]
    fn what_is_in_parts_becomes_one() {
        let parts = [&[0xd2, 0xe0, 1, 0xe1, 2, 3][..], &[192, 0], &[4; 192], &[0xd3]].concat();
        let whole = [&[0xd2, 0xff, 0, 0, 0, 195, 1, 2, 3][..], &[4; 192], &[0xd3]].concat();
        assert_eq!(mended(&parts), whole);
    }

    #[test]
    fn what_is_cut_off_stays_as_it_is() {
        for message in [
            &[][..],
            &[0xc1],
            &[0xc1, 50, 3],
            &[0xc1, 200],
            &[0x85, 1],
            &[0xc1, 2, 3, 1],
            &[0xd2, 0xff],
            &[0xd2, 0xe1, 1],
        ] {
            assert_eq!(mended(message), message);
        }
        assert_eq!(mended(&packet(1, &[])), packet(1, &[]));
    }
}
