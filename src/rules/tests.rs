//! Rules files that work, and what is said about those that do not.

use super::*;
use crate::document::Format;
use crate::recipient::Kind;

const EXAMPLE: &str = include_str!("../../.sops.yaml.example");

fn strict(text: &str) -> Rules {
    Rules::parse(text, Strictness::Cloze).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn sops(text: &str) -> Rules {
    Rules::parse(text, Strictness::Sops).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// The recipients of the rule for a file, with `|` between groups.
fn recipients(rules: &Rules, path: &str) -> String {
    let rule = rules.find(path).expect("no error").expect("a rule");
    let group = |group: &Vec<Recipient>| {
        group.iter().map(|recipient| format!("{}:{recipient}", recipient.kind.list())).collect::<Vec<_>>().join(" ")
    };
    rule.groups.iter().map(group).collect::<Vec<_>>().join(" | ")
}

#[test]
fn the_example_is_a_valid_configuration() {
    let rules = strict(EXAMPLE);
    assert_eq!(rules.creation_rules.as_ref().map(Vec::len), Some(5));
    let own = rules.find("app.conf").expect("no error").expect("a rule");
    assert_eq!((own.input_type, own.output_type), (Some(Format::Dotenv), Some(Format::Dotenv)));
    assert!(own.no_exact_spelling);
    assert_eq!(rules.destination_rules.len(), 3);
    assert_eq!(rules.stores, Stores { yaml_indent: Some(2), json_indent: Some(-1), json_binary_indent: Some(2) });
    assert_eq!(Stores::parse(EXAMPLE), rules.stores);
    let rule = rules.find("kubernetes/a.yaml").expect("no error").expect("a rule");
    assert_eq!(
        rule.selector.as_ref().map(|selector| (selector.field(), selector.text())),
        Some(("encrypted_regex", "^(data|stringData)$"))
    );
    assert!(rule.mac_only_encrypted);
    let kinds = |path: &str| {
        let rule = rules.find(path).expect("no error").expect("a rule");
        rule.groups
            .iter()
            .map(|group| group.iter().map(|recipient| recipient.kind).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    use Kind::{Age, AzureKv, GcpKms, HcVault, Hckms, Kms, Pgp};
    assert_eq!(kinds("cloud/x"), [[Age, Pgp, Kms, GcpKms, Hckms, AzureKv, HcVault]]);
    assert_eq!(kinds("shared/x"), [vec![Age, Pgp, HcVault], vec![Kms, GcpKms, Hckms, AzureKv], vec![Age, Age]]);
    assert_eq!(rules.find("shared/x").expect("no error").and_then(|rule| rule.threshold), Some(2));
    let destination = rules.find_destination("s3/x").expect("a rule");
    assert_eq!(destination.destinations, [Destination::S3 { bucket: "secrets".into(), prefix: "shop/".into() }]);
    assert!(destination.recreation_rule.is_some() && destination.omit_extensions);
}

#[test]
fn key_files_are_gathered_from_a_rule_and_its_groups() {
    let files = |rule: &str| {
        let rules = strict(&format!("a: &a {{pgp: [AB], pgp_key_files: [c, d]}}\ncreation_rules:\n- {rule}"));
        let rule = rules.find("x").expect("no error").expect("a rule");
        rule.pgp_key_files.iter().map(|file| file.path.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(files("{pgp: AB, pgp_key_files: 'a, b'}"), "a, b");
    assert_eq!(files("{pgp_key_files: [a, b], pgp: AB}"), "a b");
    assert_eq!(files("{age: age1x, pgp_key_files: null}"), "");
    let groups = "{pgp_key_files: a, key_groups: [{merge: [*a, *a], pgp: [CD], pgp_key_files: b}, *a]}";
    assert_eq!(files(groups), "a c d b");
    for wrong in ["''", "[a, '']", "{a: b}", "[[a]]", "7", "[null]"] {
        let text = format!("creation_rules:\n- pgp_key_files: {wrong}\n");
        for strictness in [Strictness::Cloze, Strictness::Sops] {
            let error = Rules::parse(&text, strictness).expect_err("is wrong");
            assert!(error.message.starts_with("`pgp_key_files` must be"), "{error} in {wrong}");
        }
    }
}

#[test]
fn rules_apply_in_order() {
    let rules = strict(
        "creation_rules:\n- {path_regex: a$, age: age1x}\n- {path_regex: 5, age: age1y}\n- {path_regex: null, age: age1z}\n",
    );
    for (path, expected) in [("b/a", "age:age1x"), ("x5a", "age:age1x"), ("x5", "age:age1y"), ("", "age:age1z")] {
        assert_eq!(recipients(&rules, path), expected);
    }
    let rules = strict("creation_rules:\n- path_regex: a$\n  age: age1x");
    let error = rules.find("b").expect_err("no rule matches");
    assert_eq!(error.message, "no matching creation rules found");
}

#[test]
fn no_rules_and_no_configuration_are_the_same() {
    for text in ["", "# nothing\n", "null", "---\n", "stores: {}", "creation_rules:\n", "creation_rules: null"] {
        assert!(matches!(strict(text).find("x"), Ok(None)), "{text}");
        assert!(matches!(sops(text).find("x"), Ok(None)), "{text}");
    }
    assert!(strict("creation_rules: []").find("x").is_err());
    assert!(sops("creation_rules: [null]").find("x").is_err());
}

#[test]
fn recipients_keep_the_order_of_sops() {
    let cases = [
        ("{pgp: 'AB, CD,', age: [age1x, 'age1y,age1z,']}", "age:age1x age:age1y age:age1z pgp:AB pgp:CD"),
        ("{hckms: 'r:k, r:l', age: age1x}", "age:age1x hckms:r:k hckms:r:l"),
        ("{age: age1x, pgp: null, kms: ''}", "age:age1x"),
        ("{age: 'age1x, age1x'}", "age:age1x age:age1x"),
        ("{key_groups: [{pgp: [AB], age: [age1x, 'age1y,age1x']}]}", "age:age1x age:age1y pgp:AB"),
        (
            "{key_groups: [{age: [age1x], merge: [{age: [age1y], merge: [{pgp: [EF]}]}, {age: [age1x, age1z]}]}, {pgp: [AB]}]}",
            "pgp:EF age:age1y age:age1x age:age1z | pgp:AB",
        ),
        (
            "{key_groups: [{kms: [{arn: 'arn:aws:kms:r:1:key/1'}, {arn: 'arn:aws:kms:r:1:key/1', aws_profile: p}, {arn: 'arn:aws:kms:r:1:key/1'}]}]}",
            "kms:arn:aws:kms:r:1:key/1 kms:arn:aws:kms:r:1:key/1||p",
        ),
    ];
    for (rule, expected) in cases {
        assert_eq!(recipients(&strict(&format!("creation_rules: [{rule}]")), "x"), expected, "{rule}");
    }
}

#[test]
fn anchors_aliases_and_merge_keys_work() {
    let text = "keys:\n- &a age1x\n- &b age1y\nbase: &base {age: *b, path_regex: never}\n\
        creation_rules:\n- path_regex: one\n  <<: *base\n- <<: [{path_regex: two}, *base]\n- key_groups:\n  - age: [*a, *b]\n";
    let rules = strict(text);
    for (path, expected) in [("one", "age:age1y"), ("two", "age:age1y"), ("x", "age:age1x age:age1y")] {
        assert_eq!(recipients(&rules, path), expected);
    }
    let error = Rules::parse("creation_rules: &a [{age: *a}]", Strictness::Sops).expect_err("a loop");
    assert_eq!(error.message, "this alias stands for something that it is a part of");
}

/// What is wrong, with the place in `«»`.
#[test]
fn points_at_what_is_wrong() {
    let rule = |text: &str| format!("creation_rules:\n- age: age1x\n  {text}\n");
    let cases = [
        (
            "«creation_rule»: []".to_owned(),
            "the configuration has no field `creation_rule`",
            Some("did you mean `creation_rules`?"),
        ),
        ("«foo»: 1".to_owned(), "the configuration has no field `foo`", None),
        (rule("«path_regexp»: x"), "a creation rule has no field `path_regexp`", Some("did you mean `path_regex`?")),
        (
            rule("«Encrypted_Regex»: x"),
            "a creation rule has no field `Encrypted_Regex`",
            Some("did you mean `encrypted_regex`?"),
        ),
        (
            rule("«hc_vault»: x"),
            "a creation rule has no field `hc_vault`",
            Some("did you mean `hc_vault_transit_uri`?"),
        ),
        ("stores: {«yml»: {indent: 2}}".to_owned(), "`stores` has no field `yml`", Some("did you mean `yaml`?")),
        (
            "stores: {json: {«indnt»: 2}}".to_owned(),
            "`stores.json` has no field `indnt`",
            Some("did you mean `indent`?"),
        ),
        ("stores: {ini: {«indent»: 2}}".to_owned(), "`stores.ini` has no field `indent`", None),
        ("stores: {json: {indent: «-2»}}".to_owned(), "`stores.json.indent` must be -1 or more", None),
        (
            "creation_rules: [{key_groups: [{«azure_kv»: []}]}]".to_owned(),
            "a key group has no field `azure_kv`",
            Some("did you mean `azure_keyvault`?"),
        ),
        (
            "creation_rules: [{key_groups: [{azure_keyvault: [{«vaultURL»: x}]}]}]".to_owned(),
            "an `azure_keyvault` entry has no field `vaultURL`",
            Some("did you mean `vaultUrl`?"),
        ),
        (
            "destination_rules: [{«s3_buckt»: x}]".to_owned(),
            "a destination rule has no field `s3_buckt`",
            Some("did you mean `s3_bucket`?"),
        ),
        (
            "destination_rules: [{s3_bucket: x, recreation_rule: {«agee»: x}}]".to_owned(),
            "a recreation rule has no field `agee`",
            Some("did you mean `age`?"),
        ),
        (
            rule("path_regex: a«(»b"),
            "`path_regex` is not a valid regular expression: this `(` is never closed",
            Some("the dialect is that of Go; SOPS takes an invalid expression for one that never matches"),
        ),
        (
            rule("encrypted_regex: '^«(?!»a)'"),
            "`encrypted_regex` is not a valid regular expression: lookahead `(?!` is not supported in Go's dialect",
            Some("the dialect is that of Go; SOPS takes an invalid expression for one that never matches"),
        ),
        (
            rule("encrypted_comment_regex: «\"\\x61(\"»"),
            "`encrypted_comment_regex` is not a valid regular expression: this `(` is never closed",
            Some("the dialect is that of Go; SOPS takes an invalid expression for one that never matches"),
        ),
        (
            "destination_rules: [{s3_bucket: x, path_regex: '«*»'}]".to_owned(),
            "`path_regex` is not a valid regular expression: `*` has nothing to repeat",
            Some("the dialect is that of Go; SOPS takes an invalid expression for one that never matches"),
        ),
        (
            rule("encrypted_regex: a\n  encrypted_suffix: «b»"),
            "`encrypted_suffix` cannot stand beside `encrypted_regex`",
            Some("a rule has one way to select values"),
        ),
        (
            rule("key_groups: [{age: [age1y]}]").replace("age1x", "«age1x»"),
            "`age` cannot stand beside `key_groups`",
            Some("SOPS would ignore it; put it into one of the groups"),
        ),
        (
            "creation_rules:\n- shamir_threshold: «3»\n  key_groups: [{age: [a]}, {age: [b]}]".to_owned(),
            "`shamir_threshold` asks for 3 key groups, but the rule has 2",
            None,
        ),
        (rule("shamir_threshold: «2»"), "`shamir_threshold` asks for 2 key groups, but the rule has one", None),
        (
            "creation_rules:\n- shamir_threshold: «1»\n  key_groups: [{age: [a]}, {age: [b]}]".to_owned(),
            "`shamir_threshold` must be at least 2 when there are key groups",
            Some("to let anybody open the file alone, put everybody into one group"),
        ),
        (rule("shamir_threshold: «-1»"), "`shamir_threshold` must be a small positive number", None),
        (rule("shamir_threshold: «'1'»"), "`shamir_threshold` must be a whole number", Some("write it without quotes")),
        (rule("shamir_threshold: «1.5»"), "`shamir_threshold` must be a whole number", None),
        (
            "creation_rules: [{key_groups: [{age: [a]}, «»{}]}]".to_owned(),
            "this key group has no recipients: its share would be lost",
            None,
        ),
        ("creation_rules: [«null», {age: a}]".to_owned(), "this rule is empty", None),
        ("creation_rules: «»{age: a}".to_owned(), "`creation_rules` must be a list, but this is a map", None),
        ("creation_rules: [«a»]".to_owned(), "a creation rule must be a map, but this is a single value", None),
        ("«»[a]".to_owned(), "the configuration must be a map, but this is a list", None),
        (rule("path_regex: «»[a]"), "`path_regex` must be a text, but this is a list", None),
        (rule("pgp: [AB, «12345»]"), "`pgp` must be a text or a list of texts", Some("write it in quotes")),
        (rule("pgp: «»{a: b}"), "`pgp` must be a text or a list of texts, but this is a map", None),
        (rule("mac_only_encrypted: «maybe»"), "`mac_only_encrypted` must be `true` or `false`", None),
        (
            "creation_rules: [{key_groups: [{age: «a»}]}]".to_owned(),
            "`age` must be a list, but this is a single value",
            None,
        ),
        (rule("pgp: 'AB, «me@example.org»'"), "a PGP fingerprint is made of hexadecimal digits", None),
        (
            "creation_rules: [{key_groups: [{kms: [«»{arn: x}]}]}]".to_owned(),
            "an AWS KMS key is `arn:aws:kms:REGION:ACCOUNT:key/ID` or `…:alias/NAME`",
            None,
        ),
        (
            "creation_rules: [{key_groups: [{age: [«'age1x,'»]}]}]".to_owned(),
            "one of the recipients in this list is empty",
            None,
        ),
        ("creation_rules: [{key_groups: [{age: [«''»]}]}]".to_owned(), "this recipient is empty", None),
        (rule("«age»: age1y"), "the key `age` stands here twice", None),
        (
            "destination_rules: [«»{path_regex: a}]".to_owned(),
            "this destination rule has no destination",
            Some("give it `s3_bucket`, `gcs_bucket` or `vault_path`"),
        ),
        (
            "destination_rules: [«»{s3_bucket: a, vault_path: b}]".to_owned(),
            "this destination rule has more than one destination",
            Some("write one rule for each"),
        ),
        (
            "destination_rules: [{vault_path: b, vault_kv_version: «3»}]".to_owned(),
            "`vault_kv_version` must be 1 or 2",
            None,
        ),
        (
            rule("") + "«---»\na: b\n",
            "a configuration is one YAML document",
            Some("SOPS ignores all documents but the first"),
        ),
    ];
    for (marked, message, hint) in cases {
        let start = marked.find('«').expect("a mark");
        let end = marked.find('»').expect("a mark") - '«'.len_utf8();
        let text = marked.replace(['«', '»'], "");
        let error = Rules::parse(&text, Strictness::Cloze).expect_err(&text);
        assert_eq!((error.message.as_str(), error.hint.as_deref()), (message, hint), "{text}");
        assert_eq!(error.span.range(), start..end, "{text}: {message}");
    }
}

#[test]
fn what_is_not_yaml_has_a_place() {
    for (text, at) in [("creation_rules: [", 16..18), ("a: b: c", 4..5), ("a: *x", 3..4)] {
        for strictness in [Strictness::Cloze, Strictness::Sops] {
            let error = Rules::parse(text, strictness).expect_err(text);
            assert!(error.message.starts_with("this is not YAML: "), "{error}");
            assert!(at.contains(&error.span.range().start), "{text}: {:?}", error.span);
        }
    }
}

#[test]
fn an_identity_is_not_shown() {
    let error =
        Rules::parse("creation_rules:\n- age: age1x,AGE-SECRET-KEY-1QQ\n", Strictness::Cloze).expect_err("a secret");
    assert_eq!(error.message, "this is an age identity, which is secret, and not a recipient");
    assert!(error.secret);
}

/// Each of these is loaded by SOPS 3.11.0; the second part is what it says when the rule is used.
/// Recipients may come from flags or the environment.
#[test]
fn a_rule_without_recipients_is_a_rule() {
    let rules = Rules::parse("creation_rules:\n- encrypted_regex: ^data$\n", Strictness::Cloze).expect("is valid");
    assert!(rules.find("x").expect("applies").is_some_and(|rule| rule.groups.is_empty()));
}

#[test]
fn as_sops_what_sops_accepts_is_accepted() {
    let cases = [
        ("age: age1x\n  bogus: 1", None),
        ("age: age1x\n  Age: 5", None),
        ("age: age1x\n  mac_only_encrypted: yes", None),
        ("age: age1x\n  shamir_threshold: 2.5", None),
        ("age: age1x\n  shamir_threshold: -1", None),
        ("key_groups: [{age: [age1x]}, {}]", None),
        ("age: age1x\n  key_groups: [{age: [age1y]}]", None),
        ("age: age1x\n---\n[", None),
        ("age: [age1x, 5]", Some("`age` must be a text or a list of texts")),
        (
            "age: age1x\n  azure_keyvault: foo",
            Some("an Azure key is `https://VAULT/keys/NAME` or `https://VAULT/keys/NAME/VERSION`"),
        ),
        (
            "age: age1x\n  encrypted_regex: a\n  encrypted_suffix: b",
            Some("`encrypted_suffix` cannot stand beside `encrypted_regex`"),
        ),
        (
            "age: age1x\n  path_regex: '('",
            Some("`path_regex` is not a valid regular expression: this `(` is never closed"),
        ),
        // Not so in SOPS, which would encrypt nothing.
        (
            "age: age1x\n  encrypted_regex: '('",
            Some("`encrypted_regex` is not a valid regular expression: this `(` is never closed"),
        ),
    ];
    for (rule, problem) in cases {
        let text = format!("creation_rules:\n- {rule}\n");
        assert!(Rules::parse(&text, Strictness::Cloze).is_err() || rule.contains("yes"), "{text}");
        let rules = sops(&text);
        let found = rules.find("x.yaml").map(|rule| rule.is_some()).map_err(|error| error.message);
        assert_eq!(found, problem.map_or(Ok(true), |problem| Err(problem.to_owned())), "{text}");
    }
    let rules = sops("creation_rules:\n- {path_regex: nope, encrypted_regex: '(', pgp: 5}\n- {age: age1x}\n");
    assert_eq!(recipients(&rules, "x"), "age:age1x");
    assert_eq!(recipients(&sops("creation_rules: [{age: age1x, key_groups: [{age: [age1y]}]}]"), "x"), "age:age1y");
    assert!(sops("destination_rules: [{path_regex: '(', vault_kv_version: 7}]").destination_rules.is_empty());
}

#[test]
fn as_sops_what_sops_refuses_is_refused() {
    for text in [
        "foo",
        "[]",
        "creation_rules: {age: age1x}",
        "creation_rules: [{age: age1x, path_regex: [a]}]",
        "creation_rules: [{age: age1x, aws_profile: [a]}]",
        "creation_rules: [{age: age1x, shamir_threshold: '2'}]",
        "creation_rules: [{key_groups: [{age: age1x}]}]",
        "creation_rules: [{age: age1x, age: age1x}]",
        "stores: {yaml: {indent: x}}",
        "stores: {ini: 5}",
    ] {
        assert!(Rules::parse(text, Strictness::Sops).is_err(), "{text}");
    }
}

#[test]
fn many_aliases_end_soon() {
    let mut text = String::from("a0: &a0 {age: [age1x]}\n");
    for level in 1..=15 {
        let previous = format!("*a{}, ", level - 1).repeat(9);
        text.push_str(&format!("a{level}: &a{level} {{merge: [{previous}]}}\n"));
    }
    text.push_str("creation_rules: [{key_groups: [*a15]}]\n");
    let error = Rules::parse(&text, Strictness::Sops).expect_err("too many");
    assert_eq!(error.message, "a rule can hold 10000 recipients at most");
    let deep = format!("creation_rules: [{{key_groups: [{}{}]}}]", "{merge: [".repeat(40), "]}".repeat(40));
    let error = Rules::parse(&deep, Strictness::Sops).expect_err("too deep");
    assert_eq!(error.message, "key groups merge more than 16 deep");
}

#[test]
fn stores_are_had_from_anything() {
    let some = |yaml: i32| Stores { yaml_indent: Some(yaml), ..Stores::default() };
    for (text, expected) in [
        ("stores: {yaml: {indent: 2}}\ncreation_rules: 7\nfoo: bar", some(2)),
        ("stores: {yaml: {indent: 3, x: y}, json: 5, json_binary: {indent: tab}}", some(3)),
        ("stores: {yaml: {indent: 0}, json: {indent: -2}}", Stores::default()),
        ("stores: [", Stores::default()),
        ("\u{0}", Stores::default()),
        ("", Stores::default()),
    ] {
        assert_eq!(Stores::parse(text), expected, "{text}");
    }
}

mod random {
    use proptest::prelude::*;

    use super::{Rules, Stores, Strictness};

    proptest! {
        #[test]
        fn no_text_panics(text in r"(creation_rules:|key_groups:|merge:|age:|stores:|yaml:|indent:|path_regex:|kms:|<<:|[&*]a|\n( |-)*|[\[\]{},:'é(5~#!|]| |x){0,40}") {
            for strictness in [Strictness::Cloze, Strictness::Sops] {
                match Rules::parse(&text, strictness) {
                    Ok(rules) => drop(rules.find("x").map(|rule| rule.is_some())),
                    Err(error) => prop_assert!(text.get(error.span.range()).is_some(), "{text:?} {error:?}"),
                }
            }
            let _ = Stores::parse(&text);
        }
    }
}
