//! Boxes turned about their centre, and what two of them share.
//!
//! A box is five numbers x1, y1, x2, y2, angle: the extents of the unrotated rectangle, then the turn in degrees,
//! counter-clockwise on a screen whose y axis points down.

#![expect(clippy::indexing_slicing, reason = "corners and clipped polygons are arrays of a fixed, small size")]

/// x1, y1, x2, y2, angle in degrees.
pub type Rect = [f64; 5];
type Point = [f64; 2];

/// Which shape stands for a turned box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Angles {
    /// The turned rectangle itself.
    Rotated,
    /// The axis-aligned hull of its corners.
    Hull,
    /// The unturned rectangle.
    Drop,
}

impl Angles {
    /// The mode of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "rotated" => Some(Self::Rotated),
            "hull" => Some(Self::Hull),
            "drop" => Some(Self::Drop),
            _ => None,
        }
    }
}

/// A box made ready for comparison.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// x1, y1, x2, y2 of the axis-aligned hull.
    hull: [f64; 4],
    /// Width × height; 0 for a box that is inverted, empty or not finite.
    pub area: f64,
    upright: bool,
    rect: Rect,
    centre: Point,
    half: Point,
    sin: f64,
    cos: f64,
}

impl Shape {
    /// Prepare a box under a mode of angles.
    #[must_use]
    pub fn new(rect: &Rect, angles: Angles) -> Self {
        let [x1, y1, x2, y2, angle] = *rect;
        match angles {
            Angles::Rotated if angle != 0.0 => Self::turned(rect),
            Angles::Rotated | Angles::Drop => Self::upright([x1, y1, x2, y2]),
            Angles::Hull => Self::upright(Self::turned(rect).hull),
        }
    }

    fn upright(hull: [f64; 4]) -> Self {
        let [x1, y1, x2, y2] = hull;
        let half = [(x2 - x1) / 2.0, (y2 - y1) / 2.0];
        let is_box = x1 < x2 && y1 < y2 && hull.iter().all(|value| value.is_finite());
        Self {
            hull,
            area: if is_box { (x2 - x1) * (y2 - y1) } else { 0.0 },
            upright: true,
            rect: [x1, y1, x2, y2, 0.0],
            centre: [x1 + half[0], y1 + half[1]],
            half,
            sin: 0.0,
            cos: 1.0,
        }
    }

    fn turned(rect: &Rect) -> Self {
        let [x1, y1, x2, y2, angle] = *rect;
        let upright = Self::upright([x1, y1, x2, y2]);
        if angle % 180.0 == 0.0 {
            return upright;
        }
        let (sin, cos) = (angle % 360.0).to_radians().sin_cos();
        let ([x, y], [w, h]) = (upright.centre, upright.half);
        let (reach_x, reach_y) = (w * cos.abs() + h * sin.abs(), w * sin.abs() + h * cos.abs());
        let area = if angle.is_finite() { upright.area } else { 0.0 };
        let hull = [x - reach_x, y - reach_y, x + reach_x, y + reach_y];
        Self { hull, area, upright: false, rect: *rect, sin, cos, ..upright }
    }

    /// Intersection over union; 0 where either box has no area.
    ///
    /// ```
    /// use rust_rewards::geometry::{Angles, Shape};
    /// let a = Shape::new(&[0.0, 0.0, 2.0, 2.0, 0.0], Angles::Rotated);
    /// let b = Shape::new(&[1.0, 0.0, 3.0, 2.0, 0.0], Angles::Rotated);
    /// assert_eq!(a.iou(&b), 2.0 / 6.0);
    /// ```
    #[must_use]
    #[inline]
    pub fn iou(&self, other: &Self) -> f64 {
        let (a, b) = (&self.hull, &other.hull);
        let width = a[2].min(b[2]) - a[0].max(b[0]);
        let height = a[3].min(b[3]) - a[1].max(b[1]);
        if width > 0.0 && height > 0.0 { self.iou_of_neighbours(other, width * height) } else { 0.0 }
    }

    /// IoU of two boxes whose hulls share an area.
    #[expect(clippy::float_cmp, reason = "the same five numbers are the same box, whose IoU is 1 without rounding")]
    fn iou_of_neighbours(&self, other: &Self, shared_by_hulls: f64) -> f64 {
        if self.area <= 0.0 || other.area <= 0.0 {
            return 0.0;
        }
        let shared = if self.upright && other.upright {
            shared_by_hulls
        } else if self.rect == other.rect {
            return 1.0;
        } else {
            self.shared_rotated(other)
        };
        (shared / (self.area + other.area - shared)).clamp(0.0, 1.0)
    }

    /// Whether the turned box shares an area with the image (0, 0) – (width, height).
    #[must_use]
    pub fn meets(&self, width: f64, height: f64) -> bool {
        let [x1, y1, x2, y2] = self.hull;
        if x1 >= 0.0 && y1 >= 0.0 && x2 <= width && y2 <= height {
            return true;
        }
        // The image may be without bounds, and infinity would make a NaN; beyond the hull there is nothing to share.
        self.iou(&Self::upright([0.0, 0.0, width.min(x2.max(1.0)), height.min(y2.max(1.0))])) > 0.0
    }

    /// Clip the other box by this one, in this one's own unturned frame about its centre: exact far from the origin too.
    fn shared_rotated(&self, other: &Self) -> f64 {
        let shift = [other.centre[0] - self.centre[0], other.centre[1] - self.centre[1]];
        let corners = other.offsets().map(|offset| self.unturn([offset[0] + shift[0], offset[1] + shift[1]]));
        let (mut polygon, mut kept) = (Polygon::new(corners), Polygon::default());
        for axis in [0, 1] {
            for sign in [1.0, -1.0] {
                polygon.clip(axis, sign, self.half[axis], &mut kept);
                std::mem::swap(&mut polygon, &mut kept);
            }
        }
        polygon.area()
    }

    /// The corners relative to the centre, on screen.
    fn offsets(&self) -> [Point; 4] {
        let [w, h] = self.half;
        [[-w, -h], [w, -h], [w, h], [-w, h]].map(|[x, y]| [x * self.cos + y * self.sin, y * self.cos - x * self.sin])
    }

    fn unturn(&self, [x, y]: Point) -> Point {
        [x * self.cos - y * self.sin, x * self.sin + y * self.cos]
    }
}

/// A convex polygon of at most eight corners: four, and one more for each of four cuts.
#[derive(Default)]
struct Polygon {
    points: [Point; 8],
    len: usize,
}

impl Polygon {
    fn new(corners: [Point; 4]) -> Self {
        let mut points = [[0.0; 2]; 8];
        points[..4].copy_from_slice(&corners);
        Self { points, len: 4 }
    }

    /// The part where `sign · point[axis] <= limit` (Sutherland and Hodgman, one half plane).
    fn clip(&self, axis: usize, sign: f64, limit: f64, kept: &mut Self) {
        kept.len = 0;
        let Some(mut from) = self.points[..self.len].last().copied() else {
            return;
        };
        let mut from_room = limit - sign * from[axis];
        for &to in &self.points[..self.len] {
            let to_room = limit - sign * to[axis];
            if (from_room >= 0.0) != (to_room >= 0.0) {
                let share = from_room / (from_room - to_room);
                kept.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
            }
            if to_room >= 0.0 {
                kept.push(to);
            }
            (from, from_room) = (to, to_room);
        }
    }

    /// Rounding can make a sliver cross a line more than twice; such a point adds no area and may be left out.
    fn push(&mut self, point: Point) {
        if let Some(place) = self.points.get_mut(self.len) {
            *place = point;
            self.len += 1;
        }
    }

    fn area(&self) -> f64 {
        let [x0, y0] = self.points[0];
        let corners = &self.points[..self.len];
        let doubled: f64 = corners
            .windows(2)
            .map(|pair| (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0))
            .sum();
        doubled.abs() / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iou(a: Rect, b: Rect) -> f64 {
        Shape::new(&a, Angles::Rotated).iou(&Shape::new(&b, Angles::Rotated))
    }

    #[test]
    fn octagon_of_a_square_and_its_eighth_turn() {
        let shared = 8.0 * (2.0_f64.sqrt() - 1.0);
        assert!(
            (iou([-1.0, -1.0, 1.0, 1.0, 0.0], [-1.0, -1.0, 1.0, 1.0, 45.0]) - shared / (8.0 - shared)).abs() < 1e-12
        );
    }

    #[test]
    fn quarter_turn_swaps_the_sides() {
        assert!((iou([0.0, 0.0, 4.0, 2.0, 90.0], [1.0, -1.0, 3.0, 3.0, 0.0]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn turns_counter_clockwise_on_screen() {
        // A long bar turned by 45°: its right end goes up, where y is small.
        let bar = Shape::new(&[-10.0, -1.0, 10.0, 1.0, 45.0], Angles::Rotated);
        assert!(bar.iou(&Shape::new(&[5.0, -8.0, 8.0, -5.0, 0.0], Angles::Rotated)) > 0.0);
        assert!(bar.iou(&Shape::new(&[5.0, 5.0, 8.0, 8.0, 0.0], Angles::Rotated)) == 0.0);
    }

    #[test]
    fn degenerate_boxes_share_nothing() {
        for bad in [[0.0, 0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, f64::NAN, 1.0, 5.0]] {
            assert!(iou(bad, bad) == 0.0 && iou(bad, [0.0, 0.0, 1.0, 1.0, 30.0]) == 0.0);
        }
    }

    #[test]
    fn far_from_the_origin() {
        let near = iou([0.0, 0.0, 20.0, 6.0, 30.0], [2.0, 1.0, 22.0, 7.0, 40.0]);
        let far = iou([1e6, 1e6, 1e6 + 20.0, 1e6 + 6.0, 30.0], [1e6 + 2.0, 1e6 + 1.0, 1e6 + 22.0, 1e6 + 7.0, 40.0]);
        assert!((near - far).abs() < 1e-9);
    }

    #[test]
    fn meets_the_image() {
        let meets = |rect: Rect| Shape::new(&rect, Angles::Rotated).meets(100.0, 50.0);
        assert!(meets([10.0, 10.0, 20.0, 20.0, 33.0]));
        assert!(meets([-10.0, -10.0, 5.0, 5.0, 45.0]));
        assert!(!meets([-30.0, -10.0, -5.0, 5.0, 10.0]));
        assert!(!meets([-10.0, -10.0, 1.0, 1.0, 45.0]), "the corner of the hull meets, the polygon does not");
        assert!(Shape::new(&[1e5, 1e5, 2e5, 2e5, 45.0], Angles::Rotated).meets(f64::INFINITY, f64::INFINITY));
    }
}
