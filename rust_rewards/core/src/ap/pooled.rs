//! A corpus: the entries of all answers, and what they come to under a weight for each answer.

use super::curve::Curve;
use super::image::Grades;
use super::{MAX_DETECTIONS, THRESHOLDS};
use crate::error::{self, InputError};

/// Ranges of area: all, small, medium, large.
const AREAS: usize = 4;
/// Most detections of a class and an image at which recall is reported.
const CUTS: [usize; 3] = [1, 10, MAX_DETECTIONS];

/// A true box or a ranked detection. Bit t of `hits` and `ignored` is the t-th threshold; a true box is ignored at all or at none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its class.
    pub class: u32,
    /// Place among the detections of its class and image; none for a true box.
    pub rank: Option<u32>,
    /// Thresholds at which it hits, by range of areas.
    pub hits: [u16; AREAS],
    /// Thresholds at which it does not count, by range of areas.
    pub ignored: [u16; AREAS],
}

impl Entry {
    pub(super) fn truth(class: u32) -> Self {
        Self { class, rank: None, hits: [0; AREAS], ignored: [0; AREAS] }
    }

    pub(super) fn detection(class: u32, rank: usize) -> Self {
        Self { rank: u32::try_from(rank).ok(), ..Self::truth(class) }
    }

    pub(super) fn hit(&mut self, area: usize, threshold: usize) {
        set(&mut self.hits, area, 1 << threshold);
    }

    pub(super) fn ignore(&mut self, area: usize, threshold: usize) {
        set(&mut self.ignored, area, 1 << threshold);
    }

    pub(super) fn ignore_all(&mut self, area: usize) {
        set(&mut self.ignored, area, (1 << THRESHOLDS) - 1);
    }
}

fn set(bits: &mut [u16; AREAS], area: usize, mask: u16) {
    if let Some(bits) = bits.get_mut(area) {
        *bits |= mask;
    }
}

/// The entries of a batch with the answer that each belongs to.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Index of the answer, ascending.
    pub rows: Vec<usize>,
    /// The entries.
    pub entries: Vec<Entry>,
}

impl Entries {
    pub(super) fn of(graded: Vec<Grades>) -> Self {
        let rows =
            graded.iter().enumerate().flat_map(|(row, grades)| std::iter::repeat_n(row, grades.0.len())).collect();
        Self { rows, entries: graded.into_iter().flat_map(|grades| grades.0).collect() }
    }
}

/// COCO's figures; NaN where no true box counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Mean average precision over the thresholds: all areas, small, medium, large.
    pub ap: [f64; AREAS],
    /// Average precision at the first threshold and at the sixth: 0.5 and 0.75.
    pub ap_at: [f64; 2],
    /// Mean recall over the thresholds with at most 1, 10 and 100 detections.
    pub ar_at: [f64; 3],
    /// Mean recall over the thresholds: small, medium, large.
    pub ar: [f64; 3],
    /// Weight of the true boxes: all areas, small, medium, large.
    pub truths: [f64; AREAS],
}

/// Average precision and recall of a corpus in which answer i counts `weights[i]` times.
///
/// # Errors
/// `Index` where an entry belongs to no answer, `Length` where rows and entries differ.
pub fn summarise(rows: &[i64], entries: &[Entry], weights: &[f64]) -> Result<Summary, InputError> {
    error::length("rows", rows.len(), entries.len(), "the entries")?;
    let rows = error::rows("row", rows, weights.len())?;
    let mut ranked: Vec<(Entry, f64)> = entries
        .iter()
        .zip(rows)
        .map(|(entry, row)| (*entry, weights.get(row).copied().unwrap_or_default()))
        .filter(|&(_, weight)| weight > 0.0)
        .collect();
    ranked.sort_by_key(|(entry, _)| entry.class);
    let mut totals = Totals::default();
    for class in ranked.chunk_by(|(a, _), (b, _)| a.class == b.class) {
        totals.add(class);
    }
    Ok(totals.summary())
}

/// Sums over the classes that have true boxes.
#[derive(Debug, Default)]
struct Totals {
    classes: [f64; AREAS],
    truths: [f64; AREAS],
    precision: [[f64; THRESHOLDS]; AREAS],
    recall: [f64; AREAS],
    recall_at: [f64; 3],
    curve: Curve,
}

impl Totals {
    fn add(&mut self, class: &[(Entry, f64)]) {
        for area in 0..AREAS {
            let counts = |entry: &Entry| entry.rank.is_none() && at(&entry.ignored, area) == 0;
            let truths: f64 = class.iter().filter(|(entry, _)| counts(entry)).map(|&(_, weight)| weight).sum();
            if truths > 0.0 {
                self.add_area(class, area, truths);
            }
        }
    }

    fn add_area(&mut self, class: &[(Entry, f64)], area: usize, truths: f64) {
        add(&mut self.classes, area, 1.0);
        add(&mut self.truths, area, truths);
        for threshold in 0..THRESHOLDS {
            let bit = 1_u16 << threshold;
            self.curve.clear();
            let mut found = [0.0; 3];
            for (entry, weight) in class {
                let Some(rank) = entry.rank.filter(|_| at(&entry.ignored, area) & bit == 0) else {
                    continue;
                };
                let is_hit = at(&entry.hits, area) & bit != 0;
                self.curve.push(*weight, is_hit);
                for (found, cut) in found.iter_mut().zip(CUTS) {
                    *found += if is_hit && (rank as usize) < cut { *weight } else { 0.0 };
                }
            }
            let area_under = self.curve.area(truths);
            if let Some(sum) = self.precision.get_mut(area).and_then(|sums| sums.get_mut(threshold)) {
                *sum += area_under;
            }
            add(&mut self.recall, area, self.curve.recall(truths));
            if area == 0 {
                self.recall_at.iter_mut().zip(found).for_each(|(sum, found)| *sum += found / truths);
            }
        }
    }

    fn summary(&self) -> Summary {
        let thresholds = THRESHOLDS as f64;
        let mean = |area: usize, sum: f64| sum / at(&self.classes, area);
        let precision = |area: usize| self.precision.get(area).copied().unwrap_or_default();
        let ap_at = |threshold: usize| mean(0, precision(0).get(threshold).copied().unwrap_or_default());
        Summary {
            ap: std::array::from_fn(|area| mean(area, precision(area).iter().sum::<f64>() / thresholds)),
            ap_at: [ap_at(0), ap_at(5)],
            ar_at: self.recall_at.map(|sum| mean(0, sum / thresholds)),
            ar: std::array::from_fn(|range| mean(range + 1, at(&self.recall, range + 1) / thresholds)),
            truths: self.truths,
        }
    }
}

fn at<T: Copy + Default>(values: &[T; AREAS], area: usize) -> T {
    values.get(area).copied().unwrap_or_default()
}

fn add(values: &mut [f64; AREAS], area: usize, value: f64) {
    if let Some(sum) = values.get_mut(area) {
        *sum += value;
    }
}
