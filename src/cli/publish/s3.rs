//! Amazon S3, with the region and the credentials that the tools of AWS find.

use aws_config::BehaviorVersion;
use aws_sdk_kms::config::ProvideCredentials as _;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use object_store::aws::{AmazonS3, AmazonS3Builder};

use super::super::env::Env;
use super::upload::{prepare, retries};

/// Where S3 is when nothing says it, as for the tools of AWS.
const REGION: &str = "us-east-1";

/// What every bucket needs.
pub(super) struct Settings {
    builder: AmazonS3Builder,
}

/// Looks for region, endpoint and credentials: in variables, profiles, and wherever this machine has
/// them.
///
/// # Errors
/// There are no credentials; why, for people.
pub(super) async fn settings(env: &Env, profile: Option<&str>) -> Result<Settings, String> {
    prepare();
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    let loader =
        profile.filter(|name| !name.is_empty()).into_iter().fold(loader, |loader, name| loader.profile_name(name));
    let config = loader.load().await;
    let none = || "there are no credentials for AWS; set AWS_PROFILE, or run `aws configure`".to_owned();
    let provider = config.credentials_provider().ok_or_else(none)?;
    let credentials = provider.provide_credentials().await.map_err(|_| none())?;
    let mut builder = AmazonS3Builder::new()
        .with_access_key_id(credentials.access_key_id())
        .with_secret_access_key(credentials.secret_access_key())
        .with_region(config.region().map_or(REGION, |region| region.as_ref()))
        .with_retry(retries());
    if let Some(token) = credentials.session_token() {
        builder = builder.with_token(token);
    }
    let endpoint = env.text("AWS_ENDPOINT_URL_S3").or_else(|| config.endpoint_url().map(str::to_owned));
    if let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_empty()) {
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
