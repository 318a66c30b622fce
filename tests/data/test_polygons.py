from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPoint, Polygon

from geovlm_cli.boxes import corners
from geovlm_cli.data.polygons import rectangle, upright

numbers = st.floats(-1000, 1000).map(lambda value: round(value, 2))


@given(
    st.tuples(numbers, numbers, st.floats(1, 500), st.floats(1, 500), st.floats(-360, 360)),
)
def test_the_corners_of_a_box_give_the_box(values: tuple[float, ...]) -> None:
    x, y, width, height, degrees = values
    given_corners = corners(np.array([x, y, x + width, y + height, degrees]))[0]
    found = rectangle([(float(a), float(b)) for a, b in given_corners])
    assert 0 <= found[4] < 90
    mine, theirs = Polygon(corners(np.array(found))[0]), Polygon(given_corners)
    # No intersection over union: that of polygons whose edges all but coincide may come out of GEOS as 0.
    assert mine.hausdorff_distance(theirs) < 1e-6 * max(width, height)


@given(st.lists(st.tuples(numbers, numbers), min_size=3, max_size=12))
def test_no_rectangle_is_smaller(points: list[tuple[float, float]]) -> None:
    hull = MultiPoint(points).convex_hull
    if hull.area < 1:
        return
    x1, y1, x2, y2, _ = found = rectangle(points)
    assert (x2 - x1) * (y2 - y1) <= hull.minimum_rotated_rectangle.area * (1 + 1e-6)
    assert Polygon(corners(np.array(found))[0]).buffer(1e-4).covers(hull)


def test_the_angle_is_counter_clockwise_on_screen() -> None:
    # A strip that rises to the right on screen (y down).
    assert rectangle([(0, 10), (10, 0), (11, 1), (1, 11)])[4] == pytest.approx(45)
    steep = rectangle([(0, 20), (10, 0), (12, 1), (2, 21)])
    assert steep[4] == pytest.approx(np.degrees(np.arctan2(20, 10)))
    assert steep[2] - steep[0] > steep[3] - steep[1]


def test_an_upright_rectangle_is_not_turned() -> None:
    assert rectangle([(0, 0), (10, 0), (10, 5), (0, 5)]) == [0, 0, 10, 5, 0]
    assert rectangle([(0.001, 0.001), (0.0011, 0.001), (0.0011, 0.0011), (0.001, 0.0011)])[4] == 0
    assert upright([(3, 9), (1, 5), (2, 7)]) == [1, 5, 3, 9]


@pytest.mark.parametrize("points", [[], [(0, 0), (1, 1)], [(0, 0), (1, 1), (2, 2)], [(1, 1)] * 5])
def test_what_has_no_area_is_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="three points"):
        rectangle(points)
