"""JSON files that are one object, of annotations of many images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Load = Callable[..., Any]
COCO = '{{"images": [{{"id": 1, "file_name": "a.png"{}}}], "annotations": [{{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]{}}}], "categories": [{{"id": 1, "name": "ship"}}]{}}}'
GEOJSON = '{{"type": "FeatureCollection", "frame": "pixel", "features": [{{"type": "Feature", "properties": {{"image": "a.png", "class": "ship"{}}}, "geometry": {{"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 4]]]{}}}}}]{}}}'


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("a.json", COCO.format("", ', "bbox": [1, 2, 3, 9]', ""), "bbox"),
        ("a.json", COCO.format(', "file_n\\u0061me": "a.png"', "", ""), "file_name"),
        ("a.json", COCO.format("", "", ', "categories": [{"id": 1, "name": "car"}]'), "categories"),
        ("a.geojson", GEOJSON.format(', "class": "car"', "", ""), "class"),
        ("a.geojson", GEOJSON.format("", ', "type": "Polygon"', ""), "type"),
        ("a.geojson", GEOJSON.format("", "", ', "frame": "pixel"'), "frame"),
    ],
)
def test_a_key_that_stands_twice_is_said(
    folder: Path, load: Load, caplog: pytest.LogCaptureFixture, name: str, text: str, key: str
) -> None:
    (folder / name).write_text(text)
    assert len(load(folder / name, task="boxes").samples) == 1
    [warning] = caplog.messages
    assert warning == f"{folder / name}: a key stands twice: {key}; of its two values the last is read"


@pytest.mark.parametrize(("name", "text"), [("a.json", COCO), ("a.geojson", GEOJSON)])
def test_a_file_without_such_a_key_is_read_without_a_word(
    folder: Path, load: Load, caplog: pytest.LogCaptureFixture, name: str, text: str
) -> None:
    (folder / name).write_text(text.format("", "", ""))
    assert len(load(folder / name, task="boxes").samples) == 1
    assert not caplog.messages
