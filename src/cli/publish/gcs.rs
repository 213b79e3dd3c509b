//! Google Cloud Storage, with the credentials that keys of Google Cloud KMS are used with, too.

use object_store::ClientOptions;
use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder, GoogleConfigKey};

use super::super::env::Env;
use super::upload::{prepare, retries};
use crate::recipient::Host;
use crate::recipient::gcp::Credentials;
use crate::recipient::network::Failure;

/// An emulator, which asks for no credentials, as Google's libraries name it.
const EMULATOR: &str = "STORAGE_EMULATOR_HOST";
/// Another place of the service, as `gcloud` names it.
const ENDPOINT: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE";

/// What every bucket needs.
pub(super) struct Settings {
    builder: GoogleCloudStorageBuilder,
}

/// Looks for credentials: in variables, where `gcloud` keeps them, and with the metadata server of a
/// machine at Google.
///
/// # Errors
/// There are none; why, for people.
pub(super) async fn settings(env: &Env, host: &dyn Host) -> Result<Settings, String> {
    prepare();
    let builder = GoogleCloudStorageBuilder::new().with_retry(retries());
    if let Some(host) = env.text(EMULATOR) {
        let url = if host.contains("://") { host } else { format!("http://{host}") };
        // Any token will do; without one, the store would look for one.
        let builder = at(builder, &url).with_config(GoogleConfigKey::BearerToken, "none");
        return Ok(Settings { builder });
    }
    let credentials = Credentials::find(host).await.map_err(Failure::into_reason)?;
    let token = credentials.token().await.map_err(Failure::into_reason)?;
    let builder = builder.with_config(GoogleConfigKey::BearerToken, token.as_str());
    let elsewhere = || credentials.universe().map(|domain| format!("https://storage.{domain}"));
    let builder = match env.text(ENDPOINT).or_else(elsewhere) {
        Some(url) => at(builder, &url),
        None => builder,
    };
    Ok(Settings { builder })
}

/// The same at another place.
fn at(builder: GoogleCloudStorageBuilder, url: &str) -> GoogleCloudStorageBuilder {
    let options = ClientOptions::new().with_allow_http(url.starts_with("http://"));
    builder.with_base_url(url.trim_end_matches('/')).with_client_options(options)
}

/// A bucket.
///
/// # Errors
/// It cannot be one.
pub(super) fn store(settings: &Settings, bucket: &str) -> object_store::Result<GoogleCloudStorage> {
    settings.builder.clone().with_bucket_name(bucket).build()
}
