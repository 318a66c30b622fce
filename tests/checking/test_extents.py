from __future__ import annotations

import pytest

from geovlm_cli.boxes import Grounded, boxes
from geovlm_cli.checking.extents import extents
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import Task
from tests.checking.conftest import MakeSubject, image

SHIPS = Task(name="ships", kind="boxes", summary="")
INSIDE, MOST = [10, 10, 60, 60], [60, 10, 139, 60]
BEYOND = [60, 10, 141, 60]


def test_boxes_mostly_on_their_image_are_not_spoken_of(subject: MakeSubject) -> None:
    made = subject(SHIPS, [boxes("percent", [INSIDE, MOST]), boxes("percent", [])])
    assert list(extents(made, {})) == []


@pytest.mark.parametrize("box", [BEYOND, [-41, 10, 40, 60], [20, 60, 30, 141]])
def test_a_box_mostly_beyond_its_image_is_warned_of(subject: MakeSubject, box: list[float]) -> None:
    (found,) = extents(subject(SHIPS, [boxes("percent", [INSIDE]), boxes("percent", [INSIDE, box])]), {})
    assert (found.level, found.rows) == ("warning", ("r1",))


def test_a_rotated_box_is_measured_upright(subject: MakeSubject) -> None:
    assert (
        list(extents(subject(SHIPS, [boxes("percent", [[-45, 49, 145, 51, 90]])]), {})) == []
    )  # its hull is 49 … 51 wide, of which half is above and below
    (found,) = extents(subject(SHIPS, [boxes("percent", [[-55, 49, 155, 51, 90]])]), {})
    assert found.count == 1


def test_boxes_of_texts_are_looked_at(subject: MakeSubject) -> None:
    task = Task(name="tell", kind="grounded", summary="")
    (found,) = extents(subject(task, [Grounded("a ship", boxes("percent", [BEYOND], ["a ship"]))]), {})
    assert found.count == 1


def test_pixels_are_measured_by_the_header_of_the_image(subject: MakeSubject) -> None:
    qwen = Profile(name="q", box_syntax="list5", frame="percent", resize=Resize())
    made = subject(SHIPS, [boxes("pixel", [[10, 10, 500, 100]])], qwen, images=image("a.png"))
    made.batch.samples[0].image_size = None
    assert list(extents(made, {})) == []
    assert [found.rows for found in extents(made, {"a.png": (200, 200)})] == [("r0",)]
    assert list(extents(made, {"a.png": (300, 200)})) == []
