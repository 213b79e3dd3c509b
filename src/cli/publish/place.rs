//! The one place that a file goes to: a bucket and the name of an object in it, or a path of Vault.
//! Names are put together as SOPS does it, so that programs find them.

use std::fmt;

use super::super::env::{self, Env};
use super::super::error::CommandError;
use crate::recipient::network::is_step;
use crate::recipient::vault::Address;
use crate::rules::Destination;

/// Where Vault is when nothing says it.
const VAULT: &str = "https://127.0.0.1:8200";

/// A place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An object of S3.
    S3 { bucket: String, name: String },
    /// An object of Google Cloud Storage.
    Gcs { bucket: String, name: String },
    /// A secret of a key-value engine.
    Vault { address: String, path: String, version: i64 },
}

impl Place {
    /// The place for a file with this name.
    ///
    /// # Errors
    /// There would be no name, or one that no such place can have.
    pub(super) fn of(destination: &Destination, name: &str, env: &Env) -> Result<Self, CommandError> {
        let is_empty = name.is_empty() || name.ends_with('/');
        if is_empty {
            return Err(CommandError::usage("nothing is left of its name without the extension"));
        }
        let place = match destination {
            Destination::S3 { bucket, prefix } => Place::S3 { bucket: bucket.clone(), name: format!("{prefix}{name}") },
            Destination::Gcs { bucket, prefix } => {
                Place::Gcs { bucket: bucket.clone(), name: format!("{prefix}{name}") }
            }
            Destination::Vault { path, address, mount, version } => {
                let own = || env.text(env::VAULT_ADDR).or_else(|| env.text(env::BAO_ADDR));
                let address = address.clone().or_else(own).unwrap_or_else(|| VAULT.into());
                let data = if *version == 1 { "" } else { "data/" };
                let path = format!("{}{data}{}{name}", closed(mount), closed(path));
                let address = Address::parse(&address).map_err(CommandError::usage)?.text();
                Place::Vault { address, path, version: *version }
            }
        };
        let (Place::S3 { name, .. } | Place::Gcs { name, .. } | Place::Vault { path: name, .. }) = &place;
        // The name of an object is no path: two slashes are as good as one.
        let is_fit = |step: &str| is_step(step) || (step.is_empty() && !place.takes_values());
        if !name.split('/').all(is_fit) {
            let empty = if place.takes_values() { "an empty step, " } else { "" };
            let message = format!("`{name}` has {empty}`.`, `..` or a sign of control in it, and is no name there");
            return Err(CommandError::usage(message));
        }
        Ok(place)
    }

    /// Whether it gets the values, and not the encrypted file.
    pub(super) fn takes_values(&self) -> bool {
        matches!(self, Place::Vault { .. })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::S3 { bucket, name } => write!(f, "s3://{bucket}/{name}"),
            Place::Gcs { bucket, name } => write!(f, "gcs://{bucket}/{name}"),
            Place::Vault { address, path, .. } => write!(f, "{address}/v1/{path}"),
        }
    }
}

/// A name without its last extension.
pub(super) fn without_extension(name: &str) -> &str {
    let last = name.rfind('/').map_or(0, |at| at + 1);
    name[last..].rfind('.').map_or(name, |dot| &name[..last + dot])
}

/// A part of a path with the slash that follows it.
fn closed(part: &str) -> String {
    let part = part.trim_matches('/');
    if part.is_empty() { String::new() } else { format!("{part}/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_together_as_sops_does_it() {
        let env = Env::of([(env::VAULT_ADDR, "https://v:8200/")]);
        let s3 = |prefix: &str| Destination::S3 { bucket: "b".into(), prefix: prefix.into() };
        let vault = |path: &str, mount: &str, version| Destination::Vault {
            path: path.into(),
            address: None,
            mount: mount.into(),
            version,
        };
        for (destination, name, expected) in [
            (s3("p/"), "a.yaml", Some("s3://b/p/a.yaml")),
            (s3("p-"), "d/a.yaml", Some("s3://b/p-d/a.yaml")),
            (s3("/p/"), "a.yaml", Some("s3://b//p/a.yaml")),
            (s3("p//"), "a.yaml", Some("s3://b/p//a.yaml")),
            (vault("a//b", "kv", 1), "a", None),
            (s3("../"), "a.yaml", None),
            (s3("p/"), "", None),
            (vault("sops/", "secret/", 2), "a", Some("https://v:8200/v1/secret/data/sops/a")),
            (vault("/x/y", "kv", 1), "d/a", Some("https://v:8200/v1/kv/x/y/d/a")),
            (vault("", "kv", 2), "a", Some("https://v:8200/v1/kv/data/a")),
        ] {
            let place = Place::of(&destination, name, &env).map(|place| place.to_string()).ok();
            assert_eq!(place.as_deref(), expected, "{destination:?} {name}");
        }
    }

    #[test]
    fn the_last_extension_is_left_out() {
        for (name, expected) in [("a.enc.yaml", "a.enc"), ("d.x/a", "d.x/a"), ("d/.env", "d/"), ("a", "a")] {
            assert_eq!(without_extension(name), expected);
        }
    }
}
