//! `completion`: the script that completes commands in a shell, for the name that we were called
//! by.

use super::error::CommandError;
use super::{Run, args, argv, ui};

/// Runs the command.
pub(super) fn run(args: &args::Completion, run: &Run) -> Result<(), CommandError> {
    let mut command = argv::command(run.name);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, run.name.text(), &mut script);
    ui::stdout(&script).map_err(CommandError::file)
}
