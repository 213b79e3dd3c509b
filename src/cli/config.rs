//! The rules file of a run: where it is (sops-compat.md §7.1), and the policy that it and the
//! flags ask for together (§7.6).

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::Run;
use super::args::{General, Recipients, Selection};
use super::argv::Name;
use super::env;
use super::error::{CommandError, Exit};
use super::files::{self, FileError};
use crate::document::{Format, Layout};
use crate::envelope::{Policy, Selector};
use crate::recipient::age::parse_recipient;
use crate::recipient::parse::{kms_amended, kms_context, parse_list};
use crate::recipient::{Keyring, Kind, Recipient};
#[cfg(feature = "publish")]
use crate::rules::Destination;
use crate::rules::{self, CreationRule, Rules, RulesError, Stores, Strictness};

/// The name of a rules file.
pub(super) const RULES: &str = ".sops.yaml";
/// A name that SOPS never looks at, though people expect it to.
const MISTAKEN: &str = ".sops.yml";
/// How far up SOPS looks.
const LEVELS: usize = 100;

/// A rules file.
pub(super) struct RulesFile {
    path: PathBuf,
    text: String,
    /// What it holds, once it was asked for.
    rules: OnceCell<Rules>,
}

/// The rules files of a run: each is looked for, read and understood once, however many files and
/// questions there are.
#[derive(Default)]
pub(super) struct RulesFiles {
    /// By the directory where the search starts.
    found: RefCell<HashMap<PathBuf, Option<PathBuf>>>,
    read: RefCell<HashMap<PathBuf, Rc<RulesFile>>>,
}

impl RulesFiles {
    fn read(&self, path: PathBuf) -> Result<Rc<RulesFile>, CommandError> {
        if let Some(known) = self.read.borrow().get(&path) {
            return Ok(Rc::clone(known));
        }
        let file = Rc::new(RulesFile::read(path.clone())?);
        self.read.borrow_mut().insert(path, Rc::clone(&file));
        Ok(file)
    }
}

impl RulesFile {
    fn read(path: PathBuf) -> Result<Self, CommandError> {
        let bytes = files::read(&path).map_err(|error| match error {
            // The code for a missing file is about data files.
            FileError::Missing(path) => CommandError::usage("there is no such rules file").about(path),
            FileError::Read(path, error) => {
                CommandError::usage(format!("cannot be read: {}", super::error::reason(&error))).about(path)
            }
            other => CommandError::file(other),
        })?;
        match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Ok(RulesFile { path, text, rules: OnceCell::new() }),
            Err(_) => Err(CommandError::usage("is not UTF-8 text").about(path)),
        }
    }

    /// What it holds, read as strictly as a run reads all of its rules.
    fn rules(&self, run: &Run) -> Result<&Rules, CommandError> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        let strictness = if run.name == Name::Sops { Strictness::Sops } else { Strictness::Cloze };
        let rules =
            Rules::parse(&self.text, strictness).map_err(|error| CommandError::rules(error, &self.path, &self.text))?;
        Ok(self.rules.get_or_init(|| rules))
    }
}

impl RulesFile {
    /// Lets the keyring look for PGP certificates in the files that one of its rules names, if one of
    /// these recipients has one.
    fn learn_key_files(
        &self,
        rule: &CreationRule,
        groups: &[Vec<Recipient>],
        keyring: &Keyring,
        run: &Run,
    ) -> Result<(), CommandError> {
        if !groups.iter().flatten().any(|recipient| recipient.kind == Kind::Pgp) {
            return Ok(());
        }
        let directory = absolute(&run.directory, files::parent(&self.path));
        for file in &rule.pgp_key_files {
            let path = directory.join(&file.path);
            keyring.learn(Kind::Pgp, &path).map_err(|reason| {
                let message = format!("the key file `{}` of this rule: {reason}", file.path);
                let hint = match path.exists() {
                    true => "`gpg --armor --export FINGERPRINT` prints what belongs into it",
                    false => "the name is relative to the folder of the rules file",
                };
                let error = RulesError { message, span: file.span, hint: Some(hint.into()), secret: false };
                CommandError::rules(error, &self.path, &self.text)
            })?;
        }
        Ok(())
    }
}

/// The rules file for a data file, which may be one that does not exist.
///
/// # Errors
/// The file that was named, or found, cannot be read.
pub(super) fn find(general: &General, file: Option<&Path>, run: &Run) -> Result<Option<Rc<RulesFile>>, CommandError> {
    let named = general.config.clone().filter(|path| !path.as_os_str().is_empty());
    if let Some(path) = named.or_else(|| run.env.path(env::SOPS_CONFIG)) {
        return run.rules.read(path).map(Some);
    }
    search(file, run).map(|path| run.rules.read(path)).transpose()
}

/// SOPS starts in the working directory. That of the file is what people mean, and the same one
/// in most cases.
fn search(file: Option<&Path>, run: &Run) -> Option<PathBuf> {
    let here = || upwards(&run.directory, run);
    let Some(file) = file.filter(|_| run.name == Name::Cloze) else { return here() };
    let file = absolute(&run.directory, file);
    let directory = file.parent().unwrap_or(&run.directory);
    if let Some(known) = run.rules.found.borrow().get(directory) {
        return known.clone();
    }
    let beside = upwards(directory, run);
    let found = beside.clone().or_else(here);
    if let Some((beside, other)) = beside.zip(here()).filter(|(beside, other)| beside != other) {
        run.ui.note(&format!("using `{}`, which is nearer to the file than `{}`", beside.display(), other.display()));
    }
    run.rules.found.borrow_mut().insert(directory.to_owned(), found.clone());
    found
}

fn upwards(start: &Path, run: &Run) -> Option<PathBuf> {
    for directory in start.ancestors().take(LEVELS) {
        let path = directory.join(RULES);
        if path.is_file() {
            return Some(path);
        }
        let mistaken = directory.join(MISTAKEN);
        if mistaken.is_file() {
            run.ui.note(&format!("`{}` is ignored: the name must be `{RULES}`", mistaken.display()));
        }
    }
    None
}

/// The absolute path of a file, without `.` and `..`; symbolic links stay.
pub(super) fn absolute(directory: &Path, file: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in directory.join(file).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// How new lines are laid out: as the flag says, else the rules file. Wrong rules in it do not
/// matter here.
///
/// # Errors
/// A rules file that was named cannot be read.
pub(super) fn layout(
    general: &General,
    file: Option<&Path>,
    format: Format,
    run: &Run,
) -> Result<Layout, CommandError> {
    if general.indent.is_some() {
        return Ok(Layout { indent: general.indent });
    }
    let stores = find(general, file, run)?.map(|rules| Stores::parse(&rules.text)).unwrap_or_default();
    let indent = match format {
        Format::Yaml => stores.yaml_indent,
        Format::Json => stores.json_indent,
        Format::Binary => stores.json_binary_indent,
        Format::Dotenv | Format::Ini | Format::Toml => None,
    };
    Ok(Layout { indent })
}

/// The rule for a file where it only helps: none when there is none, or when the rules are broken,
/// which does not matter to a file that is encrypted already.
pub(super) fn helpful_rule(general: &General, file: &Path, run: &Run) -> Option<CreationRule> {
    if run.name == Name::Sops {
        return None;
    }
    let found = find(general, Some(file), run).ok()??;
    let rules = found.rules(run).ok()?;
    rule_for(&found, rules, true, file, run).ok()?.cloned()
}

/// Where a file is published.
#[cfg(feature = "publish")]
pub(super) struct Publication {
    /// Where that is said.
    rules: Rc<RulesFile>,
    /// The place.
    pub(super) destination: Destination,
    /// What the file is encrypted anew with, if it is.
    pub(super) recreation: Option<CreationRule>,
    /// Whether the last extension of its name is left out.
    pub(super) omit_extensions: bool,
}

/// Where a file is published. None only where no rule matches and that is `optional`.
///
/// # Errors
/// There are no rules, none matches, or the one that does is wrong.
#[cfg(feature = "publish")]
pub(super) fn destination(
    general: &General,
    file: &Path,
    optional: bool,
    run: &Run,
) -> Result<Option<Publication>, CommandError> {
    let found = find(general, Some(file), run)?.ok_or_else(|| {
        CommandError::usage("there is no `.sops.yaml`, which says where files are published").about(file)
    })?;
    // The path as it was typed, as in SOPS.
    let Some(rule) = found.rules(run)?.find_destination(&file.to_string_lossy()) else {
        if optional {
            return Ok(None);
        }
        let message = format!("no destination rule of `{}` matches", found.path.display());
        return Err(CommandError::usage(message).about(file).hint("`destination_rules` there say where files go"));
    };
    let strictness = if run.name == Name::Sops { Strictness::Sops } else { Strictness::Cloze };
    let wrong = |error| CommandError::rules(error, &found.path, &found.text);
    Ok(Some(Publication {
        destination: rule.destination().map_err(wrong)?.clone(),
        recreation: rule.recreation(strictness).map_err(wrong)?.cloned(),
        omit_extensions: rule.omit_extensions,
        rules: Rc::clone(&found),
    }))
}

#[cfg(feature = "publish")]
impl Publication {
    /// Lets the keyring look for PGP certificates in the files that the recreation rule names.
    ///
    /// # Errors
    /// A file that is not there, or holds none.
    pub(super) fn learn_key_files(&self, keyring: &Keyring, run: &Run) -> Result<(), CommandError> {
        let Some(rule) = &self.recreation else { return Ok(()) };
        self.rules.learn_key_files(rule, &rule.groups, keyring, run)
    }
}

/// For whom a new file is encrypted, and how.
///
/// # Errors
/// Nobody is named, nothing fits, or flags and rule contradict each other.
pub(super) fn policy(
    recipients: &Recipients,
    selection: &Selection,
    profile: Option<&str>,
    rules: Option<&RulesFile>,
    file: &Path,
    run: &Run,
) -> Result<Policy, CommandError> {
    let named = named_recipients(recipients, run)?;
    let parsed = rules.map(|found| found.rules(run)).transpose()?;
    let mut policy = Policy::default();
    if let (Some(found), Some(parsed)) = (rules, parsed.filter(|parsed| parsed.creation_rules.is_some())) {
        if let Some(rule) = rule_for(found, parsed, !named.is_empty(), file, run)? {
            policy.groups.clone_from(&rule.groups);
            policy.threshold = rule.threshold.and_then(|threshold| usize::try_from(threshold).ok());
            policy.selector.clone_from(&rule.selector);
            policy.mac_only_encrypted = rule.mac_only_encrypted;
        }
    } else if named.is_empty() {
        return Err(nobody(run));
    }
    if !named.is_empty() {
        policy.groups = vec![named];
    }
    let context = recipients.encryption_context.as_deref();
    policy.groups.iter_mut().try_for_each(|group| amend(group, context, profile))?;
    if let Some(threshold) = recipients.shamir_secret_sharing_threshold.filter(|threshold| *threshold != 0) {
        policy.threshold = Some(threshold);
    }
    policy.selector = selector(selection, policy.selector)?;
    policy.mac_only_encrypted |= selection.mac_only_encrypted;
    Ok(policy)
}

/// The rule of a file that is encrypted already, where the rule decides who is to open it. None
/// only where no rule matches and that is `optional`.
///
/// # Errors
/// There are no rules, none matches, or the one that does names nobody.
pub(super) fn rule(
    general: &General,
    file: &Path,
    optional: bool,
    run: &Run,
) -> Result<Option<CreationRule>, CommandError> {
    let missing = || CommandError::usage("config file not found, or has no creation rules").about(file);
    let found = find(general, Some(file), run)?.ok_or_else(missing)?;
    let rules = found.rules(run)?;
    if rules.creation_rules.is_none() {
        return Err(missing());
    }
    let rule = rule_for(&found, rules, optional, file, run)?;
    match rule.map(|rule| rule.groups.iter().position(Vec::is_empty).or(rule.groups.is_empty().then_some(0))) {
        Some(Some(group)) => {
            Err(CommandError::usage(format!("key group {group} of the creation rule is empty")).about(file))
        }
        _ => Ok(rule.cloned()),
    }
}

/// The same for the rule of a file.
///
/// # Errors
/// A file that is not there, or holds none. Rules that are broken otherwise do not matter here.
pub(super) fn learn_key_files(
    general: &General,
    file: &Path,
    groups: &[Vec<Recipient>],
    keyring: &Keyring,
    run: &Run,
) -> Result<(), CommandError> {
    let Ok(Some(found)) = find(general, Some(file), run) else { return Ok(()) };
    let Ok(rules) = found.rules(run) else { return Ok(()) };
    match rule_for(&found, rules, true, file, run) {
        Ok(Some(rule)) => found.learn_key_files(rule, groups, keyring, run),
        _ => Ok(()),
    }
}

/// Neither rules nor flags say who can open the file.
fn nobody(run: &Run) -> CommandError {
    let error = CommandError::usage(
        "config file not found, or has no creation rules, and no keys provided through command line options",
    );
    let mistaken = run.directory.ancestors().map(|directory| directory.join(MISTAKEN)).find(|path| path.is_file());
    match mistaken {
        Some(path) => error.hint(format!("`{}` is ignored: the name must be `{RULES}`", path.display())),
        None => error.hint("`cloze init` writes a `.sops.yaml`; --age names a recipient for this call"),
    }
}

/// The rule for a file. SOPS asks for one even when the recipients are named otherwise.
fn rule_for<'r>(
    found: &RulesFile,
    rules: &'r Rules,
    optional: bool,
    file: &Path,
    run: &Run,
) -> Result<Option<&'r CreationRule>, CommandError> {
    let directory = absolute(&run.directory, files::parent(&found.path));
    let file = absolute(&run.directory, file);
    let text = rules::match_text(&directory.to_string_lossy(), &file.to_string_lossy());
    let fits = |rule: &CreationRule| rule.path_regex.as_ref().is_none_or(|regex| regex.is_match(text.as_bytes()));
    let any = rules.creation_rules.iter().flatten().any(fits);
    if !any && optional && run.name == Name::Cloze {
        return Ok(None);
    }
    rules.find(&text).map_err(|error| {
        let error = CommandError::rules(error, &found.path, &found.text);
        if any { error } else { error.hint(format!("the rules are matched against `{text}`")) }
    })
}

/// A kind of recipients, the flag that names them, and its lists.
pub(super) type Named<'a> = (Kind, &'static str, &'a Vec<String>);

/// The recipients that flags and variables name, in SOPS's order. They form one group.
fn named_recipients(flags: &Recipients, run: &Run) -> Result<Vec<Recipient>, CommandError> {
    let variable = |kind| {
        Some(match kind {
            Kind::Age if !flags.age_recipients_file.is_empty() => return None,
            Kind::Kms => env::SOPS_KMS_ARN,
            Kind::GcpKms => env::SOPS_GCP_KMS_IDS,
            Kind::Hckms => env::SOPS_HUAWEICLOUD_KMS_IDS,
            Kind::AzureKv => env::SOPS_AZURE_KEYVAULT_URLS,
            Kind::Pgp => env::SOPS_PGP_FP,
            Kind::HcVault => env::SOPS_VAULT_URIS,
            Kind::Age => env::SOPS_AGE_RECIPIENTS,
        })
    };
    of_flags(flags, variable, run)
}

/// Gives keys of AWS KMS the encryption context and the profile that flags name, where they have
/// none of their own.
///
/// # Errors
/// The context is none.
pub(super) fn amend(group: &mut [Recipient], context: Option<&str>, profile: Option<&str>) -> Result<(), CommandError> {
    let context = kms_context(context.unwrap_or_default())
        .map_err(|why| CommandError::new(Exit::Context, format!("--encryption-context: {why}")))?;
    for recipient in group {
        *recipient = kms_amended(recipient, &context, profile.unwrap_or_default());
    }
    Ok(())
}

/// The recipients that flags name, and those in the files that they name.
///
/// # Errors
/// A text that is no recipient of its kind, or a file that cannot be read.
pub(super) fn of_flags(
    flags: &Recipients,
    variable: impl Fn(Kind) -> Option<&'static str>,
    run: &Run,
) -> Result<Vec<Recipient>, CommandError> {
    let mut named = recipients(&flags.named(), variable, run)?;
    for path in &flags.age_recipients_file {
        named.extend(recipients_in(path)?);
    }
    Ok(named)
}

/// The age recipients in a file, one in a line; empty lines and lines that begin with `#` are
/// skipped, as age does.
fn recipients_in(path: &Path) -> Result<Vec<Recipient>, CommandError> {
    let text = files::read(path).map_err(CommandError::file)?;
    let text = std::str::from_utf8(&text).map_err(|_| CommandError::usage("is no text").about(path))?;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        parse_recipient(line)
            .map_err(|reason| CommandError::usage(format!("line {}: {reason}", number + 1)).about(path))?;
        found.push(Recipient::age(line));
    }
    if found.is_empty() {
        return Err(CommandError::usage("holds no age recipient").about(path));
    }
    Ok(found)
}

/// The recipients that flags name; without a flag those of its variable, if it has one.
///
/// # Errors
/// A text that is no recipient of its kind.
pub(super) fn recipients(
    flags: &[Named<'_>],
    variable: impl Fn(Kind) -> Option<&'static str>,
    run: &Run,
) -> Result<Vec<Recipient>, CommandError> {
    let mut named = Vec::new();
    for (kind, flag, lists) in flags {
        let given: Vec<&String> = lists.iter().filter(|list| !list.is_empty()).collect();
        let variable = variable(*kind).filter(|_| given.is_empty());
        let from_env = variable.and_then(|name| run.env.text(name));
        let place = variable.filter(|_| from_env.is_some()).unwrap_or(flag);
        for list in given.into_iter().chain(from_env.as_ref()) {
            let parsed = parse_list(*kind, list).map_err(|error| CommandError::usage(format!("{place}: {error}")))?;
            named.extend(parsed);
        }
    }
    Ok(named)
}

/// The one selector that flags and rule ask for. A flag takes the place of the same setting in the
/// rule, and contradicts any other.
fn selector(flags: &Selection, rule: Option<Selector>) -> Result<Option<Selector>, CommandError> {
    let fields = [
        &flags.unencrypted_suffix,
        &flags.encrypted_suffix,
        &flags.unencrypted_regex,
        &flags.encrypted_regex,
        &flags.unencrypted_comment_regex,
        &flags.encrypted_comment_regex,
    ];
    let given: Vec<(&str, &String)> = Selector::FIELDS
        .into_iter()
        .zip(fields)
        .filter_map(|(field, text)| Some((field, text.as_ref().filter(|text| !text.is_empty())?)))
        .collect();
    let flag = |field: &str| format!("--{}", field.replace('_', "-"));
    let (field, text) = match given[..] {
        [] => return Ok(rule),
        [one] => one,
        [(one, _), (other, _), ..] => {
            return Err(CommandError::conflict(format!("{} and {} cannot be used together", flag(one), flag(other))));
        }
    };
    if let Some(rule) = rule.filter(|rule| rule.field() != field) {
        let message = format!("{} cannot be used together with `{}` of the creation rule", flag(field), rule.field());
        return Err(CommandError::conflict(message));
    }
    Selector::from_field(field, text)
        .map(Some)
        .map_err(|error| CommandError::usage(format!("{}: {error}", flag(field))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::env::Env;
    use crate::cli::ui::Ui;

    const ALICE: &str = "age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p";
    const BOB: &str = "age1fazywh20vkmrjc6zqmsn9nth0kmh6snw40uu5pmh7fl90sv54c8srdptyz";

    fn run(name: Name, env: Env) -> Run {
        Run {
            name,
            env,
            ui: Ui { verbose: false },
            directory: PathBuf::from("/work/dir"),
            rules: RulesFiles::default(),
        }
    }

    fn rules(text: &str) -> RulesFile {
        RulesFile {
            path: PathBuf::from("/work/.sops.yaml"),
            text: text.replace("ALICE", ALICE),
            rules: OnceCell::new(),
        }
    }

    fn recipients(age: &str) -> Recipients {
        Recipients { age: vec![age.to_owned()], ..Recipients::default() }
    }

    /// The policy for `x.yaml`, as its recipients and its selector; or the exit code.
    fn policy_of(name: Name, flags: &Recipients, selection: &Selection, text: Option<&str>) -> Result<String, u8> {
        let rules = text.map(rules);
        let policy = policy(flags, selection, None, rules.as_ref(), Path::new("x.yaml"), &run(name, Env::of([])));
        let policy = policy.map_err(|error| error.code().number())?;
        let names: Vec<String> = policy.groups.iter().flatten().map(ToString::to_string).collect();
        let names = names.join(",").replace(ALICE, "alice").replace(BOB, "bob");
        let selector = policy.selector.map_or(String::new(), |it| format!(" {}: {}", it.field(), it.text()));
        let threshold = policy.threshold.map_or(String::new(), |threshold| format!(" {threshold}"));
        Ok(format!("{names}{selector}{threshold}{}", if policy.mac_only_encrypted { " mac" } else { "" }))
    }

    #[test]
    fn flags_replace_the_recipients_of_the_rule_and_not_its_settings() {
        let rule = "creation_rules:\n  - age: ALICE\n    encrypted_regex: ^data$\n    mac_only_encrypted: true\n";
        let (none, bob, blank) = (Recipients::default(), recipients(BOB), recipients(""));
        let sops = |flags, text| policy_of(Name::Sops, flags, &Selection::default(), text);
        assert_eq!(sops(&none, Some(rule)), Ok("alice encrypted_regex: ^data$ mac".into()));
        assert_eq!(sops(&bob, Some(rule)), Ok("bob encrypted_regex: ^data$ mac".into()));
        assert_eq!(sops(&bob, None), Ok("bob".into()));
        assert_eq!(sops(&bob, Some("stores: {}\n")), Ok("bob".into()));
        assert_eq!(sops(&none, Some("stores: {}\n")), Err(1));
        assert_eq!(sops(&blank, None), Err(1));
        let threshold = Recipients { shamir_secret_sharing_threshold: Some(2), ..recipients(BOB) };
        assert_eq!(policy_of(Name::Sops, &threshold, &Selection::default(), None), Ok("bob 2".into()));
    }

    #[test]
    fn a_rule_that_does_not_match_stops_sops_even_with_recipients() {
        let other = "creation_rules:\n  - path_regex: ^other$\n    age: ALICE\n";
        let selection = Selection::default();
        assert_eq!(policy_of(Name::Sops, &recipients(BOB), &selection, Some(other)), Err(1));
        assert_eq!(policy_of(Name::Cloze, &recipients(BOB), &selection, Some(other)), Ok("bob".into()));
        assert_eq!(policy_of(Name::Cloze, &Recipients::default(), &selection, Some(other)), Err(1));
        let inside = "creation_rules:\n  - path_regex: ^dir/x\\.yaml$\n    age: ALICE\n";
        assert_eq!(policy_of(Name::Cloze, &Recipients::default(), &selection, Some(inside)), Ok("alice".into()));
    }

    #[test]
    fn there_is_one_selector_at_most() {
        let rule = "creation_rules:\n  - age: ALICE\n    encrypted_regex: ^data$\n";
        let of = |selection: Selection| policy_of(Name::Sops, &Recipients::default(), &selection, Some(rule));
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            of(Selection { encrypted_regex: text("^a$"), ..Selection::default() }),
            Ok("alice encrypted_regex: ^a$".into())
        );
        assert_eq!(of(Selection { encrypted_suffix: text("_s"), ..Selection::default() }), Err(8));
        assert_eq!(
            of(Selection { encrypted_suffix: text(""), ..Selection::default() }),
            Ok("alice encrypted_regex: ^data$".into())
        );
        let two =
            Selection { encrypted_suffix: text("a"), unencrypted_comment_regex: text("b"), ..Selection::default() };
        assert_eq!(policy_of(Name::Sops, &recipients(BOB), &two, None), Err(8));
        let bad = Selection { encrypted_regex: text("("), ..Selection::default() };
        assert_eq!(policy_of(Name::Sops, &recipients(BOB), &bad, None), Err(1));
    }

    #[test]
    fn variables_are_the_defaults_of_flags() {
        let env = || Env::of([(env::SOPS_AGE_RECIPIENTS, ALICE)]);
        let named = |flags: &Recipients| {
            let named = named_recipients(flags, &run(Name::Sops, env())).expect("are recipients");
            named.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(named(&Recipients::default()), [ALICE]);
        assert_eq!(named(&recipients(&format!("{BOB}, {ALICE}"))), [BOB, ALICE]);
    }

    #[test]
    fn paths_are_cleaned_without_looking_at_the_disk() {
        let at = |file: &str| absolute(Path::new("/a/b"), Path::new(file)).display().to_string();
        assert_eq!([at("c"), at("./c/../d"), at("../../../e"), at("/x/./y")], ["/a/b/c", "/a/b/d", "/e", "/x/y"]);
    }
}
