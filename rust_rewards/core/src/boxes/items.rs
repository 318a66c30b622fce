//! The items of one answer while it is read: which are boxes, which are not, and why.

use super::Syntax;
use crate::geometry::{Angles, Rect, Shape};
use crate::limits;
use crate::names::{Name, Names};
use crate::reason::Reason;

/// Numbers of one item as they are read; more than fit are only counted.
#[derive(Default)]
pub(super) struct Numbers {
    values: Rect,
    count: usize,
}

impl From<[f64; 4]> for Numbers {
    fn from([x1, y1, x2, y2]: [f64; 4]) -> Self {
        Self { values: [x1, y1, x2, y2, 0.0], count: 4 }
    }
}

impl Numbers {
    pub(super) fn push(&mut self, value: f64) {
        if let Some(place) = self.values.get_mut(self.count) {
            *place = value;
        }
        self.count += 1;
    }
}

/// Boxes that were read, of one answer after another, with their labels where the syntax carries them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) rects: Vec<Rect>,
    pub(crate) labels: Vec<Name>,
    pub(crate) names: Names,
}

impl Found {
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

    /// The label that was read last.
    pub(super) fn latest_label(&self) -> &str {
        self.found.names.latest()
    }

    /// Note an item that is no box.
    pub(super) fn refuse(&mut self, fault: Reason) {
        self.invalid += 1;
        self.fault = Some(fault);
    }

    /// Note an item by its numbers.
    pub(super) fn offer(&mut self, numbers: &Numbers, label: Option<&str>) {
        if self.count() >= limits::BOXES {
            self.invalid += 1;
        } else if !self.fits(numbers.count) {
            self.refuse(Reason::WrongArity);
        } else if let Some(rect) = self.admit(numbers.values) {
            self.found.rects.push(rect);
            self.found.labels.push(label.map(|label| self.found.names.id(label)));
        } else {
            self.refuse(Reason::InvalidBox);
        }
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
    fn admit(&self, rect: Rect) -> Option<Rect> {
        if self.syntax == Syntax::EarthDial {
            return Some(rect);
        }
        if !rect.iter().all(|value| value.abs() <= limits::COORDINATE) {
            return None;
        }
        let [x1, y1, x2, y2, angle] = rect;
        let has_area = |[x1, y1, x2, y2, _]: &Rect| x1 < x2 && y1 < y2;
        match self.syntax {
            Syntax::QwenJson | Syntax::List4 | Syntax::InternVl => {
                let [width, height] = self.extent;
                let clipped = [x1.max(0.0), y1.max(0.0), x2.min(width), y2.min(height), angle];
                (has_area(&rect) && has_area(&clipped)).then_some(clipped)
            }
            _ => (has_area(&rect) && (self.holds(&rect) || self.meets(&rect))).then_some(rect),
        }
    }

    /// Whether the image holds a circle round the box, hence the box at any angle.
    fn holds(&self, [x1, y1, x2, y2, _]: &Rect) -> bool {
        let ([width, height], [w, h]) = (self.extent, [x2 - x1, y2 - y1]);
        let (x, y, radius) = (x1 + x2, y1 + y2, w + h); // no less than the diagonal, and without a root
        x >= radius && y >= radius && x + radius <= 2.0 * width && y + radius <= 2.0 * height
    }

    fn meets(&self, rect: &Rect) -> bool {
        let [width, height] = self.extent;
        Shape::new(rect, Angles::Rotated).meets(width, height)
    }
}
