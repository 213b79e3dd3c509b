//! The map in `src/lib.rs` is true: which layer imports which is read from the `use crate::` lines
//! (and every other `crate::` path) of the sources, and compared with the table there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::repository;

/// Layer, and what it may import, as the table of `src/lib.rs` says. Its rows come in order, and
/// «the layers above» are the rows before.
fn table() -> Vec<(String, Vec<String>)> {
    let source = fs::read_to_string(repository("src/lib.rs")).unwrap();
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for line in source.lines().filter_map(|line| line.strip_prefix("//! | [`")) {
        let (layer, rest) = line.split_once('`').unwrap();
        let allowed = rest.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap().trim();
        let above = rows.iter().map(|(layer, _)| layer.clone());
        let allowed = match allowed {
            "nothing of ours" => vec![],
            "the layers above" | "everything" => above.collect(),
            list => list.split(", ").map(|name| name.trim_matches('`').to_owned()).collect(),
        };
        rows.push((layer.to_owned(), allowed));
    }
    rows
}

/// Every Rust file of a layer: its folder, or its one file.
fn files(layer: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![repository("src").join(layer), repository("src").join(format!("{layer}.rs"))];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "rs") && path.is_file() {
            found.push(path);
        }
    }
    found
}

/// Whether a file holds nothing but tests: `tests.rs`, or below a folder `tests` of the sources.
fn is_test(file: &Path) -> bool {
    let inside = file.strip_prefix(repository("src")).unwrap();
    inside.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

/// The `crate::` paths of a file, comments and tests left out: a test may join layers.
fn imports(file: &Path) -> BTreeSet<String> {
    if is_test(file) {
        return BTreeSet::new();
    }
    let source = fs::read_to_string(file).unwrap();
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    code.split("crate::").skip(1).flat_map(paths).collect()
}

/// The paths that stand after one `crate::`: one, or those of a list in braces.
fn paths(rest: &str) -> Vec<String> {
    let start: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
    let Some(list) = rest[start.len()..].strip_prefix('{').filter(|_| start.ends_with("::")) else {
        return vec![start];
    };
    let list = list.split('}').next().unwrap();
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| format!("{start}{name}")).collect()
}

#[test]
fn imports_point_inward_only() {
    let table = table();
    assert!(table.len() >= 6, "the table of src/lib.rs was not understood: {table:?}");
    let mut checked = 0;
    for (layer, allowed) in &table {
        let files = files(layer);
        assert!(!files.is_empty(), "src/lib.rs names `{layer}`, which is not there");
        for file in files {
            for path in imports(&file) {
                let fits = |name: &String| path == *name || path.starts_with(&format!("{name}::"));
                assert!(
                    fits(layer) || allowed.iter().any(fits),
                    "{}: `{layer}` must not import `crate::{path}`",
                    file.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 20, "only {checked} imports were found");
}

#[test]
fn every_folder_is_on_the_map() {
    let table = table();
    for entry in fs::read_dir(repository("src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let layer = name.trim_end_matches(".rs");
        let known = matches!(layer, "main" | "lib") || table.iter().any(|(known, _)| known == layer);
        assert!(known, "src/{name} is not in the table of src/lib.rs");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let layers = table();
    let opens = |file: &PathBuf| fs::read_to_string(file).unwrap().starts_with("//! ");
    let silent: Vec<_> = layers.iter().flat_map(|(layer, _)| files(layer)).filter(|file| !opens(file)).collect();
    assert_eq!(silent, Vec::<PathBuf>::new());
}

#[test]
fn only_the_command_line_prints_or_touches_the_disk() {
    let outside = ["std::env", "std::fs", "std::process", "println!", "eprintln!"];
    for (layer, _) in table().iter().filter(|(layer, _)| layer != "cli") {
        for file in files(layer) {
            let source = fs::read_to_string(&file).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            for name in outside {
                let used = code.lines().any(|line| line.contains(name) && !line.trim_start().starts_with("//"));
                assert!(!used || is_test(&file), "{} uses {name}", file.display());
            }
        }
    }
}

/// What the linker puts side by side is named by its modules, which come and go.
#[test]
fn the_list_of_what_runs_at_the_start_names_modules_that_are_there() {
    let list = fs::read_to_string(repository("startup.ld")).unwrap();
    let names = list.split("_ZN5cloze").skip(1).filter_map(|rest| {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest.get(digits..digits + rest[..digits].parse::<usize>().ok()?)
    });
    let is_there =
        |name: &&str| repository("src").join(name).exists() || repository("src").join(format!("{name}.rs")).exists();
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 50, "{} names of ours", names.len());
    assert_eq!(names.iter().copied().find(|name| !is_there(name)), None, "run benches/startup.py again");
}
