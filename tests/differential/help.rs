//! The flags that the help of the real sops names.

use std::collections::BTreeSet;
use std::path::Path;

use crate::harness::Sandbox;

/// Every flag, alias and variable, with the command that takes it: "" where there is none.
pub(super) fn flags(sandbox: &Sandbox, sops: &Path) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut commands = vec![String::new()];
    while let Some(command) = commands.pop() {
        let words = command.split_whitespace().chain(["--help"]);
        let text = sandbox.real(sops, words).text();
        let mut section = "";
        for line in text.lines() {
            if !line.starts_with(' ') {
                section = line.trim_end_matches(':').trim_start_matches("GLOBAL ");
                continue;
            }
            let names = line.trim().split("  ").next().unwrap_or_default();
            match section {
                "COMMANDS" => {
                    let name = names.split(", ").next().unwrap_or_default();
                    if name.is_empty() {
                        continue;
                    }
                    found.insert((command.clone(), name.to_owned()));
                    if name != "help" {
                        commands.push(format!("{command} {name}").trim().to_owned());
                    }
                }
                "OPTIONS" => {
                    let flags = names.split(", ").filter_map(|flag| flag.split(' ').next());
                    let flags = flags.filter(|flag| flag.starts_with('-')).map(str::to_owned);
                    let listed = line.rsplit_once("[$").and_then(|(_, rest)| rest.strip_suffix(']'));
                    let variables =
                        listed.into_iter().flat_map(|list| list.split(", $").map(|name| format!("${name}")));
                    found.extend(flags.chain(variables).map(|flag| (command.clone(), flag)));
                }
                _ => {}
            }
        }
    }
    found
}
