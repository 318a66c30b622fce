"""Rows as TEOChat's own reader takes them (ermongroup/TEOChat, videollava/eval/classification.py and inference.py), with the wording that its GeoChat port strips."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from geovlm_eo.loaders.sequences import DATES
from PIL import Image

from geovlm_cli.errors import ConfigError

Load = Callable[..., Any]
QUESTION = (
    "This is a sequence of high-resolution, optical satellite images capturing the same location at different times: <video>\n"
    "Which of the following classes does this sequence of images belong to? "
    "Please answer using only one of the following classes: flooded road, lake or pond, dam"
)
FRAMES = [f"TEOChatlas/eval/TEOChatlas_images/fMoW/dam_1/dam_1_{n}.jpg" for n in range(3)]


def row(**change: Any) -> dict[str, Any]:
    return {
        "video": FRAMES,
        "timestamp": ["2016-05-01", "2011-01-31", "2014-12-24"],
        "conversations": [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": "lake or pond"}],
        "task": "temporal_scene_classification",
        "dataset": "fMoW",
        **change,
    }


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "TEOChatlas" / "eval" / "fMoW_High_Res.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(rows))
    return path


def test_a_sequence_in_the_order_of_its_dates(tmp_path: Path, load: Load) -> None:
    path = written(tmp_path, row())
    for name in FRAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    found = load(path, task="temporal")
    [sample] = found.samples
    assert (found.format, sample.task, sample.reference, sample.flaw) == (
        "teochatlas",
        "temporal",
        "lake or pond",
        None,
    )
    assert sample.choices == ("flooded road", "lake or pond", "dam")
    assert [Path(ref.source).stem for ref in sample.images] == ["dam_1_1", "dam_1_2", "dam_1_0"]
    assert [ref.role for ref in sample.images] == ["first", "second", "third"]
    assert all(Path(ref.source).is_file() for ref in sample.images)
    assert "different times: Which of the following" in sample.question
    assert (sample.meta["source_task"], sample.meta["dataset"]) == ("temporal_scene_classification", "fMoW")


def test_turns_without_a_speaker_alternate(tmp_path: Path, load: Load) -> None:
    turns = [{"value": QUESTION}, {"from": "gpt", "value": "dam"}]
    [sample] = load(written(tmp_path, row(conversations=turns)), task="temporal").samples
    assert sample.reference == "dam"


def test_without_dates_the_order_stays(tmp_path: Path, load: Load) -> None:
    [sample] = load(written(tmp_path, row(timestamp=[])), task="temporal").samples
    assert [Path(ref.source).stem for ref in sample.images] == ["dam_1_0", "dam_1_1", "dam_1_2"]


@pytest.mark.parametrize(
    ("count", "roles"),
    [(1, [""]), (2, ["before", "after"]), (8, list(DATES)), (9, [""] * 9)],
)
def test_images_have_the_roles_of_their_number(tmp_path: Path, load: Load, count: int, roles: list[str]) -> None:
    change = {"video": [f"{n}.jpg" for n in range(count)], "timestamp": []}
    [sample] = load(written(tmp_path, row(**change)), task="temporal").samples
    assert [ref.role for ref in sample.images] == roles


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"video": [1, 2, 3]}, "`video` is a list of paths"),
        ({"timestamp": ["soon"] * 3}, "`timestamp` is a list of dates"),
        ({"timestamp": 5}, "`timestamp` is a list of dates"),
        ({"timestamp": ["2016-05-01"]}, "3 images and 1 dates"),
        ({"conversations": [3]}, "a turn is an object"),
    ],
)
def test_a_malformed_row_costs_itself(tmp_path: Path, load: Load, change: dict[str, Any], why: str) -> None:
    found = load(written(tmp_path, row(), row(**change)), task="temporal")
    assert len(found.samples) == 1
    assert [bad.line for bad in found.rejected] == [2]
    assert why in found.rejected[0].why


def test_its_own_task_is_none_of_ours(tmp_path: Path, load: Load) -> None:
    with pytest.raises(ConfigError, match="name one of ours with --task"):
        load(written(tmp_path, row()))
