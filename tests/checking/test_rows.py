from __future__ import annotations

from typing import Any

import pytest

from geovlm_cli.checking.rows import prompts, schema, truths
from geovlm_cli.data.loader import BadRow
from geovlm_cli.task import Batch, ImageRef, Sample, Task
from tests.checking.conftest import PROFILE, dataset, samples_of

SCENE = Task(name="scene", kind="label", summary="", vocabulary=("port", "farm"))


def test_rejected_rows_are_counted_by_reason_with_their_ids() -> None:
    rejected = [BadRow(3, "", "its id is there twice"), *(BadRow(0, f"x{i}", "no `task`: write it") for i in range(7))]
    ok, twice, no_task = schema(dataset(samples_of(SCENE, ["port"]), rejected))
    assert ok.level == "ok"
    assert (twice.level, twice.count, twice.rows) == ("error", 1, ("line 3",))
    assert (no_task.sentence, no_task.rows) == ("cannot be read, no `task`: 7 rows", tuple(f"x{i}" for i in range(7)))


def test_bad_truth_and_wrong_images_are_named_apart() -> None:
    pair = Task(name="scene", kind="label", summary="", vocabulary=("port", "farm"), images=("before", "after"))
    good = samples_of(pair, ["port", "lake"])
    wrong = samples_of(pair, ["farm"], images=(ImageRef("a.png", "before"),))
    found = list(truths({"scene": Batch([*good, *wrong])}))
    assert [(item.check, item.level, item.count) for item in found] == [("truth", "error", 1), ("roles", "error", 1)]


def test_sound_truth_is_said_to_be_so() -> None:
    assert [item.level for item in truths({"scene": Batch(samples_of(SCENE, ["port"]))})] == ["ok"]


@pytest.mark.parametrize(
    ("question", "images", "expected"),
    [
        ("Name it.", 1, ("ok", "every row")),
        ("  ", 1, ("error", "nothing is asked")),
        ("<image> Name it.", 1, ("warning", "would read as text")),
        ("<image><image> Name it.", 1, ("error", "not as many as images")),
        ("<image> Compare.", 2, ("error", "not as many as images")),
        ("Name it.<|im_end|>", 1, ("error", "chat template")),
    ],
)
def test_what_is_asked_is_plain_text(question: str, images: int, expected: tuple[str, str]) -> None:
    task = Task(name="scene", kind="label", summary="", images=range(1, 3))
    refs: Any = tuple(ImageRef(f"{i}.png") for i in range(images))
    sample = Sample(id="r", task="scene", images=refs, question=question, reference="port")
    (found,) = prompts({"scene": Batch([sample])}, {"scene": task}, PROFILE)
    assert found.level == expected[0]
    assert expected[1] in found.sentence


@pytest.mark.parametrize(
    ("meta", "level", "sentence"),
    [({"image_marks": 2}, "error", "more image placeholders in the source than images"), ({}, "ok", "every row has")],
)
def test_placeholders_that_a_loader_took_out_are_counted(meta: dict[str, Any], level: str, sentence: str) -> None:
    rows = samples_of(SCENE, ["port"], images=(ImageRef("a.png"),), meta=meta)
    (found,) = prompts({"scene": Batch(rows)}, {"scene": SCENE}, PROFILE)
    assert found.level == level
    assert sentence in found.sentence


def test_fewer_placeholders_than_images_are_only_warned_about() -> None:
    pair = Task(name="scene", kind="label", summary="", vocabulary=("port",), images=2)
    refs = (ImageRef("a.png"), ImageRef("b.png"))
    (found,) = prompts(
        {"scene": Batch(samples_of(pair, ["port"], images=refs, meta={"image_marks": 1}))}, {"scene": pair}, PROFILE
    )
    assert (found.level, found.rows) == ("warning", ("r0",))
    assert "fewer image placeholders" in found.sentence
