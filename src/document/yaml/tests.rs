//! Tests of the YAML syntax.

use super::*;

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
#[test]
fn dbg_events() {
    let Ok(p) = std::env::var("EV") else { return };
    let text = std::fs::read_to_string(p).unwrap();
    for e in granit_parser::Parser::new_from_str_with_options(&text, granit_parser::options! {emit_comments:false}) {
        println!("{:?}", e.map(|(e, s)| (e, s.byte_range())));
    }
    println!("{:?}", Yaml.parse(text.as_bytes()).unwrap().nodes);
}
