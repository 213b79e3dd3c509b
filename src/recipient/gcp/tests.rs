//! Tests of what needs no server; the rest is in `tests/gcp.rs`.
use super::*;
use serde_json::json;

const KEY: &str = "projects/p/locations/global/keyRings/r/cryptoKeys/k";

#[test]
fn the_sum_is_that_of_castagnoli() {
    // The check value of the catalogue of CRCs.
    assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    assert_eq!(crc32c(b""), 0);
}

#[test]
fn an_endpoint_is_a_url_or_a_host_and_has_tls() {
    let of = |endpoint: &str| address(endpoint, KEY, "encrypt").map(String::from);
    let path = format!("/v1/{KEY}:encrypt");
    for (endpoint, start) in [
        ("cloudkms.googleapis.com", "https://cloudkms.googleapis.com"),
        ("kms.example:443", "https://kms.example"),
        ("https://kms.example:8443/", "https://kms.example:8443"),
        ("https://kms.example/behind", "https://kms.example/behind"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("http://localhost", "http://localhost"),
    ] {
        assert_eq!(of(endpoint), Ok(format!("{start}{path}")), "{endpoint}");
    }
    for (endpoint, why) in [
        ("http://kms.example", "the endpoint for GCP KMS has no TLS, and would show the data key; use https"),
        ("http://127.0.0.1.example", "the endpoint for GCP KMS has no TLS, and would show the data key; use https"),
        ("unix:///kms", "the endpoint for GCP KMS is no URL"),
        ("", "the endpoint for GCP KMS is no URL"),
    ] {
        assert_eq!(of(endpoint), Err(why.into()), "{endpoint}");
    }
}

#[test]
fn a_resource_stays_in_its_path() {
    let of = |id: &str| address("kms.example", id, "decrypt").map(String::from);
    assert_eq!(of("projects/a?b#c/../x"), Ok("https://kms.example/v1/projects/a%3Fb%23c/x:decrypt".into()));
}

#[test]
fn an_answer_that_was_damaged_is_not_taken() {
    let mut answer = json!({ "plaintext": "MTIzNDU2Nzg5", "plaintextCrc32c": "3808858755" });
    assert_eq!(bytes(&mut answer, "plaintext").map(|it| it.to_vec()), Ok(b"123456789".to_vec()));
    let mut answer = json!({ "plaintext": "MTIzNDU2Nzg5", "plaintextCrc32c": "1" });
    assert_eq!(
        bytes(&mut answer, "plaintext"),
        Err(Failure::Broken("its answer was damaged on the way; try again".into()))
    );
    for mut answer in [json!({}), json!(null), json!({ "plaintext": "?" }), json!({ "plaintext": "" })] {
        assert_eq!(bytes(&mut answer, "plaintext"), Err(Failure::Broken("its answer is not that of GCP KMS".into())));
    }
}
