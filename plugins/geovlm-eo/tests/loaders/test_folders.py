"""Every format that `docs/reference/formats.md` says is one file is also found in a folder that holds only that file and its images."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Load = Callable[..., Any]
TURNS = [{"from": "human", "value": "Where is it?"}, {"from": "gpt", "value": "{<1><2><30><40>|<5>}"}]
FILES: dict[str, tuple[str, str, Any]] = {
    "rsvqaxben": (
        "test.json",
        "vqa",
        {"1": {"type": "LC", "question": "Are there pastures?", "answer": "yes", "S2_name": "a"}},
    ),
    "captions": (
        "dataset.json",
        "image-caption",
        {"images": [{"filename": "a.png", "sentences": [{"raw": "A port."}], "split": "test"}]},
    ),
    "geochat-instruct": (
        "GeoChat_Instruct.json",
        "referred-detection",
        [{"id": "1", "image": "a.png", "conversations": TURNS}],
    ),
    "geochat-bench": (
        "aid.jsonl",
        "scene",
        {"question_id": "port/1", "image": "a.png", "text": "Which?", "ground_truth": "port"},
    ),
    "coco": (
        "_annotations.coco.json",
        "detection",
        {
            "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 64}],
            "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
            "categories": [{"id": 1, "name": "ship"}],
        },
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_folder_with_one_file_is_recognised(tmp_path: Path, load: Load, name: str) -> None:
    file, task, content = FILES[name]
    (tmp_path / file).write_text(json.dumps(content))
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    found = load(tmp_path, task=task)
    assert (found.format, len(found.samples), found.rejected) == (name, 1, [])
