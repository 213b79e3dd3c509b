//! `decrypt`: text → data key → plaintext, checked → written (sops-compat.md §8.4).

use super::argv::Name;
use super::audit::Audit;
use super::error::{CommandError, Exit};
use super::files::Contents;
use super::{Destination, Input, Run, args, config, formats, given, identities, tools};
use crate::document::{Format, KeyPath};
use crate::envelope::{self, Opened, Options};

/// Runs the command.
pub(super) fn run(args: &args::Decrypt, run: &Run) -> Result<(), CommandError> {
    let file = given(args.file.as_ref());
    let destination = Destination::of(&args.output, file, run.name)?;
    let order = args.opening.decryption_order.as_deref();
    let keyring = identities::keyring(&args.services, order, run)?;
    let audit = Audit::open("decrypt", run)?;
    let mut input = Input::read(file, run.name)?;
    let path =
        args.extract.as_deref().filter(|path| !path.is_empty()).map(|path| key_path(path, run.name)).transpose()?;
    let name = given(args.filename.filename_override.as_ref()).or(input.path.as_deref());
    let from = formats::of_sealed(&args.types, &args.general, name, &input.text, run);
    let to = formats::of_output(&args.types, None, name, from, run.name);

    let options = Options { ignore_mac: args.opening.ignore_mac, ..run.opening() };
    let failed = |error| CommandError::opening(error, &input.text, run.name).about(input.name());
    let record = audit.about(input.path.as_deref());
    let opened = envelope::decrypt(from, &input.text, &options, &tools(&keyring, &record)).map_err(failed)?;
    run.ui.trace("Data key recovered successfully");
    let printed = printed(&opened, from, to, path.as_ref(), args, run)?;
    destination.write(printed.as_ref().unwrap_or(&opened.text), Contents::Plaintext, run.ui)?;

    // A ciphertext need not be wiped, and it may be long.
    drop(std::mem::take(&mut *input.text));
    run.ui.heed(&opened.warnings, input.name());
    Ok(())
}

/// What is to be written, where that is not the plaintext as it stands in the file.
fn printed(
    opened: &Opened,
    from: Format,
    to: Format,
    path: Option<&KeyPath>,
    args: &args::Decrypt,
    run: &Run,
) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, CommandError> {
    if path.is_none() && from == to {
        return Ok(None);
    }
    let layout = config::layout(&args.general, args.file.as_deref(), to, run)?;
    let options = Options { layout, reading: opened.reading(), lossy: run.name == Name::Sops, ..Options::default() };
    let printed = match path {
        Some(path) => envelope::extract(from, &opened.text, path, to, &options),
        // SOPS prints the first document of a stream.
        None if run.name == Name::Sops => envelope::extract(from, &opened.text, &KeyPath::default(), to, &options),
        None => envelope::convert(from, &opened.text, to, &options),
    };
    let about = args.file.as_deref().unwrap_or("standard input".as_ref());
    printed.map(Some).map_err(|error| CommandError::envelope(error, &opened.text).about(about))
}

/// The path to extract: in SOPS's spelling, or under our own name as people write paths.
fn key_path(text: &str, name: Name) -> Result<KeyPath, CommandError> {
    let parsed = match name {
        Name::Sops => KeyPath::parse_sops(text),
        Name::Cloze => KeyPath::parse(text),
    };
    parsed.map_err(|error| CommandError::new(Exit::Path, format!("--extract: {error}")))
}
