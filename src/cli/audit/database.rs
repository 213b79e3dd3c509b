//! Records in PostgreSQL: the rows that SOPS inserts (sops-compat.md §8.7, «Audit»).

use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::dsn::{Dsn, Tls};
use super::{Event, tls, user};

/// How long a server may take to answer, where the connection string does not say.
const PATIENCE: Duration = Duration::from_secs(10);

const INSERT: &str = "INSERT INTO audit_event (action, username, file) VALUES ($1, $2, $3)";

/// A database, connected.
pub(super) struct Database {
    client: Client,
    /// What it is called in messages.
    name: String,
}

impl Database {
    /// Connects. What the connection string leaves open is as in SOPS: this machine, encrypted.
    pub(super) fn connect(text: &str) -> Result<Self, String> {
        let wrong = |error: String| format!("PostgreSQL: {error}");
        let dsn = Dsn::parse(text).map_err(wrong)?;
        // The reason names a setting, which may be a part of a password that stands in no quotes.
        let mut config: Config = dsn
            .rest
            .parse()
            .map_err(|_| wrong("the connection string has a setting that is unknown or wrong".into()))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        if config.get_user().is_none() {
            config.user(&user()?.0);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        let name = format!("PostgreSQL on {}", hosts(&config));
        let is_local =
            config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_))) && config.get_hostaddrs().is_empty();
        let mode = match dsn.tls {
            // A socket of this machine needs no encryption, and has none.
            _ if is_local => Tls::Disable,
            mode => mode.unwrap_or(Tls::Require),
        };
        let connected = if mode == Tls::Disable {
            config.ssl_mode(SslMode::Disable).connect(NoTls)
        } else {
            let tls = tls::config(mode, dsn.roots.as_deref()).map_err(wrong)?;
            config.ssl_mode(SslMode::Require).connect(MakeRustlsConnect::new(tls))
        };
        let client = connected.map_err(|error| format!("{name}: {}", reason(&error)))?;
        Ok(Database { client, name })
    }

    /// Inserts a row for each event; all or none.
    pub(super) fn insert(&mut self, events: &[Event<'_>]) -> Result<(), String> {
        let inserted = self.client.transaction().and_then(|mut transaction| {
            for event in events {
                if let Some(file) = event.file() {
                    transaction.execute(INSERT, &[&event.action, &event.user, &file])?;
                }
            }
            transaction.commit()
        });
        inserted.map_err(|error| format!("{}: {}", self.name, reason(&error)))
    }
}

fn hosts(config: &Config) -> String {
    let name = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let names: Vec<String> = match config.get_hosts() {
        [] => config.get_hostaddrs().iter().map(ToString::to_string).collect(),
        hosts => hosts.iter().map(name).collect(),
    };
    names.join(", ")
}

/// Why, with what the server says.
fn reason(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{}", if error.to_string().contains(&cause) { String::new() } else { cause })
        }
    }
}
