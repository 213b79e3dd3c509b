//! What a command fails with: a cause, an exit code, hints. The only place that turns errors into
//! exit codes (sops-compat.md §8.9) and into words. No secret value may come in here.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::argv::Name;
use super::files::FileError;
use super::prompt::NO_TERMINAL;
use super::ui::visible;
use crate::document::change::ChangeError;
use crate::document::{Span, SyntaxError};
use crate::envelope;
use crate::recipient::{NoDataKey, has_step};
use crate::rules::RulesError;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Everything that has no code of its own, and wrong usage.
    Generic,
    /// The input cannot be read or is not of its format.
    Read,
    /// The output cannot be written.
    Write,
    /// The output format cannot hold the data.
    Emit,
    /// A path or value that cannot be set.
    Set,
    /// Flags that exclude each other, or lack each other.
    Conflict,
    /// A value cannot be encrypted.
    EncryptValue,
    /// A value cannot be decrypted.
    DecryptValue,
    /// The encryption context for AWS KMS is none.
    Context,
    /// Recipients were to be added to or removed from a file that is not there.
    NoFileForKeys,
    /// The MAC does not fit.
    Mac,
    /// The path to extract is malformed.
    Path,
    /// The input has no document.
    Empty,
    /// No such file, or none named.
    NoFile,
    /// A kind of key stands twice in the decryption order.
    DoubledOrder,
    /// No recipient could recover the data key.
    NoDataKey,
    /// The editor left the text as it was.
    Unchanged,
    /// There is no editor, or it failed.
    Editor,
    /// The file is encrypted already.
    AlreadyEncrypted,
    /// A signal ended the run.
    Signal(u8),
    /// The command that was run ended with this, or could not be run.
    Command(u8),
}

impl Exit {
    /// The number that the process exits with.
    #[must_use]
    pub(super) fn number(self) -> u8 {
        match self {
            Exit::Generic => 1,
            Exit::Read => 2,
            Exit::Write => 3,
            Exit::Emit => 4,
            Exit::Context => 6,
            Exit::Set => 7,
            Exit::Conflict => 8,
            Exit::EncryptValue => 23,
            Exit::DecryptValue => 25,
            Exit::NoFileForKeys => 49,
            Exit::Mac => 51,
            Exit::Path => 91,
            Exit::Empty => 92,
            Exit::NoFile => 100,
            Exit::DoubledOrder => 112,
            Exit::NoDataKey => 128,
            Exit::Unchanged => 200,
            Exit::Editor => 201,
            Exit::AlreadyEncrypted => 203,
            Exit::Signal(number) => 128u8.saturating_add(number),
            Exit::Command(number) => number,
        }
    }
}

/// Why a command failed.
#[derive(Debug, PartialEq)]
pub(super) struct CommandError {
    code: Exit,
    /// The file that it is about.
    subject: Option<String>,
    /// Line and column in it.
    place: Option<(u32, u32)>,
    message: String,
    /// Further lines.
    details: Vec<String>,
    /// The place in a rules file, drawn; without and with colours.
    drawing: Option<Box<[String; 2]>>,
    hints: Vec<String>,
    /// Whether there is nothing to say: the reader of our output went away, or it was said.
    quiet: bool,
    /// Whether there was nothing to take out.
    nothing_there: bool,
}

impl CommandError {
    /// An error with a code.
    pub(super) fn new(code: Exit, message: impl Into<String>) -> Self {
        CommandError {
            code,
            subject: None,
            place: None,
            message: message.into(),
            details: Vec::new(),
            drawing: None,
            hints: Vec::new(),
            quiet: false,
            nothing_there: false,
        }
    }

    /// Wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Generic, message)
    }

    /// Flags that exclude each other, or lack each other.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(Exit::Conflict, message)
    }

    /// What SOPS can and cloze cannot.
    pub(super) fn not_yet(what: &str) -> Self {
        Self::usage(format!("{what} is not yet supported by cloze"))
    }

    /// A command that needs a file got none.
    pub(super) fn no_file(name: Name) -> Self {
        Self::new(Exit::NoFile, "no file specified").hint(format!("`{} --help` shows what can be done", name.text()))
    }

    /// A signal ended the run.
    pub(super) fn signal(number: i32) -> Self {
        let number = u8::try_from(number).unwrap_or(0);
        CommandError { quiet: true, ..Self::new(Exit::Signal(number), "interrupted") }
    }

    /// An error about which everything was said.
    pub(super) fn said(code: Exit) -> Self {
        CommandError { quiet: true, ..Self::new(code, "wrong usage") }
    }

    /// Nobody reads our output any more: the end of many pipes, and no error to speak of.
    pub(super) fn broken_pipe() -> Self {
        Self::signal(13)
    }

    /// The same about a file.
    #[must_use]
    pub(super) fn about(mut self, file: impl AsRef<Path>) -> Self {
        self.subject.get_or_insert_with(|| file.as_ref().display().to_string());
        self
    }

    /// The same with a further line.
    #[must_use]
    pub(super) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// The same with a remedy.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same, printed even if it would be passed over in silence.
    #[must_use]
    pub(super) fn aloud(mut self) -> Self {
        self.quiet = false;
        self
    }

    /// The same with another exit code.
    #[must_use]
    pub(super) fn with_code(self, code: Exit) -> Self {
        CommandError { code, ..self }
    }

    /// Its exit code.
    #[must_use]
    pub(super) fn code(&self) -> Exit {
        self.code
    }

    /// Whether it says that there was nothing to take out.
    #[must_use]
    pub(super) fn is_nothing_there(&self) -> bool {
        self.nothing_there
    }

    /// Whether nothing is to be printed.
    #[must_use]
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// A file that could not be read or written.
    pub(super) fn file(error: FileError) -> Self {
        match error {
            FileError::Missing(path) => Self::new(Exit::NoFile, "there is no such file").about(path),
            FileError::Directory(path) => {
                Self::new(Exit::Read, "is a directory, and one file is taken at a time").about(path)
            }
            FileError::Read(path, error) => {
                Self::new(Exit::Read, format!("cannot be read: {}", reason(&error))).about(path)
            }
            FileError::TooLarge(path) => Self::new(Exit::Read, "is too large: 4 GiB is the limit").about(path),
            FileError::Write(_, error) if error.kind() == io::ErrorKind::BrokenPipe => Self::broken_pipe(),
            FileError::Write(path, error) => {
                let new = Self::new(Exit::Write, format!("cannot be written: {}", reason(&error))).about(path);
                match error.kind() {
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                        new.hint("files are replaced as a whole, which needs the right to write in their directory")
                    }
                    _ => new,
                }
            }
            FileError::Interrupted(signal) => Self::signal(signal),
            FileError::Exists(path) => Self::new(Exit::Write, "exists already, and is not overwritten").about(path),
        }
    }

    /// Something that only streams was to be changed in its place.
    pub(super) fn stream(file: &Path) -> Self {
        Self::new(Exit::Read, "is no file that could be changed in its place").about(file)
    }

    /// A text that is not of its format.
    fn syntax(error: SyntaxError, text: &[u8]) -> Self {
        let code = match error {
            SyntaxError { empty: true, .. } => Exit::Empty,
            SyntaxError { reserved: true, .. } => Exit::AlreadyEncrypted,
            _ => Exit::Read,
        };
        let mut new = Self::new(code, error.message);
        new.place = error.span.map(|span| line_and_column(text, span));
        new.hints.extend(error.hint);
        new
    }

    /// An error of the envelope, about a text that came from `file`.
    pub(super) fn envelope(error: envelope::Error, text: &[u8]) -> Self {
        use envelope::Error;
        let message = error.to_string();
        match error {
            Error::Syntax(error) => Self::syntax(error, text),
            Error::NoMetadata => Self::usage(message).hint("it is not encrypted: `cloze encrypt` does that"),
            Error::Metadata(_) => Self::usage(message),
            Error::AlreadyEncrypted => {
                Self::new(Exit::AlreadyEncrypted, message).hint("`cloze edit` changes the values of an encrypted file")
            }
            Error::Unmatched { nearest, .. } => {
                let new = Self::usage(message);
                let new = match nearest {
                    Some(key) => new.hint(format!("did you mean the key `{key}`?")),
                    None => new,
                };
                new.hint("--allow-unmatched writes the file all the same")
            }
            Error::EncryptValue { .. } | Error::EncryptComment { .. } | Error::RoundTrip => {
                Self::new(Exit::EncryptValue, message)
            }
            Error::Change(error) => Self::change(&error),
            Error::ForeignDraft => Self::usage(message).hint("edit without --resume, or remove the draft"),
            Error::DecryptValue { .. } => Self::new(Exit::DecryptValue, message),
            Error::DecryptComment { .. } => Self::new(Exit::DecryptValue, message)
                .hint("`decrypt` and `edit` leave it as it is with --ignore-mac; it can be taken out then"),
            Error::Mac(_) | Error::LostSpelling => Self::new(Exit::Mac, message)
                .hint(
                    "the file was changed by something other than SOPS or cloze; see what, for example with `git diff`",
                )
                .hint("`decrypt` and `edit` open it all the same with --ignore-mac"),
            Error::NoDataKey(error) => Self::no_data_key(error),
            Error::Unrecorded(_) => {
                Self::usage(message).hint("on this machine no data key is used without a record; nothing was given out")
            }
            Error::Wrap(_) => Self::usage(message),
            Error::Emit(_) => Self::new(Exit::Emit, message),
            Error::ExtractPath(_) => Self::usage(message),
        }
    }

    /// A value that cannot be set or taken out.
    fn change(error: &ChangeError) -> Self {
        let message = error.to_string();
        match error {
            ChangeError::Missing(_) => {
                let new = Self::usage(message).hint("--idempotent makes this no error");
                CommandError { nothing_there: true, ..new }
            }
            ChangeError::Reserved(_) => Self::new(Exit::AlreadyEncrypted, message),
            ChangeError::InTheWay(path) => {
                Self::new(Exit::Set, message).hint(format!("`cloze unset FILE '{path}'` takes it out first"))
            }
            _ => Self::new(Exit::Set, message),
        }
    }

    /// The same for a text that was to be encrypted already. To SOPS an empty one has no metadata, and
    /// one that cannot be read no code of its own.
    pub(super) fn opening(error: envelope::Error, text: &[u8], name: Name) -> Self {
        match error {
            envelope::Error::Syntax(error) if error.empty && name == Name::Sops => {
                Self::envelope(envelope::Error::NoMetadata, text)
            }
            envelope::Error::Syntax(error) if name == Name::Sops => Self::syntax(error, text).with_code(Exit::Generic),
            envelope::Error::Syntax(error) if error.reserved => Self::syntax(error, text).with_code(Exit::Read),
            other => Self::envelope(other, text),
        }
    }

    /// Every recipient with its reason, every place that was looked in, and one next step.
    fn no_data_key(error: NoDataKey) -> Self {
        let mut new = Self::new(Exit::NoDataKey, error.to_string());
        if let Some((needed, opened)) = error.groups {
            new.details.push(format!("{needed} key groups are needed, and {opened} could be opened"));
        }
        for attempt in &error.attempts {
            let group = if error.groups.is_some() { format!("group {}: ", attempt.group) } else { String::new() };
            let reason = attempt.reason.as_deref().unwrap_or("opened");
            let recipient = shortened(&attempt.recipient);
            new.details.push(format!("{group}{} `{recipient}`: {reason}", attempt.kind.title()));
        }
        if !error.places.is_empty() {
            new.details.push("looked for identities in".into());
            new.details.extend(error.places.iter().map(|place| format!("  {place}")));
        }
        let reasons = || error.attempts.iter().filter_map(|attempt| attempt.reason.as_ref());
        let says = |text: &str| reasons().chain(&error.places).any(|reason| reason.contains(text));
        if says("the passphrase is wrong") {
            new.hint("try again with the right passphrase")
        } else if reasons().any(|reason| has_step(reason)) {
            new
        } else if says(NO_TERMINAL) {
            new.hint(
                "run it in a terminal, or let SOPS_AGE_KEY_CMD or SOPS_AGE_SSH_PRIVATE_KEY_CMD name a command that \
                 prints the identity without its passphrase",
            )
        } else if let Some((needed, opened)) = error.groups {
            let more = needed.saturating_sub(opened);
            let what = match more {
                1 => "an identity of one more key group is needed: put it".to_owned(),
                _ => format!("identities of {more} more key groups are needed: put them"),
            };
            new.hint(format!("{what} into one of these places, or ask somebody who can open the file to add you"))
        } else if error.places.is_empty() {
            new.hint("one key that works is enough; or ask somebody who can open the file to add you")
        } else {
            new.hint(
                "one identity is enough: put it into one of these places, or ask somebody who can open the file to \
                 add you",
            )
        }
    }

    /// A rules file that cannot be used; its place is drawn.
    pub(super) fn rules(error: RulesError, file: &Path, text: &str) -> Self {
        let mut new = Self::usage(error.message).about(file);
        let range = error.span.range();
        if !text.is_empty() && range.end <= text.len() {
            new.place = Some(line_and_column(text.as_bytes(), error.span));
            new.drawing =
                if error.secret { None } else { draw(text, range, &file.display().to_string(), &new.message) };
        }
        new.hints.extend(error.hint);
        new
    }

    /// The whole message, with a final newline.
    #[must_use]
    pub(super) fn render(&self, colours: bool) -> String {
        let (red, cyan, plain) = if colours { ("\x1b[1;31m", "\x1b[36m", "\x1b[0m") } else { ("", "", "") };
        let mut text = match &self.drawing {
            Some(drawing) => format!("{}\n", drawing[usize::from(colours)]),
            None => format!("{red}error:{plain} {}\n", visible(&self.to_string())),
        };
        for detail in &self.details {
            text += &format!("  {}\n", visible(detail));
        }
        for hint in &self.hints {
            text += &format!("{cyan}hint:{plain} {}\n", visible(hint));
        }
        text
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.subject, self.place) {
            (Some(subject), Some((line, column))) => write!(f, "`{subject}:{line}:{column}`: ")?,
            (Some(subject), None) => write!(f, "`{subject}`: ")?,
            (None, _) => {}
        }
        f.write_str(&self.message)
    }
}

/// A recipient without the middle of a key that nobody compares; some have 2,000 characters.
fn shortened(recipient: &str) -> Cow<'_, str> {
    let count = recipient.chars().count();
    if count <= 200 {
        return Cow::Borrowed(recipient);
    }
    let (start, end): (String, String) =
        (recipient.chars().take(40).collect(), recipient.chars().skip(count - 40).collect());
    Cow::Owned(format!("{start}…{end}"))
}

/// The line and the column of a place, from 1; columns count characters.
fn line_and_column(text: &[u8], span: Span) -> (u32, u32) {
    let before = &text[..span.range().start.min(text.len())];
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    (
        number(memchr::memchr_iter(b'\n', before).count()),
        number(String::from_utf8_lossy(&before[start..]).chars().count()),
    )
}

/// Draws a place of a rules file. Not when a secret key was put there by mistake.
fn draw(text: &str, range: Range<usize>, file: &str, message: &str) -> Option<Box<[String; 2]>> {
    if text.contains("AGE-SECRET-KEY-") || text.get(range.clone()).is_none() {
        return None;
    }
    // The drawing shows controls of one byte as signs. Those of two become others of two, so that
    // places stay.
    let text: String = text.chars().map(|it| if ('\u{80}'..='\u{9f}').contains(&it) { '\u{b7}' } else { it }).collect();
    let (file, message) = (visible(file), visible(message));
    let snippet = Snippet::source(&text).path(&*file).annotation(AnnotationKind::Primary.span(range));
    let report = [Level::ERROR.primary_title(&*message).element(snippet)];
    Some(Box::new([Renderer::plain().render(&report), Renderer::styled().render(&report)]))
}

/// The system's reason, in lower case and without its number.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_lowercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    use crate::recipient::{Attempt, Kind};

    #[test]
    fn a_syntax_error_names_the_place_and_never_the_text() {
        let text = b"a: 1\n\xc3\xa9\xc3\xa9: secret";
        let error = envelope::Error::Syntax(SyntaxError::at(Span::new(9..10), "is not closed").hint("close it"));
        let error = CommandError::envelope(error, text).about("dir/x.yaml");
        assert_eq!(error.render(false), "error: `dir/x.yaml:2:3`: is not closed\nhint: close it\n");
        assert_eq!(error.code(), Exit::Read);
    }

    #[test]
    fn every_recipient_and_every_place_is_listed() {
        let attempt = |recipient: &str, reason: Option<&str>| Attempt {
            group: 0,
            recipient: recipient.into(),
            kind: Kind::Age,
            reason: reason.map(str::to_owned),
        };
        let error = NoDataKey {
            attempts: vec![attempt("age1a", Some("no matching identity")), attempt("age1b", None)],
            places: vec!["SOPS_AGE_KEY: not there".into()],
            groups: None,
        };
        let text = CommandError::envelope(error.into(), b"").about("f").render(false);
        assert_eq!(
            text,
            "error: `f`: no recipient could recover the data key\n  age `age1a`: no matching identity\n  age `age1b`: opened\n  \
             looked for identities in\n    SOPS_AGE_KEY: not there\nhint: one identity is enough: put it into one of these \
             places, or ask somebody who can open the file to add you\n"
        );
    }

    #[test]
    fn a_rules_error_is_drawn_unless_a_secret_is_there() {
        let error = |span| RulesError { message: "is unknown".into(), span, hint: None, secret: false };
        let drawn = CommandError::rules(error(Span::new(5..8)), Path::new(".sops.yaml"), "rule:foo\n").render(false);
        assert!(drawn.contains("rule:foo") && drawn.contains("^^^"), "{drawn}");
        let secret = "age: AGE-SECRET-KEY-1X\n";
        let plain = CommandError::rules(error(Span::new(5..8)), Path::new(".sops.yaml"), secret).render(false);
        assert_eq!(plain, "error: `.sops.yaml:1:6`: is unknown\n");
    }

    #[test]
    fn a_hostile_file_does_not_reach_the_terminal() {
        let hostile = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\n";
        let mut error = CommandError::usage(hostile).about(hostile).detail(hostile).hint(hostile);
        let spelled = "\\u{1b}]0;x\\u{7}\\u{9b}2J\\u{202e}\\u{a}";
        let wanted = format!("error: `{spelled}`: {spelled}\n  {spelled}\nhint: {spelled}\n");
        assert_eq!(error.render(false), wanted);
        let text = format!("a: {hostile}b: 1\n");
        error = CommandError::rules(
            RulesError { message: hostile.into(), span: Span::new(3..5), hint: None, secret: false },
            Path::new(hostile),
            &text,
        );
        let drawn = error.render(false);
        assert!(drawn.contains("2J") && drawn.contains('^'), "{drawn}");
        let obeyed = |it: char| it != '\n' && (it.is_control() || it == '\u{202e}');
        assert!(!drawn.contains(obeyed), "{drawn:?}");
        let styled = error.render(true);
        assert!(!styled.contains("\u{1b}]") && !styled.contains(['\u{7}', '\u{9b}', '\u{202e}']), "{styled:?}");
    }

    #[test]
    fn codes_are_those_of_sops() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let table = [
            (CommandError::file(FileError::Missing(PathBuf::from("x"))), 100),
            (CommandError::file(FileError::Directory(PathBuf::from("x"))), 2),
            (CommandError::file(FileError::Read(PathBuf::from("x"), denied())), 2),
            (CommandError::file(FileError::Write(PathBuf::from("x"), denied())), 3),
            (CommandError::envelope(envelope::Error::NoMetadata, b""), 1),
            (CommandError::envelope(envelope::Error::AlreadyEncrypted, b""), 203),
            (CommandError::envelope(envelope::Error::Mac("is missing"), b""), 51),
            (CommandError::signal(15), 143),
        ];
        for (error, code) in table {
            assert_eq!(error.code().number(), code, "{error}");
        }
        assert!(
            CommandError::envelope(envelope::Error::NoMetadata, b"").to_string().contains("sops metadata not found")
        );
    }
}
