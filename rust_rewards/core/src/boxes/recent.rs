//! Labels that answers name again and again, recognised without a search for their end.

/// Bytes that are compared at once; a longer label is not kept.
const BYTES: usize = 32;
const WORDS: usize = BYTES / 8;
/// An answer names few kinds of objects, and those of a task are not many more.
const LABELS: usize = 16;

/// Labels that were read, the latest first, each with the text that ends it.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(Vec<Label>);

#[derive(Clone, Copy, Debug)]
struct Label {
    name: u32,
    length: usize,
    /// Which bits of the text are compared, and what they are.
    mask: [u64; WORDS],
    bits: [u64; WORDS],
}

impl Recent {
    /// The label with its ending that `text` starts with: its index and its length.
    #[inline]
    pub(super) fn find(&mut self, text: &[u8]) -> Option<(u32, usize)> {
        let words = words(text.first_chunk()?);
        let place = self.0.iter().position(|label| label.starts(words))?;
        if place > 0 {
            self.0.swap(0, place);
        }
        self.0.first().map(|label| (label.name, label.length))
    }

    /// Keep a label in place of the one that was not read for long.
    pub(super) fn keep(&mut self, label: &str, ending: &str, name: u32) {
        let (mut bytes, mut mask) = ([0; BYTES], [0; BYTES]);
        let length = label.len() + ending.len();
        let (Some(place), Some(masked)) = (bytes.get_mut(..length), mask.get_mut(..length)) else {
            return;
        };
        place.iter_mut().zip(label.bytes().chain(ending.bytes())).for_each(|(place, byte)| *place = byte);
        masked.fill(u8::MAX);
        self.0.truncate(LABELS - 1);
        self.0.insert(0, Label { name, length, mask: words(&mask), bits: words(&bytes) });
    }
}

impl Label {
    #[inline]
    fn starts(&self, text: [u64; WORDS]) -> bool {
        let masked = text.iter().zip(&self.mask).zip(&self.bits);
        masked.fold(0, |differing, ((text, mask), bits)| differing | ((text & mask) ^ bits)) == 0
    }
}

#[inline]
fn words(bytes: &[u8; BYTES]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    let (chunks, _) = bytes.as_chunks();
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_le_bytes(*chunk);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_with_their_ending() {
        let mut recent = Recent::default();
        recent.keep("ship", "\"}", 3);
        recent.keep("shipyard", "\"}", 5);
        recent.keep(&"x".repeat(31), "\"}", 7);
        let mut find = |text: &str| recent.find(format!("{text:32}").as_bytes());
        assert_eq!(find("ship\"}, more"), Some((3, 6)));
        assert_eq!(find("shipyard\"}]"), Some((5, 10)));
        assert_eq!((find("ship\"]"), find("shipy\"}"), find(&("x".repeat(31) + "\"}"))), (None, None, None));
        assert_eq!(recent.find(b"ship\"}"), None, "the end of a text is left to who reads byte by byte");
    }

    #[test]
    fn the_latest_are_kept() {
        let mut recent = Recent::default();
        for name in 0..40 {
            recent.keep(&format!("label {name}"), "|", name);
        }
        let found = (0..40).filter(|name| recent.find(format!("label {name}|{:32}", "").as_bytes()).is_some());
        assert_eq!(found.collect::<Vec<_>>(), (24..40).collect::<Vec<_>>());
    }
}
