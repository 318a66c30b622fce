//! Which true boxes a predicted box may meet: a test of all pairs that costs a fraction of an IoU each.

use wide::i16x8;

use crate::geometry::Shape;

/// Boxes compared at once.
const LANES: usize = 8;

/// The hulls of the true boxes, in blocks that belong to one sample each.
///
/// A coordinate is a [`key`], which keeps the order of two numbers or makes them equal: hulls that meet in double precision
/// meet or touch here. Short whole numbers, because their comparisons become vectors on every processor.
#[derive(Debug)]
pub(crate) struct Neighbourhood {
    blocks: Vec<Block>,
    /// Sample i has the blocks `offsets[i]..offsets[i + 1]`.
    offsets: Vec<usize>,
}

/// Left, top, right and bottom sides of [`LANES`] boxes. A lane without a box meets nothing.
#[derive(Clone, Copy, Debug)]
struct Block([i16x8; 4]);

impl Neighbourhood {
    /// Prepare shapes that `bounds` cuts into samples.
    pub(crate) fn new(shapes: &[Shape], bounds: &[usize]) -> Self {
        let (mut blocks, mut offsets) = (Vec::new(), vec![0]);
        for (start, end) in bounds.iter().zip(bounds.iter().skip(1)) {
            blocks.extend(shapes.get(*start..*end).unwrap_or_default().chunks(LANES).map(Block::new));
            offsets.push(blocks.len());
        }
        Self { blocks, offsets }
    }

    /// Add to `found` the places, among the boxes of a sample and in order, whose hulls may share an area with that of
    /// `shape`, each after `row`.
    pub(crate) fn find(&self, sample: usize, row: usize, shape: &Shape, found: &mut Vec<(usize, usize)>) {
        let sides = shape.hull().map(|side| i16x8::splat(key(side)));
        let blocks = match self.offsets.get(sample..) {
            Some([start, end, ..]) => self.blocks.get(*start..*end).unwrap_or_default(),
            _ => &[],
        };
        for (part, blocks) in blocks.chunks(64 / LANES).enumerate() {
            let bits = blocks.iter().enumerate().map(|(block, hulls)| hulls.met(sides) << (block * LANES));
            add_places(row, 64 * part, bits.fold(0, |all, bits| all | bits), found);
        }
    }
}

/// Add the places of the bits that are set. The first few are written whether they are there or not: how many boxes one
/// meets is a coin toss, on which a branch costs more than the comparison of all boxes.
fn add_places(row: usize, from: usize, mut bits: u64, found: &mut Vec<(usize, usize)>) {
    let mut end = found.len();
    let mut next = || {
        let place = from + bits.trailing_zeros() as usize;
        end += usize::from(bits != 0);
        bits &= bits.wrapping_sub(1);
        (row, place)
    };
    let few = [next(), next(), next(), next()];
    found.extend_from_slice(&few);
    found.truncate(end);
    while bits != 0 {
        found.push((row, from + bits.trailing_zeros() as usize));
        bits &= bits - 1;
    }
}

impl Block {
    fn new(shapes: &[Shape]) -> Self {
        let mut lanes = [[i16::MAX; LANES], [i16::MAX; LANES], [i16::MIN; LANES], [i16::MIN; LANES]];
        for (lane, shape) in shapes.iter().enumerate() {
            for (side, value) in lanes.iter_mut().zip(shape.hull().map(key)) {
                if let Some(place) = side.get_mut(lane) {
                    *place = value;
                }
            }
        }
        Self(lanes.map(i16x8::new))
    }

    /// A bit for each box whose hull meets or touches the one of these sides.
    #[inline]
    fn met(&self, [x1, y1, x2, y2]: [i16x8; 4]) -> u64 {
        let [left, top, right, bottom] = &self.0;
        let sides = x2.saturating_sub(*left) | y2.saturating_sub(*top);
        let differences = sides | right.saturating_sub(x1) | bottom.saturating_sub(y1);
        u64::from(!differences.move_mask().cast_unsigned() & 0xFF)
    }
}

/// A coordinate as a whole number of 16 bits that never falls as the coordinate rises.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what is wanted")]
fn key(value: f64) -> i16 {
    // The bits of a float are ordered as a number, those of a negative one the other way round.
    let bits = (value as f32).to_bits().cast_signed();
    ((bits ^ ((bits >> 31) & i32::MAX)) >> 16) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Angles;

    fn found(near: &Neighbourhood, sample: usize, shape: &Shape) -> Vec<usize> {
        let mut found = Vec::new();
        near.find(sample, 7, shape, &mut found);
        found.into_iter().map(|(row, place)| place + row - 7).collect()
    }

    #[test]
    fn all_bits_are_found() {
        for bits in [0, 1, 0b1011, 0x8000_0000_0000_0001, 0xFF00, u64::MAX] {
            let mut found = vec![(1, 1)];
            add_places(2, 64, bits, &mut found);
            assert_eq!(found.remove(0), (1, 1));
            assert_eq!(found, (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| (2, 64 + bit)).collect::<Vec<_>>());
        }
    }

    fn shape(x: f64, y: f64) -> Shape {
        Shape::new(&[x, y, x + 10.0, y + 10.0, 0.0], Angles::Rotated)
    }

    #[test]
    fn every_pair_that_shares_an_area_is_found() {
        let truths: Vec<Shape> = (0..40).map(|i| shape(f64::from(i) * 7.3, f64::from(i % 5) * 4.1)).collect();
        let near = Neighbourhood::new(&truths, &[0, 0, 11, 40]);
        for (sample, range) in [(0, 0..0), (1, 0..11), (2, 11..40)] {
            for i in 0..60 {
                let one = shape(f64::from(i) * 5.7, f64::from(i % 3) * 6.0);
                let found = found(&near, sample, &one);
                let expected = (0..range.len()).filter(|&k| one.iou(&truths[range.start + k]) > 0.0);
                assert!(expected.clone().all(|k| found.contains(&k)), "sample {sample}, box {i}");
                assert!(found.is_sorted() && found.len() <= expected.count() + 2);
            }
        }
    }

    #[test]
    fn keys_keep_the_order() {
        let values = [f64::NEG_INFINITY, -1e300, -2.5, -1e-300, 0.0, 1e-300, 0.25, 1.0, 1024.0, 1e6, f64::INFINITY];
        assert!(values.is_sorted_by_key(|&value| key(value)));
        assert!(key(-2.5) < key(0.0) && key(1023.0) < key(1024.0) && key(f64::NEG_INFINITY) < key(f64::INFINITY));
    }

    #[test]
    fn numbers_beyond_single_precision_are_kept() {
        let big = Shape::new(&[0.0, 0.0, 1e300, 1e300, 0.0], Angles::Rotated);
        assert_eq!(found(&Neighbourhood::new(&[big], &[0, 1]), 0, &shape(5.0, 5.0)), [0]);
        assert_eq!(found(&Neighbourhood::new(&[shape(0.1, 0.1)], &[0, 1]), 0, &shape(10.1 - 1e-9, 0.0)), [0]);
    }
}
