//! A certificate as the proof of who we are, which Microsoft's library has only with OpenSSL: a
//! statement signed with its key
//! (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls::SignatureScheme;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::SigningKey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::cipher::{Random as _, SystemRandom};

/// How long a statement is good, in seconds; and how wrong a clock may be.
const LIFETIME: u64 = 600;

/// What to do with the other form of it. A library for it brings twelve more.
const PFX: &str = "is a PFX file, which cannot be read here; `openssl pkcs12 -nodes -in FILE -out client.pem` makes PEM \
                   of it, without a password";

/// Whether a file is of PKCS #12: a sequence that begins with the version 3 (RFC 7292, section 4).
fn is_pfx(file: &[u8]) -> bool {
    let Some((0x30, rest)) = file.split_first().map(|(tag, rest)| (*tag, rest)) else { return false };
    let length = match rest.first() {
        Some(long) if *long > 0x80 => 1 + usize::from(*long & 0x7f),
        _ => 1,
    };
    rest.get(length..).is_some_and(|content| content.starts_with(&[0x02, 0x01, 0x03]))
}

/// A certificate with its key.
pub(super) struct Certificate {
    key: std::sync::Arc<dyn SigningKey>,
    header: Value,
    client: String,
    audience: String,
}

impl Certificate {
    /// Reads a certificate and its RSA key from PEM; `audience` is the address of the server for
    /// tokens. With `whole`, the certificates are sent too, for those who trust their issuer.
    ///
    /// # Errors
    /// Why it cannot be used, for people.
    pub(super) fn read(pem: &[u8], client: &str, audience: String, whole: bool) -> Result<Self, &'static str> {
        let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
        let Some(own) = chain.first() else {
            let is_pfx = is_pfx(pem);
            return Err(if is_pfx { PFX } else { "holds no certificate as PEM; that of its key belongs into it, too" });
        };
        if pem.windows(b"ENCRYPTED".len()).any(|window| window == b"ENCRYPTED") {
            return Err("has a key with a password, which cannot be used; `openssl pkey -in FILE` takes it off");
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| "holds no private key as PEM")?;
        let key =
            ring::default_provider().key_provider.load_private_key(key).map_err(|_| "has a key that cannot be used")?;
        if key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256]).is_none() {
            return Err("has a key that is not one of RSA");
        }
        let print = URL_SAFE_NO_PAD.encode(Sha256::digest(own));
        let mut header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": print });
        if whole {
            header["x5c"] = chain.iter().map(|certificate| STANDARD.encode(certificate)).collect();
        }
        Ok(Certificate { key, header, client: client.to_owned(), audience })
    }

    /// A statement that this is the client.
    fn statement(&self) -> Option<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        let mut id = [0; 16];
        SystemRandom.fill(&mut id);
        let claims = json!({
            "aud": self.audience, "iss": self.client, "sub": self.client, "jti": URL_SAFE_NO_PAD.encode(id),
            "iat": now, "nbf": now.saturating_sub(LIFETIME), "exp": now + LIFETIME,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&self.header), part(&claims));
        let signer = self.key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])?;
        let signature = signer.sign(signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

#[async_trait]
impl ClientAssertion for Certificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let refused = || azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, "it cannot sign");
        self.statement().ok_or_else(refused)
    }
}
