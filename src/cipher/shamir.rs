//! Shamir's secret sharing as SOPS does it for key groups (sops-compat.md §6): GF(2⁸) modulo
//! x⁸+x⁴+x³+x+1, one random polynomial for each byte, a share is its values followed by the point
//! x, and x counts from 1. No crate in the registry speaks this layout safely (crates.md §9).
//!
//! Arithmetic is free of tables and of branches on secret bytes.

use zeroize::Zeroizing;

use super::random::Random;

/// A share: one byte for each byte of the secret, and the point.
pub type Share = Zeroizing<Vec<u8>>;

/// Why shares could not be made or joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Parts or threshold out of range.
    #[error("a secret can be split for 2 ≤ threshold ≤ parts ≤ 255")]
    Range,
    /// Too few, of unequal length, or two for the same point.
    #[error("the shares do not belong together")]
    Mismatch,
}

/// Splits a secret so that any `threshold` of the `parts` shares give it back, and fewer say
/// nothing of it.
///
/// # Errors
/// Not 2 ≤ threshold ≤ parts ≤ 255.
pub fn split(secret: &[u8], parts: usize, threshold: usize, random: &dyn Random) -> Result<Vec<Share>, ShareError> {
    let Ok(last) = u8::try_from(parts) else { return Err(ShareError::Range) };
    if threshold < 2 || threshold > parts || secret.is_empty() {
        return Err(ShareError::Range);
    }
    // Each with all its room from the start, so that growing leaves no copy behind.
    let mut shares: Vec<Share> = (0..parts).map(|_| Zeroizing::new(Vec::with_capacity(secret.len() + 1))).collect();
    let mut coefficients = Zeroizing::new(vec![0; threshold - 1]);
    for &byte in secret {
        random.fill(&mut coefficients);
        for (share, x) in shares.iter_mut().zip(1..=last) {
            let value = coefficients.iter().rev().fold(0, |sum, &coefficient| multiply(sum ^ coefficient, x)) ^ byte;
            share.push(value);
        }
    }
    for (share, x) in shares.iter_mut().zip(1..=last) {
        share.push(x);
    }
    Ok(shares)
}

/// Joins shares into the secret. There is no checksum: too few or wrong shares give a wrong secret.
///
/// # Errors
/// Fewer than two shares, unequal or too short ones, a point that is 0 or occurs twice.
pub fn join(shares: &[Share]) -> Result<Zeroizing<Vec<u8>>, ShareError> {
    let length = shares.first().map_or(0, |share| share.len());
    if shares.len() < 2 || length < 2 || shares.iter().any(|share| share.len() != length) {
        return Err(ShareError::Mismatch);
    }
    let points: Vec<u8> = shares.iter().map(|share| share[length - 1]).collect();
    let repeated = |at: usize| points[..at].contains(&points[at]);
    if points.contains(&0) || (0..points.len()).any(repeated) {
        return Err(ShareError::Mismatch);
    }
    let weights: Vec<u8> = (0..points.len()).map(|at| weight_at_zero(&points, at)).collect();
    let mut secret = Zeroizing::new(Vec::with_capacity(length - 1));
    for byte in 0..length - 1 {
        secret.push(shares.iter().zip(&weights).fold(0, |sum, (share, &weight)| sum ^ multiply(share[byte], weight)));
    }
    Ok(secret)
}

/// The Lagrange weight of one point for the value at 0.
fn weight_at_zero(points: &[u8], at: usize) -> u8 {
    let others = points.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, point)| *point);
    others.fold(1, |weight, other| multiply(weight, multiply(other, invert(other ^ points[at]))))
}

/// Product in the field.
fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8 {
        product ^= a & (b >> bit & 1).wrapping_neg();
        a = (a << 1) ^ (0x1b & (a >> 7).wrapping_neg());
    }
    product
}

/// Inverse in the field, a²⁵⁴; 0 for 0.
fn invert(a: u8) -> u8 {
    let mut power = a;
    let mut inverse = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        inverse = multiply(inverse, power);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::cipher::SystemRandom;

    /// Gives out the listed coefficients, one call after the other.
    struct Listed(Mutex<Vec<Vec<u8>>>);

    impl Random for Listed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&self.0.lock().expect("no thread panicked").remove(0));
        }
    }

    fn hex(share: &[u8]) -> String {
        share.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The vectors of sops-compat.md §12.
    #[test]
    fn agrees_with_the_vectors_of_sops() {
        let secret = [0x00, 0x01, 0x53, 0xff];
        let (first, second) = ([0x01, 0x02, 0xca, 0x80], [0x10, 0x20, 0x30, 0x40]);
        for (threshold, expected) in
            [(2, ["0103997f01", "0205dce402", "0307166403"]), (3, ["1123a93f01", "42851cff02", "53a7e63f03"])]
        {
            let list = first.iter().zip(second).map(|(&a, b)| vec![a, b][..threshold - 1].to_vec()).collect();
            let shares = split(&secret, 3, threshold, &Listed(Mutex::new(list))).expect("splits");
            assert_eq!(shares.iter().map(|share| hex(share)).collect::<Vec<_>>(), expected);
            assert_eq!(join(&shares).expect("joins").as_slice(), secret);
        }
    }

    #[test]
    fn any_quorum_joins() {
        let secret = [7; 32];
        let shares = split(&secret, 5, 3, &SystemRandom).expect("splits");
        for pick in [[0, 1, 2], [4, 2, 0], [1, 3, 4]] {
            let some: Vec<Share> = pick.iter().map(|&at| shares[at].clone()).collect();
            assert_eq!(join(&some).expect("joins").as_slice(), secret);
        }
        assert_ne!(join(&shares[..2]).expect("joins").as_slice(), secret);
    }

    #[test]
    fn every_inverse_is_one() {
        for a in 1..=255 {
            assert_eq!(multiply(a, invert(a)), 1, "{a}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for (parts, threshold) in [(1, 1), (3, 1), (2, 3), (256, 2)] {
            assert_eq!(split(&[1], parts, threshold, &SystemRandom).err(), Some(ShareError::Range));
        }
        let shares = split(&[1, 2], 3, 2, &SystemRandom).expect("splits");
        let zero = Zeroizing::new(vec![1, 2, 0]);
        let short = Zeroizing::new(vec![1, 9]);
        for bad in [
            vec![],
            vec![shares[0].clone()],
            vec![shares[0].clone(); 2],
            vec![shares[0].clone(), zero],
            vec![shares[0].clone(), short],
        ] {
            assert_eq!(join(&bad).err(), Some(ShareError::Mismatch));
        }
    }
}
