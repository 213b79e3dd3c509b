//! `set`: one value of a file in place of another, or beside the others (sops-compat.md §8.6).

use std::ffi::OsStr;
use std::path::Path;

use zeroize::Zeroizing;

use super::argv::Name;
use super::audit::Audit;
use super::error::{CommandError, Exit};
use super::files::{self, Contents, FileError};
use super::{Destination, Run, args, config, formats, given, identities, tools};
use crate::document::change::{self, Change, Manner};
use crate::document::tree::Tree;
use crate::document::{Format, KeyPath, Layout};
use crate::envelope::{self, Changed, Options};

/// Runs the command.
pub(super) fn run(args: &args::Set, run: &Run) -> Result<(), CommandError> {
    let usage = || {
        CommandError::new(Exit::NoFile, "a file, a path and a value are needed")
            .hint("--value-stdin reads the value from standard input, --value-file from a file")
    };
    if args.value_file && args.value_stdin {
        return Err(CommandError::usage("--value-file and --value-stdin cannot be used together"));
    }
    let file = given(args.file.as_ref()).ok_or_else(usage)?;
    let path = args.path.as_deref().ok_or_else(usage)?;
    if args.value.is_some() == args.value_stdin {
        return Err(usage());
    }
    let path = key_path(path, run.name)?;
    let value = value(args.value.as_deref(), args)?;
    let target = Target {
        file,
        types: &args.types,
        opening: &args.opening,
        services: &args.services,
        general: &args.general,
        idempotent: args.idempotent,
    };
    let (changed, text) = target.change(&path, Change::Set(&value), run)?;
    if changed.is_same && args.idempotent {
        return Ok(());
    }
    target.write(&changed, &text, run)
}

/// A path: in SOPS's spelling, or under our own name as people write paths.
pub(super) fn key_path(text: &str, name: Name) -> Result<KeyPath, CommandError> {
    let parsed = match name {
        Name::Sops => KeyPath::parse_sops(text),
        Name::Cloze => KeyPath::parse(text),
    };
    parsed.map_err(|error| CommandError::new(Exit::Set, format!("the path: {error}")))
}

/// The new value.
fn value(argument: Option<&OsStr>, args: &args::Set) -> Result<Tree, CommandError> {
    let text = match argument {
        None => files::read_stdin().map_err(CommandError::file)?,
        Some(file) if args.value_file => files::read(Path::new(file)).map_err(CommandError::file)?,
        Some(value) => Zeroizing::new(value.as_encoded_bytes().to_vec()),
    };
    if args.string {
        return Ok(Tree::Leaf(crate::document::Scalar::Text(text.to_vec().into())));
    }
    change::value(&text).map_err(|error| {
        let error = CommandError::new(Exit::Set, format!("the value is not JSON: {}", error.message));
        error.hint("a string stands in quotes, '\"like this\"'; --string takes the value as it is")
    })
}

/// The file that is changed, and how it is opened.
pub(super) struct Target<'a> {
    pub(super) file: &'a Path,
    pub(super) types: &'a args::Types,
    pub(super) opening: &'a args::Opening,
    pub(super) services: &'a args::KeyServices,
    pub(super) general: &'a args::General,
    /// Whether a value that is there already is left alone.
    pub(super) idempotent: bool,
}

impl Target<'_> {
    /// Makes a change; returns the result, and the text before.
    pub(super) fn change(
        &self,
        path: &KeyPath,
        change: Change<'_>,
        run: &Run,
    ) -> Result<(Changed, Zeroizing<Vec<u8>>), CommandError> {
        if files::is_stream(self.file) {
            return Err(CommandError::stream(self.file));
        }
        let keyring = identities::keyring(self.services, self.opening.decryption_order.as_deref(), run)?;
        let command = if matches!(change, Change::Unset) { "unset" } else { "set" };
        let audit = Audit::open(command, run)?;
        let text = files::read(self.file).map_err(|error| match (error, run.name) {
            // SOPS has another code here than in its other commands.
            (FileError::Missing(path), Name::Sops) => {
                CommandError::new(Exit::Read, "there is no such file").about(path)
            }
            (error, _) => CommandError::file(error),
        })?;
        let format = formats::of_sealed(self.types, self.general, Some(self.file), &text, run);
        let manner = Manner { layout: self.layout(format, run)?, lenient: run.name == Name::Sops };
        let Target { idempotent, .. } = *self;
        let options = Options { ignore_mac: self.opening.ignore_mac, idempotent, ..run.opening() };
        let record = audit.about(Some(self.file));
        let changed = envelope::change(format, &text, path, change, manner, &options, &tools(&keyring, &record))
            .map_err(|error| CommandError::opening(error, &text, run.name).about(self.file))?;
        run.ui.trace("Data key recovered successfully");
        Ok((changed, text))
    }

    /// What was asked for by a flag or the rules; the file itself tells the rest.
    fn layout(&self, format: Format, run: &Run) -> Result<Layout, CommandError> {
        if let Some(output) = self.types.output_type.as_deref().and_then(Format::from_name)
            && output != format
        {
            return Err(CommandError::conflict(
                "a file is changed in the format that it has: --output-type cannot differ",
            ));
        }
        if self.general.indent.is_none() {
            return Ok(Layout::default());
        }
        config::layout(self.general, Some(self.file), format, run)
    }

    /// Writes the result, if it is another text.
    pub(super) fn write(&self, changed: &Changed, before: &[u8], run: &Run) -> Result<(), CommandError> {
        if changed.text != before {
            Destination::File(self.file).write(&changed.text, Contents::Ciphertext, run.ui)?;
        }
        run.ui.heed(&changed.warnings, self.file);
        Ok(())
    }
}
