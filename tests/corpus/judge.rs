//! The other programs as judges: the real sops, and rops for TOML. Each encrypts and decrypts the
//! text, and decrypts what we made of it; we decrypt what it made.

use std::path::Path;

use cloze::document::Format;

use super::{Case, Policy};
use crate::engine::Engine;
use crate::harness::{ALICE, Call, Outcome, Sandbox, key_file};
use crate::leaves::{Data, data, difference, first_difference};

/// The programs that there are.
pub(super) struct Judge {
    pub(super) sops: Option<&'static Path>,
    pub(super) rops: Option<&'static Path>,
}

/// What the other program says of a text.
pub(super) enum Judgement {
    NotAsked,
    /// It refuses the text, or does not open what it made of it.
    Refuses(String),
    /// Both sides read the same data from both files.
    Same,
    Differs(String),
    /// It differs, for a reason that we know.
    Known(&'static str),
    /// It accepts what we refuse.
    OnlyOther,
}

impl Judge {
    pub(super) fn ask(
        &self,
        sandbox: &Sandbox,
        engine: &Engine,
        case: &Case,
        policy: &Policy,
        ours: Option<&[u8]>,
    ) -> Judgement {
        let program = match (case.format, self.sops, self.rops) {
            (Format::Toml, _, Some(path)) => Program { path, is_rops: true, sandbox, format: case.format },
            (Format::Toml, ..) | (_, None, _) => return Judgement::NotAsked,
            (_, Some(path), _) => Program { path, is_rops: false, sandbox, format: case.format },
        };
        let encrypted = program.encrypt(&case.text, policy);
        if encrypted.code != 0 {
            return Judgement::Refuses(first_line(&encrypted.stderr));
        }
        let expected = program.decrypt(&encrypted.stdout);
        if expected.code != 0 {
            return Judgement::Refuses(format!("does not open its own file: {}", first_line(&expected.stderr)));
        }
        let Some(ours) = ours else { return Judgement::OnlyOther };
        let found = program.decrypt(ours);
        let result = if found.code == 0 {
            same(case.format, &found.stdout, &expected.stdout)
        } else {
            Err(format!("it exits {}: {}", found.code, first_line(&found.stderr)))
        };
        let result = result.and_then(|()| match engine.decrypt(case.format, &encrypted.stdout) {
            Ok(opened) => {
                same(case.format, &opened.text, &expected.stdout).map_err(|how| format!("theirs for us: {how}"))
            }
            Err(error) => Err(format!("theirs for us: {error}")),
        });
        let Err(how) = result else { return Judgement::Same };
        match known_difference(case, &how) {
            Some(reason) => Judgement::Known(reason),
            None => Judgement::Differs(how),
        }
    }
}

/// One of the programs, at work on one text.
struct Program<'a> {
    path: &'a Path,
    is_rops: bool,
    sandbox: &'a Sandbox,
    format: Format,
}

impl Program<'_> {
    fn encrypt(&self, text: &[u8], policy: &Policy) -> Outcome {
        let flag = policy.mac_only_encrypted.then_some("--mac-only-encrypted");
        let mut args: Vec<&str> = flag.filter(|_| !self.is_rops).into_iter().collect();
        args.extend(["encrypt", "--age", ALICE]);
        args.extend(flag.filter(|_| self.is_rops));
        args.extend(policy.flags);
        if self.is_rops && policy.flags.is_empty() {
            args.extend(["--unencrypted-suffix", "_unencrypted"]);
        }
        self.call(args, text).run()
    }

    fn decrypt(&self, text: &[u8]) -> Outcome {
        self.call(vec!["decrypt"], text).run()
    }

    fn call<'a>(&'a self, mut args: Vec<&'a str>, text: &[u8]) -> Call {
        let name = self.format.name();
        if self.is_rops {
            args.extend(["--format", name]);
            let keys = std::fs::read_to_string(key_file("alice")).unwrap();
            let key = keys.lines().find(|line| line.starts_with("AGE-")).unwrap();
            self.sandbox.call(self.path, args).stdin(text).env("ROPS_AGE", key)
        } else {
            self.sandbox.write("text", text);
            args.extend(["--input-type", name, "--output-type", name, "text"]);
            self.sandbox.real(self.path, args)
        }
    }
}

/// Whether two plaintexts hold the same.
fn same(format: Format, found: &[u8], expected: &[u8]) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let data = |text: &[u8]| {
        let mut data = match data(format, text) {
            // A YAML file that holds nothing: sops prints `{}`, which is the same to it.
            Err(_) if text.trim_ascii().is_empty() => Data { leaves: Vec::new(), comments: Vec::new() },
            other => other?,
        };
        data.leaves.retain(|(path, _)| path != "/");
        // A whole float is printed without a point by sops, and then reads as an integer.
        for (_, value) in &mut data.leaves {
            if let Some(digits) = value.strip_prefix("float ").filter(|digits| !digits.contains(['.', 'e', 'E'])) {
                *value = format!("int {}", if digits == "-0" { "0" } else { digits });
            }
        }
        // Sops sets a blank behind each marker of an INI comment.
        if format == Format::Ini {
            let tidy = |comment: &String| comment.split(['\n', '#', ';']).map(str::trim).collect::<Vec<_>>().join("\n");
            data.comments = data.comments.iter().map(tidy).collect();
        }
        match format {
            // rops prints scalars before tables, and no comments.
            Format::Toml => {
                data.leaves.sort();
                data.comments.clear();
            }
            // The last value of a repeated key, in the first place: there is no order to compare.
            Format::Ini => data.leaves.sort(),
            _ => {}
        }
        Ok::<_, String>(data)
    };
    match (data(found), data(expected)) {
        (Ok(mut found), Ok(mut expected)) => {
            // Sops does not open all of the comments that it sealed itself.
            if expected.comments.iter().any(|comment| comment.starts_with("ENC[")) {
                expected.comments.clone_from(&found.comments);
            }
            if found.comments.iter().any(|comment| comment.starts_with("ENC[")) {
                found.comments.clone_from(&expected.comments);
            }
            difference(&found, &expected).map_or(Ok(()), Err)
        }
        // Sops writes some documents that no YAML reader takes; then only equal bytes are equal.
        _ => Err(format!("unlike bytes: {}", first_difference(expected, found))),
    }
}

/// Why one side may read other data from this text than the other.
fn known_difference(case: &Case, how: &str) -> Option<&'static str> {
    let leaf = |wanted: &[&str]| {
        let found = data(case.format, &case.text).map(|data| data.leaves).unwrap_or_default();
        found.iter().any(|(_, value)| wanted.contains(&value.as_str()))
    };
    match case.format {
        Format::Json if has_wide_integer(&case.text) => {
            Some("an integer beyond 2^53: SOPS before 3.12 takes it for a double")
        }
        Format::Json if case.text.windows(3).any(|bytes| matches!(bytes, [b' ' | b':', b'-', b'0'])) => {
            Some("-0: SOPS before 3.12 takes it for a double with a sign")
        }
        Format::Yaml
            if how.starts_with("theirs for us: comments: [\"")
                && how.ends_with("\"] instead of []")
                && has_comment_behind_empty_list(&case.text) =>
        {
            Some("a comment alone in a list: SOPS drops it from its own file, where it is still there")
        }
        Format::Toml if leaf(&["float +Inf", "float -Inf"]) => Some("rops hashes `inf` where SOPS hashes `+Inf`"),
        Format::Toml if leaf(&["str null"]) => Some("rops takes the string `null` for a null"),
        _ => None,
    }
}

/// Whether a comment stands on the line of an empty list: SOPS counts it to what is in the list.
fn has_comment_behind_empty_list(yaml: &[u8]) -> bool {
    let text = String::from_utf8_lossy(yaml);
    text.split("[]").skip(1).any(|rest| rest.trim_start_matches([' ', '\t']).starts_with('#'))
}

/// Whether there is an integer that a double cannot hold.
fn has_wide_integer(json: &[u8]) -> bool {
    let text = String::from_utf8_lossy(json);
    let numbers = text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | 'e' | 'E'));
    numbers.filter_map(|number| number.parse::<u64>().ok()).any(|number| number > 1 << 53)
}

fn first_line(text: &str) -> String {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message").chars().take(200).collect()
}
