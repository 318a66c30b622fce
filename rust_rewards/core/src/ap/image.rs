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
    found: usize,
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

/// The class of a detection and its place among the detections of that class.
#[derive(Clone, Copy, Debug)]
struct Ranked {
    class: u32,
    rank: usize,
}

/// A class, and how many true boxes and ranked detections it has.
#[derive(Clone, Copy, Debug)]
struct Class {
    name: u32,
    truths: usize,
    detections: usize,
}

/// The boxes of an answer and of its sample. Working memory, filled anew for each.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// True boxes by class; 0 where classes are not compared.
    truths: Vec<Name>,
    /// The boxes of the answer; none for one that is not ranked.
    detections: Vec<Option<Ranked>>,
    /// In order of the detections, then of the true boxes.
    candidates: Vec<Candidate>,
    /// The classes of the true boxes, then of the detections, in order of appearance.
    classes: Vec<Class>,
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
        answer.labels.iter().for_each(|&label| image.rank(class(true_name(label))));
        for &(found, truth) in &self.near {
            let iou = self.predicted[found].iou(&truth_shapes[truth]);
            image.offer(Candidate { found, truth, iou }, least);
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
        for place in 0..self.truths.len() {
            if let Some(class) = self.truths[place] {
                self.class(class).truths += 1;
            }
        }
    }

    fn class(&mut self, name: u32) -> &mut Class {
        let place = self.classes.iter().position(|known| known.name == name).unwrap_or_else(|| {
            self.classes.push(Class { name, truths: 0, detections: 0 });
            self.classes.len() - 1
        });
        &mut self.classes[place]
    }

    /// Add the next detection; it is ranked where it is of a class that has not enough of them.
    fn rank(&mut self, class: Name) {
        let ranked = class.and_then(|name| {
            let class = self.class(name);
            let rank = class.detections;
            class.detections = MAX_DETECTIONS.min(rank + 1);
            (rank < MAX_DETECTIONS).then_some(Ranked { class: name, rank })
        });
        self.detections.push(ranked);
    }

    /// Add a true box that a detection may take, if it may.
    #[inline]
    fn offer(&mut self, candidate: Candidate, least: f64) {
        self.candidates.push(candidate);
        let is_enough = u8::from(candidate.iou > 0.0) & u8::from(candidate.iou >= least) == 1;
        let is_one = is_enough
            && self.detections[candidate.found].is_some_and(|found| self.truths[candidate.truth] == Some(found.class));
        self.candidates.truncate(self.candidates.len() - usize::from(!is_one));
    }

    /// The mean over thresholds and classes of the average precision.
    pub(super) fn mean_ap(&mut self, thresholds: &[f64], curve: &mut Curve) -> f64 {
        self.counts.clear();
        self.counts.resize(self.truths.len(), true);
        let (mut sum, mut count) = (0.0, 0_usize);
        for place in 0..self.classes.len() {
            let Class { name, truths, .. } = self.classes[place];
            if truths == 0 {
                continue;
            }
            for &threshold in thresholds {
                curve.clear();
                self.each_taking(threshold, Some(name), |_, found, _| curve.hit(found.rank));
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
        let ranked: Vec<(usize, Ranked)> =
            self.detections.iter().enumerate().filter_map(|(index, found)| Some((index, (*found)?))).collect();
        grades.0.extend(of_class.iter().filter_map(|&truth| self.truths[truth]).map(Entry::truth));
        grades.0.extend(ranked.iter().map(|(_, found)| Entry::detection(found.class, found.rank)));
        let (true_entries, entries) = grades.0.split_at_mut(of_class.len());
        let mut fates = vec![Fate::Miss; self.detections.len()];
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
            for (bit, &threshold) in thresholds.iter().enumerate() {
                fates.fill(Fate::Miss);
                self.each_taking(threshold, None, |index, _, fate| fates[index] = fate);
                for (entry, &(index, _)) in entries.iter_mut().zip(&ranked) {
                    match fates[index] {
                        Fate::Hit => entry.hit(area, bit),
                        Fate::Miss if is_inside(&predicted[index]) => {}
                        Fate::Miss | Fate::Ignored => entry.ignore(area, bit),
                    }
                }
            }
        }
    }

    /// Give each detection (of one class, or all), in order, the free true box of greatest IoU: among equals the later one, and one
    /// that counts before one that does not. `taking` gets those that take one, each with its index; all others miss.
    fn each_taking(&mut self, threshold: f64, class: Option<u32>, mut taking: impl FnMut(usize, Ranked, Fate)) {
        self.taken.clear();
        self.taken.resize(self.truths.len(), false);
        for candidates in self.candidates.chunk_by(|a, b| a.found == b.found) {
            let index = candidates[0].found;
            let Some(found) = self.detections[index].filter(|found| class.is_none_or(|class| class == found.class))
            else {
                continue;
            };
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
            let hit = best(true).map(|truth| (truth, Fate::Hit));
            if let Some((truth, fate)) = hit.or_else(|| best(false).map(|truth| (truth, Fate::Ignored))) {
                self.taken[truth] = true;
                taking(index, found, fate);
            }
        }
    }
}
