//! What Unicode says of characters, remembered, and the normal form that it asks for: linear in the text whatever stands in it.

use std::borrow::Cow;

use caseless::Caseless;
use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};
use unicode_normalization::{IsNormalized, is_nfc_quick};

use crate::unicode::is_word;

/// Places for characters; each question about a character costs a search in a table of Unicode's.
const PLACES: usize = 512;

/// What is known of a character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    letter: char,
    /// Its canonical combining class.
    class: u8,
    /// Whether text of such characters alone is NFC, and none of them joins with what stands before it.
    stable: bool,
    /// Whether it is its own canonical decomposition.
    whole: bool,
    /// Its case-folded form: at most three characters, and which of them belong to words.
    folded: [(char, bool); 3],
    length: u8,
}

impl Known {
    fn new(letter: char) -> Self {
        let (mut folded, mut length) = ([('\0', false); 3], 0);
        for (place, letter) in folded.iter_mut().zip([letter].into_iter().default_case_fold()) {
            *place = (letter, is_word(letter));
            length += 1;
        }
        let quick = is_nfc_quick([letter].into_iter()) == IsNormalized::Yes;
        let class = canonical_combining_class(letter);
        let mut whole = true;
        decompose_canonical(letter, |part| whole &= part == letter);
        Self { letter, class, stable: quick && class == 0, whole, folded, length }
    }
}

impl Known {
    /// The characters of the case-folded form, and whether each belongs to words.
    #[inline]
    pub(crate) fn folded(&self) -> &[(char, bool)] {
        self.folded.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// Characters asked for before.
#[derive(Debug, Default)]
pub(crate) struct Letters {
    known: Option<Box<[Known; PLACES]>>,
}

impl Letters {
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the place is below the number of places")]
    pub(crate) fn known(&mut self, letter: char) -> &Known {
        let places = self.known.get_or_insert_with(|| Box::new([Known::new('\0'); PLACES]));
        let known = &mut places[letter as usize % PLACES];
        if known.letter != letter {
            *known = Known::new(letter);
        }
        known
    }

    /// The NFC form of a text, as `unicode-normalization` gives it; heaps of combining marks are not sorted but dealt out by class.
    pub(crate) fn nfc<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if text.chars().all(|letter| self.known(letter).stable) {
            return Cow::Borrowed(text);
        }
        let (mut cluster, mut normal) = (Cluster::default(), String::with_capacity(text.len()));
        for letter in text.chars() {
            let &Known { stable, whole, class, .. } = self.known(letter);
            if stable {
                cluster.close(&mut normal);
            }
            if whole {
                cluster.add(class, letter, &mut normal);
            } else {
                decompose_canonical(letter, |part| cluster.add(canonical_combining_class(part), part, &mut normal));
            }
        }
        cluster.close(&mut normal);
        Cow::Owned(normal)
    }
}

/// A starter and the marks on it, by ascending class and within a class in their order: canonical order.
#[derive(Debug, Default)]
struct Cluster {
    starter: Option<char>,
    marks: Vec<(u8, String)>,
}

impl Cluster {
    /// Take a character that is its own decomposition.
    fn add(&mut self, class: u8, letter: char, normal: &mut String) {
        if class == 0 {
            self.add_starter(letter, normal);
            return;
        }
        match self.marks.binary_search_by_key(&class, |&(class, _)| class) {
            Ok(place) => self.marks.iter_mut().skip(place).take(1).for_each(|(_, marks)| marks.push(letter)),
            Err(place) => self.marks.insert(place, (class, letter.to_string())),
        }
    }

    /// Two starters join where nothing is left between them.
    fn add_starter(&mut self, letter: char, normal: &mut String) {
        self.join();
        let is_bare = self.marks.iter().all(|(_, marks)| marks.is_empty());
        self.starter = match self.starter {
            Some(starter) if is_bare && let Some(both) = compose(starter, letter) => Some(both),
            _ => {
                self.close(normal);
                Some(letter)
            }
        };
    }

    /// Let marks join the starter; one that does not stands before all others of its class.
    fn join(&mut self) {
        for (_, marks) in &mut self.marks {
            while let (Some(starter), Some(mark)) = (self.starter, marks.chars().next())
                && let Some(both) = compose(starter, mark)
            {
                self.starter = Some(both);
                marks.drain(..mark.len_utf8());
            }
        }
    }

    /// Write what is held.
    fn close(&mut self, normal: &mut String) {
        self.join();
        normal.extend(self.starter.take());
        self.marks.drain(..).for_each(|(_, marks)| normal.push_str(&marks));
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    const ODD: &str = "e\u{301}\u{316}\u{e9}\u{1e69}\u{323}\u{307}\u{212b}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{344}\u{345}\u{3b1}\u{313}\
                       \u{300}\u{958}\u{fb1d}\u{9c7}\u{9be}\u{9d7}\u{1d15e}\u{34f}\u{38a}a-\u{338}\u{df}\u{f71}\u{f73}\u{f72}\u{3099}\u{304b}";

    #[test]
    fn nfc_is_that_of_the_library() {
        let odd: Vec<char> = ODD.chars().collect();
        let (mut letters, mut seed) = (Letters::default(), 1_u64);
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap()
        };
        for _ in 0..50_000 {
            let length = draw() % 12;
            let text: String = (0..length).map(|_| odd[draw() % odd.len()]).collect();
            assert_eq!(letters.nfc(&text), text.nfc().collect::<String>(), "{text:?}");
        }
    }

    #[test]
    fn every_character_after_a_starter_and_a_mark() {
        let mut letters = Letters::default();
        for letter in '\0'..=char::MAX {
            let text = String::from_iter(['a', '\u{316}', letter, '\u{301}']);
            assert_eq!(letters.nfc(&text), text.nfc().collect::<String>(), "{text:?}");
        }
    }
}
