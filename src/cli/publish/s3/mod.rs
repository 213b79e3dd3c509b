//! Amazon S3, and what speaks as it does: one signed `PUT` for a file, with the region and the
//! credentials that keys of AWS KMS are used with, too
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>).

mod address;
mod signature;

use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Url};
use sha2::{Digest as _, Sha256};

use self::address::Service;
use self::signature::Signer;
use super::super::env::Env;
use super::upload::{refusal, sent};
use crate::recipient::aws::Account;
use crate::recipient::network::{Failure, Reply, body, client_trusting};
use crate::recipient::{Host, said};

/// The place of S3 alone, as the tools of AWS name it.
const ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";
/// What the client of SOPS calls a content.
const CONTENT_TYPE: &str = "application/octet-stream";
/// Where S3 says which region a bucket is in.
const BUCKET_REGION: &str = "x-amz-bucket-region";
/// The codes of credentials that are no good, whatever they are allowed to do.
const BAD_CREDENTIALS: [&str; 6] = [
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
];

/// S3 for an account.
pub(super) struct S3 {
    account: Account,
    service: Service,
    client: Client,
}

impl S3 {
    /// Looks for region, endpoint and credentials: in variables, profiles, and wherever this machine
    /// has them.
    ///
    /// # Errors
    /// There are no credentials, or the endpoint is none; why, for people.
    pub(super) async fn find(
        env: &Env,
        host: Arc<dyn Host>,
        client: Client,
        profile: Option<&str>,
    ) -> Result<Self, String> {
        let account = Account::find(host, profile).await.map_err(Failure::into_reason)?;
        let service = match env.text(ENDPOINT).as_ref().or(account.endpoint.as_ref()) {
            Some(endpoint) => Service::at(endpoint)?,
            None => Service::of_aws(&account),
        };
        let client = account.authorities.as_ref().map_or(Ok(client), |pem| client_trusting(pem))?;
        Ok(S3 { account, service, client })
    }

    /// Puts a content into a bucket.
    ///
    /// # Errors
    /// Why it is not there, for people.
    pub(super) async fn put(&self, bucket: &str, name: &str, content: &[u8]) -> Result<(), String> {
        let url = self.service.address(bucket, name)?;
        let reply = sent(async || self.request(&url, content)).await?;
        if reply.status.is_success() { Ok(()) } else { Err(self.failure(&reply)) }
    }

    fn request(&self, url: &Url, content: &[u8]) -> Result<reqwest::RequestBuilder, String> {
        // What buckets that keep objects from being deleted ask for.
        let sum = STANDARD.encode(Sha256::digest(content));
        let headers = [("content-type", CONTENT_TYPE), ("x-amz-checksum-sha256", &sum)];
        let signer = Signer { credentials: &self.account.credentials, region: &self.account.region };
        let signed = signer.headers("PUT", url, &headers, content, SystemTime::now())?;
        Ok(self.client.put(url.clone()).headers(signed).body(body(content)))
    }

    /// Why it was not done.
    fn failure(&self, reply: &Reply) -> String {
        let text = String::from_utf8_lossy(&reply.body);
        let (message, code) = (inside(&text, "Message"), inside(&text, "Code").unwrap_or_default());
        let region = reply.header(BUCKET_REGION).map(said).or_else(|| inside(&text, "Region"));
        let is_elsewhere = reply.status.is_redirection() || code == "AuthorizationHeaderMalformed";
        if let Some(region) = region.filter(|region| is_elsewhere && *region != self.account.region) {
            let ours = &self.account.region;
            return format!("the bucket is in the region `{region}`, and not in `{ours}`; AWS_REGION={region} says so");
        }
        let remark = match message {
            Some(message) => format!("{message} ({code})"),
            None => code.clone(),
        };
        if BAD_CREDENTIALS.contains(&code.as_str()) {
            return format!("the credentials were refused: {remark}");
        }
        refusal(reply.status, &remark)
    }
}

/// What is between two tags of an answer in XML.
fn inside(text: &str, tag: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    let (inside, _) = rest.split_once(&format!("</{tag}>"))?;
    Some(said(inside)).filter(|inside| !inside.is_empty())
}
