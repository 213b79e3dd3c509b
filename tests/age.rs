//! age recipients and identities beyond the plain key: SSH keys, passphrases, plugins, post-quantum
//! keys. Against the real sops where it can do the same.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use bech32::{ToBase32 as _, Variant};

use crate::harness::{ALICE, BOB, Call, Sandbox, key_file, repository, require_sops, set_mode, skip};
use crate::messages::golden;
use crate::pty::Terminal;

const PLAIN: &str = "a: one\nb: 2\n";

/// An age plugin: the key of a file is in its stanza, in clear. It writes a line into `toy.log` for
/// each start, and asks for a PIN if there is a file `ask`. No `read` of it may see the end of its
/// input: then the caller is gone.
const TOY: &str = r#"
echo "$1" >> "$HOME/toy.log"
keys=; command=; body=
phase() {
    while read -r word rest; do
        if [ "$word" != "->" ]; then body=$word; take; continue; fi
        command=$rest; body=
        [ "$rest" = done ] && read -r empty && return
    done
    exit 1
}
take() {
    case $command in
        wrap-file-key) keys="$keys $body" ;;
        recipient-stanza\ *\ toy) number=${command#recipient-stanza }; keys="$keys ${number%% *}:$body" ;;
    esac
}
say() {
    printf -- '-> %s\n%s\n' "$1" "$2"
    read -r arrow answer; read -r value
}
phase
case $1 in
    --age-plugin=recipient-v1)
        number=0
        for key in $keys; do say "recipient-stanza $number toy" "$key"; number=$((number + 1)); done ;;
    --age-plugin=identity-v1)
        if [ -e "$HOME/ask" ]; then
            say msg "$(printf 'touch the toy' | base64 | tr -d =)"
            say request-secret "$(printf 'PIN of the toy' | base64 | tr -d =)"
            if [ "$answer:$(printf '%s==' "$value" | base64 -d 2>/dev/null)" != "ok:1234" ]; then
                say "error internal" "$(printf 'that is not the PIN' | base64 | tr -d =)"; keys=
            fi
        fi
        for key in $keys; do say "file-key ${key%%:*}" "${key#*:}"; done ;;
esac
printf -- '-> done\n\n'
"#;

fn toy_recipient() -> String {
    bech32::encode("age1toy", b"toy".to_base32(), Variant::Bech32).unwrap()
}

fn toy_identity() -> String {
    bech32::encode("age-plugin-toy-", b"toy".to_base32(), Variant::Bech32).unwrap().to_uppercase()
}

/// A sandbox with the plugin and its identity, and no other.
fn with_toy() -> Sandbox {
    let sandbox = Sandbox::without_key();
    sandbox.script("age-plugin-toy", TOY);
    identities(&sandbox, toy_identity());
    sandbox
}

/// Puts identities into the standard place.
fn identities(sandbox: &Sandbox, text: impl AsRef<[u8]>) -> PathBuf {
    let place = sandbox.home().join(".config/sops/age");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("keys.txt"), text).unwrap();
    place.join("keys.txt")
}

/// The identity of Alice in a file with the passphrase `open sesame`.
fn locked_identities() -> Vec<u8> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from("open sesame"));
    recipient.set_work_factor(10);
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).unwrap();
    writer.write_all(&fs::read(key_file("alice")).unwrap()).unwrap();
    writer.finish().unwrap();
    sealed
}

fn starts(sandbox: &Sandbox, of: &str) -> usize {
    let log = fs::read_to_string(sandbox.home().join("toy.log")).unwrap_or_default();
    log.lines().filter(|line| line.ends_with(of)).count()
}

/// Makes an SSH key in the home folder. Returns the public half.
pub(crate) fn ssh_key(sandbox: &Sandbox, name: &str, options: &[&str]) -> Option<String> {
    let program = ["/usr/bin/ssh-keygen", "/bin/ssh-keygen"].into_iter().find(|path| Path::new(path).exists());
    let Some(program) = program else {
        skip("there is no ssh-keygen");
        return None;
    };
    let path = sandbox.home().join(".ssh").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let fixed = ["-q", "-C", "me@here", "-f", path.to_str().unwrap()];
    sandbox.call(Path::new(program), fixed.iter().chain(options)).ok();
    Some(fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned())
}

/// A call without a terminal, also where the tests have one.
fn detached(sandbox: &Sandbox, args: &[&str]) -> Option<Call> {
    let setsid = Path::new("/usr/bin/setsid");
    if !setsid.exists() {
        skip("there is no `setsid` to take the terminal away with");
        return None;
    }
    Some(sandbox.call(setsid, ["--wait", "cloze"].iter().chain(args)))
}

#[test]
fn ssh_keys_work_as_in_sops() {
    let Some(sops) = require_sops() else { return };
    for (name, options) in [
        ("id_ed25519", ["-t", "ed25519", "-N", ""].as_slice()),
        ("id_rsa", &["-t", "rsa", "-b", "2048", "-N", ""]),
        ("other", &["-t", "rsa", "-b", "4096", "-N", ""]),
        ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""]),
    ] {
        let sandbox = Sandbox::without_key();
        let Some(public) = ssh_key(&sandbox, name, options) else { return };
        sandbox.write("plain.yaml", PLAIN);
        let ours = sandbox.cloze(["encrypt", "--age", &public, "plain.yaml"]).ok();
        sandbox.write("ours.yaml", ours);
        assert!(sandbox.text("ours.yaml").contains(&format!("recipient: {public}")), "{name}");
        let theirs = sandbox.real(sops, ["encrypt", "--age", &public, "plain.yaml"]).ok();
        sandbox.write("theirs.yaml", theirs);
        let path = sandbox.home().join(".ssh").join(name);
        let read = format!("cat {}", path.display());
        for file in ["ours.yaml", "theirs.yaml"] {
            let named = |call: Call| match name {
                "id_ed25519" | "id_rsa" => call,
                "other" => call.env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", &path),
                _ => call.env("SOPS_AGE_SSH_PRIVATE_KEY_CMD", &read),
            };
            assert_eq!(named(sandbox.cloze(["decrypt", file])).text(), PLAIN, "{name} {file}");
            // sops 3.11 has no variable for a command yet.
            if name != "pem" {
                assert_eq!(named(sandbox.real(sops, ["decrypt", file])).text(), PLAIN, "{name} {file}");
            }
        }
    }
}

#[test]
fn an_ssh_key_that_age_cannot_use_is_an_error() {
    let sandbox = Sandbox::without_key();
    let Some(public) = ssh_key(&sandbox, "id_ecdsa", &["-t", "ecdsa", "-N", ""]) else { return };
    sandbox.write("plain.yaml", PLAIN);
    let outcome = sandbox.cloze(["encrypt", "--age", &public, "plain.yaml"]).run();
    outcome.expect(1).prints("").says("SSH keys of the type ecdsa-sha2-nistp256 cannot be used");
    let Some(usable) = ssh_key(&sandbox, "usable", &["-t", "ed25519", "-N", ""]) else { return };
    sandbox.cloze(["encrypt", "-i", "--age", &usable, "plain.yaml"]).ok();
    let named = sandbox.home().join(".ssh/id_ecdsa");
    let outcome = sandbox.cloze(["decrypt", "plain.yaml"]).env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", named).run();
    outcome.expect(128).says("SSH keys of the type ecdsa-sha2-nistp256 cannot be used").says(".ssh/id_rsa: not there");
}

#[test]
fn a_passphrase_is_asked_for_on_the_terminal_itself() {
    let sandbox = Sandbox::without_key();
    let Some(public) = ssh_key(&sandbox, "id_ed25519", &["-t", "ed25519", "-N", "open sesame"]) else { return };
    sandbox.write("x.yaml", PLAIN);
    sandbox.cloze(["encrypt", "-i", "--age", &public, "x.yaml"]).ok();
    let decrypt = "cloze decrypt x.yaml < /dev/null > out 2> err";
    let Some(mut terminal) = Terminal::start(&sandbox, decrypt, &[]) else { return };
    terminal.expect("the passphrase of").expect("id_ed25519").send("open sesame\r");
    let (code, screen) = terminal.finish();
    assert_eq!((code, sandbox.text("out").as_str(), sandbox.text("err").as_str()), (0, PLAIN, ""), "{screen}");
    assert!(!screen.contains("sesame"), "{screen}");

    let Some(mut terminal) = Terminal::start(&sandbox, decrypt, &[]) else { return };
    terminal.expect("the passphrase of").send("open barley\r");
    assert_eq!(terminal.finish().0, 128);
    let error = sandbox.text("err");
    assert!(error.contains("the passphrase is wrong") && sandbox.text("out").is_empty(), "{error}");

    let Some(call) = detached(&sandbox, &["decrypt", "x.yaml"]) else { return };
    let outcome = call.run();
    outcome.expect(128).prints("").says("there is no terminal to ask on").says("hint: run it in a terminal, or let");
}

#[test]
fn a_signal_leaves_the_terminal_with_its_echo() {
    let sandbox = Sandbox::without_key();
    let Some(public) = ssh_key(&sandbox, "id_ed25519", &["-t", "ed25519", "-N", "open sesame"]) else { return };
    sandbox.write("x.yaml", PLAIN);
    sandbox.cloze(["encrypt", "-i", "--age", &public, "x.yaml"]).ok();
    let kill = "(sleep 1; kill -TERM $(cat pid)) &";
    let command = format!("{kill} sh -c 'echo $$ > pid; exec cloze decrypt x.yaml'; echo \"code $?\"; stty -a");
    let Some(terminal) = Terminal::start(&sandbox, &command, &[]) else { return };
    let (_, screen) = terminal.finish();
    assert!(screen.contains("code 143") && screen.contains(" echo ") && !screen.contains(" -echo "), "{screen}");
}

#[test]
fn an_identity_file_with_a_passphrase_is_opened_once_for_all_files() {
    let sandbox = Sandbox::without_key();
    identities(&sandbox, locked_identities());
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {ALICE},{BOB}\n"));
    for name in ["a.yaml", "b.yaml", "c.yaml"] {
        sandbox.encrypted(name, PLAIN);
    }
    let command = "cloze updatekeys --yes a.yaml b.yaml c.yaml && cloze init";
    let Some(mut terminal) = Terminal::start(&sandbox, command, &[]) else { return };
    terminal.expect("the passphrase of").expect("keys.txt").send("open sesame\r").expect("c.yaml");
    let (_, screen) = terminal.finish();
    assert_eq!(screen.matches("the passphrase of").count(), 1, "{screen}");
    assert!(sandbox.text("a.yaml").contains(BOB) && sandbox.text("c.yaml").contains(BOB));
}

#[test]
fn a_command_runs_once_for_all_files_and_not_without_need() {
    let sandbox = Sandbox::without_key();
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {ALICE},{BOB}\n"));
    for name in ["a.yaml", "b.yaml", "c.yaml"] {
        sandbox.encrypted(name, PLAIN);
    }
    let body = format!("echo run >> \"$HOME/runs\"; cat {}", key_file("alice").display());
    let command = sandbox.script("keys", &body);
    let runs = || fs::read_to_string(sandbox.home().join("runs")).unwrap_or_default().lines().count();
    sandbox.cloze(["updatekeys", "--yes", "a.yaml", "b.yaml", "c.yaml"]).env("SOPS_AGE_KEY_CMD", &command).ok();
    assert!(sandbox.text("c.yaml").contains(BOB));
    assert_eq!(runs(), 1);
    // Bob's own file opens it.
    identities(&sandbox, fs::read(key_file("bob")).unwrap());
    assert_eq!(sandbox.cloze(["decrypt", "a.yaml"]).env("SOPS_AGE_KEY_CMD", &command).text(), PLAIN);
    assert_eq!(runs(), 1);
}

#[test]
fn plugins_work_as_in_sops() {
    let Some(sops) = require_sops() else { return };
    let sandbox = with_toy();
    sandbox.write("plain.yaml", PLAIN);
    let (toy, rules) = (toy_recipient(), format!("creation_rules:\n  - age: {}\n", toy_recipient()));
    let ours = sandbox.cloze(["encrypt", "--age", &toy, "plain.yaml"]).ok();
    sandbox.write("ours.yaml", ours);
    sandbox.write(".sops.yaml", rules);
    let theirs = sandbox.real(sops, ["encrypt", "plain.yaml"]).ok();
    sandbox.write("theirs.yaml", theirs);
    for file in ["ours.yaml", "theirs.yaml"] {
        assert_eq!(sandbox.cloze(["decrypt", file]).text(), PLAIN, "{file}");
        assert_eq!(sandbox.real(sops, ["decrypt", file]).text(), PLAIN, "{file}");
    }
}

#[test]
fn a_plugin_is_started_once_for_all_files_groups_and_keys() {
    let sandbox = with_toy();
    let toy = toy_recipient();
    let rules = |extra: &str| {
        format!(
            "creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [{toy}, {ALICE}{extra}]\n      - age: [{BOB}, {toy}]\n"
        )
    };
    sandbox.write(".sops.yaml", rules(""));
    let files = ["a.yaml", "b.yaml", "c.yaml"];
    for name in files {
        sandbox.write(name, PLAIN);
        sandbox.cloze(["encrypt", "-i", name]).ok();
    }
    assert_eq!(sandbox.cloze(["decrypt", "a.yaml"]).text(), PLAIN);
    assert_eq!(starts(&sandbox, "identity-v1"), 1);
    sandbox.write(".sops.yaml", rules(&format!(", {BOB}")));
    sandbox.cloze(["updatekeys", "--yes", "a.yaml", "b.yaml", "c.yaml"]).ok();
    assert_eq!(starts(&sandbox, "identity-v1"), 2);
    // An identity that needs nobody goes first.
    identities(&sandbox, format!("{}\n{}", toy_identity(), fs::read_to_string(key_file("bob")).unwrap()));
    assert_eq!(sandbox.cloze(["decrypt", "c.yaml"]).text(), PLAIN);
    assert_eq!(starts(&sandbox, "identity-v1"), 2);
}

#[test]
fn a_plugin_asks_on_the_terminal() {
    let sandbox = with_toy();
    sandbox.write("x.yaml", PLAIN);
    sandbox.cloze(["encrypt", "-i", "--age", &toy_recipient(), "x.yaml"]).ok();
    fs::write(sandbox.home().join("ask"), "").unwrap();
    let decrypt = "cloze decrypt x.yaml < /dev/null > out 2> err";
    let Some(mut terminal) = Terminal::start(&sandbox, decrypt, &[]) else { return };
    terminal.expect("touch the toy").expect("PIN of the toy").send("1234\r");
    let (code, screen) = terminal.finish();
    assert_eq!((code, sandbox.text("out").as_str(), sandbox.text("err").as_str()), (0, PLAIN, ""), "{screen}");
    let Some(mut terminal) = Terminal::start(&sandbox, decrypt, &[]) else { return };
    terminal.expect("PIN of the toy").send("4321\r");
    assert_eq!(terminal.finish().0, 128);
    assert!(sandbox.text("err").contains("`age-plugin-toy`: that is not the PIN"), "{}", sandbox.text("err"));
    let Some(call) = detached(&sandbox, &["decrypt", "x.yaml"]) else { return };
    call.run().expect(128).says("`age-plugin-toy`: there is no terminal to ask on");
}

#[test]
fn a_plugin_that_is_missing_or_broken_says_so() {
    let sandbox = with_toy();
    sandbox.write("x.yaml", PLAIN);
    sandbox.cloze(["encrypt", "-i", "--age", &toy_recipient(), "x.yaml"]).ok();
    for (body, reason) in [
        ("exit 1", "`age-plugin-toy` ended too early"),
        ("echo hello; cat > /dev/null", "`age-plugin-toy` does not speak the protocol of age plugins"),
    ] {
        sandbox.script("age-plugin-toy", body);
        sandbox.cloze(["decrypt", "x.yaml"]).run().expect(128).prints("").says(reason);
    }
    let program = sandbox.root().join("bin/age-plugin-toy");
    set_mode(&program, 0o644);
    let outcome = sandbox.cloze(["decrypt", "x.yaml"]).run();
    let line = format!("age `{}`: there is no program `age-plugin-toy` on PATH; install", toy_recipient());
    outcome.expect(128).prints("").says(&line);
    let outcome = sandbox.cloze(["encrypt", "--age", &toy_recipient(), ".sops.yaml"]).run();
    assert_ne!(outcome.code, 0);
    sandbox.write("y.yaml", PLAIN);
    let outcome = sandbox.cloze(["encrypt", "--age", &toy_recipient(), "y.yaml"]).run();
    outcome.expect(1).prints("").says("there is no program `age-plugin-toy` on PATH");
}

#[test]
fn every_failure_has_its_words() {
    let sandbox = with_toy();
    let Some(probe) = detached(&sandbox, &["--version"]) else { return };
    probe.ok();
    let sealed = |name: &str, recipient: &str| {
        sandbox.write(name, PLAIN);
        sandbox.cloze(["encrypt", "-i", "--age", recipient, name]).ok();
    };
    sealed("alice.yaml", ALICE);
    sealed("toy.yaml", &toy_recipient());
    let groups = format!("[{{age: [{ALICE}]}}, {{age: [{BOB}]}}, {{age: [{BOB}, {}]}}]", toy_recipient());
    sandbox.write(".sops.yaml", format!("creation_rules: [{{shamir_threshold: 2, key_groups: {groups}}}]\n"));
    sandbox.write("groups.yaml", PLAIN);
    sandbox.cloze(["encrypt", "-i", "groups.yaml"]).ok();
    fs::remove_file(sandbox.path(".sops.yaml")).unwrap();
    let damaged = sandbox.text("alice.yaml").replacen("\n            ", "\n            AAAA", 2);
    sandbox.write("damaged.yaml", damaged);
    fs::remove_file(sandbox.root().join("bin/age-plugin-toy")).unwrap();
    let keys = identities(&sandbox, "");
    fs::remove_file(&keys).unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| sandbox.write(name, fs::read(key_file(name)).unwrap()));
    let locked = sandbox.write("locked.age", locked_identities());
    let plugin = sandbox.write("plugin.txt", toy_identity());
    let none = sandbox.write("none.txt", "AGE-SECRET-KEY-1NONE\n");

    let mut said: Vec<(&str, String)> = Vec::new();
    let mut note = |situation: &'static str, args: &[&str], variables: &[(&str, &Path)]| {
        let call = detached(&sandbox, args).expect("was there before");
        let outcome = variables.iter().fold(call, |call, (name, value)| call.env(name, value)).run();
        outcome.prints("");
        assert!(matches!(outcome.code, 1 | 128), "{outcome:?}");
        assert!(!outcome.stderr.contains("1NONE"), "{}", outcome.stderr);
        said.push((situation, outcome.stderr.replace(sandbox.root().to_str().unwrap(), "/…")));
    };
    note("no key", &["decrypt", "alice.yaml"], &[]);
    note("a wrong key", &["decrypt", "alice.yaml"], &[("SOPS_AGE_KEY_FILE", &bob)]);
    note(
        "a key file that is not there",
        &["decrypt", "alice.yaml"],
        &[("SOPS_AGE_KEY_FILE", Path::new("/nonexistent"))],
    );
    note("a key that is none", &["decrypt", "alice.yaml"], &[("SOPS_AGE_KEY_FILE", &none)]);
    note("a command that fails", &["decrypt", "alice.yaml"], &[("SOPS_AGE_KEY_CMD", Path::new("false"))]);
    note("a damaged wrapped key", &["decrypt", "damaged.yaml"], &[("SOPS_AGE_KEY_FILE", &alice)]);
    note("a missing plugin", &["decrypt", "toy.yaml"], &[("SOPS_AGE_KEY_FILE", &plugin)]);
    note("a missing plugin to encrypt with", &["encrypt", "--age", &toy_recipient(), "none.txt"], &[]);
    note("a passphrase, and nobody to ask", &["decrypt", "alice.yaml"], &[("SOPS_AGE_KEY_FILE", &locked)]);
    note("too few shares", &["decrypt", "groups.yaml"], &[("SOPS_AGE_KEY_FILE", &alice)]);
    note("a recipient that is none", &["encrypt", "--age", "age1nobody", "none.txt"], &[]);
    let wrong = "SOPS_AGE_KEY_FILE=$PWD/locked.age cloze decrypt alice.yaml < /dev/null 2> err";
    let Some(mut terminal) = Terminal::start(&sandbox, wrong, &[]) else { return };
    terminal.expect("the passphrase of").send("barley\r");
    assert_eq!(terminal.finish().0, 128);
    said.push(("a wrong passphrase", sandbox.text("err").replace(sandbox.root().to_str().unwrap(), "/…")));
    golden("age", &said);
}

#[test]
fn post_quantum_keys_open_what_they_were_wrapped_for() {
    // The identity of a vector of the specification; sops 3.11 knows no such keys.
    let vector = fs::read(repository("testdata/age/hybrid")).unwrap();
    let vector = String::from_utf8_lossy(&vector);
    let identity = vector.lines().find_map(|line| line.strip_prefix("identity: ")).unwrap();
    let sandbox = Sandbox::without_key();
    identities(&sandbox, identity);
    sandbox.cloze(["init", "--yes"]).ok();
    let rules = sandbox.text(".sops.yaml");
    let recipient = rules.split("- ").find(|item| item.starts_with("age1pq1")).unwrap().trim().to_owned();
    sandbox.write("x.yaml", PLAIN);
    sandbox.cloze(["encrypt", "-i", "x.yaml"]).ok();
    assert!(sandbox.text("x.yaml").contains(&recipient));
    assert_eq!(sandbox.cloze(["decrypt", "x.yaml"]).text(), PLAIN);
    identities(&sandbox, fs::read(key_file("bob")).unwrap());
    let outcome = sandbox.cloze(["decrypt", "x.yaml"]).run();
    outcome.expect(128).says(&format!("age `{}…", &recipient[..40])).says("no matching identity");
    assert!(outcome.stderr.lines().all(|line| line.len() < 300), "{}", outcome.stderr);
}

#[test]
fn recipients_may_stand_in_a_file() {
    let sandbox = Sandbox::new();
    let ssh = fs::read_to_string(repository("testdata/age/ssh_ed25519.pub")).unwrap();
    sandbox.write("team.txt", format!("# the team\r\n{ALICE}\r\n\n  {ssh}\n"));
    sandbox.write("more.txt", BOB);
    sandbox.write("x.yaml", PLAIN);
    let encrypt = |flags: &[&str]| sandbox.cloze(["encrypt"].iter().chain(flags).chain(&["x.yaml"]));
    let files = ["--age-recipients-file", "team.txt", "--age-recipients-file=more.txt"];
    let sealed = encrypt(&files).env("SOPS_AGE_RECIPIENTS", "not used").text();
    for recipient in [ALICE, BOB, ssh.trim()] {
        assert!(sealed.contains(&format!("recipient: {recipient}\n")), "{sealed}");
    }
    sandbox.write("sealed.yaml", sealed);
    assert_eq!(sandbox.cloze(["decrypt", "sealed.yaml"]).text(), PLAIN);

    sandbox.write("bad.txt", format!("{ALICE}\nssh-dss AAAA\n"));
    encrypt(&["--age-recipients-file", "bad.txt"])
        .run()
        .expect(1)
        .says("`bad.txt`: line 2: SSH keys of the type ssh-dss");
    sandbox.write("secret.txt", fs::read(key_file("alice")).unwrap());
    let outcome = encrypt(&["--age-recipients-file", "secret.txt"]).run();
    outcome.expect(1).says("this is a secret identity, not a recipient");
    assert!(!outcome.stderr.contains("AGE-SECRET-KEY-1"), "{}", outcome.stderr);
    sandbox.write("empty.txt", "# nobody\n");
    encrypt(&["--age-recipients-file", "empty.txt"]).run().expect(1).says("`empty.txt`: holds no age recipient");
    encrypt(&["--age-recipients-file", "none.txt"]).run().expect(100).says("`none.txt`: there is no such file");
}
