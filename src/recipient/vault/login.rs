//! Where a token for Vault comes from: the variable and the file of Vault's own tools, or a login
//! with what the variables name (`docs/recipients.md`). Nothing here talks to a server.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::recipient::{Host, found};

const TOKEN: &str = "VAULT_TOKEN";
const ROLE_ID: &str = "VAULT_ROLE_ID";
const SECRET_ID: &str = "VAULT_SECRET_ID";
const SECRET_ID_FILE: &str = "VAULT_SECRET_ID_FILE";
const K8S_ROLE: &str = "VAULT_K8S_ROLE";
const K8S_TOKEN_FILE: &str = "VAULT_K8S_TOKEN_FILE";
const JWT_ROLE: &str = "VAULT_JWT_ROLE";
const JWT: &str = "VAULT_JWT";
const JWT_FILE: &str = "VAULT_JWT_FILE";
const TOKEN_FILE: &str = ".vault-token";
/// Where Kubernetes puts the token of a pod's account.
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

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
    /// What is sent.
    pub(super) body: Value,
    /// The one thing in it that nobody may see.
    pub(super) secret: Zeroizing<String>,
    /// The variables to look at when it fails.
    pub(super) variables: &'static str,
}

/// The first that there is: a token, a login, the file of `vault login`.
///
/// # Errors
/// There is none, or what there is cannot be used; why, for people.
pub(super) fn find(host: &dyn Host) -> Result<Credentials, String> {
    if let Some(token) = host.variable(TOKEN) {
        return Ok(Credentials::Token(trimmed(&token)));
    }
    if let Some(login) = login(host)? {
        return Ok(Credentials::Login(login));
    }
    match token_file(host).map(|path| found::text(host, &path)).transpose()?.flatten() {
        Some(token) if !token.is_empty() => Ok(Credentials::Token(token)),
        _ => Err(format!("there is no token; set {TOKEN}, or run `vault login`")),
    }
}

/// The login that the variables ask for.
fn login(host: &dyn Host) -> Result<Option<Login>, String> {
    let mount = |variable: &str, usual: &str| {
        host.variable(variable).map_or(usual.to_owned(), |path| path.trim_matches('/').to_owned())
    };
    if let Some(role) = host.variable(ROLE_ID) {
        // A role may do without.
        let secret = given(host, SECRET_ID, SECRET_ID_FILE)?.unwrap_or_default();
        let mut body = json!({ "role_id": role.trim() });
        if !secret.is_empty() {
            body["secret_id"] = Value::from(secret.as_str());
        }
        let variables = "VAULT_ROLE_ID and VAULT_SECRET_ID";
        return Ok(Some(Login {
            title: "AppRole",
            mount: mount("VAULT_APPROLE_PATH", "approle"),
            body,
            secret,
            variables,
        }));
    }
    if let Some(role) = host.variable(K8S_ROLE) {
        let path = host.variable(K8S_TOKEN_FILE).unwrap_or_else(|| POD_TOKEN.to_owned());
        let secret = found::text(host, Path::new(&path))?;
        let secret = secret.ok_or_else(|| format!("{K8S_ROLE} is set, but `{path}` is not there; is this a pod?"))?;
        let body = json!({ "role": role, "jwt": secret.as_str() });
        let variables = "VAULT_K8S_ROLE";
        return Ok(Some(Login {
            title: "Kubernetes",
            mount: mount("VAULT_K8S_PATH", "kubernetes"),
            body,
            secret,
            variables,
        }));
    }
    if let Some(secret) = given(host, JWT, JWT_FILE)? {
        let mut body = json!({ "jwt": secret.as_str() });
        if let Some(role) = host.variable(JWT_ROLE) {
            body["role"] = Value::from(role);
        }
        let variables = "VAULT_JWT and VAULT_JWT_ROLE";
        return Ok(Some(Login { title: "JWT", mount: mount("VAULT_JWT_PATH", "jwt"), body, secret, variables }));
    }
    Ok(None)
}

/// A secret in a variable, or in the file that another one names.
fn given(host: &dyn Host, variable: &str, file: &str) -> Result<Option<Zeroizing<String>>, String> {
    if let Some(text) = host.variable(variable) {
        return Ok(Some(trimmed(&text)));
    }
    let Some(path) = host.variable(file) else { return Ok(None) };
    let text = found::text(host, Path::new(&path))?;
    text.map(Some).ok_or_else(|| format!("`{path}` of {file} is not there"))
}

fn trimmed(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.trim().to_owned())
}

fn token_file(host: &dyn Host) -> Option<PathBuf> {
    host.variable_os("HOME").map(|home| PathBuf::from(home).join(TOKEN_FILE))
}

/// The places where credentials are looked for, with what is there.
pub(super) fn places(host: &dyn Host) -> Vec<String> {
    let variables = [TOKEN, ROLE_ID, K8S_ROLE, JWT].into_iter().map(|name| found::variable(host, name));
    variables.chain(token_file(host).map(|path| found::file(host, &path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient::vault::testing::Variables;

    fn found(variables: &[(&str, &str)]) -> Result<String, String> {
        find(&Variables(variables)).map(|credentials| match credentials {
            Credentials::Token(token) => format!("token {}", token.as_str()),
            Credentials::Login(login) => format!("{} {} {}", login.title, login.mount, login.body),
        })
    }

    #[test]
    fn the_first_credentials_are_taken() {
        let none = || Err("there is no token; set VAULT_TOKEN, or run `vault login`".to_owned());
        for (variables, expected) in [
            (&[][..], none()),
            (&[("HOME", "/h"), ("/h/.vault-token", "")], none()),
            (&[("HOME", "/h"), ("/h/.vault-token", "abc\n")], Ok("token abc".to_owned())),
            (&[("VAULT_TOKEN", " t "), (ROLE_ID, "r")], Ok("token t".to_owned())),
            (&[(ROLE_ID, "r")], Ok("AppRole approle {\"role_id\":\"r\"}".to_owned())),
            (
                &[(ROLE_ID, "r"), (SECRET_ID_FILE, "/s"), ("/s", "x\n"), ("VAULT_APPROLE_PATH", "/a/b/")],
                Ok("AppRole a/b {\"role_id\":\"r\",\"secret_id\":\"x\"}".to_owned()),
            ),
            (&[(ROLE_ID, "r"), (SECRET_ID_FILE, "/s")], Err("`/s` of VAULT_SECRET_ID_FILE is not there".to_owned())),
            (
                &[(K8S_ROLE, "r"), (POD_TOKEN, "x\n")],
                Ok("Kubernetes kubernetes {\"jwt\":\"x\",\"role\":\"r\"}".to_owned()),
            ),
            (
                &[(K8S_ROLE, "r"), (K8S_TOKEN_FILE, "/t")],
                Err("VAULT_K8S_ROLE is set, but `/t` is not there; is this a pod?".to_owned()),
            ),
            (&[(JWT, "j"), (JWT_ROLE, "r")], Ok("JWT jwt {\"jwt\":\"j\",\"role\":\"r\"}".to_owned())),
            (&[(JWT_ROLE, "r")], none()),
        ] {
            assert_eq!(found(variables), expected, "{variables:?}");
        }
    }
}
