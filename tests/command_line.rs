//! The program as it is called: exit codes, streams, files. Each test has a directory of its own
//! and an environment with nothing in it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A throw-away identity and its recipient.
const IDENTITY: &str = "AGE-SECRET-KEY-163LU46LJQ8D462MNUZ8XJQMYF3VMAT8N44M54VSX2DJ8NE28GH2SPAQX7Y";
const RECIPIENT: &str = "age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p";
/// A secret that no message may show.
const CANARY: &str = "canary-4711";
const PLAIN: &str = "{\"user\": \"u\", \"db\": {\"pass\": \"canary-4711\", \"ports\": [1, 2]}}\n";

/// A directory with the program under both of its names.
struct Place {
    directory: TempDir,
}

/// How a call ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().expect("makes");
        let place = Place { directory };
        symlink(env!("CARGO_BIN_EXE_cloze"), place.path("sops")).expect("links");
        place.put("key.txt", IDENTITY);
        place.put(".sops.yaml", &format!("creation_rules:\n  - age: {RECIPIENT}\n"));
        place.put("plain.json", PLAIN);
        place
    }

    /// With `secret.json`, encrypted.
    fn with_secret() -> Self {
        let place = Place::new();
        let ended = place.run("cloze encrypt --output secret.json plain.json");
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), "", ""));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("writes");
    }

    fn get(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("reads")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).expect("lists").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn command(&self, words: &[&str]) -> Command {
        let program = if words[0] == "sops" { self.path("sops") } else { env!("CARGO_BIN_EXE_cloze").into() };
        let mut command = Command::new(program);
        command.args(&words[1..]).current_dir(self.directory.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path("home")).env("SOPS_AGE_KEY_FILE", self.path("key.txt"));
        command
    }

    fn run(&self, line: &str) -> Ended {
        self.run_with(line, &[], None)
    }

    fn run_with(&self, line: &str, env: &[(&str, &str)], stdin: Option<&str>) -> Ended {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = self.command(&words);
        command.envs(env.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().expect("starts");
        if let Some(text) = stdin {
            // A program that fails before it reads closes the pipe.
            let _ = child.stdin.take().expect("is piped").write_all(text.as_bytes());
        }
        let output = child.wait_with_output().expect("ends");
        let text = |bytes| String::from_utf8(bytes).expect("is text");
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// An editor that runs this shell script with the file as `$1`.
    fn editor(&self, script: &str) -> String {
        self.put("editor.sh", script);
        // The shell reads it: what a fork of another test still has open for writing cannot be run.
        format!("/bin/sh {}", self.path("editor.sh").display())
    }
}

#[test]
fn what_was_encrypted_decrypts_to_the_same_bytes() {
    let place = Place::with_secret();
    assert!(!place.get("secret.json").contains(CANARY));
    for line in
        ["cloze decrypt secret.json", "sops -d secret.json", "sops --decrypt --output-type \"json\" secret.json"]
    {
        let ended = place.run(line);
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), PLAIN, ""), "{line}");
    }
}

#[test]
fn standard_input_is_a_file_like_any() {
    let place = Place::with_secret();
    let secret = place.get("secret.json");
    for line in [
        "sops decrypt --input-type json --output-type json",
        "sops decrypt --filename-override x.json",
        "sops --decrypt --input-type json --output-type json /dev/stdin",
        "cloze decrypt",
        "cloze decrypt -",
    ] {
        assert_eq!(place.run_with(line, &[], Some(&secret)).out, PLAIN, "{line}");
    }
    let encrypted = place.run_with("sops encrypt --filename-override a/x.json /dev/stdin", &[], Some(PLAIN));
    assert_eq!(place.run_with("cloze decrypt", &[], Some(&encrypted.out)).out, PLAIN);
    // C10: a pipe on standard input does not disturb a call with a file.
    assert_eq!(place.run_with("sops -d secret.json", &[], Some("noise")).out, PLAIN);
}

#[test]
fn parts_are_extracted() {
    let place = Place::with_secret();
    for (line, wanted) in [
        ("sops -d --extract [\"db\"][\"pass\"] secret.json", CANARY),
        ("sops decrypt --extract ['db']['ports'][1] secret.json", "2"),
        ("cloze decrypt --extract db.pass secret.json", CANARY),
    ] {
        let ended = place.run(line);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), wanted), "{line}");
    }
}

#[test]
fn in_place_keeps_the_mode_and_prints_nothing() {
    let place = Place::new();
    fs::set_permissions(place.path("plain.json"), fs::Permissions::from_mode(0o640)).expect("sets");
    for line in ["sops -e -i plain.json", "sops -d -i plain.json"] {
        let ended = place.run(line);
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), "", ""), "{line}");
        assert_eq!(fs::metadata(place.path("plain.json")).expect("exists").mode() & 0o777, 0o640);
    }
    assert_eq!(place.get("plain.json"), PLAIN);
}

#[test]
fn decrypted_output_is_for_the_owner_only() {
    let place = Place::with_secret();
    assert_eq!(place.run("sops decrypt --output out.json secret.json").code, Some(0));
    assert_eq!(fs::metadata(place.path("out.json")).expect("exists").mode() & 0o777, 0o600);
    assert_eq!(place.run("sops decrypt --output /dev/stdout secret.json").out, PLAIN);
}

#[test]
fn descriptors_are_written_where_they_stand() {
    let place = Place::with_secret();
    for number in [1, 2, 3] {
        let script = format!(
            "exec 7>out.json; printf head- >&7; \"$0\" decrypt --output /dev/fd/{number} secret.json {number}>&7; printf tail >&7"
        );
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_cloze")]).current_dir(place.directory.path());
        let status = command.env("SOPS_AGE_KEY_FILE", place.path("key.txt")).status().expect("runs");
        assert!(status.success());
        assert_eq!(place.get("out.json"), format!("head-{PLAIN}tail"), "{number}");
    }
    let ended = place.run("cloze decrypt --output /dev/fd/99 secret.json");
    assert_eq!((ended.code, ended.out.as_str()), (Some(3), ""), "{ended:?}");
}

#[test]
fn failures_have_the_codes_of_sops_and_change_nothing() {
    let place = Place::with_secret();
    let secret = place.get("secret.json");
    place.put("broken.json", &format!("{{\"a\": \"{CANARY}\", }}"));
    place.put("damaged.json", &secret.replacen("data:", "data:AAAA", 1));
    place.put("forged.json", &secret.replacen("\"lastmodified\": \"2", "\"lastmodified\": \"1", 1));
    place.put("empty.yaml", "");
    fs::create_dir(place.path("folder.json")).expect("makes");
    let names = place.names();
    let table = [
        ("sops -d absent.json", 100, "there is no such file"),
        ("sops -e absent.json", 100, "there is no such file"),
        ("sops", 100, "no file specified"),
        ("sops -d empty.yaml", 1, "sops metadata not found"),
        ("cloze -d empty.yaml", 92, "empty"),
        ("sops -d plain.json", 1, "sops metadata not found"),
        ("sops -d damaged.json", 25, "`user`"),
        ("sops -d forged.json", 51, "MAC"),
        ("sops -d folder.json", 2, "is a directory"),
        ("sops -e -i broken.json", 2, "`broken.json:1:"),
        ("sops -e -i secret.json", 203, "already"),
        ("sops encrypt -i --output x plain.json", 8, "--output"),
        ("sops encrypt", 8, "--filename-override"),
        ("sops encrypt --filename-override= -i", 8, ""),
        ("sops decrypt -i", 8, "--in-place"),
        ("sops encrypt --encrypted-regex a --unencrypted-regex b plain.json", 8, "--encrypted-regex"),
        ("sops decrypt --extract db secret.json", 91, "--extract"),
        ("sops decrypt --extract [\"none\"] secret.json", 1, "none"),
        ("sops decrypt --decryption-order age,age secret.json", 112, "age"),
        (
            "sops decrypt --keyservice http://127.0.0.1:1 secret.json",
            1,
            "begins neither with `tcp://` nor with `unix://`",
        ),
        ("sops decrypt --bogus secret.json", 1, "--bogus"),
        ("sops --config absent.yaml -e plain.json", 1, "no such rules file"),
        (
            "sops --config /dev/null -e plain.json",
            1,
            "config file not found, or has no creation rules, and no keys provided through command line options",
        ),
        ("sops set secret.json", 100, "a path and a value"),
        ("sops edit -s secret.json", 1, "--show-master-keys"),
    ];
    for (line, code, text) in table {
        let ended = place.run(line);
        assert_eq!(ended.code, Some(code), "{line}: {}", ended.err);
        assert!(ended.err.contains(text), "{line}: {}", ended.err);
        assert!(ended.out.is_empty(), "{line}: {}", ended.out);
        assert!(!ended.err.contains(CANARY), "{line}: {}", ended.err);
    }
    let stranger = place.run_with("sops -d secret.json", &[("SOPS_AGE_KEY_FILE", "")], None);
    assert_eq!(stranger.code, Some(128));
    assert!(stranger.err.contains(RECIPIENT) && stranger.err.contains("sops/age/keys.txt"), "{}", stranger.err);
    assert_eq!((place.names(), place.get("secret.json")), (names, secret));
}

#[test]
fn rules_are_looked_for_where_each_name_looks() {
    let place = Place::new();
    fs::create_dir(place.path("inner")).expect("makes");
    place.put(
        "inner/.sops.yaml",
        &format!("creation_rules:\n  - path_regex: ^x\\.json$\n    encrypted_regex: ^user$\n    age: {RECIPIENT}\n"),
    );
    place.put("inner/x.json", PLAIN);
    let own = place.run("cloze encrypt inner/x.json");
    assert!(own.out.contains(CANARY) && own.out.contains("\"encrypted_regex\": \"^user$\""), "{}", own.err);
    let sops = place.run("sops encrypt inner/x.json");
    assert!(!sops.out.contains(CANARY) && !sops.out.is_empty(), "{}", sops.err);
    let none = place.run("sops --config inner/.sops.yaml encrypt plain.json");
    assert_eq!(none.code, Some(1));
    assert!(none.err.contains("no matching creation rules found"), "{}", none.err);
}

#[test]
fn a_rule_that_encrypts_nothing_is_an_error_only_under_the_own_name() {
    let place = Place::new();
    let own = place.run("cloze encrypt --encrypted-regex ^passwd$ plain.json");
    assert_eq!((own.code, own.out.as_str()), (Some(1), ""));
    assert_eq!(place.run("cloze encrypt --allow-unmatched --encrypted-regex ^passwd$ plain.json").code, Some(0));
    let sops = place.run("sops encrypt --encrypted-regex ^passwd$ plain.json");
    assert_eq!((sops.code, sops.err.as_str()), (Some(0), ""));
}

#[test]
fn verbose_says_that_the_data_key_was_found() {
    let place = Place::with_secret();
    let said = place.run("sops --verbose -d secret.json").err;
    assert!(said.contains("Data key recovered successfully"));
    assert!(said.contains("age `age1") && said.contains("`: opened\n"), "{said}");
    assert!(place.run("sops encrypt --verbose plain.json").err.contains("encrypted 4 of 4 values"));
}

#[test]
fn versions_are_what_tools_look_for() {
    let place = Place::new();
    assert_eq!(place.run("sops --version --disable-version-check").out, "sops 3.13.2 (cloze 0.1.0)\n");
    assert_eq!(place.run("cloze --disable-version-check --version").out, "cloze 0.1.0\n");
    assert_eq!(place.run("cloze --help").code, Some(0));
}

#[test]
fn an_unchanged_edit_touches_nothing() {
    let place = Place::with_secret();
    let before = fs::metadata(place.path("secret.json")).expect("exists");
    let ended = place.run_with("sops secret.json", &[("EDITOR", "true")], None);
    assert_eq!((ended.code, ended.err.as_str()), (Some(200), "File has not changed, exiting.\n"));
    let after = fs::metadata(place.path("secret.json")).expect("exists");
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
}

#[test]
fn an_edit_keeps_what_did_not_change() {
    let place = Place::with_secret();
    let before = place.get("secret.json");
    let editor =
        place.editor("stat -c %a \"$1\" \"$(dirname \"$1\")\"; basename \"$1\"; sed -i s/canary/other/ \"$1\"");
    let ended = place.run_with("sops edit secret.json", &[("EDITOR", "false"), ("SOPS_EDITOR", &editor)], None);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), "600\n700\nsecret.json\n", ""));
    let user = |text: &str| text.split("\"db\"").next().map(str::to_owned);
    assert_eq!(user(&before), user(&place.get("secret.json")));
    assert_eq!(place.run("sops -d secret.json").out, PLAIN.replace("canary", "other"));
}

#[test]
fn editors_have_arguments_blanks_and_our_streams() {
    let place = Place::with_secret();
    fs::create_dir(place.path("a b")).expect("makes");
    place.put("editor.sh", "cat > \"$2\"; echo \"$1\"");
    symlink("/bin/sh", place.path("a b/sh")).expect("links");
    let editor = format!("{}/a\\ b/sh editor.sh 'two words'", place.directory.path().display());
    let ended = place.run_with("sops secret.json", &[("EDITOR", &editor)], Some("{\"new\": 1}\n"));
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "two words\n"), "{}", ended.err);
    assert_eq!(place.run("sops -d secret.json").out, "{\"new\": 1}\n");
}

#[test]
fn what_was_typed_is_kept_and_can_be_taken_up() {
    let place = Place::with_secret();
    let secret = place.get("secret.json");
    let editor = place.editor("echo '{\"typed\": \"canary-4711\"' > \"$1\"");
    let failed = place.run_with("cloze edit secret.json", &[("EDITOR", &editor)], None);
    assert_eq!(failed.code, Some(2));
    assert!(failed.err.contains("`cloze edit --resume secret.json`") && !failed.err.contains(CANARY), "{}", failed.err);
    assert_eq!(place.get("secret.json"), secret);
    let drafts = place.path("home/.local/state/cloze/drafts");
    let draft = fs::read_dir(&drafts).expect("is there").flatten().next().expect("is kept").path();
    assert!(!fs::read_to_string(&draft).expect("reads").contains(CANARY));
    let editor = place.editor("echo '}' >> \"$1\"");
    let resumed = place.run_with("cloze edit --resume secret.json", &[("EDITOR", &editor)], None);
    assert_eq!((resumed.code, resumed.err.as_str()), (Some(0), ""));
    assert_eq!(place.run("sops -d secret.json").out, "{\"typed\": \"canary-4711\"\n}\n");
    assert_eq!(fs::read_dir(&drafts).expect("is there").count(), 0);
    assert_eq!(place.run_with("cloze edit --resume secret.json", &[("EDITOR", "true")], None).code, Some(1));
}

#[test]
fn a_file_that_somebody_else_changed_is_not_overwritten() {
    let place = Place::with_secret();
    let editor = place.editor("echo '{\"a\": 1}' > \"$1\"; echo theirs > secret.json");
    let ended = place.run_with("cloze edit secret.json", &[("EDITOR", &editor)], None);
    assert_eq!(ended.code, Some(3));
    assert!(ended.err.contains("--resume"), "{}", ended.err);
    assert_eq!(place.get("secret.json"), "theirs\n");
}

#[test]
fn an_editor_that_fails_is_code_201() {
    let place = Place::with_secret();
    for editor in ["false", "/nonexistent/editor", "'"] {
        let ended = place.run_with("sops secret.json", &[("EDITOR", editor)], None);
        assert_eq!(ended.code, Some(201), "{editor}: {}", ended.err);
        assert!(!ended.err.contains("resume"), "{}", ended.err);
    }
    let editor = place.editor("echo x > \"$1\"; exit 1");
    let ended = place.run_with("sops secret.json", &[("EDITOR", &editor)], None);
    assert_eq!(ended.code, Some(201));
    assert!(ended.err.contains("`sops edit --resume secret.json`"), "{}", ended.err);
}

#[test]
fn an_edit_can_make_a_file() {
    let place = Place::new();
    let unchanged = place.run_with("sops new.json", &[("EDITOR", "true")], None);
    assert_eq!((unchanged.code, place.path("new.json").exists()), (Some(200), false));
    let editor = place.editor("echo '{\"a\": 1}' > \"$1\"");
    assert_eq!(place.run_with("sops new.json", &[("EDITOR", &editor)], None).code, Some(0));
    assert_eq!(place.run("sops -d new.json").out, "{\"a\": 1}\n");
    let unfit = place.run_with("sops edit --age age1bad new2.json", &[("EDITOR", &editor)], None);
    assert_eq!(unfit.code, Some(1));
}

#[test]
fn a_signal_removes_the_plaintext_and_keeps_what_was_typed() {
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let place = Place::with_secret();
        let editor = place.editor("echo typed > \"$1\"; echo \"$1\"; exec sleep 60");
        let mut command = place.command(&["sops", "edit", "secret.json"]);
        command.env("EDITOR", editor).stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
        let mut child = command.spawn().expect("starts");
        let mut line = String::new();
        let mut out = std::io::BufReader::new(child.stdout.take().expect("is piped"));
        std::io::BufRead::read_line(&mut out, &mut line).expect("the editor says where the file is");
        let file = PathBuf::from(line.trim());
        assert!(file.exists());
        let kill = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(kill.expect("runs").success());
        assert_eq!(child.wait().expect("ends").code(), Some(code));
        assert!(!file.parent().expect("is in a directory").exists());
        assert_eq!(fs::read_dir(place.path("home/.local/state/cloze/drafts")).expect("is there").count(), 1);
    }
}

/// A signal that comes while a file is half written leaves the old one, or the new one, alone in
/// its directory.
#[test]
fn a_signal_leaves_no_half_of_a_file() {
    let place = Place::new();
    place.put("big.bin", &CANARY.repeat(128 << 10));
    assert_eq!(place.run("cloze encrypt --in-place big.bin").code, Some(0));
    fs::create_dir(place.path("out")).expect("makes");
    let inside = || fs::read_dir(place.path("out")).expect("lists").flatten().map(|entry| entry.file_name());
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let mut child =
            place.command(&["cloze", "decrypt", "--output", "out/plain", "big.bin"]).spawn().expect("starts");
        while inside().next().is_none() && child.try_wait().expect("is ours").is_none() {
            std::thread::sleep(std::time::Duration::from_micros(50));
        }
        let _ = kill_process(Pid::from_child(&child), signal);
        let code = child.wait().expect("ends").code();
        let left: Vec<_> = inside().collect();
        match code {
            Some(0) => assert_eq!(left, ["plain"], "{signal:?}"),
            Some(129..) => assert_eq!(left.len(), 0, "{signal:?}: {left:?}"),
            _ => panic!("{signal:?}: {code:?} and {left:?}"),
        }
        let _ = fs::remove_file(place.path("out/plain"));
    }
}

#[test]
fn init_makes_a_key_and_rules_that_work() {
    let place = Place::new();
    fs::remove_file(place.path(".sops.yaml")).expect("removes");
    let env = [("SOPS_AGE_KEY_FILE", "")];
    let asked = place.run_with("cloze init", &env, None);
    assert_eq!(asked.code, Some(1));
    assert!(asked.err.contains("--yes") && asked.err.contains("--recipient"), "{}", asked.err);
    let made = place.run_with(&format!("cloze init --yes --recipient {RECIPIENT}"), &env, None);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(!made.err.contains("AGE-SECRET-KEY"), "{}", made.err);
    let key = place.path("home/.config/sops/age/keys.txt");
    assert_eq!(fs::metadata(&key).expect("is there").mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(key.parent().expect("has one")).expect("is there").mode() & 0o777, 0o700);
    assert_eq!(place.run_with("cloze encrypt -i plain.json", &env, None).code, Some(0));
    assert_eq!(place.run_with("cloze decrypt plain.json", &env, None).out, PLAIN);
    assert_eq!(place.run("cloze decrypt plain.json").out, PLAIN, "the other recipient can read it too");
    let (rules, key_text) = (place.get(".sops.yaml"), fs::read(&key).expect("reads"));
    assert_eq!(place.run_with("cloze init --yes", &env, None).code, Some(1));
    assert_eq!((place.get(".sops.yaml"), fs::read(&key).expect("reads")), (rules, key_text));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20));
    place.put("large.json", &large);
    assert_eq!(place.run("sops -e -i large.json").code, Some(0));
    let mut command = place.command(&["sops", "-d", "large.json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!((output.status.code(), output.stderr), (Some(141), Vec::new()));
}

#[test]
fn exact_spelling_is_kept_unless_it_is_switched_off() {
    let place = Place::new();
    let spelled = "{\"n\": 1.50}\n";
    place.put("n.json", spelled);
    place.run("cloze encrypt --output kept.json n.json");
    assert_eq!(place.run("cloze decrypt kept.json").out, spelled);
    assert!(place.get("kept.json").contains("cloze_spelling"));

    place.run("cloze encrypt --no-exact-spelling --output flag.json n.json");
    place.put(".sops.yaml", &format!("creation_rules:\n  - age: {RECIPIENT}\n    exact_spelling: false\n"));
    place.run("cloze encrypt --output rule.json n.json");
    for name in ["flag.json", "rule.json"] {
        assert!(!place.get(name).contains("cloze_spelling"), "{name}");
        assert_eq!(place.run(&format!("cloze decrypt {name}")).out, "{\"n\": 1.5}\n", "{name}");
    }
}

#[test]
fn a_rule_can_say_in_which_format_a_file_is() {
    let place = Place::new();
    let rule = format!("creation_rules:\n  - path_regex: conf$\n    age: {RECIPIENT}\n    input_type: dotenv\n");
    place.put(".sops.yaml", &rule);
    place.put("app.conf", "A=1\n");
    assert_eq!(place.run("cloze encrypt --in-place app.conf").code, Some(0));
    assert!(place.get("app.conf").starts_with("A=ENC["));
    assert_eq!(place.run("cloze decrypt app.conf").out, "A=1\n");
    let wrong = rule.replace("dotenv", "dotenvs");
    place.put(".sops.yaml", &wrong);
    let ended = place.run("cloze encrypt app.conf");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("names no format"), "{}", ended.err);
}
