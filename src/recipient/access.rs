//! Who can open a file, and what a change of that means: which recipients come and go in each key
//! group, and whether anybody loses what they could do. Plain data; nothing here is printed.

use std::collections::HashSet;

use super::{KeyGroup, Recipient};

/// Who can open a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// The key groups; any recipient of a group opens its part.
    pub groups: Vec<Vec<Recipient>>,
    /// How many groups must come together; none means all of them.
    pub threshold: Option<usize>,
}

impl Access {
    /// The access that stored keys give.
    #[must_use]
    pub fn of(groups: &[KeyGroup], threshold: Option<usize>) -> Self {
        let recipients = |group: &KeyGroup| group.iter().map(|key| key.recipient.clone()).collect();
        Access { groups: groups.iter().map(recipients).collect(), threshold }
    }

    /// How many groups must come together. A stored threshold that cannot be is read as the
    /// nearest one that can.
    #[must_use]
    pub fn needed(&self) -> usize {
        match self.groups.len() {
            0 | 1 => 1,
            count => self.threshold.unwrap_or(count).clamp(2, count),
        }
    }

    fn everybody(&self) -> HashSet<String> {
        self.groups.iter().flatten().map(Recipient::identity).collect()
    }
}

/// What happens to one key group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupChange {
    /// Who stays, in the order of the file.
    pub kept: Vec<Recipient>,
    /// Who comes, in the order asked for.
    pub added: Vec<Recipient>,
    /// Who goes.
    pub removed: Vec<Recipient>,
}

/// What happens to the access to a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Group by group; a side without the group counts as an empty one.
    pub groups: Vec<GroupChange>,
    /// How many groups must come together, before and after.
    pub needed: (usize, usize),
    /// Who is in none of the groups any more.
    pub removed: Vec<Recipient>,
}

impl Change {
    /// The way from one access to another.
    #[must_use]
    pub fn between(old: &Access, new: &Access) -> Self {
        let none = Vec::new();
        let group = |at: usize| {
            let (old, new) = (old.groups.get(at).unwrap_or(&none), new.groups.get(at).unwrap_or(&none));
            let (before, after) = (identities(old), identities(new));
            let mut change = GroupChange::default();
            for recipient in old {
                let stays = after.contains(&recipient.identity());
                if stays { &mut change.kept } else { &mut change.removed }.push(recipient.clone());
            }
            change.added = new.iter().filter(|recipient| !before.contains(&recipient.identity())).cloned().collect();
            change
        };
        let everybody = new.everybody();
        let mut seen = HashSet::new();
        let is_gone = |recipient: &&Recipient| {
            let identity = recipient.identity();
            !everybody.contains(&identity) && seen.insert(identity)
        };
        Change {
            groups: (0..old.groups.len().max(new.groups.len())).map(group).collect(),
            needed: (old.needed(), new.needed()),
            removed: old.groups.iter().flatten().filter(is_gone).cloned().collect(),
        }
    }

    /// Whether nothing happens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let same = |group: &GroupChange| group.added.is_empty() && group.removed.is_empty();
        self.groups.iter().all(same) && self.needed.0 == self.needed.1
    }

    /// Whether somebody can do less than before. What they know of the data key they go on
    /// knowing, so that only another data key takes it away.
    #[must_use]
    pub fn takes_away(&self) -> bool {
        !self.removed.is_empty() || self.needed.1 > self.needed.0
    }

    /// Whether a recipient leaves any group, be it for another one.
    #[must_use]
    pub(super) fn leaves_a_group(&self) -> bool {
        self.groups.iter().any(|group| !group.removed.is_empty())
    }
}

fn identities(group: &[Recipient]) -> HashSet<String> {
    group.iter().map(Recipient::identity).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(groups: &[&[&str]], threshold: Option<usize>) -> Access {
        let group = |names: &&[&str]| names.iter().map(|name| Recipient::age(name)).collect();
        Access { groups: groups.iter().map(group).collect(), threshold }
    }

    fn names(recipients: &[Recipient]) -> String {
        recipients.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_group_is_compared_with_its_own() {
        let change = Change::between(&access(&[&["a", "b"], &["c"]], None), &access(&[&["d", "a"], &["b"]], None));
        let shown: Vec<_> =
            change.groups.iter().map(|it| [names(&it.kept), names(&it.added), names(&it.removed)]).collect();
        assert_eq!(shown, [["a", "d", "b"], ["", "b", "c"]]);
        assert_eq!(names(&change.removed), "c");
    }

    #[test]
    fn order_and_repetition_are_no_change() {
        let change = Change::between(&access(&[&["a", "b", "a"]], Some(2)), &access(&[&["b", "a"]], None));
        assert!(change.is_empty() && !change.takes_away());
    }

    #[test]
    fn who_can_do_less_loses_something() {
        let three: &[&[&str]] = &[&["a"], &["b"], &["c"]];
        for (old, new, loses) in [
            (access(&[&["a"]], None), access(&[&["a", "b"]], None), false),
            (access(&[&["a", "b"]], None), access(&[&["a"]], None), true),
            (access(three, Some(2)), access(three, None), true),
            (access(three, None), access(three, Some(2)), false),
            (access(&[&["a", "b"]], None), access(&[&["a"], &["b"]], None), true),
            (access(&[&["a"], &["b"]], None), access(&[&["a", "b"]], None), false),
            (access(&[&["a"], &["b"]], None), access(&[&["b"], &["a"]], None), false),
        ] {
            let change = Change::between(&old, &new);
            assert_eq!(change.takes_away(), loses, "{change:?}");
            assert!(!change.is_empty());
        }
    }
}
