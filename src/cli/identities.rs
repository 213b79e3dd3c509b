//! Where the identities of this run are (sops-compat.md §5.2), and the keyring of the key services
//! that it can use. Nothing is looked up before a key is to be unwrapped, and nothing twice.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
#[cfg(feature = "network")]
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Run;
use super::args::KeyServices;
use super::argv::{self, Name};
use super::env::{self, Env};
use super::error::{CommandError, Exit, reason};
use super::files::{self, FileError};
use super::prompt::Terminal;
#[cfg(any(feature = "network", feature = "pgp"))]
use crate::recipient::Lazy;
use crate::recipient::age::{Age, IdentitySource};
#[cfg(feature = "aws")]
use crate::recipient::aws::Aws;
#[cfg(feature = "azure")]
use crate::recipient::azure::Azure;
#[cfg(feature = "gcp")]
use crate::recipient::gcp::Gcp;
#[cfg(feature = "huawei")]
use crate::recipient::huawei::Huawei;
#[cfg(feature = "network")]
use crate::recipient::network::{Backend, Network, Networked};
#[cfg(feature = "pgp")]
use crate::recipient::pgp::Pgp;
#[cfg(feature = "vault")]
use crate::recipient::vault::{Trust, Vault};
use crate::recipient::{Host, KeyService, Keyring, Kind};

/// The most that a command may print as identities, in bytes.
const LONGEST_IDENTITIES: usize = 16 << 20;

/// How long a key on the network may take when nothing else is said.
const DEFAULT_KEY_TIMEOUT: Duration = Duration::from_secs(10);

/// The file with age identities when no variable names another.
#[must_use]
pub(super) fn standard_key_file(env: &Env) -> Option<PathBuf> {
    env.config_dir().map(|directory| directory.join("sops/age/keys.txt"))
}

/// The keyring for the flags and variables of this run.
///
/// # Errors
/// They ask for key services that there are not, or cannot be understood.
pub(super) fn keyring(flags: &KeyServices, order: Option<&str>, run: &Run) -> Result<Keyring, CommandError> {
    let env = &run.env;
    let order = decryption_order(order, run)?;
    let local = match (flags.enable_local_keyservice, env.text(env::SOPS_ENABLE_LOCAL_KEYSERVICE)) {
        (Some(local), _) => local,
        (None, Some(text)) => argv::boolean("enable-local-keyservice", &text)
            .map_err(|_| CommandError::usage("SOPS_ENABLE_LOCAL_KEYSERVICE takes `true` or `false`"))?,
        (None, None) => true,
    };
    let limit = key_timeout(flags.key_timeout.as_deref(), env)?;
    let mut services =
        if local { local_services(env, run.name, Arc::new(Terminal::new(env)), limit) } else { Vec::new() };
    for uri in remote_addresses(flags, env) {
        services.extend(remote_services(&uri)?);
    }
    if services.is_empty() {
        let message = "the local key service is switched off, and no other one is named";
        return Err(CommandError::new(Exit::NoDataKey, message)
            .hint("name one with --keyservice URI, or leave out --enable-local-keyservice=false"));
    }
    let ui = run.ui;
    Ok(Keyring::new(services, order).observed(move |attempt| {
        let how = attempt.reason.as_deref().unwrap_or("opened");
        ui.trace(&format!("{} `{}`: {how}", attempt.kind.title(), attempt.recipient));
    }))
}

/// How long a key on the network may take: what a flag or a variable says.
///
/// # Errors
/// That is no number of seconds.
pub(super) fn key_timeout(flag: Option<&str>, env: &Env) -> Result<Duration, CommandError> {
    let Some(text) = flag.map(str::to_owned).or_else(|| env.text(env::CLOZE_KEY_TIMEOUT)) else {
        return Ok(DEFAULT_KEY_TIMEOUT);
    };
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0);
    let limit = seconds.and_then(|seconds: f64| Duration::try_from_secs_f64(seconds).ok());
    limit.ok_or_else(|| {
        CommandError::usage(format!("`{text}` is no time that a key may take"))
            .hint("--key-timeout and CLOZE_KEY_TIMEOUT take a number of seconds, such as `10` or `0.5`")
    })
}

/// The services of the keys that this process can reach: a line for each kind. `host` is asked for
/// passphrases, and keys on the network may take as long as `limit`.
pub(super) fn local_services(env: &Env, name: Name, host: Arc<dyn Host>, limit: Duration) -> Vec<Box<dyn KeyService>> {
    #[cfg(feature = "network")]
    let network = Network::new(limit);
    #[cfg(not(feature = "network"))]
    let _ = limit;
    #[cfg(not(feature = "vault"))]
    let _ = name;
    vec![
        Box::new(Age::new(age_sources(env), Arc::clone(&host))),
        #[cfg(feature = "pgp")]
        lazily(Kind::Pgp, &host, Pgp::new),
        #[cfg(feature = "aws")]
        networked(Kind::Kms, &host, &network, |host, _| Aws::new(host)),
        #[cfg(feature = "huawei")]
        networked(Kind::Hckms, &host, &network, |host, network| Huawei::new(host, network, super::unix_time)),
        #[cfg(feature = "vault")]
        networked(Kind::HcVault, &host, &network, move |host, _| Vault::new(host, vault_trust(name))),
        #[cfg(feature = "azure")]
        networked(Kind::AzureKv, &host, &network, Azure::new),
        #[cfg(feature = "gcp")]
        networked(Kind::GcpKms, &host, &network, Gcp::new),
    ]
}

/// A service that asks people, made when it is used.
#[cfg(feature = "pgp")]
fn lazily<S: KeyService + 'static>(
    kind: Kind,
    host: &Arc<dyn Host>,
    make: impl FnOnce(Arc<dyn Host>) -> S + 'static,
) -> Box<dyn KeyService> {
    let host = Arc::clone(host);
    Box::new(Lazy::new(kind, || make(host)))
}

/// The service of a backend on the network, made when it is used.
#[cfg(feature = "network")]
fn networked<B: Backend + 'static>(
    kind: Kind,
    host: &Arc<dyn Host>,
    network: &Rc<Network>,
    make: impl FnOnce(Arc<dyn Host>, &Rc<Network>) -> B + 'static,
) -> Box<dyn KeyService> {
    let (host, network) = (Arc::clone(host), Rc::clone(network));
    Box::new(Lazy::new(kind, move || Networked::new(make(host, &network), &network)))
}

/// Which servers may see the credentials for Vault: a file names the server, and SOPS believes it.
#[cfg(feature = "vault")]
pub(super) fn vault_trust(name: Name) -> Trust {
    match name {
        Name::Cloze => Trust::Named,
        Name::Sops => Trust::Any,
    }
}

/// The addresses of the key services of other processes: those of the flags, or of the variable.
fn remote_addresses(flags: &KeyServices, env: &Env) -> Vec<String> {
    let named: Vec<String> = flags.keyservice.iter().filter(|uri| !uri.is_empty()).cloned().collect();
    if !named.is_empty() {
        return named;
    }
    let listed = env.text(env::SOPS_KEYSERVICE).unwrap_or_default();
    listed.split(',').map(str::trim).filter(|uri| !uri.is_empty()).map(str::to_owned).collect()
}

/// The services of another process.
#[cfg(feature = "keyservice")]
fn remote_services(uri: &str) -> Result<Vec<Box<dyn KeyService>>, CommandError> {
    use crate::recipient::remote::{Address, Limits, services};
    let wrong = |error| {
        let shown = if uri.contains('@') { "a key service".into() } else { format!("the key service `{uri}`") };
        CommandError::usage(format!("the address of {shown} {error}"))
            .hint("addresses are `tcp://HOST:PORT` and `unix:///PATH`")
    };
    Address::parse(uri).map(|address| services(address, Limits::default())).map_err(wrong)
}

#[cfg(not(feature = "keyservice"))]
fn remote_services(_: &str) -> Result<Vec<Box<dyn KeyService>>, CommandError> {
    Err(no_keyservices())
}

/// What a build without them says when it is asked for key services.
#[cfg(not(feature = "keyservice"))]
pub(super) fn no_keyservices() -> CommandError {
    CommandError::usage("this build has no key services of other processes")
        .hint("it was built without the cargo feature `keyservice`")
}

/// The kinds of keys to try first. SOPS passes over what it does not know.
fn decryption_order(flag: Option<&str>, run: &Run) -> Result<Vec<Kind>, CommandError> {
    let text = flag.filter(|text| !text.is_empty()).map(str::to_owned);
    let text = text.or_else(|| run.env.text(env::SOPS_DECRYPTION_ORDER)).unwrap_or_else(|| "age,pgp".into());
    let mut order = Vec::new();
    for name in text.split(',') {
        let Some(kind) = Kind::from_list(name) else {
            if run.name == Name::Sops {
                continue;
            }
            let known = Kind::ALL.map(Kind::list).join(", ");
            let error = CommandError::usage(format!("`{name}` in the decryption order is no kind of key"));
            return Err(error.hint(format!("the kinds are: {known}")));
        };
        if order.contains(&kind) {
            let message = format!("`{}` stands twice in the decryption order", kind.list());
            return Err(CommandError::new(Exit::DoubledOrder, message));
        }
        order.push(kind);
    }
    Ok(order)
}

/// The places with age identities, in the order of SOPS.
fn age_sources(env: &Env) -> Vec<IdentitySource<'static>> {
    let mut sources = vec![
        named_file(env, env::SOPS_AGE_SSH_PRIVATE_KEY_FILE).for_ssh(),
        command(env, env::SOPS_AGE_SSH_PRIVATE_KEY_CMD).for_ssh(),
    ];
    if let Some(home) = env.path(env::HOME) {
        for name in ["id_ed25519", "id_rsa"] {
            sources.push(standard_file(home.join(".ssh").join(name)).for_ssh());
        }
    }
    sources.push(inline(env));
    sources.push(named_file(env, env::SOPS_AGE_KEY_FILE));
    sources.push(command(env, env::SOPS_AGE_KEY_CMD));
    sources.extend(standard_key_file(env).map(standard_file));
    sources
}

/// Identities in a variable.
fn inline(env: &Env) -> IdentitySource<'static> {
    let text = env.text(env::SOPS_AGE_KEY).map(Zeroizing::new);
    IdentitySource::new(env::SOPS_AGE_KEY, move || Ok(text.as_ref().map(|text| one_per_line(text))))
}

/// A file that is read if it is there.
fn standard_file(path: PathBuf) -> IdentitySource<'static> {
    IdentitySource::new(path.display().to_string(), move || match files::read(&path) {
        Err(FileError::Missing(_)) => Ok(None),
        other => other.map(Some).map_err(why),
    })
}

/// The file that a variable names. It has to be there.
fn named_file(env: &Env, variable: &str) -> IdentitySource<'static> {
    match env.path(variable) {
        None => IdentitySource::new(variable, || Ok(None)),
        Some(path) => {
            let place = format!("{variable} (`{}`)", path.display());
            IdentitySource::new(place, move || files::read(&path).map(Some).map_err(why))
        }
    }
}

/// The output of a command that a variable names. SOPS runs the command for each age entry of a
/// file, with its recipient in `SOPS_AGE_RECIPIENT`. Here it runs once for all of them, so that
/// nobody is asked twice, and has no such variable: it prints all the identities that it has.
fn command(env: &Env, variable: &str) -> IdentitySource<'static> {
    let line = env.text(variable);
    IdentitySource::new(variable, move || line.as_deref().map(output_of).transpose()).command()
}

/// Runs a command without a shell. It may talk to the user on the terminal and on standard error,
/// but our standard input is data.
fn output_of(line: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let words = shell_words::split(line).map_err(|_| "is not a command line: a quote is not closed".to_owned())?;
    let Some((program, arguments)) = words.split_first() else {
        return Err("is not a command line: it is blank".into());
    };
    let child = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let failed = |error: &io::Error| format!("`{program}` cannot be run: {}", reason(error));
    let mut child = child.map_err(|error| failed(&error))?;
    // What it prints is secret: none of the buffers may stay in memory as it is.
    let pipe = child.stdout.take().expect("impossible: its output was made a pipe");
    let text = files::read_pipe(pipe, LONGEST_IDENTITIES);
    let status = child.wait().map_err(|error| failed(&error))?;
    let text = text.map_err(|error| failed(&error))?;
    if !status.success() {
        return Err(format!("`{program}` failed: {status}"));
    }
    Ok(text)
}

/// Identities that are separated by blanks, as they are in a variable, in lines of their own. A
/// private key of SSH and an age file are left as they are.
fn one_per_line(text: &str) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    if text.trim_start().starts_with("-----BEGIN ") {
        out.extend_from_slice(text.as_bytes());
        return out;
    }
    for line in text.lines() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for word in line.split_whitespace() {
            out.extend_from_slice(word.as_bytes());
            out.push(b'\n');
        }
    }
    out
}

pub(super) fn why(error: FileError) -> String {
    match error {
        FileError::Missing(_) => "there is no such file".into(),
        FileError::Directory(_) => "is a directory".into(),
        FileError::Read(_, error) | FileError::Write(_, error) => format!("cannot be read: {}", reason(&error)),
        FileError::TooLarge(_) | FileError::Exists(_) | FileError::Interrupted(_) => "is too large".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ui::Ui;
    use crate::recipient::Nobody;
    use crate::recipient::{Recipient, WrappedKey};

    #[test]
    fn each_source_says_what_is_there() {
        let directory = tempfile::TempDir::new().expect("makes");
        let home = directory.path().to_str().expect("is text").to_owned();
        let home: &'static str = home.leak();
        let env = Env::of([
            (env::SOPS_AGE_KEY, "one two\n# three\nfour"),
            (env::SOPS_AGE_KEY_FILE, "/nonexistent"),
            (env::SOPS_AGE_KEY_CMD, "printf '# a\\nb'"),
            (env::XDG_CONFIG_HOME, home),
        ]);
        let lines = |env: &Env| {
            let age = Age::new(age_sources(env), Arc::new(Nobody));
            let nobody = Recipient::age("age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p");
            let enc = age.wrap(&nobody, b"secret").expect("wraps");
            age.unwrap(&WrappedKey { recipient: nobody, enc, created_at: None, unknown: Vec::new() });
            age.places()
        };
        assert_eq!(
            lines(&env),
            [
                "SOPS_AGE_KEY: line 1: is not an age identity (`AGE-SECRET-KEY-1…`)",
                "SOPS_AGE_KEY_FILE (`/nonexistent`): there is no such file",
                "SOPS_AGE_KEY_CMD: line 2: is not an age identity (`AGE-SECRET-KEY-1…`)",
                &format!("{home}/sops/age/keys.txt: not there"),
            ]
        );
    }

    #[test]
    fn the_time_that_a_key_may_take_is_a_number_of_seconds() {
        let env = Env::of([(env::CLOZE_KEY_TIMEOUT, "2.5")]);
        let limit = |flag: Option<&str>, env: &Env| key_timeout(flag, env).map_err(|error| error.to_string());
        assert_eq!(limit(None, &Env::of([])), Ok(Duration::from_secs(10)));
        assert_eq!(limit(None, &env), Ok(Duration::from_millis(2500)));
        assert_eq!(limit(Some("1"), &env), Ok(Duration::from_secs(1)));
        for wrong in ["", "0", "-1", "ten", "inf", "NaN", "1e300", "10s"] {
            assert!(limit(Some(wrong), &env).is_err_and(|said| said.contains("no time")), "{wrong}");
        }
    }

    #[test]
    fn identities_in_a_variable_are_separated_by_blanks() {
        assert_eq!(*one_per_line("one two\n# three\nfour"), b"one\ntwo\nfour\n");
        assert_eq!(*one_per_line("-----BEGIN X-----\na b\n"), b"-----BEGIN X-----\na b\n");
    }

    #[test]
    fn a_command_may_print_more_than_fits_a_pipe_and_knows_no_recipient() {
        let text = output_of("sh -c 'echo \"[$SOPS_AGE_RECIPIENT]\"; head -c 200000 /dev/zero'").expect("prints");
        assert_eq!((text.len(), text.starts_with(b"[]\n\0")), (200_003, true));
    }

    #[test]
    fn a_command_that_fails_says_why() {
        for (line, why) in [
            ("false", "`false` failed: exit status: 1"),
            ("/nonexistent/x", "`/nonexistent/x` cannot be run: no such file or directory"),
            (" ", "is not a command line: it is blank"),
            ("'a", "is not a command line: a quote is not closed"),
        ] {
            assert_eq!(output_of(line), Err(why.into()), "{line}");
        }
    }

    #[test]
    fn flags_and_variables_choose_the_services() {
        let code = |flags: KeyServices, order: Option<&str>, name: Name, env: &Env| {
            let ui = Ui { verbose: false };
            let run = Run { name, env: env.clone(), ui, directory: PathBuf::new(), rules: Default::default() };
            keyring(&flags, order, &run).err().map(|error| error.code().number())
        };
        let flags = KeyServices::default;
        let (sops, none) = (Name::Sops, Env::of([]));
        assert_eq!(code(flags(), None, sops, &none), None);
        assert_eq!(code(flags(), Some("age,unknown,pgp"), sops, &none), None);
        assert_eq!(code(flags(), Some("age,unknown,pgp"), Name::Cloze, &none), Some(1));
        assert_eq!(code(flags(), Some("age,pgp,age"), sops, &none), Some(112));
        assert_eq!(code(flags(), None, sops, &Env::of([(env::SOPS_DECRYPTION_ORDER, "pgp,pgp")])), Some(112));
        let uri = |uri: &str| KeyServices { keyservice: vec![uri.into()], ..flags() };
        assert_eq!(code(uri("tcp://localhost:5000"), None, sops, &none), None);
        assert_eq!(code(uri("http://localhost:5000"), None, sops, &none), Some(1));
        assert_eq!(code(flags(), None, sops, &Env::of([(env::SOPS_KEYSERVICE, "unix:///a, b")])), Some(1));
        assert_eq!(code(uri("unix:///a"), None, sops, &Env::of([(env::SOPS_KEYSERVICE, "b")])), None);
        let off = Env::of([(env::SOPS_ENABLE_LOCAL_KEYSERVICE, "false")]);
        assert_eq!(code(flags(), None, sops, &off), Some(128));
        let both = [(env::SOPS_ENABLE_LOCAL_KEYSERVICE, "false"), (env::SOPS_KEYSERVICE, " unix:///a ,")];
        assert_eq!(code(flags(), None, sops, &Env::of(both)), None);
        let on = KeyServices { enable_local_keyservice: Some(true), ..flags() };
        assert_eq!(code(on, None, sops, &off), None);
    }
}
