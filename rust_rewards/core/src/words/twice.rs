//! Which things may stand more than once among many, by two bits for each: what fits the cache costs less than a table of the things.

/// Bits for each thing: about one of nine that stands once is then suspected to stand again.
const BITS: usize = 8;

/// Hashes that were noted, and those that were noted again.
#[derive(Debug)]
pub(crate) struct Twice {
    once: Vec<u64>,
    again: Vec<u64>,
}

impl Twice {
    /// Note the hashes of things, at most `most`.
    pub(crate) fn new(hashes: impl Iterator<Item = u64>, most: usize) -> Self {
        let words = (BITS * most).next_power_of_two().div_ceil(64);
        let mut noted = Self { once: vec![0; words], again: vec![0; words] };
        for hash in hashes {
            let (word, bit) = noted.place(hash);
            let (Some(once), Some(again)) = (noted.once.get_mut(word), noted.again.get_mut(word)) else { continue };
            if *once & bit == 0 {
                *once |= bit;
            } else if *again & bit == 0 {
                *again |= bit; // not written again, or each word of a text that repeats one would wait for the one before
            }
        }
        noted
    }

    /// Whether a hash may have been noted more than once; true of each that was.
    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.again.get(word).is_some_and(|again| again & bit != 0)
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        ((hash >> 6) as usize & (self.once.len() - 1), 1 << (hash % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_twice_is_never_missed_and_most_of_the_rest_is_told_apart() {
        let hash = |thing: u64| thing.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
        let twice = Twice::new((0..1000).chain(500..600).map(hash), 1100);
        assert!((500..600).all(|thing| twice.may_hold(hash(thing))));
        assert!((0..500).filter(|&thing| twice.may_hold(hash(thing))).count() < 100);
        assert!(!Twice::new([].into_iter(), 0).may_hold(7));
    }
}
