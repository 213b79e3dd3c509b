//! A server of Vault or OpenBao as a place that requests are sent to: its address or that of the agent
//! before it, and a client for HTTP with the settings of their own tools.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Identity, Method, Proxy, RequestBuilder, StatusCode};
use zeroize::Zeroizing;

use super::address::{Address, Trusted};
use super::settings::{Setting, Settings};
use crate::recipient::network;

/// The most redirections that are followed.
const MAX_REDIRECTIONS: usize = 3;

/// Where requests for a server go.
pub(super) struct Server {
    http: reqwest::Client,
    /// It, or the agent.
    address: Address,
    /// The name that its certificate is for, if that is another one.
    name: Option<String>,
    namespace: Option<String>,
    /// As people write it.
    pub(super) place: String,
    /// Whether requests go to an agent of the user.
    pub(super) is_agent: bool,
    /// How often a request is sent once more.
    pub(super) retries: u32,
}

impl Server {
    /// The server at an address, with the settings for it. Others are `trusted` with what is sent, too.
    ///
    /// # Errors
    /// The settings cannot be used; why, for people.
    pub(super) fn new(settings: &Settings, address: &Address, trusted: &Trusted) -> Result<Self, String> {
        let agent = settings.agent()?;
        let is_agent = agent.is_some();
        let (address, socket) = agent.map_or((address.clone(), None), |agent| (agent.address, agent.socket));
        let place = socket.as_ref().map_or_else(|| address.text(), |path| format!("unix://{}", path.display()));
        let follows = !settings.is_on("DISABLE_REDIRECTS")?;
        let policy = if follows { redirections(trusted.clone()) } else { Policy::none() };
        let mut builder = network::builder().redirect(policy).default_headers(settings.headers()?);
        if let Some(path) = socket {
            builder = builder.unix_socket(path);
        }
        if let Some(time) = settings.timeout()? {
            builder = builder.timeout(time);
        }
        if let Some(Setting { name, value }) = settings.get("PROXY_ADDR").or_else(|| settings.get("HTTP_PROXY")) {
            builder = builder.proxy(Proxy::all(value).map_err(|_| format!("{name} is not the URL of a proxy"))?);
        }
        let name = settings.get("TLS_SERVER_NAME");
        if let Some(Setting { name, value }) = &name {
            if value.parse::<IpAddr>().is_ok() || address.join("sys")?.set_host(Some(value)).is_err() {
                return Err(format!("{name} is not the name of a server"));
            }
            builder = builder.dns_resolver(Towards { name: value.clone(), host: address.host().to_owned() });
        }
        let http = network::build(secured(builder, settings)?)?;
        let namespace = settings.get("NAMESPACE").map(|setting| setting.value);
        let name = name.map(|setting| setting.value);
        Ok(Server { http, address, name, namespace, place, is_agent, retries: settings.retries()? })
    }

    /// A request for a path of the API.
    ///
    /// # Errors
    /// It is no path; why, for people.
    pub(super) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, String> {
        let mut url = self.address.join(path)?;
        if self.name.is_some() {
            url.set_host(self.name.as_deref()).map_err(|_| "its name is none".to_owned())?;
        }
        let request = self.http.request(method, url).header("x-vault-request", "true");
        Ok(match &self.namespace {
            Some(namespace) => request.header("x-vault-namespace", namespace),
            None => request,
        })
    }
}

/// Redirections to the same server are followed, and those to others that are named.
fn redirections(trusted: Trusted) -> Policy {
    Policy::custom(move |attempt| {
        let before = attempt.previous().last();
        let same = before.is_some_and(|before| before.origin() == attempt.url().origin());
        // Where any server may be named by a file, none of them may name another one.
        let named = matches!(&trusted, Trusted::These(_)) && trusted.has(attempt.url());
        let downgrade = before.is_some_and(|url| url.scheme() == "https") && attempt.url().scheme() != "https";
        // All others turn what is sent into a question.
        let keeps = matches!(attempt.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        if !keeps {
            attempt.stop()
        } else if attempt.previous().len() > MAX_REDIRECTIONS {
            attempt.error("it redirects without end")
        } else if (same || named) && !downgrade {
            attempt.follow()
        } else {
            let target = attempt.url().origin().ascii_serialization();
            attempt.error(format!(
                "it redirects to `{target}`, which is not to see your token; name that server in the key"
            ))
        }
    })
}

/// The certificates of both sides.
fn secured(mut builder: reqwest::ClientBuilder, settings: &Settings) -> Result<reqwest::ClientBuilder, String> {
    if let Some(texts) = settings.authorities()? {
        let read = |pem: &Zeroizing<Vec<u8>>| Certificate::from_pem_bundle(pem).unwrap_or_default();
        let found: Vec<Certificate> = texts.iter().flat_map(read).collect();
        if found.is_empty() {
            let set = ["CACERT_BYTES", "CACERT", "CAPATH"].into_iter().find_map(|name| settings.get(name));
            let name = set.map_or_else(String::new, |setting| setting.name);
            return Err(format!("{name} holds no certificate in PEM form"));
        }
        builder = builder.tls_certs_only(found);
    }
    if let (Some(certificate), Some(key)) = (settings.file("CLIENT_CERT")?, settings.file("CLIENT_KEY")?) {
        let mut pem = key;
        pem.push(b'\n');
        pem.extend_from_slice(&certificate);
        let wrong =
            |_| "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY are not a certificate and its key in PEM form".to_owned();
        builder = builder.identity(Identity::from_pem(&pem).map_err(wrong)?);
    }
    let skips = settings.is_on("SKIP_VERIFY")?;
    Ok(if skips { builder.tls_danger_accept_invalid_certs(true) } else { builder })
}

/// Finds a server under the name that its certificate is for: a tunnel leads there.
struct Towards {
    name: String,
    host: String,
}

impl Resolve for Towards {
    fn resolve(&self, name: Name) -> Resolving {
        let is_ours = name.as_str().eq_ignore_ascii_case(&self.name);
        let host = if is_ours { self.host.clone() } else { name.as_str().to_owned() };
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
