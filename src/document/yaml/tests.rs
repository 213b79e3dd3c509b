//! Tests of the YAML syntax.

use super::*;
use crate::document::{Editor, Text};

#[test]
fn dump() {
    let Ok(list) = std::env::var("DUMP") else { return };
    for path in list.split(':') {
        let text = std::fs::read(path).expect("readable");
        println!("== {path}");
        match Yaml.parse(&text) {
            Ok(document) => {
                let mut path: Vec<String> = Vec::new();
                for event in document.walk() {
                    let key =
                        |node: &crate::document::Node| node.key.as_deref().map(|k| format!("{k}:")).unwrap_or_default();
                    match event {
                        crate::document::Event::Enter(_, node) => path.push(key(node)),
                        crate::document::Event::Leave => {
                            path.pop();
                        }
                        crate::document::Event::Leaf(_, node, value) => {
                            let text =
                                value.canonical().map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
                            let kind = match value {
                                crate::document::Scalar::Null => continue,
                                crate::document::Scalar::Bool(_) => "bool",
                                crate::document::Scalar::Int(_) => "int",
                                crate::document::Scalar::Uint(_) => "uint",
                                crate::document::Scalar::Float(_) => "float",
                                crate::document::Scalar::Time(_) => "time",
                                crate::document::Scalar::Text(_) => "str",
                            };
                            if text.is_empty() && kind == "str" {
                                continue;
                            }
                            let p = format!("{}{}", path.concat(), key(node));
                            println!("{kind} {} {text}", if p.is_empty() { ":" } else { &p });
                        }
                        crate::document::Event::Comment(_, _, text) => {
                            if text.is_empty() {
                                continue;
                            }
                            let p = path.concat();
                            println!(
                                "comment {} {}",
                                if p.is_empty() { ":" } else { &p },
                                text.as_str().unwrap_or("?")
                            );
                        }
                    }
                }
            }
            Err(error) => println!("ERR {error} {:?}", error.span),
        }
    }
}

/// A ciphertext of the right shape for the node with this number.
fn ciphertext(number: usize) -> String {
    format!("ENC[AES256_GCM,data:{:08},iv:QUJDREVGR0g=,tag:aXY=,type:str]", number)
}

fn parse(text: &[u8]) -> Document<'_> {
    Yaml.parse(text).expect("the text is valid")
}

fn sample_tree() -> Tree {
    Tree::Map(vec![
        (
            "age".into(),
            Tree::List(vec![Tree::Map(vec![
                ("enc".into(), Tree::string("-----BEGIN-----\nAAAA\n-----END-----\n")),
                ("recipient".into(), Tree::string("age1xyz")),
            ])]),
        ),
        ("lastmodified".into(), Tree::string("2026-11-21T22:57:02Z")),
        ("mac".into(), Tree::string(ciphertext(7))),
        ("shamir_threshold".into(), Tree::Leaf(Scalar::Int(2))),
        ("version".into(), Tree::string("3.13.2")),
    ])
}

/// Gives every leaf and comment a ciphertext and every document a metadata block.
fn seal(text: &[u8]) -> Result<Vec<u8>, String> {
    let document = Yaml.parse(text).map_err(|error| error.message)?;
    let mut editor = Editor::new(&document, &Yaml);
    for (number, node) in document.nodes.iter().enumerate() {
        let id = NodeId(u32::try_from(number).expect("small"));
        let sealed = Text::from(ciphertext(number));
        let new = match &node.content {
            Content::Leaf { value: Scalar::Null, .. } => continue,
            Content::Leaf { value: Scalar::Text(text), .. } if text.is_empty() => continue,
            Content::Leaf { .. } => New::Value(Scalar::Text(sealed)),
            Content::Comment { .. } => New::Comment(sealed),
            _ => continue,
        };
        editor.replace(id, new).map_err(|error| error.0)?;
    }
    for part in 0..document.parts.len() {
        editor.set_metadata(part, &sample_tree(), Layout::default()).map_err(|error| error.0)?;
    }
    editor.finish().map_err(|error| error.0)
}

/// Puts the contents of one document back into its sealed twin, and takes the metadata out.
fn unseal(sealed: &[u8], plain: &Document<'_>) -> Result<Vec<u8>, String> {
    let document = Yaml.parse(sealed).map_err(|error| format!("sealed: {}", error.message))?;
    if document.nodes.len() != plain.nodes.len() {
        return Err("sealed: another number of nodes".into());
    }
    let mut editor = Editor::new(&document, &Yaml);
    for (number, (node, old)) in document.nodes.iter().zip(&plain.nodes).enumerate() {
        let id = NodeId(u32::try_from(number).expect("small"));
        if node.key != old.key {
            return Err("sealed: another order".into());
        }
        let expected = ciphertext(number);
        match (&node.content, &old.content) {
            (Content::Leaf { value: Scalar::Text(text), .. }, Content::Leaf { value, .. })
                if **text == *expected.as_bytes() =>
            {
                editor.replace(id, New::Value(value.clone())).map_err(|error| error.0)?;
            }
            (Content::Comment { text }, Content::Comment { text: old }) if **text == *expected.as_bytes() => {
                editor.replace(id, New::Comment(old.clone())).map_err(|error| error.0)?;
            }
            (Content::Leaf { value, .. }, Content::Leaf { value: old, .. }) if same(value, old) => {}
            (Content::Map { end }, Content::Map { end: old }) | (Content::List { end }, Content::List { end: old })
                if end == old => {}
            _ => return Err("sealed: another content".into()),
        }
    }
    for (part, found) in document.parts.iter().enumerate() {
        let block = found.metadata.as_ref().ok_or("sealed: no metadata")?;
        if block.tree != sample_tree() {
            return Err("sealed: other metadata".into());
        }
        editor.remove_metadata(part);
    }
    editor.finish().map_err(|error| error.0)
}

fn same(left: &Scalar<'_>, right: &Scalar<'_>) -> bool {
    match (left, right) {
        (Scalar::Float(left), Scalar::Float(right)) => left.to_bits() == right.to_bits(),
        _ => left == right,
    }
}

fn same_content(left: &Content<'_>, right: &Content<'_>) -> bool {
    match (left, right) {
        (Content::Leaf { value: left, .. }, Content::Leaf { value: right, .. }) => same(left, right),
        (Content::Comment { text: left }, Content::Comment { text: right }) => left == right,
        (Content::Map { end: left }, Content::Map { end: right })
        | (Content::List { end: left }, Content::List { end: right }) => left == right,
        _ => false,
    }
}

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
fn corpus_comes_back_byte_for_byte() {
    let verbose = std::env::var_os("VERBOSE").is_some();
    let (mut read, mut refused, mut exact, mut equal, mut broken) = (0, 0, 0, 0, 0);
    for (name, text) in corpus() {
        let Ok(document) = Yaml.parse(&text) else {
            refused += 1;
            if verbose {
                println!("refused {name}: {:?}", Yaml.parse(&text).err());
            }
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
                if is_equal {
                    equal += 1
                } else {
                    broken += 1;
                    println!("BROKEN {name}");
                }
                if verbose {
                    let (a, b) = (String::from_utf8_lossy(&text), String::from_utf8_lossy(&back));
                    let diff = a.lines().zip(b.lines()).find(|(a, b)| a != b);
                    println!("inexact {name}: {diff:?}");
                }
            }
            // There is no place for a block beside a null that is written out.
            Err(error) if error.contains("is `null`") => {}
            Err(error) => {
                broken += 1;
                println!("BROKEN {name}: {error}");
            }
        }
    }
    println!("read {read}, refused {refused}: exact {exact}, equal {equal}, broken {broken}");
    assert_eq!(broken, 0);
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

#[test]
fn show_sealed() {
    let Ok(path) = std::env::var("SEAL") else { return };
    let text = std::fs::read(path).unwrap();
    match seal(&text) {
        Ok(s) => {
            println!("{}", String::from_utf8_lossy(&s));
            let d = Yaml.parse(&text).unwrap();
            println!(
                "PLAIN {:#?}",
                d.nodes.iter().map(|n| (n.key.clone(), n.span, format!("{:?}", n.content))).collect::<Vec<_>>()
            );
            match Yaml.parse(&s) {
                Ok(d2) => println!(
                    "SEALED {:#?}",
                    d2.nodes.iter().map(|n| (n.key.clone(), n.span, format!("{:?}", n.content))).collect::<Vec<_>>()
                ),
                Err(e) => println!(
                    "{e:?} {:?}",
                    String::from_utf8_lossy(
                        &s[(e.span.unwrap().start as usize).saturating_sub(200)..e.span.unwrap().start as usize]
                    )
                ),
            }
            println!("{:?}", unseal(&s, &d).map(|s| String::from_utf8_lossy(&s).into_owned()));
        }
        Err(e) => println!("ERR {e}"),
    }
}
