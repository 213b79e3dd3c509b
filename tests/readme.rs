//! Every block of the README runs: sessions are compared with what is shown, files are written,
//! scripts must succeed. One place and one home for the whole page, from top to bottom.
//!
//! In a session `$ ` starts a command and `? N` says with which code it ends; in what it prints, a
//! line `...` stands for any lines, and `[..]` for anything within a line.

use std::fs;

use crate::harness::{Sandbox, key_file, repository};

/// A fenced block.
struct Block {
    line: usize,
    language: String,
    text: String,
    /// Why it is not run, from a comment before it.
    not_run: Option<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    let mut before = "";
    while let Some((number, line)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            let not_run = before.strip_prefix("<!-- not run: ").and_then(|rest| rest.strip_suffix(" -->"));
            let text = inside.join("\n") + "\n";
            found.push(Block {
                line: number + 1,
                language: language.into(),
                text,
                not_run: not_run.map(str::to_owned),
            });
        }
        before = line;
    }
    found
}

#[test]
fn every_block_of_the_readme_runs() {
    let page = fs::read_to_string(repository("README.md")).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 10, "only {} blocks were found", blocks.len());
    let sandbox = Sandbox::without_key();
    let example = fs::read(repository("testdata/example/secret.yaml")).unwrap();
    sandbox.write("secret.yaml", &example);
    sandbox.write("example/secret.yaml", &example);
    sandbox.write("app.yaml", "password: hunter2\n");
    sandbox.write("ci/key.txt", fs::read(key_file("bob")).unwrap());
    for block in &blocks {
        if block.not_run.is_some() {
            continue;
        }
        match block.language.as_str() {
            "console" => session(&sandbox, block),
            "sh" => {
                let outcome = sandbox.call("/bin/bash".as_ref(), ["-ec", &block.text]).folder(repository("")).run();
                outcome.expect(0);
            }
            "yaml" => {
                let name = block.text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap();
                sandbox.write(name, &block.text);
                // From here on the page speaks of Alice and the deployment.
                let place = sandbox.home().join(".config/sops/age/keys.txt");
                let mut keys = fs::read(&place).unwrap();
                keys.extend(fs::read(key_file("alice")).unwrap());
                fs::write(place, keys).unwrap();
            }
            other => panic!("README.md:{}: a block of `{other}` cannot be run", block.line),
        }
    }
}

/// Runs the commands of a session, one after the other.
fn session(sandbox: &Sandbox, block: &Block) {
    for part in format!("\n{}", block.text).split("\n$ ").skip(1) {
        let (command, expected) = part.split_once('\n').unwrap_or((part, ""));
        let (code, expected) = match expected.strip_prefix("? ").and_then(|rest| rest.split_once('\n')) {
            Some((code, rest)) => (code.parse().unwrap(), rest),
            None => (0, expected),
        };
        let outcome = sandbox.call("/bin/bash".as_ref(), ["-c", command]).run();
        outcome.expect(code);
        let printed = outcome.stdout_lossy() + &outcome.stderr;
        let (expected, printed) = (expected.trim_end(), printed.trim_end());
        assert!(
            matches(expected, printed),
            "README.md:{}: `{command}` prints\n{printed}\n\nand not\n{expected}",
            block.line
        );
    }
}

/// Whether a text fits what is shown.
fn matches(shown: &str, text: &str) -> bool {
    let mut pattern = String::from("(?s)^");
    for line in shown.lines() {
        if line == "..." {
            pattern += r"(?:[^\n]*\n)*?";
            continue;
        }
        let parts: Vec<String> = line.split("[..]").map(regex::escape).collect();
        pattern += &parts.join(r"[^\n]*");
        pattern += r"\n";
    }
    pattern += "$";
    regex::Regex::new(&pattern).unwrap().is_match(&if text.is_empty() { String::new() } else { format!("{text}\n") })
}

#[test]
fn what_is_shown_is_compared() {
    for (shown, text, fits) in [
        ("a", "a", true),
        ("a", "b", false),
        ("a [..] c", "a b c", true),
        ("a [..] c", "a b d", false),
        ("a\n...\nd", "a\nb\nc\nd", true),
        ("a\n...\nd", "a\nd", true),
        ("a\n...", "a\nb", true),
        ("a\nb", "a\nx\nb", false),
        ("", "noise", false),
        ("", "", true),
    ] {
        assert_eq!(matches(shown, text), fits, "{shown:?} {text:?}");
    }
}
