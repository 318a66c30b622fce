//! Hashing of short words, and of lists of small numbers of one length, with a secret, so that no text can crowd a table.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::vocabulary::hash;

/// Makes hashers that share a secret.
#[derive(Debug)]
pub(crate) struct Secret(pub(crate) u64);

impl Default for Secret {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Secret {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded(self.0)
    }
}

/// The secret, then the hash of a word.
#[derive(Debug)]
pub(crate) struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.write_u128(u128::from_le_bytes(*word));
        }
        let mut last = [0; 16];
        if let Some(place) = last.get_mut(..rest.len()).filter(|_| !rest.is_empty()) {
            place.copy_from_slice(rest);
            self.write_u128(u128::from_le_bytes(last));
        }
    }

    fn write_usize(&mut self, count: usize) {
        self.write_u128(count as u128);
    }

    fn write_u128(&mut self, word: u128) {
        self.0 = hash(word, self.0);
    }
}
