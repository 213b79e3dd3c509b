//! Which leaves and comments each of the six selectors picks.

use super::*;

/// Runs a selection over an outline and marks what is selected with `!`. One item a line:
/// `key {` enters, `}` leaves, `#text` is a comment, anything else a leaf; `-` is no key.
fn mark(selector: &Selector, outline: &str) -> String {
    let mut selection = Selection::new(selector);
    let mut marked = Vec::new();
    for line in outline.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let key = |name: &'static str| (name != "-").then_some(name);
        let name: &'static str = Box::leak(line.trim_end_matches(" {").to_owned().into_boxed_str());
        let selected = if line == "}" {
            selection.leave();
            false
        } else if line.ends_with('{') {
            selection.enter(key(name));
            false
        } else if let Some(text) = line.strip_prefix('#') {
            selection.comment(text.as_bytes())
        } else {
            selection.leaf(key(name))
        };
        marked.push(format!("{line}{}", if selected { "!" } else { "" }));
    }
    marked.join(" ")
}

fn selector(field: &str, text: &str) -> Selector {
    Selector::from_field(field, text).expect("a selector")
}

#[test]
fn key_rules_follow_the_path() {
    let outline = "- {\n#top\na\nx {\n#in\nb\n- {\n-\nc_x\n}\n}\nc_x\nl {\n-\n#el\n}\n}\n- {\nx\ny\n}";
    let cases = [
        ("unencrypted_suffix", "x", "- { #top! a! x { #in b - { - c_x } } c_x l { -! #el! } } - { x y! }"),
        ("encrypted_suffix", "x", "- { #top a x { #in! b! - { -! c_x! } } c_x! l { - #el } } - { x! y }"),
        ("unencrypted_regex", "^x$", "- { #top! a! x { #in b - { - c_x } } c_x! l { -! #el! } } - { x y! }"),
        ("encrypted_regex", "^[xl]$", "- { #top a x { #in! b! - { -! c_x! } } c_x l { -! #el! } } - { x! y }"),
    ];
    for (field, text, expected) in cases {
        assert_eq!(mark(&selector(field, text), outline), expected, "{field}");
    }
}

/// The layout of `c1.yaml` and `c2.yaml` as SOPS 3.11.0 marks it.
#[test]
fn comment_rules_follow_what_is_above() {
    let outline = "- {\n#enc A\n#other\n#enc B\nk\n#other2\nk2\n#before map\nm {\n#inside enc\na\n#plain\nb\n}\n#enc top\n\
        n {\n#sub plain\nx\nl {\n#sub in list\n-\n-\n}\n}\no\n#enc inline\np\n#enc over empty\ne {\n}\nq\n#enc foot\n}\n- {\nz\n}";
    let encrypted = "- { #enc A #other! #enc B! k! #other2 k2 #before map m { #inside enc a! #plain b } #enc top \
        n { #sub plain! x! l { #sub in list! -! -! } } o #enc inline p! #enc over empty e { } q #enc foot } - { z }";
    assert_eq!(mark(&selector("encrypted_comment_regex", "enc"), outline), encrypted);
    let unencrypted = "- { #enc A #other #enc B k #other2! k2! #before map! m { #inside enc a #plain! b! } #enc top \
        n { #sub plain x l { #sub in list - - } } o! #enc inline p #enc over empty e { } q! #enc foot } - { z! }";
    assert_eq!(mark(&selector("unencrypted_comment_regex", "enc"), outline), unencrypted);
}

#[test]
fn fields_and_texts_are_those_of_the_metadata() {
    for field in Selector::FIELDS {
        let rule = selector(field, "a.b$");
        assert_eq!((rule.field(), rule.text()), (field, "a.b$"));
    }
    assert_eq!(Selector::default(), selector("unencrypted_suffix", "_unencrypted"));
}

#[test]
fn refuses_what_would_never_match() {
    let error = Selector::from_field("encrypted_regex", "^(data").expect_err("unclosed");
    assert_eq!(error.to_string(), "this `(` is never closed");
    let error = Selector::from_field("encrypted_regexp", "x").expect_err("unknown");
    assert_eq!(error.to_string(), "no selection rule is called `encrypted_regexp`");
    assert!(selector("encrypted_suffix", "(").key_matches("a("));
}
