from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geovlm_cli.boxes import boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.report.html.pictures import Album, Panel
from geovlm_cli.task import ImageRef, Sample

PROFILE = Profile(name="p", box_syntax="list5", frame="percent")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (600, 1200, 3), dtype=np.uint8)).save(path)
    return str(path)


def sample(reference: Any, *images: ImageRef, **more: Any) -> Sample:
    return Sample(id="r", task="t", images=images, reference=reference, **more)


def outlines(panel: Panel) -> dict[str, list[str]]:
    return {name: [outline.points for outline in found] for name, found in panel.layers}


def test_an_image_is_made_small_and_its_boxes_stay_in_the_original_size(photo: str) -> None:
    truth, answer = boxes("percent", [[10, 10, 20, 30, 0]], ["ship"]), boxes("percent", [[50, 50, 60, 60, 0]])
    (panel,), note = Album().panels(sample(truth, ImageRef(photo)), answer, PROFILE)
    assert note == ""
    assert (panel.width, panel.height) == (1200, 600)
    assert panel.uri is not None
    with Image.open(io.BytesIO(base64.b64decode(panel.uri.partition(",")[2]))) as small:
        assert small.size == (720, 360)
    assert outlines(panel)["truth"] == ["120.0,60.0 240.0,60.0 240.0,180.0 120.0,180.0"]
    assert outlines(panel)["answer"] == ["600.0,300.0 720.0,300.0 720.0,360.0 600.0,360.0"]
    assert dict(panel.layers)["truth"][0].label == "ship"


def test_a_pair_stands_side_by_side_with_roles_and_boxes_on_the_last(photo: str) -> None:
    pair = (ImageRef(photo, "before"), ImageRef(photo, "after"))
    panels, _ = Album().panels(sample(boxes("pixel", [[0, 0, 9, 9, 0]]), *pair), None, PROFILE)
    assert [(panel.role, len(panel.layers)) for panel in panels] == [("before", 0), ("after", 1)]


def test_a_rotated_box_is_turned_as_the_score_turns_it(photo: str) -> None:
    (panel,), _ = Album().panels(sample(boxes("pixel", [[100, 100, 300, 200, 90]]), ImageRef(photo)), None, PROFILE)
    corners = {tuple(map(float, point.split(","))) for point in outlines(panel)["truth"][0].split()}
    assert corners == {(150, 50), (250, 50), (250, 250), (150, 250)}


def test_without_images_boxes_in_a_scaled_frame_are_drawn_on_a_sheet() -> None:
    (panel,), note = Album().panels(sample(boxes("percent", [[0, 0, 50, 50, 0]])), None, None)
    assert (panel.uri, panel.width, note) == (None, 1000, "")
    assert outlines(panel)["truth"] == ["0.0,0.0 500.0,0.0 500.0,500.0 0.0,500.0"]


def test_without_images_boxes_in_pixels_of_an_unknown_size_are_not_drawn() -> None:
    assert Album().panels(sample(boxes("pixel", [[0, 0, 50, 50, 0]])), None, None) == ([], "")


def test_an_image_that_is_not_there_costs_only_itself(photo: str) -> None:
    images = (ImageRef(photo, "before"), ImageRef("nowhere.png", "after"))
    panels, note = Album().panels(sample(boxes("percent", [[0, 0, 50, 50, 0]]), *images), None, PROFILE)
    assert [panel.uri is None for panel in panels] == [False, True]
    assert "nowhere.png does not exist" in note


def test_beyond_the_budget_rows_come_without_images(photo: str) -> None:
    album = Album(budget=250_000)
    panels = [album.panels(sample(None, ImageRef(photo)), None, None)[0][0] for _ in range(4)]
    assert panels[0].uri is not None
    assert panels[-1].uri is None
    assert album.full
    assert sum(len(panel.uri.partition(",")[2]) for panel in panels if panel.uri) * 3 / 4 <= 250_000
