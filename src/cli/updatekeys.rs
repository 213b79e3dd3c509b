//! `updatekeys`: brings files to the recipients of their creation rules (sops-compat.md §8.7).
//!
//! Under its own name it checks everything before it asks once and writes; called as `sops`, it
//! takes one file after the other, as SOPS does.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::argv::Name;
use super::audit::Audit;
use super::error::{CommandError, Exit};
use super::rekey::Rekey;
use super::{Run, args, config, discover, files, formats, identities, tools, ui};
use crate::document::{Format, Layout};
use crate::envelope::{self, Rewritten};
use crate::recipient::{Access, Keyring};
use crate::rules::CreationRule;

/// A file that has to change.
struct Job {
    file: PathBuf,
    rekey: Rekey,
}

/// Runs the command.
pub(super) fn run(args: &args::UpdateKeys, run: &Run) -> Result<(), CommandError> {
    if args.files.is_empty() {
        return Err(CommandError::no_file(run.name));
    }
    let keyring = identities::keyring(&args.services, None, run)?;
    let audit = Audit::open("updatekeys", run)?;
    let update = Update { args, run, keyring, audit, layout: Layout { indent: args.general.indent } };
    match run.name {
        Name::Cloze => update.together(),
        Name::Sops => update.one_by_one(),
    }
}

/// One run over all files.
struct Update<'a> {
    args: &'a args::UpdateKeys,
    run: &'a Run,
    keyring: Keyring,
    audit: Audit<'a>,
    layout: Layout,
}

impl Update<'_> {
    /// All files are checked before the first one is written, and asked about together.
    fn together(&self) -> Result<(), CommandError> {
        let mut failures = Vec::new();
        let mut jobs = Vec::new();
        let targets = self.targets(&mut failures);
        for (file, is_found) in &targets {
            match self.job(file, *is_found) {
                Ok(job) => jobs.extend(job),
                Err(error) => failures.push(error),
            }
        }
        if self.args.check {
            return self.check(&jobs, &targets, failures);
        }
        // A file that cannot be read says so when its turn comes.
        for job in &jobs {
            let record = self.audit.about(Some(&job.file));
            let _ = envelope::foresee(job.rekey.format, &job.rekey.old, &tools(&self.keyring, &record));
        }
        let mut ready: Vec<(Job, Rewritten)> = Vec::new();
        for job in jobs {
            match self.rewrite(&job) {
                Ok(new) => ready.push((job, new)),
                Err(error) => failures.push(error),
            }
        }
        if !failures.is_empty() {
            let error = self.run.ui.joined(failures, targets.len());
            if !ready.is_empty() {
                self.run.ui.say("no file was changed");
            }
            return Err(error);
        }
        self.show(ready.iter().map(|(job, _)| job))?;
        if ready.is_empty() || !self.run.ui.approves(self.args.yes, "Change", ready.len())? {
            return Ok(());
        }
        let written = ready.iter().map(|(job, new)| self.write(job, new));
        let failures: Vec<CommandError> = written.filter_map(Result::err).collect();
        if failures.is_empty() { Ok(()) } else { Err(self.run.ui.joined(failures, ready.len())) }
    }

    /// One file after the other, each with its question. A failure does not stop the others.
    fn one_by_one(&self) -> Result<(), CommandError> {
        let mut failures = Vec::new();
        for file in &self.args.files {
            if let Err(error) = self.alone(file) {
                failures.push(error);
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(self.run.ui.joined(failures, self.args.files.len())) }
    }

    fn alone(&self, file: &Path) -> Result<(), CommandError> {
        let name = config::absolute(&self.run.directory, file);
        let name = name.display();
        if file.is_dir() {
            return Err(CommandError::usage("can't operate on a directory").about(file));
        }
        if !file.exists() {
            return Err(CommandError::usage("there is no such file").about(file));
        }
        self.run.ui.say(&format!("Syncing keys for file {name}"));
        let job = self.job(file, false).map_err(|error| error.with_code(Exit::Generic))?;
        let Some(job) = job else {
            self.run.ui.say(&format!("File {name} already up to date"));
            return Ok(());
        };
        let new = self.rewrite(&job)?;
        self.show([&job])?;
        if !self.args.yes && !self.run.ui.ask_as_sops("Is this okay? (y/n):")? {
            self.run.ui.say(&format!("File {name} left unchanged"));
            return Ok(());
        }
        self.write(&job, &new)?;
        self.run.ui.say(&format!("File {name} synced with new keys"));
        Ok(())
    }

    /// The files that are meant, each once, and whether it was found in a directory.
    fn targets(&self, failures: &mut Vec<CommandError>) -> Vec<(PathBuf, bool)> {
        let mut targets = Vec::new();
        for path in &self.args.files {
            if !path.is_dir() {
                targets.push((path.clone(), false));
                continue;
            }
            match discover::encrypted_below(path) {
                Ok(found) => targets.extend(found.into_iter().map(|file| (file, true))),
                Err(error) => failures.push(error),
            }
        }
        let mut seen = HashSet::new();
        targets.retain(|(file, _)| seen.insert(config::absolute(&self.run.directory, file)));
        targets
    }

    /// What has to be done with a file; nothing when it is as its rule wants it.
    fn job(&self, file: &Path, is_found: bool) -> Result<Option<Job>, CommandError> {
        if files::is_stream(file) {
            return Err(CommandError::stream(file));
        }
        let old = files::read(file).map_err(CommandError::file)?;
        let types = args::Types { input_type: self.args.input_type.clone(), output_type: None };
        let format = formats::of_sealed(&types, &self.args.general, Some(file), &old, self.run);
        let from = match envelope::access(format, &old) {
            Ok(from) => from,
            // It only talks of encrypted files.
            Err(envelope::Error::NoMetadata) if is_found => return Ok(None),
            Err(envelope::Error::Syntax(_)) if is_found && format == Format::Binary => return Ok(None),
            Err(error) => return Err(CommandError::opening(error, &old, self.run.name).about(file)),
        };
        let rule = match config::rule(&self.args.general, file, is_found, self.run)? {
            Some(rule) => rule,
            None => {
                self.run.ui.say(&format!("`{}`: left as it is, since no creation rule matches", file.display()));
                return Ok(None);
            }
        };
        let to = wanted(&from, &rule, self.run.name);
        let groups = self.keyring.settle(&to.groups).map_err(|why| CommandError::usage(why.to_string()).about(file))?;
        let to = Access { groups, ..to };
        config::learn_key_files(&self.args.general, file, &to.groups, &self.keyring, self.run)?;
        let keep_data_key = self.args.keep_data_key || self.run.name == Name::Sops;
        let rekey = Rekey::new(format, old, &from, to, keep_data_key);
        Ok((!rekey.change.is_empty()).then(|| Job { file: file.to_owned(), rekey }))
    }

    fn rewrite(&self, job: &Job) -> Result<Rewritten, CommandError> {
        let record = self.audit.about(Some(&job.file));
        job.rekey.rewrite(&job.file, self.layout, &tools(&self.keyring, &record), self.run)
    }

    /// Prints what would change, and fails if anything would.
    fn check(
        &self,
        jobs: &[Job],
        targets: &[(PathBuf, bool)],
        failures: Vec<CommandError>,
    ) -> Result<(), CommandError> {
        self.show(jobs)?;
        if !failures.is_empty() {
            return Err(self.run.ui.joined(failures, targets.len()));
        }
        match jobs.len() {
            0 => Ok(()),
            count => Err(CommandError::usage(format!("{} not as the creation rules want", files_are(count)))
                .hint("`cloze updatekeys` with the same files changes that")),
        }
    }

    fn show<'j>(&self, jobs: impl IntoIterator<Item = &'j Job>) -> Result<(), CommandError> {
        let text: String = jobs.into_iter().map(|job| job.rekey.shown(&job.file, self.run.name)).collect();
        if text.is_empty() {
            self.run.ui.note("all files are as the creation rules want them");
            return Ok(());
        }
        ui::stdout(text.as_bytes()).map_err(CommandError::file)
    }

    fn write(&self, job: &Job, new: &Rewritten) -> Result<(), CommandError> {
        job.rekey.write(&job.file, &new.text, self.run)?;
        self.run.ui.heed(&new.warnings, &job.file);
        job.rekey.report(&job.file, self.run);
        self.run.ui.note(&format!("`{}`: written", job.file.display()));
        Ok(())
    }
}

fn files_are(count: usize) -> String {
    if count == 1 { "one file is".to_owned() } else { format!("{count} files are") }
}

/// Who is to open a file. As in a new file, a rule without a threshold asks for all groups; SOPS
/// takes the threshold that the file has, and never looks at that of the rule.
fn wanted(from: &Access, rule: &CreationRule, name: Name) -> Access {
    let groups = rule.groups.clone();
    let count = groups.len();
    let threshold = match name {
        _ if count < 2 => from.threshold.filter(|_| from.groups.len() < 2),
        Name::Cloze => rule.threshold.and_then(|threshold| usize::try_from(threshold).ok()),
        Name::Sops => from.threshold.filter(|_| from.groups.len() > 1).map(|threshold| threshold.clamp(2, count)),
    };
    Access { groups, threshold }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient::Recipient;

    #[test]
    fn the_threshold_is_that_of_the_rule_and_for_sops_that_of_the_file() {
        let groups = |count: usize| vec![vec![Recipient::age("a")]; count];
        for (file, rule, cloze, sops) in [
            ((1, None), (1, None), None, None),
            ((1, Some(1)), (1, None), Some(1), Some(1)),
            ((1, None), (3, Some(2)), Some(2), None),
            ((3, Some(2)), (3, None), None, Some(2)),
            ((3, Some(3)), (2, None), None, Some(2)),
            ((3, Some(2)), (3, Some(3)), Some(3), Some(2)),
            ((3, Some(2)), (1, None), None, None),
        ] {
            let from = Access { groups: groups(file.0), threshold: file.1 };
            let mut rule_found = CreationRule::default();
            (rule_found.groups, rule_found.threshold) = (groups(rule.0), rule.1);
            let found = [Name::Cloze, Name::Sops].map(|name| wanted(&from, &rule_found, name).threshold);
            assert_eq!(found, [cloze, sops], "{file:?} {rule:?}");
        }
    }
}
