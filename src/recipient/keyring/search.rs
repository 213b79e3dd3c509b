//! The search for shares: which wrapped keys are tried, and in which order. First the kinds that
//! somebody asked for, in that order, then all others at once; among what stands on one step, what
//! costs nothing goes first, and the keys on the network are waited for together, whichever kind
//! and group they are of.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::{Attempt, Keyring, is_networked, unsupported};
use crate::cipher::shamir::Share;
#[cfg(feature = "network")]
use crate::recipient::KeyService;
use crate::recipient::{KeyGroup, Kind, Unwrapped, WrappedKey};

/// Takes the share of a group, and says whether that is enough.
pub(super) type Take<'a> = dyn FnMut(usize, Share) -> bool + 'a;

/// A search that is under way.
pub(super) struct Search<'a> {
    keyring: &'a Keyring,
    groups: &'a [KeyGroup],
    /// Bytes that a share has.
    length: usize,
    is_open: Vec<bool>,
    attempts: Vec<Attempt>,
}

impl<'a> Search<'a> {
    /// Looks for secrets of this length, one of each group.
    pub(super) fn new(keyring: &'a Keyring, groups: &'a [KeyGroup], length: usize) -> Self {
        Search { keyring, groups, length, is_open: vec![false; groups.len()], attempts: Vec::new() }
    }

    /// Every key that was tried, by groups.
    pub(super) fn attempts(mut self) -> Vec<Attempt> {
        self.attempts.sort_by_key(|attempt| attempt.group);
        self.attempts
    }

    /// Opens groups until `take` has enough, or all that can be opened are open.
    pub(super) fn run(&mut self, take: &mut Take<'_>) {
        let kinds: BTreeSet<(usize, Kind)> =
            self.groups.iter().flatten().map(|key| (self.rank(key.recipient.kind), key.recipient.kind)).collect();
        let kinds: Vec<(usize, Kind)> = kinds.into_iter().collect();
        for step in kinds.chunk_by(|one, other| one.0 == other.0) {
            let waits = |kind: &Kind| self.keyring.services(*kind).any(is_networked);
            let (far, near): (Vec<Kind>, Vec<Kind>) = step.iter().map(|(_, kind)| *kind).partition(waits);
            if self.recall(step, take) || self.near(&near, take) {
                return;
            }
            #[cfg(feature = "network")]
            if self.far(&far, take) {
                return;
            }
            // Services that stand in for those on the network.
            if self.near(&far, take) {
                return;
            }
        }
    }

    fn rank(&self, kind: Kind) -> usize {
        self.keyring.order.iter().position(|listed| *listed == kind).unwrap_or(usize::MAX)
    }

    /// The groups that are still shut, each with its keys of a kind.
    fn shut(&self, kind: Kind) -> Vec<(usize, Vec<&'a WrappedKey>)> {
        let groups = self.groups.iter().enumerate().filter(|(number, _)| !self.is_open[*number]);
        let keys = |group: &'a KeyGroup| group.iter().filter(|key| key.recipient.kind == kind).collect::<Vec<_>>();
        groups.map(|(number, group)| (number, keys(group))).filter(|(_, keys)| !keys.is_empty()).collect()
    }

    /// Opens what an earlier search of this run has unwrapped.
    fn recall(&mut self, step: &[(usize, Kind)], take: &mut Take<'_>) -> bool {
        if self.keyring.known.borrow().is_empty() {
            return false;
        }
        for (_, kind) in step {
            for (group, keys) in self.shut(*kind) {
                let secrets: Vec<Share> = {
                    let known = self.keyring.known.borrow();
                    keys.iter().filter_map(|key| known.get(&place(key)).cloned()).collect()
                };
                let Some(secret) = secrets.into_iter().find(|secret| secret.len() == self.length) else { continue };
                self.is_open[group] = true;
                if take(group, secret) {
                    return true;
                }
            }
        }
        false
    }

    /// Asks the services of these kinds that answer at once, in turn.
    fn near(&mut self, kinds: &[Kind], take: &mut Take<'_>) -> bool {
        let keyring = self.keyring;
        for kind in kinds {
            for (group, keys) in self.shut(*kind) {
                if keyring.services(*kind).next().is_none() {
                    keys.iter().for_each(|key| self.note(group, key, Some(unsupported(*kind))));
                }
                for service in keyring.services(*kind).filter(|service| !is_networked(*service)) {
                    let results = service.unwrap_any(&keys, &|secret| secret.len() == self.length);
                    let mut found = None;
                    for (key, unwrapped) in keys.iter().zip(results) {
                        found = self.judge(group, key, unwrapped).or(found);
                    }
                    let Some(secret) = found else { continue };
                    self.is_open[group] = true;
                    if take(group, secret) {
                        return true;
                    }
                    break;
                }
            }
        }
        false
    }

    /// Asks the services of these kinds on the network, all at once.
    #[cfg(feature = "network")]
    fn far(&mut self, kinds: &[Kind], take: &mut Take<'_>) -> bool {
        let keyring = self.keyring;
        let mut work = Vec::new();
        let mut network = None;
        let mut asked = Vec::new();
        for kind in kinds {
            for (group, keys) in self.shut(*kind) {
                for service in keyring.services(*kind).filter_map(KeyService::networked) {
                    network = network.or(Some(service.network()));
                    for key in &keys {
                        let key: &'a WrappedKey = key;
                        asked.push((group, key));
                        work.push(async move { (group, key, service.begin_unwrap(key).await) });
                    }
                }
            }
        }
        let Some(network) = network else { return false };
        let mut is_enough = false;
        let all = crate::recipient::network::together(work, |(group, key, unwrapped)| {
            let secret = self.judge(group, key, unwrapped).filter(|_| !self.is_open[group]);
            if let Some(secret) = secret {
                self.is_open[group] = true;
                is_enough = take(group, secret);
            }
            is_enough
        });
        if let Err(reason) = network.run(all) {
            asked.into_iter().for_each(|(group, key)| self.note(group, key, Some(reason.clone())));
        }
        is_enough
    }

    /// The secret, if it is one of the right length.
    fn judge(&mut self, group: usize, key: &WrappedKey, unwrapped: Unwrapped) -> Option<Share> {
        let (secret, reason) = match unwrapped {
            Unwrapped::Key(secret) if secret.len() == self.length => (Some(secret), None),
            Unwrapped::Key(_) => (None, Some("its wrapped key opens to something of another length".into())),
            Unwrapped::NotMine(reason) | Unwrapped::Broken(reason) => (None, Some(reason)),
        };
        self.note(group, key, reason);
        if let Some(secret) = &secret {
            self.keyring.known.borrow_mut().insert(place(key), Zeroizing::clone(secret));
        }
        secret
    }

    fn note(&mut self, group: usize, key: &WrappedKey, reason: Option<String>) {
        let attempt = Attempt { group, recipient: key.recipient.to_string(), kind: key.recipient.kind, reason };
        if let Some(observer) = &self.keyring.observer {
            observer(&attempt);
        }
        self.attempts.push(attempt);
    }
}

/// What makes a wrapped key the same as another.
fn place(key: &WrappedKey) -> (String, String) {
    (key.recipient.identity(), key.enc.clone())
}
