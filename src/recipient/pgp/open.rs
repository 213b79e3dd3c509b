//! Decrypts messages with secret keys at hand, and says whom a message is for.

use std::io::Read as _;

use openpgp::crypto::{KeyPair, SessionKey};
use openpgp::packet::{PKESK, Packet, SKESK};
use openpgp::parse::stream::{DecryptionHelper, DecryptorBuilder, MessageStructure, VerificationHelper};
use openpgp::parse::{PacketParser, PacketParserResult, Parse as _};
use openpgp::policy::StandardPolicy;
use openpgp::types::SymmetricAlgorithm;
use openpgp::{Cert, KeyHandle, KeyID};
use sequoia_openpgp as openpgp;
use zeroize::Zeroizing;

use super::{Secret, lenient, packets};

/// The longest secret that is expected, in bytes: a data key has 32, a share of one 33.
pub(super) const MAX_SECRET_BYTES: u64 = 64;
/// How much of a message is held back until it was checked, in bytes. None of ours is longer.
const CHECKED_BYTES: usize = 1 << 16;

/// What became of a message.
pub(super) enum Opened {
    /// What was in it.
    Secret(Secret),
    /// None of the keys is one that it is for.
    NoKey,
    /// It should have opened, and did not.
    Failed(String),
}

/// Finds the keys that open what is for this recipient; for any, where a message does not say.
pub(super) type Pairs<'a> = dyn FnMut(Option<&KeyHandle>) -> Vec<KeyPair> + 'a;

/// Decrypts a message. It may be signed, which is passed over.
pub(super) fn open(message: &[u8], pairs: &mut Pairs<'_>) -> Opened {
    let packets = packets::of(message);
    let mut tried = false;
    match decrypt(&packets, pairs, &mut tried) {
        Ok(secret) if secret.len() as u64 > MAX_SECRET_BYTES => {
            Opened::Failed("its wrapped key opens to something of another length".into())
        }
        Ok(secret) => Opened::Secret(secret),
        Err(error) => match error.downcast_ref::<openpgp::Error>() {
            Some(openpgp::Error::MissingSessionKey(_)) if !tried => Opened::NoKey,
            Some(openpgp::Error::MissingSessionKey(_)) => {
                Opened::Failed("its wrapped key does not open with the key that it is for".into())
            }
            _ => match lenient::decrypt(&packets, pairs) {
                Some(secret) => Opened::Secret(secret),
                None => Opened::Failed(format!("its wrapped key cannot be read: {}", error.root_cause())),
            },
        },
    }
}

#[expect(deprecated, reason = "that they are old is the point")]
fn decrypt(packets: &[u8], pairs: &mut Pairs<'_>, tried: &mut bool) -> openpgp::Result<Secret> {
    let mut policy = StandardPolicy::new();
    // New files get none of these, but old ones may have them, and gpg reads them.
    for old in [SymmetricAlgorithm::TripleDES, SymmetricAlgorithm::CAST5, SymmetricAlgorithm::IDEA] {
        policy.accept_symmetric_algo(old);
    }
    let helper = Helper { pairs, tried };
    let builder = DecryptorBuilder::from_bytes(packets)?.buffer_size(CHECKED_BYTES);
    let mut reader = builder.with_policy(&policy, None, helper)?;
    // Room from the start, so that no copy is left behind by growing. Read to the end, where it is
    // seen whether somebody changed it.
    let mut secret = Zeroizing::new(Vec::with_capacity(128));
    reader.by_ref().take(MAX_SECRET_BYTES + 1).read_to_end(&mut secret)?;
    Ok(secret)
}

struct Helper<'p, 'a> {
    pairs: &'p mut Pairs<'a>,
    tried: &'p mut bool,
}

impl DecryptionHelper for Helper<'_, '_> {
    fn decrypt(
        &mut self,
        pkesks: &[PKESK],
        _: &[SKESK],
        algorithm: Option<SymmetricAlgorithm>,
        decrypt: &mut dyn FnMut(Option<SymmetricAlgorithm>, &SessionKey) -> bool,
    ) -> openpgp::Result<Option<Cert>> {
        for pkesk in pkesks {
            for mut pair in (self.pairs)(pkesk.recipient().as_ref()) {
                *self.tried = true;
                let session = pkesk.decrypt(&mut pair, algorithm);
                if session.is_some_and(|(algorithm, session)| decrypt(algorithm, &session)) {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }
}

impl VerificationHelper for Helper<'_, '_> {
    fn get_certs(&mut self, _: &[KeyHandle]) -> openpgp::Result<Vec<Cert>> {
        Ok(Vec::new())
    }

    fn check(&mut self, _: MessageStructure<'_>) -> openpgp::Result<()> {
        Ok(())
    }
}

/// The ids of the keys that a message is for, as far as it tells and can be read.
pub(super) fn recipients(message: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let packets = packets::of(message);
    let mut parsed = PacketParser::from_bytes(&packets);
    // They come before what is encrypted.
    while let Ok(PacketParserResult::Some(parser)) = parsed {
        let Packet::PKESK(pkesk) = &parser.packet else { break };
        found.extend(pkesk.recipient().map(|recipient| KeyID::from(recipient).to_hex()));
        parsed = parser.next().map(|(_, next)| next);
    }
    found
}
