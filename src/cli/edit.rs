//! `edit` (soon).
use super::error::CommandError;
use super::{Run, args};
pub(super) fn run(_: &args::Edit, _: &Run) -> Result<(), CommandError> {
    Err(CommandError::not_yet("edit"))
}
