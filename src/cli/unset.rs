//! `unset`: one value, or a map or list, taken out of a file (sops-compat.md §8.6).

use super::error::{CommandError, Exit};
use super::set::{Target, key_path};
use super::{Run, args, given};
use crate::document::change::Change;

/// Runs the command.
pub(super) fn run(args: &args::Unset, run: &Run) -> Result<(), CommandError> {
    let usage = || CommandError::new(Exit::NoFile, "a file and a path are needed");
    let file = given(args.file.as_ref()).ok_or_else(usage)?;
    let path = key_path(args.path.as_deref().ok_or_else(usage)?, run.name)?;
    let target = Target {
        file,
        types: &args.types,
        opening: &args.opening,
        services: &args.services,
        general: &args.general,
        idempotent: false,
    };
    match target.change(&path, Change::Unset, run) {
        Err(error) if args.idempotent && error.is_nothing_there() => Ok(()),
        Err(error) => Err(error),
        Ok((changed, before)) => target.write(&changed, &before, run),
    }
}
