//! What the variables say of a server, as the tools of Vault and OpenBao read them: the former's begin
//! with `VAULT_`, the latter's with `BAO_`. A server that one of the two addresses names is spoken to
//! with what belongs to that address.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use zeroize::Zeroizing;

use super::address::{Address, named};
use crate::recipient::Host;

const VAULT: &str = "VAULT_";
const BAO: &str = "BAO_";

/// How often a request is sent once more when nothing says it, as Vault's own client.
const RETRIES: u32 = 2;

/// The settings for one server.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) host: Arc<dyn Host>,
    /// How the names of variables begin, the first to be looked at first.
    prefixes: &'static [&'static str],
}

/// A variable that is set.
pub(super) struct Setting {
    /// Its whole name.
    pub(super) name: String,
    pub(super) value: String,
}

impl Settings {
    /// Those for a server. What is meant for another server than this one is left out.
    pub(super) fn of(host: &Arc<dyn Host>, address: &Address) -> Self {
        let address_of = |prefix: &str| named(&**host, &format!("{prefix}ADDR")).ok().flatten();
        let (vault, bao) = (address_of(VAULT), address_of(BAO));
        let is_here = |named: &Option<Address>| named.as_ref().is_some_and(|named| named.text() == address.text());
        let prefixes: &'static [&'static str] = match (is_here(&bao), is_here(&vault)) {
            (true, false) if vault.is_some() => &[BAO],
            (true, _) => &[BAO, VAULT],
            (false, true) if bao.is_some() => &[VAULT],
            (false, _) => &[VAULT, BAO],
        };
        Settings { host: Arc::clone(host), prefixes }
    }

    /// The variable of this name, without what it begins with.
    pub(super) fn get(&self, name: &str) -> Option<Setting> {
        let full = |prefix: &&str| format!("{prefix}{name}");
        self.prefixes.iter().map(full).find_map(|name| Some(Setting { value: self.host.variable(&name)?, name }))
    }

    /// Whether a switch is on, in the spellings of Go.
    ///
    /// # Errors
    /// It is neither on nor off; which one, for people.
    pub(super) fn is_on(&self, name: &str) -> Result<bool, String> {
        let Some(Setting { name, value }) = self.get(name) else { return Ok(false) };
        match value.as_str() {
            "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
            "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
            _ => Err(format!("{name} takes `true` or `false`")),
        }
    }

    /// What is in the file that a variable names; nothing without the variable.
    ///
    /// # Errors
    /// It cannot be read; which one, for people.
    pub(super) fn file(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let Some(Setting { name, value: path }) = self.get(name) else { return Ok(None) };
        let content = self.host.file(path.as_ref()).map_err(|why| format!("`{path}` of {name} {why}"))?;
        content.map(Some).ok_or_else(|| format!("`{path}` of {name} is not there"))
    }

    /// The certificates to trust, each text some of them in PEM; nothing for those of the system.
    ///
    /// # Errors
    /// They cannot be read; which ones, for people.
    pub(super) fn authorities(&self) -> Result<Option<Vec<Zeroizing<Vec<u8>>>>, String> {
        if let Some(pem) = self.get("CACERT_BYTES") {
            return Ok(Some(vec![Zeroizing::new(pem.value.into_bytes())]));
        }
        if let Some(pem) = self.file("CACERT")? {
            return Ok(Some(vec![pem]));
        }
        let Some(Setting { name, value: path }) = self.get("CAPATH") else { return Ok(None) };
        let wrong = |why: &str| format!("`{path}` of {name} {why}");
        let files = self.host.folder(Path::new(&path)).map_err(|why| wrong(&why))?;
        let mut found = Vec::new();
        for file in files.ok_or_else(|| wrong("is not there"))? {
            // A folder or a link to nothing among them is no certificate.
            found.extend(self.host.file(&file).ok().flatten());
        }
        Ok(Some(found))
    }

    /// How long one request may take, where that is said.
    ///
    /// # Errors
    /// It is no duration; which variable, for people.
    pub(super) fn timeout(&self) -> Result<Option<Duration>, String> {
        let Some(Setting { name, value }) = self.get("CLIENT_TIMEOUT") else { return Ok(None) };
        match duration(&value) {
            Some(Duration::ZERO) => Ok(None),
            Some(time) => Ok(Some(time)),
            None => Err(format!("{name} takes a number of seconds, or a duration such as `1m30s`")),
        }
    }

    /// How often a request is sent once more.
    ///
    /// # Errors
    /// It is no number; which variable, for people.
    pub(super) fn retries(&self) -> Result<u32, String> {
        let Some(Setting { name, value }) = self.get("MAX_RETRIES") else { return Ok(RETRIES) };
        value.parse().map_err(|_| format!("{name} takes a number"))
    }

    /// Headers that some proxies want to see.
    ///
    /// # Errors
    /// They are none; which variable, for people.
    pub(super) fn headers(&self) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        let Some(Setting { name, value }) = self.get("HEADERS") else { return Ok(headers) };
        let wrong = || format!("{name} takes a map of texts in JSON; names that begin with `X-Vault-` are taken");
        let map: Value = serde_json::from_str(&value).map_err(|_| wrong())?;
        for (header, value) in map.as_object().ok_or_else(wrong)? {
            let header = HeaderName::from_bytes(header.as_bytes()).map_err(|_| wrong())?;
            let mut value = HeaderValue::from_str(value.as_str().ok_or_else(wrong)?).map_err(|_| wrong())?;
            if header.as_str().starts_with("x-vault-") {
                return Err(wrong());
            }
            value.set_sensitive(true);
            headers.append(header, value);
        }
        Ok(headers)
    }

    /// The agent that is to be asked in place of every server.
    ///
    /// # Errors
    /// Its address is none; which variable, for people.
    pub(super) fn agent(&self) -> Result<Option<Agent>, String> {
        let Some(Setting { name, value }) = self.get("AGENT_ADDR") else { return Ok(None) };
        let wrong = |_| format!("{name} is not `http://HOST:PORT` or `unix:///PATH`");
        match value.strip_prefix("unix://") {
            Some(path) => Address::parse("http://localhost")
                .map(|address| Some(Agent { address, socket: Some(PathBuf::from(path)) })),
            None => Address::parse(&value).map(|address| Some(Agent { address, socket: None })),
        }
        .map_err(wrong)
    }
}

/// A process of the user that passes requests on, and may add its own token.
pub(super) struct Agent {
    pub(super) address: Address,
    /// Where it listens, if not at a port.
    pub(super) socket: Option<PathBuf>,
}

/// A duration in the spelling of Go, or a number of seconds.
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|sign: char| !sign.is_ascii_digit() && sign != '.')?;
        let (number, unit) = (rest[..end].parse::<f64>().ok()?, &rest[end..]);
        let units = [("ms", 0.001), ("us", 0.000_001), ("ns", 0.000_000_001), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, seconds) = units.into_iter().find(|(name, _)| unit.starts_with(name))?;
        sum += number * seconds;
        rest = &rest[end + unit.len()..];
    }
    Duration::try_from_secs_f64(sum).ok().filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient::vault::testing::Variables;

    type Pairs = &'static [(&'static str, &'static str)];

    fn settings(variables: Pairs) -> Settings {
        let host: Arc<dyn Host> = Arc::new(Variables(variables));
        Settings::of(&host, &Address::parse("https://here").expect("is one"))
    }

    #[test]
    fn a_server_sees_what_is_meant_for_it() {
        const BOTH: [(&str, &str); 2] = [("VAULT_TOKEN", "v"), ("BAO_TOKEN", "b")];
        for (variables, expected) in [
            (&[BOTH[0], BOTH[1]][..], Some("v")),
            (&[BOTH[1]], Some("b")),
            (&[BOTH[0], BOTH[1], ("BAO_ADDR", "https://here")], Some("b")),
            (&[BOTH[0], ("BAO_ADDR", "https://here")], Some("v")),
            (&[BOTH[0], ("BAO_ADDR", "https://here"), ("VAULT_ADDR", "https://there")], None),
            (&[BOTH[1], ("BAO_ADDR", "https://there"), ("VAULT_ADDR", "https://here")], None),
            (&[BOTH[1], ("VAULT_ADDR", "https://here/")], Some("b")),
            (&[BOTH[0], BOTH[1], ("BAO_ADDR", "https://here"), ("VAULT_ADDR", "https://here")], Some("b")),
        ] {
            let found = settings(variables).get("TOKEN").map(|setting| setting.value);
            assert_eq!(found.as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn durations_are_those_of_go() {
        for (text, expected) in [
            ("5", Some(5.0)),
            ("0.5", Some(0.5)),
            ("30s", Some(30.0)),
            ("1m30s", Some(90.0)),
            ("1.5h", Some(5400.0)),
            ("250ms", Some(0.25)),
            ("", None),
            ("s", None),
            ("1x", None),
            ("-1s", None),
            ("1s ", None),
            ("1é", None),
        ] {
            assert_eq!(duration(text), expected.map(Duration::from_secs_f64), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let retries = |variables| settings(variables).retries();
        assert_eq!(retries(&[]), Ok(RETRIES));
        assert_eq!(retries(&[("BAO_MAX_RETRIES", "0")]), Ok(0));
        assert_eq!(retries(&[("VAULT_MAX_RETRIES", "-1")]), Err("VAULT_MAX_RETRIES takes a number".into()));
        assert!(settings(&[("VAULT_CLIENT_TIMEOUT", "soon")]).timeout().is_err_and(|why| why.contains("1m30s")));
        for headers in ["x", "[]", r#"{"a":1}"#, r#"{"a b":"c"}"#, r#"{"X-Vault-Token":"c"}"#, r#"{"a":"b\n"}"#] {
            let host: Arc<dyn Host> = Arc::new(Variables(vec![("VAULT_HEADERS", headers)].leak()));
            let settings = Settings { host, prefixes: &[VAULT] };
            assert!(settings.headers().is_err(), "{headers}");
        }
        let agent = |variables| settings(variables).agent().map(|agent| agent.map(|it| (it.address.text(), it.socket)));
        assert_eq!(agent(&[("VAULT_AGENT_ADDR", "http://l:1")]), Ok(Some(("http://l:1".into(), None))));
        let socket = ("http://localhost".into(), Some(PathBuf::from("/run/a")));
        assert_eq!(agent(&[("BAO_AGENT_ADDR", "unix:///run/a")]), Ok(Some(socket)));
        assert!(agent(&[("VAULT_AGENT_ADDR", "l:1")]).is_err());
    }
}
