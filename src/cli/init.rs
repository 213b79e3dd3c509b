//! `init` (soon).
use super::error::CommandError;
use super::{Run, args};
pub(super) fn run(_: &args::Init, _: &Run) -> Result<(), CommandError> {
    Err(CommandError::not_yet("init"))
}
