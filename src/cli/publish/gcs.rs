//! Google Cloud Storage, with the credentials that keys of Google Cloud KMS are used with, too: one
//! upload for a file (<https://cloud.google.com/storage/docs/json_api/v1/objects/insert>).

use reqwest::{Client, RequestBuilder, Url};

use super::super::env::Env;
use super::upload::{refusal, sent};
use crate::recipient::gcp::Credentials;
use crate::recipient::network::{Failure, Reply, body, is_safe, is_step};
use crate::recipient::{Host, said};

/// An emulator, which asks for no credentials, as Google's libraries name it.
const EMULATOR: &str = "STORAGE_EMULATOR_HOST";
/// Another place of the service, as `gcloud` names it.
const ENDPOINT: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE";
/// The domain when nothing names another one.
const DOMAIN: &str = "googleapis.com";
/// What the client of SOPS finds a content to be: it is always text.
const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// Google Cloud Storage for an account.
pub(super) struct Gcs {
    endpoint: Url,
    /// None for an emulator.
    credentials: Option<Credentials>,
    client: Client,
}

impl Gcs {
    /// Looks for credentials: in variables, where `gcloud` keeps them, and with the metadata server of
    /// a machine at Google.
    ///
    /// # Errors
    /// There are none, or the endpoint is none; why, for people.
    pub(super) async fn find(env: &Env, host: &dyn Host, client: Client) -> Result<Self, String> {
        if let Some(host) = env.text(EMULATOR) {
            let url = if host.contains("://") { host } else { format!("http://{host}") };
            return Ok(Gcs { endpoint: endpoint(&url, EMULATOR)?, credentials: None, client });
        }
        let credentials = Credentials::find(host).await.map_err(Failure::into_reason)?;
        let domain = credentials.universe().unwrap_or(DOMAIN);
        let url = env.text(ENDPOINT).unwrap_or_else(|| format!("https://storage.{domain}"));
        let endpoint = endpoint(&url, ENDPOINT)?;
        if !is_safe(&endpoint) {
            return Err(format!("its endpoint has no TLS, and would show the token; check {ENDPOINT}"));
        }
        Ok(Gcs { endpoint, credentials: Some(credentials), client })
    }

    /// Puts a content into a bucket.
    ///
    /// # Errors
    /// Why it is not there, for people.
    pub(super) async fn put(&self, bucket: &str, name: &str, content: &[u8]) -> Result<(), String> {
        let url = address(&self.endpoint, bucket, name)?;
        let reply = sent(async || self.request(&url, content).await).await?;
        if reply.status.is_success() { Ok(()) } else { Err(failure(&reply)) }
    }

    async fn request(&self, url: &Url, content: &[u8]) -> Result<RequestBuilder, String> {
        let request = self.client.post(url.clone()).header("content-type", CONTENT_TYPE).body(body(content));
        let Some(credentials) = &self.credentials else { return Ok(request) };
        let token = credentials.token().await.map_err(Failure::into_reason)?;
        let request = request.bearer_auth(token.as_str());
        Ok(match credentials.payer() {
            Some(payer) => request.header("x-goog-user-project", payer),
            None => request,
        })
    }
}

/// A place of the service that a variable names, with or without what `gcloud` and Google's libraries
/// add to it.
fn endpoint(text: &str, variable: &str) -> Result<Url, String> {
    let text = text.trim_end_matches('/');
    let text = text.strip_suffix("/storage/v1").unwrap_or(text);
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    // It is not repeated: there may be a password in it.
    let is_place = |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none();
    url.filter(is_place).ok_or_else(|| format!("its endpoint is no URL of a server; check {variable}"))
}

/// The address of an upload.
fn address(endpoint: &Url, bucket: &str, name: &str) -> Result<Url, String> {
    let no_bucket = "no bucket can have that name; check the destination rule";
    if !is_step(bucket) {
        return Err(no_bucket.into());
    }
    let mut url = endpoint.clone();
    let path = ["upload", "storage", "v1", "b", bucket, "o"];
    url.path_segments_mut().map_err(|()| no_bucket)?.pop_if_empty().extend(path);
    url.query_pairs_mut().append_pair("uploadType", "media").append_pair("name", name);
    Ok(url)
}

/// Why it was not done.
fn failure(reply: &Reply) -> String {
    let answer = reply.json();
    let error = &answer["error"];
    let word = |value: &serde_json::Value| value.as_str().map(said).filter(|word| !word.is_empty());
    let remark = match (word(&error["message"]), word(&error["errors"][0]["reason"])) {
        (Some(message), Some(code)) => format!("{message} ({code})"),
        (one, other) => one.or(other).unwrap_or_default(),
    };
    refusal(reply.status, &remark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_in_the_query() {
        let start = "https://storage.googleapis.com";
        for (text, bucket, name, expected) in [
            (start, "b", "p/a.yaml", "/upload/storage/v1/b/b/o?uploadType=media&name=p%2Fa.yaml"),
            (
                "https://storage.googleapis.com/storage/v1/",
                "b",
                "a",
                "/upload/storage/v1/b/b/o?uploadType=media&name=a",
            ),
            (start, "a/../b", "/é +//", "/upload/storage/v1/b/a%2F..%2Fb/o?uploadType=media&name=%2F%C3%A9+%2B%2F%2F"),
        ] {
            let url = endpoint(text, ENDPOINT).and_then(|endpoint| address(&endpoint, bucket, name)).map(String::from);
            assert_eq!(url, Ok(format!("{start}{expected}")));
        }
        for (text, bucket) in [("storage", "b"), ("file:///a", "b"), ("https://u:p@h", "b"), (start, ""), (start, "..")]
        {
            let url = endpoint(text, ENDPOINT).and_then(|endpoint| address(&endpoint, bucket, "a"));
            assert!(url.is_err(), "{text} {bucket}");
        }
    }
}
