//! Where a token for Vault comes from: the variable and the file of Vault's own tools, or a login
//! with what the variables name (`docs/recipients.md`). Nothing here talks to a server.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::address::Address;
use super::helper;
use super::settings::{Setting, Settings};
use crate::recipient::network::object;
use crate::recipient::{Host, found};

const TOKEN: &str = "TOKEN";
const ROLE_ID: &str = "ROLE_ID";
const SECRET_ID: &str = "SECRET_ID";
const SECRET_ID_FILE: &str = "SECRET_ID_FILE";
const K8S_ROLE: &str = "K8S_ROLE";
const K8S_TOKEN_FILE: &str = "K8S_TOKEN_FILE";
const JWT_ROLE: &str = "JWT_ROLE";
const JWT: &str = "JWT";
const JWT_FILE: &str = "JWT_FILE";
const TOKEN_FILE: &str = ".vault-token";
/// Where Kubernetes puts the token of a pod's account.
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// What to say where there is nothing.
pub(super) const NOTHING: &str = "there is no token; set VAULT_TOKEN, or run `vault login`";

/// How to come by a token.
pub(super) enum Credentials {
    /// It is at hand.
    Token(Zeroizing<String>),
    /// It is given for something else.
    Login(Login),
}

/// What a token is asked for with.
pub(super) struct Login {
    /// What the method is called.
    pub(super) title: &'static str,
    /// Where it is mounted, below `auth/`.
    pub(super) mount: String,
    /// What is sent, as JSON.
    pub(super) body: Zeroizing<Vec<u8>>,
    /// The one thing in it that nobody may see.
    pub(super) secret: Zeroizing<String>,
    /// The variables to look at when it fails.
    pub(super) variables: &'static str,
}

/// The first that there is: a token, a login, the token helper of Vault's own tools or the file that
/// they have without one; none if there is nothing.
///
/// # Errors
/// What there is cannot be used; why, for people.
pub(super) fn find(settings: &Settings, address: &Address) -> Result<Option<Credentials>, String> {
    if let Some(token) = settings.get(TOKEN) {
        return Ok(Some(Credentials::Token(trimmed(&token.value))));
    }
    if let Some(login) = login(settings)? {
        return Ok(Some(Credentials::Login(login)));
    }
    let host = &*settings.host;
    let from_file = || token_file(host).map(|path| found::text(host, &path)).transpose().map(Option::flatten);
    let token = match helper::token(settings, address)? {
        Some(token) => Some(token),
        None => from_file()?,
    };
    Ok(token.filter(|token| !token.is_empty()).map(Credentials::Token))
}

/// The login that the variables ask for.
fn login(settings: &Settings) -> Result<Option<Login>, String> {
    let mount = |variable: &str, usual: &str| {
        settings.get(variable).map_or(usual.to_owned(), |path| path.value.trim_matches('/').to_owned())
    };
    if let Some(role) = settings.get(ROLE_ID) {
        // A role may do without.
        let secret = given(settings, SECRET_ID, SECRET_ID_FILE)?.unwrap_or_default();
        let fields = [("role_id", role.value.trim()), ("secret_id", &secret)];
        let body = object(if secret.is_empty() { &fields[..1] } else { &fields });
        let variables = "VAULT_ROLE_ID and VAULT_SECRET_ID";
        return Ok(Some(Login { title: "AppRole", mount: mount("APPROLE_PATH", "approle"), body, secret, variables }));
    }
    if let Some(role) = settings.get(K8S_ROLE) {
        let path = settings.get(K8S_TOKEN_FILE).map_or_else(|| POD_TOKEN.to_owned(), |path| path.value);
        let secret = found::text(&*settings.host, Path::new(&path))?;
        let secret =
            secret.ok_or_else(|| format!("{} is set, but `{path}` is not there; is this a pod?", role.name))?;
        let body = object(&[("role", &role.value), ("jwt", &secret)]);
        let mount = mount("K8S_PATH", "kubernetes");
        return Ok(Some(Login { title: "Kubernetes", mount, body, secret, variables: "VAULT_K8S_ROLE" }));
    }
    if let Some(secret) = given(settings, JWT, JWT_FILE)? {
        let role = settings.get(JWT_ROLE).map(|role| role.value);
        let fields = [("jwt", secret.as_str()), ("role", role.as_deref().unwrap_or_default())];
        let body = object(if role.is_none() { &fields[..1] } else { &fields });
        let variables = "VAULT_JWT and VAULT_JWT_ROLE";
        return Ok(Some(Login { title: "JWT", mount: mount("JWT_PATH", "jwt"), body, secret, variables }));
    }
    Ok(None)
}

/// A secret in a variable, or in the file that another one names.
fn given(settings: &Settings, variable: &str, file: &str) -> Result<Option<Zeroizing<String>>, String> {
    if let Some(text) = settings.get(variable) {
        return Ok(Some(trimmed(&text.value)));
    }
    let Some(Setting { name, value: path }) = settings.get(file) else { return Ok(None) };
    let text = found::text(&*settings.host, Path::new(&path))?;
    text.map(Some).ok_or_else(|| format!("`{path}` of {name} is not there"))
}

fn trimmed(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.trim().to_owned())
}

fn token_file(host: &dyn Host) -> Option<PathBuf> {
    host.variable_os("HOME").map(|home| PathBuf::from(home).join(TOKEN_FILE))
}

/// The places where credentials are looked for, with what is there.
pub(super) fn places(host: &dyn Host) -> Vec<String> {
    let names = [TOKEN, ROLE_ID, K8S_ROLE, JWT];
    // Few have them, and who has them wants to see them.
    let twins = names.into_iter().map(|name| format!("BAO_{name}")).filter(|name| host.variable(name).is_some());
    let names = twins.chain(names.into_iter().map(|name| format!("VAULT_{name}")));
    let variables = names.map(|name| found::variable(host, &name));
    variables.chain(token_file(host).map(|path| found::file(host, &path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::recipient::vault::testing::Variables;

    fn found(variables: &'static [(&'static str, &'static str)]) -> Result<String, String> {
        let host: Arc<dyn Host> = Arc::new(Variables(variables));
        let address = Address::parse("https://h").expect("is one");
        find(&Settings::of(&host, &address), &address).map(|credentials| match credentials {
            None => "nothing".to_owned(),
            Some(Credentials::Token(token)) => format!("token {}", token.as_str()),
            Some(Credentials::Login(login)) => {
                format!("{} {} {}", login.title, login.mount, String::from_utf8_lossy(&login.body))
            }
        })
    }

    #[test]
    fn the_first_credentials_are_taken() {
        let none = || Ok("nothing".to_owned());
        for (variables, expected) in [
            (&[][..], none()),
            (&[("HOME", "/h"), ("/h/.vault-token", "")], none()),
            (&[("HOME", "/h"), ("/h/.vault-token", "abc\n")], Ok("token abc".to_owned())),
            (&[("VAULT_TOKEN", " t "), ("VAULT_ROLE_ID", "r")], Ok("token t".to_owned())),
            (&[("VAULT_ROLE_ID", "r")], Ok("AppRole approle {\"role_id\":\"r\"}".to_owned())),
            (
                &[
                    ("VAULT_ROLE_ID", "r"),
                    ("VAULT_SECRET_ID_FILE", "/s"),
                    ("/s", "x\n"),
                    ("VAULT_APPROLE_PATH", "/a/b/"),
                ],
                Ok("AppRole a/b {\"role_id\":\"r\",\"secret_id\":\"x\"}".to_owned()),
            ),
            (
                &[("VAULT_ROLE_ID", "r"), ("VAULT_SECRET_ID_FILE", "/s")],
                Err("`/s` of VAULT_SECRET_ID_FILE is not there".to_owned()),
            ),
            (
                &[("VAULT_K8S_ROLE", "r"), (POD_TOKEN, "x\n")],
                Ok("Kubernetes kubernetes {\"role\":\"r\",\"jwt\":\"x\"}".to_owned()),
            ),
            (
                &[("VAULT_K8S_ROLE", "r"), ("VAULT_K8S_TOKEN_FILE", "/t")],
                Err("VAULT_K8S_ROLE is set, but `/t` is not there; is this a pod?".to_owned()),
            ),
            (&[("VAULT_JWT", "j"), ("VAULT_JWT_ROLE", "r")], Ok("JWT jwt {\"jwt\":\"j\",\"role\":\"r\"}".to_owned())),
            (&[("VAULT_JWT_ROLE", "r")], none()),
            (&[("BAO_ROLE_ID", "r"), ("VAULT_TOKEN", "t")], Ok("token t".to_owned())),
            (&[("BAO_JWT", "j")], Ok("JWT jwt {\"jwt\":\"j\"}".to_owned())),
        ] {
            assert_eq!(found(variables), expected, "{variables:?}");
        }
    }
}
