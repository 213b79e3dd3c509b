//! Who we are to Google: the places of SOPS and of Google's own clients, in their order
//! (sops-compat.md §5.5, AIP-4110). Looked for once in a run, when the first key needs it. The
//! metadata server of a machine at Google is asked only where nothing else is configured.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::time::Duration;

use google_cloud_auth::credentials::{
    AccessTokenCredentials, external_account, impersonated, mds, service_account, user_account,
};
use google_cloud_auth::errors::CredentialsError;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::recipient::network::Failure;
use crate::recipient::{Host, said};

/// What a token is asked for; the roles of the account decide what it may do.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// What is said where nothing is configured.
pub(super) const NOTHING: &str = "there are no credentials; `gcloud auth application-default login` makes some";

/// Variables that hold a token, in the order in which they are looked at.
const TOKENS: [&str; 2] = ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];

/// Where a machine at Google asks for its own token.
const METADATA_SERVER: &str = "metadata.google.internal";

/// How long the metadata server may take to be there. It is on the same machine.
const METADATA_PATIENCE: Duration = Duration::from_millis(1500);

/// What proves who we are.
enum Proof {
    /// A token that somebody else got.
    Token(Zeroizing<String>),
    /// Something that tokens are got with; it keeps the last one.
    Account(AccessTokenCredentials),
}

/// Credentials of Google that were found, for any of its services.
pub struct Credentials {
    proof: Proof,
    /// Where they were found, for people.
    place: String,
    /// The domain that they are good for, where they name one.
    pub(super) universe: Option<String>,
    /// The project that pays, where it is not the key's.
    pub(super) payer: Option<String>,
    /// Whether they are of a person, who can log in again.
    personal: bool,
}

impl Credentials {
    /// Looks for credentials. To be called where the runtime of the network and its TLS are.
    ///
    /// # Errors
    /// There are none, or what was found cannot be used.
    pub async fn find(host: &dyn Host) -> Result<Self, Failure> {
        let payer = host.variable("GOOGLE_CLOUD_QUOTA_PROJECT");
        if let Some((place, text)) = configured(host)? {
            return Self::of_json(place, &text, payer);
        }
        for name in TOKENS {
            if let Some(token) = host.variable(name) {
                let proof = Proof::Token(Zeroizing::new(token.trim().to_owned()));
                return Ok(Credentials { proof, place: name.into(), universe: None, payer, personal: false });
            }
        }
        if let Some((place, text)) = default_file(host)? {
            return Self::of_json(place, &text, payer);
        }
        if !has_metadata_server(host).await {
            return Err(Failure::NotMine(NOTHING.into()));
        }
        let account = mds::Builder::default().with_scopes([SCOPE]).build_access_token_credentials();
        let account = account.map_err(|_| Failure::Broken("GCE_METADATA_HOST names no metadata server".into()))?;
        let place = "the metadata server of this machine".into();
        Ok(Credentials { proof: Proof::Account(account), place, universe: None, payer, personal: false })
    }

    /// Credentials as Google writes them into files.
    fn of_json(place: String, text: &[u8], payer: Option<String>) -> Result<Self, Failure> {
        let wrong = |reason: String| Failure::NotMine(format!("{place}: {reason}"));
        let json: Value = serde_json::from_slice(text).map_err(|_| wrong("this is no JSON".into()))?;
        let field = |name: &str| json[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let kind =
            field("type").ok_or_else(|| wrong("these are no credentials of Google: there is no `type`".into()))?;
        let (universe, payer) = (field("universe_domain"), payer.or_else(|| field("quota_project_id")));
        let account = match kind.as_str() {
            "service_account" => service_account::Builder::new(json).build_access_token_credentials(),
            "authorized_user" => user_account::Builder::new(json).build_access_token_credentials(),
            "impersonated_service_account" => {
                impersonated::Builder::new(json).with_scopes([SCOPE]).build_access_token_credentials()
            }
            "external_account" => {
                external_account::Builder::new(json).with_scopes([SCOPE]).build_access_token_credentials()
            }
            other => return Err(wrong(format!("credentials of the type `{}` cannot be used", said(other)))),
        };
        // What the library says may repeat a part of them.
        let account = account.map_err(|error| match error.is_not_supported() {
            true => wrong(format!("these credentials of the type `{kind}` cannot be used")),
            false => wrong(format!("the credentials of the type `{kind}` are not complete")),
        })?;
        Ok(Credentials { proof: Proof::Account(account), place, universe, payer, personal: kind == "authorized_user" })
    }

    /// A token that is good now.
    ///
    /// # Errors
    /// Google gives none, or cannot be asked.
    pub async fn token(&self) -> Result<Zeroizing<String>, Failure> {
        match &self.proof {
            Proof::Token(token) => Ok(token.clone()),
            Proof::Account(account) => {
                let token = account.access_token().await.map_err(|error| self.refused(&error))?;
                Ok(Zeroizing::new(token.token))
            }
        }
    }

    /// The domain of the services that they are good for, where they name one.
    #[must_use]
    pub fn universe(&self) -> Option<&str> {
        self.universe.as_deref()
    }

    /// The project that pays, where it is not that of what is used.
    #[must_use]
    pub fn payer(&self) -> Option<&str> {
        self.payer.as_deref()
    }

    /// Where they were found, for people.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// What to do when they are no longer taken.
    pub(super) fn remedy(&self) -> &'static str {
        match self.personal {
            true => "run `gcloud auth application-default login`",
            false => "renew them",
        }
    }

    /// Why there is no token. The library says it in a chain of errors, among them the server's answer.
    fn refused(&self, error: &CredentialsError) -> Failure {
        let place = &self.place;
        let chain = chain(error);
        let texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
        if let Some(refusal) = texts.iter().find_map(|text| Refusal::read(text)) {
            let remedy = if refusal.is_denial { DENIED } else { self.remedy() };
            let said = refusal.said;
            return Failure::NotMine(format!("{place}: Google gives no token for them: {said}; {remedy}"));
        }
        let transport = chain.iter().filter_map(|error| error.downcast_ref::<reqwest::Error>()).next();
        let cause = texts.last().map_or("", String::as_str);
        match transport.and_then(reqwest::Error::status) {
            Some(status) => {
                Failure::NotMine(format!("{place}: Google gives no token for them ({status}); {}", self.remedy()))
            }
            None if transport.is_some() => {
                Failure::Broken(format!("{place}: the server for tokens cannot be reached: {}", said(cause)))
            }
            None => Failure::NotMine(format!("{place}: there is no token for them: {}", said(cause))),
        }
    }
}

/// An error and all its causes.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut chain = vec![error];
    let mut last = error;
    while let Some(next) = last.source() {
        chain.push(next);
        last = next;
    }
    chain
}

/// What an account needs to take the place of another one.
const DENIED: &str = "their account needs the role `roles/iam.serviceAccountTokenCreator`";

/// The answer of a server that gives no token.
struct Refusal {
    /// Its words.
    said: String,
    /// Whether it knows who asks, and does not allow it.
    is_denial: bool,
}

impl Refusal {
    /// Reads it wherever in a text it stands: as OAuth has it, or as the services of Google have.
    fn read(text: &str) -> Option<Self> {
        let json = text.get(text.find('{')?..=text.rfind('}')?)?;
        // In some of the texts of the library the answer is quoted.
        let json: Value =
            serde_json::from_str(json).or_else(|_| serde_json::from_str(&json.replace("\\\"", "\""))).ok()?;
        let word = |value: &Value| value.as_str().map(said);
        match (word(&json["error"]), word(&json["error_description"])) {
            (Some(code), Some(words)) => Some(Refusal { said: format!("{words} ({code})"), is_denial: false }),
            (Some(code), None) => Some(Refusal { said: code, is_denial: false }),
            _ => {
                let said = word(&json["error"]["message"])?;
                Some(Refusal { said, is_denial: json["error"]["status"] == "PERMISSION_DENIED" })
            }
        }
    }
}

type Found = Option<(String, Zeroizing<Vec<u8>>)>;

/// What `GOOGLE_CREDENTIALS` says: a file if there is one of this name, else the credentials.
fn configured(host: &dyn Host) -> Result<Found, Failure> {
    const NAME: &str = "GOOGLE_CREDENTIALS";
    let Some(value) = host.variable(NAME).map(Zeroizing::new) else { return Ok(None) };
    if value.trim_start().starts_with('{') {
        return Ok(Some((NAME.into(), Zeroizing::new(value.as_bytes().to_vec()))));
    }
    // The value is not repeated: it may be credentials after all.
    match host.file(Path::new(value.as_str())) {
        Ok(Some(text)) => Ok(Some((NAME.into(), text))),
        Ok(None) => Err(Failure::NotMine(format!("{NAME} is neither a file that is there nor JSON"))),
        Err(reason) => Err(Failure::NotMine(format!("the file of {NAME} {reason}"))),
    }
}

/// The file of the application default credentials.
fn default_file(host: &dyn Host) -> Result<Found, Failure> {
    const NAME: &str = "GOOGLE_APPLICATION_CREDENTIALS";
    if let Some(path) = host.variable_os(NAME).map(PathBuf::from) {
        let place = format!("{NAME} (`{}`)", path.display());
        return match host.file(&path) {
            Ok(Some(text)) => Ok(Some((place, text))),
            Ok(None) => Err(Failure::NotMine(format!("{place}: there is no such file"))),
            Err(reason) => Err(Failure::NotMine(format!("{place}: {reason}"))),
        };
    }
    let Some(path) = standard_file(host) else { return Ok(None) };
    let place = format!("`{}`", path.display());
    let text = host.file(&path).map_err(|reason| Failure::NotMine(format!("{place}: {reason}")))?;
    Ok(text.map(|text| (place, text)))
}

/// Where `gcloud auth application-default login` leaves them.
fn standard_file(host: &dyn Host) -> Option<PathBuf> {
    let folder = match host.variable_os("CLOUDSDK_CONFIG") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(host.variable_os("HOME")?).join(".config/gcloud"),
    };
    Some(folder.join("application_default_credentials.json"))
}

/// Whether this machine has a metadata server. Elsewhere its name means nothing, or nobody answers:
/// then this is all that it costs.
async fn has_metadata_server(host: &dyn Host) -> bool {
    if host.variable("NO_GCE_CHECK").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return false;
    }
    let address = host.variable("GCE_METADATA_HOST").unwrap_or_else(|| METADATA_SERVER.into());
    let address = if address.contains(':') { address } else { format!("{address}:80") };
    matches!(timeout(METADATA_PATIENCE, TcpStream::connect(address)).await, Ok(Ok(_)))
}

/// Where credentials are looked for, for people.
pub(super) fn places(host: &dyn Host) -> Vec<String> {
    let mut places: Vec<String> = ["GOOGLE_CREDENTIALS", TOKENS[0], TOKENS[1], "GOOGLE_APPLICATION_CREDENTIALS"]
        .map(|name| format!("{name}: not set"))
        .into();
    places.extend(standard_file(host).map(|path| format!("{}: not there", path.display())));
    places.push("the metadata server of Google Cloud: does not answer".into());
    places
}
