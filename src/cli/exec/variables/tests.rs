//! Which variables a plaintext becomes, and what is refused.

use super::*;

const ALL: Choice<'static> = Choice { reading: Reading::Own, nested: false, only: &[], prefix: "" };

/// The variables of a text, one a line; or the refusal.
fn taken(format: Format, text: &str, choice: &Choice<'_>) -> Result<String, String> {
    let document = format.plain_syntax(choice.reading).parse(text.as_bytes()).expect("parses");
    let mut variables = Variables::default();
    variables.add(format, &document, choice).map_err(|refusal| refusal.0)?;
    Ok(shown(&variables))
}

fn shown(variables: &Variables) -> String {
    let show = |one: &Variable| match &one.value {
        Some(value) => format!("{}={}\n", one.name, String::from_utf8_lossy(value)),
        None => format!("-{}\n", one.name),
    };
    variables.iter().map(show).collect()
}

#[test]
fn scalars_are_printed_as_in_dotenv_files() {
    let text = "# note\ns: a b\ni: 5\nf: 1.0\ng: 1e6\nt: true\nn: null\nm: \"x\\ny\"\n\"a b\": 1\n";
    let common = "s=a b\ni=5\nf=1.0\ng=1E+06\nt=true\n";
    assert_eq!(taken(Format::Yaml, text, &ALL), Ok(format!("{common}-n\nm=x\ny\na b=1\n")));
    let sops = Choice { reading: Reading::Sops, ..ALL };
    assert_eq!(taken(Format::Yaml, text, &sops), Ok(format!("{common}n=<nil>\nm=x\ny\na b=1\n")));
}

#[test]
fn dotenv_values_are_what_programs_expect() {
    let text = "A=\"x\\ny\" # c\nexport B='q'\nC=\n";
    assert_eq!(taken(Format::Dotenv, text, &ALL), Ok("A=x\ny\nB=q\nC=\n".into()));
    let sops = Choice { reading: Reading::Sops, ..ALL };
    assert_eq!(taken(Format::Dotenv, text, &sops), Ok("A=\"x\ny\" # c\nexport B='q'\nC=\n".into()));
    assert_eq!(taken(Format::Dotenv, "A=1\nA=2\n", &ALL), Ok("A=2\n".into()));
}

#[test]
fn what_is_nested_is_refused_or_joined() {
    let text = "a: 1\ndb:\n  # note\n  users:\n    - {n: x}\n    - y\n  port: 5\nl: [[7, 8], 9]\n";
    let refusal = taken(Format::Yaml, text, &ALL).expect_err("is refused");
    assert_eq!(refusal, "cannot use complex value in environment; offending key db");
    let nested = Choice { nested: true, ..ALL };
    let all = "a=1\ndb_users_0_n=x\ndb_users_1=y\ndb_port=5\nl_0_0=7\nl_0_1=8\nl_1=9\n";
    assert_eq!(taken(Format::Yaml, text, &nested), Ok(all.into()));
    let ini = "x = 0\n[s]\na = 1\n";
    assert_eq!(taken(Format::Ini, ini, &nested), Ok("DEFAULT_x=0\ns_a=1\n".into()));
    let clash = taken(Format::Yaml, "a_b: 1\na: {b: 2}\n", &nested).expect_err("is refused");
    assert_eq!(clash, "two entries have the joined name `a_b`");
}

#[test]
fn only_what_is_asked_for_is_looked_at() {
    let text = "a: 1\ndb: {port: 5, host: h}\n\"x=y\": 2\n";
    let only = |nested, only: &[&str]| {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        let choice = Choice { nested, only: &only, prefix: "P_", ..ALL };
        let document = Format::Yaml.syntax().parse(text.as_bytes()).expect("parses");
        let mut variables = Variables::default();
        variables.add(Format::Yaml, &document, &choice).map_err(|refusal| refusal.0)?;
        Ok((shown(&variables), variables.missing(&choice).map(str::to_owned)))
    };
    assert_eq!(only(false, &["a"]), Ok(("P_a=1\n".into(), None)));
    assert_eq!(only(false, &["a", "b"]), Ok(("P_a=1\n".into(), Some("b".into()))));
    assert_eq!(only(false, &["db_port"]), Ok((String::new(), Some("db_port".into()))));
    assert_eq!(only(true, &["db_port"]), Ok(("P_db_port=5\n".into(), None)));
    assert_eq!(only(true, &["db"]), Ok(("P_db_port=5\nP_db_host=h\n".into(), None)));
    let refusal: Result<_, String> = only(false, &["db"]);
    assert!(refusal.is_err_and(|message| message.contains("offending key db")));
}

#[test]
fn names_and_values_that_no_environment_holds_are_refused() {
    for (text, message) in [
        ("\"a=b\": 1", "cannot use keys with '=' in environment: a=b"),
        ("\"\": 1", "cannot use the empty key in environment"),
        ("a: \"secret\\0\"", "environment variable contains NUL, as `a` does"),
        ("\"a\\0\": 1", "environment variable contains NUL, as `a\\0` does"),
        ("a: 1\n---\na: 2", "there are 2 documents, and only one can become variables"),
    ] {
        assert_eq!(taken(Format::Yaml, text, &ALL), Err(message.into()));
    }
    let sops = Choice { reading: Reading::Sops, ..ALL };
    assert_eq!(taken(Format::Yaml, "\"\": 1\na: 1\n---\na: 2", &sops), Ok("a=1\n".into()));
}

#[test]
fn later_files_win_and_say_so() {
    let mut variables = Variables::default();
    let mut add = |text: &str| {
        let document = Format::Json.syntax().parse(text.as_bytes()).expect("parses");
        variables.add(Format::Json, &document, &ALL).map_err(|refusal| refusal.0)
    };
    assert_eq!(add(r#"{"a": 1, "b": 2}"#), Ok(vec![]));
    assert_eq!(add(r#"{"c": 3, "b": 4}"#), Ok(vec!["b".into()]));
    assert_eq!(shown(&variables), "a=1\nb=4\nc=3\n");
    assert_eq!(variables.largest().map(|(_, bytes)| bytes), Some(4));
}
