//! Tests of what needs no server; the rest is in `tests/azure.rs`.
use super::*;
use crate::recipient::parse;

#[test]
fn an_address_stays_in_its_vault() {
    let check = |vault: &str, name: &str, version: &str| {
        let recipient = parse::azure_kv(vault, name, version).expect("has an address");
        Address::of(&recipient).map(Address::key).map_err(Failure::into_reason)
    };
    assert_eq!(check("https://v", "a-1", "0f"), Ok("https://v/keys/a-1/0f".into()));
    let letters = "the name and the version of an Azure key have letters, digits and dashes only";
    for (vault, name, version, why) in [
        ("http://v", "a", "", "the address of an Azure key vault begins with `https://`"),
        ("https://v", "../secrets/a", "", letters),
        ("https://v", "a?b", "", letters),
        ("https://v", "a", "1/../2", letters),
    ] {
        assert_eq!(check(vault, name, version), Err(why.into()), "{name}");
    }
}

#[test]
fn a_key_that_may_not_encrypt_does_not() {
    let key = |attributes: &str, operations: &str| {
        let kid = "https://v.vault.azure.net/keys/k/1f";
        let text = format!(
            r#"{{"attributes":{{{attributes}}},"key":{{"kid":"{kid}","kty":"RSA","key_ops":[{operations}],"n":"{}","e":"AQAB"}}}}"#,
            URL_SAFE_NO_PAD.encode([0xFF; 256])
        );
        let found: Key = serde_json::from_str(&text).expect("is a key");
        Public::of(&found).map(|public| (public.version, public.key.is_some()))
    };
    assert_eq!(key("", r#""encrypt""#), Ok(("1f".into(), true)));
    assert_eq!(key("", r#""sign""#), Ok(("1f".into(), false)));
    assert_eq!(key(r#""enabled":false"#, r#""encrypt""#), Err(disabled()));
    assert_eq!(key(r#""exp":1700000000"#, r#""encrypt""#), Err(expired()));
    assert!(key(r#""nbf":9700000000"#, r#""encrypt""#).is_err());
}
