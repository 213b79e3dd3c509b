//! What other tools expect of a binary called `sops`: the rules C1 to C16, S1 to S8 and F1 to F6 of
//! our list of integrations, as calls that those tools make. Each rule that does not depend on the
//! name runs under both names.

use std::fs;
use std::process::{Command, Stdio};

use crate::harness::{ALICE, Sandbox, mode, require_sops, set_mode};

const NAMES: [&str; 2] = ["sops", "cloze"];
const PLAIN: &str = "a: b\n";

/// A sandbox with rules and one encrypted file `s.yaml`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("s.yaml", PLAIN);
    sandbox
}

#[test]
fn c1_c2_the_version_is_one_line_that_starts_like_that_of_sops() {
    let sandbox = Sandbox::new();
    let calls: [&[&str]; 4] =
        [&["--version"], &["--version", "--disable-version-check"], &["--disable-version-check", "--version"], &["-v"]];
    for call in calls {
        let outcome = sandbox.named("sops", call).env("SOPS_DISABLE_VERSION_CHECK", "1").run();
        outcome.expect(0).silent();
        let line = outcome.stdout_lossy();
        assert_eq!(line.lines().count(), 1, "{line}");
        let version = line.strip_prefix("sops ").and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
        let parts: Vec<u32> =
            version.split('.').map(|part| part.parse().unwrap_or_else(|_| panic!("{line}"))).collect();
        assert!(parts.len() == 3 && parts >= vec![3, 10, 0], "{line}");
    }
    assert!(sandbox.cloze(["--version"]).text().starts_with("cloze "));
}

/// Calls that print the plaintext of `s.yaml`: argv as the tools write it (C3 to C7, C13).
const DECRYPTING: [&[&str]; 22] = [
    &["-d", "s.yaml"],
    &["--decrypt", "s.yaml"],
    &["decrypt", "s.yaml"],
    // helm-secrets
    &["--decrypt", "--input-type", "yaml", "--output-type", "yaml", "s.yaml"],
    &["--verbose", "--decrypt", "--input-type", "yaml", "--output-type", "yaml", "s.yaml"],
    &["--output-type", "\"yaml\"", "--decrypt", "--input-type", "yaml", "--output-type", "yaml", "s.yaml"],
    // VS Code
    &["--config", "/dev/null", "--output-type", "yaml", "--input-type", "yaml", "--decrypt", "s.yaml"],
    &["--ignore-mac", "--config", "/dev/null", "--decrypt", "s.yaml"],
    &["--config", "/dev/null", "--config", ".sops.yaml", "--decrypt", "s.yaml"],
    &["--aws-profile", "p", "--decrypt", "s.yaml"],
    // Ansible
    &[
        "--config",
        ".sops.yaml",
        "decrypt",
        "--enable-local-keyservice=false",
        "--enable-local-keyservice=true",
        "s.yaml",
    ],
    &["decrypt", "--aws-profile", "p", "--input-type", "yaml", "--output-type", "yaml", "s.yaml"],
    // sops.nvim sends vim's file type
    &["--decrypt", "--input-type", "yaml.helm-values", "--output-type", "yaml.helm-values", "s.yaml"],
    // any spelling of a flag
    &["-decrypt", "s.yaml"],
    &["--decrypt=true", "s.yaml"],
    &["decrypt", "-output-type=yaml", "s.yaml"],
    &["decrypt", "--ignore-mac", "s.yaml"],
    &["decrypt", "s.yaml", "--output-type", "yaml"],
    &["decrypt", "--decryption-order", "age,pgp", "s.yaml"],
    &["--config", "/dev/null", "decrypt", "s.yaml"],
    &["decrypt", "--filename-override", "x.yaml", "s.yaml"],
    &["decrypt", "--", "s.yaml"],
];

#[test]
fn c3_to_c7_every_way_to_say_decrypt() {
    let sandbox = sandbox();
    for name in NAMES {
        for call in DECRYPTING {
            let outcome = sandbox.named(name, call).run();
            outcome.expect(0).prints(PLAIN);
            if !call.contains(&"--verbose") && !call.contains(&"--ignore-mac") {
                outcome.silent();
            }
        }
    }
}

#[test]
fn c3_every_way_to_say_encrypt() {
    let calls: [&[&str]; 8] = [
        &["-e", "p.yaml"],
        &["--encrypt", "--input-type", "yaml", "--output-type", "yaml", "p.yaml"],
        &["encrypt", "p.yaml"],
        &[
            "--config",
            "/dev/null",
            "--config",
            ".sops.yaml",
            "--output-type",
            "yaml",
            "--input-type",
            "yaml",
            "--encrypt",
            "p.yaml",
        ],
        &["--filename-override", "p.yaml", "--encrypt", "p.yaml"],
        &["encrypt", "--age", ALICE, "p.yaml"],
        &["--age", ALICE, "--encrypted-regex", "^a$", "-e", "p.yaml"],
        &[
            "--config",
            ".sops.yaml",
            "encrypt",
            "--age",
            ALICE,
            "--unencrypted-suffix",
            "_x",
            "--filename-override",
            "p.yaml",
            "p.yaml",
        ],
    ];
    let sandbox = Sandbox::with_rules();
    sandbox.write("p.yaml", PLAIN);
    for name in NAMES {
        for call in calls {
            let outcome = sandbox.named(name, call).run();
            outcome.expect(0).silent();
            let output = outcome.stdout_lossy();
            assert!(output.starts_with("a: ENC[AES256_GCM,data:") && output.contains(ALICE), "{call:?}: {output}");
        }
    }
}

#[test]
fn c8_operands_that_can_be_read_once() {
    let sandbox = sandbox();
    let sealed = sandbox.read("s.yaml");
    for name in NAMES {
        let call = ["--decrypt", "--input-type", "yaml", "--output-type", "yaml", "/dev/stdin"];
        sandbox.named(name, call).stdin(sealed.clone()).run().expect(0).prints(PLAIN).silent();
        sandbox.named(name, call).stdin_file(sandbox.path("s.yaml")).run().expect(0).prints(PLAIN);
        let encrypt =
            ["encrypt", "--input-type", "yaml", "--output-type", "yaml", "--filename-override", "x.yaml", "/dev/stdin"];
        let again = sandbox.named(name, encrypt).stdin(PLAIN).ok();
        sandbox.named(name, call).stdin(again).run().expect(0).prints(PLAIN);
        for shell in [
            format!("{name} -d --input-type yaml --output-type yaml <(cat s.yaml)"),
            format!("mkfifo fifo.yaml && (cat s.yaml > fifo.yaml &) && {name} decrypt fifo.yaml && rm fifo.yaml"),
        ] {
            let outcome = sandbox.call("/bin/bash".as_ref(), ["-c", &shell]).run();
            outcome.expect(0).prints(PLAIN).silent();
        }
    }
}

#[test]
fn c8_the_name_override_chooses_the_rule() {
    let sandbox = Sandbox::new();
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - path_regex: ^only/b\\.json$\n    unencrypted_regex: ^open$\n    age: {ALICE}\n  - age: {ALICE}\n"));
    for name in NAMES {
        let call = [
            "encrypt",
            "--input-type",
            "yaml",
            "--filename-override",
            "only/b.json",
            "--output-type",
            "json",
            "/dev/stdin",
        ];
        let output = sandbox.named(name, call).stdin("open: 1\nshut: 2\n").text();
        assert!(
            output.contains("\"open\": 1") && !output.contains("\"shut\": 2") && output.contains("unencrypted_regex"),
            "{output}"
        );
    }
}

#[test]
fn c9_without_an_operand_standard_input_is_read() {
    let sandbox = sandbox();
    let sealed = sandbox.read("s.yaml");
    for name in NAMES {
        let typed = ["decrypt", "--input-type", "yaml", "--output-type", "yaml"];
        sandbox.named(name, typed).stdin(sealed.clone()).run().expect(0).prints(PLAIN).silent();
        let named = ["decrypt", "--filename-override", "x.yaml"];
        sandbox.named(name, named).stdin(sealed.clone()).run().expect(0).prints(PLAIN);
        sandbox.named(name, ["encrypt"]).stdin(PLAIN).run().expect(8).prints("");
        sandbox.named(name, ["encrypt", "--filename-override", ""]).stdin(PLAIN).run().expect(8).prints("");
        sandbox.named(name, ["encrypt", "--filename-override", "x.yaml"]).stdin(PLAIN).run().expect(0).silent();
        sandbox.named(name, ["encrypt", "-i", "--filename-override", "x.yaml"]).stdin(PLAIN).run().expect(8);
        sandbox.named(name, ["decrypt", "-i", "--filename-override", "x.yaml"]).stdin(sealed.clone()).run().expect(8);
    }
}

#[test]
fn c10_standard_input_does_not_matter_where_a_file_is_named() {
    let sandbox = sandbox();
    for name in NAMES {
        let call = || sandbox.named(name, ["-d", "s.yaml"]);
        call().stdin("noise: 1\n").run().expect(0).prints(PLAIN).silent();
        call().stdin_closed().run().expect(0).prints(PLAIN).silent();
        call().stdin_file("/dev/null".into()).run().expect(0).prints(PLAIN).silent();
    }
}

#[test]
fn c11_a_config_that_is_of_no_use_does_not_stop_decryption() {
    let sandbox = sandbox();
    sandbox.write("wrong.yaml", "creation_rules:\n  - path_regex: '('\n    age: nobody\n");
    sandbox.write("broken.yaml", "creation_rules: [\n");
    for name in NAMES {
        for config in ["/dev/null", "wrong.yaml", "broken.yaml"] {
            sandbox.named(name, ["--config", config, "-d", "s.yaml"]).run().expect(0).prints(PLAIN);
        }
    }
}

#[test]
fn c12_rules_are_searched_upwards_from_the_working_directory() {
    let sandbox = Sandbox::with_rules();
    for folder in ["plain", "with blank", "@ § $ \\ ( ) ^ 🦀", "deep/er/est"] {
        sandbox.write(&format!("{folder}/p.yaml"), PLAIN);
        for name in NAMES {
            let output = sandbox.named(name, ["-e", "p.yaml"]).folder(sandbox.path(folder)).run();
            output.expect(0).silent();
            let path = format!("{folder}/p.yaml");
            sandbox.named(name, ["-e", &path]).run().expect(0);
        }
    }
    // A link to the rules is as good.
    fs::rename(sandbox.path(".sops.yaml"), sandbox.path("rules")).unwrap();
    std::os::unix::fs::symlink("rules", sandbox.path(".sops.yaml")).unwrap();
    sandbox.named("sops", ["-e", "plain/p.yaml"]).run().expect(0);
}

#[test]
fn c12_as_sops_the_rules_beside_the_file_do_not_count() {
    let sandbox = Sandbox::new();
    sandbox.write("inner/.sops.yaml", format!("creation_rules:\n  - age: {ALICE}\n"));
    sandbox.write("inner/p.yaml", PLAIN);
    sandbox
        .named("sops", ["-e", "inner/p.yaml"])
        .run()
        .expect(1)
        .says("config file not found, or has no creation rules, and no keys provided through command line options");
    // As cloze the search starts at the file.
    sandbox.cloze(["encrypt", "inner/p.yaml"]).run().expect(0);
    sandbox.write(".sops.yml", format!("creation_rules:\n  - age: {ALICE}\n"));
    let outcome = sandbox.named("sops", ["-e", "inner/p.yaml"]).run();
    outcome.expect(1).says(".sops.yml");
}

#[test]
fn c13_surplus_operands_are_only_warned_about() {
    let sandbox = sandbox();
    sandbox.named("sops", ["-d", "s.yaml", "other.yaml"]).run().expect(0).prints(PLAIN).says("warning: ");
    sandbox.named("sops", ["decrypt", "s.yaml", "other.yaml"]).run().expect(0).prints(PLAIN);
}

#[test]
fn c14_paths_are_relative_to_the_working_directory() {
    let sandbox = sandbox();
    sandbox.write("inner/x", "");
    for name in NAMES {
        let inner = sandbox.path("inner");
        sandbox.named(name, ["-d", "--output", "out.yaml", "../s.yaml"]).folder(&inner).run().expect(0).silent();
        assert_eq!(sandbox.text("inner/out.yaml"), PLAIN);
        fs::remove_file(sandbox.path("inner/out.yaml")).unwrap();
    }
}

#[test]
fn c15_c16_editing_under_both_names() {
    for (number, name) in NAMES.into_iter().enumerate() {
        let sandbox = sandbox();
        let editor = sandbox.script("ed", "printf 'IN:'; cat \"$1\"; cat > \"$1\"");
        for style in
            [vec!["s.yaml"], vec!["edit", "s.yaml"], vec!["--input-type", "yaml", "--output-type", "yaml", "s.yaml"]]
        {
            let outcome = sandbox
                .named(name, &style)
                .env("EDITOR", &editor)
                .stdin(format!("a: b{number}{}\n", style.len()))
                .run();
            outcome.expect(0).silent();
            assert!(outcome.stdout_lossy().starts_with("IN:a: b"), "{style:?}");
        }
        let vscode = ["--config", "/dev/null", "--output-type", "yaml", "--input-type", "yaml", "s.yaml"];
        sandbox.named(name, vscode).env("EDITOR", "true").run().expect(200).says("File has not changed, exiting.");
    }
}

#[test]
fn s1_success_is_silent_and_s2_verbose_tells_of_the_key() {
    for name in NAMES {
        let sandbox = Sandbox::with_rules();
        sandbox.write("p.yaml", PLAIN);
        sandbox.named(name, ["-e", "-i", "p.yaml"]).run().expect(0).silent().prints("");
        sandbox.named(name, ["-d", "p.yaml"]).run().expect(0).silent();
        sandbox
            .named(name, ["--verbose", "-d", "p.yaml"])
            .run()
            .expect(0)
            .says("Data key recovered successfully")
            .prints(PLAIN);
        sandbox.named(name, ["-d", "-i", "p.yaml"]).run().expect(0).silent().prints("");
        assert_eq!(sandbox.text("p.yaml"), PLAIN);
    }
}

#[test]
fn s3_output_is_exact() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("s.yaml", "a: \"text\\n\"\nb: bare\nlist:\n  - x\n  - k: 1\nlast: 5\n\n\n");
    for name in NAMES {
        for (path, printed) in
            [("[\"b\"]", "bare"), ("['a']", "text\n"), ("[\"list\"][0]", "x"), ("[\"list\"][1]", "k: 1\n")]
        {
            sandbox.named(name, ["-d", "--extract", path, "s.yaml"]).run().expect(0).prints(printed).silent();
            sandbox.named(name, ["decrypt", "--extract", path, "s.yaml"]).run().expect(0).prints(printed);
        }
        sandbox
            .named(name, ["-d", "s.yaml"])
            .run()
            .prints("a: \"text\\n\"\nb: bare\nlist:\n  - x\n  - k: 1\nlast: 5\n\n\n");
        sandbox.named(name, ["-d", "--extract", "[\"nothing\"]", "s.yaml"]).run().expect(1).prints("");
        sandbox.named(name, ["-d", "--extract", "[\"b\"", "s.yaml"]).run().expect(91).prints("");
    }
}

#[test]
fn s3_json_output_is_read_by_a_json_reader() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("s.yaml", "a: {b: [1, 2.5, true, null, \"é\"]}\nc: 'x'\n");
    for name in NAMES {
        let output = sandbox.named(name, ["-d", "--output-type", "json", "s.yaml"]).ok();
        let value: serde_json::Value = serde_json::from_slice(&output).unwrap();
        assert_eq!(value, serde_json::json!({"a": {"b": [1, 2.5, true, null, "é"]}, "c": "x"}));
    }
}

#[test]
fn s4_files_keep_their_mode_and_failures_leave_them_alone() {
    for name in NAMES {
        let sandbox = Sandbox::with_rules();
        sandbox.write("p.yaml", PLAIN);
        set_mode(&sandbox.path("p.yaml"), 0o640);
        sandbox.named(name, ["-e", "-i", "p.yaml"]).ok();
        assert_eq!(mode(&sandbox.path("p.yaml")), 0o640);
        sandbox.named(name, ["-d", "--output", "o.yaml", "p.yaml"]).run().expect(0).prints("");
        assert_eq!((sandbox.text("o.yaml"), mode(&sandbox.path("o.yaml"))), (PLAIN.to_owned(), 0o600));
        let before = sandbox.snapshot();
        sandbox.named(name, ["-e", "-i", "p.yaml"]).run().expect(203).prints("");
        sandbox.named(name, ["-d", "-i", "--output", "x.yaml", "p.yaml"]).run().expect(8).prints("");
        assert_eq!(sandbox.snapshot(), before);
    }
}

#[test]
fn s5_no_partial_plaintext_before_a_failure() {
    let sandbox = Sandbox::with_rules();
    let text = sandbox.encrypted("s.yaml", "a: one\nb: two\nc_unencrypted: x\n");
    let text = String::from_utf8(text).unwrap().replace("c_unencrypted: x", "c_unencrypted: y");
    sandbox.write("s.yaml", text);
    for name in NAMES {
        sandbox.named(name, ["-d", "s.yaml"]).run().expect(51).prints("");
        sandbox.named(name, ["-d", "--output", "o.yaml", "s.yaml"]).run().expect(51);
        assert!(!sandbox.path("o.yaml").exists());
    }
}

#[test]
fn s5_a_reader_that_goes_away_is_no_catastrophe() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("s.yaml", format!("a: {}\n", "x".repeat(300_000)));
    let outcome = sandbox.call("/bin/bash".as_ref(), ["-c", "sops -d s.yaml | head -c 1"]).run();
    outcome.expect(0).prints("a").silent();
}

#[test]
fn s8_no_question_without_a_terminal() {
    let sandbox = sandbox();
    for name in NAMES {
        let broken = sandbox.script("ed", "echo 'a: [' > \"$1\"");
        let outcome = sandbox.named(name, ["edit", "s.yaml"]).env("EDITOR", broken).run();
        assert_ne!(outcome.code, 0);
    }
}

/// The measured list of what scripts see (section 2).
#[test]
fn exit_codes_are_those_of_sops() {
    for name in NAMES {
        let sandbox = sandbox();
        sandbox.write("plain.yaml", PLAIN);
        let code = |args: &[&str], code: i32| {
            sandbox.named(name, args).env("EDITOR", "true").run().expect(code).prints("");
        };
        code(&["-d", "missing.yaml"], 100);
        code(&["-e", "missing.yaml"], 100);
        code(&["-d"], 100);
        code(&["-d", "plain.yaml"], 1);
        code(&["-e", "s.yaml"], 203);
        code(&["-e", "-i", "--output", "x", "plain.yaml"], 8);
        code(&["-d", "--extract", "[a]", "s.yaml"], 91);
        code(&["s.yaml"], 200);
        fs::remove_file(sandbox.path(".sops.yaml")).unwrap();
        sandbox
            .named(name, ["-e", "plain.yaml"])
            .run()
            .expect(1)
            .says("config file not found, or has no creation rules, and no keys provided through command line options");
        fs::remove_dir_all(sandbox.home().join(".config")).unwrap();
        code(&["-d", "s.yaml"], 128);
    }
}

#[test]
fn no_matching_rule_is_said_in_the_words_of_sops() {
    for name in NAMES {
        let sandbox = Sandbox::new();
        sandbox.write(".sops.yaml", format!("creation_rules:\n  - path_regex: prod\n    age: {ALICE}\n"));
        sandbox.write("p.yaml", PLAIN);
        sandbox.named(name, ["-e", "p.yaml"]).run().expect(1).says("no matching creation rules found");
        // As sops not even a recipient of the command line helps; as cloze it does.
        let code = i32::from(name == "sops");
        sandbox.named(name, ["-e", "--age", ALICE, "p.yaml"]).run().expect(code);
    }
}

#[test]
fn f1_yaml_markers() {
    for indent in [None, Some("0"), Some("2"), Some("8")] {
        for content in [PLAIN, "a:\n  b: c\n", "a:\r\n  b: c\r\n", "a:\n      b: c\n"] {
            let sandbox = Sandbox::with_rules();
            sandbox.write("s.yaml", content);
            let mut args: Vec<&str> = indent.map(|indent| vec!["--indent", indent]).unwrap_or_default();
            args.extend(["-e", "s.yaml"]);
            let text = sandbox.named("sops", args).text();
            let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
            assert!(lines.contains(&"sops:"), "{text}");
            let mac: Vec<_> = lines.iter().filter(|line| line.trim_start().starts_with("mac: ENC[")).collect();
            assert!(mac.len() == 1 && mac[0].ends_with(",type:str]"), "{text}");
        }
    }
}

#[test]
fn f2_to_f5_markers_of_the_other_formats() {
    let sandbox = Sandbox::with_rules();
    sandbox.write("s.json", "{\"a\":\"b\"}");
    for indent in [None, Some("0"), Some("2"), Some("8")] {
        let mut args: Vec<&str> = indent.map(|indent| vec!["--indent", indent]).unwrap_or_default();
        args.extend(["-e", "s.json"]);
        let text = sandbox.named("sops", args).text();
        assert_eq!(text.matches("\"mac\": \"ENC[").count(), 1, "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        check_version(&value["sops"]);
    }
    sandbox.write("s.env", "A=b\n");
    let text = sandbox.named("sops", ["-e", "s.env"]).text();
    assert!(text.lines().any(|line| line.starts_with("sops_mac=ENC[")), "{text}");
    assert!(text.lines().any(|line| line == format!("sops_age__list_0__map_recipient={ALICE}")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("sops_version=3.")), "{text}");
    sandbox.write("s.bin", b"a\x00b");
    let text = sandbox.named("sops", ["-e", "s.bin"]).text();
    assert!(text.contains("\"mac\": \"ENC[") && text.contains("\"data\": \"ENC["), "{text}");
    let yaml = sandbox.encrypted("s.yaml", PLAIN);
    let yaml = String::from_utf8(yaml).unwrap();
    let modified = yaml.lines().find(|line| line.trim_start().starts_with("lastmodified: ")).unwrap();
    assert!(modified.ends_with("Z\"") && modified.contains("lastmodified: \"20"), "{modified}");
}

/// F5: strings of the forms that other tools read.
pub(crate) fn check_version(metadata: &serde_json::Value) {
    let version = metadata["version"].as_str().unwrap();
    assert_eq!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{version}");
    let modified = metadata["lastmodified"].as_str().unwrap();
    assert!(modified.len() == 20 && modified.ends_with('Z'), "{modified}");
}

#[test]
fn f6_what_a_yaml_1_1_reader_would_misread_is_quoted() {
    let sandbox = Sandbox::with_rules();
    let json = r#"{"y": "n", "yes": "no", "on": "off", "v": "1_000", "w": "0o17", "x": "017", "d": "2024-01-02", "t": "~", "e": "=", "f": "1e3", "true": "True"}"#;
    sandbox.write("s.json", json);
    for name in NAMES {
        let sealed = sandbox.named(name, ["-e", "--output-type", "yaml", "s.json"]).text();
        for key in ["y", "yes", "on", "true"] {
            assert!(
                sealed.contains(&format!("\"{key}\":")) || sealed.contains(&format!("'{key}':")),
                "{key} in\n{sealed}"
            );
        }
        sandbox.write("s.yaml", &sealed);
        let plain = sandbox.named(name, ["-d", "s.yaml"]).text();
        for line in plain.lines() {
            let value = line.split_once(": ").unwrap().1;
            assert!(value.starts_with(['"', '\'']), "{line} is a string");
        }
        let back = sandbox.named(name, ["-d", "--output-type", "json", "s.yaml"]).ok();
        let back: serde_json::Value = serde_json::from_slice(&back).unwrap();
        assert_eq!(back, serde_json::from_str::<serde_json::Value>(json).unwrap());
    }
}

/// F9: what Flux does, which keeps keys and values and nothing else.
#[test]
fn f9_a_manifest_still_opens_after_a_sorting_json_writer() {
    let sandbox = Sandbox::with_rules();
    sandbox.write(
        "s.yaml",
        "kind: Secret\napiVersion: v1\nstringData:\n  z: last\n  a: first\n  list:\n    - one\n    - two\n",
    );
    let sealed = sandbox
        .named("sops", ["-e", "--encrypted-regex", "^(data|stringData)$", "--output-type", "json", "s.yaml"])
        .ok();
    // A map of serde_json sorts its keys.
    let sorted: serde_json::Value = serde_json::from_slice(&sealed).unwrap();
    sandbox.write("s.json", serde_json::to_vec(&sorted).unwrap());
    let plain = sandbox.named("sops", ["-d", "--ignore-mac", "s.json"]).ok();
    let plain: serde_json::Value = serde_json::from_slice(&plain).unwrap();
    assert_eq!(plain["stringData"], serde_json::json!({"a": "first", "z": "last", "list": ["one", "two"]}));
}

#[test]
fn f8_every_document_of_a_stream_has_the_block() {
    let sandbox = Sandbox::with_rules();
    let stream = "a: 1\n---\nb: 2\n---\n# three\nc: 3\n";
    let text = String::from_utf8(sandbox.encrypted("s.yaml", stream)).unwrap();
    assert_eq!(text.lines().filter(|line| *line == "sops:").count(), 3, "{text}");
    sandbox.named("sops", ["-d", "s.yaml"]).run().expect(0).prints(stream);
}

#[test]
fn conversions_are_those_of_sops() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    let flat = "text: plain\nlines: \"two\\nlines\"\nnumber: 5\nfloat: 2.5\nflag: true\n";
    let nested = "a:\n  b: [1, {c: d}]\n  e: \"\"\nf: 1.0\n";
    for (content, types) in [(flat, vec!["json", "yaml", "dotenv"]), (nested, vec!["json", "yaml"])] {
        sandbox.write("p.yaml", content);
        let theirs = sandbox.real(sops, ["encrypt", "p.yaml"]).ok();
        sandbox.write("s.yaml", theirs);
        for kind in types {
            let args = ["-d", "--output-type", kind, "s.yaml"];
            let expected = sandbox.real(sops, args).text();
            let found = sandbox.named("sops", args).text();
            // In its own format a file keeps its layout; in another one it gets that of SOPS.
            if kind != "yaml" {
                assert_eq!(found, expected, "to {kind}");
            }
        }
    }
}

/// S6: TERM while the output cannot go anywhere ends the program.
#[test]
fn s6_a_signal_ends_it() {
    let sandbox = Sandbox::new();
    let mut child = Command::new(sandbox.root().join("bin/sops"))
        .args(["decrypt", "--input-type", "yaml"])
        .env_clear()
        .envs(sandbox.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "it should be waiting for its input");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let start = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < std::time::Duration::from_secs(5), "TERM does not end it");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
