"""Predicting: whole batches handed on, drawn, resumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from PIL import Image

from geovlm_cli.errors import DataError, PluginError
from geovlm_cli.generation.answering import Asking
from geovlm_cli.prediction import Summary, predict
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.report.overlay import PREDICTED
from geovlm_cli.runs import RowFile
from geovlm_cli.task import Batch, ImageRef, Sample, Task
from tests.engines import FakeEngine

R1 = Profile(
    name="r1",
    structure="answer",
    box_syntax="list5",
    frame="model",
    angle_frame="model",
    resize=Resize(fixed=(448, 448)),
)
FIND = Task(name="find", kind="boxes", summary="")
ASK = Task(name="ask", kind="answer", summary="")


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "image.png"
    Image.new("RGB", (1024, 768)).save(path)
    return str(path)


def batch(task: Task, *images: str) -> dict[str, Batch]:
    samples = [
        Sample(id=f"r{i}", task=task.name, question="?", images=(ImageRef(path),)) for i, path in enumerate(images)
    ]
    return {task.name: Batch(samples, R1)}


def asked(engine: FakeEngine, batches: dict[str, Batch], **options: Any) -> tuple[list[dict[str, Any]], Summary]:
    rows: list[dict[str, Any]] = []
    tasks = {task.name: task for task in (FIND, ASK)}
    summary = predict(
        engine, tasks, batches, Asking(batch_size=2), emit=rows.extend, progress=lambda *_: None, **options
    )
    return rows, summary


def test_rows_come_with_boxes_in_pixels(image: str) -> None:
    rows, summary = asked(FakeEngine("<answer>[0,0,224,224,0]</answer>"), batch(FIND, image))
    assert rows[0]["boxes"][0]["box"] == [0, 0, 512, 384, 0]
    assert (summary.rows, summary.reasons, summary.failures) == (1, {}, [])


def test_overlays_show_the_box_on_the_original(image: str, tmp_path: Path) -> None:
    rows, _ = asked(FakeEngine("<answer>[112,112,336,336,0]</answer>"), batch(FIND, image), overlay=tmp_path / "drawn")
    with Image.open(tmp_path / "drawn" / rows[0]["overlay"]) as opened:
        picture = opened.copy()
    assert rows[0]["overlay"] == "000001-r0.png"
    assert picture.size == (1024, 768)
    assert tuple(np.asarray(picture)[192, 512]) == PREDICTED
    assert tuple(np.asarray(picture)[384, 256]) == PREDICTED


def test_overlays_of_a_large_image_are_made_small_before_the_box_is_drawn(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 2000)).save(tmp_path / "large.png")
    engine = FakeEngine("<answer>[112,112,336,336,0]</answer>")
    rows, _ = asked(engine, batch(FIND, str(tmp_path / "large.png")), overlay=tmp_path / "drawn")
    with Image.open(tmp_path / "drawn" / rows[0]["overlay"]) as picture:
        assert picture.size == (1600, 800)
        inked = np.argwhere((np.asarray(picture) == PREDICTED).all(axis=2))
    assert rows[0]["boxes"][0]["box"] == [1000, 500, 3000, 1500, 0]
    assert abs(inked.min(axis=0) - (200, 400)).max() <= 2
    assert abs(inked.max(axis=0) - (600, 1200)).max() <= 2


def test_a_task_without_boxes_is_drawn_with_its_answer_below(image: str, tmp_path: Path) -> None:
    rows, _ = asked(FakeEngine("<answer>yes</answer>"), batch(ASK, image), overlay=tmp_path)
    with Image.open(tmp_path / rows[0]["overlay"]) as picture:
        assert picture.width == 1024
        assert picture.height > 768
    assert rows[0]["answer"] == "yes"


def test_malformed_answers_are_rows_with_a_reason(image: str) -> None:
    rows, summary = asked(FakeEngine("no tags"), batch(ASK, image, image))
    assert [row["reason"] for row in rows] == ["no_answer", "no_answer"]
    assert summary.reasons == {"no_answer": 2}
    summary.raise_for_faults()


def test_a_bad_image_is_an_error_row_and_too_many_end_with_3(image: str, tmp_path: Path) -> None:
    rows, summary = asked(FakeEngine("<answer>yes</answer>"), batch(ASK, image, str(tmp_path / "gone.png"), image))
    assert [("error" in row, row["answer"]) for row in rows] == [(False, "yes"), (True, None), (False, "yes")]
    with pytest.raises(DataError, match="1 of 3 rows could not be asked") as error:
        summary.raise_for_faults()
    assert error.value.exit_code == 3


def test_a_bad_image_costs_only_its_row_where_boxes_need_its_size(image: str, tmp_path: Path) -> None:
    smart = replace(R1, resize=Resize(factor=28))
    samples = [
        Sample(id=str(i), task="find", question="?", images=(ImageRef(path),))
        for i, path in enumerate((image, str(tmp_path / "gone.png")))
    ]
    rows, _ = asked(FakeEngine("<answer>[0,0,28,28,0]</answer>"), {"find": Batch(samples, smart)})
    assert len(rows[0]["boxes"]) == 1
    assert "gone.png" in rows[1]["error"]


def test_one_bad_row_in_a_hundred_is_within_the_limit() -> None:
    Summary(rows=100, failures=["x"]).raise_for_faults()
    with pytest.raises(PluginError):
        Summary(rows=100, plugin_errors=["x"]).raise_for_faults()


def test_an_interrupted_run_goes_on_and_leaves_the_same_bytes(image: str, tmp_path: Path) -> None:
    batches = batch(ASK, *[image] * 5)
    paths = {name: tmp_path / f"{name}.jsonl" for name in ("whole", "cut")}
    with RowFile(paths["whole"], batch=2, total=5) as rows:
        written(FakeEngine("<answer>yes</answer>"), batches, rows)
    with RowFile(paths["cut"], batch=2, total=5) as rows, pytest.raises(KeyboardInterrupt):
        written(FakeEngine("<answer>yes</answer>", stop_after=2), batches, rows)
    rest = FakeEngine("<answer>yes</answer>")
    with RowFile(paths["cut"], batch=2, total=5) as rows:
        summary = written(rest, batches, rows)
    assert len(rest.calls) == 1
    assert summary.rows == 5
    assert paths["cut"].read_bytes() == paths["whole"].read_bytes()
    assert [orjson.loads(line)["id"] for line in paths["cut"].read_bytes().splitlines()] == [f"r{i}" for i in range(5)]


def written(engine: FakeEngine, batches: dict[str, Batch], rows: RowFile) -> Summary:
    return predict(
        engine, {"ask": ASK}, batches, Asking(batch_size=2), emit=rows.append, saved=rows, progress=lambda *_: None
    )


@pytest.mark.parametrize(("said", "answer"), [("No.", "no"), ("12", 12), ("rural", "rural"), ("", None)])
def test_short_answers_without_truth_are_read_in_their_own_form(image: str, said: str, answer: object) -> None:
    rows, _ = asked(FakeEngine(f"<answer>{said}</answer>"), batch(ASK, image))
    assert rows[0]["answer"] == answer
    assert bool(rows[0]["reason"]) == (answer is None)
