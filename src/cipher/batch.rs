//! Many values at once, on all processors: sealing and opening are independent of each other, and
//! are most of the work on a large file. A small file is done on the spot, without a thread.

use std::num::NonZero;
use std::ops::Range;

use zeroize::Zeroizing;

use super::data_key::DataKey;
use super::random::Random;
use super::value::{Cipher, EncryptedValue, Kind, NONCE_BYTES, ValueError};

/// Below this number of values a thread costs more than it saves.
const WORTH_A_THREAD: usize = 2000;

/// Values with what each is bound to, in the order in which they were added.
pub struct Batch<V> {
    values: Vec<(V, Range<usize>)>,
    /// The additional data of all values, one after the other.
    additional: Vec<u8>,
}

impl<V> Default for Batch<V> {
    fn default() -> Self {
        Batch { values: Vec::new(), additional: Vec::new() }
    }
}

impl<V: Sync> Batch<V> {
    /// Adds a value; returns its place.
    pub fn add(&mut self, value: V, additional: &[u8]) -> usize {
        let start = self.additional.len();
        self.additional.extend_from_slice(additional);
        self.values.push((value, start..self.additional.len()));
        self.values.len() - 1
    }

    /// The value at a place that [`Batch::add`] returned.
    #[must_use]
    pub fn value(&self, at: usize) -> &V {
        &self.values[at].0
    }

    /// What the value at a place is bound to.
    #[must_use]
    pub fn additional(&self, at: usize) -> &[u8] {
        &self.additional[self.values[at].1.clone()]
    }

    /// Works on every value with its number and additional data; the results are in order.
    fn map<R: Send>(&self, work: impl Fn(usize, &V, &[u8]) -> R + Sync) -> Vec<R> {
        let one = |(number, (value, range)): (usize, &(V, Range<usize>))| {
            work(number, value, &self.additional[range.clone()])
        };
        // How many processors there are takes time to find out: only where it matters.
        let threads = match self.values.len() / WORTH_A_THREAD {
            few @ (0 | 1) => few,
            many => std::thread::available_parallelism().map_or(1, NonZero::get).min(many),
        };
        if threads < 2 {
            return self.values.iter().enumerate().map(one).collect();
        }
        let share = self.values.len().div_ceil(threads);
        let mut results = Vec::with_capacity(self.values.len());
        std::thread::scope(|scope| {
            let one = &one;
            let shares: Vec<_> = self
                .values
                .chunks(share)
                .enumerate()
                .map(|(chunk, values)| {
                    let first = chunk * share;
                    scope.spawn(move || {
                        values.iter().enumerate().map(|(at, value)| one((first + at, value))).collect::<Vec<R>>()
                    })
                })
                .collect();
            for done in shares {
                results.extend(done.join().expect("impossible: sealing and opening do not panic"));
            }
        });
        results
    }
}

impl<P: AsRef<[u8]> + Sync> Batch<(Kind, P)> {
    /// Seals every plaintext with a nonce of its own.
    #[must_use]
    pub fn seal(&self, key: &DataKey, random: &dyn Random) -> Vec<Vec<u8>> {
        let cipher = Cipher::new(key);
        let mut nonces = vec![[0; NONCE_BYTES]; self.values.len()];
        random.fill(nonces.as_flattened_mut());
        self.map(|number, (kind, plain), additional| {
            cipher.seal_with(*kind, plain.as_ref(), additional, &nonces[number])
        })
    }
}

/// What a sealed value opens to.
pub type Opening = Result<Zeroizing<Vec<u8>>, ValueError>;

impl Batch<EncryptedValue<'_>> {
    /// Opens every value.
    #[must_use]
    pub fn open(&self, key: &DataKey) -> Vec<Opening> {
        let cipher = Cipher::new(key);
        self.map(|_, value, additional| cipher.open(value, additional))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::SystemRandom;

    #[test]
    fn results_are_in_order_with_and_without_threads() {
        let key = DataKey::generate(&SystemRandom);
        for count in [0, 1, 100, 3 * WORTH_A_THREAD + 1] {
            let mut plain = Batch::default();
            for number in 0..count {
                assert_eq!(plain.add((Kind::Int, number.to_string()), format!("{number}:").as_bytes()), number);
            }
            let sealed = plain.seal(&key, &SystemRandom);
            let mut batch = Batch::default();
            for (number, sealed) in sealed.iter().enumerate() {
                batch.add(EncryptedValue::parse(sealed).expect("is sealed"), format!("{number}:").as_bytes());
            }
            let opened = batch.open(&key);
            assert_eq!(opened.len(), count);
            for (number, opened) in opened.into_iter().enumerate() {
                assert_eq!(opened.expect("opens").as_slice(), number.to_string().as_bytes());
            }
        }
    }

    #[test]
    fn no_nonce_is_used_twice() {
        let mut plain = Batch::default();
        (0..100).for_each(|_| _ = plain.add((Kind::Str, "same"), b"a:"));
        let mut sealed = plain.seal(&DataKey::generate(&SystemRandom), &SystemRandom);
        sealed.sort();
        sealed.dedup();
        assert_eq!(sealed.len(), 100);
    }
}
