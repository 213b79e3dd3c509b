//! The text in which `path_regex` is searched.

/// The path of a file as `path_regex` sees it: absolute and cleaned of `.`, `..` and doubled
/// slashes, then without the directory of the configuration, if the file is inside. Symlinks are
/// not followed. `file` must be absolute; `config_dir` too.
#[must_use]
pub fn match_text(config_dir: &str, file: &str) -> String {
    let separator = std::path::MAIN_SEPARATOR;
    let file = clean(file, separator);
    let directory = clean(config_dir, separator);
    let prefix = if directory.ends_with(separator) { directory } else { format!("{directory}{separator}") };
    match file.strip_prefix(&prefix) {
        Some(inside) => inside.to_owned(),
        None => file,
    }
}

/// An absolute path without empty, `.` and `..` steps.
fn clean(path: &str, separator: char) -> String {
    let mut steps: Vec<&str> = Vec::new();
    let is_separator = |c: char| c == separator || (separator == '\\' && c == '/');
    for step in path.split(is_separator) {
        match step {
            "" | "." => {}
            ".." => {
                // A drive letter stays.
                if steps.last().is_some_and(|last| !last.ends_with(':')) {
                    steps.pop();
                }
            }
            _ => steps.push(step),
        }
    }
    let rooted = path.starts_with(is_separator);
    let joined = steps.join(&separator.to_string());
    if rooted { format!("{separator}{joined}") } else { joined }
}

#[cfg(all(test, unix))]
mod tests {
    use super::match_text;

    #[test]
    fn leaves_out_the_directory_of_the_configuration() {
        for (directory, file, expected) in [
            ("/a/b", "/a/b/c/d.yaml", "c/d.yaml"),
            ("/a/b/", "/a//b/./x/../d.yaml", "d.yaml"),
            ("/a/b", "/a/bc/d.yaml", "/a/bc/d.yaml"),
            ("/a/b", "/a/d.yaml", "/a/d.yaml"),
            ("/a/b", "/a/b/../d.yaml", "/a/d.yaml"),
            ("/", "/d.yaml", "d.yaml"),
            ("/a/./b", "/../a/b/d: e.yaml", "d: e.yaml"),
        ] {
            assert_eq!(match_text(directory, file), expected, "{directory} {file}");
        }
    }
}
