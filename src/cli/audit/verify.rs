//! `audit verify`: goes along the chain of a log.

use super::super::error::{CommandError, Exit};
use super::super::{Run, args, files, given, ui};
use super::chain;

/// Runs the command.
pub(in crate::cli) fn run(args: &args::AuditVerify, run: &Run) -> Result<(), CommandError> {
    let file = given(args.file.as_ref()).ok_or_else(|| CommandError::no_file(run.name))?;
    let text = files::read(file).map_err(CommandError::file)?;
    let looked_for = args.holds.as_deref().map(str::to_ascii_lowercase);
    let checked = chain::check(&text, looked_for.as_deref()).map_err(|broken| {
        CommandError::new(Exit::Generic, format!("line {} {}", broken.line, broken.reason)).about(file)
    })?;
    let name = ui::visible(&file.to_string_lossy()).into_owned();
    for line in &checked.unfinished {
        run.ui.warn(&format!("`{name}`: line {line} was not finished by the one who wrote it"));
    }
    if checked.is_open {
        run.ui.warn(&format!("`{name}`: the last line has no end, and is no record; the next one will say so"));
    }
    if let Some(hash) = looked_for.filter(|_| !checked.holds) {
        return Err(CommandError::usage(format!("no line has the hash {hash}")).about(file));
    }
    let records = if checked.records == 1 { "1 record".into() } else { format!("{} records", checked.records) };
    ui::stdout(format!("{name}: {records}, none changed or taken out\nlast: {}\n", checked.last).as_bytes())
        .map_err(CommandError::file)
}
