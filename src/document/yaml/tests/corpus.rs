//! Files that other people wrote, if they are on this machine: all that can be read is sealed and
//! opened again.

use super::{same_content, seal, unseal};
use crate::document::Syntax;
use crate::document::yaml::{Yaml, parse};

/// Files of other people, if this machine has them.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let Some(top) = top.map(|dir| dir.join("shared/corpus")).find(|dir| dir.is_dir()) else { return Vec::new() };
    let mut folders = vec![top.join("yaml"), top.join("yaml-test-suite"), top.join("sops-encrypted")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if (name.ends_with(".yaml") || name.ends_with(".yml")) && !name.ends_with("out.yaml") {
                files.extend(std::fs::read(&path).ok().map(|text| (name, text)));
            }
        }
    }
    files.sort();
    files
}

#[test]
#[expect(clippy::print_stdout, reason = "how much comes back is worth knowing")]
fn sealed_and_opened_files_have_the_same_values() {
    let (mut read, mut refused, mut exact, mut equal) = (0, 0, 0, 0);
    for (name, text) in corpus() {
        let Ok(document) = Yaml.parse(&text) else {
            refused += 1;
            continue;
        };
        if document.parts.iter().any(|part| part.metadata.is_some()) {
            continue;
        }
        read += 1;
        match seal(&text).and_then(|sealed| unseal(&sealed, &document)) {
            Ok(back) if back == text => exact += 1,
            Ok(back) => {
                let again = Yaml.parse(&back);
                let is_equal =
                    again.as_ref().is_ok_and(|again| {
                        again.nodes.len() == document.nodes.len()
                            && again.nodes.iter().zip(&document.nodes).all(|(left, right)| {
                                left.key == right.key && same_content(&left.content, &right.content)
                            })
                    });
                assert!(is_equal, "{name}: other values came back");
                equal += 1;
            }
            // There is no place for a block beside a null that is written out.
            Err(error) if error.contains("is `null`") => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
    println!("read {read}, refused {refused}: byte for byte {exact}, other spelling {equal}");
    assert!(exact * 10 >= read * 6, "only {exact} of {read} files came back byte for byte");
}

#[test]
fn shortened_ciphertexts_change_nothing() {
    for (name, text) in corpus() {
        let mut texts = vec![text.clone()];
        texts.extend(seal(&text));
        for text in texts {
            let (short, full) = (Yaml.parse(&text), parse::parse_in_full(&text));
            match (short, full) {
                (Ok(short), Ok(full)) => {
                    assert_eq!(format!("{:?}", short.nodes), format!("{:?}", full.nodes), "{name}");
                    assert!(
                        short
                            .nodes
                            .iter()
                            .zip(&full.nodes)
                            .all(|(left, right)| same_content(&left.content, &right.content)),
                        "{name}"
                    );
                    assert_eq!(format!("{:?}", short.parts), format!("{:?}", full.parts), "{name}");
                }
                (Err(_), Err(_)) => {}
                (short, full) => panic!("{name}: {:?} {:?}", short.err(), full.err()),
            }
        }
    }
}
