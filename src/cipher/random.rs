//! Where random bytes come from. Handed in by the caller, so that no test knob is needed in the
//! program: the library has one real source, and tests bring their own.

/// A source of random bytes fit for keys and nonces. Several threads draw from it.
pub trait Random: Sync {
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
