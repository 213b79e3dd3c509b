//! `completion`: what is committed in `completions/`, and the same for the other name.

use std::path::Path;

use crate::harness::{Sandbox, repository};

#[test]
fn the_scripts_are_those_that_are_committed() {
    let sandbox = Sandbox::new();
    for (shell, file) in [
        ("bash", "cloze.bash"),
        ("zsh", "_cloze"),
        ("fish", "cloze.fish"),
        ("elvish", "cloze.elv"),
        ("powershell", "_cloze.ps1"),
    ] {
        let committed = std::fs::read(repository("completions").join(file)).unwrap();
        sandbox.cloze(["completion", shell]).run().expect(0).silent().prints(committed);
    }
    sandbox.cloze(["completion", "tcsh"]).run().expect(1).says("possible values: bash").prints("");
}

#[test]
fn under_the_other_name_they_are_for_that() {
    let sandbox = Sandbox::new();
    let script = sandbox.named("sops", ["completion", "bash"]).text();
    assert!(script.contains("complete -F _sops") && !script.contains("cloze"), "{script}");
    sandbox.call(Path::new("bash"), ["-n"]).stdin(script).run().expect(0).silent();
    let completed = sandbox.call(
        Path::new("bash"),
        ["-c", "source <(sops completion bash); COMP_WORDS=(sops decr); COMP_CWORD=1; _sops sops decr sops; echo ${COMPREPLY[@]}"],
    );
    completed.run().expect(0).prints("decrypt\n");
}
