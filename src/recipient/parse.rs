//! Recipients as people write them: on the command line, in the environment, and in `.sops.yaml`
//! (sops-compat.md §5.2–§5.8, §7.5). What can be seen to be wrong without asking anybody is
//! refused here; whether an age recipient is one is for the age backend to say.

use std::ops::Range;

use super::{Kind, Recipient, stored};
use crate::document::tree::Tree;

/// Why a text names no recipient. Never repeats the text: it may be a key that somebody pasted
/// into the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, lower case, without a full stop.
    pub message: String,
    /// Where in the text.
    pub range: Range<usize>,
    /// The text seems to hold a secret, so it must not be shown.
    pub secret: bool,
}

/// Reads a list with commas. A list without anything in it has no recipients.
///
/// # Errors
/// One of the items names no recipient of this kind, or is empty.
pub fn parse_list(kind: Kind, text: &str) -> Result<Vec<Recipient>, ParseError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut recipients = Vec::new();
    for (item, range) in items(text) {
        if item.is_empty() {
            let message = format!("one of the {} recipients in this list is empty", kind.title());
            return Err(ParseError { message, range, secret: false });
        }
        recipients.push(parse_one(kind, item).map_err(|error| ParseError { range, ..error })?);
    }
    Ok(recipients)
}

/// The items of a list with commas, without the spaces around them, and where they are.
pub(crate) fn items(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let mut at = 0;
    text.split(',').map(move |piece| {
        let item = piece.trim();
        let start = at + (piece.len() - piece.trim_start().len());
        at += piece.len() + 1;
        (item, start..start + item.len())
    })
}

/// Reads one recipient.
///
/// # Errors
/// It is not one of this kind.
pub fn parse_one(kind: Kind, text: &str) -> Result<Recipient, ParseError> {
    let wrong = |message: &str| ParseError { message: message.to_owned(), range: 0..text.len(), secret: false };
    let text = text.trim();
    let compact = || text.replace(' ', "");
    match kind {
        Kind::Age if text.to_ascii_uppercase().starts_with("AGE-") => {
            let message = "this is an age identity, which is secret, and not a recipient".to_owned();
            Err(ParseError { message, range: 0..text.len(), secret: true })
        }
        Kind::Age => Ok(Recipient::age(text)),
        Kind::Pgp => pgp(&compact()).map_err(wrong),
        Kind::Kms => {
            let text = compact();
            let (arn, role) = match text.find("+arn:") {
                Some(at) => (&text[..at], &text[at + 1..]),
                None => (text.as_str(), ""),
            };
            kms(arn, role, Vec::new(), "").map_err(wrong)
        }
        Kind::GcpKms => gcp_kms(&compact()).map_err(wrong),
        Kind::Hckms => hckms(text).map_err(wrong),
        Kind::AzureKv => azure_url(text).map_err(wrong),
        Kind::HcVault => vault_uri(text).map_err(wrong),
    }
}

/// A PGP key.
///
/// # Errors
/// The fingerprint is not hexadecimal, with an optional `!` at the end.
pub fn pgp(fingerprint: &str) -> Result<Recipient, &'static str> {
    let digits = fingerprint.strip_suffix('!').unwrap_or(fingerprint);
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("a PGP fingerprint is made of hexadecimal digits");
    }
    Ok(Recipient { kind: Kind::Pgp, fields: vec![("fp", Tree::string(fingerprint))] })
}

/// An AWS KMS key, with the role to assume, the encryption context and the profile.
///
/// # Errors
/// The ARN is not one of a KMS key or alias.
pub fn kms(arn: &str, role: &str, context: Vec<(String, String)>, profile: &str) -> Result<Recipient, &'static str> {
    if !is_kms_arn(arn) {
        return Err("an AWS KMS key is `arn:aws:kms:REGION:ACCOUNT:key/ID` or `…:alias/NAME`");
    }
    let mut fields = vec![("arn", Tree::string(arn))];
    if !role.is_empty() {
        fields.push(("role", Tree::string(role)));
    }
    if !context.is_empty() {
        let pairs = context.into_iter().map(|(name, value)| (name, Tree::string(value))).collect();
        fields.push(("context", Tree::sorted(pairs)));
    }
    fields.push(("aws_profile", Tree::string(profile)));
    Ok(Recipient { kind: Kind::Kms, fields })
}

/// An encryption context as flags have it: `NAME:VALUE,…`, without a way to quote. Empty is none.
///
/// # Errors
/// One of the pairs has not exactly one colon.
pub fn kms_context(text: &str) -> Result<Vec<(String, String)>, &'static str> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once(':').filter(|(_, value)| !value.contains(':'))?;
        Some((name.to_owned(), value.to_owned()))
    };
    let pairs = text.split(',').filter(|_| !text.is_empty()).map(pair).collect::<Option<_>>();
    pairs.ok_or("an encryption context is `NAME:VALUE,NAME:VALUE`, with one colon in each pair")
}

/// A key of AWS KMS with this context and this profile, where it has none of its own; any other
/// recipient as it is.
#[must_use]
pub fn kms_amended(recipient: &Recipient, context: &[(String, String)], profile: &str) -> Recipient {
    if recipient.kind != Kind::Kms {
        return recipient.clone();
    }
    let own = recipient.fields.iter().find(|(name, _)| *name == "context").map_or(&[][..], |(_, own)| own.entries());
    let pair = |(name, value): &(String, Tree)| (name.clone(), stored::text_of(value).unwrap_or_default());
    let context = if own.is_empty() { context.to_vec() } else { own.iter().map(pair).collect() };
    let profile = Some(recipient.field("aws_profile")).filter(|own| !own.is_empty()).unwrap_or(profile);
    kms(recipient.field("arn"), recipient.field("role"), context, profile).unwrap_or_else(|_| recipient.clone())
}

/// Whether a text is the ARN of a key or an alias of AWS KMS, of any partition.
pub(super) fn is_kms_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [scheme, partition, service, region, account, key] = parts.as_slice() else { return false };
    let name = key.strip_prefix("key/").or_else(|| key.strip_prefix("alias/")).unwrap_or("");
    *scheme == "arn"
        && partition.strip_prefix("aws").is_some_and(|rest| rest.bytes().all(is_word_or_dash))
        && *service == "kms"
        && !region.is_empty()
        && !account.is_empty()
        && account.bytes().all(|b| b.is_ascii_digit())
        && !name.is_empty()
}

fn is_word_or_dash(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

/// A Google Cloud KMS key.
///
/// # Errors
/// The resource id is not one of a key.
pub fn gcp_kms(id: &str) -> Result<Recipient, &'static str> {
    let steps: Vec<&str> = id.split('/').collect();
    let named = |at: usize, name: &str| steps[at] == name && !steps[at + 1].is_empty();
    if steps.len() != 8
        || !named(0, "projects")
        || !named(2, "locations")
        || !named(4, "keyRings")
        || !named(6, "cryptoKeys")
    {
        return Err("a GCP KMS key is `projects/P/locations/L/keyRings/R/cryptoKeys/K`");
    }
    Ok(Recipient { kind: Kind::GcpKms, fields: vec![("resource_id", Tree::string(id))] })
}

/// A Huawei Cloud KMS key.
///
/// # Errors
/// The id is not a region and a key.
pub fn hckms(id: &str) -> Result<Recipient, &'static str> {
    match id.split_once(':') {
        Some((region, key)) if !region.is_empty() && !key.is_empty() => {
            Ok(Recipient { kind: Kind::Hckms, fields: vec![("key_id", Tree::string(id))] })
        }
        _ => Err("a Huawei Cloud KMS key is `REGION:KEY-UUID`"),
    }
}

/// An Azure Key Vault key. Without a version, the current one is to be asked for.
///
/// # Errors
/// The vault or the name is missing.
pub fn azure_kv(vault_url: &str, name: &str, version: &str) -> Result<Recipient, &'static str> {
    if vault_url.is_empty() || name.is_empty() {
        return Err("an Azure key needs the URL of its vault and a name");
    }
    let fields =
        vec![("vault_url", Tree::string(vault_url)), ("name", Tree::string(name)), ("version", Tree::string(version))];
    Ok(Recipient { kind: Kind::AzureKv, fields })
}

fn azure_url(url: &str) -> Result<Recipient, &'static str> {
    const FORM: &str = "an Azure key is `https://VAULT/keys/NAME` or `https://VAULT/keys/NAME/VERSION`";
    let (host, path) = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')).ok_or(FORM)?;
    let mut steps = path.split('/');
    let (keys, name, version, more) = (steps.next(), steps.next(), steps.next(), steps.next());
    match (keys, name) {
        (Some("keys"), Some(name)) if !host.is_empty() && !name.is_empty() && more.is_none() => {
            azure_kv(&format!("https://{host}"), name, version.unwrap_or(""))
        }
        _ => Err(FORM),
    }
}

fn vault_uri(uri: &str) -> Result<Recipient, &'static str> {
    const FORM: &str = "a Vault key is `https://HOST:PORT/v1/ENGINE/keys/NAME`";
    let (scheme, rest) = uri.split_once("://").ok_or(FORM)?;
    let (host, path) = rest.split_once('/').ok_or(FORM)?;
    if scheme.is_empty() || host.is_empty() || rest.contains(['?', '#']) {
        return Err(FORM);
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    let steps: Vec<&str> = path.split('/').collect();
    let is_version = |step: &str| {
        step.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    match steps.as_slice() {
        [version, engine @ .., "keys", name]
            if is_version(version)
                && !engine.is_empty()
                && !name.is_empty()
                && engine.iter().all(|s| !s.is_empty()) =>
        {
            let fields = vec![
                ("vault_address", Tree::string(format!("{scheme}://{host}"))),
                ("engine_path", Tree::string(engine.join("/"))),
                ("key_name", Tree::string(*name)),
            ];
            Ok(Recipient { kind: Kind::HcVault, fields })
        }
        [first, rest @ ..] if !is_version(first) && rest.iter().any(|step| is_version(step)) => {
            Err("a Vault behind a path of its own cannot be used; `/v1/` must follow the host")
        }
        _ => Err(FORM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Scalar;

    /// `field=value` pairs of a recipient.
    fn show(recipient: &Recipient) -> String {
        let leaf = |tree: &Tree| match tree {
            Tree::Leaf(Scalar::Text(text)) => text.as_str().unwrap_or("?").to_owned(),
            Tree::Map(entries) => entries.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join("&"),
            _ => "?".to_owned(),
        };
        recipient.fields.iter().map(|(name, tree)| format!("{name}={}", leaf(tree))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_every_spelling() {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/0a";
        let cases = [
            (Kind::Age, " age1a , age1b", "recipient=age1a; recipient=age1b"),
            (Kind::Age, "ssh-ed25519 AAAA me@here", "recipient=ssh-ed25519 AAAA me@here"),
            (Kind::Age, " ", ""),
            (Kind::Pgp, "85D7 7543 b3d6!", "fp=85D77543b3d6!"),
            (Kind::Kms, arn, "arn=arn:aws:kms:eu-west-1:123456789012:key/0a aws_profile="),
            (
                Kind::Kms,
                "arn:aws-us-gov:kms:r:1:alias/a b+arn:aws:iam::1:role/r",
                "arn=arn:aws-us-gov:kms:r:1:alias/ab role=arn:aws:iam::1:role/r aws_profile=",
            ),
            (
                Kind::GcpKms,
                "projects/p/locations/global/keyRings/r/cryptoKeys/k",
                "resource_id=projects/p/locations/global/keyRings/r/cryptoKeys/k",
            ),
            (Kind::Hckms, "eu-west:0a-b", "key_id=eu-west:0a-b"),
            (
                Kind::AzureKv,
                "https://v.vault.azure.net/keys/n/1f",
                "vault_url=https://v.vault.azure.net name=n version=1f",
            ),
            (
                Kind::AzureKv,
                "https://v/keys/n, https://v/keys/m/",
                "vault_url=https://v name=n version=; vault_url=https://v name=m version=",
            ),
            (Kind::HcVault, "http://h:8200/v1/a/b/keys/k/", "vault_address=http://h:8200 engine_path=a/b key_name=k"),
        ];
        for (kind, text, expected) in cases {
            let recipients = parse_list(kind, text).expect(text);
            assert_eq!(recipients.iter().map(show).collect::<Vec<_>>().join("; "), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_seen_to_be_wrong() {
        let azure = "an Azure key is `https://VAULT/keys/NAME` or `https://VAULT/keys/NAME/VERSION`";
        let vault = "a Vault key is `https://HOST:PORT/v1/ENGINE/keys/NAME`";
        let arn = "an AWS KMS key is `arn:aws:kms:REGION:ACCOUNT:key/ID` or `…:alias/NAME`";
        let cases = [
            (Kind::Age, "age1a,,age1b", "one of the age recipients in this list is empty", ""),
            (Kind::Pgp, "ab,", "one of the PGP recipients in this list is empty", ""),
            (
                Kind::Age,
                "age1a, age-secret-key-1q",
                "this is an age identity, which is secret, and not a recipient",
                "age-secret-key-1q",
            ),
            (Kind::Pgp, "ab, me@example.org", "a PGP fingerprint is made of hexadecimal digits", "me@example.org"),
            (Kind::Kms, "arn:aws:kms:r:x:key/1", arn, "arn:aws:kms:r:x:key/1"),
            (Kind::Kms, "arn:aws:s3:r:1:key/1", arn, "arn:aws:s3:r:1:key/1"),
            (
                Kind::GcpKms,
                "projects/p/locations/l/keyRings/r",
                "a GCP KMS key is `projects/P/locations/L/keyRings/R/cryptoKeys/K`",
                "projects/p/locations/l/keyRings/r",
            ),
            (Kind::Hckms, "0a-b", "a Huawei Cloud KMS key is `REGION:KEY-UUID`", "0a-b"),
            (Kind::AzureKv, "http://v/keys/n", azure, "http://v/keys/n"),
            (Kind::AzureKv, "https://v/keys/n/1/2", azure, "https://v/keys/n/1/2"),
            (Kind::HcVault, "https://h/transit/keys/k", vault, "https://h/transit/keys/k"),
            (Kind::HcVault, "https://h/v1/keys/k", vault, "https://h/v1/keys/k"),
            (
                Kind::HcVault,
                "https://h/p/v1/t/keys/k",
                "a Vault behind a path of its own cannot be used; `/v1/` must follow the host",
                "https://h/p/v1/t/keys/k",
            ),
        ];
        for (kind, text, message, part) in cases {
            let error = parse_list(kind, text).expect_err(text);
            assert_eq!((error.message.as_str(), &text[error.range]), (message, part), "{text}");
            assert_eq!(error.secret, text.contains("secret"));
        }
    }

    #[test]
    fn a_context_has_one_colon_in_each_pair() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(kms_context("a:b,c d:"), Ok(vec![pair("a", "b"), pair("c d", "")]));
        assert_eq!(kms_context(""), Ok(Vec::new()));
        assert!(["a", "a:b:c", "a:b,", ","].iter().all(|text| kms_context(text).is_err()));
    }

    #[test]
    fn what_a_key_has_of_its_own_stays() {
        let context = [("x".to_owned(), "y".to_owned())];
        let bare = kms("arn:aws:kms:r:1:key/1", "", Vec::new(), "").expect("a recipient");
        let full = kms("arn:aws:kms:r:1:key/1", "", vec![("a".into(), "b".into())], "p").expect("a recipient");
        assert_eq!(kms_amended(&bare, &context, "q").to_string(), "arn:aws:kms:r:1:key/1|x:y|q");
        assert_eq!(kms_amended(&full, &context, "q"), full);
        assert_eq!(kms_amended(&Recipient::age("a"), &context, "q"), Recipient::age("a"));
    }

    #[test]
    fn sorts_an_encryption_context() {
        let context = vec![("b".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
        let recipient = kms("arn:aws:kms:r:1:key/1", "", context, "p").expect("a recipient");
        assert_eq!(show(&recipient), "arn=arn:aws:kms:r:1:key/1 context=a&b aws_profile=p");
    }
}
