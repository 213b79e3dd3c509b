//! Who we are to Azure: the chain of Microsoft's default credentials, which SOPS uses too
//! (sops-compat.md §5.6). Variables come first, then the identity of a workload, that of the machine,
//! and the command lines of Azure. What is not configured is not tried.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::Error;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_core::time::OffsetDateTime;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential, AzureDeveloperCliCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::certificate::Certificate;
use super::transport::Bounded;
use crate::recipient::network::Failure;
use crate::recipient::{Host, said};

/// Where tokens come from when nothing names another cloud.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Where a machine at Azure asks for its own token.
const METADATA_SERVER: &str = "169.254.169.254:80";

/// How long it may take to be there. It is on the same machine.
const METADATA_PATIENCE: Duration = Duration::from_millis(1000);

/// What is said where nothing is configured.
pub(super) const NOTHING: &str = "there are no credentials; `az login` makes some";

/// How long a token must still be good to be used once more, in seconds.
const MARGIN: i64 = 300;

/// The kinds of credentials, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Secret,
    Certificate,
    Workload,
    Managed,
    Cli,
    DeveloperCli,
}

use Source::{Certificate as ByCertificate, Cli, DeveloperCli, Managed, Secret as BySecret, Workload};

const ALL: [Source; 6] = [BySecret, ByCertificate, Workload, Managed, Cli, DeveloperCli];

/// Names of choices: those of `AZURE_TOKEN_CREDENTIALS`, and of `AZURE_AUTH_METHOD` as older
/// versions of SOPS had it.
const CHOICES: [(&str, &[Source]); 12] = [
    ("prod", &[BySecret, ByCertificate, Workload, Managed]),
    ("dev", &[Cli, DeveloperCli]),
    ("environmentcredential", &[BySecret, ByCertificate]),
    ("workloadidentitycredential", &[Workload]),
    ("managedidentitycredential", &[Managed]),
    ("azureclicredential", &[Cli]),
    ("azuredeveloperclicredential", &[DeveloperCli]),
    ("clientcredentials", &[BySecret]),
    ("clientcertificate", &[ByCertificate]),
    ("workloadidentity", &[Workload]),
    ("msi", &[Managed]),
    ("cli", &[Cli]),
];

/// One kind of credentials that is configured here.
#[derive(Debug)]
struct Candidate {
    /// Where it is configured, for people.
    place: String,
    credential: Arc<dyn TokenCredential>,
    /// Whether somebody asked for it, so that its failure is the failure of all.
    is_asked_for: bool,
}

/// The credentials of a run. Those that work first are kept.
#[derive(Debug)]
pub(super) struct Credentials {
    candidates: Vec<Candidate>,
    token: Mutex<Option<(String, AccessToken)>>,
}

impl Credentials {
    /// Looks for credentials.
    ///
    /// # Errors
    /// There are none, or what is configured cannot be used.
    pub(super) async fn find(host: &Arc<dyn Host>, client: reqwest::Client) -> Result<Self, Failure> {
        let search = Search { host, client };
        let mut candidates = Vec::new();
        for source in search.sources()? {
            candidates.extend(search.candidate(source).await?);
            // Before a machine is asked for its identity for nothing.
            if candidates.last().is_some_and(|last: &Candidate| last.is_asked_for) {
                break;
            }
        }
        if candidates.is_empty() {
            return Err(Failure::NotMine(NOTHING.into()));
        }
        Ok(Credentials { candidates, token: Mutex::default() })
    }

    async fn fresh(&self, scopes: &[&str]) -> azure_core::Result<AccessToken> {
        let mut reasons = Vec::new();
        for candidate in &self.candidates {
            let error = match candidate.credential.get_token(scopes, None).await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            reasons.push(format!("{}: {}", candidate.place, refusal(&error)));
            if candidate.is_asked_for {
                break;
            }
        }
        Err(Error::with_message(ErrorKind::Credential, reasons.join("; ")))
    }
}

#[async_trait]
impl TokenCredential for Credentials {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let scope = scopes.join(" ");
        let mut kept = self.token.lock().await;
        let now = OffsetDateTime::now_utc().unix_timestamp();
        if let Some((known, token)) = &*kept
            && *known == scope
            && token.expires_on.unix_timestamp() > now + MARGIN
        {
            return Ok(token.clone());
        }
        let token = self.fresh(scopes).await?;
        *kept = Some((scope, token.clone()));
        Ok(token)
    }
}

/// A search for credentials.
struct Search<'a> {
    host: &'a Arc<dyn Host>,
    client: reqwest::Client,
}

impl Search<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        self.host.variable(name)
    }

    /// What to try: everything, or what a variable chooses.
    fn sources(&self) -> Result<Vec<Source>, Failure> {
        for name in ["AZURE_TOKEN_CREDENTIALS", "AZURE_AUTH_METHOD"] {
            let Some(choice) = self.variable(name) else { continue };
            let known = CHOICES.iter().find(|(known, _)| known.eq_ignore_ascii_case(choice.trim()));
            let wrong = || {
                Failure::NotMine(format!(
                    "{name} names no credentials that can be used here; take it out, or choose `prod` or `dev`"
                ))
            };
            return known.map(|(_, sources)| sources.to_vec()).ok_or_else(wrong);
        }
        Ok(ALL.to_vec())
    }

    async fn candidate(&self, source: Source) -> Result<Option<Candidate>, Failure> {
        let place = match source {
            BySecret => "AZURE_CLIENT_SECRET",
            ByCertificate => "AZURE_CLIENT_CERTIFICATE_PATH",
            Workload => "AZURE_FEDERATED_TOKEN_FILE",
            Managed => "the managed identity of this machine",
            Cli => "the Azure CLI",
            DeveloperCli => "the Azure Developer CLI",
        };
        let found = match source {
            BySecret | ByCertificate | Workload => self.application(source, place),
            Managed => self.managed().await,
            Cli | DeveloperCli => self.command_line(source),
        };
        let wrong = |reason: String| Failure::NotMine(format!("{place}: {reason}"));
        let is_asked_for = matches!(source, BySecret | ByCertificate | Workload);
        let candidate = |credential| Candidate { place: place.into(), credential, is_asked_for };
        Ok(found.map_err(wrong)?.map(candidate))
    }

    /// An application, which variables name.
    fn application(&self, source: Source, place: &str) -> Result<Option<Arc<dyn TokenCredential>>, String> {
        let Some(proof) = self.variable(place) else { return Ok(None) };
        let needed = |name: &str| self.variable(name).ok_or_else(|| format!("{name} must be set too"));
        let (tenant, client) = (needed("AZURE_TENANT_ID")?, needed("AZURE_CLIENT_ID")?);
        if !tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
            return Err("AZURE_TENANT_ID is neither the number nor the domain of a tenant".into());
        }
        let client_options = self.options();
        let credential: azure_core::Result<Arc<dyn TokenCredential>> = match source {
            BySecret => {
                let options = ClientSecretCredentialOptions { client_options };
                ClientSecretCredential::new(&tenant, client, Secret::from(proof), Some(options)).map(|it| it as _)
            }
            ByCertificate => {
                let assertion = self.certificate(&proof, &tenant, &client)?;
                let options = ClientAssertionCredentialOptions { client_options };
                ClientAssertionCredential::new(tenant, client, assertion, Some(options)).map(|it| it as _)
            }
            _ => {
                self.file(&proof)?;
                let options = WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options },
                    client_id: Some(client),
                    tenant_id: Some(tenant),
                    token_file_path: Some(proof.into()),
                };
                WorkloadIdentityCredential::new(Some(options)).map(|it| it as _)
            }
        };
        credential.map(Some).map_err(|error| refusal(&error))
    }

    fn certificate(&self, path: &str, tenant: &str, client: &str) -> Result<Certificate, String> {
        let file = self.file(path)?;
        let authority = self.variable("AZURE_AUTHORITY_HOST").unwrap_or_else(|| AUTHORITY.into());
        let audience = format!("{}/{tenant}/oauth2/v2.0/token", authority.trim_end_matches('/'));
        let whole = self.variable("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
        let whole = whole.is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"));
        Certificate::read(&file, client, audience, whole).map_err(|reason| format!("`{path}` {reason}"))
    }

    /// What is in a file that a variable names.
    fn file(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, String> {
        let content = self.host.file(path.as_ref()).map_err(|reason| format!("`{path}` {reason}"))?;
        content.ok_or_else(|| format!("`{path}`: there is no such file"))
    }

    /// The identity of the machine, or of the service that runs us.
    async fn managed(&self) -> Result<Option<Arc<dyn TokenCredential>>, String> {
        let is_service = self.variable("IDENTITY_ENDPOINT").is_some();
        if !is_service && !matches!(timeout(METADATA_PATIENCE, TcpStream::connect(METADATA_SERVER)).await, Ok(Ok(_))) {
            return Ok(None);
        }
        let user_assigned_id = self.variable("AZURE_CLIENT_ID").map(UserAssignedId::ClientId);
        let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options: self.options() };
        let credential = ManagedIdentityCredential::new(Some(options)).map_err(|error| refusal(&error))?;
        Ok(Some(credential))
    }

    /// A program that somebody logged in with.
    fn command_line(&self, source: Source) -> Result<Option<Arc<dyn TokenCredential>>, String> {
        let name = if source == Cli { "az" } else { "azd" };
        if self.host.program(name).is_none() {
            return Ok(None);
        }
        let tenant_id = self.variable("AZURE_TENANT_ID");
        let credential: azure_core::Result<Arc<dyn TokenCredential>> = match source {
            Cli => {
                let options = AzureCliCredentialOptions { tenant_id, ..Default::default() };
                AzureCliCredential::new(Some(options)).map(|it| it as _)
            }
            _ => {
                let options = AzureDeveloperCliCredentialOptions { tenant_id, ..Default::default() };
                AzureDeveloperCliCredential::new(Some(options)).map(|it| it as _)
            }
        };
        credential.map(Some).map_err(|error| refusal(&error))
    }

    /// The shared client, and the cloud of this run.
    fn options(&self) -> ClientOptions {
        let cloud = match self.variable("AZURE_AUTHORITY_HOST") {
            None => CloudConfiguration::AzurePublic,
            Some(authority) => {
                let mut custom = CustomConfiguration::default();
                custom.authority_host = authority;
                custom.into()
            }
        };
        ClientOptions { cloud: Some(Arc::new(cloud)), ..options(&self.client) }
    }
}

/// Options for clients of Azure: over the shared client, and without patience of their own.
pub(super) fn options(client: &reqwest::Client) -> ClientOptions {
    let transport = Some(Transport::new(Arc::new(Bounded(client.clone()))));
    ClientOptions { transport, retry: RetryOptions::none(), ..ClientOptions::default() }
}

/// What to do about the errors of Entra that people meet
/// (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).
const REMEDIES: [(&str, &str); 7] = [
    ("90002", "there is no such tenant; check AZURE_TENANT_ID"),
    ("900023", "there is no such tenant; check AZURE_TENANT_ID"),
    ("700016", "the tenant has no such application; check AZURE_CLIENT_ID and AZURE_TENANT_ID"),
    ("7000215", "the secret is not that of the application; check AZURE_CLIENT_SECRET"),
    ("7000222", "the secret has expired; make a new one for the application"),
    ("700027", "the application has no such certificate; check AZURE_CLIENT_CERTIFICATE_PATH"),
    ("700213", "the application does not trust this workload; give it a federated credential for it"),
];

/// Why there is no token, in our words where there are some.
fn refusal(error: &Error) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut last = error.to_string();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return super::unreachable("the server for tokens", error);
        }
        last = error.to_string();
        cause = error.source();
    }
    // Found in the text: the library reads no answer whose words go over several lines, as they do.
    if let Some((_, words)) = last.split_once("AADSTS") {
        let end = words.find(|c: char| !c.is_ascii_digit()).unwrap_or(words.len());
        let remedy = REMEDIES.iter().find(|(code, _)| *code == &words[..end]);
        return remedy.map_or_else(|| format!("no token is given: AADSTS{}", line(words)), |(_, it)| (*it).to_owned());
    }
    let text = line(&last);
    // What their library adds to the words of a program.
    let text = text.split(" To troubleshoot, visit").next().unwrap_or_default();
    text.rsplit(" authentication failed. ").next().unwrap_or_default().trim_start_matches("ERROR: ").to_owned()
}

/// The words of Entra without what only their author can use.
pub(super) fn line(text: &str) -> String {
    said(text.split("Trace ID:").next().unwrap_or_default())
}

/// Where credentials are looked for, for people.
pub(super) fn places(host: &dyn Host) -> Vec<String> {
    let state = |name: &str| if host.variable(name).is_some() { "set" } else { "not set" };
    let program = |name: &str| if host.program(name).is_some() { "there" } else { "not there" };
    vec![
        format!("AZURE_CLIENT_SECRET: {}", state("AZURE_CLIENT_SECRET")),
        format!("AZURE_CLIENT_CERTIFICATE_PATH: {}", state("AZURE_CLIENT_CERTIFICATE_PATH")),
        format!("AZURE_FEDERATED_TOKEN_FILE: {}", state("AZURE_FEDERATED_TOKEN_FILE")),
        "the managed identity of this machine: not there".into(),
        format!("the program `az`: {}", program("az")),
        format!("the program `azd`: {}", program("azd")),
    ]
}
