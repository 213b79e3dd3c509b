//! Amazon S3, with the region and the credentials that keys of AWS KMS are used with, too.

use std::sync::Arc;

use object_store::aws::{AmazonS3, AmazonS3Builder};

use super::super::env::Env;
use super::upload::{prepare, retries};
use crate::recipient::Host;
use crate::recipient::aws::Account;
use crate::recipient::network::Failure;

/// What every bucket needs.
pub(super) struct Settings {
    builder: AmazonS3Builder,
}

/// Looks for region, endpoint and credentials: in variables, profiles, and wherever this machine has
/// them.
///
/// # Errors
/// There are no credentials; why, for people.
pub(super) async fn settings(env: &Env, host: Arc<dyn Host>, profile: Option<&str>) -> Result<Settings, String> {
    prepare();
    let account = Account::find(host, profile).await.map_err(Failure::into_reason)?;
    let mut builder = AmazonS3Builder::new()
        .with_access_key_id(account.credentials.access_key_id())
        .with_secret_access_key(account.credentials.secret_access_key())
        .with_region(account.region)
        .with_retry(retries());
    if let Some(token) = account.credentials.session_token() {
        builder = builder.with_token(token);
    }
    if let Some(endpoint) = env.text("AWS_ENDPOINT_URL_S3").or(account.endpoint) {
        builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
    }
    Ok(Settings { builder })
}

/// A bucket.
///
/// # Errors
/// It cannot be one.
pub(super) fn store(settings: &Settings, bucket: &str) -> object_store::Result<AmazonS3> {
    settings.builder.clone().with_bucket_name(bucket).build()
}
