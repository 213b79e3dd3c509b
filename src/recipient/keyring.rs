//! The key services that this run can use: wraps a data key for all recipients, and finds the one
//! that opens a file. With several key groups the data key is split into a share for each
//! (sops-compat.md §6).

mod rewrap;

use zeroize::Zeroizing;

use crate::cipher::shamir::{self, Share};
use crate::cipher::{DataKey, KEY_BYTES, Random};
use crate::document::Timestamp;

use super::{KeyGroup, KeyService, Kind, Recipient, Unwrapped, WrappedKey};

/// Bytes of a share of a data key: its values, and the point.
const SHARE_BYTES: usize = KEY_BYTES + 1;

/// The key services of a run, and the order in which kinds of keys are tried.
pub struct Keyring {
    services: Vec<Box<dyn KeyService>>,
    order: Vec<Kind>,
}

/// One wrapped key that was tried, and why it did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which key group, from 0.
    pub group: usize,
    /// The recipient as people write it.
    pub recipient: String,
    /// Its kind.
    pub kind: Kind,
    /// Why it did not open, lower case; none when it did and other groups were missing.
    pub reason: Option<String>,
}

/// No recipient could recover the data key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no recipient could recover the data key")]
pub struct NoDataKey {
    /// Every key tried.
    pub attempts: Vec<Attempt>,
    /// Where identities were looked for.
    pub places: Vec<String>,
    /// How many key groups are needed, and how many opened.
    pub groups: Option<(usize, usize)>,
}

/// A data key could not be wrapped for a recipient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrapFailure {
    /// A recipient that does not work. Nobody is left out silently.
    #[error("{kind} recipient `{recipient}`: {reason}", kind = kind.title())]
    Recipient {
        /// Its kind.
        kind: Kind,
        /// As people write it.
        recipient: String,
        /// Why.
        reason: String,
    },
    /// A group without recipients.
    #[error("key group {0} has no recipients")]
    EmptyGroup(usize),
    /// No group at all.
    #[error("there is no recipient to encrypt to")]
    Nobody,
    /// The threshold cannot be met.
    #[error("a threshold of {threshold} does not fit {groups} key groups: it must be 2 to {groups}")]
    Threshold {
        /// What was asked for.
        threshold: usize,
        /// How many groups there are.
        groups: usize,
    },
}

impl Keyring {
    /// A keyring of the given services. Where several serve one kind, they are asked in this order
    /// until one can do it. Kinds in `order` are tried first.
    #[must_use]
    pub fn new(services: Vec<Box<dyn KeyService>>, order: Vec<Kind>) -> Self {
        Keyring { services, order }
    }

    /// The services of a kind, in the order in which they are asked.
    fn services(&self, kind: Kind) -> impl Iterator<Item = &dyn KeyService> {
        self.services.iter().filter(move |service| service.kind() == kind).map(AsRef::as_ref)
    }

    /// Wraps a data key for every recipient of every group. Returns the groups and the threshold
    /// to store: none for a single group unless one was asked for.
    ///
    /// # Errors
    /// One recipient that does not work is enough.
    pub fn wrap(
        &self,
        key: &DataKey,
        groups: &[Vec<Recipient>],
        threshold: Option<usize>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(Vec<KeyGroup>, Option<usize>), WrapFailure> {
        if groups.is_empty() {
            return Err(WrapFailure::Nobody);
        }
        if let Some(empty) = groups.iter().position(Vec::is_empty) {
            return Err(WrapFailure::EmptyGroup(empty));
        }
        let groups = &self.settle(groups)?;
        let (secrets, threshold) = shares_for(key, groups.len(), threshold, random)?;
        let wrap = |(group, secret): (&Vec<Recipient>, &Share)| {
            group.iter().map(|recipient| self.wrap_one(recipient, secret, now)).collect::<Result<KeyGroup, _>>()
        };
        Ok((groups.iter().zip(&secrets).map(wrap).collect::<Result<_, _>>()?, threshold))
    }

    /// The recipients with what they leave open and a file has to say: the version of a key. Who
    /// leaves nothing open is not contacted, nor who is of a kind that this run cannot use.
    ///
    /// # Errors
    /// One recipient that does not work is enough.
    pub fn settle(&self, groups: &[Vec<Recipient>]) -> Result<Vec<Vec<Recipient>>, WrapFailure> {
        let settle = |recipient: &Recipient| {
            let mut reasons = Vec::new();
            for service in self.services(recipient.kind) {
                match service.settle(recipient) {
                    Ok(settled) => return Ok(settled.unwrap_or_else(|| recipient.clone())),
                    Err(reason) => reasons.push(reason),
                }
            }
            if reasons.is_empty() {
                return Ok(recipient.clone());
            }
            let (kind, recipient) = (recipient.kind, recipient.to_string());
            Err(WrapFailure::Recipient { kind, recipient, reason: reasons.join("; ") })
        };
        groups.iter().map(|group| group.iter().map(settle).collect()).collect()
    }

    fn wrap_one(&self, recipient: &Recipient, secret: &[u8], now: Timestamp) -> Result<WrappedKey, WrapFailure> {
        let kind = recipient.kind;
        let failure = |reason| WrapFailure::Recipient { kind, recipient: recipient.to_string(), reason };
        let mut reasons = Vec::new();
        let wrapped = self
            .services(kind)
            .find_map(|service| service.wrap(recipient, secret).map_err(|reason| reasons.push(reason)).ok());
        let reason = || if reasons.is_empty() { unsupported(kind) } else { reasons.join("; ") };
        let enc = wrapped.ok_or_else(|| failure(reason()))?;
        let created_at = kind.is_dated().then_some(now);
        Ok(WrappedKey { recipient: recipient.clone(), enc, created_at, unknown: Vec::new() })
    }

    /// Recovers the data key of a file. `fits` says whether a key is the right one; it decides only
    /// which of several shares are joined, and a key that fits nothing is returned all the same, so
    /// that the caller can say what is wrong with the file.
    ///
    /// # Errors
    /// No key of the only group opens, or too few groups do.
    pub fn unwrap(
        &self,
        groups: &[KeyGroup],
        threshold: Option<usize>,
        fits: &dyn Fn(&DataKey) -> bool,
    ) -> Result<DataKey, NoDataKey> {
        self.foresee(groups);
        let mut attempts = Vec::new();
        let key = match groups {
            [group] => self.open_group(0, group, KEY_BYTES, &mut attempts).and_then(|key| DataKey::from_bytes(&key)),
            _ => {
                // A stored threshold of 1 is wrong: a share alone is not the key.
                let needed = threshold.unwrap_or(groups.len()).clamp(2, groups.len().max(2));
                return self.join_groups(groups, needed, fits);
            }
        };
        key.ok_or_else(|| NoDataKey { places: self.places(&attempts), groups: None, attempts })
    }

    /// Opens as many groups as are needed, and more when their shares give no key that fits: one
    /// of them may be wrong, or the stored threshold too low.
    fn join_groups(
        &self,
        groups: &[KeyGroup],
        needed: usize,
        fits: &dyn Fn(&DataKey) -> bool,
    ) -> Result<DataKey, NoDataKey> {
        let (mut attempts, mut shares): (Vec<Attempt>, Vec<Share>) = Default::default();
        let join = |shares: &[Share]| shamir::join(shares).ok().and_then(|secret| DataKey::from_bytes(&secret));
        let mut joined = None;
        for (number, group) in groups.iter().enumerate() {
            let Some(share) = self.open_group(number, group, SHARE_BYTES, &mut attempts) else { continue };
            shares.push(share);
            if shares.len() >= needed {
                joined = join(&shares);
                // All that are open, then all but the oldest ones: one wrong share is survived.
                let fitting =
                    (0..=shares.len() - needed).filter_map(|skip| join(&shares[skip..])).find(|key| fits(key));
                if let Some(key) = fitting {
                    return Ok(key);
                }
            }
        }
        joined.ok_or_else(|| NoDataKey {
            places: self.places(&attempts),
            groups: Some((needed, shares.len())),
            attempts,
        })
    }

    /// The secret of the first key of a group that opens to one of the right length.
    fn open_group(&self, number: usize, group: &KeyGroup, length: usize, attempts: &mut Vec<Attempt>) -> Option<Share> {
        let rank = |kind: Kind| self.order.iter().position(|listed| *listed == kind).unwrap_or(usize::MAX);
        let mut keys: Vec<&WrappedKey> = group.iter().collect();
        keys.sort_by_key(|key| (rank(key.recipient.kind), key.recipient.kind));
        for keys in keys.chunk_by(|one, other| one.recipient.kind == other.recipient.kind) {
            let kind = keys[0].recipient.kind;
            let mut note = |key: &WrappedKey, reason| {
                attempts.push(Attempt { group: number, recipient: key.recipient.to_string(), kind, reason });
            };
            let mut services = self.services(kind).peekable();
            if services.peek().is_none() {
                keys.iter().for_each(|key| note(key, Some(unsupported(kind))));
            }
            for service in services {
                let mut found = None;
                for (key, unwrapped) in keys.iter().zip(service.unwrap_any(keys, &|secret| secret.len() == length)) {
                    let reason = match unwrapped {
                        Unwrapped::Key(secret) if secret.len() != length => {
                            Some("its wrapped key opens to something of another length".into())
                        }
                        Unwrapped::Key(secret) => {
                            found = Some(secret);
                            None
                        }
                        Unwrapped::NotMine(reason) | Unwrapped::Broken(reason) => Some(reason),
                    };
                    note(key, reason);
                }
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Tells the services of keys that are to be unwrapped in this run, so that they can bother
    /// people once for all of them.
    pub fn foresee(&self, groups: &[KeyGroup]) {
        for group in groups {
            for service in &self.services {
                let keys: Vec<&WrappedKey> = group.iter().filter(|key| key.recipient.kind == service.kind()).collect();
                service.foresee(&keys);
            }
        }
    }

    /// Where the services that were asked looked for identities.
    fn places(&self, attempts: &[Attempt]) -> Vec<String> {
        let asked = |kind| attempts.iter().any(|attempt| attempt.kind == kind);
        let mut places: Vec<String> = Vec::new();
        for service in self.services.iter().filter(|service| asked(service.kind())) {
            // A service may stand here once for each kind.
            let new: Vec<String> = service.places().into_iter().filter(|place| !places.contains(place)).collect();
            places.extend(new);
        }
        places
    }
}

fn unsupported(kind: Kind) -> String {
    format!("this build cannot use {} keys", kind.title())
}

/// What each group's keys wrap: the data key itself, or a share of it.
fn shares_for(
    key: &DataKey,
    groups: usize,
    threshold: Option<usize>,
    random: &dyn Random,
) -> Result<(Vec<Share>, Option<usize>), WrapFailure> {
    let threshold = threshold.filter(|threshold| *threshold != 0);
    if groups == 1 {
        return Ok((vec![Zeroizing::new(key.expose().to_vec())], threshold));
    }
    let threshold = threshold.unwrap_or(groups);
    let shares = shamir::split(key.expose(), groups, threshold, random)
        .map_err(|_| WrapFailure::Threshold { threshold, groups })?;
    Ok((shares, Some(threshold)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::SystemRandom;

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
        let (key, mut groups, threshold) = wrapped(&[&["a"], &["b"], &["c"]], Some(2));
        let fits = |found: &DataKey| found.expose() == key.expose();
        groups[0][0].enc.replace_range(0..2, "00");
        groups[0][0].enc.replace_range(2..4, "00");
        let everybody = keyring(&["a", "b", "c"]);
        assert!(fits(&everybody.unwrap(&groups, threshold, &fits).expect("opens")));
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
}
