//! age recipients: the data key is an armored age file for exactly one of them (sops-compat.md
//! §5.1, §5.2).
//!
//! Unwrapping goes from what costs nothing to what costs somebody's attention: identities in files,
//! then commands, then passphrases, then plugins. Every place is read, every passphrase asked for
//! and every plugin started at most once in a run, and only when everything before did not do.

mod bridge;
mod hybrid;
mod identity;
mod plugin;
mod recipient;
mod source;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufReader, Read as _, Write as _};
use std::sync::Arc;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use self::identity::{Contents, Key, SshKey};
use super::{Host, KeyService, Kind, Recipient, Unwrapped, WrappedKey};

pub use recipient::{AgeRecipient, parse_recipient};
pub use source::{Found, IdentitySource};

/// The longest wrapped key that is looked at, in bytes. A real one has some 400, one for RSA some
/// 1,000, a post-quantum one some 2,400; reading the header of an age file takes time with the
/// square of its length.
const MAX_WRAPPED_BYTES: usize = 16 * 1024;

/// Wraps for age recipients, and unwraps with the identities of this run.
pub struct Age<'a> {
    sources: Vec<IdentitySource<'a>>,
    host: Arc<dyn Host>,
    groups: RefCell<Vec<Group>>,
    /// What went wrong with a plugin, by its name.
    failures: RefCell<BTreeMap<String, String>>,
}

/// Wrapped keys any one of which suffices, and what plugins made of them.
struct Group {
    keys: Vec<WrappedKey>,
    /// The identities that plugins were asked with.
    asked: Vec<String>,
    /// What they found.
    found: Vec<FileKey>,
}

/// What may be spent on opening a key, the cheapest first.
#[derive(Clone, Copy)]
enum Step {
    /// Variables and files are read.
    Read,
    /// Commands are run.
    Run,
    /// SSH keys that are known to be the ones are unlocked.
    UnlockSsh,
    /// Plugins are started for which there is a recipient.
    AskPreferredPlugins,
    /// Identity files with a passphrase are opened.
    OpenFiles,
    /// All plugins are started.
    AskPlugins,
}

const STEPS: [Step; 6] =
    [Step::Read, Step::Run, Step::UnlockSsh, Step::AskPreferredPlugins, Step::OpenFiles, Step::AskPlugins];

impl<'a> Age<'a> {
    /// A service that takes its identities from `sources`, and asks `host` for what they lack.
    #[must_use]
    pub fn new(sources: Vec<IdentitySource<'a>>, host: Arc<dyn Host>) -> Self {
        Age { sources, host, groups: RefCell::default(), failures: RefCell::default() }
    }

    /// The identities that were read so far.
    fn keys(&self) -> impl Iterator<Item = &Key> {
        self.sources.iter().flat_map(IdentitySource::keys)
    }

    /// Opens a key with the identities that are ready.
    fn open(&self, key: &WrappedKey) -> Option<Unwrapped> {
        unwrap_with(key, self.keys().filter_map(Key::ready))
    }

    /// Opens a key with what plugins found for its group.
    fn open_found(&self, key: &WrappedKey) -> Option<Unwrapped> {
        let groups = self.groups.borrow();
        let found = groups.iter().filter(|group| group.keys.contains(key)).flat_map(|group| &group.found);
        found.map(Known).find_map(|known| unwrap_with(key, std::iter::once(&known as &dyn age::Identity)))
    }

    /// Does one more thing that a step allows; false when there is nothing left to do in it.
    fn advance(&self, step: Step, entries: &[Entry<'_>]) -> bool {
        match step {
            Step::Read => {
                self.sources.iter().filter(|source| is_due(source, false, entries)).map(IdentitySource::load).count()
                    > 0
            }
            Step::Run => {
                self.sources.iter().find(|source| is_due(source, true, entries)).map(IdentitySource::load).is_some()
            }
            Step::UnlockSsh => self.unlock_ssh(entries),
            // They hold no SSH keys.
            Step::OpenFiles => entries.iter().any(|entry| !entry.stanzas.iter().any(is_for_ssh)) && self.open_file(),
            Step::AskPreferredPlugins => self.ask_plugins(entries, true),
            Step::AskPlugins => self.ask_plugins(entries, false),
        }
    }

    fn unlock_ssh(&self, entries: &[Entry<'_>]) -> bool {
        let is_wanted = |key: &SshKey| key.is_locked() && entries.iter().any(|entry| key.is_for(&entry.stanzas));
        self.ssh_keys().find(|(_, key)| is_wanted(key)).map(|(place, key)| key.unlock(place, &*self.host)).is_some()
    }

    fn ssh_keys(&self) -> impl Iterator<Item = (&str, &SshKey)> {
        self.sources.iter().flat_map(|source| source.keys().iter().map(move |key| (source.place(), key))).filter_map(
            |(place, key)| match key {
                Key::Ssh(key) => Some((place, &**key)),
                _ => None,
            },
        )
    }

    fn open_file(&self) -> bool {
        let shut = self.sources.iter().find_map(|source| match source.contents() {
            Some(Contents::Sealed(sealed)) if sealed.keys().is_none() => Some((source.place(), sealed)),
            _ => None,
        });
        shut.map(|(place, sealed)| sealed.open(place, &*self.host).is_ok()).is_some()
    }

    /// Asks one plugin that there are identities for, about the group of these entries and about
    /// all other groups that are to be opened in this run and need it. `preferred` are those that
    /// one of the recipients names.
    fn ask_plugins(&self, entries: &[Entry<'_>], preferred: bool) -> bool {
        let mut plugins: BTreeMap<&str, Vec<&age::plugin::Identity>> = BTreeMap::new();
        for key in self.keys() {
            if let Key::Plugin(identity) = key
                && (!preferred || entries.iter().any(|entry| is_for_plugin(entry.key, identity.plugin())))
            {
                plugins.entry(identity.plugin()).or_default().push(identity);
            }
        }
        let keys: Vec<&WrappedKey> = entries.iter().map(|entry| entry.key).collect();
        self.foresee(&keys);
        plugins.into_iter().any(|(name, identities)| self.ask_plugin(name, &identities, &keys))
    }

    /// False when it was asked with these identities already.
    fn ask_plugin(&self, name: &str, identities: &[&age::plugin::Identity], keys: &[&WrappedKey]) -> bool {
        let texts: Vec<String> = identities.iter().map(ToString::to_string).collect();
        let is_new = |group: &Group| texts.iter().any(|text| !group.asked.contains(text));
        let mut groups = self.groups.borrow_mut();
        if !groups.iter().any(|group| is_new(group) && group.holds(keys)) {
            return false;
        }
        let needs_it = |group: &Group| {
            is_new(group) && group.found.is_empty() && (group.holds(keys) || !self.opens_by_itself(group))
        };
        let mut due: Vec<&mut Group> = groups.iter_mut().filter(|group| needs_it(group)).collect();
        // To the plugin a group is a file: one of its keys is enough, as one stanza of a file is.
        let files: Vec<Vec<Stanza>> = due.iter().map(|group| group.stanzas()).collect();
        due.iter_mut().for_each(|group| group.asked.extend(texts.iter().cloned()));
        let program = format!("age-plugin-{name}");
        let failure = match self.host.program(&program) {
            None => Some(missing_plugin(&program)),
            Some(path) => match plugin::unwrap(&path, identities, &files, &*self.host) {
                Err(reason) => Some(format!("`{program}` {reason}")),
                Ok(session) => {
                    for (group, key) in due.iter_mut().zip(session.keys) {
                        group.found.extend(key);
                    }
                    (!session.complaints.is_empty()).then(|| format!("`{program}`: {}", session.complaints.join(", ")))
                }
            },
        };
        if let Some(failure) = failure {
            self.failures.borrow_mut().insert(name.to_owned(), failure);
        }
        true
    }

    fn opens_by_itself(&self, group: &Group) -> bool {
        group.keys.iter().any(|key| matches!(self.open(key), Some(Unwrapped::Key(_))))
    }

    /// Why a key did not open.
    fn reason(&self, entry: &Entry<'_>) -> String {
        if let Some(reason) = self
            .ssh_keys()
            .filter(|(_, key)| key.is_for(&entry.stanzas))
            .find_map(|(place, key)| key.failure().map(|reason| format!("{place}: {reason}")))
        {
            return reason;
        }
        let failures = self.failures.borrow();
        let of_plugin =
            failures.iter().find(|(name, _)| is_for_plugin(entry.key, name)).map(|(_, failure)| failure.clone());
        let shut = || {
            self.sources.iter().find_map(|source| match source.contents()? {
                Contents::Sealed(sealed) => {
                    sealed.keys()?.as_ref().err().map(|reason| format!("{}: {reason}", source.place()))
                }
                Contents::Keys(_) => None,
            })
        };
        of_plugin.or_else(shut).unwrap_or_else(|| match self.keys().next() {
            None => "no age identity was found".into(),
            Some(_) => "no matching identity".into(),
        })
    }

    /// Opens the first of the entries that can be opened now. What others came to goes into
    /// `results`.
    fn open_one(&self, entries: &[Entry<'_>], fits: &dyn Fn(&[u8]) -> bool, results: &mut [Option<Unwrapped>]) -> bool {
        for entry in entries {
            let found = self.open(entry.key).or_else(|| self.open_found(entry.key));
            let is_done = matches!(&found, Some(Unwrapped::Key(secret)) if fits(secret));
            results[entry.number] = found.or(results[entry.number].take());
            if is_done {
                return true;
            }
        }
        false
    }
}

/// Whether a source is still to be read, and of use.
fn is_due(source: &IdentitySource<'_>, is_command: bool, entries: &[Entry<'_>]) -> bool {
    source.is_command == is_command
        && !source.is_loaded()
        && (!source.is_for_ssh || entries.iter().any(|entry| entry.stanzas.iter().any(is_for_ssh)))
}

/// Whether the recipient of a key is one of this plugin.
fn is_for_plugin(key: &WrappedKey, name: &str) -> bool {
    let rest = key.recipient.field("recipient").strip_prefix("age1").and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(|rest| rest.starts_with('1'))
}

impl Group {
    fn holds(&self, keys: &[&WrappedKey]) -> bool {
        keys.iter().all(|key| self.keys.contains(key))
    }

    /// The stanzas of all keys that have a header.
    fn stanzas(&self) -> Vec<Stanza> {
        self.keys.iter().filter_map(|key| stanzas_of(key).ok()).flatten().collect()
    }
}

/// A wrapped key that is being opened.
struct Entry<'k> {
    number: usize,
    key: &'k WrappedKey,
    stanzas: Vec<Stanza>,
}

fn is_for_ssh(stanza: &Stanza) -> bool {
    stanza.tag.starts_with("ssh-")
}

/// A file key that is known already.
struct Known<'a>(&'a FileKey);

impl age::Identity for Known<'_> {
    fn unwrap_stanza(&self, _: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        Some(Ok(FileKey::init_with_mut(|key| key.copy_from_slice(self.0.expose_secret()))))
    }
}

/// Opens nothing, and keeps what it was to open: the age crate shows a header to identities only.
#[derive(Default)]
struct Onlooker(RefCell<Vec<Stanza>>);

impl age::Identity for Onlooker {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let Stanza { tag, args, body } = stanza;
        self.0.borrow_mut().push(Stanza { tag: tag.clone(), args: args.clone(), body: body.clone() });
        None
    }
}

type Decryptor<'k> = age::Decryptor<ArmoredReader<BufReader<&'k [u8]>>>;

fn decryptor(key: &WrappedKey) -> Result<Decryptor<'_>, String> {
    if key.enc.len() > MAX_WRAPPED_BYTES {
        return Err("its wrapped key is too long to be one".into());
    }
    age::Decryptor::new_buffered(ArmoredReader::new(key.enc.as_bytes()))
        .map_err(|error| format!("its wrapped key is damaged: {error}"))
}

/// The stanzas in the header of a wrapped key.
fn stanzas_of(key: &WrappedKey) -> Result<Vec<Stanza>, String> {
    let onlooker = Onlooker::default();
    match decryptor(key)?.decrypt(std::iter::once(&onlooker as &dyn age::Identity)) {
        Ok(_) | Err(DecryptError::NoMatchingKeys) => Ok(onlooker.0.take()),
        Err(error) => Err(format!("its wrapped key is damaged: {error}")),
    }
}

/// Opens a key; none when it is for none of the identities.
fn unwrap_with<'i>(key: &WrappedKey, identities: impl Iterator<Item = &'i dyn age::Identity>) -> Option<Unwrapped> {
    let decryptor = match decryptor(key) {
        Ok(decryptor) => decryptor,
        Err(reason) => return Some(Unwrapped::Broken(reason)),
    };
    let mut reader = match decryptor.decrypt(identities) {
        Ok(reader) => reader,
        Err(DecryptError::NoMatchingKeys) => return None,
        Err(error) => return Some(Unwrapped::Broken(format!("its wrapped key does not open: {error}"))),
    };
    // A data key or a share: room from the start, so that no copy is left behind by growing.
    let mut secret = Zeroizing::new(Vec::with_capacity(64));
    Some(match reader.by_ref().take(64).read_to_end(&mut secret) {
        Ok(_) => Unwrapped::Key(secret),
        Err(error) => Unwrapped::Broken(format!("its wrapped key is damaged: {error}")),
    })
}

impl KeyService for Age<'_> {
    fn kind(&self) -> Kind {
        Kind::Age
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        parse_recipient(recipient.field("recipient"))?.wrap(secret, &self.host)
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        let one = self.unwrap_any(&[key], &|_| true).pop();
        one.unwrap_or_else(|| Unwrapped::NotMine("no matching identity".into()))
    }

    fn unwrap_any(&self, keys: &[&WrappedKey], fits: &dyn Fn(&[u8]) -> bool) -> Vec<Unwrapped> {
        let mut results: Vec<Option<Unwrapped>> = keys.iter().map(|_| None).collect();
        let mut entries = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            match stanzas_of(key) {
                Ok(stanzas) => entries.push(Entry { number, key, stanzas }),
                Err(reason) => results[number] = Some(Unwrapped::Broken(reason)),
            }
        }
        let mut is_done = self.open_one(&entries, fits, &mut results);
        for step in STEPS {
            while !is_done && self.advance(step, &entries) {
                is_done = self.open_one(&entries, fits, &mut results);
            }
        }
        for entry in &entries {
            results[entry.number].get_or_insert_with(|| Unwrapped::NotMine(self.reason(entry)));
        }
        results.into_iter().flatten().collect()
    }

    fn foresee(&self, keys: &[&WrappedKey]) {
        let mut groups = self.groups.borrow_mut();
        if !keys.is_empty() && !groups.iter().any(|group| group.holds(keys)) {
            let keys = keys.iter().map(|key| (*key).clone()).collect();
            groups.push(Group { keys, asked: Vec::new(), found: Vec::new() });
        }
    }

    fn places(&self) -> Vec<String> {
        let failures = self.failures.borrow();
        let about = |key: &Key| match key {
            Key::Plugin(identity) => failures.get(identity.plugin()).cloned(),
            _ => None,
        };
        self.sources.iter().filter_map(|source| source.describe(about)).collect()
    }
}

/// The recipients of the identities in a text, as far as identities tell: those for plugins do not.
///
/// # Errors
/// Why it holds none, without a part of it.
pub fn recipients_of(place: &str, text: &[u8], host: &dyn Host) -> Result<Vec<String>, String> {
    let contents = identity::read(text)?;
    let keys = match &contents {
        Contents::Keys(keys) => keys.as_slice(),
        Contents::Sealed(sealed) => sealed.open(place, host)?,
    };
    Ok(keys.iter().filter_map(Key::recipient).collect())
}

/// Encrypts a secret into an armored age file for one recipient.
fn seal(recipient: &dyn age::Recipient, secret: &[u8]) -> Result<String, EncryptError> {
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient))?;
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armor)?;
    writer.write_all(secret)?;
    let armored = writer.finish().and_then(ArmoredWriter::finish)?;
    String::from_utf8(armored).map_err(|error| std::io::Error::other(error).into())
}

/// Says that a plugin is not there, and what was looked for.
fn missing_plugin(program: &str) -> String {
    format!("there is no program `{program}` on PATH; install that age plugin")
}

/// A public key without the middle that nobody compares.
fn short(text: &str) -> String {
    const KEPT: usize = 24;
    let is_long = text.len() > 3 * KEPT && text.is_ascii();
    if is_long { format!("{}…{}", &text[..KEPT], &text[text.len() - KEPT..]) } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
