//! The REST API of Vault and OpenBao: one token for a server and a run, and words for what went wrong.
//! A token is sent to no server but the one that it is for: redirections to others end here.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Identity, Method, StatusCode};
use serde_json::Value;
use zeroize::Zeroizing;

use super::address::{Address, Trust, Trusted};
use super::login::{self, Credentials, Login};
use crate::recipient::Host;
use crate::recipient::network::{self, Reply};

/// The longest remark of a server that is repeated, in characters.
const LONGEST_REMARK: usize = 200;
/// How often a request is sent when the server has too much to do.
const TRIES: usize = 3;
/// How long to wait in between; Vault's own client waits as long.
const PAUSE: Duration = Duration::from_secs(1);
/// The most redirections that are followed.
const MAX_REDIRECTIONS: usize = 3;

/// Why a request led to nothing. The reasons are for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was never sent: there are no credentials that it could be sent with.
    NoCredentials(String),
    /// These credentials do not suffice.
    Denied(String),
    /// The server wants none of what was sent; what it said, if anything, after a colon.
    Refused(String),
    /// Anything else.
    Failed(String),
}

impl Failure {
    /// The reason.
    #[must_use]
    pub fn reason(self) -> String {
        match self {
            Failure::Refused(said) => format!("the request was refused{said}"),
            Failure::NoCredentials(reason) | Failure::Denied(reason) | Failure::Failed(reason) => reason,
        }
    }
}

type Token = Result<Zeroizing<String>, Failure>;

/// A client for any number of servers, with the credentials of this run.
pub struct Client {
    host: Arc<dyn Host>,
    trust: Trust,
    http: OnceCell<Result<reqwest::Client, String>>,
    tokens: RefCell<HashMap<String, Rc<tokio::sync::OnceCell<Token>>>>,
}

impl Client {
    /// A client that finds credentials and settings with this host.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, trust: Trust) -> Self {
        Client { host, trust, http: OnceCell::new(), tokens: RefCell::default() }
    }

    /// Where it looked for credentials.
    #[must_use]
    pub fn places(&self) -> Vec<String> {
        login::places(self.host.as_ref())
    }

    /// Reads what is at a path; none if nothing is there.
    ///
    /// # Errors
    /// Anything but an answer.
    pub async fn read(&self, address: &Address, path: &str) -> Result<Option<Value>, Failure> {
        let token = self.token(address).await?;
        let reply = self.send(Method::GET, address, path, None, Some(&token)).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer(&reply, address, path, &token).map(Some)
    }

    /// Sends a JSON body to a path, and returns the answer.
    ///
    /// # Errors
    /// Anything but success.
    pub async fn write(&self, address: &Address, path: &str, body: &[u8]) -> Result<Value, Failure> {
        let token = self.token(address).await?;
        let reply = self.send(Method::POST, address, path, Some(body), Some(&token)).await?;
        answer(&reply, address, path, &token)
    }

    /// The token for a server: found or asked for once in a run, whether it was to be had or not.
    async fn token(&self, address: &Address) -> Token {
        let host = self.host.as_ref();
        let trusted = Trusted::of(host, self.trust).map_err(Failure::NoCredentials)?;
        if !trusted.has(&address.join("sys").map_err(Failure::Failed)?) {
            return Err(Failure::NoCredentials(trusted.refusal(host, address)));
        }
        let cell = Rc::clone(self.tokens.borrow_mut().entry(address.text()).or_default());
        let ask = || async {
            match login::find(host).map_err(Failure::NoCredentials)? {
                Credentials::Token(token) => Ok(token),
                Credentials::Login(login) => self.log_in(address, &login).await,
            }
        };
        cell.get_or_init(ask).await.clone()
    }

    async fn log_in(&self, address: &Address, login: &Login) -> Token {
        let path = format!("auth/{}/login", login.mount);
        let body = Zeroizing::new(login.body.to_string());
        let reply = self.send(Method::POST, address, &path, Some(body.as_bytes()), None).await?;
        let refused = |why: &str| {
            let message = format!("the {} login was refused{why}; check {}", login.title, login.variables);
            Err(Failure::Denied(message))
        };
        match reply.status {
            status if status.is_success() => match reply.json()["auth"]["client_token"].as_str() {
                Some(token) if !token.is_empty() => Ok(Zeroizing::new(token.to_owned())),
                _ => refused(": there is no token in the answer"),
            },
            StatusCode::NOT_FOUND => refused(&format!(": there is no such method at `auth/{}`", login.mount)),
            status if status.is_client_error() => refused(&remark(&reply, &login.secret)),
            _ => Err(trouble(&reply, &login.secret)),
        }
    }

    /// Sends a request, again if the server has too much to do.
    async fn send(
        &self,
        method: Method,
        address: &Address,
        path: &str,
        body: Option<&[u8]>,
        token: Option<&str>,
    ) -> Result<Reply, Failure> {
        let http = self.http.get_or_init(|| http(self.host.as_ref(), self.trust)).clone().map_err(Failure::Failed)?;
        let url = address.join(path).map_err(Failure::Failed)?;
        let mut tries = 1;
        loop {
            let mut request = http.request(method.clone(), url.clone()).header("x-vault-request", "true");
            if let Some(token) = token {
                request = request.header(HeaderName::from_static("x-vault-token"), hidden(token)?);
            }
            if let Some(namespace) = self.host.variable("VAULT_NAMESPACE") {
                request = request.header("x-vault-namespace", namespace);
            }
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_vec());
            }
            let reply = network::exchange(request)
                .await
                .map_err(|why| Failure::Failed(format!("`{}` {why}", address.text())))?;
            if reply.status != StatusCode::TOO_MANY_REQUESTS || tries == TRIES {
                return Ok(reply);
            }
            tries += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A header that no log shows.
fn hidden(token: &str) -> Result<HeaderValue, Failure> {
    let value = HeaderValue::from_str(token);
    let mut value = value.map_err(|_| Failure::NoCredentials("the token for Vault is not one line of ASCII".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The client for HTTP, with the settings of Vault's own tools.
fn http(host: &dyn Host, trust: Trust) -> Result<reqwest::Client, String> {
    let trusted = Trusted::of(host, trust)?;
    let follow = Policy::custom(move |attempt| {
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
    });
    let mut builder = network::builder().redirect(follow);
    for name in ["VAULT_CAPATH", "VAULT_TLS_SERVER_NAME"] {
        if host.variable(name).is_some() {
            return Err(format!("{name} is not supported; VAULT_CACERT names the certificates to trust"));
        }
    }
    if let Some(pem) = authorities(host)? {
        let wrong = |_| "VAULT_CACERT holds no certificate in PEM form".to_owned();
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem).map_err(wrong)?);
    }
    if let (Some(certificate), Some(key)) = (host.variable("VAULT_CLIENT_CERT"), host.variable("VAULT_CLIENT_KEY")) {
        let mut pem = file(host, "VAULT_CLIENT_KEY", &key)?;
        pem.push(b'\n');
        pem.extend_from_slice(&file(host, "VAULT_CLIENT_CERT", &certificate)?);
        let wrong =
            |_| "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY are not a certificate and its key in PEM form".to_owned();
        builder = builder.identity(Identity::from_pem(&pem).map_err(wrong)?);
    }
    if is_on(host, "VAULT_SKIP_VERIFY")? {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    network::build(builder)
}

fn authorities(host: &dyn Host) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    if let Some(pem) = host.variable("VAULT_CACERT_BYTES") {
        return Ok(Some(Zeroizing::new(pem.into_bytes())));
    }
    host.variable("VAULT_CACERT").map(|path| file(host, "VAULT_CACERT", &path)).transpose()
}

fn file(host: &dyn Host, variable: &str, path: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let content = host.file(path.as_ref()).map_err(|why| format!("`{path}` of {variable} {why}"))?;
    content.ok_or_else(|| format!("`{path}` of {variable} is not there"))
}

/// A switch, in the spellings of Go.
fn is_on(host: &dyn Host, name: &str) -> Result<bool, String> {
    match host.variable(name).as_deref() {
        None | Some("0" | "f" | "F" | "false" | "False" | "FALSE") => Ok(false),
        Some("1" | "t" | "T" | "true" | "True" | "TRUE") => Ok(true),
        Some(_) => Err(format!("{name} takes `true` or `false`")),
    }
}

/// The JSON of a reply that says success; empty when it has none.
fn answer(reply: &Reply, address: &Address, path: &str, token: &str) -> Result<Value, Failure> {
    let failed = |message: String| Err(Failure::Failed(message));
    match reply.status {
        status if status.is_success() => Ok(reply.json()),
        StatusCode::FORBIDDEN => {
            let said = remark(reply, token);
            Err(Failure::Denied(format!("denied{said}; the token must be valid, and allowed to use `{path}`")))
        }
        StatusCode::NOT_FOUND => {
            let message = format!("there is nothing at `{path}` of `{}`", address.text());
            failed(format!("{message}; check the path, and VAULT_NAMESPACE"))
        }
        StatusCode::BAD_REQUEST => Err(Failure::Refused(remark(reply, token))),
        _ => Err(trouble(reply, token)),
    }
}

/// What the server could not do at the moment.
fn trouble(reply: &Reply, secret: &str) -> Failure {
    let said = remark(reply, secret);
    Failure::Failed(match reply.status {
        StatusCode::TOO_MANY_REQUESTS => format!("the server has too much to do{said}; try again later"),
        StatusCode::SERVICE_UNAVAILABLE => {
            format!("the server is sealed or not ready{said}; unseal it, or try again later")
        }
        status => format!("the server answered {status}{said}"),
    })
}

/// What the server said, after a colon: one line, and not what we sent.
fn remark(reply: &Reply, secret: &str) -> String {
    let json = reply.json();
    let Some(text) = json["errors"][0].as_str() else { return String::new() };
    let line = text.lines().map(|line| line.trim().trim_start_matches("* ")).rfind(|line| !line.is_empty());
    match line {
        Some(line) if secret.is_empty() || !line.contains(secret) => {
            format!(": {}", line.chars().take(LONGEST_REMARK).collect::<String>())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        let status = StatusCode::from_u16(status).expect("is one");
        Reply { status, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    #[test]
    fn a_remark_is_one_line_without_our_secret() {
        let said = |text: &str| remark(&reply(400, &serde_json::json!({ "errors": [text] }).to_string()), "s.t0ken");
        assert_eq!(said("1 error occurred:\n\t* permission denied\n\n"), ": permission denied");
        assert_eq!(said("what is s.t0ken?"), "");
        assert_eq!(said(&"x".repeat(500)).len(), LONGEST_REMARK + 2);
        assert_eq!(remark(&reply(400, "<html>"), "t"), "");
    }

    #[test]
    fn what_is_denied_is_told_from_what_is_broken() {
        let address = Address::parse("https://h").expect("is one");
        let of = |status| answer(&reply(status, "{}"), &address, "t/decrypt/k", "t");
        assert_eq!(of(204), Ok(serde_json::json!({})));
        assert!(matches!(of(403), Err(Failure::Denied(_))));
        assert_eq!(of(400), Err(Failure::Refused(String::new())));
        for status in [404, 429, 500, 503, 307] {
            assert!(matches!(of(status), Err(Failure::Failed(_))), "{status}");
        }
    }
}
