//! `filestatus`: whether a file is encrypted, as JSON (sops-compat.md §8.7). Needs no key.

use super::argv::Name;
use super::error::{CommandError, Exit};
use super::{Input, Run, args, formats, given, ui};
use crate::document::Format;
use crate::envelope;

/// Runs the command.
pub(super) fn run(args: &args::FileStatus, run: &Run) -> Result<(), CommandError> {
    let file = given(args.file.as_ref()).ok_or_else(|| CommandError::no_file(run.name))?;
    let encrypted = is_encrypted(args, file, run).map_err(|error| match run.name {
        Name::Cloze => error,
        // To SOPS every failure here is the same.
        Name::Sops => error.with_code(Exit::Generic),
    })?;
    ui::stdout(format!("{{\"encrypted\":{encrypted}}}\n").as_bytes()).map_err(CommandError::file)
}

fn is_encrypted(args: &args::FileStatus, file: &std::path::Path, run: &Run) -> Result<bool, CommandError> {
    let input = Input::read(Some(file), run.name)?;
    let types = args::Types { input_type: args.input_type.clone(), output_type: None };
    let format = formats::of_sealed(&types, &args.general, input.path.as_deref(), &input.text, run);
    match envelope::is_encrypted(format, &input.text) {
        // Any file can be encrypted as binary; it is JSON then, and in most cases this one is not.
        Err(envelope::Error::Syntax(_)) if format == Format::Binary && run.name == Name::Cloze => Ok(false),
        result => result.map_err(|error| CommandError::envelope(error, &input.text).about(input.name())),
    }
}
