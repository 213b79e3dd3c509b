//! `encrypt`: rules → policy; text → ciphertext → written (sops-compat.md §8.4).

use std::path::Path;

use super::argv::Name;
use super::audit::Audit;
use super::error::{CommandError, Exit};
use super::files::Contents;
use super::{Destination, Input, Run, args, config, formats, given, identities, tools};
use crate::document::EmitError;
use crate::envelope::{self, Options};

/// Runs the command.
pub(super) fn run(args: &args::Encrypt, run: &Run) -> Result<(), CommandError> {
    let file = given(args.file.as_ref());
    let destination = Destination::of(&args.output, file, run.name)?;
    let name = match (given(args.filename.filename_override.as_ref()), file) {
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => {
            return Err(CommandError::conflict("standard input needs --filename-override, for the creation rule"));
        }
    };
    missing(file)?;
    let rules = config::find(&args.general, Some(name), run)?;
    let profile = args.services.aws_profile.as_deref();
    let policy = config::policy(&args.recipients, &args.selection, profile, rules.as_deref(), name, run)?;
    let rule = config::helpful_rule(&args.general, name, run);
    let no_exact_spelling =
        args.selection.no_exact_spelling || rule.as_ref().is_some_and(|rule| rule.no_exact_spelling);
    let from = formats::of_input(args.types.input_type.as_deref(), rule.as_ref(), Some(name), None, run.name);
    let to = formats::of_output(&args.types, rule.and_then(|rule| rule.output_type), Some(name), from, run.name);
    // That there is no key service is to SOPS an error like any other, where nothing is opened.
    let keyring = identities::keyring(&args.services, None, run).map_err(|error| error.with_code(Exit::Generic))?;
    config::learn_key_files(&args.general, name, &policy.groups, &keyring, run)?;
    let audit = Audit::open("encrypt", run)?;
    let input = Input::read(file, run.name)?;

    let options = Options {
        layout: config::layout(&args.general, Some(name), to, run)?,
        // SOPS writes the file in clear without a word.
        allow_unmatched: args.selection.allow_unmatched || run.name == Name::Sops,
        no_exact_spelling,
        reading: run.name.reading(),
        lossy: run.name == Name::Sops,
        ..Options::default()
    };
    let failed = |error| CommandError::envelope(error, &input.text).about(input.name());
    let converted =
        if from == to { None } else { Some(envelope::convert(from, &input.text, to, &options).map_err(failed)?) };
    let text = converted.as_ref().unwrap_or(&input.text);
    let record = audit.about(input.path.as_deref());
    let encrypted =
        envelope::encrypt(to, text, &policy, &options, &tools(&keyring, &record)).map_err(|error| match error {
            // Its places are those of a text that nobody has seen.
            envelope::Error::Syntax(error) if converted.is_some() => failed(EmitError(error.message).into()),
            error => failed(error),
        })?;
    destination.write(&encrypted.text, Contents::Ciphertext, run.ui)?;

    run.ui.heed(&encrypted.warnings, input.name());
    run.ui.note(&format!("encrypted {} of {} values", encrypted.encrypted, encrypted.total));
    Ok(())
}

/// A file that is not there is the first thing to be told, before rules that do not fit it.
fn missing(file: Option<&Path>) -> Result<(), CommandError> {
    match file {
        Some(file) if file != Path::new("-") && !file.exists() => {
            Err(CommandError::file(super::files::FileError::Missing(file.to_owned())))
        }
        _ => Ok(()),
    }
}
