//! `publish`: puts files where programs fetch them, as the destination rules say (sops-compat.md
//! §7.7, §8.7). S3 and Google Cloud Storage get the file encrypted, as it is or for other recipients;
//! the key-value engine of Vault gets the values. Under our own name everything is made ready and shown
//! before anything leaves the machine; called as `sops`, it takes one file after the other.

mod gcs;
mod place;
mod s3;
mod upload;
mod values;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use self::place::Place;
use self::upload::{Done, Uploader};
use super::argv::Name;
use super::audit::Audit;
use super::error::{CommandError, Exit};
use super::{Run, args, config, discover, files, formats, given, identities, tools};
use crate::document::{Format, Layout};
use crate::envelope::{self, Options, Policy};
use crate::recipient::{Access, Keyring};
use crate::rules::{CreationRule, Destination};

/// What is put somewhere.
struct Job {
    file: PathBuf,
    place: Place,
    /// An encrypted file; or the values as JSON, for a place that is Vault.
    content: Zeroizing<Vec<u8>>,
}

/// One run.
struct Publish<'a> {
    args: &'a args::Publish,
    run: &'a Run,
    keyring: Keyring,
    audit: Audit<'a>,
}

/// Runs the command.
pub(super) fn run(args: &args::Publish, run: &Run) -> Result<(), CommandError> {
    let path = given(args.path.as_ref()).ok_or_else(|| CommandError::no_file(run.name))?;
    let keyring = identities::keyring(&args.services, args.decryption_order.as_deref(), run)?;
    let publish = Publish { args, run, keyring, audit: Audit::open("publish", run)? };
    let targets = publish.targets(path)?;
    match run.name {
        Name::Cloze => publish.together(&targets),
        Name::Sops => publish.one_by_one(&targets),
    }
}

impl Publish<'_> {
    /// The files that are meant, and what they are called where they go.
    fn targets(&self, path: &Path) -> Result<Vec<(PathBuf, String)>, CommandError> {
        let name = |path: &Path| {
            let name = path.to_str().filter(|name| !name.is_empty()).map(str::to_owned);
            name.ok_or_else(|| CommandError::usage("its name is no text, and cannot be one elsewhere").about(path))
        };
        if !path.is_dir() {
            return Ok(vec![(path.to_owned(), name(path.file_name().unwrap_or_default().as_ref())?)]);
        }
        if !self.args.recursive {
            let error = CommandError::usage("can't operate on a directory").about(path);
            return Err(error.hint("--recursive publishes the encrypted files in it"));
        }
        let found = discover::encrypted_below(path)?;
        let named = |file: PathBuf| {
            let inside = name(file.strip_prefix(path).unwrap_or(&file))?;
            Ok((file, inside))
        };
        found.into_iter().map(named).collect()
    }

    /// Everything is made ready, shown and asked about before the first file leaves.
    fn together(&self, targets: &[(PathBuf, String)]) -> Result<(), CommandError> {
        let mut jobs = Vec::new();
        for (file, name) in targets {
            jobs.extend(self.job(file, name)?);
        }
        let mut seen = HashSet::new();
        if let Some(twice) = jobs.iter().find(|job| !seen.insert(job.place.to_string())) {
            let message = format!("another file would be published to `{}`, too", twice.place);
            return Err(CommandError::usage(message).about(&twice.file));
        }
        if jobs.is_empty() {
            return Err(CommandError::usage("there is nothing to publish"));
        }
        for job in &jobs {
            let what = if job.place.takes_values() { "decrypted" } else { "encrypted" };
            let line = format!("`{}` → `{}`, {what}", job.file.display(), job.place);
            // Nobody asked for it where nobody is asked.
            if self.args.yes { self.run.ui.note(&line) } else { self.run.ui.say(&line) }
        }
        if !self.run.ui.approves(self.args.yes, "Publish", jobs.len())? {
            return Err(CommandError::usage("nothing was published"));
        }
        let uploader = self.uploader();
        let mut failures = Vec::new();
        for job in &jobs {
            match self.put(&uploader, job) {
                Ok(done) => self.run.ui.note(&format!("`{}`: {}", job.place, done.text())),
                Err(error) => failures.push(error),
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(self.run.ui.joined(failures, jobs.len())) }
    }

    /// One file after the other, each with its question. The first failure ends the run.
    fn one_by_one(&self, targets: &[(PathBuf, String)]) -> Result<(), CommandError> {
        let uploader = self.uploader();
        for (file, name) in targets {
            let Some(job) = self.job(file, name)? else { continue };
            let shown = config::absolute(&self.run.directory, file);
            let question = format!("uploading {} to {} ? (y/n): ", shown.display(), job.place);
            if !self.args.yes && !self.run.ui.ask_as_sops(&question)? {
                let message = format!("Publication of {} canceled", shown.display());
                if !self.args.recursive {
                    return Err(CommandError::usage(message));
                }
                self.run.ui.say(&message);
                continue;
            }
            if let Done::UpToDate = self.put(&uploader, &job)? {
                self.run.ui.say(&format!("Secret in {} is already up-to-date.", job.place));
            }
        }
        Ok(())
    }

    /// What is to be put where for a file; nothing for one of many that no rule is about.
    fn job(&self, file: &Path, name: &str) -> Result<Option<Job>, CommandError> {
        let is_one_of_many = self.args.recursive && self.run.name == Name::Cloze;
        let Some(rule) = config::destination(&self.args.general, file, is_one_of_many, self.run)? else {
            self.run.ui.say(&format!("`{}`: left out, since no destination rule matches", file.display()));
            return Ok(None);
        };
        let name =
            if self.args.omit_extensions || rule.omit_extensions { place::without_extension(name) } else { name };
        let place = Place::of(&rule.destination, name, &self.run.env).map_err(|error| error.about(file))?;
        let text = files::read(file).map_err(CommandError::file)?;
        let types = args::Types::default();
        let format = formats::of_sealed(&types, &self.args.general, Some(file), &text, self.run);
        // Nothing leaves that is not encrypted.
        let access = envelope::access(format, &text).map_err(|error| {
            let error = match error {
                // Encrypted, it would be JSON.
                envelope::Error::Syntax(_) if format == Format::Binary => envelope::Error::NoMetadata,
                other => other,
            };
            CommandError::opening(error, &text, self.run.name).about(file)
        })?;
        rule.learn_key_files(&self.keyring, self.run)?;
        let content = match (&rule.destination, &rule.recreation) {
            (Destination::Vault { .. }, _) => self.values(file, format, &text)?,
            (_, Some(recreation)) => self.recreated(file, format, &text, &access, recreation)?,
            (_, None) => {
                let failed = |error| CommandError::opening(error, &text, self.run.name).about(file);
                envelope::check_sealed(format, &text).map_err(failed)?;
                text
            }
        };
        Ok(Some(Job { file: file.to_owned(), place, content }))
    }

    /// The values as JSON.
    fn values(&self, file: &Path, format: Format, text: &[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let failed = |error| CommandError::opening(error, text, self.run.name).about(file);
        let record = self.audit.about(Some(file));
        let tools = tools(&self.keyring, &record);
        let opened = envelope::decrypt(format, text, &self.run.opening(), &tools).map_err(failed)?;
        self.run.ui.heed(&opened.warnings, file);
        let document = format.plain_syntax(opened.reading()).parse(&opened.text);
        let document = document.map_err(|error| CommandError::envelope(error.into(), &opened.text).about(file))?;
        let lossy = self.run.name == Name::Sops;
        values::of(format, &document, opened.reading(), lossy)
            .map_err(|why| CommandError::new(Exit::Emit, why).about(file))
    }

    /// The file for the recipients of its recreation rule, under a data key of its own.
    fn recreated(
        &self,
        file: &Path,
        format: Format,
        text: &[u8],
        access: &Access,
        rule: &CreationRule,
    ) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let failed = |error| CommandError::opening(error, text, self.run.name).about(file);
        let record = self.audit.about(Some(file));
        let tools = tools(&self.keyring, &record);
        let threshold = rule.threshold.and_then(|threshold| usize::try_from(threshold).ok());
        let layout = Layout { indent: self.args.general.indent };
        if rule.selector.is_none() && !rule.mac_only_encrypted {
            // What is encrypted stays what it is in the file; SOPS forgets that.
            let threshold =
                if rule.groups.len() > 1 { threshold } else { access.threshold.filter(|_| access.groups.len() < 2) };
            let to = Access { groups: rule.groups.clone(), threshold };
            let options = Options { layout, ..self.run.opening() };
            let rotated = envelope::rotate(format, text, &to, &options, &tools).map_err(failed)?;
            self.run.ui.heed(&rotated.warnings, file);
            return Ok(Zeroizing::new(rotated.text));
        }
        let options = Options { layout, no_exact_spelling: rule.no_exact_spelling, ..self.run.opening() };
        let opened = envelope::decrypt(format, text, &options, &tools).map_err(failed)?;
        self.run.ui.heed(&opened.warnings, file);
        let policy = Policy {
            groups: rule.groups.clone(),
            threshold,
            selector: rule.selector.clone(),
            mac_only_encrypted: rule.mac_only_encrypted,
        };
        let options = Options { reading: opened.reading(), ..options };
        let failed = |error| CommandError::envelope(error, &opened.text).about(file);
        envelope::encrypt(format, &opened.text, &policy, &options, &tools)
            .map(|encrypted| Zeroizing::new(encrypted.text))
            .map_err(failed)
    }

    fn uploader(&self) -> Uploader {
        Uploader::new(&self.run.env, self.run.name, self.args.services.aws_profile.clone())
    }

    fn put(&self, uploader: &Uploader, job: &Job) -> Result<Done, CommandError> {
        let failed =
            |why| CommandError::usage(format!("cannot be published to `{}`: {why}", job.place)).about(&job.file);
        uploader.put(&job.place, &job.content).map_err(failed)
    }
}
