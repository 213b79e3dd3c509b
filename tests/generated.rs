//! `completions/` and `man/` are made from the arguments and committed. After a change of the
//! arguments: `CLOZE_BLESS=1 cargo test --test lib generated`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap_complete::Shell;

/// Every generated file, by its path in the repository.
fn files() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (shell, name) in [
        (Shell::Bash, "cloze.bash"),
        (Shell::Zsh, "_cloze"),
        (Shell::Fish, "cloze.fish"),
        (Shell::Elvish, "cloze.elv"),
        (Shell::PowerShell, "_cloze.ps1"),
    ] {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut cloze::cli::command(), "cloze", &mut text);
        files.insert(Path::new("completions").join(name), text);
    }
    let mut command = cloze::cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = vec![(&command, "cloze".to_owned())];
    while let Some((command, called)) = pages.pop() {
        let mut text = Vec::new();
        let name = called.replace(' ', "-");
        // clap takes names that live forever, and a test may leak a few.
        let named = command.clone().name(&*name.clone().leak()).bin_name(&called);
        clap_mangen::Man::new(named).render(&mut text).expect("renders");
        files.insert(Path::new("man").join(format!("{name}.1")), text);
        pages.extend(command.get_subcommands().map(|inner| (inner, format!("{called} {}", inner.get_name()))));
    }
    files
}

fn committed(root: &Path, directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join(directory)).into_iter().flatten().flatten();
    entries.map(|entry| Path::new(directory).join(entry.file_name())).collect()
}

#[test]
fn completions_and_man_pages_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = files();
    let bless = std::env::var_os("CLOZE_BLESS").is_some();
    let mut stale = Vec::new();
    for path in committed(root, "completions").into_iter().chain(committed(root, "man")) {
        if !files.contains_key(&path) {
            if bless {
                fs::remove_file(root.join(&path)).expect("removes");
            } else {
                stale.push(path);
            }
        }
    }
    for (path, text) in files {
        if fs::read(root.join(&path)).is_ok_and(|committed| committed == text) {
            continue;
        }
        if bless {
            fs::create_dir_all(root.join(&path).parent().expect("is in a directory")).expect("makes");
            fs::write(root.join(&path), text).expect("writes");
        } else {
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}; make them anew with CLOZE_BLESS=1 cargo test --test lib generated");
}
