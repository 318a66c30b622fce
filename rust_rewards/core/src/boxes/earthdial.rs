//! EarthDial's digits-only parser, for its published figures: brackets of non-negative integers anywhere in the text.

use super::items::{Items, Numbers};
use crate::unicode::{is_space, zero_of};

/// Read every `[digits, …]`; brackets that hold anything else are passed over.
pub(super) fn read(text: &str, items: &mut Items<'_>) {
    // Cut at every opening bracket: what follows the last one before a closing bracket is a list, if all of it is digits.
    for piece in text.split('[').skip(1) {
        let Some((inside, _)) = piece.split_once(']') else {
            continue;
        };
        let mut numbers = Numbers::default();
        // White space may follow a bracket or a comma and precede the closing bracket, but no comma.
        let list = inside.trim_end_matches(is_space);
        if list.split(',').all(|part| digits(part).map(|value| numbers.push(value)).is_some()) {
            items.offer(numbers, None);
        }
    }
}

fn digits(part: &str) -> Option<f64> {
    let part = part.trim_start_matches(is_space);
    if part.is_empty() {
        None
    } else if part.bytes().all(|byte| byte.is_ascii_digit()) {
        part.parse().ok()
    } else if part.is_ascii() {
        None
    } else {
        in_ascii(part)?.parse().ok()
    }
}

/// Digits of any script as ASCII; None where anything else stands among them.
fn in_ascii(part: &str) -> Option<String> {
    let mut zero = u32::from('0');
    let ascii = |digit: char| {
        if !(zero..zero + 10).contains(&u32::from(digit)) {
            zero = zero_of(digit)?;
        }
        char::from_digit(u32::from(digit) - zero, 10)
    };
    part.chars().map(ascii).collect()
}
