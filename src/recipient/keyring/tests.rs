//! What the keyring asks, of whom and in which order, with key services that are toys.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::cipher::SystemRandom;
use crate::recipient::{Lazy, Unwrapped};

/// Wraps by writing the secret in clear after the name; opens what is for its own names.
struct Toy(&'static [&'static str]);

impl KeyService for Toy {
    fn kind(&self) -> Kind {
        Kind::Age
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        if recipient.field("recipient") == "bad" {
            return Err("is no recipient".into());
        }
        Ok(secret.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        if !self.0.contains(&key.recipient.field("recipient")) {
            return Unwrapped::NotMine("no matching identity".into());
        }
        let byte = |at| u8::from_str_radix(&key.enc[at..at + 2], 16).expect("is hexadecimal");
        Unwrapped::Key(Zeroizing::new((0..key.enc.len()).step_by(2).map(byte).collect()))
    }

    fn places(&self) -> Vec<String> {
        vec!["a drawer".into()]
    }
}

fn keyring(names: &'static [&'static str]) -> Keyring {
    Keyring::new(vec![Box::new(Toy(names))], vec![])
}

fn wrapped(names: &[&[&str]], threshold: Option<usize>) -> (DataKey, Vec<KeyGroup>, Option<usize>) {
    let groups: Vec<Vec<Recipient>> =
        names.iter().map(|group| group.iter().map(|name| Recipient::age(name)).collect()).collect();
    let key = DataKey::generate(&SystemRandom);
    let now = Timestamp::from_unix(0);
    let (groups, threshold) = keyring(&[]).wrap(&key, &groups, threshold, now, &SystemRandom).expect("wraps");
    (key, groups, threshold)
}

#[test]
fn one_key_of_one_group_is_enough() {
    let (key, groups, threshold) = wrapped(&[&["a", "b"]], None);
    assert_eq!(threshold, None);
    assert_eq!(keyring(&["b"]).unwrap(&groups, None, &|_| true).expect("opens").expose(), key.expose());
}

#[test]
fn only_services_that_are_used_are_made() {
    let (key, groups, _) = wrapped(&[&["a"]], None);
    let made = Rc::new(Cell::new(0));
    let service = |kind| {
        let made = Rc::clone(&made);
        Box::new(Lazy::new(kind, move || {
            made.set(made.get() + 1);
            Toy(&["a"])
        })) as Box<dyn KeyService>
    };
    let keyring = Keyring::new(vec![service(Kind::Age), service(Kind::Kms), service(Kind::Pgp)], vec![Kind::Kms]);
    assert_eq!(made.get(), 0);
    for _ in 0..2 {
        assert_eq!(keyring.unwrap(&groups, None, &|_| true).expect("opens").expose(), key.expose());
    }
    assert_eq!(made.get(), 1);
}

#[test]
fn services_of_one_kind_are_asked_in_turn() {
    let (key, groups, _) = wrapped(&[&["a", "b"]], None);
    let of = |toys: [&'static [&'static str]; 2]| {
        Keyring::new(toys.map(|names| Box::new(Toy(names)) as Box<dyn KeyService>).into(), vec![])
    };
    assert_eq!(of([&[], &["a"]]).unwrap(&groups, None, &|_| true).expect("opens").expose(), key.expose());
    let failure = of([&[], &["c"]]).unwrap(&groups, None, &|_| true).expect_err("nobody opens it");
    let tried: Vec<&str> = failure.attempts.iter().map(|attempt| attempt.recipient.as_str()).collect();
    assert_eq!((tried, failure.places), (vec!["a", "b", "a", "b"], vec!["a drawer".to_owned()]));
    let bad = [vec![Recipient::age("bad")]];
    let wrapping = of([&[], &[]]).wrap(&key, &bad, None, Timestamp::from_unix(0), &SystemRandom);
    let said = wrapping.expect_err("nobody wraps for it").to_string();
    assert_eq!(said, "age recipient `bad`: is no recipient; is no recipient");
}

#[test]
fn as_many_groups_as_the_threshold_are_needed() {
    let (key, groups, threshold) = wrapped(&[&["a"], &["b"], &["c"]], Some(2));
    assert_eq!(keyring(&["a", "c"]).unwrap(&groups, threshold, &|_| true).expect("opens").expose(), key.expose());
    let failure = keyring(&["b"]).unwrap(&groups, threshold, &|_| true).expect_err("one group is not enough");
    assert_eq!(failure.groups, Some((2, 1)));
    assert_eq!(failure.places, ["a drawer"]);
    assert_eq!(failure.attempts.iter().filter(|attempt| attempt.reason.is_none()).count(), 1);
}

#[test]
fn a_wrong_share_or_threshold_is_survived() {
    let everybody = keyring(&["a", "b", "c"]);
    for wrong in 0..3 {
        let (key, mut groups, threshold) = wrapped(&[&["a"], &["b"], &["c"]], Some(2));
        let fits = |found: &DataKey| found.expose() == key.expose();
        groups[wrong][0].enc.replace_range(0..4, "0000");
        assert!(fits(&everybody.unwrap(&groups, threshold, &fits).expect("opens")), "{wrong}");
    }
    let (key, groups, _) = wrapped(&[&["a"], &["b"], &["c"]], Some(3));
    for stored in [1, 2] {
        let found = everybody.unwrap(&groups, Some(stored), &|found| found.expose() == key.expose());
        assert_eq!(found.expect("opens").expose(), key.expose());
    }
}

#[test]
fn a_secret_of_another_length_is_passed_over() {
    let (key, mut groups, _) = wrapped(&[&["a", "b"]], None);
    groups[0][0].enc.push_str("00");
    assert_eq!(keyring(&["a", "b"]).unwrap(&groups, None, &|_| true).expect("opens").expose(), key.expose());
}

#[test]
fn nobody_is_left_out_silently() {
    let key = DataKey::generate(&SystemRandom);
    let wrap = |groups: &[Vec<Recipient>], threshold| {
        keyring(&[]).wrap(&key, groups, threshold, Timestamp::from_unix(0), &SystemRandom).expect_err("fails")
    };
    let (a, bad) = (Recipient::age("a"), Recipient::age("bad"));
    assert_eq!(wrap(&[], None), WrapFailure::Nobody);
    assert_eq!(wrap(&[vec![a.clone()], vec![]], None), WrapFailure::EmptyGroup(1));
    assert_eq!(wrap(&[vec![a.clone(), bad]], None).to_string(), "age recipient `bad`: is no recipient");
    let three = vec![vec![a.clone()], vec![a.clone()], vec![a]];
    assert_eq!(wrap(&three, Some(1)), WrapFailure::Threshold { threshold: 1, groups: 3 });
    assert_eq!(wrap(&three, Some(4)), WrapFailure::Threshold { threshold: 4, groups: 3 });
}

#[test]
fn the_same_wrapped_key_is_unwrapped_once_and_every_attempt_is_told() {
    let (key, groups, _) = wrapped(&[&["a", "b"]], None);
    let told = std::rc::Rc::new(RefCell::new(Vec::new()));
    let teller = std::rc::Rc::clone(&told);
    let keyring = keyring(&["b"]).observed(move |attempt| {
        teller.borrow_mut().push(format!("{}: {}", attempt.recipient, attempt.reason.as_deref().unwrap_or("opened")));
    });
    for _ in 0..3 {
        assert_eq!(keyring.unwrap(&groups, None, &|_| true).expect("opens").expose(), key.expose());
    }
    assert_eq!(*told.borrow(), ["a: no matching identity", "b: opened"]);
}

#[cfg(feature = "network")]
mod network {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    use super::*;
    use crate::document::tree::Tree;
    use crate::recipient::network::{Answer, Backend, Network, Networked};

    /// A kind far away: keys of the names `good…` open, all others do not, and `mute` never answers.
    #[derive(Default)]
    struct Cloud {
        under_way: Rc<Cell<usize>>,
        most: Rc<Cell<usize>>,
        asked: Rc<Cell<usize>>,
    }

    impl Cloud {
        /// Counts who waits at the same time. Everybody yields once, so that all others come to wait.
        async fn wait(&self, name: &str) {
            self.asked.set(self.asked.get() + 1);
            self.under_way.set(self.under_way.get() + 1);
            self.most.set(self.most.get().max(self.under_way.get()));
            if name == "mute" {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.under_way.set(self.under_way.get() - 1);
        }
    }

    impl Backend for Cloud {
        fn kind(&self) -> Kind {
            Kind::GcpKms
        }

        fn wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>> {
            Box::pin(async move {
                let name = recipient.field("resource_id");
                self.wait(name).await;
                if name == "bad" { Err("is no key".into()) } else { Toy(&[]).wrap(recipient, secret) }
            })
        }

        fn unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped> {
            Box::pin(async move {
                self.wait(key.recipient.field("resource_id")).await;
                if !key.recipient.field("resource_id").starts_with("good") {
                    return Unwrapped::NotMine("denied".into());
                }
                let as_age = WrappedKey { recipient: Recipient::age("a"), ..key.clone() };
                Toy(&["a"]).unwrap(&as_age)
            })
        }

        fn places(&self) -> Vec<String> {
            vec!["a cloud".into()]
        }
    }

    fn far(name: &str) -> Recipient {
        Recipient { kind: Kind::GcpKms, fields: vec![("resource_id", Tree::string(name))] }
    }

    /// A keyring with a local and a far service, and the counters: most at once, and all asked.
    fn mixed(local: &'static [&'static str], limit: Duration) -> (Keyring, Rc<Cell<usize>>, Rc<Cell<usize>>) {
        let cloud = Cloud::default();
        let (most, asked) = (Rc::clone(&cloud.most), Rc::clone(&cloud.asked));
        let far = Networked::new(cloud, &Network::new(limit));
        (Keyring::new(vec![Box::new(far), Box::new(Toy(local))], vec![Kind::Age]), most, asked)
    }

    const LONG: Duration = Duration::from_secs(60);

    fn wrap(keyring: &Keyring, groups: &[Vec<Recipient>], threshold: Option<usize>) -> (DataKey, Vec<KeyGroup>) {
        let key = DataKey::generate(&SystemRandom);
        let now = Timestamp::from_unix(0);
        let (groups, _) = keyring.wrap(&key, groups, threshold, now, &SystemRandom).expect("wraps");
        (key, groups)
    }

    #[test]
    fn keys_far_away_are_waited_for_at_once() {
        let (keyring, most, asked) = mixed(&[], LONG);
        let names = ["no 1", "no 2", "no 3", "no 4", "good"];
        let (key, groups) = wrap(&keyring, &[names.map(far).to_vec()], None);
        assert_eq!((most.replace(0), asked.replace(0)), (5, 5));
        let order: Vec<&str> = groups[0].iter().map(|key| key.recipient.field("resource_id")).collect();
        assert_eq!(order, names);
        assert_eq!(keyring.unwrap(&groups, None, &|_| true).expect("opens").expose(), key.expose());
        assert_eq!((most.replace(0), asked.replace(0)), (5, 5));
        // Of several groups too.
        let (key, groups) = wrap(&keyring, &["good 1", "good 2", "good 3"].map(|name| vec![far(name)]), Some(3));
        assert_eq!((most.replace(0), asked.replace(0)), (3, 3));
        assert_eq!(keyring.unwrap(&groups, Some(3), &|_| true).expect("opens").expose(), key.expose());
        assert_eq!((most.replace(0), asked.replace(0)), (3, 3));
    }

    #[test]
    fn nobody_far_away_is_asked_when_those_here_are_enough() {
        let (keyring, _, asked) = mixed(&["a", "b"], LONG);
        let groups = [vec![far("good"), Recipient::age("a")], vec![far("good")], vec![Recipient::age("b")]];
        let (key, groups) = wrap(&keyring, &groups, Some(2));
        asked.set(0);
        let fits = |found: &DataKey| found.expose() == key.expose();
        assert!(fits(&keyring.unwrap(&groups, Some(2), &fits).expect("opens")));
        assert_eq!(asked.get(), 0);
        // Unless that was asked for.
        let keyring = Keyring { order: vec![Kind::GcpKms], known: RefCell::default(), ..keyring };
        assert!(fits(&keyring.unwrap(&groups, Some(2), &fits).expect("opens")));
        assert_eq!(asked.get(), 2);
    }

    #[test]
    fn who_does_not_answer_is_waited_for_once() {
        let (keyring, _, asked) = mixed(&["a"], Duration::from_millis(50));
        let (key, [group]) = (DataKey::generate(&SystemRandom), [vec![far("good"), far("mute")]]);
        let failure = keyring.wrap(&key, std::slice::from_ref(&group), None, Timestamp::from_unix(0), &SystemRandom);
        let said = failure.expect_err("one does not answer").to_string();
        assert!(said.starts_with("GCP KMS recipient `mute`: it did not answer within 0.05 s; --key-timeout"), "{said}");
        let stored = [vec![WrappedKey { recipient: far("mute"), enc: "00".into(), created_at: None, unknown: vec![] }]];
        asked.set(0);
        let failure = keyring.unwrap(&stored, None, &|_| true).expect_err("does not answer");
        let reason = failure.attempts[0].reason.as_deref().unwrap_or_default();
        assert!(reason.starts_with("it did not answer before; --key-timeout"), "{reason}");
        assert_eq!((failure.places, asked.get()), (vec!["a cloud".to_owned()], 0));
    }

    #[test]
    fn one_that_cannot_be_wrapped_for_is_named() {
        let (keyring, ..) = mixed(&["a"], LONG);
        let groups = [vec![Recipient::age("a"), far("good"), far("bad")]];
        let key = DataKey::generate(&SystemRandom);
        let failure =
            keyring.wrap(&key, &groups, None, Timestamp::from_unix(0), &SystemRandom).expect_err("one is bad");
        assert_eq!(failure.to_string(), "GCP KMS recipient `bad`: is no key");
    }
}
