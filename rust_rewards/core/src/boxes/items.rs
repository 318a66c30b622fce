//! The items of one answer while it is read: which are boxes, which are not, and why.

use super::Syntax;
use super::recent::Recent;
use crate::geometry::{Angles, Rect, Shape};
use crate::limits;
use crate::names::{Name, Names};
use crate::reason::Reason;

/// Numbers of one item as they are read; more than fit are only counted.
#[derive(Clone, Copy, Default)]
pub(super) struct Numbers {
    values: Rect,
    count: usize,
}

impl From<[f64; 4]> for Numbers {
    fn from([x1, y1, x2, y2]: [f64; 4]) -> Self {
        Self { values: [x1, y1, x2, y2, 0.0], count: 4 }
    }
}

impl From<Rect> for Numbers {
    fn from(values: Rect) -> Self {
        Self { values, count: 5 }
    }
}

impl Numbers {
    pub(super) fn push(&mut self, value: f64) {
        if let Some(place) = self.values.get_mut(self.count) {
            *place = value;
        }
        self.count += 1;
    }

    /// The numbers, if they are four.
    pub(super) fn four(self) -> Option<[f64; 4]> {
        let [x1, y1, x2, y2, _] = self.values;
        (self.count == 4).then_some([x1, y1, x2, y2])
    }
}

/// Boxes that were read, of one answer after another, with their labels where the syntax carries them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) rects: Vec<Rect>,
    pub(crate) labels: Vec<Name>,
    pub(crate) names: Names,
    recent: Recent,
}

impl Found {
    /// Boxes with their labels.
    pub(crate) fn new(rects: Vec<Rect>, labels: Vec<Name>, names: Names) -> Self {
        Self { rects, labels, names, recent: Recent::default() }
    }

    /// Forget the boxes from `start` on.
    pub(crate) fn truncate(&mut self, start: usize) {
        self.rects.truncate(start);
        self.labels.truncate(start);
    }
}

/// The items of one answer.
pub(super) struct Items<'o> {
    syntax: Syntax,
    extent: [f64; 2],
    found: &'o mut Found,
    /// How many boxes earlier answers have.
    start: usize,
    invalid: usize,
    fault: Option<Reason>,
}

impl<'o> Items<'o> {
    pub(super) fn new(syntax: Syntax, extent: [f64; 2], found: &'o mut Found) -> Self {
        let start = found.rects.len();
        Self { syntax, extent, found, start, invalid: 0, fault: None }
    }

    /// The index of a label.
    pub(super) fn name(&mut self, label: &str) -> u32 {
        self.found.names.id(label)
    }

    /// The index and the length of the label and its ending that `text` starts with, where they were read before.
    #[inline]
    pub(super) fn known_label(&mut self, text: &[u8]) -> Option<(u32, usize)> {
        self.found.recent.find(text)
    }

    /// The index of a label that may come again with this ending.
    pub(super) fn name_again(&mut self, label: &str, ending: &str) -> u32 {
        let name = self.name(label);
        self.found.recent.keep(label, ending, name);
        name
    }

    /// Note an item that is no box.
    pub(super) fn refuse(&mut self, fault: Reason) {
        self.invalid += 1;
        self.fault = Some(fault);
    }

    /// Note an item by its numbers.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "numbers that were just made are then in registers")]
    pub(super) fn offer(&mut self, numbers: Numbers, label: Name) {
        if self.is_full() {
            self.invalid += 1;
        } else if self.fits(numbers.count) {
            self.note(self.admitted(numbers.values), label);
        } else {
            self.refuse(Reason::WrongArity);
        }
    }

    /// Note an item by its four numbers, in a syntax of upright boxes.
    #[inline]
    pub(super) fn offer_upright(&mut self, corners: [f64; 4], label: Name) {
        if self.is_full() {
            self.invalid += 1;
        } else {
            self.note(self.clipped(corners), label);
        }
    }

    #[inline]
    fn note(&mut self, rect: Option<Rect>, label: Name) {
        if let Some(rect) = rect {
            self.found.rects.push(rect);
            self.found.labels.push(label);
        } else {
            self.refuse(Reason::InvalidBox);
        }
    }

    fn is_full(&self) -> bool {
        self.count() >= limits::BOXES
    }

    /// How many items are no box; an error where the answer as a whole is none.
    pub(super) fn finish(&self, one: bool) -> Result<usize, Reason> {
        match self.count() {
            _ if self.syntax == Syntax::EarthDial => Ok(self.invalid),
            count if count > limits::BOXES => Err(Reason::TooMany),
            0 if one => Err(Reason::Empty),
            1 if one => self.fault.map_or(Ok(0), Err),
            _ if one => Err(Reason::TooMany),
            _ => Ok(self.invalid),
        }
    }

    fn count(&self) -> usize {
        self.found.rects.len() - self.start + self.invalid
    }

    fn fits(&self, count: usize) -> bool {
        match self.syntax {
            Syntax::QwenJson | Syntax::List4 | Syntax::InternVl => count == 4,
            Syntax::List5 | Syntax::EarthDial => count == 5,
            Syntax::GeoChat => count == 4 || count == 5,
        }
    }

    /// The box that the numbers make in the image, if they make one.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "numbers that were just made are then in registers")]
    fn admitted(&self, rect: Rect) -> Option<Rect> {
        let [x1, y1, x2, y2, _] = rect;
        match self.syntax {
            Syntax::EarthDial => Some(rect),
            Syntax::QwenJson | Syntax::List4 | Syntax::InternVl => self.clipped([x1, y1, x2, y2]),
            Syntax::List5 | Syntax::GeoChat => {
                let is_box = x1 < x2 && y1 < y2 && rect.iter().all(|value| is_in_range(*value));
                (is_box && (self.holds(&rect) || self.meets(&rect))).then_some(rect)
            }
        }
    }

    /// The part of an upright box that lies in the image.
    #[inline]
    fn clipped(&self, corners: [f64; 4]) -> Option<Rect> {
        let ([x1, y1, x2, y2], [width, height]) = (corners, self.extent);
        let [left, top, right, bottom] = [x1.max(0.0), y1.max(0.0), x2.min(width), y2.min(height)];
        let has_area = x1 < x2 && y1 < y2 && left < right && top < bottom;
        let is_box = has_area && corners.into_iter().all(is_in_range);
        is_box.then_some([left, top, right, bottom, 0.0])
    }

    /// Whether the image holds a circle round the box, hence the box at any angle.
    #[inline]
    fn holds(&self, [x1, y1, x2, y2, _]: &Rect) -> bool {
        let ([width, height], [w, h]) = (self.extent, [x2 - x1, y2 - y1]);
        let (x, y, radius) = (x1 + x2, y1 + y2, w + h); // no less than the diagonal, and without a root
        x >= radius && y >= radius && x + radius <= 2.0 * width && y + radius <= 2.0 * height
    }

    #[cold]
    fn meets(&self, rect: &Rect) -> bool {
        let [width, height] = self.extent;
        Shape::new(rect, Angles::Rotated).meets(width, height)
    }
}

fn is_in_range(value: f64) -> bool {
    value.abs() <= limits::COORDINATE
}
