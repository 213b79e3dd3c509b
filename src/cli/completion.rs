//! `completion`: the script that completes commands in a shell, for the name that we were called
//! by.

use super::argv::Name;
use super::error::CommandError;
use super::{Run, args, ui};

/// Runs the command.
pub(super) fn run(args: &args::Completion, run: &Run) -> Result<(), CommandError> {
    let own = run.name == Name::Cloze;
    let mut command = args::command().mut_subcommand("init", |init| init.hide(!own));
    command = command.mut_subcommand("audit", |audit| audit.hide(!own));
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, run.name.text(), &mut script);
    ui::stdout(&script).map_err(CommandError::file)
}
