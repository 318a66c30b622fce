"""IoU of rotated boxes by polygon clipping."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geovlm_cli.rewards.reference.common import Box, Size

Point = tuple[float, float]


def corners(box: Box, origin: Point = (0.0, 0.0)) -> list[Point]:
    """Return the four corners, turned about the centre, counter-clockwise on screen (y down), as seen from `origin`."""
    x1, y1, x2, y2, degrees = box
    theta = math.radians(math.fmod(degrees, 360))  # whole turns go off without rounding, radians would lose digits
    cos, sin, w, h = math.cos(theta), math.sin(theta), (x2 - x1) / 2, (y2 - y1) / 2
    cx, cy = x1 + w - origin[0], y1 + h - origin[1]
    return [(dx * cos + dy * sin + cx, -dx * sin + dy * cos + cy) for dx, dy in rectangle(-w, -h, w, h)]


def rectangle(x1: float, y1: float, x2: float, y2: float) -> list[Point]:
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]


def polygon_area(points: Sequence[Point]) -> float:
    """Return the area of a polygon (shoelace about its first corner)."""
    if len(points) < 3:
        return 0.0
    ox, oy = points[0]
    ring = [(x - ox, y - oy) for x, y in points]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def clip(subject: Sequence[Point], window: Sequence[Point]) -> list[Point]:
    """Cut a convex polygon by another whose corners run clockwise on screen (Sutherland-Hodgman)."""
    points = list(subject)
    for a, b in zip(window, [*window[1:], window[0]], strict=True):
        sides = [(b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for x, y in points]
        kept: list[Point] = []
        for i, point in enumerate(points):
            before, side_before, side = points[i - 1], sides[i - 1], sides[i]
            if (side < 0) != (side_before < 0):
                t = side_before / (side_before - side)
                kept.append((before[0] + t * (point[0] - before[0]), before[1] + t * (point[1] - before[1])))
            if side >= 0:
                kept.append(point)
        points = kept
    return points


def flattened(box: Box, angles: str) -> Box:
    """Apply the angle mode: `rotated` leaves the box, `hull` takes the axis-aligned hull, `drop` sets the angle to 0."""
    if angles == "rotated" or box[4] == 0:
        return box
    if angles == "drop":
        return (*box[:4], 0.0)
    xs, ys = zip(*corners(box), strict=True)
    return min(xs), min(ys), max(xs), max(ys), 0.0


def iou(a: Box, b: Box) -> float:
    """Return intersection over union of two boxes of one frame; 0 where the union is 0."""
    area_a, area_b = ((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    if a[4] % 180 == 0 and b[4] % 180 == 0:
        width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        shared = max(width, 0.0) * max(height, 0.0)
    else:
        origin = (a[0], a[1])  # far from it coordinates have fewer digits
        shared = polygon_area(clip(corners(a, origin), corners(b, origin)))
    union = area_a + area_b - shared
    return min(shared / union, 1.0) if union > 0 else 0.0


def scaled(box: Box, scale: Size) -> Box:
    """Map a box to another frame of the image: a ratio per axis that leaves the angle."""
    return box[0] * scale[0], box[1] * scale[1], box[2] * scale[0], box[3] * scale[1], box[4]
