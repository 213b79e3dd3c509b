//! Other recipients and other data keys: `updatekeys`, `rotate`, `groups` and `filestatus`, beside
//! the real sops, in a real git repository, and on a terminal.

use std::fs;
use std::path::Path;

use cloze::document::Format;

use crate::badinput::as_nobody;
use crate::harness::{ALICE, BOB, Sandbox, key_file, repository, require_sops, set_mode};
use crate::leaves::data;
use crate::pty::Terminal;

/// A value that no message may hold.
const SECRET: &str = "c4nary-in-the-mine";

/// A third recipient, of `testdata/interop/sops-3.11.0/keys/carol.agekey`.
fn carol() -> (String, String) {
    let text = fs::read_to_string(repository("testdata/interop/sops-3.11.0/keys/carol.agekey")).unwrap();
    let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    (recipient.to_owned(), text.clone())
}

/// The rules of a place: the groups, each a comma list, and the threshold.
fn rules(sandbox: &Sandbox, groups: &[&[&str]], threshold: Option<usize>) {
    let group = |names: &&[&str]| format!("      - age: [{}]\n", names.join(", "));
    let mut text = String::from("creation_rules:\n  - key_groups:\n");
    text.extend(groups.iter().map(group));
    if let Some(threshold) = threshold {
        text += &format!("    shamir_threshold: {threshold}\n");
    }
    sandbox.write(".sops.yaml", text);
}

/// A file in every format, encrypted for alice.
fn repository_of(sandbox: &Sandbox) -> Vec<&'static str> {
    rules(sandbox, &[&[ALICE]], None);
    let files = [
        (
            "deploy/secret.yaml",
            format!("# top\nkind: Secret\nstringData:\n  user: shop # side\n  password: '{SECRET}'\n  port: 0x1F\n"),
        ),
        ("app.json", format!("{{\n  \"db\": {{\"password\": \"{SECRET}\"}},\n  \"n\": [1, 2.50]\n}}\n")),
        ("stage.env", format!("# note\nTOKEN={SECRET}\n\nEMPTY=\n")),
        ("conf.ini", format!("[login]\nuser     = shop\npassword = {SECRET}\n")),
        ("conf.toml", format!("# c\n[login]\npassword = \"{SECRET}\"\n")),
        ("blob.bin", format!("{SECRET}\n")),
    ];
    files
        .map(|(name, text)| {
            sandbox.write(name, text);
            sandbox.cloze(["encrypt", "-i", name]).ok();
            name
        })
        .into()
}

/// Gives bob's identity to a call.
fn bob() -> String {
    let text = fs::read_to_string(key_file("bob")).unwrap();
    text.lines().find(|line| line.starts_with("AGE-")).unwrap().to_owned()
}

fn git(sandbox: &Sandbox, args: &[&str]) -> String {
    let settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=false"];
    sandbox.call(Path::new("git"), settings.iter().chain(args)).text()
}

#[test]
fn a_new_colleague_adds_lines_to_the_block_and_nothing_else() {
    let sandbox = Sandbox::new();
    let files = repository_of(&sandbox);
    git(&sandbox, &["init", "-q"]);
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "-qm", "before"]);
    let plain: Vec<_> = files.iter().map(|file| sandbox.cloze(["decrypt", file]).ok()).collect();

    rules(&sandbox, &[&[ALICE, BOB]], None);
    let outcome = sandbox.cloze(["updatekeys", "--yes", "."]).run();
    outcome.expect(0).silent();
    assert_eq!(outcome.stdout_lossy().matches(&format!("  + {BOB}\n")).count(), files.len());
    for (file, plain) in files.iter().zip(plain) {
        let stat = git(&sandbox, &["diff", "--numstat", "--", file]);
        let numbers: Vec<&str> = stat.split('\t').collect();
        assert_eq!(numbers[1], "0", "{file}: {}", git(&sandbox, &["diff", "--", file]));
        let changed = git(&sandbox, &["diff", "-U0", "--", file]);
        let added: String = changed.lines().filter(|line| line.starts_with('+')).skip(1).collect();
        assert!(added.contains(BOB) && !added.contains("ENC["), "{changed}");
        sandbox.cloze(["decrypt", file]).env("SOPS_AGE_KEY", bob()).run().expect(0).prints(&plain);
    }
    // What was done needs not be done again, nor asked about.
    sandbox.cloze(["updatekeys", "."]).run().expect(0).prints("").silent();
    sandbox.cloze(["updatekeys", "--check", "."]).run().expect(0).prints("").silent();
}

#[test]
fn a_colleague_who_leaves_knows_nothing_of_what_comes() {
    let sandbox = Sandbox::new();
    let files = repository_of(&sandbox);
    let plain: Vec<_> = files.iter().map(|file| sandbox.cloze(["decrypt", file]).ok()).collect();
    rules(&sandbox, &[&[ALICE, BOB]], None);
    sandbox.cloze(["updatekeys", "--yes", "."]).ok();
    let before: Vec<_> = files.iter().map(|file| sandbox.text(file)).collect();

    rules(&sandbox, &[&[ALICE]], None);
    let outcome = sandbox.cloze(["updatekeys", "--yes", "."]).run();
    outcome.expect(0).says("could read these values").says("\n  stringData.password\n").says("\n  TOKEN\n");
    outcome.says("`./blob.bin`").says("all of it");
    assert!(!outcome.stderr.contains(SECRET) && !outcome.stdout_lossy().contains(SECRET));
    for ((file, plain), before) in files.iter().zip(plain).zip(before) {
        let after = sandbox.text(file);
        let sealed = |text: &str| -> Vec<String> {
            let parts = text.split("ENC[").skip(1);
            parts.map(|part| part.split(']').next().unwrap().to_owned()).collect()
        };
        assert!(sealed(&after).iter().all(|value| !sealed(&before).contains(value)), "{file} keeps a ciphertext");
        sandbox.cloze(["decrypt", file]).run().expect(0).prints(&plain);
        let by_bob = sandbox.cloze(["decrypt", file]).env("HOME", "/nonexistent").env("SOPS_AGE_KEY", bob()).run();
        by_bob.expect(128).prints("");
    }
}

#[test]
fn the_data_key_can_be_kept() {
    let sandbox = Sandbox::new();
    for (name, flags, said) in [
        ("cloze", &["--keep-data-key"][..], "`cloze rotate --in-place` changes it"),
        ("sops", &[][..], "`sops rotate -i` changes it"),
    ] {
        rules(&sandbox, &[&[ALICE, BOB]], None);
        sandbox.write("a.yaml", format!("a: {SECRET}\n"));
        sandbox.cloze(["encrypt", "-i", "a.yaml"]).ok();
        let before = sandbox.text("a.yaml");
        rules(&sandbox, &[&[ALICE]], None);
        let call = sandbox.named(name, ["updatekeys", "--yes", "a.yaml"].iter().chain(flags));
        call.run().expect(0).says(said);
        let after = sandbox.text("a.yaml");
        assert!(!after.contains(BOB));
        let lines: Vec<&str> = after.lines().collect();
        assert!(lines.iter().all(|line| before.lines().any(|old| old == *line)), "{name} changes a line: {after}");
    }
}

#[test]
fn called_as_sops_a_warning_of_the_data_key_is_about_those_who_were_removed() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("a.yaml", "a: 1\n");
    let groups = |args: &[&str]| {
        let call = sandbox.named("sops", [&["groups"], args, &["-i", "-f", "a.yaml"]].concat());
        call.env("SOPS_AGE_KEY", bob()).run()
    };
    groups(&["add", "--age", BOB]).expect(0).silent();
    let gone = groups(&["delete", "1", "--shamir-secret-sharing-threshold", "1"]);
    gone.expect(0).says("keeps its data key, which those who were removed may know");
}

#[test]
fn sops_and_we_update_and_group_each_others_files() {
    let Some(sops) = require_sops() else { return };
    let (carol, carol_key) = carol();
    let sandbox = Sandbox::new();
    let files = repository_of(&sandbox);
    let readable = |file: &str, keys: &str| {
        let plain = sandbox.cloze(["decrypt", file]).env("SOPS_AGE_KEY", keys).ok();
        if !file.ends_with(".toml") {
            let outcome = sandbox.real(sops, ["decrypt", file]).env("SOPS_AGE_KEY", keys).run();
            outcome.expect(0);
        }
        // sops lays a file out anew.
        let name = file.rsplit('.').next().unwrap().replace("env", "dotenv").replace("bin", "binary");
        data(Format::from_name(&name).unwrap(), &plain).unwrap()
    };
    for file in files.iter().filter(|file| !file.ends_with(".toml")) {
        let plain = readable(file, "");
        // To three groups, of which two must come together.
        rules(&sandbox, &[&[ALICE], &[BOB], &[&carol]], Some(2));
        sandbox.cloze(["updatekeys", "--yes", file]).ok();
        assert_eq!(readable(file, &bob()), plain, "{file}");
        assert_eq!(readable(file, carol_key.lines().last().unwrap()), plain, "{file}");
        sandbox.cloze(["decrypt", file]).run().expect(128);
        // sops adds a recipient to a group, and we take it out again.
        rules(&sandbox, &[&[ALICE], &[BOB, &carol], &[&carol]], Some(2));
        sandbox.real(sops, ["updatekeys", "--yes", file]).env("SOPS_AGE_KEY", bob()).ok();
        assert_eq!(readable(file, &bob()), plain, "{file}");
        rules(&sandbox, &[&[ALICE], &[BOB], &[&carol]], Some(3));
        sandbox.cloze(["updatekeys", "--yes", file]).env("SOPS_AGE_KEY", bob()).ok();
        let both = format!("{}\n{}", bob(), carol_key.lines().last().unwrap());
        sandbox.cloze(["decrypt", file]).env("SOPS_AGE_KEY", bob()).run().expect(128);
        assert_eq!(readable(file, &both), plain, "{file}");
        // One group less with each of the two.
        let delete = ["groups", "delete", "-i", "-f", file, "2", "--shamir-secret-sharing-threshold", "2"];
        sandbox.cloze(delete).env("SOPS_AGE_KEY", &both).ok();
        assert_eq!(readable(file, &bob()), plain, "{file}");
        let delete = ["groups", "delete", "-i", "-f", file, "--shamir-secret-sharing-threshold", "1", "1"];
        sandbox.real(sops, delete).env("SOPS_AGE_KEY", bob()).ok();
        assert_eq!(readable(file, ""), plain, "{file}");
        // Left to itself, sops would go on with the threshold of 1 that it has left in the file.
        let add = ["groups", "add", "-i", "-f", file, "--age", BOB, "--shamir-secret-sharing-threshold", "2"];
        sandbox.real(sops, add).ok();
        assert_eq!(readable(file, &bob()), plain, "{file}");
        sandbox.cloze(["groups", "add", "-i", "-f", file, "--age", &carol]).env("SOPS_AGE_KEY", bob()).ok();
        assert_eq!(readable(file, &bob()), plain, "{file}");
        // A key group grows without a new share, and the others do not change.
        let before = sandbox.text(file);
        sandbox.cloze(["rotate", "-i", file]).env("SOPS_AGE_KEY", bob()).ok();
        assert_ne!(sandbox.text(file), before);
        assert_eq!(readable(file, &bob()), plain, "{file}");
    }
}

#[test]
fn identities_are_loaded_once_for_all_files() {
    let sandbox = Sandbox::new();
    let files = repository_of(&sandbox);
    rules(&sandbox, &[&[ALICE, BOB]], None);
    let command = format!("echo asked >> {0}/asked; cat {0}/home/.config/sops/age/keys.txt", sandbox.root().display());
    let script = sandbox.script("keys", &command);
    let call = sandbox.cloze(["updatekeys", "--yes"].iter().chain(&files)).env("SOPS_AGE_KEY_CMD", script);
    call.env("XDG_CONFIG_HOME", "/nonexistent").ok();
    assert_eq!(fs::read_to_string(sandbox.root().join("asked")).unwrap(), "asked\n");
    assert!(files.iter().all(|file| sandbox.text(file).contains(BOB)));
}

#[test]
fn one_file_that_fails_stops_all_and_is_named() {
    let sandbox = Sandbox::new();
    let files = repository_of(&sandbox);
    sandbox.write("foreign.yaml", "a: 1\n");
    rules(&sandbox, &[&[BOB]], None);
    sandbox.cloze(["encrypt", "-i", "foreign.yaml"]).ok();
    sandbox.write(
        "broken.yaml",
        sandbox.text("deploy/secret.yaml").replacen("ENC[AES256_GCM,data:", "ENC[AES256_GCM,data:AA", 2),
    );
    rules(&sandbox, &[&[ALICE, BOB]], None);
    let before = sandbox.snapshot();
    let all = [&["updatekeys", "--yes", "foreign.yaml", "absent.yaml"][..], &files].concat();
    let outcome = sandbox.cloze(&all).run();
    outcome.expect(1).says("`foreign.yaml`: no recipient").says("`absent.yaml`: there is no such file");
    outcome.says("no file was changed").prints("");
    sandbox.cloze(["updatekeys", "--yes", "."]).run().expect(1).says("foreign.yaml");
    assert_eq!(sandbox.snapshot(), before);
    // Alone, each has its own code.
    sandbox.cloze(["updatekeys", "--yes", "foreign.yaml"]).run().expect(128);
    sandbox.cloze(["updatekeys", "--yes", "absent.yaml"]).run().expect(100);
    // A value that is damaged is noticed where the data key changes.
    rules(&sandbox, &[&[BOB]], None);
    sandbox.cloze(["updatekeys", "--yes", "broken.yaml"]).run().expect(25).says("broken.yaml");
    assert_eq!(sandbox.text("broken.yaml").matches(BOB).count(), 0);
    // sops does the others.
    rules(&sandbox, &[&[ALICE, BOB]], None);
    sandbox.named("sops", &all).run().expect(1).says("synced with new keys");
    assert!(files.iter().filter(|file| !file.ends_with(".toml")).all(|file| sandbox.text(file).contains(BOB)));
}

#[test]
fn a_directory_is_searched_for_what_rules_speak_of() {
    let sandbox = Sandbox::new();
    repository_of(&sandbox);
    sandbox.write("README.md", "A value begins with `ENC[AES256_GCM,`; the block is called sops and holds a mac.\n");
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - path_regex: ^deploy/\n    age: [{ALICE}, {BOB}]\n"));
    let outcome = sandbox.cloze(["updatekeys", "--yes", "."]).run();
    outcome.expect(0).says("`./app.json`: left as it is, since no creation rule matches");
    assert!(!outcome.stderr.contains("README"), "{}", outcome.stderr);
    assert!(sandbox.text("deploy/secret.yaml").contains(BOB) && !sandbox.text("app.json").contains(BOB));
    // Called by its name, a file without a rule is an error.
    sandbox.cloze(["updatekeys", "--yes", "app.json"]).run().expect(1).says("no matching creation rules found");
}

#[test]
fn checking_needs_no_key_and_writes_nothing() {
    let sandbox = Sandbox::new();
    repository_of(&sandbox);
    rules(&sandbox, &[&[BOB]], None);
    let before = sandbox.snapshot();
    let outcome = sandbox.cloze(["updatekeys", "--check", "app.json"]).env("HOME", "/nonexistent").run();
    outcome.expect(1).says("one file is not as the creation rules want");
    outcome.prints(format!(
        "app.json\n  + {BOB}\n  - {ALICE}\n  the data key changes too: without that, those who lose something keep it\n"
    ));
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn nothing_is_written_without_an_answer() {
    let sandbox = Sandbox::new();
    repository_of(&sandbox);
    rules(&sandbox, &[&[ALICE, BOB]], None);
    let before = sandbox.snapshot();
    sandbox.cloze(["updatekeys", "app.json"]).run().expect(1).says("--yes");
    sandbox.cloze(["updatekeys", "app.json"]).stdin("y\n").run().expect(1).says("--yes");
    sandbox.named("sops", ["updatekeys", "app.json"]).run().expect(1);
    sandbox.named("sops", ["updatekeys", "app.json"]).stdin("what?\n").run().expect(1);
    sandbox.named("sops", ["updatekeys", "app.json"]).stdin("n\n").run().expect(0).says("left unchanged");
    assert_eq!(sandbox.snapshot(), before);
    sandbox.named("sops", ["updatekeys", "app.json"]).stdin("what?\ny\n").run().expect(0).says("synced with new keys");
    assert!(sandbox.text("app.json").contains(BOB));
}

#[test]
fn asks_once_on_a_terminal() {
    let sandbox = Sandbox::new();
    repository_of(&sandbox);
    rules(&sandbox, &[&[ALICE, BOB]], None);
    let before = sandbox.snapshot();
    let Some(mut terminal) = Terminal::start(&sandbox, "cloze updatekeys .", &[]) else { return };
    terminal.expect(&format!("+ {BOB}")).expect("Change these 6 files?").send("n");
    let (code, screen) = terminal.finish();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(sandbox.snapshot(), before);
    let mut terminal = Terminal::start(&sandbox, "cloze updatekeys app.json conf.ini app.json", &[]).unwrap();
    terminal.expect("Change these 2 files?").send("y").expect("`conf.ini`: written");
    let (code, screen) = terminal.finish();
    assert_eq!(code, 0, "{screen}");
    assert!(sandbox.text("app.json").contains(BOB) && !sandbox.text("stage.env").contains(BOB));
}

#[test]
fn a_file_that_changes_during_the_question_is_not_overwritten() {
    let sandbox = Sandbox::new();
    repository_of(&sandbox);
    rules(&sandbox, &[&[ALICE, BOB]], None);
    let Some(mut terminal) = Terminal::start(&sandbox, "cloze updatekeys app.json conf.ini", &[]) else { return };
    terminal.expect("Change these 2 files?");
    sandbox.write("app.json", "somebody else's");
    let (code, screen) = {
        terminal.send("y");
        terminal.finish()
    };
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("`app.json`: was changed by somebody else"), "{screen}");
    assert_eq!(sandbox.text("app.json"), "somebody else's");
    assert!(sandbox.text("conf.ini").contains(BOB), "the others are written");
}

#[test]
fn the_threshold_of_the_rule_is_honoured() {
    let sandbox = Sandbox::new();
    let (carol, _) = carol();
    let groups: &[&[&str]] = &[&[ALICE], &[BOB], &[&carol]];
    rules(&sandbox, groups, Some(2));
    sandbox.write("a.yaml", format!("a: {SECRET}\n"));
    sandbox.cloze(["encrypt", "-i", "a.yaml"]).ok();
    for (threshold, shown) in [
        (Some(3), "3 of 3 key groups are needed to open it, instead of 2"),
        (Some(2), "2 of 3 key groups are needed to open it, instead of 3"),
        (None, "3 of 3 key groups are needed to open it, instead of 2"),
    ] {
        rules(&sandbox, groups, threshold);
        let keys = format!("{}\n{}", bob(), self::carol().1.lines().last().unwrap());
        let outcome = sandbox.cloze(["updatekeys", "--yes", "a.yaml"]).env("SOPS_AGE_KEY", keys).run();
        outcome.expect(0);
        assert!(outcome.stdout_lossy().contains(shown), "{}", outcome.stdout_lossy());
        assert!(sandbox.text("a.yaml").contains(&format!("shamir_threshold: {}", threshold.unwrap_or(3))));
        let opens = sandbox.cloze(["decrypt", "a.yaml"]).env("SOPS_AGE_KEY", bob()).run();
        opens.expect(if threshold == Some(2) { 0 } else { 128 });
    }
}

#[test]
fn rotate_adds_and_removes_and_prints_unless_told_to_write() {
    let sandbox = Sandbox::new();
    repository_of(&sandbox);
    let before = sandbox.snapshot();
    let printed = sandbox.cloze(["rotate", "app.json"]).text();
    assert!(printed.contains(ALICE) && printed != sandbox.text("app.json"));
    assert_eq!(sandbox.snapshot(), before);
    sandbox.cloze(["-r", "--add-age", BOB, "--output", "new.json", "app.json"]).ok();
    assert!(sandbox.text("new.json").contains(BOB));
    let outcome = sandbox.cloze(["rotate", "-i", "--rm-age", ALICE, "new.json"]).run();
    outcome
        .expect(0)
        .says("\n  db.password\n")
        .says(&format!("`{BOB}` can open it, and is no recipient of its creation rule"));
    sandbox.cloze(["decrypt", "new.json"]).run().expect(128);
    let opened = sandbox.cloze(["decrypt", "new.json"]).env("SOPS_AGE_KEY", bob()).ok();
    assert_eq!(opened, sandbox.cloze(["decrypt", "app.json"]).ok());
    sandbox
        .named("sops", ["-r", "-i", "--add-age", ALICE, "new.json"])
        .env("SOPS_AGE_KEY", bob())
        .run()
        .expect(0)
        .silent();
    assert!(sandbox.text("new.json").contains(ALICE));
    // Twice the same is once.
    sandbox.cloze(["rotate", "-i", "--add-age", ALICE, "app.json"]).ok();
    assert_eq!(sandbox.text("app.json").matches(ALICE).count(), 1);
    // What cannot be opened is left as it is, not emptied.
    let before = sandbox.text("app.json");
    sandbox.cloze(["rotate", "-i", "app.json"]).env("HOME", "/nonexistent").run().expect(128);
    sandbox.write("pgp.yaml", sandbox.text("deploy/secret.yaml"));
    sandbox
        .cloze(["rotate", "-i", "--add-pgp", "85D77543B3D624B63CEA9E6DBC17301B491B3F21", "app.json"])
        .run()
        .expect(1)
        .says("PGP");
    assert_eq!(sandbox.text("app.json"), before);
}

#[test]
fn a_folder_that_cannot_be_written_keeps_its_files() {
    let sandbox = Sandbox::with_rules();
    let before = sandbox.encrypted("f.yaml", format!("a: {SECRET}\n"));
    set_mode(&sandbox.path(""), 0o555);
    if fs::write(sandbox.path("probe"), "").is_ok() {
        fs::remove_file(sandbox.path("probe")).unwrap();
        as_nobody(&sandbox, "cloze rotate -i f.yaml", 3, "f.yaml");
    } else {
        sandbox.cloze(["rotate", "-i", "f.yaml"]).run().expect(3).says("f.yaml").prints("");
    }
    assert_eq!(sandbox.read("f.yaml"), before);
    set_mode(&sandbox.path(""), 0o755);
}

#[test]
fn a_file_that_only_streams_is_refused() {
    let sandbox = Sandbox::with_rules();
    let fifo = sandbox.path("p.yaml");
    sandbox.call(Path::new("mkfifo"), [&fifo]).ok();
    for args in [
        &["updatekeys", "--yes", "p.yaml"][..],
        &["rotate", "-i", "p.yaml"],
        &["groups", "add", "-i", "-f", "p.yaml", "--age", BOB],
    ] {
        sandbox.cloze(args).run().expect(2).says("p.yaml").prints("");
    }
}

/// Calls that end alike in both programs, and leave the same files as they were.
#[test]
fn bad_calls_end_as_with_sops() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    let (carol, _) = carol();
    for name in ["a.yaml", "one.yaml"] {
        sandbox.write(name, format!("a: {SECRET}\n"));
        sandbox.cloze(["encrypt", "-i", name]).ok();
    }
    rules(&sandbox, &[&[ALICE], &[ALICE]], Some(2));
    sandbox.write("groups.yaml", format!("a: {SECRET}\n"));
    sandbox.cloze(["encrypt", "-i", "groups.yaml"]).ok();
    sandbox.write("plain.yaml", "a: 1\n");
    sandbox.write("broken.yaml", "a: [\n");
    sandbox.write("empty.yaml", "");
    sandbox.write("odd.yaml", "sops:\n  mac: x\n  version: 3.7.1\n");
    sandbox.write("null.yaml", "a: 1\nsops:\n");
    rules(&sandbox, &[&[ALICE]], None);
    let before = sandbox.snapshot();
    for line in [
        "rotate --rm-age ALICE a.yaml",
        "rotate --add-age nobody a.yaml",
        "rotate --rm-age nobody a.yaml",
        "rotate --add-age BOB absent.yaml",
        "rotate --rm-age BOB absent.yaml",
        "-r --add-age BOB absent.yaml",
        "-r absent.yaml",
        "rotate",
        "rotate plain.yaml",
        "rotate -i --output x a.yaml",
        "rotate --decryption-order age,age a.yaml",
        "rotate --bogus a.yaml",
        "updatekeys",
        "updatekeys absent.yaml",
        "updatekeys -y plain.yaml",
        "updatekeys -y .",
        "updatekeys -y a.yaml absent.yaml",
        "updatekeys -y --input-type json a.yaml",
        "updatekeys a.yaml",
        "--config /dev/null updatekeys -y a.yaml",
        "--config absent updatekeys -y a.yaml",
        "groups delete -f groups.yaml",
        "groups delete -f groups.yaml 0 1",
        "groups delete -f groups.yaml x",
        "groups delete -f groups.yaml 1",
        "groups add -f plain.yaml --age BOB",
        "filestatus",
        "filestatus a.yaml",
        "filestatus plain.yaml",
        "filestatus broken.yaml",
        "filestatus empty.yaml",
        "filestatus odd.yaml",
        "filestatus null.yaml",
        "filestatus absent.yaml",
        "filestatus --input-type json a.yaml",
        "filestatus .",
    ] {
        let args: Vec<String> = line.split(' ').map(|word| word.replace("ALICE", ALICE).replace("BOB", BOB)).collect();
        let (ours, theirs) = (sandbox.named("sops", &args).run(), sandbox.real(sops, &args).run());
        assert_eq!(ours.code, theirs.code, "{line}\nours: {}\ntheirs: {}", ours.stderr, theirs.stderr);
        if line.starts_with("filestatus") {
            assert_eq!(
                ours.stdout_lossy(),
                if theirs.code == 0 { theirs.stdout_lossy() } else { String::new() },
                "{line}"
            );
        }
        assert!(!ours.stderr.contains(SECRET), "{line}");
        assert_eq!(sandbox.snapshot(), before, "{line}");
    }
    // What sops writes though nobody could open it, or where it crashes, is refused.
    for (line, said) in [
        ("groups add -i -f a.yaml", "no recipient was named"),
        ("groups add -i -f a.yaml --age nobody", "nobody"),
        ("groups add -i -f a.yaml --age BOB --shamir-secret-sharing-threshold 1", "threshold of 1"),
        ("groups add -i -f a.yaml --age BOB --shamir-secret-sharing-threshold 3", "threshold of 3"),
        ("groups add -i -f a.yaml --pgp 85D77543B3D624B63CEA9E6DBC17301B491B3F21", "PGP recipient"),
        ("groups delete -i -f groups.yaml 2", "there is no key group 2"),
        ("groups delete -i -f a.yaml 0", "the last key group"),
        ("groups delete -i -f groups.yaml 0", "one key group would be left"),
        ("rotate -i --rm-age ALICE groups.yaml", "the last recipient of key group 0"),
    ] {
        let args: Vec<String> = line.split(' ').map(|word| word.replace("ALICE", ALICE).replace("BOB", BOB)).collect();
        for name in ["sops", "cloze"] {
            sandbox.named(name, &args).run().expect(1).says(said);
        }
    }
    sandbox.cloze(["rotate", "-i", "--rm-age", &carol, "a.yaml"]).run().expect(1).says("is no recipient");
    sandbox.cloze(["updatekeys", "--yes", "-"]).run().expect(100);
    sandbox.cloze(["filestatus", "absent.yaml"]).run().expect(100);
    assert_eq!(sandbox.snapshot(), before);
}
