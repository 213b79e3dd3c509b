//! The one HTTP client, and an exchange of JSON with a bound to what comes back. What went wrong is
//! said without the address, which may hold a secret.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, StatusCode, Url};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::recipient::said_by_system;

/// The most bytes of an answer that are read. A wrapped key has some thousand.
pub(crate) const MAX_ANSWER_BYTES: usize = 1 << 20;

/// What is waited before a request is sent once more to a service that has too much to do.
pub const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1200)];

/// Whether a service that answers with this status is to be asked once more.
#[must_use]
pub fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

/// Whether a step of a path stays where it is put: an empty one, a dotted one and one with signs of
/// control, which a URL drops, lead elsewhere.
#[must_use]
pub fn is_step(step: &str) -> bool {
    !matches!(step, "" | "." | "..") && !step.chars().any(char::is_control)
}

/// An object of JSON for the body of a request. No copy of it stays in memory.
#[must_use]
pub fn object(fields: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
    // A sign becomes six at most; so the buffer never moves.
    let length: usize = fields.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 6).sum();
    let mut text = Zeroizing::new(Vec::with_capacity(length + 2));
    for (name, value) in fields {
        for (sign, part) in [(if text.is_empty() { b'{' } else { b',' }, name), (b':', value)] {
            text.push(sign);
            serde_json::to_writer(&mut *text, part).expect("impossible: a text is written into memory");
        }
    }
    if text.is_empty() {
        text.push(b'{');
    }
    text.push(b'}');
    text
}

/// The same bytes as the body of a request, wiped when it was sent.
#[must_use]
pub fn body(bytes: &[u8]) -> reqwest::Body {
    Bytes::from_owner(Zeroizing::new(bytes.to_vec())).into()
}

/// Whether what is sent to an address is read by nobody on the way: by TLS, or since it stays on this
/// machine.
#[must_use]
pub fn is_safe(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = || host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    url.scheme() == "https" || (url.scheme() == "http" && is_here())
}

/// What a server answered.
pub struct Reply {
    /// The status of HTTP.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; it may hold a secret.
    pub body: Zeroizing<Vec<u8>>,
}

impl Reply {
    /// A header, if it is there and a text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends a request, and reads the answer whatever its status.
///
/// # Errors
/// There is no answer; why, for people.
pub async fn exchange(request: RequestBuilder) -> Result<Reply, String> {
    let mut answer = request.send().await.map_err(|error| failure(&error))?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Zeroizing::new(Vec::with_capacity(16 * 1024));
    while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err("its answer is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body })
}

/// What every client is built from: the one TLS, and our name.
pub(crate) fn builder() -> ClientBuilder {
    // An error says that somebody was here before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().user_agent(concat!("cloze/", env!("CARGO_PKG_VERSION")))
}

/// Builds a client.
///
/// # Errors
/// There is no TLS here; why, for people.
pub(crate) fn build(builder: ClientBuilder) -> Result<Client, String> {
    builder.build().map_err(|error| format!("there is no TLS: {}", innermost(&error)))
}

/// A client of this kind that trusts these authorities only, in PEM.
///
/// # Errors
/// There is no TLS with them; why, for people.
#[cfg(feature = "publish")]
pub fn client_trusting(authorities: &[u8]) -> Result<Client, String> {
    let trusted = reqwest::Certificate::from_pem_bundle(authorities).unwrap_or_default();
    build(builder().redirect(Policy::none()).tls_certs_only(trusted))
}

/// It follows no redirection: a data key and a token would go where they were not sent.
pub(super) fn client() -> Result<Client, String> {
    build(builder().redirect(Policy::none()))
}

/// Why there is no answer.
pub(crate) fn failure(error: &reqwest::Error) -> String {
    if error.is_builder() {
        return "its address is no URL".into();
    }
    let cause = innermost(error);
    if error.is_redirect() {
        return format!("cannot be used: {cause}");
    }
    let step = match cause.contains("certificate") {
        true => "check the address, and the certificates to trust",
        false => "check the address, the network and HTTPS_PROXY",
    };
    format!("cannot be reached: {}; {step}", said_by_system(&cause))
}

/// The cause that all others follow from.
#[must_use]
pub fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_json_in_a_buffer_that_never_moved() {
        let hostile = "\u{1}\"\\".repeat(100);
        for fields in [&[][..], &[("a", "one")], &[("a", "one"), ("b\n", &hostile)]] {
            let text = object(fields);
            let read: Value = serde_json::from_slice(&text).expect("is JSON");
            assert_eq!(read.as_object().map(serde_json::Map::len), Some(fields.len()));
            for (name, value) in fields {
                assert_eq!(read[name], *value);
            }
            let length: usize = fields.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 6).sum();
            assert!(text.len() <= length + 2 && text.capacity() >= length + 2);
        }
    }
}
