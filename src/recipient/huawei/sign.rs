//! SDK-HMAC-SHA256, the signature of requests to Huawei Cloud: the HMAC of a canonical form of the
//! request with the secret key ("AK/SK signing and authentication" in its documentation).

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use reqwest::Request;
use reqwest::header::{HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

use super::credentials::Credentials;

const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// Signs a request with all the headers that it has.
///
/// # Errors
/// Something in it cannot be a header; what, for people.
pub(super) fn sign(request: &mut Request, body: &[u8], with: &Credentials, now: i64) -> Result<(), String> {
    let time = Timestamp::from_second(now).map_err(|_| "the clock is wrong".to_owned())?;
    let date = time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let url = request.url();
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
    header(request, "host", &host, false)?;
    header(request, "x-sdk-date", &date, false)?;
    if let Some(token) = &with.token {
        header(request, "x-security-token", token, true)?;
    }
    let (canonical, names) = canonical(request, body);
    let text = format!("{ALGORITHM}\n{date}\n{}", hexadecimal(&Sha256::digest(canonical)));
    let mut mac =
        Hmac::<Sha256>::new_from_slice(with.secret.as_bytes()).map_err(|_| "the secret key is none".to_owned())?;
    mac.update(text.as_bytes());
    let signature = hexadecimal(&mac.finalize().into_bytes());
    let value = format!("{ALGORITHM} Access={}, SignedHeaders={names}, Signature={signature}", with.access);
    header(request, "authorization", &value, true)
}

/// Sets a header; one that is secret is shown in no log.
///
/// # Errors
/// The value has characters that no header can have.
pub(super) fn header(request: &mut Request, name: &'static str, value: &str, secret: bool) -> Result<(), String> {
    let mut value =
        HeaderValue::from_str(value).map_err(|_| format!("the header `{name}` would not be one line of ASCII"))?;
    value.set_sensitive(secret);
    request.headers_mut().insert(HeaderName::from_static(name), value);
    Ok(())
}

/// What is signed, and the names of the headers in it.
fn canonical(request: &Request, body: &[u8]) -> (String, String) {
    let url = request.url();
    let path = if url.path().ends_with('/') { url.path().to_owned() } else { format!("{}/", url.path()) };
    let mut query: Vec<&str> = url.query().unwrap_or_default().split('&').collect();
    query.sort_unstable();
    let headers =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default().trim()));
    let mut headers: Vec<(&str, &str)> = headers.collect();
    headers.sort_unstable();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let (method, query, body) = (request.method(), query.join("&"), hexadecimal(&Sha256::digest(body)));
    (format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body}"), names)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::{Method, Url};
    use zeroize::Zeroizing;

    /// Made with `huaweicloudsdkcore.signer.signer.Signer` 3.1.219 for the same request.
    const BY_THE_SDK: &str = "2926c4ed9ca03201165ed051a512c604776ade3954f9c6a0c880fdceabfcb16c";

    #[test]
    fn signs_as_the_sdk_does() {
        let url =
            Url::parse("https://kms.tr-west-1.myhuaweicloud.com/v1.0/p1/kms/encrypt-data?b=2&a=1").expect("is one");
        let mut request = Request::new(Method::POST, url);
        let with = Credentials {
            access: "AK".into(),
            secret: Zeroizing::new("SK".into()),
            token: Some(Zeroizing::new("T".into())),
            project: None,
        };
        header(&mut request, "content-type", "application/json", false).expect("is one");
        sign(&mut request, b"{\"a\":1}", &with, 1_700_000_000).expect("signs");
        let value = request.headers()["authorization"].to_str().expect("is text");
        let names = "content-type;host;x-sdk-date;x-security-token";
        assert_eq!(value, format!("SDK-HMAC-SHA256 Access=AK, SignedHeaders={names}, Signature={BY_THE_SDK}"));
    }
}
