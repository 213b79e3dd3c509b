//! Pieces of text, one after the other, in chunks that never grow: so a piece never moves, and no
//! copy of a secret is left behind where it was before.

use zeroize::Zeroize as _;

/// Bytes of a chunk, unless a piece needs more.
const CHUNK: usize = 32 << 10;

/// See the module.
pub struct Pile {
    chunks: Vec<Vec<u8>>,
    secret: bool,
}

impl Pile {
    /// None yet. What is secret is wiped in the end.
    #[must_use]
    pub fn new(secret: bool) -> Self {
        Pile { chunks: Vec::new(), secret }
    }

    /// A chunk that has room for so many bytes, to add a piece at its end.
    pub fn room(&mut self, bytes: usize) -> &mut Vec<u8> {
        if self.chunks.last().is_none_or(|last| last.capacity() - last.len() < bytes) {
            self.chunks.push(Vec::with_capacity(bytes.max(CHUNK)));
        }
        self.chunks.last_mut().expect("impossible: there is one now")
    }

    /// Adds a piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.room(piece.len()).extend_from_slice(piece);
    }

    /// The chunks with all pieces, in order.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().map(Vec::as_slice)
    }

    /// Whether it is wiped.
    pub(super) fn is_secret(&self) -> bool {
        self.secret
    }

    /// How many chunks there are: the one in use is the last.
    pub(super) fn count(&self) -> usize {
        self.chunks.len()
    }

    /// The chunk with this number.
    pub(super) fn chunk(&self, number: usize) -> &[u8] {
        &self.chunks[number]
    }
}

impl Drop for Pile {
    fn drop(&mut self) {
        if self.secret {
            self.chunks.iter_mut().for_each(Vec::zeroize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_chunk_grows() {
        let mut pile = Pile::new(true);
        let pieces = [vec![b'a'; 10], vec![b'b'; CHUNK - 5], vec![b'c'; 3 * CHUNK], Vec::new(), vec![b'd'; 1]];
        pieces.iter().for_each(|piece| pile.push(piece));
        assert_eq!(pile.chunks().collect::<Vec<_>>().concat(), pieces.concat());
        assert!(pile.chunks.iter().all(|chunk| [CHUNK, 3 * CHUNK].contains(&chunk.capacity())));
    }
}
