//! `edit`: what the editor is given, what becomes of the file, and that neither a mistake nor a
//! signal loses the text or leaves plaintext behind.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{ALICE, Sandbox, mode, skip};
use crate::pty::Terminal;

const PLAIN: &str = "# a comment\nuser_unencrypted: admin\n\npassword:   canary-one   # inline\nport: 5432\nlist:\n  - 'a'\n  - \"b\"\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("secrets.yaml", PLAIN);
    sandbox
}

/// An editor that runs this shell script, with the file as `$1`.
fn editor(sandbox: &Sandbox, body: &str) -> String {
    sandbox.script("editor", body).to_str().unwrap().to_owned()
}

fn edit(sandbox: &Sandbox, body: &str) -> crate::harness::Outcome {
    let editor = editor(sandbox, body);
    sandbox.cloze(["edit", "secrets.yaml"]).env("SOPS_EDITOR", editor).run()
}

fn decrypted(sandbox: &Sandbox) -> String {
    sandbox.cloze(["decrypt", "secrets.yaml"]).text()
}

/// No file of the sandbox, but those named, may hold the canary.
#[track_caller]
fn no_plaintext(sandbox: &Sandbox, canary: &str) {
    for (path, _, content) in sandbox.snapshot() {
        let scripts = path.parent().is_some_and(|folder| folder.ends_with("bin"));
        let found = content.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(scripts || !found, "plaintext in {}", path.display());
    }
    for memory in ["/dev/shm", "/tmp"] {
        for entry in fs::read_dir(memory).into_iter().flatten().filter_map(Result::ok) {
            let inside = entry.path().join("secrets.yaml");
            let found = fs::read_to_string(&inside).is_ok_and(|text| text.contains(canary));
            assert!(!found, "plaintext in {}", inside.display());
        }
    }
}

#[test]
fn changes_what_was_changed_and_keeps_every_other_ciphertext() {
    let sandbox = sandbox();
    let before = sandbox.text("secrets.yaml");
    edit(&sandbox, "sed -i 's/canary-one/canary-two/' \"$1\"").expect(0).silent().prints("");
    let after = sandbox.text("secrets.yaml");
    assert_eq!(decrypted(&sandbox), PLAIN.replace("canary-one", "canary-two"));
    let changed: Vec<_> =
        before.lines().zip(after.lines()).filter(|(old, new)| old != new).map(|(old, _)| old.trim_start()).collect();
    assert!(changed.iter().any(|line| line.starts_with("password:")), "{changed:?}");
    let may_change = |line: &&str| ["password:", "lastmodified:", "mac:"].iter().any(|start| line.starts_with(start));
    assert!(changed.iter().all(may_change), "{changed:?}");
    no_plaintext(&sandbox, "canary-two");
}

#[test]
fn an_unchanged_text_writes_nothing() {
    let sandbox = sandbox();
    let path = sandbox.path("secrets.yaml");
    let before = (sandbox.read("secrets.yaml"), fs::metadata(&path).unwrap());
    edit(&sandbox, "true").expect(200).says("File has not changed, exiting.").prints("");
    let after = fs::metadata(&path).unwrap();
    assert_eq!(sandbox.read("secrets.yaml"), before.0);
    assert_eq!((after.ino(), after.mtime_nsec()), (before.1.ino(), before.1.mtime_nsec()));
}

#[test]
fn the_editor_gets_one_private_file_of_the_same_name() {
    let sandbox = sandbox();
    let facts = sandbox.path("facts");
    let body = format!(
        "{{ echo $#; basename \"$1\"; stat -c %a \"$1\"; stat -c %a \"$(dirname \"$1\")\"; echo \"$1\"; }} > {}",
        facts.display()
    );
    edit(&sandbox, &body).expect(200);
    let facts = sandbox.text("facts");
    let facts: Vec<&str> = facts.lines().collect();
    assert_eq!(facts[..4], ["1", "secrets.yaml", "600", "700"]);
    assert!(!facts[4].starts_with(sandbox.path("").to_str().unwrap()), "plaintext beside the file: {}", facts[4]);
    assert!(!Path::new(facts[4]).exists() && !Path::new(facts[4]).parent().unwrap().exists());
}

#[test]
fn the_editor_may_have_arguments_and_blanks_in_its_path() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.path("a b")).unwrap();
    let script = sandbox.script("editor", "[ \"$1\" = --wait ] && sed -i 's/5432/5433/' \"$2\"");
    fs::rename(script, sandbox.path("a b/ed.sh")).unwrap();
    let editor = format!("{}/a\\ b/ed.sh --wait", sandbox.path("").display());
    // SOPS_EDITOR wins, and an empty one is none.
    sandbox.cloze(["edit", "secrets.yaml"]).env("EDITOR", "false").env("SOPS_EDITOR", &editor).run().expect(0);
    assert!(decrypted(&sandbox).contains("5433"));
    sandbox.cloze(["edit", "secrets.yaml"]).env("EDITOR", &editor).env("SOPS_EDITOR", "").run().expect(200);
}

#[test]
fn the_editor_has_our_standard_streams() {
    let sandbox = sandbox();
    let editor = editor(&sandbox, "echo READY; cat > \"$1\"");
    let outcome = sandbox.cloze(["edit", "secrets.yaml"]).env("EDITOR", editor).stdin("new: 1\n").run();
    outcome.expect(0).silent().prints("READY\n");
    assert_eq!(decrypted(&sandbox), "new: 1\n");
}

#[test]
fn a_new_file_is_made_by_the_rules() {
    let sandbox = Sandbox::with_rules();
    let editor = editor(&sandbox, "test -s \"$1\" && printf 'password: canary-new\\n' > \"$1\"");
    sandbox.cloze(["edit", "new.yaml"]).env("EDITOR", editor).run().expect(0).prints("");
    assert!(sandbox.text("new.yaml").contains(ALICE));
    assert_eq!(sandbox.cloze(["decrypt", "new.yaml"]).text(), "password: canary-new\n");
    no_plaintext(&sandbox, "canary-new");
}

#[test]
fn a_new_file_is_not_made_at_the_end_of_a_link() {
    let sandbox = Sandbox::with_rules();
    std::os::unix::fs::symlink("elsewhere.yaml", sandbox.path("link.yaml")).unwrap();
    let editor = editor(&sandbox, "printf 'a: canary\\n' > \"$1\"");
    sandbox.cloze(["edit", "link.yaml"]).env("EDITOR", editor).run().expect(100).says("link.yaml");
    assert!(!sandbox.path("elsewhere.yaml").exists());
}

#[test]
fn without_a_terminal_a_broken_text_fails_and_is_kept() {
    let sandbox = sandbox();
    let before = sandbox.read("secrets.yaml");
    let outcome = edit(&sandbox, "printf 'a: [canary-broken\\n' > \"$1\"");
    assert_ne!(outcome.code, 0);
    outcome.says("--resume").prints("");
    assert!(!outcome.stderr.contains("canary"), "{}", outcome.stderr);
    assert_eq!(sandbox.read("secrets.yaml"), before);
    no_plaintext(&sandbox, "canary-broken");
    resume(&sandbox, "grep -q canary-broken \"$1\" && printf 'a: fixed\\n' > \"$1\"");
    assert_eq!(decrypted(&sandbox), "a: fixed\n");
}

#[test]
fn a_failing_editor_loses_nothing() {
    let sandbox = sandbox();
    let before = sandbox.read("secrets.yaml");
    let outcome = edit(&sandbox, "sed -i 's/canary-one/canary-kept/' \"$1\"; exit 3");
    outcome.expect(201).says("--resume");
    assert_eq!(sandbox.read("secrets.yaml"), before);
    no_plaintext(&sandbox, "canary-kept");
    resume(&sandbox, "grep -q canary-kept \"$1\"");
    assert!(decrypted(&sandbox).contains("canary-kept"));
}

#[test]
fn a_file_that_changed_meanwhile_is_not_overwritten() {
    let sandbox = sandbox();
    let file = sandbox.path("secrets.yaml");
    let other = sandbox.path("other.yaml");
    fs::copy(&file, &other).unwrap();
    let change = editor(&sandbox, "sed -i 's/5432/1/' \"$1\"");
    sandbox.cloze(["edit", "other.yaml"]).env("EDITOR", change).ok();
    let changed = sandbox.read("other.yaml");
    let body = format!("cp {} {}; sed -i 's/canary-one/canary-mine/' \"$1\"", other.display(), file.display());
    let outcome = edit(&sandbox, &body);
    assert_ne!(outcome.code, 0);
    outcome.says("--resume");
    assert_eq!(sandbox.read("secrets.yaml"), changed);
    no_plaintext(&sandbox, "canary-mine");
    resume(&sandbox, "grep -q canary-mine \"$1\"");
    assert!(decrypted(&sandbox).contains("canary-mine"));
}

#[test]
fn a_read_only_folder_loses_nothing() {
    let sandbox = sandbox();
    let before = sandbox.read("secrets.yaml");
    // Root may write everywhere, but not into a file that is a mount point of /dev/full's kind; a
    // target that becomes a directory cannot be replaced by anybody.
    let file = sandbox.path("secrets.yaml");
    let body = format!("rm {0}; mkdir {0}; sed -i 's/canary-one/canary-late/' \"$1\"", file.display());
    let outcome = edit(&sandbox, &body);
    assert_ne!(outcome.code, 0);
    outcome.says("--resume");
    no_plaintext(&sandbox, "canary-late");
    fs::remove_dir(&file).unwrap();
    sandbox.write("secrets.yaml", before);
    resume(&sandbox, "grep -q canary-late \"$1\"");
    assert!(decrypted(&sandbox).contains("canary-late"));
}

/// Continues an edit; it must come to its end, and then there is nothing more to continue.
fn resume(sandbox: &Sandbox, body: &str) {
    let editor = editor(sandbox, body);
    let call = || sandbox.cloze(["edit", "--resume", "secrets.yaml"]).env("SOPS_EDITOR", &editor);
    call().run().expect(0);
    let again = call().run();
    assert_ne!(again.code, 0, "there should be nothing left to resume");
}

#[test]
fn signals_leave_no_plaintext() {
    for signal in ["INT", "TERM", "HUP"] {
        let sandbox = sandbox();
        let before = sandbox.read("secrets.yaml");
        let place = sandbox.path("place");
        let body =
            format!("sed -i 's/canary-one/canary-typed/' \"$1\"; echo \"$$ $1\" > {}; exec sleep 30", place.display());
        let editor = editor(&sandbox, &body);
        let mut child = Command::new(sandbox.root().join("bin/cloze"))
            .args(["edit", "secrets.yaml"])
            .current_dir(sandbox.path(""))
            .env_clear()
            .envs(sandbox.environment())
            .env("EDITOR", editor)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while fs::read_to_string(&place).unwrap_or_default().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(60), "the editor did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        let text = sandbox.text("place");
        let (editor, file) = text.trim().split_once(' ').unwrap();
        let kill =
            |signal: &str, process: &str| Command::new("kill").args([&format!("-{signal}"), process]).status().unwrap();
        assert!(Path::new(file).exists());
        kill(signal, &child.id().to_string());
        if signal == "INT" {
            // A terminal gives it to the editor too, for which it is one more key; cloze leaves it to it.
            kill(signal, editor);
        }
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(10), "{signal} does not end it");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_ne!(child.wait().unwrap().code(), Some(0));
        let _ = Command::new("kill").arg(editor).stderr(Stdio::null()).status();
        assert!(
            !Path::new(file).exists() && !Path::new(file).parent().unwrap().exists(),
            "{signal}: {file} is still there"
        );
        no_plaintext(&sandbox, "canary-typed");
        assert_eq!(sandbox.read("secrets.yaml"), before);
        // What was typed is not lost.
        resume(&sandbox, "grep -q canary-typed \"$1\"");
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let sandbox = sandbox();
    let disk = sandbox.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|done| done.status.success()) {
        return skip("a small tmpfs cannot be mounted here");
    }
    fs::copy(sandbox.path("secrets.yaml"), disk.join("secrets.yaml")).unwrap();
    let editor = editor(&sandbox, "printf 'more: canary-%020000d\\n' 1 >> \"$1\"");
    let outcome = sandbox.cloze(["edit", "disk/secrets.yaml"]).env("EDITOR", editor).run();
    let kept = fs::read(disk.join("secrets.yaml"));
    let files = fs::read_dir(&disk).unwrap().count();
    let _ = Command::new("umount").arg(&disk).status();
    assert_ne!(outcome.code, 0);
    outcome.says("--resume");
    assert_eq!(kept.unwrap(), sandbox.read("secrets.yaml"));
    assert_eq!(files, 1, "something was left on the disk");
    no_plaintext(&sandbox, "canary-0000");
}

#[test]
fn a_full_place_for_plaintext_is_passed_over() {
    let sandbox = sandbox();
    let full = sandbox.root().join("run");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&full).output();
    if !mounted.is_ok_and(|done| done.status.success()) {
        return skip("a small tmpfs cannot be mounted here");
    }
    let filled = fs::write(full.join("filler"), vec![0; 64 * 1024]);
    let body = format!("echo \"$1\" > {}; sed -i 's/5432/1/' \"$1\"", sandbox.path("place").display());
    let outcome = edit(&sandbox, &body);
    let left = fs::read_dir(&full).unwrap().count();
    let _ = Command::new("umount").arg(&full).status();
    assert!(filled.is_err(), "the place was not full");
    outcome.expect(0).silent();
    assert!(!sandbox.text("place").starts_with(full.to_str().unwrap()));
    assert_eq!(left, 1, "something was left in the full place");
}

#[test]
fn on_a_terminal_a_broken_text_goes_back_to_the_editor() {
    let sandbox = sandbox();
    let editor = editor(
        &sandbox,
        "if grep -q '\\[broken' \"$1\"; then printf 'a: fixed\\n' > \"$1\"; else printf 'a: [broken\\n' > \"$1\"; fi",
    );
    let Some(mut terminal) = Terminal::start(&sandbox, "cloze edit secrets.yaml", &[("EDITOR", &editor)]) else {
        return;
    };
    terminal.expect("Enter").send("\n");
    let (code, screen) = terminal.finish();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(decrypted(&sandbox), "a: fixed\n");
}

#[test]
fn on_a_terminal_giving_up_keeps_the_text() {
    let sandbox = sandbox();
    let before = sandbox.read("secrets.yaml");
    let editor = editor(&sandbox, "printf 'a: [canary-given-up\\n' > \"$1\"");
    let Some(mut terminal) = Terminal::start(&sandbox, "cloze edit secrets.yaml", &[("EDITOR", &editor)]) else {
        return;
    };
    terminal.expect("Enter").send("\u{3}");
    let (code, screen) = terminal.finish();
    assert_ne!(code, 0, "{screen}");
    assert_eq!(sandbox.read("secrets.yaml"), before);
    no_plaintext(&sandbox, "canary-given-up");
    resume(&sandbox, "grep -q canary-given-up \"$1\" && printf 'a: fixed\\n' > \"$1\"");
}

#[test]
fn the_file_keeps_its_mode_and_a_link_stays_a_link() {
    let sandbox = sandbox();
    crate::harness::set_mode(&sandbox.path("secrets.yaml"), 0o640);
    std::os::unix::fs::symlink("secrets.yaml", sandbox.path("link.yaml")).unwrap();
    let editor = editor(&sandbox, "sed -i 's/5432/1/' \"$1\"");
    sandbox.cloze(["edit", "link.yaml"]).env("EDITOR", editor).ok();
    assert!(sandbox.path("link.yaml").symlink_metadata().unwrap().is_symlink());
    assert_eq!(mode(&sandbox.path("secrets.yaml")), 0o640);
    assert!(decrypted(&sandbox).contains("port: 1\n"));
}
