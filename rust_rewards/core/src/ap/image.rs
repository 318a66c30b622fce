//! One image: which detection takes which true box of its class, at each threshold and in each range of areas.

#![expect(clippy::indexing_slicing, reason = "the indices come from loops over the same lists")]

use super::curve::Curve;
use super::pooled::Entry;
use super::{MAX_DETECTIONS, NEARLY_ONE, THRESHOLDS};
use crate::boxes::BoxRow;
use crate::detection::Bench;
use crate::geometry::Shape;
use crate::names::Name;

/// COCO's ranges of area in pixels²: all, small, medium, large.
const AREAS: [[f64; 2]; 4] = [[0.0, 1e10], [0.0, 1024.0], [1024.0, 9216.0], [9216.0, 1e10]];

/// The entries of one answer.
#[derive(Clone, Debug, Default)]
pub struct Grades(pub(super) Vec<Entry>);

/// A true box that a detection may take.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    truth: usize,
    iou: f64,
}

/// What became of a detection at one threshold.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Miss,
    Hit,
    /// It took a true box that does not count in this range of areas, so it does not count either.
    Ignored,
}

/// A detection that is ranked: its index, its class, its place in that class, and the end of its candidates.
#[derive(Clone, Copy, Debug)]
struct Ranked {
    index: usize,
    class: u32,
    rank: usize,
    candidates_end: usize,
}

/// The boxes of an answer and of its sample. Working memory, filled anew for each.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// True boxes by class; 0 where classes are not compared.
    truths: Vec<Name>,
    detections: Vec<Ranked>,
    candidates: Vec<Candidate>,
    /// The classes of the true boxes, then of the detections, in order of appearance, with their detections so far.
    classes: Vec<(u32, usize)>,
    counts: Vec<bool>,
    taken: Vec<bool>,
}

impl Bench<'_> {
    /// Fill `image` with an answer and its sample; pairs that share nothing or less than `least` IoU are left out. Says whether nothing is true.
    pub(super) fn load_image(
        &mut self,
        answer: &BoxRow<'_>,
        sample: usize,
        by_class: bool,
        least: f64,
        image: &mut Image,
    ) -> bool {
        let truth = self.row(sample);
        let truth_shapes = truth.shapes;
        self.find_near(answer, truth.scale, sample);
        // A box without a label is of no class where classes are compared; so is a label that no reference has.
        let class = |label: Name| if by_class { label } else { Some(0) };
        let true_name = |label: Name| self.true_names.get(label? as usize).copied().flatten();
        image.start(truth.labels.iter().map(|&label| class(label)));
        let mut near = self.near.as_slice();
        for (index, (shape, &label)) in self.predicted.iter().zip(answer.labels).enumerate() {
            let own = near.partition_point(|&(row, _)| row <= index);
            let meeting = near[..own].iter().map(|&(_, truth)| (truth, &truth_shapes[truth]));
            near = &near[own..];
            if let Some(class) = class(true_name(label)) {
                image.rank(index, class, shape, meeting, least);
            }
        }
        truth.shapes.is_empty()
    }
}

impl Image {
    fn start(&mut self, truths: impl Iterator<Item = Name>) {
        self.truths.clear();
        self.truths.extend(truths);
        self.detections.clear();
        self.candidates.clear();
        self.classes.clear();
        for &class in self.truths.iter().flatten() {
            if !self.classes.iter().any(|&(known, _)| known == class) {
                self.classes.push((class, 0));
            }
        }
    }

    /// Add the next detection with the true boxes that it may take, of those that it may meet, unless its class has enough of them.
    fn rank<'s>(
        &mut self,
        index: usize,
        class: u32,
        shape: &Shape,
        meeting: impl Iterator<Item = (usize, &'s Shape)>,
        least: f64,
    ) {
        let place = self.classes.iter().position(|&(known, _)| known == class).unwrap_or_else(|| {
            self.classes.push((class, 0));
            self.classes.len() - 1
        });
        let rank = self.classes[place].1;
        if rank == MAX_DETECTIONS {
            return;
        }
        self.classes[place].1 += 1;
        for (truth, other) in meeting {
            let iou = shape.iou(other);
            if iou > 0.0 && iou >= least && self.truths[truth] == Some(class) {
                self.candidates.push(Candidate { truth, iou });
            }
        }
        self.detections.push(Ranked { index, class, rank, candidates_end: self.candidates.len() });
    }

    /// The mean over thresholds and classes of the average precision.
    pub(super) fn mean_ap(&mut self, thresholds: &[f64], curve: &mut Curve) -> f64 {
        self.counts.clear();
        self.counts.resize(self.truths.len(), true);
        let (mut sum, mut count) = (0.0, 0_usize);
        for place in 0..self.classes.len() {
            let (class, _) = self.classes[place];
            let truths = self.truths.iter().filter(|&&of| of == Some(class)).count();
            if truths == 0 {
                continue;
            }
            for &threshold in thresholds {
                curve.clear();
                self.each_fate(threshold, Some(class), |_, fate| curve.push(1.0, fate == Fate::Hit));
                sum += curve.area(truths as f64);
                count += 1;
            }
        }
        if count == 0 { 0.0 } else { sum / count as f64 }
    }

    /// Add an entry for each true box and each ranked detection.
    pub(super) fn grade(
        &mut self,
        thresholds: &[f64; THRESHOLDS],
        pixels: f64,
        (predicted, truths): (&[Shape], &[Shape]),
        grades: &mut Grades,
    ) {
        let of_class: Vec<usize> = (0..truths.len()).filter(|&truth| self.truths[truth].is_some()).collect();
        grades.0.extend(of_class.iter().filter_map(|&truth| self.truths[truth]).map(Entry::truth));
        grades.0.extend(self.detections.iter().map(|found| Entry::detection(found.class, found.rank)));
        let (true_entries, entries) = grades.0.split_at_mut(of_class.len());
        for (area, range) in AREAS.iter().enumerate() {
            // Where areas are unknown everything lies in `all`, and nothing in the other ranges.
            let is_inside = |shape: &Shape| {
                let pixels = shape.area * pixels;
                if pixels.is_nan() { area == 0 } else { (range[0]..=range[1]).contains(&pixels) }
            };
            self.counts.clear();
            self.counts.extend(truths.iter().map(is_inside));
            for (entry, &truth) in true_entries.iter_mut().zip(&of_class) {
                if !self.counts[truth] {
                    entry.ignore_all(area);
                }
            }
            let inside: Vec<bool> = self.detections.iter().map(|found| is_inside(&predicted[found.index])).collect();
            for (bit, &threshold) in thresholds.iter().enumerate() {
                self.each_fate(threshold, None, |place, fate| match fate {
                    Fate::Hit => entries[place].hit(area, bit),
                    Fate::Miss if inside[place] => {}
                    Fate::Miss | Fate::Ignored => entries[place].ignore(area, bit),
                });
            }
        }
    }

    /// Give each detection (of one class, or all), in order, the free true box of greatest IoU: among equals the later one, and one
    /// that counts before one that does not.
    fn each_fate(&mut self, threshold: f64, class: Option<u32>, mut fate: impl FnMut(usize, Fate)) {
        self.taken.clear();
        self.taken.resize(self.truths.len(), false);
        let mut start = 0;
        for (place, found) in self.detections.iter().enumerate() {
            let candidates = &self.candidates[start..found.candidates_end];
            start = found.candidates_end;
            if class.is_some_and(|class| class != found.class) {
                continue;
            }
            let best = |counted: bool| {
                let (mut best, mut truth) = (threshold.min(NEARLY_ONE), None);
                for candidate in candidates {
                    let is_free = !self.taken[candidate.truth] && self.counts[candidate.truth] == counted;
                    if is_free && candidate.iou >= best {
                        (best, truth) = (candidate.iou, Some(candidate.truth));
                    }
                }
                truth
            };
            let (truth, outcome) = match (best(true), candidates.is_empty()) {
                (Some(truth), _) => (Some(truth), Fate::Hit),
                (None, true) => (None, Fate::Miss),
                (None, false) => best(false).map_or((None, Fate::Miss), |truth| (Some(truth), Fate::Ignored)),
            };
            if let Some(truth) = truth {
                self.taken[truth] = true;
            }
            fate(place, outcome);
        }
    }
}
