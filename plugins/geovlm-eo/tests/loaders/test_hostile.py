"""Whatever a value of a row or of an annotation is, it costs at most that row: a loader never fails, and nothing is read in silence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.data.images import image_size
from geovlm_cli.errors import ConfigError, DataError

Load = Callable[..., Any]
VALUES = [
    None,
    True,
    0,
    -1.5,
    1e300,
    "",
    "x",
    "[[",
    "<box>[[1",
    "\x00",
    [],
    [None],
    [[]],
    [{}],
    {},
    {"a": [1]},
    ["a", 1],
    "[1, 2]",
]
TURNS = [{"from": "human", "value": "<image>\nWhere?"}, {"from": "gpt", "value": "[1, 2, 3, 4]"}]
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "llava": ("box", {"id": "1", "image": "a.png", "conversations": TURNS}),
    "vlm-r1": ("box", {"id": "1", "image": ["a.png"], "conversations": TURNS, "accu_reward_method": "iou"}),
    "vlm-r1-rec": ("box", {"image": "a.png", "problem": "ship", "solution": [1, 2, 3, 4]}),
    "messages": (
        "text",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}]}], "images": ["a.png"]},
    ),
    "trl": ("label", {"prompt": [{"role": "user", "content": "?"}], "solution": "x", "images": ["a.png"]}),
    "earthdial": (
        "grounding",
        {"question": "?", "answer": "x", "groundtruth": "a", "obj_ids": "[]", "size_group": "small", "jpg": "a.png"},
    ),
    "geochat-bench": (
        "referred-detection",
        {"question_id": "1", "image_id": "P1", "question": "q", "ground_truth": [[1, 2, 3, 4]], "type": "ref"},
    ),
    "geochat-instruct": (
        "region-caption",
        {"id": "1", "image": "a.png", "conversations": [{"from": "human", "value": "{<1><2><3><4>}"}]},
    ),
    "caption-lines": ("image-caption", {"filename": "a.png", "captions": ["x"]}),
    "geovlm": (
        "box",
        {"id": "1", "images": ["a.png"], "reference": {"frame": "pixel", "boxes": [[1, 2, 3, 4]]}, "meta": {}},
    ),
}
DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "coco": (
        "detection",
        {
            "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}],
            "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
            "categories": [{"id": 1, "name": "ship"}],
        },
    ),
    "geojson": (
        "detection",
        {
            "type": "FeatureCollection",
            "frame": "pixel",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"image": "a.png", "class": "x"},
                    "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]},
                }
            ],
        },
    ),
    "captions": (
        "change-caption",
        {"images": [{"filename": "a.png", "sentences": [{"raw": "x"}], "split": "test", "changeflag": 1}]},
    ),
    "rsvqaxben": ("multi-label", {"1": {"type": "LC", "question": "?", "answer": "pastures", "S2_name": "S2A"}}),
    "rsvqa": ("vqa", {"questions": [{"id": 1, "img_id": 1, "type": "presence", "question": "?", "active": True}]}),
    "hrvqa": ("vqa", {"questions": [{"image_id": 1, "question": "?", "question_id": 2, "question_type": "scene"}]}),
}


def spoiled(value: Any) -> Iterator[Any]:
    """Yield the value with each of its parts replaced by each of VALUES, and without each of its keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            rest = {other: held for other, held in value.items() if other != key}
            yield rest
            yield from ({**rest, key: other} for other in (*VALUES, *spoiled(inner)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from ([*value[:number], other, *value[number + 1 :]] for other in (*VALUES, *spoiled(inner)))


def whole(found: Any) -> None:
    """Use what was read: the flaws are told and the images have names."""
    assert found.samples or found.rejected
    for sample in found.samples:
        assert isinstance(sample.id, str)
        for ref in sample.images:
            with pytest.raises(DataError):
                image_size(ref)


@pytest.mark.parametrize("name", ROWS)
def test_a_spoiled_row_costs_at_most_itself(tmp_path: Path, load: Load, name: str) -> None:
    task, good = ROWS[name]
    path = tmp_path / "rows.jsonl"
    kind = {"box": "referred-detection", "text": "image-caption", "label": "scene"}.get(task, task)
    bad = list(spoiled(good))
    path.write_text(
        "".join(json.dumps(row) + "\n" for row in [good, *({**row, "id": f"r{n}"} for n, row in enumerate(bad))])
    )
    try:
        found = load(path, task=kind, format_name=name, frame="pixel")
    except ConfigError as error:
        assert "frame" in str(error)  # noqa: PT017  # a frame that nobody declares stops the run, whatever the row
        return
    whole(found)
    assert len(found.samples) + len(found.rejected) >= len(bad)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_spoiled_document_costs_at_most_its_entries(tmp_path: Path, load: Load, name: str) -> None:
    task, good = DOCUMENTS[name]
    answers = {"annotations": [{"question_id": 2, "multiple_choice_answer": "x"}]}
    (tmp_path / "train_answer.json").write_text(json.dumps(answers))
    beside = {"answers": [{"question_id": 1, "answer": "yes", "active": True}], "images": [{"id": 1, "active": True}]}
    for key in beside:
        (tmp_path / f"train_{key}.json").write_text(json.dumps(beside))
    path = tmp_path / ("train_questions.json" if name == "rsvqa" else "train_question.json")
    for document in spoiled(good):
        path.write_text(json.dumps(document))
        try:
            whole(load(path, task=task, format_name=name))
        except DataError as error:
            assert "train_" in str(error)  # noqa: PT017  # nothing readable is in it, and it says so


def test_a_spoiled_label_of_xbd_costs_its_scene(tmp_path: Path, load: Load) -> None:
    building = {
        "properties": {"feature_type": "building", "subtype": "destroyed", "uid": "a"},
        "wkt": "POLYGON ((0 0, 1 0, 1 1))",
    }
    good = {"features": {"xy": [building]}, "metadata": {"width": 9, "height": 9, "disaster_type": "fire"}}
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    (tmp_path / "labels" / "a_post_disaster.json").write_text(json.dumps(good))
    for task in ("damage", "detection", "temporal"):
        for document in spoiled(good):
            (tmp_path / "labels" / "b_post_disaster.json").write_text(json.dumps(document))
            whole(load(tmp_path, task=task))
