//! `groups add` and `groups delete`: one key group more or less (sops-compat.md §8.7). A file that
//! could not be opened again is never written.

use std::path::Path;

use zeroize::Zeroizing;

use super::argv::Name;
use super::audit::Audit;
use super::error::CommandError;
use super::files::Contents;
use super::rekey::Rekey;
use super::{Destination, Input, Run, args, config, formats, given, identities, tools};
use crate::document::Layout;
use crate::envelope;
use crate::recipient::Access;

/// Runs `groups add`.
pub(super) fn add(args: &args::GroupsAdd, run: &Run) -> Result<(), CommandError> {
    let mut group = config::of_flags(&args.recipients, |_| None, run)?;
    let profile = args.group.services.aws_profile.as_deref();
    config::amend(&mut group, args.recipients.encryption_context.as_deref(), profile)?;
    if group.is_empty() {
        return Err(CommandError::usage("no recipient was named: nobody could open the new key group")
            .hint("--age and the other flags name them"));
    }
    change(&args.group, args.recipients.shamir_secret_sharing_threshold, run, |access, _| {
        access.groups.push(group);
        Ok(())
    })
}

/// Runs `groups delete`.
pub(super) fn delete(args: &args::GroupsDelete, run: &Run) -> Result<(), CommandError> {
    let [index] = args.index.as_slice() else {
        return Err(CommandError::usage("exactly one number of a key group is needed")
            .hint("they count from 0, in the order of the file"));
    };
    let index: usize =
        index.parse().map_err(|_| CommandError::usage(format!("`{index}` is no number of a key group")))?;
    change(&args.group, args.shamir_secret_sharing_threshold, run, |access, file| {
        let count = access.groups.len();
        if index >= count {
            let numbers =
                if count == 1 { "there is only number 0".into() } else { format!("they are 0 to {}", count - 1) };
            let error = CommandError::usage(format!("there is no key group {index}: {numbers}"));
            return Err(error.about(file));
        }
        if count == 1 {
            return Err(
                CommandError::usage("the last key group cannot be deleted: nobody could open the file").about(file)
            );
        }
        access.groups.remove(index);
        Ok(())
    })
}

/// Reads a file, changes its groups, and writes it.
fn change(
    args: &args::Group,
    threshold: Option<usize>,
    run: &Run,
    change: impl FnOnce(&mut Access, &Path) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let file = given(args.file.as_ref()).ok_or_else(|| CommandError::no_file(run.name).hint("--file names it"))?;
    let destination = Destination::of(&args.output, Some(file), run.name)?;
    let keyring = identities::keyring(&args.services, None, run)?;
    let audit = Audit::open("groups", run)?;
    let input = Input::read(Some(file), run.name)?;
    let types = args::Types { input_type: args.input_type.clone(), output_type: None };
    let format = formats::of_sealed(&types, &args.general, input.path.as_deref(), &input.text, run);
    let from = envelope::access(format, &input.text)
        .map_err(|error| CommandError::opening(error, &input.text, run.name).about(input.name()))?;
    let mut to = from.clone();
    change(&mut to, input.name())?;
    to.threshold = checked_threshold(&from, &to, threshold.filter(|threshold| *threshold != 0))
        .map_err(|error| error.about(input.name()))?;

    config::learn_key_files(&args.general, input.name(), &to.groups, &keyring, run)?;
    let old = Zeroizing::new(input.text.to_vec());
    let rekey = Rekey::new(format, old, &from, to, args.keep_data_key || run.name == Name::Sops);
    let layout = Layout { indent: args.general.indent };
    let record = audit.about(input.path.as_deref());
    let new = rekey.rewrite(input.name(), layout, &tools(&keyring, &record), run)?;
    match destination {
        Destination::File(path) if path == file => rekey.write(path, &new.text, run)?,
        other => other.write(&new.text, Contents::Ciphertext, run.ui)?,
    }
    run.ui.heed(&new.warnings, input.name());
    rekey.report(input.name(), run);
    Ok(())
}

/// The threshold to store, as the flag or the file says; it must fit the groups.
fn checked_threshold(from: &Access, to: &Access, flag: Option<usize>) -> Result<Option<usize>, CommandError> {
    let count = to.groups.len();
    let stored = (from.groups.len() > 1).then(|| from.needed());
    let wanted = flag.or(stored);
    match wanted {
        // One group alone has no threshold.
        Some(1) if count == 1 => Ok(None),
        None if count == 1 => Ok(None),
        None => Ok(Some(count)),
        Some(wanted) if (2..=count).contains(&wanted) => Ok(Some(wanted)),
        Some(wanted) if count == 1 => Err(CommandError::usage(format!(
            "one key group would be left, and {wanted} would be needed to open the file"
        ))
        .hint("--shamir-secret-sharing-threshold 1 lets the one group open it alone")),
        Some(wanted) => {
            let fitting = if count == 2 { "2".to_owned() } else { format!("2 to {count}") };
            let message = format!("a threshold of {wanted} does not fit {count} key groups: it must be {fitting}");
            Err(CommandError::usage(message).hint("--shamir-secret-sharing-threshold sets it"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient::Recipient;

    #[test]
    fn a_threshold_fits_or_is_refused() {
        let access = |groups: usize, threshold| Access { groups: vec![vec![Recipient::age("a")]; groups], threshold };
        for (from, groups, flag, expected) in [
            (access(1, None), 2, None, Ok(Some(2))),
            (access(1, Some(5)), 2, None, Ok(Some(2))),
            (access(2, Some(2)), 3, None, Ok(Some(2))),
            (access(2, None), 3, None, Ok(Some(2))),
            (access(2, Some(2)), 3, Some(3), Ok(Some(3))),
            (access(2, Some(2)), 3, Some(1), Err(())),
            (access(2, Some(2)), 3, Some(4), Err(())),
            (access(3, Some(3)), 2, None, Err(())),
            (access(3, Some(3)), 2, Some(2), Ok(Some(2))),
            (access(2, Some(2)), 1, None, Err(())),
            (access(2, Some(2)), 1, Some(1), Ok(None)),
        ] {
            let found = checked_threshold(&from, &access(groups, None), flag).map_err(|_| ());
            assert_eq!(found, expected, "{from:?} {groups} {flag:?}");
        }
    }
}
