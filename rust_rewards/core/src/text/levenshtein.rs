//! Levenshtein's distance by Myers' bit vectors (Hyyrö 2003).
//!
//! The table of two texts has a row for each place of the reference and a column for each symbol of the text.

use super::wavefront::{Lanes, Quarters, behind, blocks};
use crate::lcs::Masks;

/// The last bit of a block.
const LAST: u32 = 63;

/// The distance of a text from a reference of at most 64 places.
pub(super) fn of_one_block(text: &[u32], count: usize, masks: &Masks) -> u64 {
    let Some(last) = count.checked_sub(1) else { return text.len() as u64 };
    let (mut down, mut up, mut distance) = (u64::MAX, 0, count as u64);
    for &symbol in text {
        let equal = masks.of(symbol).first().copied().unwrap_or_default();
        let vertical = equal | up;
        let diagonal = (((equal & down).wrapping_add(down)) ^ down) | equal;
        let (grows, falls) = (up | !(diagonal | down), down & diagonal);
        distance = distance + (grows >> last & 1) - (falls >> last & 1);
        // The first row of the table grows by one a symbol.
        let (grows, falls) = (grows << 1 | 1, falls << 1);
        down = falls | !(vertical | grows);
        up = grows & vertical;
    }
    distance
}

/// The same of a longer reference.
pub(super) fn of_quarters(text: &[u32], count: usize, reference: &Quarters) -> u64 {
    // Where a column does not grow from one row to the next, and where it falls. Where the reference is filled up it does neither, and
    // lanes outside the text see a symbol that stands there and only there, which leaves a column as it is.
    let mut rows: Vec<[Lanes; 2]> = reference.filled().map(|flat| [flat, Lanes::ZERO]).collect();
    let (mut change, mut sum) = ([Lanes::ZERO; 2], Lanes::ZERO);
    reference.sweep(text, reference.filling(), |masks| {
        // The first row of the table grows by one a symbol.
        let [grows, falls] = change;
        change = [behind(grows, 1), behind(falls, 0)];
        for (row, equal) in rows.iter_mut().zip(blocks(masks)) {
            change = step(row, equal, change);
        }
        let [grows, falls] = change;
        sum = sum + grows - falls;
    });
    let [.., last] = sum.to_array(); // below 0 it wraps
    last.wrapping_add(count as u64)
}

/// A block of each lane: how the distance changes along the text above it, to how it does in its last row.
#[inline]
fn step([flat, up]: &mut [Lanes; 2], equal: Lanes, above: [Lanes; 2]) -> [Lanes; 2] {
    let vertical = equal | *up;
    let equal = equal | above[1];
    let diagonal = ((*flat - (!*flat & equal)) ^ *flat) | equal;
    let (grows, falls) = (*up | (!diagonal & *flat), !*flat & diagonal);
    let (grown, fallen) = (grows << 1_u32 | above[0], falls << 1_u32 | above[1]);
    *flat = !fallen & (vertical | grown);
    *up = grown & vertical;
    [grows >> LAST, falls >> LAST]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lcs;

    /// Numbers below `below`, the same for a seed.
    fn drawn(mut seed: u64, length: usize, below: u32) -> Vec<u32> {
        let draw = |_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from(seed >> 33).unwrap() % below
        };
        (0..length).map(draw).collect()
    }

    /// By the table itself.
    fn distance(text: &[u32], reference: &[u32]) -> u64 {
        let mut column: Vec<u64> = (0..=reference.len() as u64).collect();
        for symbol in text {
            let mut diagonal = column[0];
            column[0] += 1;
            for (row, other) in reference.iter().enumerate() {
                let change = diagonal + u64::from(symbol != other);
                diagonal = column[row + 1];
                column[row + 1] = change.min(diagonal + 1).min(column[row] + 1);
            }
        }
        column[reference.len()]
    }

    #[test]
    fn lanes_count_as_the_table_does() {
        for (seed, &count) in [1, 2, 63, 64, 65, 127, 128, 129, 255, 256, 257, 500, 513, 770, 1030].iter().enumerate() {
            for length in [0, 1, 2, 3, 4, 5, 64, 100, 300, 900] {
                for symbols in [1, 2, 5, 30] {
                    let reference = drawn(seed as u64, count, symbols);
                    let text = drawn(length as u64 + 99, length, symbols + 1);
                    let (quarters, masks) =
                        (Quarters::new(&reference, symbols), lcs::Masks::new(&reference, symbols as usize));
                    assert_eq!(of_quarters(&text, count, &quarters), distance(&text, &reference), "{count} {length}");
                    let subsequence = lcs::length(text.iter().copied(), &masks, &mut Vec::new());
                    assert_eq!(quarters.subsequence(&text), subsequence, "{count} {length}");
                    if count <= 64 {
                        assert_eq!(of_one_block(&text, count, &masks), distance(&text, &reference), "{count} {length}");
                    }
                }
            }
        }
    }
}
