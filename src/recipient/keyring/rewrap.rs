//! Gives a data key to other recipients, and leaves the wrapped keys of those who stay as they
//! are: they are not contacted, so that this works also for kinds that this run cannot use.

use zeroize::Zeroizing;

use super::search::Search;
use super::{Keyring, SHARE_BYTES, WrapFailure};
use crate::cipher::shamir::{self, Share};
use crate::cipher::{DataKey, Random};
use crate::document::Timestamp;
use crate::recipient::stored::keep_unknown;
use crate::recipient::{Access, Change, GroupChange, KeyGroup, Recipient};

impl Keyring {
    /// The key groups for another access to the same data key, and the threshold to store.
    ///
    /// With one group, and with groups that only grow, wrapped keys of recipients who stay are
    /// kept. In all other cases the data key is split anew, and every recipient gets a new share:
    /// one who changes groups, or stays where more must come together, must not own two that fit.
    ///
    /// # Errors
    /// One recipient that does not work is enough.
    pub fn rewrap(
        &self,
        key: &DataKey,
        old: (&[KeyGroup], Option<usize>),
        new: &Access,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(Vec<KeyGroup>, Option<usize>), WrapFailure> {
        let (groups, threshold) = old;
        let new = &Access { groups: self.settle(&new.groups)?, threshold: new.threshold };
        let change = Change::between(&Access::of(groups, threshold), new);
        let secrets = match (groups, new.groups.as_slice()) {
            ([_], [_]) => Some(vec![Zeroizing::new(key.expose().to_vec())]),
            _ if groups.len() == new.groups.len() && change.needed.0 == change.needed.1 && !change.leaves_a_group() => {
                self.shares_of(key, groups, &change)
            }
            _ => None,
        };
        let Some(secrets) = secrets else {
            let (mut wrapped, threshold) = self.wrap(key, &new.groups, new.threshold, now, random)?;
            keep_unknown(groups, &mut wrapped);
            return Ok((wrapped, threshold));
        };
        let added = change.groups.iter().zip(&secrets);
        let added = added.flat_map(|(change, secret)| change.added.iter().map(move |one| (one, secret)));
        let mut added = self.wrap_all(&added.collect::<Vec<_>>(), now)?.into_iter();
        let mut kept = Vec::with_capacity(groups.len());
        for (number, (group, change)) in groups.iter().zip(&change.groups).enumerate() {
            let gone: Vec<String> = change.removed.iter().map(Recipient::identity).collect();
            let mut group: KeyGroup =
                group.iter().filter(|key| !gone.contains(&key.recipient.identity())).cloned().collect();
            group.extend(added.by_ref().take(change.added.len()));
            if group.is_empty() {
                return Err(WrapFailure::EmptyGroup(number));
            }
            kept.push(group);
        }
        Ok((kept, if groups.len() == 1 { new.threshold } else { threshold }))
    }

    /// The share of every group that gets a recipient, as the others have it; empty for other
    /// groups. None where a share cannot be opened, or does not fit the others.
    fn shares_of(&self, key: &DataKey, groups: &[KeyGroup], change: &Change) -> Option<Vec<Share>> {
        let nothing = || Zeroizing::new(Vec::new());
        if change.groups.iter().all(|group| group.added.is_empty()) {
            return Some(groups.iter().map(|_| nothing()).collect());
        }
        let mut opened: Vec<Option<Share>> = groups.iter().map(|_| None).collect();
        Search::new(self, groups, SHARE_BYTES).run(&mut |group, share| {
            opened[group] = Some(share);
            false
        });
        let fits = |own: usize| {
            let others =
                opened.iter().enumerate().filter(|(number, _)| *number != own).filter_map(|(_, it)| it.clone());
            let shares: Vec<Share> = opened[own].clone().into_iter().chain(others).take(change.needed.0).collect();
            shares.len() == change.needed.0
                && shamir::join(&shares).is_ok_and(|joined| joined.as_slice() == key.expose().as_slice())
        };
        let share = |(number, group): (usize, &GroupChange)| match &opened[number] {
            _ if group.added.is_empty() => Some(nothing()),
            Some(share) if fits(number) => Some(share.clone()),
            _ => None,
        };
        change.groups.iter().enumerate().map(share).collect()
    }
}
