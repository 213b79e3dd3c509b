//! Key groups of mixed kinds, age and AWS KMS (moto), with every threshold from 1 of 2 to 3 of 5,
//! both ways with the real sops (sops-compat.md §6). And how much is asked for: no more groups than
//! are needed, where those at hand suffice.

use crate::aws::{at, moto, new_key};
use crate::harness::{ALICE, BOB, Sandbox, key_file, require_sops};
use crate::http::{Http, Reply};

const PLAIN: &str = "user: me\nlist:\n    - a\n    - 5\n";

/// Rules with these groups: each a list of recipients, age keys or ARNs.
fn rules(groups: &[Vec<&str>], threshold: usize) -> String {
    let mut text = format!("creation_rules:\n  - shamir_threshold: {threshold}\n    key_groups:\n");
    for group in groups {
        let of = |is_kms: bool| group.iter().filter(move |key| key.starts_with("arn:") == is_kms);
        let age: Vec<String> = of(false).map(|key| format!("          - {key}\n")).collect();
        let kms: Vec<String> = of(true).map(|key| format!("          - arn: {key}\n")).collect();
        let mut lead = "      - ";
        for (name, list) in [("age", age), ("kms", kms)] {
            if !list.is_empty() {
                text += &format!("{lead}{name}:\n{}", list.concat());
                lead = "        ";
            }
        }
    }
    text
}

#[test]
fn every_threshold_opens_both_ways() {
    let (Some(moto), Some(sops)) = (moto(), require_sops()) else { return };
    let keys: Vec<String> = (0..3).map(|_| new_key(moto)).collect();
    // Alice is here, Bob is not: with moto, group 1 alone stays closed.
    let all =
        [vec![ALICE, BOB], vec![BOB], vec![keys[0].as_str()], vec![BOB, keys[1].as_str()], vec![keys[2].as_str()]];
    for count in 2..=all.len() {
        for threshold in 2..=count {
            let sandbox = Sandbox::new();
            sandbox.write(".sops.yaml", rules(&all[..count], threshold));
            sandbox.write("ours.yaml", PLAIN);
            sandbox.write("theirs.yaml", PLAIN);
            at(sandbox.cloze(["encrypt", "-i", "ours.yaml"]), &moto.url()).ok();
            at(sandbox.real(sops, ["encrypt", "-i", "theirs.yaml"]), &moto.url()).ok();
            let opens = threshold < count;
            for name in ["ours.yaml", "theirs.yaml"] {
                let ours = at(sandbox.cloze(["decrypt", name]), &moto.url()).run();
                let theirs = at(sandbox.real(sops, ["decrypt", name]), &moto.url()).run();
                let about = format!("{threshold} of {count}, {name}: {}\n{}", ours.stderr, theirs.stderr);
                assert_eq!((ours.code == 0, theirs.code == 0), (opens, opens), "{about}");
                if opens {
                    ours.prints(PLAIN);
                    theirs.prints(PLAIN);
                } else {
                    ours.expect(128)
                        .says(&format!("{threshold} key groups are needed, and {} could be opened", count - 1));
                }
            }
        }
    }
}

#[test]
fn one_of_two_is_refused_or_needs_both() {
    let Some(moto) = moto() else { return };
    let key = new_key(moto);
    let groups = [vec![ALICE], vec![key.as_str()]];
    let sandbox = Sandbox::new();
    sandbox.write(".sops.yaml", rules(&groups, 1));
    sandbox.write("a.yaml", PLAIN);
    // A share alone is not the key: there is no 1 of 2 in Shamir's scheme.
    let refused = at(sandbox.cloze(["encrypt", "a.yaml"]), &moto.url()).run();
    assert!(refused.code != 0 && refused.stdout.is_empty(), "{refused:?}");
    refused.says("threshold");
    if let Some(sops) = require_sops() {
        let theirs = at(sandbox.real(sops, ["encrypt", "a.yaml"]), &moto.url()).run();
        assert_ne!(theirs.code, 0, "{theirs:?}");
    }
    // What says so all the same is read as 2 of 2.
    sandbox.write(".sops.yaml", rules(&groups, 2));
    at(sandbox.cloze(["encrypt", "-i", "a.yaml"]), &moto.url()).ok();
    let stored = sandbox.text("a.yaml").replace("shamir_threshold: 2", "shamir_threshold: 1");
    sandbox.write("a.yaml", stored);
    at(sandbox.cloze(["decrypt", "a.yaml"]), &moto.url()).run().expect(0).prints(PLAIN);
}

#[test]
fn nobody_is_asked_once_there_are_enough_shares() {
    let Some(moto) = moto() else { return };
    let keys: Vec<String> = (0..2).map(|_| new_key(moto)).collect();
    let groups = [vec![keys[0].as_str()], vec![ALICE], vec![keys[1].as_str()], vec![BOB]];
    let sandbox = Sandbox::new();
    sandbox.write(".sops.yaml", rules(&groups, 2));
    sandbox.write("a.yaml", PLAIN);
    at(sandbox.cloze(["encrypt", "-i", "a.yaml"]), &moto.url()).ok();
    let port = moto.port;
    // With both identities at hand, nobody on the network is asked.
    let identities = [key_file("alice"), key_file("bob")].map(|path| std::fs::read_to_string(path).unwrap()).concat();
    let silent = Http::start(|_| None);
    let call = at(sandbox.cloze(["decrypt", "a.yaml"]), &silent.url()).env("SOPS_AGE_KEY", &identities);
    call.run().expect(0).prints(PLAIN);
    assert_eq!(silent.seen().len(), 0);
    // With one, a share of the network is missing; a key that never answers is not waited for.
    let half = Http::start(move |request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        (!body.contains(&keys[0])).then(|| request.pass_on(port))
    });
    let call = at(sandbox.cloze(["decrypt", "a.yaml"]), &half.url()).env("CLOZE_KEY_TIMEOUT", "50");
    call.run().expect(0).prints(PLAIN);
    // With none that answers, too few are said to be.
    let denied = Http::start(|_| Some(Reply::new(400, "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}")));
    let call = at(sandbox.cloze(["decrypt", "a.yaml"]), &denied.url()).run();
    call.expect(128).says("2 key groups are needed, and 1 could be opened");
}

#[test]
fn groups_change_with_keys_of_aws_in_them() {
    let (Some(moto), Some(sops)) = (moto(), require_sops()) else { return };
    let keys: Vec<String> = (0..2).map(|_| new_key(moto)).collect();
    let sandbox = Sandbox::new();
    sandbox.write(".sops.yaml", rules(&[vec![ALICE], vec![keys[0].as_str()]], 2));
    sandbox.write("a.yaml", PLAIN);
    at(sandbox.cloze(["encrypt", "-i", "a.yaml"]), &moto.url()).ok();
    let opens = || {
        at(sandbox.real(sops, ["decrypt", "a.yaml"]), &moto.url()).run().expect(0).prints(PLAIN);
    };
    let flags = ["groups", "add", "-i", "--file", "a.yaml", "--kms", &keys[1]];
    at(sandbox.cloze(flags), &moto.url()).ok();
    opens();
    at(sandbox.cloze(["rotate", "-i", "a.yaml"]), &moto.url()).ok();
    opens();
    at(sandbox.cloze(["groups", "delete", "-i", "--file", "a.yaml", "1"]), &moto.url()).ok();
    opens();
    assert!(!sandbox.text("a.yaml").contains(&keys[0]) && sandbox.text("a.yaml").contains(&keys[1]));
}
