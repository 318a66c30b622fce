//! How much of a text, or of a list of boxes, says again what was said before.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use crate::boxes::{BoxColumn, BoxRow};
use crate::unicode::{push_lower, split_at_spaces};
use crate::words::{Key, Secret, Twice, hash, keys_of};

/// Words and runs that a table has room for before it grows.
const ROOM: usize = 256;

/// Runs beyond which a table of them no longer fits the cache.
const MANY: usize = 4096;

/// Stands for each word that stands once.
const SINGLE: u32 = u32::MAX;

/// Share of the runs of `length` words (lower case, cut at white space) that stood before; 0 for a shorter text.
///
/// ```
/// use rust_rewards::repetition::of_words;
/// assert_eq!(of_words("a b a b", 2), 1.0 / 3.0);
/// ```
#[must_use]
pub fn of_words(text: &str, length: usize) -> f64 {
    let (ids, length) = (numbered(text), length.max(1));
    let (mut firsts, mut repeated) = (Firsts::new(&ids, length), 0);
    // The run that stood before where this one may, since the one before this did.
    let mut expected = None;
    for (start, run) in ids.windows(length).enumerate() {
        let first = if run.contains(&SINGLE) {
            start // it stands once, too
        } else if let Some(first) = expected.filter(|&first| ids.get(first..first + length) == Some(run)) {
            first
        } else {
            firsts.first(run, start)
        };
        repeated += usize::from(first < start);
        expected = (first < start).then_some(first + 1);
    }
    share((ids.len() + 1).saturating_sub(length), repeated)
}

/// Where runs of words stand first.
struct Firsts<'i> {
    ids: &'i [u32],
    length: usize,
    places: HashMap<&'i [u32], usize, Secret>,
    /// Once there are many: those that may stand again. No others are kept.
    twice: Option<Twice>,
}

impl<'i> Firsts<'i> {
    fn new(ids: &'i [u32], length: usize) -> Self {
        let places = HashMap::with_capacity_and_hasher(ids.len().min(ROOM), Secret::default());
        Self { ids, length, places, twice: None }
    }

    /// The first place of a run that stands at `start`, too.
    fn first(&mut self, run: &'i [u32], start: usize) -> usize {
        let Self { ids, length, places, twice } = self;
        let hash = |run: &[u32]| places.hasher().hash_one(run);
        if places.len() > MANY {
            let twice = twice.get_or_insert_with(|| Twice::new(ids.windows(*length).map(hash), ids.len()));
            if !twice.may_hold(hash(run)) {
                return start;
            }
        }
        *places.entry(run).or_insert(start)
    }
}

/// The words of a text as numbers, equal ones having the same; most of those that stand once are [`SINGLE`].
fn numbered(text: &str) -> Vec<u32> {
    let mut lower = String::with_capacity(text.len() + Key::BITS as usize / 8);
    push_lower(text, &mut lower);
    let keys = keys_of(&mut lower, split_at_spaces);
    let secret = Secret::default();
    let mut ids = HashMap::with_capacity_and_hasher(keys.len().min(ROOM), Secret::default());
    let twice = Twice::new(keys.iter().map(|&key| hash(key, secret.0)), keys.len());
    let number = |&key: &Key| {
        let next = u32::try_from(ids.len()).unwrap_or(SINGLE);
        if twice.may_hold(hash(key, secret.0)) { *ids.entry(key).or_insert(next) } else { SINGLE }
    };
    keys.iter().map(number).collect()
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
    share(row.rects.len(), row.rects.len() - distinct.len())
}

/// [`of_boxes`] of every answer of a column.
#[must_use]
pub fn of_column(column: &BoxColumn) -> Vec<f64> {
    (0..column.len()).map(|row| column.row(row).map_or(0.0, |row| of_boxes(&row))).collect()
}

fn share(total: usize, repeated: usize) -> f64 {
    if total == 0 { 0.0 } else { repeated as f64 / total as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert!(of_words("", 6) == 0.0 && of_words("a a a a a", 6) == 0.0);
        assert!((of_words("a a a a a a A", 6) - 0.5).abs() < 1e-15);
        assert!(of_words("a b c d e f g", 6) == 0.0);
        assert!((of_words("a b x a b y a b", 2) - 2.0 / 7.0).abs() < 1e-15);
    }

    #[test]
    fn runs_of_many_words() {
        let words = |step: usize| (0..30_000).map(move |i| (i * step % 15_013).to_string());
        let ids: Vec<String> = words(1).chain(words(7_919)).chain(words(1)).collect();
        let mut seen = HashSet::new();
        let runs = ids.windows(6).filter(|run| !seen.insert(*run)).count();
        assert!((of_words(&ids.join(" "), 6) - runs as f64 / (ids.len() - 5) as f64).abs() < 1e-15);
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
