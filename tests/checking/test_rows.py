from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.checking.rows import prompts, schema, truths
from geovlm_cli.data import jsonl
from geovlm_cli.data.loader import BadRow
from geovlm_cli.data.source import read_samples
from geovlm_cli.errors import UnknownNameError
from geovlm_cli.task import Batch, ImageRef, Sample, Task
from tests.checking.conftest import PROFILE, dataset, samples_of

SCENE = Task(name="scene", kind="label", summary="", vocabulary=("port", "farm"))


def test_rejected_rows_are_counted_by_reason_with_their_ids() -> None:
    rejected = [BadRow(3, "", "its id is there twice"), *(BadRow(0, f"x{i}", "no `task`: write it") for i in range(7))]
    ok, twice, no_task = schema(dataset(samples_of(SCENE, ["port"]), rejected))
    assert ok.level == "ok"
    assert (twice.level, twice.count, twice.rows) == ("error", 1, ("line 3",))
    assert (no_task.sentence, no_task.rows) == ("cannot be read, no `task`: 7 rows", tuple(f"x{i}" for i in range(7)))


@pytest.mark.parametrize(
    ("line", "reason", "advice"),
    [
        (b"oops", "not JSON", "mend or remove those lines"),
        (b'{"id": "\xff"}', "not UTF-8", "mend or remove those lines"),
        (b"[1]", "not a JSON object", "mend or remove those lines"),
        (b'{"id": "b", "id": "c"}', "a key stands twice", "mend or remove those lines"),
        (b'{"id": "' + b"x" * jsonl.MAX_ROW, f"longer than {jsonl.MAX_ROW} bytes", "mend or remove those lines"),
        (b'{"id": "a", "task": "scene"}', "its id is there twice", "give each row an id of its own"),
        (b'{"id": "b"}', "no `task`", "write it into the rows, or name one with --task"),
        (b'{"id": "b", "task": "s"}', "unknown task `s`", "mend its name; `geovlm tasks list` shows"),
        (b'{"id": [], "task": "scene"}', "`id` must be a text or a whole number", "`geovlm data convert` writes the"),
    ],
    ids=["not JSON", "not UTF-8", "no object", "key twice", "too long", "id twice", "no task", "unknown task", "no id"],
)
def test_the_advice_depends_on_why_a_row_cannot_be_read(tmp_path: Path, line: bytes, reason: str, advice: str) -> None:
    def find(name: str) -> Task:
        if name != SCENE.name:
            raise UnknownNameError("task", name, [])
        return SCENE

    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id": "a", "task": "scene", "reference": "port"}\n' + line + b"\n")
    _, finding = schema(read_samples(path, find=find, loaders={}))
    assert finding.sentence == f"cannot be read, {reason}: 1 row"
    assert advice in finding.advice


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


@pytest.mark.parametrize(
    ("question", "regions", "faults"),
    [
        ("What is at <region>?", None, ["`<region>` in the question without a region"]),
        ("Is <region> in <region>?", [[1, 1, 9, 9]], ["more `<region>` marks in the question than regions"]),
        ("What is at <region>?", [[1, 1, 9, 9]], []),
        ("Which is largest: <region>?", [[1, 1, 9, 9], [2, 2, 8, 8]], []),
    ],
    ids=["none", "too few", "as many", "the last mark takes all"],
)
def test_marks_without_a_region_are_told(question: str, regions: list[list[float]] | None, faults: list[str]) -> None:
    asked = Task(name="scene", kind="label", summary="", vocabulary=("port", "farm"), prompt="{{ question }}")
    found = None if regions is None else boxes("percent", regions)
    (sample,) = samples_of(asked, ["port"], regions=found)
    batch = Batch([replace(sample, question=question)])
    told = [item for item in prompts({"scene": batch}, {"scene": asked}, PROFILE) if item.level != "ok"]
    assert [item.sentence.partition(":")[0] for item in told] == faults
    assert all(item.level == "error" for item in told)
