//! The curve of precision over recall, and COCO's area under it.

/// Levels of recall at which the curve is read: 0, 0.01 … 1.
const LEVELS: u32 = 101;

/// A ranking while it is read, best first.
#[derive(Debug, Default)]
pub(super) struct Curve {
    hits: f64,
    misses: f64,
    /// Hits so far and precision, at each hit. Precision only falls between hits, so nothing else can be a best point.
    points: Vec<(f64, f64)>,
}

impl Curve {
    pub(super) fn clear(&mut self) {
        self.hits = 0.0;
        self.misses = 0.0;
        self.points.clear();
    }

    /// Add the next detection; `weight` is how often it counts.
    pub(super) fn push(&mut self, weight: f64, hit: bool) {
        if hit {
            self.hits += weight;
            self.points.push((self.hits, self.hits / (self.misses + self.hits + f64::EPSILON)));
        } else {
            self.misses += weight;
        }
    }

    /// Add a hit, and before it the misses that lie between it and the last one; `rank` detections, each counted once, come before.
    pub(super) fn hit(&mut self, rank: usize) {
        self.misses = rank as f64 - self.hits;
        self.push(1.0, true);
    }

    /// Share of the true boxes that were hit.
    pub(super) fn recall(&self, truths: f64) -> f64 {
        self.hits / truths
    }

    /// Mean over the levels of recall of the best precision at that recall or beyond; 0 where a level is never reached.
    pub(super) fn area(&self, truths: f64) -> f64 {
        let (mut best, mut sum) = (0.0_f64, 0.0);
        let mut reached = self.points.last().map_or(0, |&(hits, _)| levels_up_to(hits / truths));
        let before = self.points.iter().rev().skip(1).map(|&(hits, _)| levels_up_to(hits / truths)).chain([0]);
        for (&(_, precision), before) in self.points.iter().rev().zip(before) {
            best = best.max(precision);
            sum += best * f64::from(reached.saturating_sub(before));
            reached = before;
        }
        sum / f64::from(LEVELS)
    }
}

/// How many levels of recall are at most `recall`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "recall lies between 0 and 1")]
fn levels_up_to(recall: f64) -> u32 {
    // The product is rounded, so the level of that index may lie above, or the next one not.
    let index = (recall * 100.0) as u32;
    let count = index + u32::from(level(index) <= recall) + u32::from(level(index + 1) <= recall);
    count.min(LEVELS)
}

/// A level of recall as `numpy.linspace(0, 1, 101)` makes it.
fn level(index: u32) -> f64 {
    f64::from(index) * 0.01
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(hits: &[bool], truths: f64) -> f64 {
        let mut curve = Curve::default();
        for &hit in hits {
            curve.push(1.0, hit);
        }
        curve.area(truths)
    }

    #[test]
    fn a_perfect_ranking() {
        assert!((area(&[true, true], 2.0) - 1.0).abs() < 1e-12);
        assert!((area(&[true, true, false, false], 2.0) - 1.0).abs() < 1e-12, "misses after the last hit cost nothing");
    }

    #[test]
    fn half_of_the_recall() {
        // Levels 0 … 0.5 are reached, 51 of 101.
        assert!((area(&[true], 2.0) - 51.0 / 101.0).abs() < 1e-12);
        assert!((area(&[false, true], 2.0) - 51.0 / 101.0 / 2.0).abs() < 1e-12);
        assert!(area(&[false, false], 2.0) == 0.0 && area(&[], 2.0) == 0.0);
    }

    #[test]
    fn the_best_precision_beyond_a_level_counts() {
        // Precision 1/2 at recall 1/3, 2/3 at 2/3, 3/4 at 1: the envelope is 3/4 everywhere.
        assert!((area(&[false, true, true, true], 3.0) - 0.75).abs() < 1e-12);
    }

    #[test]
    fn levels() {
        for hundredth in 0..=100 {
            assert_eq!(levels_up_to(level(hundredth)), hundredth + 1);
        }
        assert_eq!((levels_up_to(0.005), levels_up_to(0.999)), (1, 100));
        assert_eq!(levels_up_to(1.0 + 1e-12), LEVELS, "of sums of weights");
    }

    #[test]
    fn levels_of_every_small_share() {
        for truths in 1..=400 {
            for hits in 0..=truths {
                let recall = f64::from(hits) / f64::from(truths);
                let expected = (0..LEVELS).filter(|&index| level(index) <= recall).count();
                assert_eq!(levels_up_to(recall) as usize, expected, "{hits} of {truths}");
            }
        }
    }
}
