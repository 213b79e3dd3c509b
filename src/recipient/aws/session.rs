//! Clients of KMS: one for each region, profile and role of a run, with credentials that are looked
//! for once for each profile and role, also when that fails. A program that runs for hours gets new
//! ones when those expire.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::{Credentials, ProvideCredentials, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::{Mutex, OnceCell as Once};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::super::Host;
use super::super::network::Failure;
use super::profiles::{Profile, Profiles};
use super::{failure, login};

/// How long a failure to get credentials holds: for all keys of a file, but not for a key service
/// whose user logs in meanwhile.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);
/// How long before their end credentials are not used any more.
const MARGIN: Duration = Duration::from_secs(60);
/// The longest name of a session, in bytes, for AWS as for SOPS.
const LONGEST_SESSION_NAME: usize = 64;
/// Certificates of authorities, in PEM, in place of those of the system.
const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// What a client is made for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Access {
    pub(super) region: String,
    /// Empty when the entry names none.
    pub(super) profile: String,
    /// The ARN of the role to assume; empty when there is none.
    pub(super) role: String,
}

/// A client, and whose credentials it has.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) profile: Profile,
    /// Those credentials, by their public part.
    access_key_id: String,
}

/// Whose credentials: a profile, and the role that it assumes, or an empty text.
type Identity = (Profile, String);

/// What became of a search for credentials, and when.
struct Found {
    result: Result<Credentials, Failure>,
    at: Instant,
}

/// The clients of a run.
pub(super) struct Sessions {
    host: Arc<dyn Host>,
    profiles: Profiles,
    http: OnceCell<Result<SharedHttpClient, Failure>>,
    configs: RefCell<HashMap<Profile, Rc<Once<SdkConfig>>>>,
    found: RefCell<HashMap<Identity, Rc<Mutex<Option<Found>>>>>,
    sessions: RefCell<HashMap<Access, Session>>,
    /// Whether a search for credentials found nothing at all.
    failed: Cell<bool>,
}

impl Sessions {
    pub(super) fn new(host: Arc<dyn Host>) -> Self {
        Sessions {
            profiles: Profiles::new(Arc::clone(&host)),
            host,
            http: OnceCell::new(),
            configs: RefCell::default(),
            found: RefCell::default(),
            sessions: RefCell::default(),
            failed: Cell::new(false),
        }
    }

    /// The client for an access.
    ///
    /// # Errors
    /// There are no credentials for it.
    pub(super) async fn get(&self, access: &Access) -> Result<Session, Failure> {
        let profile = self.profiles.find(&access.profile).await?;
        let identity = (profile.clone(), access.role.clone());
        let credentials = match access.role.as_str() {
            "" => self.credentials(&profile, &access.region).await?,
            role => self.once(identity, self.assume(role, &profile, &access.region)).await?,
        };
        let fits = |session: &&Session| session.access_key_id == credentials.access_key_id();
        if let Some(session) = self.sessions.borrow().get(access).filter(fits) {
            return Ok(session.clone());
        }
        let access_key_id = credentials.access_key_id().to_owned();
        let config = with(&self.config(&profile, &access.region).await?, credentials);
        let session = Session { client: Client::new(&config), profile, access_key_id };
        self.sessions.borrow_mut().insert(access.clone(), session.clone());
        Ok(session)
    }

    /// A profile that the user names; an empty name is none.
    ///
    /// # Errors
    /// It is not there: this is no entry that somebody else made.
    pub(super) async fn profile(&self, name: &str) -> Result<Profile, Failure> {
        self.profiles.named(name).await
    }

    /// The credentials of a profile itself.
    ///
    /// # Errors
    /// There are none.
    pub(super) async fn credentials(&self, profile: &Profile, region: &str) -> Result<Credentials, Failure> {
        self.once((profile.clone(), String::new()), self.look_for(profile, region)).await
    }

    /// Where credentials were looked for; nowhere when some were found, or not needed.
    pub(super) fn places(&self) -> Vec<String> {
        if self.failed.get() { self.profiles.places() } else { Vec::new() }
    }

    /// The credentials of an identity, looked for by `search` unless they are known. Whoever asks
    /// meanwhile waits.
    async fn once(
        &self,
        identity: Identity,
        search: impl Future<Output = Result<Credentials, Failure>>,
    ) -> Result<Credentials, Failure> {
        let slot = Rc::clone(self.found.borrow_mut().entry(identity).or_default());
        let mut slot = slot.lock().await;
        if let Some(found) = slot.as_ref().filter(|found| found.holds()) {
            return found.result.clone();
        }
        let result = search.await;
        *slot = Some(Found { result: result.clone(), at: Instant::now() });
        result
    }

    /// The credentials of a profile itself, from where the SDK finds them.
    async fn look_for(&self, profile: &Profile, region: &str) -> Result<Credentials, Failure> {
        let config = self.config(profile, region).await?;
        let provider =
            config.credentials_provider().ok_or_else(|| Failure::NotMine("there are no AWS credentials".into()))?;
        let found = provider.provide_credentials().await;
        if found.as_ref().is_err_and(failure::is_about_login)
            && let Some(exported) = login::exported(&*self.host, profile)
        {
            return exported;
        }
        found.map_err(|error| {
            self.failed.set(matches!(error, CredentialsError::CredentialsNotLoaded(_)) || self.failed.get());
            failure::of_search(&error, profile)
        })
    }

    /// The credentials of a role, which those of the profile may assume.
    async fn assume(&self, role: &str, profile: &Profile, region: &str) -> Result<Credentials, Failure> {
        let own = self.credentials(profile, region).await?;
        let config = with(&self.config(profile, region).await?, own);
        let provider = AssumeRoleProvider::builder(role)
            .session_name(session_name(self.host.host_name().as_deref()))
            .configure(&config)
            .build()
            .await;
        provider.provide_credentials().await.map_err(|error| failure::of_role(&error, role, profile))
    }

    /// The configuration of the SDK for a profile and a region.
    async fn config(&self, profile: &Profile, region: &str) -> Result<SdkConfig, Failure> {
        let slot = Rc::clone(self.configs.borrow_mut().entry(profile.clone()).or_default());
        let config = slot.get_or_try_init(|| self.load(profile, Some(region))).await?;
        Ok(config.to_builder().region(Region::new(region.to_owned())).build())
    }

    /// The configuration of the SDK for a profile, as its files have it, the region too if none is given;
    /// where credentials are looked for does not depend on it.
    pub(super) async fn load(&self, profile: &Profile, region: Option<&str>) -> Result<SdkConfig, Failure> {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .env(self.profiles.variables(profile).into())
            .http_client(self.http()?)
            // How long a key may take is for the network to say.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let loader = match &profile.asked {
            Some(name) => loader.profile_name(name),
            None => loader,
        };
        let loader = match region {
            Some(region) => loader.region(Region::new(region.to_owned())),
            None => loader,
        };
        Ok(loader.load().await)
    }

    fn http(&self) -> Result<SharedHttpClient, Failure> {
        let trust = || {
            let authorities = self.authorities()?;
            Ok(authorities
                .map_or_else(TrustStore::default, |pem| TrustStore::empty().with_pem_certificate(pem.to_vec())))
        };
        self.http.get_or_init(|| http_client(trust()?)).clone()
    }

    /// The authorities to trust in place of those of the system. They are looked at here, since the SDK
    /// panics on what is none.
    ///
    /// # Errors
    /// The file of `AWS_CA_BUNDLE` has none.
    pub(super) fn authorities(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let Some(path) = self.host.variable(AWS_CA_BUNDLE) else { return Ok(None) };
        let wrong = |why: &str| Failure::Broken(format!("{AWS_CA_BUNDLE} (`{path}`): {why}"));
        let content = match self.host.file(Path::new(&path)) {
            Ok(Some(content)) => content,
            Ok(None) => return Err(wrong("there is no such file")),
            Err(error) => return Err(wrong(&error)),
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&content) {
            let added = certificate.ok().and_then(|certificate| roots.add(certificate).ok());
            added.ok_or_else(|| wrong("holds what is not a certificate in PEM"))?;
        }
        if roots.is_empty() {
            return Err(wrong("holds no certificate in PEM"));
        }
        Ok(Some(content))
    }
}

impl Found {
    fn holds(&self) -> bool {
        match &self.result {
            Ok(credentials) => credentials.expiry().is_none_or(|end| end > SystemTime::now() + MARGIN),
            Err(_) => self.at.elapsed() < FAILURE_HOLDS,
        }
    }
}

/// The configuration with these credentials.
fn with(config: &SdkConfig, credentials: Credentials) -> SdkConfig {
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
}

/// The name that the session of a role gets, which policies may ask for: that of SOPS, which drops
/// hyphens, too.
pub(super) fn session_name(host: Option<&str>) -> String {
    let is_kept = |character: &char| {
        character.is_ascii_alphanumeric() || matches!(character, '=' | ',' | '.' | '@' | '[' | '\\' | ']' | '^' | '_')
    };
    let name: String = "sops@".chars().chain(host.unwrap_or_default().chars().filter(is_kept)).collect();
    name.chars().take(LONGEST_SESSION_NAME).collect()
}

/// HTTP by the TLS that everything here uses, through the proxy that the usual variables name.
fn http_client(trust: TrustStore) -> Result<SharedHttpClient, Failure> {
    let context = TlsContext::builder().with_trust_store(trust).build();
    let context = context.map_err(|error| Failure::Broken(format!("there is no TLS: {}", failure::chain(&error))))?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context.clone()).build()
    }))
}
