//! The REST API of Vault and OpenBao: one token for a server and a run, and words for what went wrong.
//! A token is sent to no server but the one that it is for: redirections to others end here.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use zeroize::Zeroizing;

use super::address::{Address, Trust, Trusted, is_said};
use super::login::{self, Credentials, Login};
use super::server::Server;
use super::settings::Settings;
use crate::recipient::network::{self, Reply};
use crate::recipient::{Host, said_after_colon};

/// How long to wait in between; Vault's own client waits as long.
const PAUSE: Duration = Duration::from_secs(1);

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
            Failure::Refused(said) => format!("the request was refused{said}; check the path and the key"),
            Failure::NoCredentials(reason) | Failure::Denied(reason) | Failure::Failed(reason) => reason,
        }
    }
}

type Token = Result<Zeroizing<String>, Failure>;

/// A client for any number of servers, with the credentials of this run.
pub struct Client {
    host: Arc<dyn Host>,
    trust: Trust,
    servers: RefCell<HashMap<String, Rc<Known>>>,
}

/// A server that was spoken to in this run.
struct Known {
    settings: Settings,
    server: Result<Server, String>,
    /// Found or asked for once, whether it was to be had or not. It is empty where an agent has its own.
    token: tokio::sync::OnceCell<Token>,
}

impl Client {
    /// A client that finds credentials and settings with this host.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, trust: Trust) -> Self {
        Client { host, trust, servers: RefCell::default() }
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
        let known = self.known(address)?;
        let token = known.token(address).await?;
        let reply = known.send(Method::GET, path, None, &token).await?;
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
        let known = self.known(address)?;
        let token = known.token(address).await?;
        let reply = known.send(Method::POST, path, Some(body), &token).await?;
        answer(&reply, address, path, &token)
    }

    /// A server, if it may see our credentials.
    fn known(&self, address: &Address) -> Result<Rc<Known>, Failure> {
        let host = self.host.as_ref();
        let trusted = Trusted::of(host, self.trust).map_err(Failure::NoCredentials)?;
        let mut servers = self.servers.borrow_mut();
        let known = servers.entry(address.text()).or_insert_with(|| {
            let settings = Settings::of(&self.host, address);
            let server = Server::new(&settings, address, &trusted);
            Rc::new(Known { settings, server, token: tokio::sync::OnceCell::new() })
        });
        // The agent is somebody that the user trusts, and none that a file names.
        let by_agent = !is_said(host) && known.server.as_ref().is_ok_and(|server| server.is_agent);
        if by_agent || trusted.has(&address.join("sys").map_err(Failure::Failed)?) {
            return Ok(Rc::clone(known));
        }
        Err(Failure::NoCredentials(trusted.refusal(host, address)))
    }
}

impl Known {
    async fn token(&self, address: &Address) -> Token {
        let has_agent = self.server.as_ref().is_ok_and(|server| server.is_agent);
        let ask = || async {
            match login::find(&self.settings, address).map_err(Failure::NoCredentials)? {
                Some(Credentials::Token(token)) => Ok(token),
                Some(Credentials::Login(login)) => self.log_in(&login).await,
                None if has_agent => Ok(Zeroizing::default()),
                None => Err(Failure::NoCredentials(login::NOTHING.into())),
            }
        };
        self.token.get_or_init(ask).await.clone()
    }

    async fn log_in(&self, login: &Login) -> Token {
        let path = format!("auth/{}/login", login.mount);
        let reply = self.send(Method::POST, &path, Some(&login.body), "").await?;
        let refused = |why: &str| {
            let message = format!("the {} login was refused{why}; check {}", login.title, login.variables);
            Err(Failure::Denied(message))
        };
        match reply.status {
            status if status.is_success() => {
                let mut answer = reply.json();
                match answer.pointer_mut("/auth/client_token").map(Value::take) {
                    Some(Value::String(token)) if !token.is_empty() => Ok(Zeroizing::new(token)),
                    _ => refused(": there is no token in the answer"),
                }
            }
            StatusCode::NOT_FOUND => refused(&format!(": there is no such method at `auth/{}`", login.mount)),
            status if status.is_client_error() => refused(&remark(&reply, &login.secret)),
            _ => Err(trouble(&reply, &login.secret)),
        }
    }

    /// Sends a request, again if the server has too much to do.
    async fn send(&self, method: Method, path: &str, body: Option<&[u8]>, token: &str) -> Result<Reply, Failure> {
        let server = self.server.as_ref().map_err(|why| Failure::Failed(why.clone()))?;
        let mut retries = server.retries;
        loop {
            let mut request = server.request(method.clone(), path).map_err(Failure::Failed)?;
            if !token.is_empty() {
                request = request.header(HeaderName::from_static("x-vault-token"), hidden(token)?);
            }
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(network::body(body));
            }
            let reply =
                network::exchange(request).await.map_err(|why| Failure::Failed(format!("`{}` {why}", server.place)))?;
            if retries == 0 || !is_worth_another_try(&reply) {
                return Ok(reply);
            }
            retries -= 1;
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Whether the same request may have another answer in a moment. A sealed server stays so.
fn is_worth_another_try(reply: &Reply) -> bool {
    match reply.status.as_u16() {
        412 | 429 | 502 | 504 => true,
        503 => !remark(reply, "").contains("sealed"),
        _ => false,
    }
}

/// A header that no log shows.
fn hidden(token: &str) -> Result<HeaderValue, Failure> {
    let value = HeaderValue::from_str(token);
    let mut value = value.map_err(|_| Failure::NoCredentials("the token for Vault is not one line of ASCII".into()))?;
    value.set_sensitive(true);
    Ok(value)
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
        Some(line) if secret.is_empty() || !line.contains(secret) => said_after_colon(line),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        let status = StatusCode::from_u16(status).expect("is one");
        Reply { status, headers: reqwest::header::HeaderMap::new(), body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    #[test]
    fn a_remark_is_one_line_without_our_secret() {
        let said = |text: &str| remark(&reply(400, &serde_json::json!({ "errors": [text] }).to_string()), "s.t0ken");
        assert_eq!(said("1 error occurred:\n\t* permission denied\n\n"), ": permission denied");
        assert_eq!(said("what is s.t0ken?"), "");
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
