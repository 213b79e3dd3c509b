//! Fingerprints as recipients name them (sops-compat.md §5.3): the whole one, or a key id as its
//! end; with `!` at the end, that key itself and not the one of its owner that is best.

use sequoia_openpgp as openpgp;

/// A fingerprint or key id that a key is looked for by.
pub(super) struct Fingerprint {
    /// Hexadecimal digits, in capitals.
    digits: String,
    /// Whether it means one key, and not the certificate that the key is in.
    pub(super) is_exact: bool,
}

impl Fingerprint {
    /// Reads one.
    ///
    /// # Errors
    /// It is neither a fingerprint nor a key id.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (digits, is_exact) = text.strip_suffix('!').map_or((text, false), |digits| (digits, true));
        let digits = digits.strip_prefix("0x").unwrap_or(digits).to_ascii_uppercase();
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        // Short ids of 8 digits are made to measure in seconds, but SOPS takes them.
        if !is_hexadecimal || !matches!(digits.len(), 8 | 16 | 40 | 64) {
            return Err("is no PGP fingerprint, which has 40 hexadecimal digits".into());
        }
        Ok(Fingerprint { digits, is_exact })
    }

    /// Its digits, without `!`.
    pub(super) fn as_str(&self) -> &str {
        &self.digits
    }

    /// As gpg takes it.
    pub(super) fn for_gpg(&self) -> String {
        format!("{}{}", self.digits, if self.is_exact { "!" } else { "" })
    }

    /// Whether it is the one of a key.
    pub(super) fn is_of(&self, key: &openpgp::Fingerprint) -> bool {
        match self.digits.len() {
            40 | 64 => key.to_hex() == self.digits,
            _ => openpgp::KeyID::from(key).to_hex().ends_with(&self.digits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_fingerprints_and_key_ids_are_read() {
        let key: openpgp::Fingerprint = "85D77543B3D624B63CEA9E6DBC17301B491B3F21".parse().expect("is one");
        for (text, is_exact) in [
            ("85D77543B3D624B63CEA9E6DBC17301B491B3F21", false),
            ("0x85d77543b3d624b63cea9e6dbc17301b491b3f21!", true),
            ("BC17301B491B3F21", false),
            ("491B3F21!", true),
        ] {
            let read = Fingerprint::parse(text).expect("is one");
            assert!(read.is_of(&key) && read.is_exact == is_exact, "{text}");
        }
        let other = Fingerprint::parse("BC17301B491B3F22").expect("is one");
        assert_eq!((other.is_of(&key), other.for_gpg().len()), (false, 16));
        for text in ["", "!", "85D77543B3D624B63CEA9E6DBC17301B491B3F2", "me@example", "ÄÄÄÄ"] {
            assert!(Fingerprint::parse(text).is_err(), "{text}");
        }
    }
}
