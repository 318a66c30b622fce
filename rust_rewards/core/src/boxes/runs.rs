//! Whole numbers that stand close together, read at once.
//!
//! Read one after another, each number waits until the length of the one before is known, which takes longer than all the
//! rest. Here one look at the text tells the digits from everything else, and with them where every number starts.

use wide::{CmpLt, i8x16};

use crate::number::digits_value;

/// Bytes that are looked at: four coordinates of five digits and an angle, with what stands between them.
const SPAN: usize = 32;
/// Bytes that are compared at once.
const LANES: usize = 16;
/// Bytes that [`digits_value`] reads.
const WORD: usize = 8;
pub(super) const WINDOW: usize = SPAN + WORD;

/// The first `N` runs of digits of a text, each a short whole number.
pub(super) struct Runs<'t, const N: usize> {
    window: &'t [u8; WINDOW],
    starts: [usize; N],
    ends: [usize; N],
    /// Where the runs after the first `N` start and end, a bit each.
    later: (u32, u32),
    pub(super) values: [u32; N],
}

impl<'t, const N: usize> Runs<'t, N> {
    /// None where the first [`SPAN`] bytes hold fewer runs, or a number with a leading zero or of more than seven digits.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "handed over in memory, the numbers would wait for each other again")]
    pub(super) fn of(window: &'t [u8; WINDOW]) -> Option<Self> {
        let digits = digits(window);
        let (mut starts, mut ends) = (digits & !(digits << 1), !digits & (digits << 1));
        let mut runs = Self { window, starts: [0; N], ends: [0; N], later: (0, 0), values: [0; N] };
        for ((start, end), value) in runs.starts.iter_mut().zip(&mut runs.ends).zip(&mut runs.values) {
            if ends == 0 {
                return None;
            }
            (*start, *end) = (starts.trailing_zeros() as usize, ends.trailing_zeros() as usize);
            (starts, ends) = (starts & (starts - 1), ends & (ends - 1));
            *value = digits_value(*window.get(*start..)?.first_chunk()?, *end - *start)?;
        }
        runs.later = (starts, ends);
        Some(runs)
    }

    /// Whether the first run starts the text, and `gap` and nothing else stands between each two.
    #[inline]
    pub(super) fn are_separated<const G: usize>(&self, gap: [u8; G]) -> bool {
        let next = self.starts.iter().skip(1).zip(&self.ends);
        let differing = next.filter(|&(&start, &end)| start != end + G || self.at(end) != Some(gap)).count();
        differing == 0 && self.starts.first() == Some(&0)
    }

    /// The numbers of a list: a comma and perhaps a blank between each two.
    #[inline]
    pub(super) fn list(&self) -> Option<[f64; N]> {
        let is_list = self.are_separated(*b", ") || self.are_separated(*b",");
        is_list.then(|| self.values.map(f64::from))
    }

    /// The short whole number that stands after the last one and `gap`, perhaps with a minus, and where it ends.
    #[inline]
    pub(super) fn next_after<const G: usize>(&self, gap: [u8; G]) -> Option<(f64, usize)> {
        let (starts, ends) = self.later;
        if ends == 0 {
            return None;
        }
        let (start, end) = (starts.trailing_zeros() as usize, ends.trailing_zeros() as usize);
        let from = self.end(N - 1);
        let is_negative = start == from + G + 1 && self.at(start - 1) == Some(*b"-");
        if self.at(from) != Some(gap) || start != from + G + usize::from(is_negative) {
            return None;
        }
        let value = f64::from(digits_value(*self.window.get(start..)?.first_chunk()?, end - start)?);
        Some((if is_negative { -value } else { value }, end))
    }

    /// The bytes that stand at a place.
    #[inline]
    pub(super) fn at<const G: usize>(&self, place: usize) -> Option<[u8; G]> {
        self.window.get(place..)?.first_chunk().copied()
    }

    /// Where a run ends.
    #[inline]
    pub(super) fn end(&self, place: usize) -> usize {
        self.ends.get(place).copied().unwrap_or(SPAN)
    }
}

/// The four numbers that `text` starts with, a comma and perhaps a blank between two, and where they end.
#[inline(always)]
#[expect(clippy::inline_always, reason = "handed over in memory, the numbers would wait for each other again")]
pub(super) fn corners(text: &[u8]) -> Option<([f64; 4], usize)> {
    let mut spare = [0; WINDOW];
    let runs = Runs::<4>::of(window(text, &mut spare))?;
    Some((runs.list()?, runs.end(3)))
}

/// The bytes that a text starts with; in `spare`, with zeros after them, where the text is shorter.
#[inline]
pub(super) fn window<'t>(text: &'t [u8], spare: &'t mut [u8; WINDOW]) -> &'t [u8; WINDOW] {
    if let Some(window) = text.first_chunk() {
        return window;
    }
    spare.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
    spare
}

/// A bit for each of the first [`SPAN`] bytes that is a digit.
#[inline]
fn digits(window: &[u8; WINDOW]) -> u32 {
    /// What turns the digits into the ten least numbers of eight bits.
    const TO_LEAST: u8 = 0x80 - b'0';
    let (halves, _) = window.as_chunks();
    let mut digits = 0;
    for (place, half) in halves.iter().take(SPAN / LANES).enumerate() {
        let values = i8x16::new(half.map(|byte| byte.wrapping_add(TO_LEAST).cast_signed()));
        let are_digits = values.cmp_lt(i8x16::splat(i8::MIN + 10)).move_mask();
        digits |= are_digits.cast_unsigned() << (place * LANES);
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(usize, usize, u32)>> {
        let mut spare = [0; WINDOW];
        let runs = Runs::<4>::of(window(text.as_bytes(), &mut spare))?;
        Some((0..4).map(|k| (runs.starts[k], runs.end(k), runs.values[k])).collect())
    }

    #[test]
    fn runs_are_what_a_loop_finds() {
        let texts =
            ["1, 2, 3, 4]", "12,345,6789,1234567]", "a1b22c333d4444e55555", "\u{e9}7\u{ff}8:9/0", "0 0 0 0 1 2 3"];
        for text in texts {
            let mut expected: Vec<(usize, usize, u32)> = Vec::new();
            for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
                let digit = u32::from(byte - b'0');
                match expected.last_mut() {
                    Some((_, end, value)) if *end == at => (*end, *value) = (at + 1, *value * 10 + digit),
                    _ => expected.push((at, at + 1, digit)),
                }
            }
            for longer in [text.to_owned(), format!("{text:60}")] {
                assert_eq!(read(&longer).unwrap(), expected[..4], "{longer}");
            }
        }
    }

    #[test]
    fn what_is_no_short_whole_number_is_refused() {
        for text in ["", "1 2 3", "01 2 3 4", "1 2 3 12345678", "1 2 3                            4"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("1 2 3 {}", "4".repeat(40))), None);
    }

    #[test]
    fn gaps() {
        let separated = |text: &str| {
            let mut spare = [0; WINDOW];
            let runs = Runs::<4>::of(window(text.as_bytes(), &mut spare)).unwrap();
            runs.are_separated(*b", ")
        };
        assert!(separated("1, 22, 333, 4") && separated("1, 2, 3, 4, 5"));
        for text in ["1, 22, 333,4", "1, 22,333, 4", "1, 22; 333, 4", " 1, 2, 3, 4", "1,, 2, 3, 4", "1, -2, 3, 4"] {
            assert!(!separated(text), "{text}");
        }
    }

    #[test]
    fn every_byte_is_told_from_a_digit() {
        for byte in 0..=u8::MAX {
            for place in 0..SPAN {
                let mut window = [b'9'; WINDOW];
                window[place] = byte;
                let expected = if byte.is_ascii_digit() { u32::MAX } else { !(1 << place) };
                assert_eq!(digits(&window), expected, "byte {byte} at {place}");
            }
        }
    }
}
