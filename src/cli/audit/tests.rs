//! Records on real files, sockets and threads.

use std::fs;
use std::io::Read as _;
use std::os::unix::net::{UnixDatagram, UnixListener};

use tempfile::TempDir;

use super::chain::{self, Broken, Checked, START};
use super::*;
use crate::cli::argv::Name;
use crate::cli::env::Env;
use crate::cli::ui::Ui;

fn event(file: &str) -> Event<'_> {
    let time = Timestamp::from_unix(1_700_000_000);
    Event { time, user: "alice", uid: 7, action: "decrypt", command: "edit", subject: Subject::File(file) }
}

/// A run under a configuration.
fn run_with(directory: &Path, rules: &str) -> Run {
    let config = directory.join("audit.yaml");
    fs::write(&config, rules).expect("writes");
    let env = Env::of([]).audited_by(&config);
    Run { name: Name::Cloze, env, ui: Ui { verbose: false }, directory: "/work".into(), rules: Default::default() }
}

fn record(run: &Run, deeds: &[Deed]) -> Result<(), String> {
    Audit::open("edit", run).expect("is understood").about(Some(Path::new("./a/../b.yaml"))).record(deeds)
}

#[test]
fn a_record_says_who_did_what_to_which_file() {
    let directory = TempDir::new().expect("makes");
    let log = directory.path().join("log");
    let run = run_with(directory.path(), &format!("backends: {{file: [{{path: {}}}]}}", log.display()));
    record(&run, &[Deed::Decrypt]).expect("records");
    record(&run, &[Deed::Rotate, Deed::Encrypt]).expect("records");
    let text = fs::read_to_string(&log).expect("is text");
    let (name, uid) = user().expect("is known");
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
    let actions: Vec<_> = lines.iter().map(|line| line["action"].as_str().expect("is text")).collect();
    assert_eq!(actions, ["decrypt", "rotate", "encrypt"]);
    for line in &lines {
        assert_eq!((&line["user"], &line["uid"]), (&name.as_str().into(), &uid.into()));
        assert_eq!((&line["file"], &line["command"]), (&"/work/b.yaml".into(), &"edit".into()));
        assert_eq!((&line["program"], &line["version"]), (&"cloze".into(), &env!("CARGO_PKG_VERSION").into()));
        assert!(Timestamp::parse_rfc3339(line["time"].as_str().expect("is text")).is_some());
    }
    assert_eq!(lines[0]["previous"], START);
    assert_eq!(lines[1]["previous"], chain::hash(text.lines().next().expect("is there").as_bytes()));
    assert_eq!(chain::check(text.as_bytes(), None).expect("is whole").records, 3);
}

#[test]
fn without_a_configuration_nothing_is_recorded_and_a_broken_one_stops_everything() {
    let directory = TempDir::new().expect("makes");
    let run = run_with(directory.path(), "backends: {files: []}");
    let error = Audit::open("edit", &run).err().expect("a misspelt word is an error");
    assert!(error.render(false).contains("did you mean `file`?"), "{error}");
    fs::write(directory.path().join("audit.yaml"), b"backends: \xff").expect("writes");
    assert!(Audit::open("edit", &run).is_err());
    fs::remove_file(directory.path().join("audit.yaml")).expect("removes");
    record(&run, &[Deed::Decrypt]).expect("there is nothing to do");
    fs::create_dir(directory.path().join("audit.yaml")).expect("makes");
    assert!(Audit::open("edit", &run).is_err());
}

#[test]
fn a_record_that_cannot_be_kept_is_an_error_without_passwords() {
    let directory = TempDir::new().expect("makes");
    for (rules, said) in [
        ("backends: {file: [{path: /nonexistent/log}]}", "`/nonexistent/log`: no such file"),
        ("backends: {file: [{path: /dev/null}]}", "`/dev/null`: is no regular file"),
        ("backends: {syslog: [{socket: /nonexistent/log}]}", "`/nonexistent/log`: no such file"),
        #[cfg(feature = "postgres")]
        (
            "backends: {postgres: [{connection_string: 'postgres://u:secret@127.0.0.1:1/d'}]}",
            "PostgreSQL on 127.0.0.1: ",
        ),
        #[cfg(feature = "postgres")]
        ("backends: {postgres: [{connection_string: 'password=a secret=1'}]}", "a setting that is unknown or wrong"),
        #[cfg(feature = "postgres")]
        (
            "backends: {postgres: [{connection_string: 'host=h sslrootcert=/nonexistent password=secret'}]}",
            "cannot be read",
        ),
    ] {
        let error = record(&run_with(directory.path(), rules), &[Deed::Decrypt]).expect_err(rules);
        assert!(error.contains(said) && !error.contains("secret"), "{rules}: {error}");
    }
}

#[test]
fn the_system_log_gets_a_message_for_each_record() {
    let directory = TempDir::new().expect("makes");
    let socket = directory.path().join("log");
    let rules = format!("backends: {{syslog: [{{socket: {}, facility: local3}}]}}", socket.display());
    let run = run_with(directory.path(), &rules);
    let server = UnixDatagram::bind(&socket).expect("binds");
    record(&run, &[Deed::Decrypt, Deed::Encrypt]).expect("records");
    let mut message = [0; 4096];
    for action in ["decrypt", "encrypt"] {
        let length = server.recv(&mut message).expect("receives");
        let text = std::str::from_utf8(&message[..length]).expect("is text");
        let rest = text.strip_prefix(&format!("<157>cloze[{}]: ", std::process::id())).expect("begins so");
        let found: serde_json::Value = serde_json::from_str(rest).expect("is JSON");
        assert_eq!(found["action"], action);
    }
    drop(server);
    fs::remove_file(&socket).expect("removes");
    let server = UnixListener::bind(&socket).expect("binds");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        server.accept().and_then(|(mut stream, _)| stream.read_to_string(&mut text)).map(|_| text)
    });
    record(&run, &[Deed::Rewrap, Deed::Encrypt]).expect("records");
    assert_eq!(reader.join().expect("ends").expect("reads").matches("}\0").count(), 2);
}

/// A log with these files, one record each.
fn log_of(files: &[&str]) -> (TempDir, PathBuf) {
    let directory = TempDir::new().expect("makes");
    let path = directory.path().join("log");
    files.iter().for_each(|file| chain::append(&path, &[event(file)]).expect("writes"));
    (directory, path)
}

#[test]
fn whatever_is_done_to_a_record_breaks_the_chain() {
    let (_directory, path) = log_of(&["/one", "/two\"\n\u{1}é", "/three"]);
    let text = fs::read_to_string(&path).expect("is text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let checked = chain::check(text.as_bytes(), Some(&chain::hash(lines[1].trim_end().as_bytes()))).expect("is whole");
    let last = chain::hash(lines[2].trim_end().as_bytes());
    assert_eq!(checked, Checked { records: 3, holds: true, last, ..Checked::default() });
    assert!(!chain::check(text.as_bytes(), Some("x")).expect("is whole").holds);
    let follows = "does not follow the line before: one of them was changed, or lines were taken out";
    for (changed, line, reason) in [
        (text.replacen("/one", "/own", 1), 2, follows),
        (text.replacen("\"uid\":7", "\"uid\":8", 2).replacen("\"uid\":8", "\"uid\":7", 1), 3, follows),
        ([lines[0], lines[2]].concat(), 2, follows),
        ([lines[1], lines[0], lines[2]].concat(), 1, "is not the first of a log: those before it were taken out"),
        (lines[1..].concat(), 1, "is not the first of a log: those before it were taken out"),
        ([lines[0], "\n", lines[1]].concat(), 3, follows),
        ([&text, "junk\n"].concat(), 4, "is no record"),
        ([&text, "junk\n", "junk\n"].concat(), 4, "is no record"),
        ("junk\n".into(), 1, "is no record"),
    ] {
        assert_eq!(chain::check(changed.as_bytes(), None), Err(Broken { line, reason }), "{changed}");
    }
    let foreign = format!("{{\"previous\":\"{}\"}}\n", chain::hash(b"junk"));
    let hidden = format!("junk\n{foreign}");
    assert_eq!(chain::check(hidden.as_bytes(), None), Err(Broken { line: 1, reason: "is no record" }));
}

#[test]
fn a_line_that_was_not_finished_stays_and_is_told() {
    for cut in [1, 20, usize::MAX] {
        let (_directory, path) = log_of(&["/one", "/two"]);
        let text = fs::read(&path).expect("reads");
        let second = text.iter().position(|byte| *byte == b'\n').expect("has lines") + 1;
        // All but the line's end, in the last case.
        let end = second.saturating_add(cut).min(text.len() - 1);
        fs::write(&path, &text[..end]).expect("writes");
        let open = chain::check(&text[..end], None).expect("is whole so far");
        assert_eq!((open.records, open.is_open), (1, true));
        chain::append(&path, &[event("/three"), event("/four")]).expect("writes");
        let after = fs::read(&path).expect("reads");
        assert_eq!(after[..end], text[..end], "nothing is taken away");
        let checked = chain::check(&after, None).expect("is whole");
        assert_eq!((checked.records, checked.unfinished, checked.is_open), (3, vec![2], false), "{cut}");
    }
    assert_eq!(chain::check(b"", None).expect("is whole").last, START);
    let (_directory, path) = log_of(&[]);
    fs::write(&path, "x").expect("writes");
    chain::append(&path, &[event("/one")]).expect("writes");
    let checked = chain::check(&fs::read(&path).expect("reads"), None).expect("is whole");
    assert_eq!((checked.records, checked.unfinished), (1, vec![1]));
}

#[test]
fn many_at_once_make_one_chain() {
    let (_directory, path) = log_of(&[]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| chain::append(&path, &[event("/f"), event("/g")]).expect("writes")));
        }
    });
    assert_eq!(chain::check(&fs::read(&path).expect("reads"), None).expect("is whole").records, 160);
}
