//! `exec`, `exec-env` and `exec-file`: what the program gets, compared with the real sops, how it
//! ends, which signals reach it, and that nothing stays behind.

use std::fs;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{ALICE, Outcome, Sandbox, require_sops, skip};
use crate::pty::Terminal;

const NAMES: [&str; 2] = ["cloze", "sops"];
const YAML: &str =
    "# note\nA: canary one\nN: 5\nF: 1.0\nG: 1e6\nB: true\nM: \"two\\nlines\"\nT: 2020-01-01T00:00:00Z\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("s.yaml", YAML);
    sandbox.encrypted("d.env", "A=\"x\\ny\" # c\nexport B='q'\nC=\n");
    sandbox
}

/// What `env -0` prints, sorted, without what shells add.
fn variables(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output).into_owned();
    let own = |entry: &&str| {
        !["", "PWD=", "OLDPWD=", "SHLVL=", "_="].iter().any(|name| entry.split_inclusive('=').next() == Some(name))
    };
    let mut found: Vec<String> =
        text.split('\0').filter(own).filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
    found.sort();
    found
}

/// No private directory is left, in the sandbox or in memory.
#[track_caller]
fn nothing_left(sandbox: &Sandbox) {
    for place in ["run", "tmp"] {
        let left = fs::read_dir(sandbox.root().join(place)).unwrap().count();
        assert_eq!(left, 0, "something is left in {place}");
    }
}

#[test]
fn the_environment_is_that_of_sops() {
    let Some(sops) = require_sops() else { return };
    let sandbox = sandbox();
    sandbox.encrypted("j.json", "{\"A\": \"x\", \"n\": null, \"f\": 1e-7, \"\": \"no name\", \"with-dash\": 1}");
    sandbox.encrypted("double.env", "A=1\nA=2\nHOME=/other\n");
    sandbox.encrypted("stream.yaml", "A: 1\n---\nB: 2\n");
    sandbox.write("raw", "bytes");
    sandbox.cloze(["encrypt", "--age", ALICE, "-i", "raw"]).ok();
    for file in ["s.yaml", "d.env", "j.json", "double.env", "stream.yaml", "raw"] {
        for flags in [&[][..], &["--pristine"], &["--same-process"]] {
            let args: Vec<&str> = ["exec-env"].iter().chain(flags).copied().chain([file, "env -0"]).collect();
            let theirs = sandbox.real(sops, &args).env("EXTRA", "1").ok();
            let ours = sandbox.named("sops", &args).env("EXTRA", "1").ok();
            let added = |entry: &String| !entry.starts_with("SOPS_DISABLE_VERSION_CHECK=");
            let theirs: Vec<String> = variables(&theirs).into_iter().filter(added).collect();
            assert_eq!(variables(&ours), theirs, "{file} {flags:?}");
        }
    }
}

#[test]
fn refusals_and_exit_codes_are_those_of_sops() {
    let Some(sops) = require_sops() else { return };
    let sandbox = sandbox();
    sandbox.encrypted("nested.yaml", "A: 1\nl: [1]\n");
    sandbox.encrypted("i.ini", "[s]\na = 1\n");
    sandbox.encrypted("equals.yaml", "\"a=b\": canary\n");
    sandbox.encrypted("nul.json", "{\"a\": \"canary\\u0000\"}");
    sandbox.encrypted("big.json", format!("{{\"a\": \"{}\"}}", "canary".repeat(40_000)));
    sandbox.write("plain.yaml", "a: canary\n");
    let calls: [&[&str]; 21] = [
        &["exec-env", "s.yaml", "exit 7"],
        &["exec-env", "s.yaml", "exit 255"],
        &["exec-env", "s.yaml", "true"],
        &["exec-env", "s.yaml", "no-such-command"],
        &["exec-env", "--same-process", "s.yaml", "exit 3"],
        &["exec-env", "--same-process", "--background", "s.yaml", "true"],
        &["exec-env", "--background", "s.yaml", "exit 3"],
        &["exec-env", "s.yaml", "--", "exit 4"],
        &["exec-env", "s.yaml"],
        &["exec-env"],
        &["exec-env", "s.yaml", "echo", "x"],
        &["exec-env", "none.yaml", "true"],
        &["exec-env", "plain.yaml", "true"],
        &["exec-env", "nested.yaml", "true"],
        &["exec-env", "i.ini", "true"],
        &["exec-env", "equals.yaml", "true"],
        &["exec-env", "nul.json", "true"],
        &["exec-env", "big.json", "true"],
        &["exec-file", "s.yaml", "exit 7"],
        &["exec-file", "--no-fifo", "s.yaml", "exit 7"],
        &["exec-file", "none.yaml", "true"],
    ];
    for call in calls {
        let theirs = sandbox.real(sops, call).run();
        let ours = sandbox.named("sops", call).run();
        assert_eq!(ours.code, theirs.code, "{call:?}\nours: {}\ntheirs: {}", ours.stderr, theirs.stderr);
        for text in ["cannot use complex value in environment; offending key", "cannot use keys with '='"] {
            assert_eq!(ours.stderr.contains(text), theirs.stderr.contains(text), "{call:?}\n{}", ours.stderr);
        }
        assert!(!ours.stderr.contains("canary"), "{}", ours.stderr);
    }
    nothing_left(&sandbox);
}

#[test]
fn files_are_those_of_sops() {
    let Some(sops) = require_sops() else { return };
    let sandbox = sandbox();
    let script = "cat {} | cksum; stat -c '%a %F' {} $(dirname {}); basename {}; exit 6";
    for flags in [
        &["--filename", "x.yaml"][..],
        &["--no-fifo", "--filename", "x.yaml"],
        &["--output-type", "json"],
        &["--output-type", "dotenv"],
        &[],
    ] {
        let args: Vec<&str> = ["exec-file"].iter().chain(flags).copied().chain(["s.yaml", script]).collect();
        let theirs = sandbox.real(sops, &args).run();
        let ours = sandbox.named("sops", &args).run();
        // We give the numbers of the file back as they were.
        let same = |outcome: &Outcome| {
            let keep = usize::from(!flags.contains(&"--output-type"));
            outcome.stdout_lossy().lines().skip(keep).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!((ours.code, same(&ours)), (theirs.code, same(&theirs)), "{flags:?}\n{}", ours.stderr);
        assert_eq!(ours.code, 6);
        nothing_left(&sandbox);
    }
}

#[test]
fn dotenv_values_are_raw_text_to_sops_and_values_to_cloze() {
    let sandbox = sandbox();
    let print = "printf '%s|' \"$A\" \"$B\" \"$C\"";
    sandbox.cloze(["exec-env", "d.env", print]).run().expect(0).silent().prints("x\ny|q||");
    sandbox.named("sops", ["exec-env", "d.env", print]).run().expect(0).silent().prints("\"x\ny\" # c|||");
}

#[test]
fn exec_runs_arguments_as_they_are() {
    let sandbox = sandbox();
    sandbox.encrypted("more.yaml", "A: second\nD: {x: 1, y: [2]}\n");
    let show = sandbox.script("show", "printf '%s|' \"$A\" \"$P_A\" \"$P_D_y_0\" \"$@\"");
    let show = show.to_str().unwrap();
    let exec = |args: &[&str]| sandbox.cloze(["exec"].iter().chain(args).copied()).run();
    exec(&["--file", "s.yaml", "--", show, "a b", "$A", "*", "--file", "-h"])
        .expect(0)
        .silent()
        .prints("canary one|||a b|$A|*|--file|-h|");
    exec(&["-f", "s.yaml", show, "--help", "--"]).expect(0).prints("canary one|||--help|--|");
    exec(&["-f", "s.yaml", "-f", "more.yaml", "--only", "A", show]).expect(0).silent().prints("second|||");
    exec(&["-f", "more.yaml", "-f", "s.yaml", "--only=A", show]).expect(0).prints("canary one|||");
    let outcome = exec(&["--verbose", "-f", "s.yaml", "-f", "more.yaml", "--only", "A", "--", show]);
    outcome.expect(0).says("`A` of `more.yaml` takes the place of the one before");
    exec(&["-f", "more.yaml", "--nested", "--prefix", "P_", show]).expect(0).prints("|second|2|");
    exec(&["-f", "more.yaml", show]).expect(1).says("offending key D").says("--nested");
    exec(&["-f", "s.yaml", "--only", "none", show]).expect(1).says("there is no `none` in `s.yaml`");
    exec(&[show]).expect(100).says("--file");
    exec(&["-f", "s.yaml"]).expect(1).says("no command");
    exec(&["-f", "none.yaml", show]).expect(100).prints("");
    exec(&["-f", "s.yaml", "s.yaml"]).expect(127).says("named with --file");
    exec(&["-f", "s.yaml", "./s.yaml"]).expect(126).says("named with --file");
    exec(&["-f", "s.yaml", "no-such-command"]).expect(127).says("no such file");
    exec(&["-f", "s.yaml", "sh", "-c", "exit 9"]).expect(9).silent();
    exec(&["-f", "s.yaml", "--pristine", "/usr/bin/env"]).expect(0);
    sandbox.cloze(["exec", "-f", "s.yaml", "cat"]).stdin("data").run().expect(0).prints("data");
    sandbox.named("sops", ["exec"]).env("EDITOR", "false").run().expect(201);
}

#[test]
fn what_makes_no_sense_is_said() {
    let sandbox = sandbox();
    sandbox.encrypted("big.json", format!("{{\"ok\": 1, \"a\": \"{}\"}}", "canary".repeat(40_000)));
    sandbox.encrypted("null.yaml", "HOME: null\nX: 1\n");
    let outcome = sandbox.cloze(["exec", "-f", "big.json", "true"]).run();
    outcome.expect(1).says("argument list too long").says("`a` with 240003 bytes").says("exec-file");
    assert!(!outcome.stderr.contains("canary"));
    sandbox.cloze(["exec", "-f", "big.json", "--only", "ok", "true"]).run().expect(0).silent();
    sandbox.cloze(["exec-file", "big.json", "wc -c < {}"]).run().expect(0).silent().prints("240018\n");
    sandbox
        .cloze(["exec", "-f", "null.yaml", "--", "sh", "-c", "echo \"${HOME-unset}\""])
        .run()
        .expect(0)
        .prints("unset\n");
    for name in NAMES {
        sandbox.named(name, ["exec-env", "s.yaml", "echo", "x"]).run().expect(1).says("one argument");
        sandbox.named(name, ["exec-file", "--background", "s.yaml", "true"]).run().expect(1).says("&");
        for file in ["../x", "/x", "d/x"] {
            let outcome = sandbox.named(name, ["exec-file", "--filename", file, "s.yaml", "true"]).run();
            outcome.expect(1).says("without directories");
        }
        sandbox.named(name, ["exec-env", "--user", "no such user", "s.yaml", "true"]).run().expect(1).says("no user");
    }
    nothing_left(&sandbox);
}

#[test]
fn a_changed_file_runs_nothing() {
    let sandbox = sandbox();
    let text = sandbox.text("s.yaml").replacen("ENC[AES256_GCM,data:", "ENC[AES256_GCM,data:AAAA", 2);
    sandbox.write("s.yaml", text);
    for command in ["exec-env", "exec-file"] {
        let outcome = sandbox.cloze([command, "s.yaml", "touch ran"]).run();
        assert_ne!(outcome.code, 0);
        assert!(!sandbox.path("ran").exists());
    }
}

#[test]
fn the_fifo_is_read_as_often_as_it_is_opened() {
    let sandbox = sandbox();
    let plain = sandbox.cloze(["decrypt", "s.yaml"]).text();
    for name in NAMES {
        let script = "cat {}; sleep 0.1; cat {}; head -c 1 {} > /dev/null; cat \"{}\"";
        sandbox.named(name, ["exec-file", "s.yaml", script]).run().expect(0).silent().prints(plain.repeat(3));
        nothing_left(&sandbox);
    }
    // Nobody has to read it, nor leave it where it is.
    for script in ["true {}", "rm -f {}", "cat {} > /dev/null; rm -rf $(dirname {})"] {
        sandbox.cloze(["exec-file", "s.yaml", script]).run().expect(0).silent();
        nothing_left(&sandbox);
    }
}

#[test]
fn the_file_is_gone_whatever_the_command_leaves() {
    let sandbox = sandbox();
    let script = "echo {}; touch {}.copy; mkdir {}.d; test \"$(stat -c %a {})\" = 600; rm -f {}";
    let outcome = sandbox.cloze(["exec-file", "--no-fifo", "s.yaml", script]).run();
    outcome.expect(0).silent();
    assert!(!fs::exists(outcome.stdout_lossy().trim_end()).unwrap());
    let outcome =
        sandbox.cloze(["exec-file", "s.yaml", "echo {}; (sleep 30 < {} &) ; exit 3"]).env("XDG_RUNTIME_DIR", "").run();
    let path = outcome.stdout_lossy().trim_end().to_owned();
    assert!(!fs::exists(&path).unwrap(), "{path}");
    nothing_left(&sandbox);
}

/// Starts the program, and waits for the first line of its output.
fn started(sandbox: &Sandbox, name: &str, args: &[&str]) -> (Child, String) {
    let mut child = Command::new(sandbox.root().join("bin").join(name))
        .args(args)
        .current_dir(sandbox.path(""))
        .env_clear()
        .envs(sandbox.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = Vec::new();
    let pipe = child.stdout.as_mut().unwrap();
    let mut byte = [0];
    while pipe.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    (child, String::from_utf8(line).unwrap())
}

fn kill(signal: &str, child: &Child) {
    Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
}

/// Waits for the end. Returns the rest of the output.
fn finished(mut child: Child) -> (ExitStatus, String) {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(20) {
            let _ = child.kill();
            panic!("still running");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut rest = String::new();
    child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    (child.wait().unwrap(), rest)
}

const SIGNALS: [(&str, i32); 4] = [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3)];

#[test]
fn signals_reach_the_command_once_and_its_answer_counts() {
    let sandbox = sandbox();
    for (signal, _) in SIGNALS.into_iter().chain([("USR1", 10)]) {
        let script = format!(
            "trap 'echo got; n=1' {signal}; echo ready {{}}; while [ -z \"$n\" ]; do sleep 0.05; done; sleep 0.2; exit 9"
        );
        for args in [&["exec-env", "s.yaml"][..], &["exec-file", "s.yaml"], &["exec-file", "--no-fifo", "s.yaml"]] {
            let args: Vec<&str> = args.iter().copied().chain([script.as_str()]).collect();
            let (child, line) = started(&sandbox, "sops", &args);
            kill(signal, &child);
            let (status, rest) = finished(child);
            assert_eq!((status.code(), rest.as_str()), (Some(9), "got\n"), "{signal} {args:?}");
            assert!(!fs::exists(line.trim_start_matches("ready ")).unwrap(), "{line}");
            nothing_left(&sandbox);
        }
    }
}

#[test]
fn a_signal_that_ends_the_command_ends_the_call() {
    let sandbox = sandbox();
    for (signal, number) in SIGNALS {
        for args in [&["exec-env", "s.yaml"][..], &["exec-file", "s.yaml"], &["exec-file", "--no-fifo", "s.yaml"]] {
            let args: Vec<&str> = args.iter().copied().chain(["echo {}; exec sleep 30"]).collect();
            let (child, line) = started(&sandbox, "cloze", &args);
            std::thread::sleep(Duration::from_millis(50));
            kill(signal, &child);
            let (status, _) = finished(child);
            let ended = status.signal() == Some(number) || status.code() == Some(128 + number);
            assert!(ended, "{signal} {args:?}: {status}");
            assert!(line == "{}" || !fs::exists(&line).unwrap(), "{signal}: {line} is still there");
            nothing_left(&sandbox);
        }
    }
    for args in [["exec-env", "s.yaml", "kill -KILL $$"], ["exec-file", "s.yaml", "kill -KILL $$"]] {
        let code = sandbox.cloze(args).run().code;
        assert!([-9, 137].contains(&code), "{code}");
    }
}

#[test]
fn an_ignored_signal_stays_ignored() {
    if !cfg!(target_os = "linux") {
        skip("only Linux says which signals are ignored");
        return;
    }
    let sandbox = sandbox();
    for command in ["exec-env s.yaml", "exec-file s.yaml"] {
        let script = "kill -HUP $PPID; kill -HUP $$; sleep 0.2; echo on";
        let line = format!("trap '' HUP; cloze {command} '{script}'; echo $?");
        sandbox.call("/bin/sh".as_ref(), ["-c", &line]).run().expect(0).prints("on\n0\n");
    }
}

#[test]
fn the_keyboard_interrupts_the_command_once() {
    let sandbox = sandbox();
    let script = "trap 'echo got; n=$((n+1))' INT; echo ready; while [ -z \"$n\" ]; do sleep 0.05; done; sleep 0.3; echo \"times $n\"; exit 9";
    sandbox.script("job", script);
    for call in ["cloze exec-file s.yaml ': {}; . job'", "cloze exec-env s.yaml '. job'", "cloze exec -f s.yaml job"] {
        let Some(mut terminal) = Terminal::start(&sandbox, &format!("trap : INT; {call}; echo code $?"), &[]) else {
            return;
        };
        terminal.expect("ready").send("\x03");
        terminal.expect("times 1").expect("code 9");
        terminal.finish();
        nothing_left(&sandbox);
    }
}

#[test]
fn in_the_background_the_call_ends_at_once() {
    let sandbox = sandbox();
    for name in NAMES {
        let start = Instant::now();
        let script = "sleep 1; printf %s \"$A\" > done.tmp; mv done.tmp done; echo seen";
        sandbox.named(name, ["exec-env", "--background", "s.yaml", script]).run().expect(0).silent().prints("");
        assert!(start.elapsed() < Duration::from_millis(900));
        while !sandbox.path("done").exists() {
            assert!(start.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(sandbox.text("done"), "canary one");
        fs::remove_file(sandbox.path("done")).unwrap();
    }
}

#[test]
fn nothing_secret_is_in_the_arguments() {
    let sandbox = sandbox();
    let show = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; done 2>/dev/null";
    for args in [
        vec!["exec-env", "s.yaml", show],
        vec!["exec-file", "s.yaml", show],
        vec!["exec", "-f", "s.yaml", "sh", "-c", show],
    ] {
        let shown = String::from_utf8_lossy(&sandbox.cloze(args).run().stdout).into_owned();
        if !shown.contains("/proc/[0-9]*") {
            skip("there is no /proc");
            return;
        }
        assert!(!shown.contains("canary one"), "{shown}");
    }
}

#[test]
fn another_user_can_read_it_and_replace_nothing() {
    if !rustix_is_root() || nobody().is_none() {
        skip("only root can act as another user");
        return;
    }
    let (uid, gid) = nobody().unwrap();
    let sandbox = sandbox();
    crate::harness::set_mode(sandbox.root(), 0o755);
    for folder in ["tmp", "work"] {
        crate::harness::set_mode(&sandbox.root().join(folder), 0o777);
    }
    let who = "echo $(id -u) $(id -g) $(id -G) $HOME $USER $LOGNAME";
    let groups = sandbox.call("/usr/bin/id".as_ref(), ["-G", "nobody"]).text();
    for name in NAMES {
        let outcome = sandbox.named(name, ["exec-env", "--user", "nobody", "s.yaml", &format!("{who}; echo $A")]).run();
        let home = sandbox.call("/bin/sh".as_ref(), ["-c", "echo ~nobody"]).text();
        let expected = format!("{uid} {gid} {} {} nobody nobody\ncanary one\n", groups.trim_end(), home.trim_end());
        outcome.expect(0).silent().prints(expected);
        for flags in [&[][..], &["--no-fifo"]] {
            let script = "id -u; head -n 2 {} | tail -n 1; cat {} | wc -l; mv {} {}.x 2> /dev/null || echo kept; stat -c '%u %a' {}";
            let args = ["exec-file", "--user", "nobody"].iter().chain(flags).copied().chain(["s.yaml", script]);
            let outcome = sandbox.named(name, args).run();
            let expected = format!("{uid}\nA: canary one\n8\nkept\n{uid} 600\n");
            outcome.expect(0).silent().prints(expected);
            nothing_left(&sandbox);
        }
    }
}

fn rustix_is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// User and group of `nobody`.
fn nobody() -> Option<(String, String)> {
    let id = |flag: &str| {
        let output =
            Command::new("id").args([flag, "nobody"]).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim_end().to_owned())
    };
    Some((id("-u")?, id("-g")?))
}
