//! Where random bytes come from. Handed in by the caller, so that no test knob is needed in the
//! program: the library has one real source, and tests bring their own.

use std::cell::RefCell;

use zeroize::Zeroizing;

/// A source of random bytes fit for keys and nonces.
pub trait Random {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("impossible: the operating system has a random generator");
    }
}

/// How many bytes are fetched at once.
const STOCK_BYTES: usize = 4096;

/// Fetches random bytes in larger pieces: a file with many values asks for a nonce for each, and
/// a system call for each would cost more than the encryption. Every byte is given out once.
pub struct Stocked<'r> {
    source: &'r dyn Random,
    stock: RefCell<Stock>,
}

struct Stock {
    bytes: Zeroizing<[u8; STOCK_BYTES]>,
    used: usize,
}

impl<'r> Stocked<'r> {
    /// An empty stock of bytes from a source.
    #[must_use]
    pub fn new(source: &'r dyn Random) -> Self {
        Stocked { source, stock: RefCell::new(Stock { bytes: Zeroizing::new([0; STOCK_BYTES]), used: STOCK_BYTES }) }
    }
}

impl Random for Stocked<'_> {
    fn fill(&self, buffer: &mut [u8]) {
        if buffer.len() > STOCK_BYTES {
            return self.source.fill(buffer);
        }
        let mut stock = self.stock.borrow_mut();
        if STOCK_BYTES - stock.used < buffer.len() {
            self.source.fill(&mut *stock.bytes);
            stock.used = 0;
        }
        let from = stock.used;
        stock.used += buffer.len();
        buffer.copy_from_slice(&stock.bytes[from..stock.used]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts up, so that every byte pair says where it comes from.
    struct Counting(RefCell<u16>);

    impl Random for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for pair in buffer.chunks_mut(2) {
                let count = self.0.replace_with(|count| *count + 1);
                pair.copy_from_slice(&count.to_be_bytes()[..pair.len()]);
            }
        }
    }

    #[test]
    fn no_byte_is_given_out_twice() {
        let source = Counting(RefCell::new(0));
        let stocked = Stocked::new(&source);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            let mut nonce = [0; 32];
            stocked.fill(&mut nonce);
            assert!(seen.insert(nonce), "a nonce was given out twice");
        }
        let mut long = [0; STOCK_BYTES + 2];
        stocked.fill(&mut long);
        assert_ne!(long[STOCK_BYTES..], [0, 0]);
    }
}
