//! An age recipient of any kind, told apart by how it begins (sops-compat.md §5.2).

use std::str::FromStr as _;
use std::sync::Arc;

use age::ssh::ParseRecipientKeyError;
use age::{EncryptError, plugin, ssh, x25519};

use super::bridge::Bridge;
use super::{hybrid, missing_plugin};
use crate::recipient::Host;

/// A recipient that can be wrapped for.
#[derive(Clone)]
pub enum AgeRecipient {
    /// `age1…`
    Native(x25519::Recipient),
    /// `age1pq1…`
    Hybrid(Box<hybrid::Recipient>),
    /// `ssh-ed25519 …` or `ssh-rsa …`
    Ssh(ssh::Recipient),
    /// `age1NAME1…`
    Plugin(plugin::Recipient),
}

/// Reads an age recipient.
///
/// # Errors
/// Why it is none, for people.
pub fn parse_recipient(text: &str) -> Result<AgeRecipient, String> {
    let is_complete = |what: &str| format!("is not {what}; is it complete?");
    if text.is_empty() {
        Err("is empty".into())
    } else if text.to_ascii_uppercase().starts_with("AGE-") {
        Err("this is a secret identity, not a recipient: it must not stand here".into())
    } else if text.starts_with(hybrid::RECIPIENT_PREFIX) {
        text.parse()
            .map(|it| AgeRecipient::Hybrid(Box::new(it)))
            .map_err(|()| is_complete("a post-quantum recipient (`age1pq1…`)"))
    } else if text.strip_prefix("age1").is_some_and(|rest| rest.contains('1')) {
        text.parse().map(AgeRecipient::Plugin).map_err(|_| is_complete("a recipient of a plugin (`age1NAME1…`)"))
    } else if text.starts_with("age1") {
        text.parse().map(AgeRecipient::Native).map_err(|_| is_complete("an age recipient (`age1…`)"))
    } else if let Some((kind, _)) = text.split_once(' ').filter(|(kind, _)| is_ssh_type(kind)) {
        ssh::Recipient::from_str(text).map(AgeRecipient::Ssh).map_err(|error| why_no_ssh_key(kind, &error))
    } else {
        Err(is_complete("an age recipient (`age1…`)"))
    }
}

/// Whether a word is the type of a public key of SSH.
fn is_ssh_type(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].iter().any(|start| word.starts_with(start))
}

fn why_no_ssh_key(kind: &str, error: &ParseRecipientKeyError) -> String {
    match error {
        ParseRecipientKeyError::RsaModulusTooLarge => "RSA keys of more than 4096 bits cannot be used".into(),
        ParseRecipientKeyError::RsaModulusTooSmall => "RSA keys of less than 2048 bits are too weak".into(),
        ParseRecipientKeyError::Unsupported(_) => unsupported_ssh_type(kind),
        ParseRecipientKeyError::Invalid(_) | ParseRecipientKeyError::Ignore
            if !matches!(kind, "ssh-ed25519" | "ssh-rsa") =>
        {
            unsupported_ssh_type(kind)
        }
        ParseRecipientKeyError::Invalid(_) | ParseRecipientKeyError::Ignore => {
            format!("is not an SSH public key (`{kind} …`); is it complete?")
        }
    }
}

/// Says that age has no use for SSH keys of this type.
pub(super) fn unsupported_ssh_type(kind: &str) -> String {
    format!("SSH keys of the type {kind} cannot be used: age takes ssh-ed25519 and ssh-rsa")
}

impl AgeRecipient {
    /// Wraps a secret for it, as an armored age file.
    ///
    /// # Errors
    /// Why it cannot, for people.
    pub(super) fn wrap(&self, secret: &[u8], host: &Arc<dyn Host>) -> Result<String, String> {
        let seal = |recipient: &dyn age::Recipient| super::seal(recipient, secret).map_err(why);
        match self {
            AgeRecipient::Native(recipient) => seal(recipient),
            AgeRecipient::Hybrid(recipient) => seal(&**recipient),
            AgeRecipient::Ssh(recipient) => seal(recipient),
            AgeRecipient::Plugin(recipient) => {
                let name = recipient.plugin();
                let bridge = Bridge(Arc::clone(host));
                let plugin = plugin::RecipientPluginV1::new(name, std::slice::from_ref(recipient), &[], bridge);
                seal(&plugin.map_err(why)?)
            }
        }
    }
}

/// Why something cannot be wrapped, for people.
fn why(error: EncryptError) -> String {
    match error {
        EncryptError::MissingPlugin { binary_name } => missing_plugin(&binary_name),
        // Its texts set the names off with marks that turn the direction of writing.
        EncryptError::Plugin(errors) => {
            let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
            texts.join(", ").replace(['\u{2068}', '\u{2069}'], "")
        }
        EncryptError::Io(error) => format!("cannot be wrapped for: {error}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJBq4Z1Vg5rZaqcHVRWOG0Fb9hPUlEaGWcYl+7Pst4lE";

    #[test]
    fn kinds_are_told_apart_by_their_beginning() {
        let kind = |text: &str| match parse_recipient(text) {
            Ok(AgeRecipient::Native(_)) => "native",
            Ok(AgeRecipient::Hybrid(_)) => "hybrid",
            Ok(AgeRecipient::Ssh(_)) => "ssh",
            Ok(AgeRecipient::Plugin(_)) => "plugin",
            Err(_) => "none",
        };
        let hybrid: hybrid::Identity =
            "AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8EH9W6YLNC3SW78XKG".parse().expect("is one");
        assert_eq!(kind("age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p"), "native");
        assert_eq!(kind(&hybrid.to_public().to_string()), "hybrid");
        assert_eq!(kind(ED25519), "ssh");
        assert_eq!(kind(&format!("{ED25519} me@here, and there")), "ssh");
        assert_eq!(kind("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"), "plugin");
        assert_eq!(kind("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3x"), "none");
    }

    #[test]
    fn what_is_no_recipient_says_why() {
        let why = |text: &str| parse_recipient(text).err().unwrap_or_default();
        let ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHFliOyIZs1gxGF3fmDxFykQhE88wy6AKDGFBfn0R6ZuvRmENABZQa9+pj9hMki+LX0qDJbmHTiWDbYv/cmFt/Q=";
        for (text, part) in [
            ("", "is empty"),
            ("AGE-SECRET-KEY-1X", "this is a secret identity"),
            ("age-plugin-x-1q", "this is a secret identity"),
            ("age1x", "is not an age recipient"),
            ("age1pq1x", "is not a post-quantum recipient"),
            ("age1yubikey1x", "is not a recipient of a plugin"),
            ("ssh-ed25519 AAAA", "is not an SSH public key (`ssh-ed25519 …`)"),
            ("ssh-dss AAAA", "SSH keys of the type ssh-dss cannot be used"),
            (ecdsa, "SSH keys of the type ecdsa-sha2-nistp256 cannot be used"),
            ("me@example.org", "is not an age recipient"),
        ] {
            assert!(why(text).starts_with(part), "{text}: {}", why(text));
        }
    }
}
