//! Boxes turned about their centre, and what two of them share.
//!
//! A box is five numbers x1, y1, x2, y2, angle: the extents of the unrotated rectangle, then the turn in degrees,
//! counter-clockwise on a screen whose y axis points down.

use std::sync::LazyLock;

use wide::f64x4;

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
    /// Width × height; 0 for a box that is inverted or empty, and where the product is not finite.
    pub area: f64,
    rect: Rect,
    centre: Point,
    half: Point,
    sin: f64,
    cos: f64,
}

impl Shape {
    /// Prepare a box under a mode of angles.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "an upright box is made where it stays, without a copy")]
    pub fn new(rect: &Rect, angles: Angles) -> Self {
        let [x1, y1, x2, y2, angle] = *rect;
        match angles {
            Angles::Rotated if angle != 0.0 => Self::turned(rect),
            Angles::Rotated | Angles::Drop => Self::upright([x1, y1, x2, y2]),
            Angles::Hull => Self::upright(Self::turned(rect).hull),
        }
    }

    #[inline]
    fn upright(hull: [f64; 4]) -> Self {
        let [x1, y1, x2, y2] = hull;
        let half = [(x2 - x1) / 2.0, (y2 - y1) / 2.0];
        let area = (x2 - x1) * (y2 - y1);
        let is_box = x1 < x2 && y1 < y2 && area.is_finite(); // so are the corners then
        Self {
            hull,
            area: if is_box { area } else { 0.0 },
            rect: [x1, y1, x2, y2, 0.0],
            centre: [x1 + half[0], y1 + half[1]],
            half,
            sin: 0.0,
            cos: 1.0,
        }
    }

    #[inline(never)]
    fn turned(rect: &Rect) -> Self {
        let [x1, y1, x2, y2, angle] = *rect;
        let upright = Self::upright([x1, y1, x2, y2]);
        let (sin, cos) = sin_cos(angle);
        if sin == 0.0 {
            return upright;
        }
        let ([x, y], [w, h]) = (upright.centre, upright.half);
        let (reach_x, reach_y) = (w * cos.abs() + h * sin.abs(), w * sin.abs() + h * cos.abs());
        let area = if angle.is_finite() { upright.area } else { 0.0 };
        let hull = [x - reach_x, y - reach_y, x + reach_x, y + reach_y];
        Self { hull, area, rect: *rect, sin, cos, ..upright }
    }

    /// The axis-aligned hull: x1, y1, x2, y2.
    #[must_use]
    pub fn hull(&self) -> [f64; 4] {
        self.hull
    }

    fn is_upright(&self) -> bool {
        self.sin == 0.0
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
    #[inline]
    #[expect(clippy::float_cmp, reason = "the same five numbers are the same box, whose IoU is 1 without rounding")]
    fn iou_of_neighbours(&self, other: &Self, shared_by_hulls: f64) -> f64 {
        if self.area <= 0.0 || other.area <= 0.0 {
            return 0.0;
        }
        let shared = if self.is_upright() && other.is_upright() {
            shared_by_hulls
        } else if self.rect == other.rect {
            return 1.0;
        } else {
            self.shared_rotated(other)
        };
        (shared / (self.area + other.area - shared)).clamp(0.0, 1.0)
    }

    /// Whether the turned box shares an area with the image (0, 0) – (width, height).
    ///
    /// ```
    /// use rust_rewards::geometry::{Angles, Shape};
    /// let turned = Shape::new(&[-8.0, 0.0, 2.0, 10.0, 45.0], Angles::Rotated);
    /// assert!(turned.meets(100.0, 100.0) && !turned.meets(100.0, -1.0));
    /// ```
    #[must_use]
    pub fn meets(&self, width: f64, height: f64) -> bool {
        let [x1, y1, x2, y2] = self.hull;
        if x1 >= 0.0 && y1 >= 0.0 && x2 <= width && y2 <= height {
            return true;
        }
        // The image may be without bounds, and infinity would make a NaN; beyond the hull there is nothing to share.
        self.iou(&Self::upright([0.0, 0.0, width.min(x2.max(1.0)), height.min(y2.max(1.0))])) > 0.0
    }

    /// The area that both boxes share, taken in this one's own unturned frame about its centre: exact far from the origin too.
    fn shared_rotated(&self, other: &Self) -> f64 {
        let [x, y] = self.unturn([other.centre[0] - self.centre[0], other.centre[1] - self.centre[1]]);
        let (cos, sin) = (self.cos * other.cos + self.sin * other.sin, self.cos * other.sin - self.sin * other.cos);
        let ([w, h], [other_w, other_h]) = (self.half, other.half);
        // Along each axis of either box the other's shadow must be met, or nothing is shared.
        let apart = x.abs() >= w + other_w * cos.abs() + other_h * sin.abs()
            || y.abs() >= h + other_w * sin.abs() + other_h * cos.abs()
            || (x * cos - y * sin).abs() >= other_w + w * cos.abs() + h * sin.abs()
            || (x * sin + y * cos).abs() >= other_h + w * sin.abs() + h * cos.abs();
        if apart {
            return 0.0;
        }
        area_within(self.half, [x, y], [other_w * cos, -other_w * sin], [other_h * sin, other_h * cos])
    }

    fn unturn(&self, [x, y]: Point) -> Point {
        [x * self.cos - y * self.sin, x * self.sin + y * self.cos]
    }
}

/// Sine and cosine of an angle in degrees; the sine is exactly 0 at every half turn.
fn sin_cos(angle: f64) -> (f64, f64) {
    /// Models write whole degrees: those of (−360, 360) are computed once.
    static WHOLE: LazyLock<Vec<(f64, f64)>> =
        LazyLock::new(|| (-359..360).map(|degrees| of(f64::from(degrees))).collect());
    fn of(angle: f64) -> (f64, f64) {
        if angle % 180.0 == 0.0 { (0.0, 1.0) } else { angle.to_radians().sin_cos() }
    }
    let angle = if angle.abs() < 360.0 { angle } else { angle % 360.0 };
    #[expect(clippy::cast_possible_truncation, reason = "below 360, or NaN, which is no index")]
    let whole = angle as i32;
    #[expect(clippy::float_cmp, reason = "a whole number is exact")]
    let is_whole = f64::from(whole) == angle;
    let known = usize::try_from(whole + 359).ok().filter(|_| is_whole);
    known.and_then(|place| WHOLE.get(place).copied()).unwrap_or_else(|| of(angle))
}

/// The area of a rectangle about `centre`, `u` and `v` its half sides, that lies within ±`window` of the origin.
///
/// By Green's theorem it is the integral of y·dx along the sides, each x and y kept within the window. All four sides at once and
/// without a branch: whether a side crosses the window is a coin toss. Nothing is divided by a small difference of great numbers.
fn area_within([w, h]: Point, [x, y]: Point, u: Point, v: Point) -> f64 {
    let corners = |at: f64, u: f64, v: f64| f64x4::new([at - (u + v), at + (u - v), at + (u + v), at - (u - v)]);
    let sides = |u: f64, v: f64| f64x4::new([2.0 * u, 2.0 * v, -2.0 * u, -2.0 * v]);
    let (from_x, to_x, from_y) = (corners(x, u[0], v[0]), corners(x, v[0], -u[0]), corners(y, u[1], v[1]));
    let (dx, dy) = (sides(u[0], v[0]), sides(u[1], v[1]));
    let (w, h) = (f64x4::splat(w), f64x4::splat(h));
    let (start, end) = (within(from_x, w), within(to_x, w));
    let per_x = within(f64x4::ONE / dx, f64x4::splat(f64::MAX)); // an upright side has no inside but its ends
    let y_at = |x: f64x4| from_y + ((x - from_x) * per_x).fast_max(f64x4::ZERO).fast_min(f64x4::ONE) * dy;
    let (y1, y2) = (y_at(start), y_at(end));
    let (low, high) = (within(y1, h), within(y2, h));
    // The share of the height in which the side lies within the window; beyond it y is flat.
    let share = (high - low).abs() / (y2 - y1).abs().fast_max(f64x4::splat(f64::MIN_POSITIVE));
    let doubled_mean = low + high + share * ((y1 - low) + (y2 - high));
    (-0.5 * ((end - start) * doubled_mean).reduce_add()).max(0.0)
}

fn within(values: f64x4, limit: f64x4) -> f64x4 {
    values.fast_max(-limit).fast_min(limit)
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

    /// What a box has of one that holds it is the share of the areas, whichever is turned, and however little the angles differ.
    #[test]
    fn a_box_within_another_of_any_size_and_angle() {
        for angle in [1e-300, 1e-13, 1e-9, 12.5, 45.0, 89.999_999_9, 90.0, 179.999_999_999] {
            for [w, h] in [[1e-6, 1e-6], [1.0, 3.0], [1e-3, 10.0], [19.0, 1e-6]] {
                for [inner, outer] in [[angle, 0.0], [0.0, angle], [angle, -angle]] {
                    let (small, large) = ([-w, -h, w, h, inner], [-31.0, -32.0, 33.0, 34.0, outer]);
                    let expected = 4.0 * w * h / (64.0 * 66.0);
                    assert!(
                        (iou(small, large) - expected).abs() < 1e-15 && (iou(large, small) - expected).abs() < 1e-15
                    );
                }
            }
        }
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
