//! The normal form NFC: linear in the text whatever stands in it.

use std::borrow::Cow;

use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};

use crate::letters::known;

/// The NFC form of a text, as `unicode-normalization` gives it; heaps of combining marks are not compared but dealt out by class.
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    let Some(mut joint) = next_joint(text, 0) else { return Cow::Borrowed(text) };
    let (mut cluster, mut normal, mut copied) = (Cluster::default(), String::with_capacity(text.len()), 0);
    loop {
        // What stands between joints is stable.
        normal.push_str(text.get(copied..joint).unwrap_or_default());
        copied = cluster.read(text, joint, &mut normal);
        match next_joint(text, copied) {
            Some(next) => joint = next,
            None => break,
        }
    }
    normal.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(normal)
}

/// Where the next characters stand that may join or change their order: the last stable one before them, at `from` or after it.
fn next_joint(text: &str, from: usize) -> Option<usize> {
    let mut last = from;
    for (at, letter) in text.get(from..)?.char_indices() {
        if !letter.is_ascii() && !known(letter).is_stable() {
            return Some(last);
        }
        last = from + at;
    }
    None
}

/// Marks from which on they are dealt out by class; fewer are sorted.
const HEAP: usize = 32;

/// A starter and the marks on it.
#[derive(Debug, Default)]
struct Cluster {
    starter: Option<char>,
    marks: Vec<(u8, char)>,
    /// Working memory.
    sorted: Vec<(u8, char)>,
}

impl Cluster {
    /// Read from a starter to the second of two stable ones; gives where that stands.
    fn read(&mut self, text: &str, start: usize, normal: &mut String) -> usize {
        let mut follows_stable = false;
        for (at, letter) in text.get(start..).unwrap_or_default().char_indices() {
            let known = known(letter);
            if known.is_stable() {
                self.close(normal);
                if follows_stable {
                    return start + at;
                }
            }
            follows_stable = known.is_stable();
            if known.is_whole() {
                self.add(known.class, letter, normal);
            } else {
                decompose_canonical(letter, |part| self.add(canonical_combining_class(part), part, normal));
            }
        }
        self.close(normal);
        text.len()
    }

    /// Take a character that is its own decomposition.
    #[inline]
    fn add(&mut self, class: u8, letter: char, normal: &mut String) {
        if class == 0 {
            self.add_starter(letter, normal);
        } else {
            self.marks.push((class, letter));
        }
    }

    /// Two starters join where nothing is left between them.
    fn add_starter(&mut self, letter: char, normal: &mut String) {
        self.join();
        self.starter = match self.starter {
            Some(starter)
                if self.marks.is_empty()
                    && let Some(both) = compose(starter, letter) =>
            {
                Some(both)
            }
            _ => {
                self.write(normal);
                Some(letter)
            }
        };
    }

    /// Sort the marks by class, those of a class in their order, and let them join the starter; one that does not stands before all
    /// others of its class.
    fn join(&mut self) {
        self.sort();
        let Self { starter: Some(starter), marks, .. } = self else { return };
        let mut barred = 0;
        marks.retain(|&(class, mark)| {
            let both = if class == barred { None } else { compose(*starter, mark) };
            match both {
                Some(both) => *starter = both,
                None => barred = class,
            }
            both.is_none()
        });
    }

    fn sort(&mut self) {
        let Self { marks, sorted, .. } = self;
        if marks.is_sorted_by_key(|&(class, _)| class) {
            return;
        }
        if marks.len() < HEAP {
            marks.sort_by_key(|&(class, _)| class);
            return;
        }
        deal(marks, sorted);
        std::mem::swap(marks, sorted);
    }

    /// Write what is held.
    fn close(&mut self, normal: &mut String) {
        if !self.marks.is_empty() {
            self.join();
        }
        self.write(normal);
    }

    fn write(&mut self, normal: &mut String) {
        normal.extend(self.starter.take());
        normal.extend(self.marks.drain(..).map(|(_, mark)| mark));
    }
}

/// Sort marks by class, those of a class in their order.
fn deal(marks: &[(u8, char)], sorted: &mut Vec<(u8, char)>) {
    let mut places = [0_usize; 257];
    for &(class, _) in marks {
        places.iter_mut().skip(usize::from(class) + 1).take(1).for_each(|count| *count += 1);
    }
    let mut before = 0;
    for place in &mut places {
        before += *place;
        *place = before;
    }
    sorted.clear();
    sorted.resize(marks.len(), (0, '\0'));
    for &mark in marks {
        let Some(place) = places.get_mut(usize::from(mark.0)) else { continue };
        sorted.iter_mut().skip(*place).take(1).for_each(|free| *free = mark);
        *place += 1;
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
        let mut seed = 1_u64;
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap()
        };
        for round in 0..50_000 {
            let length = draw() % if round % 50 == 0 { 200 } else { 12 };
            let text: String = (0..length).map(|_| odd[draw() % odd.len()]).collect();
            assert_eq!(nfc(&text), text.nfc().collect::<String>(), "{text:?}");
        }
    }

    #[test]
    fn heaps_of_marks_are_sorted() {
        let marks: String = ['\u{301}', '\u{316}', '\u{345}', '\u{323}'].into_iter().cycle().take(101).collect();
        for text in [format!("e{marks}e{marks}"), marks] {
            assert_eq!(nfc(&text), text.nfc().collect::<String>());
        }
    }

    #[test]
    fn every_character_after_a_starter_and_a_mark() {
        for letter in '\0'..=char::MAX {
            let text = String::from_iter(['a', '\u{316}', letter, '\u{301}']);
            assert_eq!(nfc(&text), text.nfc().collect::<String>(), "{text:?}");
        }
    }
}
