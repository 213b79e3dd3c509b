//! Which Vault a request goes to, and whether it may see our credentials: the address of a key comes
//! from a file, and whoever wrote the file would like a token, too.

use reqwest::Url;

use crate::recipient::Host;
use crate::recipient::network::is_step;

/// The list of servers that may be used, as SOPS names it.
pub(super) const ALLOWLIST: &str = "SOPS_HC_VAULT_ALLOWLIST";
/// The server that the credentials at hand are for.
pub(super) const VAULT_ADDR: &str = "VAULT_ADDR";
/// The same for OpenBao.
const BAO_ADDR: &str = "BAO_ADDR";

/// Which servers may see our credentials when the allow-list says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// That of `VAULT_ADDR`: the credentials are for it.
    Named,
    /// Any that a file names, as in SOPS.
    Any,
}

/// A server: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads the address of a server.
    ///
    /// # Errors
    /// It is not one, or says more than where the server is; why, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{VAULT_ADDR}` or the address of the key is not `https://HOST:PORT`");
        let url = Url::parse(text).map_err(|_| wrong())?;
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && matches!(url.path(), "" | "/");
        if !is_bare || !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong());
        }
        Ok(Address(url))
    }

    /// As people write it, without a path.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The name or the number of its host.
    pub(super) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_matches(['[', ']'])
    }

    /// The address of something in the API. Each step is taken as it is: none leaves its place.
    ///
    /// # Errors
    /// A step that would; why, for people.
    pub(super) fn join(&self, path: &str) -> Result<Url, String> {
        let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
        if !steps.iter().all(|step| is_step(step)) {
            return Err(format!("`{path}` is no path of Vault"));
        }
        let mut url = self.0.clone();
        url.path_segments_mut().map_err(|()| "it has no path".to_owned())?.clear().push("v1").extend(steps);
        Ok(url)
    }

    /// Whether an address is on the same server.
    pub(super) fn is_of(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }
}

/// The servers that may see our credentials.
#[derive(Clone, Debug)]
pub(super) enum Trusted {
    Any,
    These(Vec<Address>),
}

impl Trusted {
    /// As the variables say.
    ///
    /// # Errors
    /// They cannot be understood; why, for people.
    pub(super) fn of(host: &dyn Host, trust: Trust) -> Result<Self, String> {
        let list = host.variable(ALLOWLIST).map(|list| list.trim().to_owned()).filter(|list| !list.is_empty());
        match (list.as_deref(), trust) {
            (Some("all"), _) | (None, Trust::Any) => Ok(Trusted::Any),
            (Some("none"), _) => Ok(Trusted::These(Vec::new())),
            (Some(list), _) => {
                let read = |item: &str| Address::parse(item.trim()).map_err(|_| wrong_item());
                Ok(Trusted::These(list.split(',').map(read).collect::<Result<_, _>>()?))
            }
            (None, Trust::Named) => {
                let own = [named(host, VAULT_ADDR)?, named(host, BAO_ADDR)?];
                Ok(Trusted::These(own.into_iter().flatten().collect()))
            }
        }
    }

    pub(super) fn has(&self, url: &Url) -> bool {
        match self {
            Trusted::Any => true,
            Trusted::These(list) => list.iter().any(|address| address.is_of(url)),
        }
    }

    /// Why a server may not see our credentials.
    pub(super) fn refusal(&self, host: &dyn Host, address: &Address) -> String {
        let address = address.text();
        let why = if host.variable(ALLOWLIST).is_some() {
            return format!("`{address}` is not in {ALLOWLIST}; add it there if it may see your credentials");
        } else {
            let set = [VAULT_ADDR, BAO_ADDR].into_iter().filter(|name| host.variable(name).is_some());
            match set.collect::<Vec<_>>().join(" or ").as_str() {
                "" => format!("nothing says that `{address}` may see your credentials"),
                names => format!("it is not the server of {names}, which your credentials are for"),
            }
        };
        format!("{why}; if it may see them, set {ALLOWLIST}={address}")
    }
}

/// The server that a variable names.
///
/// # Errors
/// It names none; why, for people.
pub(super) fn named(host: &dyn Host, variable: &str) -> Result<Option<Address>, String> {
    let address = host.variable(variable).map(|address| Address::parse(&address)).transpose();
    address.map_err(|_| format!("{variable} is not `https://HOST:PORT`"))
}

/// Whether anything says which servers may see our credentials.
pub(super) fn is_said(host: &dyn Host) -> bool {
    [ALLOWLIST, VAULT_ADDR, BAO_ADDR].iter().any(|name| host.variable(name).is_some())
}

fn wrong_item() -> String {
    format!("{ALLOWLIST} is `all`, `none`, or a list of `https://HOST:PORT` with commas")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient::vault::testing::Variables;

    #[test]
    fn an_address_is_a_server_and_nothing_more() {
        for (text, expected) in [
            ("https://h:8200", Some("https://h:8200")),
            ("HTTP://H:80/", Some("http://h")),
            ("https://u@h", None),
            ("https://h/x", None),
            ("https://h?a=b", None),
            ("https://h#f", None),
            ("ftp://h", None),
            ("h:8200", None),
            ("https://b\u{fc}cher.example", None),
            ("https://xn--bcher-kva.example", Some("https://xn--bcher-kva.example")),
            ("", None),
        ] {
            assert_eq!(Address::parse(text).ok().map(|address| address.text()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_path_stays_where_it_is() {
        let address = Address::parse("https://h").expect("is one");
        let join = |path: &str| address.join(path).map(|url| url.to_string()).ok();
        assert_eq!(join("a/b/encrypt/k").as_deref(), Some("https://h/v1/a/b/encrypt/k"));
        assert_eq!(join("a?x/k#y%2e").as_deref(), Some("https://h/v1/a%3Fx/k%23y%252e"));
        for path in ["../sys/decrypt/k", "a//k", "", "a/./k"] {
            assert_eq!(join(path), None, "{path}");
        }
    }

    #[test]
    fn only_named_servers_are_trusted() {
        let (named, any) = (Trust::Named, Trust::Any);
        for (variables, trust, expected) in [
            (&[][..], any, Ok(true)),
            (&[], named, Ok(false)),
            (&[(VAULT_ADDR, "https://h:8200/")], named, Ok(true)),
            (&[(VAULT_ADDR, "https://other")], named, Ok(false)),
            (&[(VAULT_ADDR, "https://other"), (BAO_ADDR, "https://h:8200")], named, Ok(true)),
            (&[(VAULT_ADDR, "https://h:8200"), (BAO_ADDR, "h")], named, Err(())),
            (&[(VAULT_ADDR, "https://other")], any, Ok(true)),
            (&[(VAULT_ADDR, "https://h:8200"), (ALLOWLIST, "none")], named, Ok(false)),
            (&[(ALLOWLIST, "none")], any, Ok(false)),
            (&[(ALLOWLIST, "all")], named, Ok(true)),
            (&[(ALLOWLIST, "https://a , https://h:8200/")], named, Ok(true)),
            (&[(ALLOWLIST, "https://h:820")], any, Ok(false)),
            (&[(ALLOWLIST, "http://h:8200")], any, Ok(false)),
            (&[(ALLOWLIST, "https://a,,https://h:8200")], any, Err(())),
            (&[(ALLOWLIST, "h")], any, Err(())),
        ] {
            let url = Url::parse("https://h:8200/v1/x").expect("is one");
            let found = Trusted::of(&Variables(variables), trust).map(|trusted| trusted.has(&url)).map_err(|_| ());
            assert_eq!(found, expected, "{variables:?} {trust:?}");
        }
    }
}
