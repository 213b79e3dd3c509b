//! Google Cloud Storage, with the credentials that Google's own libraries find.

use google_cloud_auth::credentials::Builder;
use object_store::ClientOptions;
use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder, GoogleConfigKey};

use super::super::env::Env;
use super::upload::{prepare, retries};

/// What a token is asked for.
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";
/// An emulator, which asks for no credentials, as Google's libraries name it.
const EMULATOR: &str = "STORAGE_EMULATOR_HOST";
/// Another place of the service, as `gcloud` names it.
const ENDPOINT: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE";

/// What every bucket needs.
pub(super) struct Settings {
    builder: GoogleCloudStorageBuilder,
}

/// Looks for credentials: in the file of `GOOGLE_APPLICATION_CREDENTIALS`, where `gcloud` keeps them,
/// and with the metadata server of a machine at Google.
///
/// # Errors
/// There are none; why, for people.
pub(super) async fn settings(env: &Env) -> Result<Settings, String> {
    prepare();
    let builder = GoogleCloudStorageBuilder::new().with_retry(retries());
    if let Some(host) = env.text(EMULATOR) {
        let url = if host.contains("://") { host } else { format!("http://{host}") };
        // Any token will do; without one, the store would look for one.
        let builder = at(builder, &url).with_config(GoogleConfigKey::BearerToken, "none");
        return Ok(Settings { builder });
    }
    let none = "there are no credentials for Google Cloud; set GOOGLE_APPLICATION_CREDENTIALS, or run \
                `gcloud auth application-default login`";
    let credentials = Builder::default().with_scopes([SCOPE]).build_access_token_credentials();
    let token = credentials.map_err(|_| none.to_owned())?.access_token().await.map_err(|_| none.to_owned())?;
    let builder = builder.with_config(GoogleConfigKey::BearerToken, token.token);
    let builder = match env.text(ENDPOINT) {
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
