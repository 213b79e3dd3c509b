//! Go's regular expressions: what is translated, and what is refused by name.

use super::*;

/// What SOPS 3.11.0 makes of each pattern: the first line is the list of keys, every other line a
/// pattern and the keys that `--encrypted-regex` selected. A pattern that would select none of
/// them was put behind `^Z$|`, so that an empty list means that Go refuses the pattern.
const BY_SOPS: &str = include_str!("../../../testdata/patterns.jsonl");

/// Patterns that this SOPS can read and `Pattern` refuses: the first six mean something else to
/// other releases of Go, the others are code points that no text can hold.
const REFUSED: [&str; 8] =
    [r"\p{Letter}", r"\p{lu}", r"\p{Cn}", r"\pC", r"\p{ASCII}", r"\p{ L}", r"^Z$|\x{D800}", r"^Z$|[\x{D800}-\x{DFFF}]"];

#[test]
fn matches_what_sops_matches() {
    let mut lines = BY_SOPS.lines();
    let keys: Vec<String> = serde_json::from_str(lines.next().expect("keys")).expect("keys");
    let mut checked = 0;
    for line in lines {
        let (text, expected): (String, Vec<String>) = serde_json::from_str(line).expect("row");
        let matched = Pattern::new(&text)
            .map(|pattern| keys.iter().filter(|key| pattern.is_match(key.as_bytes())).cloned().collect::<Vec<_>>());
        match matched {
            Ok(matched) => assert_eq!((&text, matched), (&text, expected)),
            Err(error) => {
                assert_eq!(expected.is_empty(), !REFUSED.contains(&text.as_str()), "{text}: {error}");
            }
        }
        checked += 1;
    }
    assert!(checked > 300);
}

#[test]
fn names_what_it_refuses() {
    let cases = [
        ("(", "this `(` is never closed", "("),
        ("a(?i", "this `(` is never closed", "(?i"),
        ("ab)", "this `)` closes nothing", ")"),
        ("[a", "this `[` is never closed", "["),
        ("[z-a]", "the range `z-a` runs backwards", "z-a"),
        ("[[:foo:]]", "there is no character class `[:foo:]`", "[:foo:]"),
        ("*", "`*` has nothing to repeat", "*"),
        ("a|+?", "`+?` has nothing to repeat", "+?"),
        ("x**", "`*` repeats a repetition; put a group around the first", "*"),
        ("a{2}{3}", "`{3}` repeats a repetition; put a group around the first", "{3}"),
        ("a{1001}", "`{1001}` repeats more than 1000 times", "{1001}"),
        ("(a{100}){11}", "nested repetitions make more than 1000", "{11}"),
        ("a{2,1}", "`{2,1}` asks for at least more than at most", "{2,1}"),
        ("^(?!sops)", "lookahead `(?!` is not supported in Go's dialect", "(?!"),
        ("(?<=a)b", "lookbehind `(?<=` is not supported in Go's dialect", "(?<="),
        ("(?x)a", "`(?x` is not the start of a group in Go's dialect", "(?x"),
        ("(?P<n-1>a)", "the name of a group is made of letters, digits and `_`", "(?P<n-1>"),
        (r"(a)\1", r"the back reference `\1` is not supported in Go's dialect", r"\1"),
        (r"\Z", r"the escape `\Z` is not valid in Go's dialect", r"\Z"),
        (r"é\C", r"`\C` is not supported in Go's dialect", r"\C"),
        (r"\p{Foo}", r"the Unicode class `\p{Foo}` is not one that every SOPS knows", r"\p{Foo}"),
        (r"a\", "a backslash at the end escapes nothing", r"\"),
        (r"\pL{1000}", "the regular expression is too large", r"\pL{1000}"),
    ];
    for (text, message, part) in cases {
        let error = Pattern::new(text).expect_err(text);
        assert_eq!((error.message.as_str(), &text[error.range]), (message, part), "{text}");
    }
}

#[test]
fn bounds_the_nesting_of_groups() {
    let nested = |depth: usize| format!("{}a{}", "((?:b|(?i:c))*".repeat(depth), ")+".repeat(depth));
    assert!(Pattern::new(&nested(98)).is_ok_and(|pattern| pattern.is_match(b"xCba")));
    let error = Pattern::new(&nested(99)).expect_err("too deep");
    assert_eq!(error.message, "groups nest more than 100 deep");
    assert!(Pattern::new(&"(".repeat(1_000_000)).is_err());
    assert!(Pattern::new(&"a*(?i)".repeat(1000)).is_ok());
    assert!(Pattern::new(&format!("a{}", "(?i)*".repeat(100_000))).is_err());
}

#[test]
fn counts_each_stray_byte_as_one_replacement_character() {
    for (text, bytes, expected) in [
        ("^.$", &b"\xff"[..], true),
        ("^..$", b"\xe2\x82", true),
        ("^a.b$", b"a\xc3b", true),
        ("^[^a]+$", b"\x80\xe9", true),
        (r"^\x{FFFD}$", b"\xff", true),
        ("^é$", b"\xc3", false),
        ("^é.$", b"\xc3\xa9\xa9", true),
    ] {
        assert_eq!(Pattern::new(text).expect(text).is_match(bytes), expected, "{text} {bytes:?}");
    }
}

mod random {
    use proptest::prelude::*;

    use super::Pattern;

    proptest! {
        #[test]
        fn no_pattern_panics(text in r"([()\[\]{}*+?|^$.\\:<>=!,-]|[aiPQEpx019]|é){0,24}") {
            if let Err(error) = Pattern::new(&text) {
                prop_assert!(text.get(error.range).is_some());
                prop_assert!(error.message != "the regular expression is not supported", "{text}");
            }
        }
    }
}

#[test]
fn an_expression_that_would_take_seconds_is_refused() {
    let error = Pattern::new(&format!("{}{}", "a?".repeat(100_000), "a".repeat(100_000))).expect_err("is too large");
    assert_eq!(error.message, "the regular expression is too large");
}
