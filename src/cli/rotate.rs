//! `rotate`: a new data key, every value encrypted anew, recipients added and removed on the way
//! (sops-compat.md §8.4, §8.7).

use std::path::Path;

use super::argv::Name;
use super::audit::Audit;
use super::config::{self, Named};
use super::error::{CommandError, Exit};
use super::files::{self, Contents};
use super::{Destination, Input, Run, args, formats, given, identities, rekey, tools};
use crate::document::{Format, Layout};
use crate::envelope::{self, Options};
use crate::recipient::{Access, Change, Kind, Recipient};

/// Runs the command.
pub(super) fn run(args: &args::Rotate, run: &Run) -> Result<(), CommandError> {
    let file = given(args.file.as_ref()).ok_or_else(|| CommandError::no_file(run.name))?;
    let destination = Destination::of(&args.output, Some(file), run.name)?;
    let (mut added, mut removed) = (named(&args.added(), run)?, named(&args.removed(), run)?);
    for keys in [&mut added, &mut removed] {
        config::amend(keys, args.encryption_context.as_deref(), args.services.aws_profile.as_deref())?;
    }
    let changes = !(added.is_empty() && removed.is_empty());
    if changes && file != Path::new("-") && !file.exists() {
        let error = CommandError::new(Exit::NoFileForKeys, "there is no such file to add or remove keys of");
        return Err(error.about(file));
    }
    let keyring = identities::keyring(&args.services, args.decryption_order.as_deref(), run)?;
    let audit = Audit::open("rotate", run)?;
    let input = Input::read(Some(file), run.name)?;
    let record = audit.about(input.path.as_deref());
    let tools = tools(&keyring, &record);
    let name = given(args.filename.filename_override.as_ref()).or(input.path.as_deref());
    let format = formats::of_sealed(&args.types, &args.general, name, &input.text, run);
    same_format(&args.types, format)?;

    let failed = |error| CommandError::opening(error, &input.text, run.name).about(input.name());
    let from = envelope::access(format, &input.text).map_err(failed)?;
    let to = changed(&from, added, &removed, input.name(), run)?;
    if let Some(name) = name {
        config::learn_key_files(&args.general, name, &to.groups, &keyring, run)?;
    }
    let options = Options { layout: Layout { indent: args.general.indent }, ..run.opening() };
    let rotated = envelope::rotate(format, &input.text, &to, &options, &tools).map_err(failed)?;
    if let Destination::File(path) = destination
        && path == file
        && !files::read(file).is_ok_and(|now| *now == *input.text)
    {
        let message = "was changed by somebody else meanwhile, and is not overwritten";
        return Err(CommandError::new(Exit::Write, message).about(file));
    }
    destination.write(&rotated.text, Contents::Ciphertext, run.ui)?;

    run.ui.heed(&rotated.warnings, input.name());
    if run.name == Name::Cloze {
        rekey::exposure(&Change::between(&from, &to), format, &input.text, input.name(), run);
        warn_of_strangers(args, &to, name, run);
    }
    Ok(())
}

/// The recipients that flags name.
fn named(flags: &[Named<'_>], run: &Run) -> Result<Vec<Recipient>, CommandError> {
    let named = config::recipients(flags, |_| None, run)?;
    let is_none = |recipient: &&Recipient| {
        let text = recipient.field("recipient");
        recipient.kind == Kind::Age && !["age1", "ssh-"].iter().any(|start| text.starts_with(start))
    };
    match named.iter().find(is_none) {
        Some(wrong) => Err(CommandError::usage(format!("`{wrong}` is not an age recipient (`age1…`)"))),
        None => Ok(named),
    }
}

/// A file is written in the format that it has.
fn same_format(types: &args::Types, format: Format) -> Result<(), CommandError> {
    match types.output_type.as_deref().and_then(Format::from_name) {
        Some(output) if output != format => {
            Err(CommandError::conflict("rotate writes a file in the format that it has: --output-type cannot differ"))
        }
        _ => Ok(()),
    }
}

/// Who can open the file afterwards. New recipients go into the first key group.
fn changed(
    from: &Access,
    added: Vec<Recipient>,
    removed: &[Recipient],
    file: &Path,
    run: &Run,
) -> Result<Access, CommandError> {
    let mut to = from.clone();
    to.threshold = if to.groups.len() > 1 { Some(to.needed()) } else { to.threshold };
    if let Some(first) = to.groups.first_mut() {
        for recipient in added {
            if !first.iter().any(|known| known.identity() == recipient.identity()) {
                first.push(recipient);
            }
        }
    }
    for gone in removed {
        let is_meant = |known: &Recipient| match run.name {
            Name::Cloze => known.is_meant_by(gone),
            Name::Sops => known.identity() == gone.identity(),
        };
        let before: usize = to.groups.iter().map(Vec::len).sum();
        to.groups.iter_mut().for_each(|group| group.retain(|known| !is_meant(known)));
        if to.groups.iter().map(Vec::len).sum::<usize>() == before {
            let message = format!("`{gone}` is no recipient, and cannot be removed");
            if run.name == Name::Cloze {
                let all: Vec<String> = from.groups.iter().flatten().map(ToString::to_string).collect();
                return Err(CommandError::usage(message)
                    .about(file)
                    .hint(format!("the recipients are {}", all.join(", "))));
            }
            run.ui.note(&format!("warning: {message}"));
        }
    }
    match to.groups.iter().position(Vec::is_empty) {
        Some(_) if to.groups.len() == 1 => {
            Err(CommandError::usage("the last recipient cannot be removed: nobody could open the file").about(file))
        }
        Some(empty) => Err(CommandError::usage(format!("the last recipient of key group {empty} cannot be removed"))
            .about(file)
            .hint(format!("`{} groups delete` removes a key group", run.name.text()))),
        None => Ok(to),
    }
}

/// The list of recipients in a file is not authenticated: whoever could write to the file may have
/// added one, who now has the new data key.
fn warn_of_strangers(args: &args::Rotate, to: &Access, name: Option<&Path>, run: &Run) {
    let Some(name) = name else { return };
    let Some(rule) = config::helpful_rule(&args.general, name, run).filter(|rule| !rule.groups.is_empty()) else {
        return;
    };
    let wanted = Access { groups: rule.groups, threshold: None };
    for stranger in Change::between(to, &wanted).removed {
        run.ui.warn(&format!(
            "`{}`: `{stranger}` can open it, and is no recipient of its creation rule; `cloze updatekeys` removes it",
            name.display()
        ));
    }
}
