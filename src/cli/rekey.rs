//! A file on its way to other recipients: what `updatekeys`, `groups` and `rotate` have in common.
//! Decides whether the data key changes too, and says what a removed recipient could read.

use std::fmt::Write as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::argv::Name;
use super::error::{CommandError, Exit};
use super::files::{self, Contents};
use super::ui::visible;
use super::{Destination, Run};
use crate::document::{Format, Layout};
use crate::envelope::{self, Options, Rewritten, Tools};
use crate::recipient::{Access, Change, Kind, Recipient};

/// So many key paths are listed without --verbose.
const LISTED: usize = 30;

/// A file, and who is to open it.
pub(super) struct Rekey {
    pub format: Format,
    /// The file as it was read.
    pub old: Zeroizing<Vec<u8>>,
    /// Who is to open it.
    pub to: Access,
    /// What that changes.
    pub change: Change,
    /// Whether the data key stays also when somebody loses something.
    pub keep_data_key: bool,
}

impl Rekey {
    /// A file for other recipients.
    pub(super) fn new(format: Format, old: Zeroizing<Vec<u8>>, from: &Access, to: Access, keep_data_key: bool) -> Self {
        let change = Change::between(from, &to);
        Rekey { format, old, to, change, keep_data_key }
    }

    /// Whether the data key changes.
    pub(super) fn rotates(&self) -> bool {
        self.change.takes_away() && !self.keep_data_key
    }

    /// The new text of the file.
    ///
    /// # Errors
    /// The file does not open, or a recipient does not work.
    pub(super) fn rewrite(
        &self,
        file: &Path,
        layout: Layout,
        tools: &Tools<'_>,
        run: &Run,
    ) -> Result<Rewritten, CommandError> {
        let rewrite = if self.rotates() { envelope::rotate } else { envelope::rewrap };
        let options = Options { layout, ..run.opening() };
        rewrite(self.format, &self.old, &self.to, &options, tools).map_err(|error| {
            let is_wrapping = matches!(error, envelope::Error::Wrap(_));
            let error = CommandError::opening(error, &self.old, run.name).about(file);
            match is_wrapping && self.rotates() {
                true => error.hint("a new data key is wrapped for everybody; --keep-data-key keeps what others have"),
                false => error,
            }
        })
    }

    /// The change for people, a line for each recipient.
    #[must_use]
    pub(super) fn shown(&self, file: &Path, name: Name) -> String {
        match name {
            Name::Cloze => self.shown_here(file),
            Name::Sops => self.shown_as_sops(),
        }
    }

    fn shown_here(&self, file: &Path) -> String {
        let mut text = format!("{}\n", visible(&file.to_string_lossy()));
        for (number, group) in self.change.groups.iter().enumerate() {
            if self.change.groups.len() > 1 {
                let _ = writeln!(text, "  key group {number}");
            }
            for (mark, recipients) in [(' ', &group.kept), ('+', &group.added), ('-', &group.removed)] {
                for recipient in recipients {
                    let _ = writeln!(text, "  {mark} {}", visible(&titled(recipient)));
                }
            }
        }
        let (before, after) = self.change.needed;
        if before != after {
            let count = self.to.groups.len();
            let _ = writeln!(text, "  {after} of {count} key groups are needed to open it, instead of {before}");
        }
        if self.rotates() {
            text += "  the data key changes too: without that, those who lose something keep it\n";
        }
        text
    }

    /// The text that SOPS prints.
    fn shown_as_sops(&self) -> String {
        let mut text = String::from("The following changes will be made to the file's groups:\n");
        for (number, group) in self.change.groups.iter().enumerate() {
            let _ = writeln!(text, "Group {}", number + 1);
            for (mark, recipients) in [("   ", &group.kept), ("+++", &group.added), ("---", &group.removed)] {
                for recipient in recipients {
                    let _ = writeln!(text, "{mark} {}", visible(&recipient.to_string()));
                }
            }
        }
        let (before, after) = self.change.needed;
        if before != after {
            let _ = writeln!(text, "shamir_threshold: {before} -> {after}");
        }
        text
    }

    /// Writes the new text in the place of the file, unless somebody else did meanwhile.
    ///
    /// # Errors
    /// The file was changed, or cannot be written.
    pub(super) fn write(&self, file: &Path, text: &[u8], run: &Run) -> Result<(), CommandError> {
        if !files::read(file).is_ok_and(|now| *now == *self.old) {
            let message = "was changed by somebody else meanwhile, and is not overwritten";
            return Err(CommandError::new(Exit::Write, message).about(file));
        }
        Destination::File(file).write(text, Contents::Ciphertext, run.ui)
    }

    /// Says what those who were removed know all the same.
    pub(super) fn report(&self, file: &Path, run: &Run) {
        if run.name == Name::Sops {
            if !self.change.removed.is_empty() && self.keep_data_key {
                run.ui.warn(&format!(
                    "`{}` keeps its data key, which those who were removed may know; `sops rotate -i` changes it",
                    file.display()
                ));
            } else if self.change.takes_away() && self.keep_data_key {
                run.ui.note(&format!(
                    "`{}` keeps its data key, which fewer key groups had to open before; `sops rotate -i` changes it",
                    file.display()
                ));
            }
            return;
        }
        exposure(&self.change, self.format, &self.old, file, run);
        if self.change.takes_away() && self.keep_data_key {
            run.ui.warn(&format!(
                "`{}` keeps its data key: whoever has it can open later versions, too; `cloze rotate --in-place` changes it",
                file.display()
            ));
        }
    }
}

/// Says, by their paths, which values removed recipients could read. A new data key does not make
/// them forget.
pub(super) fn exposure(change: &Change, format: Format, old: &[u8], file: &Path, run: &Run) {
    if change.removed.is_empty() {
        return;
    }
    let paths = match format {
        Format::Binary => Vec::new(),
        _ => envelope::sealed_paths(format, old).unwrap_or_default(),
    };
    let names: Vec<String> = change.removed.iter().map(titled).collect();
    let what = if format == Format::Binary { "all of it" } else { "these values" };
    let together = if change.needed.0 > 1 { ", together with others" } else { "" };
    run.ui.say(&format!(
        "`{}`: {} could read {what}{together}, and can in older versions; change the secrets themselves",
        file.display(),
        names.join(", ")
    ));
    let listed = if run.ui.verbose { paths.len() } else { LISTED.min(paths.len()) };
    paths[..listed].iter().for_each(|path| run.ui.say(&format!("  {path}")));
    if listed < paths.len() {
        run.ui.say(&format!("  and {} more, which --verbose lists", paths.len() - listed));
    }
}

/// A recipient with its kind, where that cannot be seen.
fn titled(recipient: &Recipient) -> String {
    match recipient.kind {
        Kind::Age => recipient.to_string(),
        kind => format!("{} {recipient}", kind.title()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(groups: &[&[&str]], threshold: Option<usize>) -> Access {
        let group = |names: &&[&str]| names.iter().map(|name| Recipient::age(name)).collect();
        Access { groups: groups.iter().map(group).collect(), threshold }
    }

    fn rekey(from: &Access, to: Access, keep: bool) -> Rekey {
        Rekey::new(Format::Yaml, Zeroizing::default(), from, to, keep)
    }

    #[test]
    fn the_change_can_be_read() {
        let rekey =
            rekey(&access(&[&["a", "b"], &["c"]], None), access(&[&["a", "\x1bd"], &["c"], &["e"]], Some(3)), false);
        let shown = "x.yaml\n  key group 0\n    a\n  + \\u{1b}d\n  - b\n  key group 1\n    c\n  key group 2\n  + e\n  3 of 3 key groups are needed to open it, instead of 2\n  the data key changes too: without that, those who lose something keep it\n";
        assert_eq!(rekey.shown(Path::new("x.yaml"), Name::Cloze), shown);
        let sops = rekey.shown(Path::new("x.yaml"), Name::Sops);
        assert!(sops.contains("Group 1\n    a\n+++ \\u{1b}d\n--- b\nGroup 2\n    c\nGroup 3\n+++ e\n"), "{sops}");
    }

    #[test]
    fn the_data_key_changes_where_somebody_loses_something() {
        let (one, two) = (access(&[&["a"]], None), access(&[&["a", "b"]], None));
        assert!(!rekey(&one, two.clone(), false).rotates());
        assert!(rekey(&two, one.clone(), false).rotates());
        assert!(!rekey(&two, one, true).rotates());
    }
}
