//! Where a key service listens: `tcp://HOST:PORT` or `unix:///PATH`.

use std::fmt;
use std::path::{Path, PathBuf};

/// The address of a key service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host and a port, an IPv6 address in brackets.
    Tcp(String),
    /// The path of a socket.
    Unix(PathBuf),
}

/// What is no address of a key service. The text itself is not repeated: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(&'static str);

impl Address {
    /// Reads an address as SOPS spells them: `tcp://HOST:PORT`, `unix:///PATH`, `unix:PATH`.
    ///
    /// # Errors
    /// Why it is none, for people.
    pub fn parse(uri: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = uri.split_once(':').ok_or(AddressError("is not of the form `tcp://HOST:PORT`"))?;
        match (scheme, rest.strip_prefix("//")) {
            ("tcp", Some(rest)) => tcp(rest.strip_suffix('/').unwrap_or(rest)),
            ("unix", Some(path)) if !path.starts_with('/') => {
                Err(AddressError("names no path: an absolute one takes three slashes, `unix:///PATH`"))
            }
            ("unix", path) => match path.unwrap_or(rest) {
                "" | "/" => Err(AddressError("names no socket")),
                path => Ok(Address::Unix(Path::new(path).to_owned())),
            },
            _ => Err(AddressError("begins neither with `tcp://` nor with `unix://`")),
        }
    }
}

/// Reads a host and a port.
fn tcp(text: &str) -> Result<Address, AddressError> {
    if text.contains('@') {
        return Err(AddressError("holds a user: key services know none"));
    }
    let (host, port) = text.rsplit_once(':').ok_or(AddressError("names no port"))?;
    if !port.bytes().all(|byte| byte.is_ascii_digit()) || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(AddressError("names no port"));
    }
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let is_ip6 = |text: &str| text.parse::<std::net::Ipv6Addr>().is_ok();
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bracketed {
        Some(inner) if is_ip6(inner) => {}
        None if !host.is_empty() && is_name(host) => {}
        _ => return Err(AddressError("names no host")),
    }
    Ok(Address::Tcp(text.to_owned()))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(text) => write!(f, "tcp://{text}"),
            Address::Unix(path) if path.is_absolute() => write!(f, "unix://{}", path.display()),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_sops_spells_them() {
        for (uri, shown) in [
            ("tcp://localhost:5000", "tcp://localhost:5000"),
            ("tcp://127.0.0.1:5000/", "tcp://127.0.0.1:5000"),
            ("tcp://[::1]:5000", "tcp://[::1]:5000"),
            ("unix:///run/ks.sock", "unix:///run/ks.sock"),
            ("unix:/run/ks.sock", "unix:///run/ks.sock"),
            ("unix:ks.sock", "unix:ks.sock"),
        ] {
            assert_eq!(Address::parse(uri).map(|address| address.to_string()), Ok(shown.into()), "{uri}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (uri, why) in [
            ("", "is not of the form `tcp://HOST:PORT`"),
            ("localhost:5000", "begins neither with `tcp://` nor with `unix://`"),
            ("http://localhost:5000", "begins neither with `tcp://` nor with `unix://`"),
            ("tcp:localhost:5000", "begins neither with `tcp://` nor with `unix://`"),
            ("tcp://localhost", "names no port"),
            ("tcp://localhost:", "names no port"),
            ("tcp://localhost:+1", "names no port"),
            ("tcp://localhost:0", "names no port"),
            ("tcp://localhost:65536", "names no port"),
            ("tcp://:5000", "names no host"),
            ("tcp://::1:5000", "names no host"),
            ("tcp://[::1:5000", "names no host"),
            ("tcp://a/b:5000", "names no host"),
            ("tcp://u:p@localhost:5000", "holds a user: key services know none"),
            ("unix://run/ks.sock", "names no path: an absolute one takes three slashes, `unix:///PATH`"),
            ("unix://", "names no path: an absolute one takes three slashes, `unix:///PATH`"),
            ("unix:///", "names no socket"),
            ("unix:", "names no socket"),
        ] {
            assert_eq!(Address::parse(uri), Err(AddressError(why)), "{uri}");
        }
    }
}
