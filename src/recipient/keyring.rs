//! The key services that this run can use: wraps a data key for all recipients, and finds the one
//! that opens a file. With several key groups the data key is split into a share for each
//! (sops-compat.md §6).

mod rewrap;
mod search;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use zeroize::Zeroizing;

use crate::cipher::shamir::{self, Share};
use crate::cipher::{DataKey, KEY_BYTES, Random};
use crate::document::Timestamp;

use self::search::Search;
use super::{KeyGroup, KeyService, Kind, Recipient, WrappedKey};

/// Bytes of a share of a data key: its values, and the point.
const SHARE_BYTES: usize = KEY_BYTES + 1;

/// The key services of a run, and the order in which kinds of keys are tried.
pub struct Keyring {
    services: Vec<Box<dyn KeyService>>,
    order: Vec<Kind>,
    observer: Option<Box<Observer>>,
    /// What was unwrapped in this run, so that the same wrapped key in many files costs once.
    known: RefCell<HashMap<(String, String), Share>>,
}

/// Told of each wrapped key that is tried.
type Observer = dyn Fn(&Attempt);

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

/// What came of wrapping a secret: its wrapped form, or why each service could not.
type Wrapping = (Option<String>, Vec<String>);

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
        Keyring { services, order, observer: None, known: RefCell::default() }
    }

    /// The same, telling somebody of each wrapped key that is tried.
    #[must_use]
    pub fn observed(self, observer: impl Fn(&Attempt) + 'static) -> Self {
        Keyring { observer: Some(Box::new(observer)), ..self }
    }

    /// The services of a kind, in the order in which they are asked.
    fn services(&self, kind: Kind) -> impl Iterator<Item = &dyn KeyService> {
        self.services.iter().filter(move |service| service.kind() == kind).map(AsRef::as_ref)
    }

    /// Looks for keys of recipients of a kind in this file, before anything else.
    ///
    /// # Errors
    /// A service of this run reads it, and cannot; why, for people.
    pub fn learn(&self, kind: Kind, file: &Path) -> Result<(), String> {
        self.services(kind).try_for_each(|service| service.learn(file))
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
        let jobs = groups.iter().zip(&secrets).flat_map(|(group, secret)| group.iter().map(move |one| (one, secret)));
        let mut wrapped = self.wrap_all(&jobs.collect::<Vec<_>>(), now)?.into_iter();
        Ok((groups.iter().map(|group| wrapped.by_ref().take(group.len()).collect()).collect(), threshold))
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

    /// Wraps secrets, each for its recipient: those that wait for others wait at once.
    fn wrap_all(&self, jobs: &[(&Recipient, &Share)], now: Timestamp) -> Result<Vec<WrappedKey>, WrapFailure> {
        let finish = |((recipient, secret), (mut enc, mut reasons)): (&(&Recipient, &Share), Wrapping)| {
            let kind = recipient.kind;
            let mut rest = self.services(kind).filter(|service| !is_networked(*service));
            while enc.is_none()
                && let Some(service) = rest.next()
            {
                enc = service.wrap(recipient, secret).map_err(|reason| reasons.push(reason)).ok();
            }
            let reason = || if reasons.is_empty() { unsupported(kind) } else { reasons.join("; ") };
            let failure = || WrapFailure::Recipient { kind, recipient: recipient.to_string(), reason: reason() };
            let enc = enc.ok_or_else(failure)?;
            let created_at = kind.is_dated().then_some(now);
            Ok(WrappedKey { recipient: (*recipient).clone(), enc, created_at, unknown: Vec::new() })
        };
        jobs.iter().zip(self.wrap_on_network(jobs)).map(finish).collect()
    }

    /// Has the services on the network wrap what is theirs, all at once.
    #[cfg(feature = "network")]
    fn wrap_on_network(&self, jobs: &[(&Recipient, &Share)]) -> Vec<Wrapping> {
        let mut results: Vec<Wrapping> = jobs.iter().map(|_| Wrapping::default()).collect();
        let (mut work, mut asked) = (Vec::new(), Vec::new());
        let mut network = None;
        for (number, (recipient, secret)) in jobs.iter().enumerate() {
            for service in self.services(recipient.kind).filter_map(KeyService::networked) {
                network = network.or(Some(service.network()));
                asked.push(number);
                work.push(async move { (number, service.begin_wrap(recipient, secret).await) });
            }
        }
        let Some(network) = network else { return results };
        let ran = network.run(super::network::together(work, |(number, result)| {
            let (enc, reasons) = &mut results[number];
            match result {
                Ok(wrapped) => *enc = Some(wrapped),
                Err(reason) => reasons.push(reason),
            }
            false
        }));
        if let Err(reason) = ran {
            asked.into_iter().for_each(|number| results[number].1.push(reason.clone()));
        }
        results
    }

    #[cfg(not(feature = "network"))]
    fn wrap_on_network(&self, jobs: &[(&Recipient, &Share)]) -> Vec<Wrapping> {
        jobs.iter().map(|_| Wrapping::default()).collect()
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
        let (length, needed) = match groups {
            [_] => (KEY_BYTES, 1),
            // A stored threshold of 1 is wrong: a share alone is not the key.
            _ => (SHARE_BYTES, threshold.unwrap_or(groups.len()).clamp(2, groups.len().max(2))),
        };
        let mut shares: Vec<Share> = Vec::new();
        let (mut joined, mut fitting) = (None, None);
        let mut search = Search::new(self, groups, length);
        search.run(&mut |_, share| {
            shares.push(share);
            if groups.len() == 1 {
                fitting = DataKey::from_bytes(&shares[0]);
            } else if shares.len() >= needed {
                // All that are open, then all but the oldest ones, then all but any one: one wrong share
                // is survived.
                joined = join(&shares);
                let newest = (0..=shares.len() - needed).filter_map(|skip| join(&shares[skip..]));
                let outs = if shares.len() > needed { 0..shares.len() } else { 0..0 };
                let without = |out: usize| join(&[&shares[..out], &shares[out + 1..]].concat());
                fitting = newest.chain(outs.filter_map(without)).find(|key| fits(key));
            }
            fitting.is_some()
        });
        fitting.or(joined).ok_or_else(|| {
            let attempts = search.attempts();
            let groups = (groups.len() != 1).then_some((needed, shares.len()));
            NoDataKey { places: self.places(&attempts), groups, attempts }
        })
    }

    /// Tells the services of keys that are to be unwrapped in this run, so that they can bother
    /// people once for all of them.
    pub fn foresee(&self, groups: &[KeyGroup]) {
        for group in groups {
            for service in &self.services {
                let keys: Vec<&WrappedKey> = group.iter().filter(|key| key.recipient.kind == service.kind()).collect();
                if !keys.is_empty() {
                    service.foresee(&keys);
                }
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

/// Whether a service only waits for others to answer.
fn is_networked(service: &dyn KeyService) -> bool {
    #[cfg(feature = "network")]
    return service.networked().is_some();
    #[cfg(not(feature = "network"))]
    return {
        let _ = service;
        false
    };
}

/// The data key of which these are shares.
fn join(shares: &[Share]) -> Option<DataKey> {
    shamir::join(shares).ok().and_then(|secret| DataKey::from_bytes(&secret))
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
mod tests;
