//! How much of a text, or of a list of boxes, says again what was said before.

use std::collections::{HashMap, HashSet};

use crate::boxes::{BoxColumn, BoxRow};
use crate::unicode::{push_lower, split_at_spaces};
use crate::words::{Secret, short_key};

/// Share of the runs of `length` words (lower case, cut at white space) that stood before; 0 for a shorter text.
///
/// ```
/// use rust_rewards::repetition::of_words;
/// assert_eq!(of_words("a b a b", 2), 1.0 / 3.0);
/// ```
#[must_use]
pub fn of_words(text: &str, length: usize) -> f64 {
    let ids = numbered(text);
    let runs = ids.windows(length.max(1));
    let total = runs.len();
    let mut distinct: HashSet<&[u32], Secret> = HashSet::with_capacity_and_hasher(total, Secret::default());
    distinct.extend(runs);
    share(total, distinct.len())
}

/// The words of a text as numbers, equal ones having the same.
fn numbered(text: &str) -> Vec<u32> {
    let mut lower = String::with_capacity(text.len());
    push_lower(text, &mut lower);
    let (mut short, mut long) = (HashMap::<u128, u32, Secret>::default(), HashMap::<&str, u32>::new());
    let number = |word| {
        let next = u32::try_from(short.len() + long.len()).unwrap_or(u32::MAX);
        match short_key(word) {
            Some(key) => *short.entry(key).or_insert(next),
            None => *long.entry(word).or_insert(next),
        }
    };
    split_at_spaces(&lower).map(number).collect()
}

/// Share of an answer's boxes that equal one before them, label included.
///
/// ```
/// use rust_rewards::boxes::{Form, Syntax, parse};
/// let form = Form { syntax: Syntax::List4, one: false };
/// let column = parse(1, 1, form, |_| (Ok("[1,2,3,4],[1,2,3,4]"), [9.0, 9.0]));
/// assert_eq!(rust_rewards::repetition::of_boxes(&column.row(0).unwrap()), 0.5);
/// ```
#[must_use]
pub fn of_boxes(row: &BoxRow<'_>) -> f64 {
    let items = row.rects.iter().zip(row.labels); // + 0 makes one number of −0 and 0
    let distinct: HashSet<_> = items.map(|(rect, label)| (rect.map(|value| (value + 0.0).to_bits()), label)).collect();
    share(row.rects.len(), distinct.len())
}

/// [`of_boxes`] of every answer of a column.
#[must_use]
pub fn of_column(column: &BoxColumn) -> Vec<f64> {
    (0..column.len()).map(|row| column.row(row).map_or(0.0, |row| of_boxes(&row))).collect()
}

fn share(total: usize, distinct: usize) -> f64 {
    if total == 0 { 0.0 } else { (total - distinct) as f64 / total as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert!(of_words("", 6) == 0.0 && of_words("a a a a a", 6) == 0.0);
        assert!((of_words("a a a a a a A", 6) - 0.5).abs() < 1e-15);
        assert!(of_words("a b c d e f g", 6) == 0.0);
    }

    #[test]
    fn boxes() {
        let rects = vec![[0.0, 0.0, 1.0, 1.0, 0.0]; 3];
        let labels = |names: [&'static str; 3]| {
            let column = BoxColumn::from_arrays(rects.clone(), &[0, 3], &[0], Some(vec![names.to_vec()])).unwrap();
            of_column(&column)
        };
        assert_eq!((labels(["a", "a", "a"]), labels(["a", "b", "a"])), (vec![2.0 / 3.0], vec![1.0 / 3.0]));
    }
}
