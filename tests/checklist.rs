//! What those who build on a binary called `sops` expect, line by line: a table from the lines of our
//! checklist (integrations.md §9, by their numbers) to the tests, under both names, that would fail if
//! the line did not hold; and those of these tests that are not at home elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use crate::custodian;
use crate::harness::{ALICE, BOB, Outcome, Sandbox, key_file, real_sops, require_rops, require_sops};
use crate::interop;
use crate::leaves::{data, difference};
use crate::servers::require_tool;

/// Lines and their parts, with the tests. A part that comes later names the issue instead.
const TABLE: [(u32, &str, &[&str]); 46] = [
    (1, "C1", &["integrators::c1_c2_the_version_is_one_line_that_starts_like_that_of_sops"]),
    (1, "C2", &["integrators::c1_c2_the_version_is_one_line_that_starts_like_that_of_sops"]),
    (1, "C3", &["integrators::c3_to_c7_every_way_to_say_decrypt", "integrators::c3_every_way_to_say_encrypt"]),
    (1, "C4", &["integrators::c3_to_c7_every_way_to_say_decrypt"]),
    (1, "C5", &["integrators::c3_to_c7_every_way_to_say_decrypt"]),
    (1, "C6", &["integrators::c3_to_c7_every_way_to_say_decrypt", "checklist::the_calls_of_the_tools"]),
    (1, "C7", &["integrators::c3_to_c7_every_way_to_say_decrypt", "checklist::the_calls_of_the_tools"]),
    (
        1,
        "C8",
        &["integrators::c8_operands_that_can_be_read_once", "integrators::c8_the_name_override_chooses_the_rule"],
    ),
    (1, "C9", &["integrators::c9_without_an_operand_standard_input_is_read"]),
    (1, "C15", &["checklist::editors", "edit::the_editor_may_have_arguments_and_blanks_in_its_path"]),
    (1, "the calls of section 3", &["checklist::the_calls_of_the_tools"]),
    (2, "every command", &["checklist::success_is_silent"]),
    (2, "S2", &["integrators::s1_success_is_silent_and_s2_verbose_tells_of_the_key"]),
    (3, "the measured list", &["checklist::exit_codes", "integrators::exit_codes_are_those_of_sops"]),
    (4, "F1 to F5, by format, indent and keys", &["checklist::markers"]),
    (4, "F1", &["integrators::f1_yaml_markers"]),
    (4, "F2", &["integrators::f2_to_f5_markers_of_the_other_formats"]),
    (4, "F3", &["integrators::f2_to_f5_markers_of_the_other_formats"]),
    (4, "F4", &["checklist::markers"]),
    (4, "F5", &["integrators::f2_to_f5_markers_of_the_other_formats"]),
    (5, "F6", &["checklist::a_yaml_1_1_reader", "integrators::f6_what_a_yaml_1_1_reader_would_misread_is_quoted"]),
    (6, "sorted JSON", &["integrators::f9_a_manifest_still_opens_after_a_sorting_json_writer"]),
    (6, "an envelope in a Secret", &["checklist::an_envelope_in_a_secret"]),
    (
        7,
        "pipe, file, closed, /dev/null",
        &["checklist::streams", "integrators::c10_standard_input_does_not_matter_where_a_file_is_named"],
    ),
    (7, "FIFO, /dev/stdin", &["checklist::streams", "integrators::c8_operands_that_can_be_read_once"]),
    (8, "unchanged", &["checklist::editors", "edit::an_unchanged_text_writes_nothing"]),
    (8, "changed", &["checklist::editors"]),
    (8, "failing", &["checklist::editors", "command_line::an_editor_that_fails_is_code_201"]),
    (8, "arguments, blanks", &["checklist::editors"]),
    (8, "streams", &["checklist::editors", "edit::the_editor_has_our_standard_streams"]),
    (8, "name, modes", &["checklist::editors", "edit::the_editor_gets_one_private_file_of_the_same_name"]),
    (
        8,
        "TERM",
        &["edit::signals_leave_no_plaintext", "command_line::a_signal_removes_the_plaintext_and_keeps_what_was_typed"],
    ),
    (
        9,
        "sops reads ours",
        &[
            "interop::sops_decrypts_what_we_encrypted_to_what_it_makes_of_its_own",
            "checklist::fixtures_under_the_name_of_sops",
        ],
    ),
    (9, "we read theirs", &["interop::decrypts_what_sops_encrypted", "checklist::fixtures_under_the_name_of_sops"]),
    (9, "rops", &["checklist::rops_and_we_read_each_other"]),
    (10, "KRM", LATER),
    (11, "SealedSecret", LATER),
    (12, "hooks", LATER),
    (13, "Ansible", &["callers::a_playbook_runs_and_then_changes_nothing"]),
    (13, "mise", &["callers::mise_makes_an_environment_of_our_files"]),
    (13, "helmfile", LATER),
    (14, "canary", &["checklist::no_error_holds_a_value"]),
    (
        2,
        "S3 to S5",
        &[
            "integrators::s3_output_is_exact",
            "integrators::s4_files_keep_their_mode_and_failures_leave_them_alone",
            "integrators::s5_no_partial_plaintext_before_a_failure",
        ],
    ),
    (
        2,
        "S6 to S8",
        &[
            "integrators::s6_a_signal_ends_it",
            "exec::refusals_and_exit_codes_are_those_of_sops",
            "integrators::s8_no_question_without_a_terminal",
        ],
    ),
    (
        1,
        "C10 to C14",
        &[
            "integrators::c11_a_config_that_is_of_no_use_does_not_stop_decryption",
            "integrators::c12_rules_are_searched_upwards_from_the_working_directory",
            "integrators::c13_surplus_operands_are_only_warned_about",
            "integrators::c14_paths_are_relative_to_the_working_directory",
        ],
    ),
    (6, "F8", &["integrators::f8_every_document_of_a_stream_has_the_block"]),
];

/// These come with issues of their own.
const LATER: &[&str] = &["later"];

/// How many lines the checklist has.
const LINES: u32 = 14;
/// The parts without which a line is not tested.
const PARTS: [(u32, &[&str]); 6] = [
    (1, &["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C15", "the calls of section 3"]),
    (2, &["every command", "S2"]),
    (4, &["F1 to F5, by format, indent and keys", "F1", "F2", "F3", "F4", "F5"]),
    (8, &["unchanged", "changed", "failing", "arguments, blanks", "streams", "name, modes", "TERM"]),
    (9, &["sops reads ours", "we read theirs", "rops"]),
    (13, &["Ansible", "mise", "helmfile"]),
];

#[test]
fn every_line_of_the_checklist_has_its_tests() {
    let program = std::env::current_exe().unwrap();
    let listed = Command::new(program).args(["--list", "--format", "terse"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let tests: BTreeSet<&str> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    assert!(tests.len() > 100, "the tests were not listed");
    for (line, part, named) in TABLE {
        assert!((1..=LINES).contains(&line) && !named.is_empty(), "{line}, {part}");
        for test in named.iter().filter(|_| named != LATER) {
            assert!(tests.contains(test), "line {line}, {part}: there is no test {test}");
        }
    }
    let parts = |line: u32| TABLE.iter().filter(move |row| row.0 == line).map(|row| row.1).collect::<Vec<_>>();
    for line in 1..=LINES {
        assert!(!parts(line).is_empty(), "line {line} has no test");
    }
    for (line, wanted) in PARTS {
        let missing: Vec<_> = wanted.iter().filter(|part| !parts(line).contains(part)).collect();
        assert!(missing.is_empty(), "line {line}: {missing:?} is not there");
    }
    // The other way round: what is here is in the table.
    let here = tests.iter().filter(|test| test.starts_with("checklist::") && !test.ends_with("has_its_tests"));
    let loose: Vec<_> = here.filter(|test| !TABLE.iter().any(|row| row.2.contains(test))).collect();
    assert!(loose.is_empty(), "in no line: {loose:?}");
}

const NAMES: [&str; 2] = ["sops", "cloze"];
const PLAIN: &str = "a: b\n";

/// With rules, the plaintext `p.yaml`, and `s.yaml`, which is encrypted.
fn place() -> Sandbox {
    let sandbox = Sandbox::with_rules();
    sandbox.write("p.yaml", PLAIN);
    sandbox.encrypted("s.yaml", PLAIN);
    sandbox
}

/// What a call of a tool comes to.
enum Effect {
    /// It prints the plaintext.
    Prints(&'static str),
    /// It prints an encrypted text, of which this is the plaintext.
    Seals(&'static str),
    /// It prints nothing, and this file is encrypted then.
    Encrypts(&'static str),
    /// It prints nothing, and this file holds the plaintext.
    Decrypts(&'static str),
    /// It prints this, and the encrypted file holds something else then.
    Edits(&'static str),
}

#[test]
fn the_calls_of_the_tools() {
    use Effect::{Decrypts, Edits, Encrypts, Prints, Seals};
    // Without an extension as in VS Code: `t` is `s.yaml`. STDIN: what stands in `s.yaml` or `p.yaml`.
    let age = format!(
        "--config .sops.yaml encrypt --age {ALICE} --unencrypted-suffix _x --shamir-secret-sharing-threshold 1 \
                       --input-type yaml --output-type yaml --filename-override p.yaml /dev/stdin"
    );
    let calls: [(&str, &str, Effect); 34] = [
        ("helm-secrets", "--encrypt --input-type yaml --output-type yaml p.yaml", Seals(PLAIN)),
        ("helm-secrets", "--encrypt --input-type yaml --output-type yaml --in-place p.yaml", Encrypts("p.yaml")),
        ("helm-secrets", "--encrypt --input-type yaml --output-type yaml --output o.yaml p.yaml", Encrypts("o.yaml")),
        ("helm-secrets", "--decrypt --input-type yaml --output-type yaml s.yaml", Prints(PLAIN)),
        ("helm-secrets", "--decrypt --input-type yaml --output-type yaml --in-place s.yaml", Decrypts("s.yaml")),
        ("helm-secrets", "--decrypt --input-type yaml --output-type yaml --output o.yaml s.yaml", Decrypts("o.yaml")),
        ("helm-secrets", "--output-type \"yaml\" --decrypt --input-type yaml --output-type yaml s.yaml", Prints(PLAIN)),
        ("helm-secrets", "--input-type yaml --output-type yaml s.yaml", Edits("")),
        ("helm-secrets", "-e -i p.yaml", Encrypts("p.yaml")),
        (
            "Ansible",
            "--config .sops.yaml decrypt --enable-local-keyservice=true --input-type yaml --output-type yaml /dev/stdin < s.yaml",
            Prints(PLAIN),
        ),
        ("Ansible", "decrypt --extract ['a'] s.yaml", Prints("b")),
        ("Ansible", "decrypt --output-type json s.yaml", Prints("{\n\t\"a\": \"b\"\n}\n")),
        ("Ansible", &format!("{age} < p.yaml"), Seals(PLAIN)),
        ("Ansible", "filestatus s.yaml", Prints("{\"encrypted\":true}\n")),
        ("Ansible", "filestatus p.yaml", Prints("{\"encrypted\":false}\n")),
        ("mise", "decrypt --input-type yaml --output-type yaml < s.yaml", Prints(PLAIN)),
        ("VS Code", "--config /dev/null --output-type yaml --input-type yaml --decrypt t", Prints(PLAIN)),
        (
            "VS Code",
            "--aws-profile p --ignore-mac --config /dev/null --output-type yaml --input-type yaml --decrypt t",
            Prints(PLAIN),
        ),
        ("VS Code", "--config /dev/null --output-type yaml --input-type yaml s.yaml", Edits("")),
        (
            "VS Code",
            "--config /dev/null --config .sops.yaml --output-type yaml --input-type yaml --encrypt p.yaml",
            Seals(PLAIN),
        ),
        (
            "VS Code",
            "--config /dev/null --config .sops.yaml --output-type plaintext --input-type plaintext --encrypt p.yaml",
            Seals(PLAIN),
        ),
        ("IntelliJ", "decrypt --filename-override s.yaml < s.yaml", Prints(PLAIN)),
        ("IntelliJ", "encrypt --in-place p.yaml", Encrypts("p.yaml")),
        ("IntelliJ", "edit s.yaml", Edits("")),
        ("sops.nvim", "--decrypt --input-type yaml --output-type yaml s.yaml", Prints(PLAIN)),
        ("sops.nvim", "edit s.yaml", Edits("")),
        ("nvim-sops", "--encrypt --in-place p.yaml", Encrypts("p.yaml")),
        ("nvim-sops", "--decrypt --in-place s.yaml", Decrypts("s.yaml")),
        ("vim-sops", "-d s.yaml", Prints(PLAIN)),
        ("vim-sops", "s.yaml", Edits("")),
        ("Emacs", "--filename-override p.yaml --encrypt /dev/stdin < p.yaml", Seals(PLAIN)),
        ("direnv", "-d --output-type dotenv s.yaml", Prints("a=b\n")),
        ("shell", "exec-env s.yaml 'printf %s $a'", Prints("b")),
        ("shell", "exec-file --no-fifo s.yaml 'stat -c %a {}'", Prints("600\n")),
    ];
    for name in NAMES {
        for (tool, line, effect) in &calls {
            let sandbox = place();
            fs::copy(sandbox.path("s.yaml"), sandbox.path("t")).unwrap();
            sandbox.script("other", "printf 'a: other\\n' > \"$1\"");
            let (line, input) = line.split_once(" < ").map_or((*line, None), |(line, input)| (line, Some(input)));
            let words = line.replace("['a']", "\"['a']\"").replace("\"yaml\"", "'\"yaml\"'");
            let call = sandbox.named(name, shell_words::split(&words).unwrap()).env("EDITOR", "other");
            let outcome = match input {
                Some(input) => call.stdin(sandbox.read(input)).run(),
                None => call.run(),
            };
            let opened = |file: &str| sandbox.named("sops", ["-d", file]).text();
            assert_eq!(outcome.code, 0, "{tool}: {outcome:?}");
            match effect {
                Prints(text) => drop(outcome.prints(text)),
                Seals(text) => {
                    sandbox.write("o.yaml", &outcome.stdout);
                    assert_eq!(opened("o.yaml"), *text, "{tool}: {outcome:?}");
                }
                Encrypts(file) => {
                    outcome.prints("").silent();
                    assert!(sandbox.text(file).contains("ENC["), "{tool}: {outcome:?}");
                    assert_eq!(opened(file), PLAIN, "{tool}");
                }
                Decrypts(file) => {
                    outcome.prints("").silent();
                    assert_eq!(sandbox.text(file), PLAIN, "{tool}");
                }
                Edits(printed) => {
                    outcome.prints(printed).silent();
                    assert_eq!(opened("s.yaml"), "a: other\n", "{tool}");
                }
            }
        }
    }
}

#[test]
fn success_is_silent() {
    for name in NAMES {
        for line in [
            "encrypt p.yaml",
            "encrypt -i p.yaml",
            "encrypt --output o.yaml p.yaml",
            "decrypt s.yaml",
            "decrypt -i s.yaml",
            "decrypt --extract '[\"a\"]' s.yaml",
            "decrypt --output-type json s.yaml",
            "edit s.yaml",
            "edit new.yaml",
            "set s.yaml '[\"a\"]' '\"c\"'",
            "set --idempotent s.yaml '[\"a\"]' '\"b\"'",
            "unset s.yaml '[\"a\"]'",
            "rotate s.yaml",
            "rotate -i s.yaml",
            &format!("--config bob.yaml rotate -i --add-age {BOB} s.yaml"),
            "filestatus s.yaml",
            "exec-env s.yaml 'printenv a'",
            "exec-file s.yaml 'cat {}'",
            "exec-file --no-fifo s.yaml 'cat {}'",
            "completion bash",
            "help",
            "--version",
            "decrypt --help",
            "-d s.yaml",
            "-e -i p.yaml",
            "-r -i s.yaml",
            "--set '[\"a\"] \"c\"' s.yaml",
            "s.yaml",
        ] {
            let sandbox = place();
            sandbox.script("other", "printf 'a: other\\n' > \"$1\"");
            sandbox.write("bob.yaml", format!("creation_rules:\n  - age: {ALICE},{BOB}\n"));
            let call = sandbox.named(name, shell_words::split(line).unwrap());
            call.env("EDITOR", "other").env("SOPS_DISABLE_VERSION_CHECK", "1").run().expect(0).silent();
        }
        // SOPS reports what it does with each file, and so do we; and we warn of a data key that stays.
        place().named(name, ["updatekeys", "--yes", "s.yaml"]).run().expect(0).prints("");
        place().named(name, ["groups", "add", "-f", "s.yaml", "--age", BOB]).run().expect(0);
    }
}

/// A value that no message may show.
const CANARY: &str = "canary-8e1f";

/// The calls of the measured list that fail, each with its code as `sops` and as `cloze`.
const FAILING: [(&str, i32, i32); 33] = [
    ("-d missing.yaml", 100, 100),
    ("-e missing.yaml", 100, 100),
    ("-d", 100, 100),
    ("decrypt missing.yaml", 100, 100),
    ("-d p.yaml", 1, 1),
    ("-d damaged.yaml", 25, 25),
    ("-d truncated.yaml", 25, 25),
    ("-d mac.yaml", 51, 51),
    ("-d nomac.yaml", 51, 51),
    ("-d bob.yaml", 128, 128),
    ("edit bob.yaml", 128, 128),
    ("exec-env bob.yaml true", 128, 128),
    ("-e s.yaml", 203, 203),
    ("-e -i s.yaml", 203, 203),
    ("-e -i --output o.yaml p.yaml", 8, 8),
    ("-d -i --output o.yaml s.yaml", 8, 8),
    ("-d --extract '[a' s.yaml", 91, 91),
    ("-d --extract '[\"nothing\"]' s.yaml", 1, 1),
    ("edit s.yaml", 200, 200),
    ("--config none.yaml -e p.yaml", 1, 1),
    ("--config none.yaml updatekeys --yes s.yaml", 1, 1),
    ("unset s.yaml '[\"nothing\"]'", 1, 1),
    ("unset s.yaml '[\"a\"'", 7, 7),
    ("set s.yaml '[\"a\"' 1", 7, 7),
    ("set s.yaml '[\"a\"]' canary-8e1f", 7, 7),
    ("set s.yaml", 100, 100),
    ("filestatus missing.yaml", 1, 100),
    ("exec-env s.yaml", 1, 1),
    ("exec-env s.yaml true more", 1, 1),
    ("exec-env s.yaml 'exit 7'", 7, 7),
    ("exec-file s.yaml 'exit 7'", 7, 7),
    ("-d broken.yaml", 1, 2),
    ("-e broken.yaml", 2, 2),
];

/// Runs them all under a name, each in a place of its own; with the code that is expected, and
/// whether something changed.
fn failures(name: &str) -> Vec<(Outcome, i32, bool)> {
    let plain = format!("a: {CANARY}\nb_unencrypted: {CANARY}\n");
    let run = |(line, as_sops, as_cloze): (&str, i32, i32)| {
        let sandbox = Sandbox::with_rules();
        sandbox.write("p.yaml", &plain);
        let sealed = String::from_utf8(sandbox.encrypted("s.yaml", &plain)).unwrap();
        let begin = sealed.find("data:").unwrap() + 5;
        let other = if &sealed[begin..=begin] == "A" { "B" } else { "A" };
        sandbox.write("damaged.yaml", format!("{}{other}{}", &sealed[..begin], &sealed[begin + 1..]));
        sandbox.write("truncated.yaml", sealed.replacen(",type:str]", "", 1));
        sandbox.write("mac.yaml", sealed.replace("b_unencrypted: canary", "b_unencrypted: other-canary"));
        let mac = sealed.lines().find(|line| line.trim_start().starts_with("mac: ")).unwrap();
        sandbox.write("nomac.yaml", sealed.replace(&format!("{mac}\n"), ""));
        let call = sandbox.cloze(["encrypt", "--age", BOB, "p.yaml"]);
        sandbox.write("bob.yaml", call.ok());
        sandbox.write("broken.yaml", format!("a: [{CANARY}\n"));
        sandbox.write("none.yaml", "stores: {}\n");
        let before = sandbox.snapshot();
        let call = sandbox.named(name, shell_words::split(line).unwrap()).env("EDITOR", "true");
        let outcome = call.stdin("").run();
        (outcome, if name == "sops" { as_sops } else { as_cloze }, sandbox.snapshot() != before)
    };
    FAILING.into_iter().map(run).collect()
}

#[test]
fn exit_codes() {
    for name in NAMES {
        for (outcome, code, changed) in failures(name) {
            outcome.expect(code).prints("");
            assert!(!changed, "{} left something behind", outcome.call);
        }
        place().named(name, ["unset", "--idempotent", "s.yaml", "[\"nothing\"]"]).run().expect(0);
    }
}

#[test]
fn no_error_holds_a_value() {
    for name in NAMES {
        for (outcome, ..) in failures(name) {
            assert!(!outcome.stderr.contains(CANARY), "{}: {}", outcome.call, outcome.stderr);
            assert!(!outcome.stdout_lossy().contains(CANARY), "{}: {}", outcome.call, outcome.stdout_lossy());
        }
    }
}

#[test]
fn markers() {
    let texts = [
        ("yaml", "a: b\nm:\n  k: v\n"),
        ("json", "{\"a\": \"b\", \"m\": {\"k\": \"v\"}}\n"),
        ("env", "a=b\n"),
        ("ini", "[m]\nk = v\n"),
        ("bin", "raw \u{0} text"),
    ];
    let groups = format!("creation_rules:\n  - key_groups:\n      - age: [{ALICE}]\n      - age: [{ALICE}, {BOB}]\n");
    let pgp = "creation_rules:\n  - pgp: 0123456789ABCDEF0123456789ABCDEF01234567\n".to_owned();
    let age = format!("creation_rules:\n  - age: {ALICE}\n");
    for name in NAMES {
        for (rules, list) in [(&age, "age"), (&pgp, "pgp"), (&groups, "key_groups")] {
            let sandbox = Sandbox::new();
            sandbox.write(".sops.yaml", rules);
            for (kind, text) in texts {
                let file = format!("s.{kind}");
                sandbox.write(&file, text);
                for indent in ["", "--indent=0", "--indent=2", "--indent=8"] {
                    let args = [indent, "-e", &file].into_iter().filter(|arg| !arg.is_empty());
                    let call = sandbox.named(name, args).env("SOPS_ENABLE_LOCAL_KEYSERVICE", "false");
                    let text = call.env("SOPS_KEYSERVICE", custodian::address()).text();
                    check_markers(kind, &text, list);
                }
            }
        }
    }
}

/// F1 to F5 in a text of this kind, whose block has such a list of keys.
#[track_caller]
fn check_markers(kind: &str, text: &str, list: &str) {
    let lines: Vec<&str> = text.lines().collect();
    let starting = |start: &str| lines.iter().filter(|line| line.trim_start().starts_with(start)).count();
    match kind {
        "yaml" => {
            let mac: Vec<_> = lines.iter().filter(|line| line.trim_start().starts_with("mac: ENC[")).collect();
            assert!(lines.contains(&"sops:") && mac.len() == 1 && mac[0].ends_with(",type:str]"), "{text}");
            assert_eq!((starting("lastmodified: \"20"), starting("version: 3.")), (1, 1), "{text}");
            assert!(starting(&format!("{list}:")) > 0, "{text}");
        }
        "json" | "bin" => {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(text.matches("\"mac\": \"ENC[").count(), 1, "{text}");
            assert!(kind == "json" || text.contains("\"data\": \"ENC["), "{text}");
            assert!(value["sops"][list].is_array(), "{text}");
            crate::integrators::check_version(&value["sops"]);
        }
        "env" => {
            assert_eq!(
                (starting("sops_mac=ENC["), starting("sops_version=3."), starting("sops_lastmodified=20")),
                (1, 1, 1),
                "{text}"
            );
            assert!(starting(&format!("sops_{list}__list_0__map_")) > 0, "{text}");
        }
        _ => {
            let after = lines.iter().position(|line| *line == "[sops]").expect("has the section");
            let words: Vec<Vec<&str>> = lines[after..].iter().map(|line| line.splitn(3, ' ').collect()).collect();
            let mac = lines[after..].iter().find(|line| line.starts_with("mac")).unwrap();
            assert!(mac.split_once('=').unwrap().1.starts_with(" ENC["), "{text}");
            assert!(words.iter().any(|line| line[0].starts_with(&format!("{list}__list_0__map_"))), "{text}");
            assert!(["version", "lastmodified"].iter().all(|key| words.iter().any(|line| line[0] == *key)), "{text}");
        }
    }
}

#[test]
fn a_yaml_1_1_reader() {
    let Some(python) = require_tool("python3") else { return };
    let words = [
        "y",
        "n",
        "Y",
        "N",
        "yes",
        "no",
        "Yes",
        "NO",
        "on",
        "off",
        "On",
        "OFF",
        "true",
        "null",
        "~",
        "=",
        "<<",
        "017",
        "0o17",
        "0x1F",
        "0b1",
        "1_000",
        "1e3",
        "1.5e+3",
        ".inf",
        ".NaN",
        "190:20:30",
        "2024-01-02",
        "2001-12-14t21:59:43.10-05:00",
        "1",
        "-1",
        "",
        " x ",
        "a: b",
        "#c",
        "- d",
        "!t",
        "&a",
        "*a",
        "%p",
        "@q",
        "`r`",
        "{",
        "[",
        "\"",
        "'",
        "é",
        "\u{85}x",
        "a\tb",
    ];
    let map: serde_json::Map<String, serde_json::Value> =
        words.iter().map(|word| ((*word).into(), (*word).into())).collect();
    let model = serde_json::Value::Object(map);
    let read =
        "import json, sys, yaml; d = yaml.safe_load(sys.stdin.buffer); d.pop('sops', None); json.dump(d, sys.stdout)";
    for name in NAMES {
        let sandbox = Sandbox::with_rules();
        sandbox.write("s.json", model.to_string());
        let reader = |text: Vec<u8>| -> serde_json::Value {
            serde_json::from_slice(&sandbox.call(&python, ["-c", read]).stdin(text).ok()).unwrap()
        };
        let sealed = sandbox.named(name, ["-e", "--output-type", "yaml", "s.json"]).ok();
        let encrypted = reader(sealed.clone());
        let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&encrypted), keys(&model), "{name}");
        sandbox.write("s.yaml", sealed);
        assert_eq!(reader(sandbox.named(name, ["-d", "s.yaml"]).ok()), model, "{name}");
    }
}

#[test]
fn an_envelope_in_a_secret() {
    for name in NAMES {
        let sandbox = Sandbox::with_rules();
        for (file, text, mark, kind) in [
            ("c.env", "A=b\n", "sops_mac=ENC[", "dotenv"),
            ("c.ini", "[m]\nk = v\n", "[sops]", "ini"),
            ("c.json", "{\n\t\"a\": \"b\"\n}\n", "\"mac\": \"ENC[", "json"),
            ("c.yaml", "a: b\n", "mac: ENC[", "yaml"),
            ("c.bin", "raw\u{0}\n\n", "\"mac\": \"ENC[", "binary"),
        ] {
            sandbox.write(file, text);
            let sealed = sandbox.named(name, ["-e", file]).ok();
            assert!(String::from_utf8_lossy(&sealed).contains(mark), "{file}");
            // The type by the marker, the output by the key; the name of the file is gone.
            let input = if kind == "binary" { "json" } else { kind };
            let call = ["-d", "--input-type", input, "--output-type", kind, "/dev/stdin"];
            sandbox.named(name, call).stdin(sealed).run().expect(0).prints(text).silent();
        }
    }
}

#[test]
fn streams() {
    for name in NAMES {
        let sandbox = place();
        let sealed = sandbox.read("s.yaml");
        let typed = ["--input-type", "yaml", "--output-type", "yaml"];
        let decrypt = || [&["decrypt"], &typed[..]].concat();
        let encrypt = ["encrypt", "--filename-override", "x.yaml"];
        sandbox.named(name, decrypt()).stdin(sealed.clone()).run().expect(0).prints(PLAIN).silent();
        sandbox.named(name, decrypt()).stdin_file(sandbox.path("s.yaml")).run().expect(0).prints(PLAIN).silent();
        for piped in
            [sandbox.named(name, encrypt).stdin(PLAIN), sandbox.named(name, encrypt).stdin_file(sandbox.path("p.yaml"))]
        {
            sandbox.write("o.yaml", piped.ok());
            sandbox.named(name, ["-d", "o.yaml"]).run().expect(0).prints(PLAIN);
        }
        // Nothing to read is no data, and not a call that waits.
        for empty in [
            sandbox.named(name, decrypt()).stdin_closed(),
            sandbox.named(name, decrypt()).stdin_file("/dev/null".into()),
        ] {
            let outcome = empty.run();
            assert_ne!(outcome.code, 0, "{outcome:?}");
            outcome.prints("");
        }
        for script in [
            format!("mkfifo f.yaml; (cat p.yaml > f.yaml &); {name} -e f.yaml > e.yaml; rm f.yaml; {name} -d e.yaml"),
            format!(
                "{name} -e --filename-override x.yaml /dev/stdin < p.yaml | {name} -d --input-type yaml --output-type yaml /dev/stdin"
            ),
            format!("{name} -e --filename-override x.yaml <(cat p.yaml) | {name} decrypt --filename-override x.yaml"),
        ] {
            sandbox.call("/bin/bash".as_ref(), ["-c", &script]).run().expect(0).prints(PLAIN).silent();
        }
    }
}

#[test]
fn editors() {
    for name in NAMES {
        let sandbox = place();
        let opened = || sandbox.named(name, ["-d", "s.yaml"]).text();
        let edit = |style: &str, editor: &str, stdin: &str| {
            let args = style.split(' ').filter(|word| !word.is_empty()).chain(["s.yaml"]);
            sandbox.named(name, args).env("EDITOR", editor).stdin(stdin).run()
        };
        let state = || {
            let found = fs::metadata(sandbox.path("s.yaml")).unwrap();
            (found.ino(), found.mtime(), found.mtime_nsec(), sandbox.read("s.yaml"))
        };
        let before = state();
        for style in ["", "edit", "--input-type yaml --output-type yaml"] {
            edit(style, "true", "").expect(200).prints("").says("File has not changed, exiting.");
            edit(style, "false", "").expect(201).prints("");
            edit(style, "/no/such/editor", "").expect(201).prints("");
            assert_eq!(state(), before, "{name} {style}");
        }
        sandbox.script("set-to", "printf 'a: %s\\n' \"$1\" > \"$2\"");
        edit("edit", "set-to 'two words'", "").expect(0).prints("").silent();
        assert_eq!(opened(), "a: two words\n");
        fs::create_dir(sandbox.path("a b")).unwrap();
        std::os::unix::fs::symlink(sandbox.root().join("bin/set-to"), sandbox.path("a b/ed")).unwrap();
        edit("", &format!("{}/a\\ b/ed blank", sandbox.path("").display()), "").expect(0).silent();
        assert_eq!(opened(), "a: blank\n");
        // An editor that says when it is there, and gets the text on its standard input.
        sandbox.script("marker", "echo READY; cat > \"$1\"");
        edit("edit", "marker", "a: from a pipe\n").expect(0).prints("READY\n").silent();
        assert_eq!(opened(), "a: from a pipe\n");
        sandbox.script("facts", "basename \"$1\"; stat -c %a \"$1\" \"$(dirname \"$1\")\"; echo $#; dirname \"$1\"");
        let outcome = edit("edit", "facts", "");
        outcome.expect(200);
        let facts = outcome.stdout_lossy();
        let facts: Vec<&str> = facts.lines().collect();
        assert_eq!(facts[..4], ["s.yaml", "600", "700", "1"]);
        assert!(!std::path::Path::new(facts[4]).exists(), "{} is left", facts[4]);
        // SOPS_EDITOR comes first.
        let call = sandbox.named(name, ["s.yaml"]).env("EDITOR", "false").env("SOPS_EDITOR", "set-to first");
        call.run().expect(0);
        assert_eq!(opened(), "a: first\n");
    }
}

#[test]
fn fixtures_under_the_name_of_sops() {
    for case in interop::cases() {
        let expected = data(case.format, &case.read("decrypted")).unwrap();
        let people = &case.openers()[0];
        let sandbox = interop::sandbox(&case, people);
        let file = case.file("encrypted");
        let found = sandbox.named("sops", ["decrypt".as_ref(), file.as_os_str()]).ok();
        let differs = difference(&data(case.format, &found).unwrap(), &expected);
        assert_eq!(differs, None, "{}", case.folder.display());
        let Some(sops) = real_sops() else { continue };
        let plain = case.file("plain");
        let name = plain.file_name().unwrap();
        sandbox.write(name.to_str().unwrap(), case.read("plain"));
        sandbox.write(".sops.yaml", fs::read(case.folder.join(".sops.yaml")).unwrap());
        let both = [sandbox.named("sops", ["encrypt".as_ref(), name]), sandbox.real(sops, ["encrypt".as_ref(), name])];
        let [ours, theirs] = both.map(|call| {
            sandbox.write("sealed", call.ok());
            let sealed = format!("sealed.{}", plain.extension().unwrap().to_str().unwrap());
            fs::rename(sandbox.path("sealed"), sandbox.path(&sealed)).unwrap();
            sandbox.real(sops, ["decrypt", &sealed]).ok()
        });
        assert!(ours == theirs, "{}", case.folder.display());
    }
    let _ = require_sops();
}

#[test]
fn rops_and_we_read_each_other() {
    let Some(rops) = require_rops() else { return };
    let keys = fs::read_to_string(key_file("alice")).unwrap();
    let key = keys.lines().find(|line| line.starts_with("AGE-")).unwrap();
    for (kind, text) in [
        ("yaml", "a: x\nb:\n  c: 1\n  d: [true, 2.5, y]\n"),
        ("json", "{\"a\": \"x\", \"b\": {\"c\": 1, \"d\": [true, 2.5, \"y\"]}}"),
        ("toml", "a = \"x\"\n\n[b]\nc = 1\nd = [true, 2.5, \"y\"]\n"),
    ] {
        let format = cloze::document::Format::from_name(kind).unwrap();
        let expected = data(format, text.as_bytes()).unwrap();
        for name in NAMES {
            let sandbox = Sandbox::with_rules();
            let same = |found: &[u8]| {
                let differs = difference(&data(format, found).unwrap(), &expected);
                assert_eq!(differs, None, "{kind} as {name}");
            };
            let rops = |args: &[&str], text: &[u8]| {
                sandbox.call(rops, args.iter().chain(&["--format", kind])).env("ROPS_AGE", key).stdin(text).ok()
            };
            let typed = ["--input-type", kind, "--output-type", kind, "/dev/stdin"];
            let ours = |mode: &str, text: &[u8]| sandbox.named(name, [mode].iter().chain(&typed)).stdin(text).ok();
            same(&rops(&["decrypt"], &ours("-e", text.as_bytes())));
            let theirs = rops(&["encrypt", "--age", ALICE, "--unencrypted-suffix", "_unencrypted"], text.as_bytes());
            same(&ours("-d", &theirs));
        }
    }
}
