"""Batches that depend on the data alone, saved answers, and images that cost only their row."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from geovlm_cli.errors import ConfigError, DataError, RunFolderError
from geovlm_cli.generation.answering import Asker, Asking, Failure, ask, pieces
from geovlm_cli.profiles import Profile
from geovlm_cli.runs import Carried
from geovlm_cli.task import Batch, ImageRef, Sample, Task
from tests.engines import FakeEngine

TASK = Task(name="t", kind="answer", summary="", max_new_tokens=7)
PROFILE = Profile(name="p", structure="plain")


def broken(question: str) -> str:
    raise DataError("something else")


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "image.png"
    Image.new("RGB", (8, 8)).save(path)
    return str(path)


def rows(*images: str) -> Batch:
    return Batch(
        [Sample(id=str(i), task="t", question=f"q{i}", images=(ImageRef(path),)) for i, path in enumerate(images)],
        PROFILE,
    )


def shape(sizes: dict[str, int], batch_size: int, samples: int) -> list[list[tuple[str, list[int], list[int]]]]:
    return [[(piece.task, piece.rows, piece.ks) for piece in batch] for batch in pieces(sizes, batch_size, samples)]


def test_batches_have_the_same_number_of_lines_and_may_hold_two_tasks() -> None:
    assert shape({"a": 3, "b": 2}, 2, 1) == [
        [("a", [0, 1], [0, 0])],
        [("a", [2], [0]), ("b", [0], [0])],
        [("b", [1], [0])],
    ]


def test_the_samples_of_a_row_follow_each_other() -> None:
    assert shape({"a": 2}, 3, 2) == [[("a", [0, 0, 1], [0, 1, 0])], [("a", [1], [1])]]


def test_a_bad_image_costs_only_its_row(image: str, tmp_path: Path) -> None:
    engine = FakeEngine(str)
    found = ask(engine, TASK, rows(image, str(tmp_path / "none.png"), image), Asking(), seed=0)
    assert found[0] == "q0"
    assert found[2] == "q2"
    assert isinstance(found[1], Failure)
    assert "none.png" in found[1].sentence
    assert [call.rows for call in engine.calls] == [3, 2]


def test_an_error_that_no_image_explains_is_raised(image: str) -> None:
    with pytest.raises(DataError, match="something else"):
        ask(FakeEngine(broken), TASK, rows(image), Asking(), seed=0)


def test_a_row_without_an_image_is_a_failure_and_nothing_is_asked() -> None:
    engine = FakeEngine(str)
    found = ask(engine, TASK, Batch([Sample(id="a", task="t", question="q")], PROFILE), Asking(), seed=0)
    assert isinstance(found[0], Failure)
    assert not engine.calls


def test_asking_needs_a_profile(image: str) -> None:
    batch = Batch(rows(image).samples)
    with pytest.raises(ConfigError, match="--profile"):
        ask(FakeEngine(str), TASK, batch, Asking(), seed=0)


def test_saved_answers_are_taken_over_and_the_seed_of_a_batch_is_its_own(image: str) -> None:
    batches = {"t": rows(*[image] * 6)}
    plan = list(pieces({"t": 6}, 2, 1))
    whole, resumed = FakeEngine(str), FakeEngine(str)
    asking = Asking(batch_size=2, temperature=1.0, seed=5)
    fresh = Asker(whole, {"t": TASK}, batches, asking, iter(()))
    first = [fresh(number, batch[0]) for number, batch in enumerate(plan)]
    saved = iter([{"id": str(i), "task": "t", "k": 0, "completion": f"q{i}"} for i in range(4)])
    again = Asker(resumed, {"t": TASK}, batches, asking, saved)
    assert [again(number, batch[0]) for number, batch in enumerate(plan)] == first
    assert resumed.calls == whole.calls[2:]
    assert len({call.seed for call in whole.calls}) == 3
    assert {(call.max_new_tokens, call.temperature) for call in whole.calls} == {(7, 1.0)}


def test_saved_rows_of_another_run_are_refused(image: str) -> None:
    saved = iter([{"id": "other", "task": "t", "k": 0, "completion": ""}])
    asker = Asker(FakeEngine(str), {"t": TASK}, {"t": rows(image)}, Asking(), saved)
    with pytest.raises(RunFolderError, match="other data"):
        asker(0, next(pieces({"t": 1}, 1, 1))[0])


def test_a_saved_failure_stays_one(image: str) -> None:
    saved = iter([{"id": "0", "task": "t", "k": 0, "completion": None, "error": "no such image"}])
    asker = Asker(FakeEngine(str), {"t": TASK}, {"t": rows(image)}, Asking(), saved)
    assert asker(0, next(pieces({"t": 1}, 1, 1))[0]) == [Failure("no such image")]


def carried(path: Path, *answers: str | None) -> Carried:
    """The answers of an earlier pass, None being a row whose image was bad."""
    found = Carried(path / "rows.jsonl")
    lines = [
        {"id": str(i), "task": "t", "k": 0, "completion": answer, **({} if answer else {"error": "no such image"})}
        for i, answer in enumerate(answers)
    ]
    found.add(lines, lambda *_: None)
    return found


def test_only_batches_with_a_row_that_can_be_asked_by_now_are_asked_again(image: str, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.png")
    batches = {"t": rows(image, image, image, gone, image, image)}
    engine = FakeEngine(str)
    before = carried(tmp_path, "old 0", None, "old 2", None, "old 4", "old 5")
    asker = Asker(engine, {"t": TASK}, batches, Asking(batch_size=2), iter(()), before)
    found = [asker(number, batch[0]) for number, batch in enumerate(pieces({"t": 6}, 2, 1))]
    assert found[0] == ["q0", "q1"]
    assert found[1][0] == "old 2"
    assert isinstance(found[1][1], Failure)
    assert found[2] == ["old 4", "old 5"]
    assert len(engine.calls) == 1
