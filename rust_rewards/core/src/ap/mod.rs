//! Average precision of boxes to the letter of COCO (pycocotools' `COCOeval` for boxes, without crowds).
//!
//! Answers of a model carry no scores: all are equal, so boxes rank in the order in which they were written, at most
//! [`MAX_DETECTIONS`] of a class and an image. Classes that no reference has are not scored; items that are no box are left out,
//! as no result file could hold them.

mod curve;
mod image;
mod pooled;

pub use image::Grades;
pub use pooled::{Entries, Entry, Summary, summarise};

use crate::boxes::BoxColumn;
use crate::detection::{BoxTruth, Options};
use crate::error::InputError;
use curve::Curve;
use image::Image;

/// Detections of a class and an image that are ranked.
pub const MAX_DETECTIONS: usize = 100;
/// What an IoU of 1 may lack.
const NEARLY_ONE: f64 = 1.0 - 1e-10;
/// Thresholds of IoU that are averaged.
pub const THRESHOLDS: usize = 10;

/// COCO's thresholds 0.5, 0.55 … 0.95, bit for bit as `numpy.linspace` makes them.
///
/// ```
/// assert_eq!(rust_rewards::ap::thresholds()[2], 0.6);
/// ```
#[must_use]
pub fn thresholds() -> [f64; THRESHOLDS] {
    let step = (0.95 - 0.5) / 9.0;
    std::array::from_fn(|i| if i == 9 { 0.95 } else { i as f64 * step + 0.5 })
}

impl BoxTruth {
    /// Average precision of each answer against its sample alone: the mean over `thresholds` and over the classes of the sample.
    ///
    /// `by_class`: compare labels; else all boxes are of one class. Where nothing is true the value is 1 if nothing is predicted,
    /// else 0. Unreadable answers and bad samples get 0.
    ///
    /// ```
    /// use rust_rewards::boxes::{Form, Syntax, parse};
    /// use rust_rewards::detection::{BoxTruth, Options};
    /// use rust_rewards::geometry::Angles;
    /// let truth = BoxTruth::new(vec![[0.0, 0.0, 10.0, 10.0, 0.0]], &[0, 1], vec![[1.0; 2]], None::<Vec<Vec<&str>>>, None)?;
    /// let options = Options { min_iou: 0.0, angles: Angles::Rotated, greedy: false, threads: 1 };
    /// let form = Form { syntax: Syntax::List4, one: false };
    /// let answers = parse(1, 1, form, |_| (Ok("[0, 0, 10, 5], [50, 50, 60, 60]"), [100.0, 100.0]));
    /// let ap = truth.ap(&answers, &[0], options, &[0.5], false)?;
    /// assert!((ap[0] - 1.0).abs() < 1e-9); // the false box comes after the hit
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn ap(
        &self,
        answers: &BoxColumn,
        rows: &[i64],
        options: Options,
        thresholds: &[f64],
        by_class: bool,
    ) -> Result<Vec<f64>, InputError> {
        let least = thresholds.iter().copied().fold(NEARLY_ONE, f64::min);
        let scratch = || (Image::default(), Curve::default());
        self.for_each_with(answers, rows, options, scratch, |(image, curve), bench, answer, sample| {
            if !bench.is_scored(answer, sample) {
                return 0.0;
            }
            let nothing_true = bench.load_image(answer, sample, by_class, least, image);
            if nothing_true {
                return if answer.rects.is_empty() && answer.invalid == 0 { 1.0 } else { 0.0 };
            }
            image.mean_ap(thresholds, curve)
        })
    }

    /// What each answer adds to the average precision of a corpus: an entry a true box and an entry a ranked detection.
    ///
    /// `pixels[sample]`: pixels² of one unit² of the frame of the reference, not finite where it is unknown; then no range of
    /// areas but `all` holds the sample's boxes. A bad sample adds nothing, an unreadable answer only its true boxes.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` or `pixels` does not fit.
    pub fn graded(
        &self,
        answers: &BoxColumn,
        rows: &[i64],
        options: Options,
        pixels: &[f64],
        by_class: bool,
    ) -> Result<Entries, InputError> {
        crate::error::length("pixels", pixels.len(), self.len(), "the samples")?;
        let thresholds = thresholds();
        let graded = self.for_each_with(answers, rows, options, Image::default, |image, bench, answer, sample| {
            let mut grades = Grades::default();
            if !bench.row(sample).bad {
                bench.load_image(answer, sample, by_class, thresholds[0], image);
                let pixels = pixels.get(sample).copied().unwrap_or(f64::NAN);
                let shapes = (bench.predicted.as_slice(), bench.row(sample).shapes);
                image.grade(&thresholds, pixels, shapes, &mut grades);
            }
            grades
        })?;
        Ok(Entries::of(graded))
    }
}
