//! `edit`: decrypt → editor → re-encrypt, unchanged values keep their ciphertext → write
//! (sops-compat.md §8.7). Whatever goes wrong after somebody has typed something, the text is kept
//! as a draft.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::argv::{self, Name};
use super::audit::Audit;
use super::draft::Drafts;
use super::editor::Session;
use super::error::{CommandError, Exit};
use super::files::{self, Contents, FileError};
use super::{Run, args, config, formats, given, identities, tools};
use crate::document::Format;
use crate::envelope::{self, Encrypted, Opened, Options, Policy, Tools};
use crate::recipient::Keyring;
use crate::rules::CreationRule;

/// What is edited.
enum Source {
    /// A file: its bytes, and what was in them.
    Old(Zeroizing<Vec<u8>>, Box<Opened>),
    /// A file that does not exist yet.
    New(Policy),
}

/// One edit.
struct Edit<'a> {
    file: &'a Path,
    format: Format,
    source: Source,
    options: Options,
    tools: Tools<'a>,
    drafts: Drafts,
    /// The draft that this run continues or has made; gone after success.
    draft: RefCell<Option<PathBuf>>,
    run: &'a Run,
}

/// Why an edit could not be finished.
struct Failure {
    error: Box<CommandError>,
    /// Whether another round in the editor can help.
    in_text: bool,
}

/// Runs the command.
pub(super) fn run(args: &args::Edit, run: &Run) -> Result<(), CommandError> {
    let file = given(args.file.as_ref()).ok_or_else(|| CommandError::no_file(run.name))?;
    if args.show_master_keys {
        return Err(CommandError::usage(
            "--show-master-keys is not supported: SOPS drops all changes that are made so",
        )
        .hint("the recipients stand in the encrypted file; `cloze edit` without the flag changes its values"));
    }
    if files::is_stream(file) {
        return Err(CommandError::stream(file));
    }
    let old = match files::read(file) {
        Ok(text) => Some(text),
        // Told before anything is typed: a new file is not made at the end of a link.
        Err(FileError::Missing(_)) if file.is_symlink() => {
            return Err(CommandError::new(Exit::NoFile, "is a symbolic link to a file that does not exist").about(file));
        }
        Err(FileError::Missing(_)) => {
            if run.name == Name::Cloze {
                refuse_mistyped(file)?;
            }
            None
        }
        Err(error) => return Err(CommandError::file(error)),
    };
    let rule = config::helpful_rule(&args.general, file, run);
    let format = format(&args.types, rule.as_ref(), file, old.as_deref().map(Vec::as_slice), run)?;
    let keyring = identities::keyring(&args.services, args.opening.decryption_order.as_deref(), run)?;
    let audit = Audit::open("edit", run)?;
    let record = audit.about(Some(file));
    let tools = tools(&keyring, &record);
    let no_exact_spelling = args.selection.no_exact_spelling || rule.is_some_and(|rule| rule.no_exact_spelling);
    let mut options = Options { ignore_mac: args.opening.ignore_mac, no_exact_spelling, ..run.opening() };
    // That the last secret was taken out of a file is nobody's mistake.
    options.allow_unmatched = args.selection.allow_unmatched || old.is_some() || run.name == Name::Sops;
    let source = match old {
        Some(text) => open(file, format, text, &options, &tools, run)?,
        None => new(args, file, &keyring, &tools, run)?,
    };
    options.layout = config::layout(&args.general, Some(file), format, run)?;
    let drafts = Drafts::of(file, run);
    let edit = Edit { file, format, source, options, tools, drafts, draft: RefCell::default(), run };
    edit.run(args.resume)
}

/// Makes no new file that is nearly called like a command: `cloze FILE` edits, and so would `cloze decryp`.
fn refuse_mistyped(file: &Path) -> Result<(), CommandError> {
    let word = file.to_string_lossy();
    match argv::near_command(&word) {
        Some(near) => Err(CommandError::new(Exit::NoFile, format!("there is no command and no file `{word}`"))
            .hint(format!("did you mean `{near}`? a file of this name is made by `cloze edit ./{word}`"))),
        None => Ok(()),
    }
}

/// The format, which cannot be changed by an edit.
fn format(
    types: &args::Types,
    rule: Option<&CreationRule>,
    file: &Path,
    text: Option<&[u8]>,
    run: &Run,
) -> Result<Format, CommandError> {
    let input = formats::of_input(types.input_type.as_deref(), rule, Some(file), text, run.name);
    match types.output_type.as_deref().and_then(Format::from_name) {
        Some(output) if output != input => {
            Err(CommandError::conflict("edit writes a file in the format that it has: --output-type cannot differ"))
        }
        _ => Ok(input),
    }
}

/// Opens a file that exists.
fn open(
    file: &Path,
    format: Format,
    text: Zeroizing<Vec<u8>>,
    options: &Options,
    tools: &Tools<'_>,
    run: &Run,
) -> Result<Source, CommandError> {
    let opened = envelope::decrypt(format, &text, options, tools)
        .map_err(|error| CommandError::opening(error, &text, run.name).about(file))?;
    run.ui.trace("Data key recovered successfully");
    run.ui.heed(&opened.warnings, file);
    Ok(Source::Old(text, Box::new(opened)))
}

/// Finds out for whom a new file is. A recipient that does not work is told before anything was
/// typed: then there would be nobody to keep the text for.
fn new(
    args: &args::Edit,
    file: &Path,
    keyring: &Keyring,
    tools: &Tools<'_>,
    run: &Run,
) -> Result<Source, CommandError> {
    let rules = config::find(&args.general, Some(file), run)?;
    let profile = args.services.aws_profile.as_deref();
    let policy = config::policy(&args.recipients, &args.selection, profile, rules.as_deref(), file, run)?;
    config::learn_key_files(&args.general, file, &policy.groups, keyring, run)?;
    envelope::seal_new_draft(b"", &policy, tools).map_err(|error| CommandError::envelope(error, b"").about(file))?;
    Ok(Source::New(policy))
}

impl Edit<'_> {
    /// What stands in the file, in clear.
    fn plaintext(&self) -> &[u8] {
        match &self.source {
            Source::Old(_, opened) => &opened.text,
            Source::New(_) => sample(self.format).as_bytes(),
        }
    }

    fn run(&self, resume: bool) -> Result<(), CommandError> {
        let latest = self.drafts.latest();
        let start = match (resume, latest) {
            (true, Some(draft)) => self.open_draft(draft)?,
            (true, None) => {
                return Err(CommandError::usage("there is no draft of an edit to continue").about(self.file));
            }
            (false, Some(_)) => {
                self.run.ui.note("note: there is a draft of an edit that was not finished; --resume continues it");
                Zeroizing::new(self.plaintext().to_vec())
            }
            (false, None) => Zeroizing::new(self.plaintext().to_vec()),
        };
        let result = self.rounds(&start);
        let done = result.as_ref().map_or_else(|error| error.code() == Exit::Unchanged, |()| true);
        if let Some(draft) = self.draft.take().filter(|_| done) {
            files::remove(&draft).map_err(CommandError::file)?;
        }
        result
    }

    fn open_draft(&self, draft: PathBuf) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let sealed = files::read(&draft).map_err(CommandError::file)?;
        let opened = match &self.source {
            Source::Old(_, opened) => Some(&**opened),
            Source::New(_) => None,
        };
        let text = envelope::open_draft(&sealed, opened, &self.tools)
            .map_err(|error| CommandError::envelope(error, &sealed).about(&draft))?;
        self.draft.replace(Some(draft));
        Ok(text)
    }

    /// The editor, until the text can be written.
    fn rounds(&self, start: &[u8]) -> Result<(), CommandError> {
        let session = Session::new(self.file.file_name().unwrap_or_default(), start, &self.run.env)?;
        loop {
            let edited = session.edit(&self.run.env);
            session.set_busy(true);
            let text = session.text()?;
            let stopped = session.interrupted().map(CommandError::signal).or(edited.err());
            if let Some(error) = stopped {
                return Err(if *text == *start { error } else { self.keep(&text, error) });
            }
            if *text == *self.plaintext() {
                self.run.ui.say("File has not changed, exiting.");
                return Err(CommandError::said(Exit::Unchanged));
            }
            let failure = match self.finish(&text) {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            let error = self.keep(&text, *failure.error);
            if !failure.in_text || !self.run.ui.can_ask() || session.interrupted().is_some() {
                return Err(error);
            }
            self.run.ui.error(&error);
            session.set_busy(false);
            self.run.ui.wait_for_enter("Press Enter to go on editing, or Ctrl-C to stop: ")?;
        }
    }

    /// Encrypts the edited text and writes it.
    fn finish(&self, text: &[u8]) -> Result<(), Failure> {
        let encrypted = self.encrypt(text).map_err(|error| {
            use envelope::Error;
            let in_text = matches!(
                error,
                Error::Syntax(_)
                    | Error::AlreadyEncrypted
                    | Error::EncryptValue { .. }
                    | Error::EncryptComment { .. }
                    | Error::Emit(_)
                    | Error::Unmatched { .. }
            );
            Failure { error: Box::new(CommandError::envelope(error, text).about(self.file)), in_text }
        })?;
        self.write(&encrypted).map_err(|error| Failure { error: Box::new(error), in_text: false })?;
        self.run.ui.heed(&encrypted.warnings, self.file);
        Ok(())
    }

    fn encrypt(&self, text: &[u8]) -> Result<Encrypted, envelope::Error> {
        match &self.source {
            Source::Old(old, opened) => envelope::reencrypt(self.format, old, opened, text, &self.options, &self.tools),
            Source::New(policy) => envelope::encrypt(self.format, text, policy, &self.options, &self.tools),
        }
    }

    /// Writes the file, unless somebody else did meanwhile.
    fn write(&self, encrypted: &Encrypted) -> Result<(), CommandError> {
        let Source::Old(old, _) = &self.source else {
            return files::create(self.file, &encrypted.text, Contents::Ciphertext).map_err(CommandError::file);
        };
        if !files::read(self.file).is_ok_and(|now| *now == **old) {
            return Err(CommandError::new(
                Exit::Write,
                "was changed by somebody else while it was edited, and is not overwritten",
            )
            .about(self.file));
        }
        files::write(self.file, &encrypted.text, Contents::Ciphertext).map_err(CommandError::file)
    }

    /// Keeps the text for later, and says so in the error.
    fn keep(&self, text: &[u8], error: CommandError) -> CommandError {
        let sealed = match &self.source {
            Source::Old(_, opened) => envelope::seal_draft(text, opened, &self.tools),
            Source::New(policy) => envelope::seal_new_draft(text, policy, &self.tools),
        };
        let kept = sealed
            .map_err(|error| error.to_string())
            .and_then(|sealed| self.drafts.keep(&sealed).map_err(|error| CommandError::file(error).to_string()));
        match kept {
            Ok(path) => {
                // Of one run only the last text is of use. An earlier one goes when this is safe.
                let earlier = self.draft.replace(Some(path.clone()));
                let _ = earlier.map(|earlier| files::remove(&earlier));
                error.aloud().detail(format!("what was typed is kept, encrypted, in `{}`", path.display())).hint(
                    format!(
                        "`{} edit --resume {}` continues",
                        self.run.name.text(),
                        shell_words::quote(&self.file.to_string_lossy())
                    ),
                )
            }
            Err(reason) => error.aloud().detail(format!("what was typed could not be kept: {reason}")),
        }
    }
}

/// What a new file begins with: something to overwrite, in the format.
fn sample(format: Format) -> &'static str {
    match format {
        Format::Yaml => {
            "# Replace this with your own values; they are encrypted when you save and leave the editor.\nuser: alice\npassword: change me\n"
        }
        Format::Json => "{\n\t\"user\": \"alice\",\n\t\"password\": \"change me\"\n}\n",
        Format::Dotenv => "# Replace this with your own values.\nUSER_NAME=alice\nPASSWORD=change me\n",
        Format::Ini => "; Replace this with your own values.\n[login]\nuser     = alice\npassword = change me\n",
        Format::Toml => "# Replace this with your own values.\n[login]\nuser = \"alice\"\npassword = \"change me\"\n",
        Format::Binary => "Replace this with your own text; it is encrypted when you save and leave the editor.\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_of_their_format() {
        for (format, name) in Format::ALL {
            let document = format.syntax().parse(sample(format).as_bytes());
            assert!(document.is_ok_and(|document| document.nodes.len() >= 2), "{name}");
        }
    }
}
