//! Programs of others that call sops, as `tests/run` installs them by name: Ansible with the collection
//! community.sops, and mise. They find our binary on PATH under the name `sops`, before any other.

use std::path::PathBuf;

use crate::harness::{ALICE, Outcome, Sandbox, key_file, require_sops, skip};
use crate::servers::{require_tool, tools};

/// A playbook with everything that the collection offers: the lookup, the filter, the action that loads
/// variables, the module that encrypts; with the type from the name, from a flag and from a rule.
const PLAYBOOK: &str = r#"
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - ansible.builtin.assert:
        that:
          - (lookup('community.sops.sops', 'vars.yaml') | from_yaml).greeting == 'hello'
          - lookup('community.sops.sops', 'vars.yaml', extract="['list'][1]") == 'two'
          - lookup('community.sops.sops', 'raw.bin', rstrip=false) == '  raw text\n\n'
          - lookup('community.sops.sops', 'vars.yaml', output_type='json') is mapping
            or (lookup('community.sops.sops', 'vars.yaml', output_type='json') | from_json).greeting == 'hello'
          - lookup('community.sops.sops', 'missing.yaml', empty_on_not_exist=true) == ''
          - (lookup('ansible.builtin.file', 'vars.yaml')
            | community.sops.decrypt(input_type='yaml', output_type='json') | from_json).list == ['one', 'two']
    - community.sops.load_vars:
        file: vars.yaml
        name: loaded
    - ansible.builtin.assert:
        that: loaded.greeting == 'hello' and loaded.list == ['one', 'two']
    - community.sops.load_vars:
        file: plain.yaml
      register: plain
      ignore_errors: true
    - ansible.builtin.assert:
        that: plain is failed
    - community.sops.sops_encrypt:
        path: made.yaml
        content_yaml: {secret: value, open: 1}
    - community.sops.sops_encrypt:
        path: rule.json
        content_json: {secret: value, open: 1}
    - community.sops.sops_encrypt:
        path: made.bin
        content_binary: "{{ 'raw' | b64encode }}"
    - community.sops.sops_encrypt:
        path: text.txt
        content_text: "text\n\n"
        age: [RECIPIENT]
"#;

/// A place with rules and encrypted files, and the recipients' identity in the usual file.
fn place() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - path_regex: rule\\.json$\n    unencrypted_regex: ^open$\n    age: {ALICE}\n  - age: {ALICE}\n"
        ),
    );
    sandbox.encrypted("vars.yaml", "greeting: hello\nlist:\n  - one\n  - two\n");
    sandbox.encrypted("raw.bin", "  raw text\n\n");
    sandbox.write("plain.yaml", "a: b\n");
    sandbox
}

#[test]
fn a_playbook_runs_and_then_changes_nothing() {
    let Some(ansible) = require_tool("ansible-playbook") else { return };
    if !tools().join("ansible_collections/community/sops").is_dir() {
        return skip("the collection community.sops is not installed; `tests/run` does that");
    }
    let sandbox = place();
    sandbox.write("play.yml", PLAYBOOK.replace("RECIPIENT", ALICE));
    let play = || -> Outcome {
        let call = sandbox.call(&ansible, ["-i", "localhost,", "play.yml"]);
        let call = call.env("ANSIBLE_COLLECTIONS_PATH", tools()).env("ANSIBLE_NOCOLOR", "1");
        call.env("ANSIBLE_HOME", sandbox.home().join("ansible")).patient().run()
    };
    let first = play();
    first.expect(0);
    assert!(first.stdout_lossy().contains("changed=4 "), "{}", first.stdout_lossy());
    let made = sandbox.snapshot();
    let again = play();
    again.expect(0);
    assert!(again.stdout_lossy().contains("changed=0 "), "{}", again.stdout_lossy());
    let files = |snapshot: Vec<(PathBuf, u32, Vec<u8>)>| {
        snapshot.into_iter().filter(|(path, ..)| path.starts_with(sandbox.path(""))).collect::<Vec<_>>()
    };
    assert_eq!(files(made), files(sandbox.snapshot()));
    // The rule was chosen by the name, though the data came through a pipe.
    assert!(sandbox.text("rule.json").contains("\"open\": 1"), "{}", sandbox.text("rule.json"));
    for (file, plain) in [("made.bin", "raw"), ("text.txt", "text\n\n")] {
        sandbox.named("sops", ["-d", file]).run().expect(0).prints(plain);
    }
    let Some(sops) = require_sops() else { return };
    let theirs = sandbox.real(sops, ["-d", "--output-type", "json", "made.yaml"]).ok();
    let theirs: serde_json::Value = serde_json::from_slice(&theirs).unwrap();
    assert_eq!(theirs, serde_json::json!({"secret": "value", "open": 1}));
}

#[test]
fn mise_makes_an_environment_of_our_files() {
    let mise = tools().join("node_modules/@jdxcode/mise-linux-x64/bin/mise");
    if !mise.is_file() {
        return skip("mise is not installed; `tests/run` does that");
    }
    let sandbox = place();
    sandbox.encrypted(".env.yaml", "YAML: one\nWORDS: two words\nNUMBER: 5\n");
    sandbox.encrypted(".env.json", "{\"JSON\": \"three\", \"QUOTED\": \"a \\\"b\\\"\"}\n");
    sandbox.write("mise.toml", "[env]\n_.file = [\".env.yaml\", \".env.json\"]\n");
    let log = sandbox.path("calls");
    // What is on PATH says how it was called.
    let ours = sandbox.root().join("bin/ours/sops");
    std::fs::create_dir(ours.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(crate::harness::BINARY, &ours).unwrap();
    std::fs::remove_file(sandbox.root().join("bin/sops")).unwrap();
    sandbox.script("sops", &format!("echo \"$*\" >> {}\nexec {} \"$@\"", log.display(), ours.display()));
    for (inside, calls) in [("true", None), ("false", Some(2))] {
        let call = sandbox.call(&mise, ["env", "--json"]).env("MISE_SOPS_ROPS", inside);
        let call = call.env("MISE_SOPS_AGE_KEY_FILE", key_file("alice")).env("MISE_OFFLINE", "1");
        let outcome = call.env("MISE_TRUSTED_CONFIG_PATHS", sandbox.path("")).patient().run();
        outcome.expect(0);
        let found: serde_json::Value = serde_json::from_slice(&outcome.stdout).unwrap();
        for (name, value) in
            [("YAML", "one"), ("WORDS", "two words"), ("NUMBER", "5"), ("JSON", "three"), ("QUOTED", "a \"b\"")]
        {
            assert_eq!(found[name], value, "{name} with rops inside: {inside}");
        }
        let made = std::fs::read_to_string(&log).ok().map(|text| text.lines().count());
        assert_eq!(made, calls, "calls of sops with rops inside: {inside}");
    }
}
