"""`geovlm predict` as a user types it; the model is a stand-in that gives one answer to everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from PIL import Image

from geovlm_cli.generation import endpoint
from geovlm_cli.generation.gate import Patience
from tests.engines import FakeEngine

Run = Callable[..., Any]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    stand_in = FakeEngine("<think>It is.</think><answer>yes</answer>")
    monkeypatch.setattr("geovlm_cli.generation.load_engine", lambda *_, **__: stand_in)
    return stand_in


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.png" for name in ("a", "b")]
    for path in paths:
        Image.new("RGB", (200, 100)).save(path)
    return paths


def test_an_image_and_a_question_give_a_line_on_stdout(geovlm: Run, engine: FakeEngine, images: list[Path]) -> None:
    outcome = geovlm("predict", images[0], "--model", "tiny", "--task", "vqa", "--question", "Is it a port?")
    assert outcome.code == 0, outcome.err
    row = orjson.loads(outcome.out)
    assert (row["id"], row["task"], row["answer"], row["reason"]) == (str(images[0]), "vqa", "yes", "")
    assert engine.questions == ["Is it a port?"]


def test_boxes_come_in_pixels_and_are_drawn(
    geovlm: Run, engine: FakeEngine, images: list[Path], tmp_path: Path
) -> None:
    engine.answer = "<think>There.</think><answer>[0,0,72,40,0]</answer>"
    outcome = geovlm(
        "predict",
        *images,
        "--model",
        "tiny",
        "--task",
        "referred-detection",
        "--question",
        "Find it.",
        "--overlay",
        tmp_path / "drawn",
    )
    assert outcome.code == 0, outcome.err
    rows = [orjson.loads(line) for line in outcome.out.splitlines()]
    x1, y1, x2, y2, angle = rows[0]["boxes"][0]["box"]
    assert (x1, y1, angle) == (0, 0, 0)
    assert 0 < x2 <= 200
    assert 0 < y2 <= 100
    assert len(list((tmp_path / "drawn").glob("*.png"))) == 2


def test_a_pair_is_one_row(geovlm: Run, engine: FakeEngine, images: list[Path]) -> None:
    outcome = geovlm(
        "predict",
        *images,
        "--model",
        "tiny",
        "--task",
        "temporal",
        "--question",
        "Was anything damaged?",
        "--choices",
        "yes,no",
    )
    assert orjson.loads(outcome.out)["id"] == f"{images[0]} {images[1]}"


def test_rows_of_a_file_go_to_a_run_folder_that_resumes(
    geovlm: Run, engine: FakeEngine, images: list[Path], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(
        b"\n".join(orjson.dumps({"id": i, "task": "vqa", "images": ["a.png"], "question": f"q{i}"}) for i in range(5))
    )
    arguments = ["predict", rows, "--model", "tiny", "--out", tmp_path / "run", "--batch-size", "2"]
    outcome = geovlm(*arguments)
    assert (outcome.code, outcome.out) == (0, ""), outcome.err
    written = (tmp_path / "run/rows.jsonl").read_bytes()
    assert [orjson.loads(line)["id"] for line in written.splitlines()] == list("01234")
    cut = tmp_path / "run/rows.jsonl"
    cut.write_bytes(b"".join(written.splitlines(keepends=True)[:3]) + b'{"id"')
    engine.questions.clear()
    assert geovlm(*arguments).code == 7
    assert geovlm(*arguments, "--resume").code == 0
    assert engine.questions == ["q2", "q3", "q4"]
    assert cut.read_bytes() == written


def test_a_bad_image_is_an_error_row_and_ends_with_3(
    geovlm: Run, engine: FakeEngine, images: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")
    outcome = geovlm("predict", images[0], tmp_path / "bad.png", "--model", "tiny", "--task", "vqa", "--question", "?")
    rows = [orjson.loads(line) for line in outcome.out.splitlines()]
    assert outcome.code == 3
    assert [row["answer"] for row in rows] == ["yes", None]
    assert "bad.png" in rows[1]["error"]
    assert "Traceback" not in outcome.err


def test_a_missing_image_is_told_before_a_model_is_loaded(geovlm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geovlm_cli.generation.load_engine", lambda *_, **__: pytest.fail("a model was loaded"))
    outcome = geovlm("predict", "gone.png", "--model", "tiny", "--task", "scene")
    assert (outcome.code, outcome.err.strip()) == (3, "error: There is no image gone.png.")


@pytest.mark.parametrize(
    ("task", "choices", "asked"),
    [
        ("scene", (), "What does the image show? Answer in one word or a short phrase."),
        ("scene", ("--choices", "port,farm"), "Classes: port, farm."),
        ("referred-detection", (), "every object"),
    ],
)
def test_without_a_question_the_task_asks_its_own(
    geovlm: Run, engine: FakeEngine, images: list[Path], task: str, choices: tuple[str, ...], asked: str
) -> None:
    assert geovlm("predict", images[0], "--model", "tiny", "--task", task, *choices).code == 0
    assert asked in engine.questions[0]


def test_overlays_are_named_by_row_and_images(
    geovlm: Run, engine: FakeEngine, images: list[Path], tmp_path: Path
) -> None:
    drawn = tmp_path / "drawn"
    assert geovlm("predict", *images, "--model", "tiny", "--task", "temporal", "--overlay", drawn).code == 0
    (name,) = (path.name for path in drawn.iterdir())
    assert name.startswith("000001-")
    assert name.endswith("-b.png")
    assert name.count(".png") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["IMAGE"], "--task"),
        (["IMAGE", "--task", "vqa"], "--question"),
        (["IMAGE", "rows.jsonl", "--task", "vqa"], "rows.jsonl"),
        (["IMAGE", "--task", "temporal", "--question", "?"], "2 to 8 images"),
        (["IMAGE", "--task", "vqaa", "--question", "?"], "Did you mean `vqa`?"),
        (["IMAGE", "--task", "vqa", "--question", "?", "--set", "predict.batchsize=2"], "batch_size"),
    ],
)
def test_what_cannot_be_meant_ends_with_2(
    geovlm: Run, engine: FakeEngine, images: list[Path], arguments: list[str], words: str
) -> None:
    outcome = geovlm("predict", *[str(images[0]) if word == "IMAGE" else word for word in arguments], "--model", "tiny")
    assert outcome.code == 2, outcome.err
    assert words in outcome.err
    assert not engine.questions


def test_missing_rows_end_with_3(geovlm: Run, engine: FakeEngine, tmp_path: Path) -> None:
    assert geovlm("predict", tmp_path / "none.jsonl", "--model", "tiny").code == 3


@pytest.mark.parametrize(("option", "code"), [(("--overlay", "/dev/null/drawn"), 6), (("--overlay", ""), 2)])
def test_a_folder_that_cannot_be_written_is_refused_before_the_model_is_asked(
    geovlm: Run, engine: FakeEngine, images: list[Path], option: tuple[str, ...], code: int
) -> None:
    outcome = geovlm("predict", images[0], "--model", "tiny", "--task", "vqa", "--question", "Is it?", *option)
    assert (outcome.code, outcome.out, engine.calls) == (code, "", [])
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("device", ["banana", "meta", "cuda:99"])
def test_a_device_that_is_not_here_is_refused_before_a_model_is_loaded(
    geovlm: Run, images: list[Path], monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setattr("geovlm_cli.generation.engine.load_model", lambda *_, **__: pytest.fail("a model was loaded"))
    outcome = geovlm("predict", images[0], "--task", "vqa", "--question", "Is it?", "--device", device)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: --device {device} is no device of this machine, which has cpu and ")


def test_a_server_that_answers_no_row_is_the_models_fault(
    geovlm: Run, images: list[Path], rows_of_vqa: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "open_endpoint", partial(endpoint.open_endpoint, patience=Patience(2, 0.01, 0.01)))
    words = ("--model", "http://127.0.0.1:9/v1#m")
    predicted = geovlm("predict", images[0], "--task", "vqa", "--question", "Is it?", *words)
    assert predicted.code == 4
    assert "error: No row of 1 was answered. The first: http://127.0.0.1:9/v1 gave no answer" in predicted.err
    measured = geovlm("eval", "--data", rows_of_vqa, *words)
    assert (measured.code, measured.out) == (4, "")
    assert "error: No row of 2 was answered." in measured.err


@pytest.fixture
def rows_of_vqa(tmp_path: Path, images: list[Path]) -> Path:
    path = tmp_path / "rows.jsonl"
    row = {"task": "vqa", "question": "Is it?", "reference": "yes"}
    path.write_bytes(b"\n".join(orjson.dumps({**row, "id": image.name, "images": [image.name]}) for image in images))
    return path


def test_an_option_without_effect_ends_with_2(geovlm: Run, images: list[Path]) -> None:
    outcome = geovlm("predict", images[0], "--task", "vqa", "--question", "?", "--model", "tiny", "--concurrency", "3")
    assert outcome.code == 2
    assert "--concurrency has no effect here" in outcome.err
