//! Decrypts messages of the OpenPGP library of Go that SOPS used, which are not quite as they should
//! be also inside of what is encrypted: the literal packet is in parts that are too short, see
//! [`packets`](super::packets). What is given out was checked against changes all the same.

use std::io::Read as _;

use openpgp::Packet;
use openpgp::packet::{PKESK, SEIP, Tag};
use openpgp::parse::{PacketParser, PacketParserResult, Parse as _};
use sequoia_openpgp as openpgp;
use zeroize::Zeroizing;

use super::Secret;
use super::open::{MAX_SECRET_BYTES, Pairs};

/// The most bytes of a literal packet before what is in it: format, name with its length, date.
const MAX_LITERAL_HEADER: u64 = 1 + 1 + 255 + 4;

/// Decrypts a message of that form; nothing if it is of another, does not open, or was changed.
#[expect(deprecated, reason = "new messages have no packet with a check, but these do")]
pub(super) fn decrypt(packets: &[u8], pairs: &mut Pairs<'_>) -> Option<Secret> {
    let mut keys: Vec<PKESK> = Vec::new();
    let mut secret = None;
    let mut parsed = PacketParser::from_bytes(packets).ok()?;
    while let PacketParserResult::Some(mut parser) = parsed {
        match &parser.packet {
            Packet::PKESK(key) => keys.push(key.clone()),
            Packet::SEIP(SEIP::V1(_)) => open(&mut parser, &keys, pairs)?,
            Packet::Unknown(literal) if literal.tag() == Tag::Literal && parser.recursion_depth() == 1 => {
                secret = Some(content(&mut parser)?)
            }
            // It stands at the end, and covers all that was encrypted.
            Packet::MDC(check) => return secret.filter(|_| check.valid()),
            _ => return None,
        }
        parsed = parser.recurse().ok()?.1;
    }
    None
}

/// Opens the encrypted packet with the first key that does it.
fn open(parser: &mut PacketParser<'_>, keys: &[PKESK], pairs: &mut Pairs<'_>) -> Option<()> {
    for key in keys {
        for mut pair in pairs(key.recipient().as_ref()) {
            if let Some((algorithm, session)) = key.decrypt(&mut pair, None)
                && parser.decrypt(algorithm, &session).is_ok()
            {
                return Some(());
            }
        }
    }
    None
}

/// What a literal packet holds, without its header.
fn content(parser: &mut PacketParser<'_>) -> Option<Secret> {
    // Room from the start, so that no copy is left behind by growing.
    let mut body = Zeroizing::new(Vec::with_capacity(512));
    parser.take(MAX_LITERAL_HEADER + MAX_SECRET_BYTES + 1).read_to_end(&mut body).ok()?;
    let name = usize::from(*body.get(1)?);
    let secret = body.get(2 + name + 4..)?;
    (secret.len() as u64 <= MAX_SECRET_BYTES).then(|| Zeroizing::new(secret.to_vec()))
}
