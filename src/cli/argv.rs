//! Brings the ways in which SOPS lets flags be written into the one that clap reads
//! (sops-compat.md §8.1, §8.8; integrations.md C1–C7): `-config X`, `--in-place=true`, flags
//! before the command, the style without commands (`-d FILE`). Reads nothing but the arguments.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::args;
use super::error::{CommandError, Exit};
use crate::document::Reading;

/// By which name the program was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Its own.
    Cloze,
    /// `sops`: behave like SOPS where the two differ.
    Sops,
}

impl Name {
    /// The name for a first argument.
    #[must_use]
    pub(super) fn of(argv0: &OsStr) -> Self {
        let stem = Path::new(argv0).file_name().unwrap_or_default().to_string_lossy();
        if stem == "sops" || stem == "sops.exe" || stem.starts_with("sops-") { Name::Sops } else { Name::Cloze }
    }

    /// As it is shown.
    #[must_use]
    pub(super) fn text(self) -> &'static str {
        match self {
            Name::Cloze => "cloze",
            Name::Sops => "sops",
        }
    }

    /// How it reads plaintexts.
    #[must_use]
    pub(super) fn reading(self) -> Reading {
        match self {
            Name::Cloze => Reading::Own,
            Name::Sops => Reading::Sops,
        }
    }
}

/// What the arguments ask for.
#[derive(Debug, PartialEq)]
pub(super) enum Request {
    /// The version.
    Version,
    /// This command, in clap's spelling.
    Run {
        /// The arguments, the program's name included.
        args: Vec<OsString>,
        /// What the user should know, a sentence each.
        warnings: Vec<String>,
    },
}

/// Commands that SOPS does not have: called as `sops`, these words are file names.
const OWN: [&str; 3] = ["audit", "exec", "init"];

/// The command line for a name, to read arguments with.
pub(super) fn deferred(name: Name) -> clap::Command {
    args::deferred().bin_name(name.text())
}

/// The command line for a name with all that it says, and without commands that are not to be known by it.
pub(super) fn command(name: Name) -> clap::Command {
    let mut command = args::command().bin_name(name.text());
    command.build();
    match name {
        Name::Cloze => command,
        Name::Sops => {
            as_sops(OWN.iter().fold(command, |command, own| command.mut_subcommand(own, |own| own.hide(true))))
        }
    }
}

/// The help as it holds for those who call `sops`: the examples can be typed. There are two levels.
fn as_sops(command: clap::Command) -> clap::Command {
    let inner: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    let command = inner.iter().fold(command, |command, inner| command.mut_subcommand(inner, as_sops));
    let own_path = ", or `db.users[0]`";
    let command = command.mut_args(|arg| match arg.get_help().map(ToString::to_string) {
        Some(help) if help.contains(own_path) => arg.help(help.replace(own_path, "")),
        _ => arg,
    });
    match command.get_after_help().map(ToString::to_string) {
        Some(text) => command.after_help(SPELLINGS.iter().fold(text, |text, (cloze, sops)| text.replace(cloze, sops))),
        None => command,
    }
}

/// What is typed for each of the two names. SOPS takes no directories for `updatekeys`.
const SPELLINGS: [(&str, &str); 8] = [
    ("  cloze ", "  sops "),
    ("`cloze ", "`sops "),
    ("' cloze ", "' sops "),
    ("| cloze ", "| sops "),
    ("/cloze", "/sops"),
    ("db.users[0]", r#"["db"]["users"][0]"#),
    (".password'", r#"["password"]'"#),
    ("updatekeys --yes .", "updatekeys --yes secrets.yaml"),
];

/// Commands that take several operands, or count them themselves.
const SEVERAL: [&str; 4] = ["exec-env", "exec-file", "groups delete", "updatekeys"];

/// The modes of the style without commands.
const MODES: [(&str, char, &str); 3] =
    [("decrypt", 'd', "decrypt"), ("encrypt", 'e', "encrypt"), ("rotate", 'r', "rotate")];

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Takes {
    Nothing,
    Value,
    /// A value, and more each time that it is given.
    Values,
    /// A value only after `=`.
    Perhaps,
}

/// A flag as it was found.
struct Found {
    /// Its long name.
    name: String,
    value: Option<OsString>,
    /// Whether it stood before the name of the command.
    before: bool,
}

/// What the scan of the arguments gathered.
#[derive(Default)]
struct Scan {
    command: Option<String>,
    modes: Vec<&'static str>,
    /// What `--set` was given: a path, a blank and a value.
    set: Option<OsString>,
    flags: Vec<Found>,
    operands: Vec<OsString>,
    /// What no flag is: left to clap to complain about.
    unknown: Vec<OsString>,
    /// How help was asked for, which decides how much there is of it.
    help: Option<&'static str>,
    version: bool,
}

/// The flags of a command by every name they have, each with its long name and what it takes.
type Named = Vec<(String, (String, Takes))>;

/// The flags of those commands that were asked about.
struct Flags<'a> {
    command: &'a clap::Command,
    commands: Vec<(String, Named)>,
}

impl<'a> Flags<'a> {
    fn new(command: &'a clap::Command) -> Self {
        Flags { command, commands: Vec::new() }
    }

    /// The command of this name; that of a command has both names, with a blank between.
    fn find(&self, name: &str) -> Option<&'a clap::Command> {
        name.split(' ').try_fold(self.command, |command, word| {
            command.get_subcommands().find(|inner| inner.get_name() == word && word != "help")
        })
    }

    /// The flags of a command. clap makes them when it comes to a command; here a copy of the command gets there first.
    fn of(&mut self, name: &str) -> Option<&Named> {
        let at = match self.commands.iter().position(|(known, _)| known == name) {
            Some(at) => at,
            None => {
                let mut command = self.find(name)?.clone();
                command.build();
                self.commands.push((name.to_owned(), command.get_arguments().flat_map(names).collect()));
                self.commands.len() - 1
            }
        };
        Some(&self.commands[at].1)
    }

    /// A flag of a command; of any command while none is known.
    fn get(&mut self, command: Option<&str>, name: &str) -> Option<(String, Takes)> {
        command.into_iter().chain(ORDER).find_map(|command| found(self.of(command)?, name).cloned())
    }

    fn knows(&mut self, command: &str, name: &str) -> bool {
        self.of(command).is_some_and(|flags| found(flags, name).is_some())
    }
}

/// A flag among those of a command.
fn found<'f>(flags: &'f Named, name: &str) -> Option<&'f (String, Takes)> {
    flags.iter().find(|(known, _)| known == name).map(|(_, flag)| flag)
}

/// In which order commands are asked about a flag that stands before the command.
const ORDER: [&str; 18] = [
    "encrypt",
    "decrypt",
    "edit",
    "set",
    "unset",
    "rotate",
    "updatekeys",
    "groups add",
    "groups delete",
    "exec",
    "exec-env",
    "exec-file",
    "filestatus",
    "publish",
    "keyservice",
    "audit verify",
    "completion",
    "init",
];

/// Every name of a flag, with its long name and what it takes.
fn names(arg: &clap::Arg) -> Named {
    let Some(long) = arg.get_long() else { return Vec::new() };
    let takes = match arg.get_num_args() {
        _ if !arg.get_action().takes_values() => Takes::Nothing,
        Some(range) if range.min_values() == 0 => Takes::Perhaps,
        _ if matches!(arg.get_action(), clap::ArgAction::Append) => Takes::Values,
        _ => Takes::Value,
    };
    let aliases = arg.get_all_aliases().unwrap_or_default().into_iter().map(str::to_owned);
    let shorts = arg.get_short_and_visible_aliases().unwrap_or_default().into_iter().map(String::from);
    let all = std::iter::once(long.to_owned()).chain(aliases).chain(shorts);
    all.map(|name| (name, (long.to_owned(), takes))).collect()
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// They ask for what cannot be, or not yet. Unknown flags are left to clap.
pub(super) fn normalise(
    name: Name,
    argv: impl IntoIterator<Item = OsString>,
    command: &clap::Command,
) -> Result<Request, CommandError> {
    let mut flags = Flags::new(command);
    let scan = scan(name, argv.into_iter().skip(1), &mut flags)?;
    if scan.version && scan.command.is_none() {
        return Ok(Request::Version);
    }
    if let Some(help) = scan.help {
        let command = scan.command.unwrap_or_default();
        let words = std::iter::once(name.text()).chain(command.split_whitespace()).chain([help]);
        return Ok(Request::Run { args: words.map(OsString::from).collect(), warnings: Vec::new() });
    }
    request(name, scan, &mut flags)
}

/// Goes over the arguments once.
fn scan(name: Name, argv: impl Iterator<Item = OsString>, flags: &mut Flags<'_>) -> Result<Scan, CommandError> {
    let mut argv = argv.peekable();
    let mut scan = Scan::default();
    while let Some(token) = argv.next() {
        let text = token.to_str();
        if text == Some("--") {
            scan.operands.extend(argv);
            break;
        }
        let is_number =
            || scan.command.as_deref() == Some("set") && text.is_some_and(|text| text.parse::<f64>().is_ok());
        let flag = text.and_then(|text| text.strip_prefix('-')).filter(|flag| !flag.is_empty() && !is_number());
        let Some(flag) = flag else {
            operand(name, &mut scan, token, flags)?;
            // What follows the command that is to be run is its own.
            if scan.command.as_deref() == Some("exec") && !scan.operands.is_empty() {
                scan.operands.extend(argv);
                break;
            }
            continue;
        };
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        let (flag, inline) = match flag.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (flag, None),
        };
        if flag == "set" && scan.command.is_none() {
            scan.set = inline.map(OsString::from).or_else(|| argv.next());
            scan.modes.retain(|mode| *mode != "set");
            scan.modes.push("set");
            continue;
        }
        if special(&mut scan, flag, inline)? {
            continue;
        }
        let before = scan.command.is_none();
        let Some((long, takes)) = flags.get(scan.command.as_deref(), flag) else {
            if flag == "set" {
                return Err(CommandError::not_yet(&format!("the flag --{flag}")));
            }
            let dashes = if flag.chars().count() == 1 { "-" } else { "--" };
            scan.unknown.push(format!("{dashes}{flag}").into());
            continue;
        };
        let value = match (takes, inline) {
            (Takes::Nothing, None) | (Takes::Perhaps, None) => None,
            (Takes::Nothing, Some(text)) => {
                if !boolean(flag, text)? {
                    scan.flags.retain(|found| found.name != long);
                    continue;
                }
                None
            }
            (_, Some(text)) => Some(OsString::from(text)),
            (Takes::Value | Takes::Values, None) => argv.next(),
        };
        // An empty value is as good as none, and takes back an earlier one.
        if value.as_ref().is_some_and(|value| value.is_empty()) {
            scan.flags.retain(|found| found.name != long || takes == Takes::Values);
            continue;
        }
        scan.flags.push(Found { name: long, value, before });
    }
    Ok(scan)
}

/// Takes an operand, which is the name of a command if it is the first, or that of a command of
/// this command.
fn operand(name: Name, scan: &mut Scan, token: OsString, flags: &Flags<'_>) -> Result<(), CommandError> {
    let first = scan.command.is_none() && scan.operands.is_empty();
    let word = token.to_str().unwrap_or_default();
    let hidden = name == Name::Sops && OWN.contains(&word);
    let inner = scan.command.as_ref().filter(|_| scan.operands.is_empty()).map(|command| format!("{command} {word}"));
    if let Some(inner) = inner.filter(|inner| flags.find(inner).is_some()) {
        scan.command = Some(inner);
    } else if first && !hidden && flags.find(word).is_some() {
        scan.command = Some(word.to_owned());
    } else if first && matches!(word, "help" | "h") {
        scan.help = Some("--help");
    } else {
        scan.operands.push(token);
    }
    Ok(())
}

/// Takes the flags that choose what to do. True when the flag was one of them.
fn special(scan: &mut Scan, flag: &str, inline: Option<&str>) -> Result<bool, CommandError> {
    let on = || inline.map_or(Ok(true), |text| boolean(flag, text));
    if matches!(flag, "help" | "h") {
        if on()? {
            scan.help = Some(if flag == "h" { "-h" } else { "--help" });
        }
        return Ok(true);
    }
    if scan.command.is_some() {
        return Ok(false);
    }
    if matches!(flag, "version" | "v" | "V") {
        scan.version |= on()?;
        return Ok(true);
    }
    if flag == "check-for-updates" {
        return Ok(true);
    }
    let mode = MODES.iter().find(|(long, short, _)| flag == *long || flag.chars().eq([*short]));
    if let Some((_, _, mode)) = mode {
        scan.modes.retain(|known| known != mode);
        if on()? {
            scan.modes.push(mode);
        }
    }
    Ok(mode.is_some())
}

/// The value of a boolean flag, in the spellings of Go.
pub(super) fn boolean(flag: &str, text: &str) -> Result<bool, CommandError> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(CommandError::usage(format!("the flag `--{flag}` takes `true` or `false`"))),
    }
}

/// Puts together what clap gets.
fn request(name: Name, mut scan: Scan, flags: &mut Flags<'_>) -> Result<Request, CommandError> {
    let legacy = scan.command.is_none();
    let command = match scan.command.take() {
        Some(command) => command,
        None => implied_command(name, &scan)?,
    };
    let mut warnings = Vec::new();
    let takes_many = matches!(command.as_str(), "set" | "unset") && !legacy;
    if name == Name::Sops && scan.operands.len() > 1 && !takes_many && !SEVERAL.contains(&command.as_str()) {
        let surplus = scan.operands.split_off(1);
        warnings.push(format!("only one file is taken; the other {} are ignored", surplus.len()));
    }
    let most = if command == "set" { 3 } else { 2 };
    if takes_many && scan.operands.len() > most {
        let message = format!("`{command}` takes {most} arguments, and there are {}", scan.operands.len());
        return Err(CommandError::new(Exit::NoFile, message));
    }
    if let Some(set) = scan.set.take() {
        scan.operands.truncate(1);
        scan.operands.extend(path_and_value(&set)?);
    }
    let mut args = vec![OsString::from(name.text())];
    args.extend(command.split_whitespace().map(OsString::from));
    let gathers = |found: &Found| found.name.ends_with("keyservice") || command == "groups add";
    let single = |found: &Found| name == Name::Sops && !gathers(found);
    for (at, found) in scan.flags.iter().enumerate() {
        // SOPS lets flags of other commands stand before the command, or where there is none.
        if !flags.knows(&command, &found.name) && (legacy || (found.before && name == Name::Sops)) {
            continue;
        }
        // The last one wins, also where clap would gather them.
        if single(found) && scan.flags[at + 1..].iter().any(|later| later.name == found.name) {
            continue;
        }
        let mut token = OsString::from(format!("--{}", found.name));
        if let Some(value) = &found.value {
            token.push("=");
            token.push(value);
        }
        args.push(token);
    }
    args.append(&mut scan.unknown);
    if !scan.operands.is_empty() {
        args.push("--".into());
        args.append(&mut scan.operands);
    }
    Ok(Request::Run { args, warnings })
}

/// The path and the value that `--set` takes as one text: they part at the first bracket that a
/// blank follows.
fn path_and_value(set: &OsStr) -> Result<[OsString; 2], CommandError> {
    let parts = set.to_str().and_then(|text| text.find("] ").map(|at| text.split_at(at + 1)));
    let (path, value) = parts.ok_or_else(|| {
        CommandError::new(Exit::Set, "--set takes a path in brackets, a blank and a value in JSON")
            .hint("for example --set '[\"key\"] \"value\"'")
    })?;
    Ok([path.into(), value[1..].into()])
}

/// The command that the style without commands means.
fn implied_command(name: Name, scan: &Scan) -> Result<String, CommandError> {
    let command = match scan.modes[..] {
        [] => "edit",
        [mode] => mode,
        // Under both names (docs/differences.md): no call that means something does this.
        _ => {
            return Err(CommandError::conflict(
                "only one of --encrypt, --decrypt, --rotate and --set can be used at a time",
            ));
        }
    };
    // clap knows better what is wrong with a flag that does not exist.
    if scan.operands.is_empty() && scan.unknown.is_empty() {
        return Err(CommandError::no_file(name));
    }
    if let (Name::Cloze, [word, _, ..], true) = (name, &scan.operands[..], scan.modes.is_empty()) {
        let word = word.to_string_lossy();
        let mut error = CommandError::usage(format!("there is no command `{word}`"));
        if let Some(near) = near_command(&word) {
            error = error.hint(format!("did you mean `{near}`?"));
        }
        return Err(error);
    }
    Ok(command.to_owned())
}

/// The command that a word is nearly: one letter in three may be wrong.
pub(super) fn near_command(word: &str) -> Option<&'static str> {
    let distance = |command: &&str| strsim::damerau_levenshtein(command, word);
    ORDER.into_iter().min_by_key(distance).filter(|near| distance(near) <= word.len() / 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args;

    fn run(words: &str) -> Result<Request, CommandError> {
        let argv: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        let name = Name::of(&argv[0]);
        normalise(name, argv, &args::deferred())
    }

    /// The normalised arguments, or the exit code.
    fn normal(words: &str) -> String {
        match run(words) {
            Ok(Request::Version) => "version".into(),
            Ok(Request::Run { args, .. }) => {
                args[1..].iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("exit {}", error.code().number()),
        }
    }

    #[test]
    fn the_name_is_that_of_the_file() {
        let names = ["sops", "/usr/bin/sops", "sops.exe", "./sops-3.13", "cloze", "/opt/sops/cloze", "mysops"];
        let found = names.map(|name| Name::of(OsStr::new(name)) == Name::Sops);
        assert_eq!(found, [true, true, true, true, false, false, false]);
    }

    #[test]
    fn calls_of_integrators_are_understood() {
        let table = [
            // C1, C2
            ("sops --version --disable-version-check", "version"),
            ("sops --disable-version-check -v", "version"),
            ("sops --version --check-for-updates", "version"),
            // C3: both styles
            ("sops -d f", "decrypt -- f"),
            ("sops --decrypt f", "decrypt -- f"),
            ("sops f", "edit -- f"),
            ("sops -e -i f", "encrypt --in-place -- f"),
            (
                "sops --encrypt --input-type json --output-type json --output o f",
                "encrypt --input-type=json --output-type=json --output=o -- f",
            ),
            // C4, Ansible
            (
                "sops --config C decrypt --input-type yaml /dev/stdin",
                "decrypt --config=C --input-type=yaml -- /dev/stdin",
            ),
            (
                "sops --config C encrypt --age a,b --filename-override x/y /dev/stdin",
                "encrypt --config=C --age=a,b --filename-override=x/y -- /dev/stdin",
            ),
            // C5, VS Code and helm-secrets
            (
                "sops --config /dev/null --output-type yaml --input-type plaintext --decrypt T",
                "decrypt --config=/dev/null --output-type=yaml --input-type=plaintext -- T",
            ),
            ("sops --ignore-mac --config /dev/null --config C T", "edit --ignore-mac --config=C -- T"),
            (
                "sops --verbose --output-type \"yaml\" --decrypt --output-type yaml s",
                "decrypt --verbose --output-type=yaml -- s",
            ),
            // C7
            ("sops decrypt --enable-local-keyservice=false f", "decrypt --enable-local-keyservice=false -- f"),
            ("sops decrypt --enable-local-keyservice f", "decrypt --enable-local-keyservice -- f"),
            ("sops encrypt --in-place=true f", "encrypt --in-place -- f"),
            ("sops encrypt -i --in-place=false f", "encrypt -- f"),
            ("sops decrypt --keyservice a --keyservice=b f", "decrypt --keyservice=a --keyservice=b -- f"),
            // Emacs
            ("sops --filename-override ORIG --encrypt /dev/stdin", "encrypt --filename-override=ORIG -- /dev/stdin"),
            ("sops keyservice --net unix -addr /tmp/s", "keyservice --network=unix --address=/tmp/s"),
            ("sops --verbose keyservice --prompt", "keyservice --verbose --prompt"),
            // no operand
            ("sops decrypt --input-type yaml --output-type yaml", "decrypt --input-type=yaml --output-type=yaml"),
        ];
        for (given, wanted) in table {
            assert_eq!(normal(given), wanted, "{given}");
        }
    }

    #[test]
    fn flags_are_written_in_many_ways() {
        let table = [
            ("sops -config C -age=a -e f", "encrypt --config=C --age=a -- f"),
            ("sops -a a -p b -k c -e f", "encrypt --age=a --pgp=b --kms=c -- f"),
            ("sops --indent -1 -d f", "decrypt --indent=-1 -- f"),
            ("sops decrypt f --output-type json", "decrypt --output-type=json -- f"),
            ("sops decrypt --ignore-mac f --output-type json", "decrypt --ignore-mac --output-type=json -- f"),
            ("sops --in-place=x -e f", "exit 1"),
            ("sops --extract [\"a\"] -d f", "decrypt --extract=[\"a\"] -- f"),
            ("sops --output", "exit 100"),
            ("sops encrypt --output x --output= f", "encrypt -- f"),
            ("sops encrypt --age= --filename-override= f", "encrypt -- f"),
            ("sops decrypt -di f", "decrypt --di -- f"),
            ("sops -d -", "decrypt -- -"),
        ];
        for (given, wanted) in table {
            assert_eq!(normal(given), wanted, "{given}");
        }
    }

    #[test]
    fn flags_of_other_commands_are_ignored_where_sops_does() {
        assert_eq!(normal("sops --age a -d f"), "decrypt -- f");
        assert_eq!(normal("cloze --age a -d f"), "decrypt -- f");
        assert_eq!(normal("sops --age a decrypt f"), "decrypt -- f");
        assert_eq!(normal("cloze --age a decrypt f"), "decrypt --age=a -- f");
        assert_eq!(normal("sops decrypt --age a f"), "decrypt --age=a -- f");
        assert_eq!(normal("sops -i f"), "edit -- f");
    }

    #[test]
    fn commands_of_commands_are_found() {
        let table = [
            ("sops -r -i --add-age a f", "rotate --in-place --add-age=a -- f"),
            ("sops --rotate f", "rotate -- f"),
            ("sops rotate --rm-pgp AB f", "rotate --rm-pgp=AB -- f"),
            ("sops updatekeys -y a b", "updatekeys --yes -- a b"),
            ("sops groups add -f x --age a --age b -i", "groups add --file=x --age=a --age=b --in-place"),
            ("sops groups delete -f x 1", "groups delete --file=x -- 1"),
            ("sops groups -f x delete 1", "groups delete --file=x -- 1"),
            ("sops groups add --help", "groups add --help"),
            ("sops groups", "groups"),
            ("sops groups other", "groups -- other"),
            ("sops ./groups add", "edit -- ./groups"),
        ];
        for (given, wanted) in table {
            assert_eq!(normal(given), wanted, "{given}");
        }
    }

    #[test]
    fn commands_to_run_are_left_alone() {
        let table = [
            ("cloze exec -f a --file=b -- c -x --file d", "exec --file=a --file=b -- c -x --file d"),
            ("cloze exec --only A -f a c -h -- d", "exec --only=A --file=a -- c -h -- d"),
            ("cloze exec -f a --nested=false -- -c", "exec --file=a -- -c"),
            ("sops exec-env f cmd --pristine", "exec-env --pristine -- f cmd"),
            ("sops exec-env f -- cmd", "exec-env -- f cmd"),
            ("sops exec-env f c d", "exec-env -- f c d"),
            ("sops exec-file --no-fifo f cat{}", "exec-file --no-fifo -- f cat{}"),
            ("sops exec", "edit -- exec"),
        ];
        for (given, wanted) in table {
            assert_eq!(normal(given), wanted, "{given}");
        }
    }

    #[test]
    fn recipients_add_up_only_under_the_own_name() {
        assert_eq!(normal("cloze encrypt --age a --age b f"), "encrypt --age=a --age=b -- f");
        assert_eq!(normal("sops encrypt --age a --age b f"), "encrypt --age=b -- f");
    }

    #[test]
    fn files_may_be_called_like_commands() {
        assert_eq!(normal("sops ./decrypt"), "edit -- ./decrypt");
        assert_eq!(normal("sops -- decrypt"), "edit -- decrypt");
        assert_eq!(normal("sops decrypt decrypt"), "decrypt -- decrypt");
        assert_eq!(normal("sops init"), "edit -- init");
        assert_eq!(normal("cloze init --yes"), "init --yes");
        assert_eq!(normal("cloze decrypt -- -f"), "decrypt -- -f");
    }

    #[test]
    fn what_cannot_be_done_says_so() {
        assert_eq!(normal("sops --set x f"), "exit 7");
        assert_eq!(normal("sops"), "exit 100");
        assert_eq!(normal("sops -d"), "exit 100");
        assert_eq!(normal("sops -d -e f"), "exit 8");
    }

    #[test]
    fn values_are_set_in_both_styles() {
        let argv = ["sops", "--set", "[\"a\"][\"b c\"] {\"x\": [1] }", "f", "ignored"].map(OsString::from);
        let Ok(Request::Run { args, warnings }) = normalise(Name::Sops, argv, &args::deferred()) else {
            panic!("runs")
        };
        let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        assert_eq!(words, ["sops", "set", "--", "f", "[\"a\"][\"b c\"]", "{\"x\": [1] }"]);
        assert_eq!(warnings.len(), 1);
        assert_eq!(normal("sops set f [\"a\"] -5"), "set -- f [\"a\"] -5");
        assert_eq!(normal("sops set --value-stdin f [\"a\"]"), "set --value-stdin -- f [\"a\"]");
        assert_eq!(normal("sops unset --idempotent f [\"a\"]"), "unset --idempotent -- f [\"a\"]");
        assert_eq!(normal("sops --set x -d f"), "exit 8");
    }

    #[test]
    fn surplus_files_are_an_error_or_a_warning() {
        let Ok(Request::Run { args, warnings }) = run("sops -d a b") else { panic!("runs") };
        assert_eq!((args.len(), warnings.len()), (4, 1));
        assert_eq!(normal("cloze -d a b"), "decrypt -- a b");
        let error = run("cloze decyrpt a").expect_err("is no command");
        assert!(error.render(false).contains("did you mean `decrypt`"), "{error}");
    }

    #[test]
    fn help_is_that_of_the_command() {
        assert_eq!(normal("cloze --help"), "--help");
        assert_eq!(normal("cloze help"), "--help");
        assert_eq!(normal("cloze decrypt --help"), "decrypt --help");
        assert_eq!(normal("cloze help decrypt"), "decrypt --help");
        assert_eq!(normal("cloze decrypt -h"), "decrypt -h");
    }

    #[test]
    fn what_help_shows_can_be_typed_under_both_names() {
        for (name, path) in [(Name::Cloze, "'db.users[0]"), (Name::Sops, r#"'["db"]["users"][0]"#)] {
            let mut open = vec![command(name)];
            let mut examples = Vec::new();
            while let Some(command) = open.pop() {
                open.extend(command.get_subcommands().filter(|inner| !inner.is_hide_set()).cloned());
                let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                examples.extend(text.lines().filter_map(|line| line.strip_prefix("  ").map(str::to_owned)));
                let help = command.clone().render_long_help().to_string();
                assert!(name == Name::Cloze || !help.contains("db.users"), "{help}");
            }
            assert!(examples.len() > 15, "{examples:?}");
            for example in &examples {
                let typed = example.split(' ').any(|word| word == name.text());
                assert!(typed && (!example.contains("users") || example.contains(path)), "{name:?}: {example}");
            }
        }
    }

    #[test]
    fn the_nearest_command_is_meant() {
        for (word, meant) in
            [("dcrypt", "decrypt"), ("ncrypt", "encrypt"), ("unst", "unset"), ("updatekey", "updatekeys")]
        {
            let Err(error) = run(&format!("cloze {word} a")) else { panic!("is none") };
            let error = error.render(false);
            assert!(error.contains(&format!("did you mean `{meant}`")), "{error}");
        }
    }
}
