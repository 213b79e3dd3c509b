//! The MAC: SHA-512 over the canonical bytes of the values in file order, as uppercase hex
//! (sops-compat.md §2). It has no separators and covers no keys: keys are bound to each encrypted
//! value by its additional data instead.

use sha2::{Digest, Sha512};

/// SHA-256 of `sops`, hashed first when the MAC covers the encrypted values only, so that such a
/// MAC can never equal one over all values.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b, 0x97, 0x5b,
    0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// The running hash over the values of a file.
#[derive(Clone)]
pub struct Mac(Sha512);

impl Mac {
    /// A MAC over all values, or over the encrypted ones only. The caller adds only those.
    #[must_use]
    pub fn new(only_encrypted: bool) -> Self {
        let mut hash = Sha512::new();
        if only_encrypted {
            hash.update(ONLY_ENCRYPTED);
        }
        Mac(hash)
    }

    /// Adds the canonical bytes of the next value.
    pub fn add(&mut self, canonical: &[u8]) {
        self.0.update(canonical);
    }

    /// The text that is encrypted into the metadata: 128 uppercase hexadecimal digits.
    #[must_use]
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves of sops-compat.md §12.
    const LEAVES: [&str; 5] = ["hello", "42", "1.5", "True", "2001-01-23T00:00:00Z"];

    fn mac(only_encrypted: bool) -> String {
        let mut mac = Mac::new(only_encrypted);
        LEAVES.iter().for_each(|leaf| mac.add(leaf.as_bytes()));
        mac.finish()
    }

    #[test]
    fn agrees_with_the_vectors_of_sops() {
        assert_eq!(
            mac(false),
            "B93F2772F10F79706BA0817636A4141BF3252F0327AD8E4B2815FE77DA360F764E16DBE9A18D6AD5E0B4FE2189B220E957542970FEB1A77D9AD4040638D1286A"
        );
        assert_eq!(
            mac(true),
            "71809309F6F8EF176D2A83407D96E9CC1A36023E199CCECA8AF44E5BE073FB15EC8CEB7B6AFA6B2DDC1DF67F9BE160E6AB9D1951E679F0282C9370E08CC348C5"
        );
    }
}
