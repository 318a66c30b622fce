//! What Unicode says of characters, in pages that are made when a text first asks for them.
//!
//! A question to the libraries costs a search in a table; here it costs two loads, whatever characters a text is made of.

use std::array::from_fn;
use std::sync::OnceLock;

use caseless::Caseless;
use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use unicode_normalization::{IsNormalized, is_nfc_quick};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Characters of a page.
pub(crate) const PAGE: usize = 256;
pub(crate) const PAGES: usize = (char::MAX as usize + 1) / PAGE;

static MADE: [OnceLock<Box<Page>>; PAGES] = [const { OnceLock::new() }; PAGES];

/// What is known of a character.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    flags: u8,
    /// Its canonical combining class.
    pub(crate) class: u8,
}

impl Known {
    const VISIBLE: u8 = 1;
    const WORD: u8 = 1 << 1;
    const STABLE: u8 = 1 << 2;
    const WHOLE: u8 = 1 << 3;
    const FOLDED: u8 = 1 << 4;
    const LOWER: u8 = 1 << 5;

    fn new(letter: char) -> Self {
        use GeneralCategoryGroup::{Letter, Number, Other, Separator};
        let group = letter.general_category_group();
        let class = canonical_combining_class(letter);
        let quick = is_nfc_quick([letter].into_iter()) == IsNormalized::Yes;
        let mut whole = true;
        decompose_canonical(letter, |part| whole &= part == letter);
        let flags = [
            (Self::VISIBLE, group != Other && group != Separator),
            (Self::WORD, group == Letter || group == Number),
            (Self::STABLE, quick && class == 0),
            (Self::WHOLE, whole),
            (Self::FOLDED, [letter].into_iter().default_case_fold().eq([letter])),
            (Self::LOWER, letter.to_lowercase().eq([letter])),
        ];
        let flags = flags.into_iter().filter(|&(_, is_set)| is_set).fold(0, |all, (flag, _)| all | flag);
        Self { flags, class }
    }

    /// Whether it is neither of category C* nor of Z*.
    pub(crate) fn is_visible(self) -> bool {
        self.flags & Self::VISIBLE != 0
    }

    /// Whether it is a letter or a number.
    #[inline]
    pub(crate) fn is_word(self) -> bool {
        self.flags & Self::WORD != 0
    }

    /// Whether text of such characters alone is NFC, and none of them joins with what stands before it.
    #[inline]
    pub(crate) fn is_stable(self) -> bool {
        self.flags & Self::STABLE != 0
    }

    /// Whether it is its own canonical decomposition.
    #[inline]
    pub(crate) fn is_whole(self) -> bool {
        self.flags & Self::WHOLE != 0
    }

    /// Whether it is its own case-folded form.
    #[inline]
    pub(crate) fn is_folded(self) -> bool {
        self.flags & Self::FOLDED != 0
    }

    /// Whether it is its own lower case.
    #[inline]
    pub(crate) fn is_lower(self) -> bool {
        self.flags & Self::LOWER != 0
    }
}

/// The case-folded form of a character, zeros after it.
type Folds = [[char; 3]; PAGE];

#[derive(Debug)]
struct Page {
    known: [Known; PAGE],
    /// None where every character is its own.
    folds: Option<Box<Folds>>,
}

impl Page {
    fn new(number: usize) -> Box<Self> {
        let letter = |place| u32::try_from(number * PAGE + place).ok().and_then(char::from_u32);
        let known: [Known; PAGE] = from_fn(|place| letter(place).map(Known::new).unwrap_or_default());
        let fold = |place| {
            let mut folded = letter(place).into_iter().default_case_fold();
            from_fn(|_| folded.next().unwrap_or_default())
        };
        let folds = known.iter().any(|known| !known.is_folded()).then(|| Box::new(from_fn(fold)));
        Box::new(Self { known, folds })
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "there is a page for each character")]
    fn of(letter: char) -> &'static Self {
        let number = letter as usize / PAGE;
        MADE[number].get_or_init(|| Self::new(number))
    }
}

#[inline]
#[expect(clippy::indexing_slicing, reason = "the place is below the size of a page")]
pub(crate) fn known(letter: char) -> Known {
    Page::of(letter).known[letter as usize % PAGE]
}

/// The case-folded form of a character.
pub(crate) fn folded(letter: char) -> impl Iterator<Item = char> {
    let folds = Page::of(letter).folds.as_ref().and_then(|folds| folds.get(letter as usize % PAGE));
    folds.copied().unwrap_or([letter, '\0', '\0']).into_iter().take_while(|&part| part != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character() {
        for letter in '\0'..=char::MAX {
            let (held, fresh) = (known(letter), Known::new(letter));
            assert_eq!((held.flags, held.class), (fresh.flags, fresh.class), "{letter:?}");
            let library = [letter].into_iter().default_case_fold();
            assert!(letter == '\0' || folded(letter).eq(library), "{letter:?}");
        }
    }

    /// `docs/explanation/exactness.md` and `docs/rewards_page.py` name these.
    #[test]
    fn the_tables_are_of_the_unicode_that_the_pages_name() {
        assert_eq!(unicode_properties::UNICODE_VERSION, (18, 0, 0));
        assert_eq!(unicode_normalization::UNICODE_VERSION, (18, 0, 0));
        assert_eq!(caseless::UNICODE_VERSION, (16, 0, 0));
    }
}
