from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.data import jsonl
from geovlm_cli.data.flaws import flaw_of
from geovlm_cli.data.loader import BadRow
from geovlm_cli.data.rows import detect, read, sample_to_row, write_rows
from geovlm_cli.errors import ConfigError, DataError, OutputError, UnknownNameError
from geovlm_cli.runs import canonical
from geovlm_cli.task import KINDS, ImageRef, Sample, Task

Write = Callable[..., Path]
REFERENCES: dict[str, tuple[Any, Any]] = {
    "label": ("airport", "airport"),
    "labels": (["a", "b"], ("a", "b")),
    "text": (["one", "two"], ("one", "two")),
    "answer": ("yes", "yes"),
    "count": (12, 12),
    "box": ({"frame": "unit", "boxes": [[0, 0, 0.5, 0.5, 10]]}, boxes("unit", [[0, 0, 0.5, 0.5, 10]])),
    "boxes": (
        {"frame": "percent", "boxes": [[1, 2, 3, 4, 0]], "labels": ["ship"]},
        boxes("percent", [[1, 2, 3, 4]], ["ship"]),
    ),
    "grounded": (
        {"text": "a ship", "frame": "pixel", "boxes": [[1, 2, 3, 4, 5]]},
        Grounded("a ship", boxes("pixel", [[1, 2, 3, 4, 5]])),
    ),
}


TASKS: dict[str, Task] = {kind: Task(name=kind, kind=kind, summary="") for kind in KINDS}


def find(name: str) -> Task:
    if name not in TASKS:
        raise UnknownNameError("task", name, TASKS)
    return TASKS[name]


def samples(path: Path, task: str | None = None, frame: str | None = None) -> list[Sample | BadRow]:
    return list(read(path, task, find=find, frame=frame))


def one(path: Path, task: str | None = None, frame: str | None = None) -> Sample:
    (item,) = samples(path, task, frame)
    assert isinstance(item, Sample), item
    return item


def refused(path: Path) -> BadRow:
    (item,) = samples(path)
    assert isinstance(item, BadRow), item
    return item


@pytest.mark.parametrize("kind", REFERENCES)
def test_a_reference_of_each_kind_is_read_and_written_back(kind: str, write: Write) -> None:
    value, expected = REFERENCES[kind]
    sample = one(write({"id": "1", "task": kind, "images": [], "reference": value}))
    assert sample.reference == expected
    assert sample_to_row(sample)["reference"] == value


def test_every_key_comes_back_from_the_file_that_we_write(folder: Path) -> None:
    sample = Sample(
        id="p1",
        task="boxes",
        images=(ImageRef(str(folder / "a.png"), "before"), ImageRef("/elsewhere/b.png")),
        question="where?",
        reference=boxes("pixel", [[1, 2, 3.5, 4, 45]]),
        image_size=(200, 100),
        reasoning="because",
        choices=("x", "y"),
        regions=boxes("percent", [[0, 0, 50, 50]]),
        completion="<answer>[]</answer>",
        meta={"size_group": "small"},
    )
    assert write_rows(folder / "out.jsonl", [sample]) == 1
    lines = (folder / "out.jsonl").read_text().splitlines()
    assert json.loads(lines[0]) == {"schema": "geovlm/1"}
    assert json.loads(lines[1])["images"] == [{"path": "a.png", "role": "before"}, "/elsewhere/b.png"]
    back = one(folder / "out.jsonl")
    for name in ("id", "task", "question", "reference", "image_size", "reasoning", "choices", "regions", "completion"):
        assert getattr(back, name) == getattr(sample, name)
    assert back.meta == {"size_group": "small"}


def test_unknown_keys_go_to_meta(write: Write) -> None:
    row = {"id": 7, "task": "label", "reference": "x", "sensor": "s2", "meta": {"class": "x"}}
    sample = one(write(row))
    assert (sample.id, sample.meta) == ("7", {"sensor": "s2", "class": "x"})


def test_a_key_that_looks_like_one_of_ours_is_said_once(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    row = {"id": 1, "task": "label", "images": [{"path": "a.png", "rol": "before"}], "refrence": "x", "sensor": "s2"}
    samples(write(row, {**row, "id": 2}))
    said = sorted(record.getMessage().partition(": ")[2] for record in caplog.records)
    assert said == [
        "unknown key `refrence` is not read; did you mean `reference`?",
        "unknown key `rol` is not read; did you mean `role`?",
    ]
    assert "rows.jsonl, line 1" in caplog.text


def test_the_task_option_fills_in_and_leaves_other_tasks_unread(write: Write) -> None:
    path = write({"id": "1", "reference": 3}, {"id": "2", "task": "unheard-of", "reference": {"free": "form"}})
    first, second = samples(path, "count")
    assert isinstance(first, Sample)
    assert isinstance(second, Sample)
    assert (first.task, first.reference) == ("count", 3)
    assert (second.task, second.reference) == ("unheard-of", None)


def test_an_unknown_task_costs_its_row(write: Write) -> None:
    for lable in ({"id": "b", "task": "lable", "reference": "x"}, {"id": "b", "task": "lable"}):
        _, bad = samples(write({"id": "a", "task": "label", "reference": "x"}, lable))
        assert bad == BadRow(2, "b", "unknown task `lable`; did you mean `label`?")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{broken", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"id": "1", "x": NaN, "y": "\\ud800"}', "NaN is no JSON number"),
        ({"id": "1", "reference": "x"}, "no `task`"),
        ({"id": True, "task": "label"}, "`id` must be"),
        ({"id": "1", "task": "label", "reference": 5}, "must be a text, found 5"),
        ({"id": "1", "task": "box", "reference": {"frame": "unit", "boxes": [None]}}, "4 or 5 numbers, found nothing"),
        ({"id": "1", "task": "labels", "reference": "a, b"}, "must be a list of texts"),
        ({"id": "1", "task": "count", "reference": True}, "must be a whole number"),
        ({"id": "1", "task": "count", "reference": 1.5}, "must be a whole number"),
        ({"id": "1", "task": "box", "reference": [[1, 2, 3, 4]]}, "boxes are written"),
        ({"id": "1", "task": "box", "reference": {"frame": "unit", "boxes": [[1, 2, 3]]}}, "4 or 5 numbers"),
        ({"id": "1", "task": "box", "reference": {"frame": "px", "boxes": []}}, "`frame` must be one of"),
        ({"id": "1", "task": "grounded", "reference": "a ship"}, "an object with `text`"),
        ({"id": "1", "task": "label", "images": "a.png"}, "`images` must be a list"),
        ({"id": "1", "task": "label", "images": [{"role": "x"}]}, "an image is a path"),
        ({"id": "1", "task": "label", "question": 3}, "`question` must be a text"),
        ({"id": "1", "task": "label", "choices": [1]}, "`choices` must be"),
        ({"id": "1", "task": "label", "meta": []}, "`meta` must be"),
        ({"id": "1", "task": "label", "image_size": [1, 0]}, "`image_size` must be"),
    ],
)
def test_a_malformed_row_costs_that_row_and_says_why(row: dict[str, Any] | str, why: str, write: Write) -> None:
    assert why in refused(write(row)).why


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('{"id": "a", "task": "label", "reference": "x", "reference": "y"}', "reference"),
        ('{"id": "a", "task": "label", "reference": "x", "i\\u0064": "b"}', "id"),
        ('{"id": "a", "task": "label", "reference": "x", "meta": {"k": 1, "deep": [{"n": 1, "n": 1}]}}', "n"),
        ('{"id": "a", "task": "box", "reference": {"frame": "unit", "boxes": [], "boxes": [[0, 0, 1, 1]]}}', "boxes"),
        ('{"id": "a", "task": "label", "odd": ' + "[" * 50 + "]" * 50 + ', "reference": "x", "odd": 1}', "odd"),
    ],
)
def test_a_key_that_stands_twice_costs_its_row(line: str, key: str, folder: Path) -> None:
    path = folder / "rows.jsonl"
    path.write_text(line + '\n{"id": "b", "task": "label", "reference": "x"}\n')
    bad, good = samples(path)
    assert bad == BadRow(1, "", f"a key stands twice: {key}")
    assert isinstance(good, Sample)


def test_keys_of_several_objects_and_deep_ones_stand_once(folder: Path) -> None:
    line = (
        '{"id": "a", "task": "label", "reference": "x", "odd": [{"n": 1}, {"n": 1}], "deep": '
        + "[" * 50
        + "]" * 50
        + "}"
    )
    (folder / "rows.jsonl").write_text(line)
    assert one(folder / "rows.jsonl").meta["odd"] == [{"n": 1}, {"n": 1}]


def test_a_bad_row_knows_its_line(write: Write) -> None:
    path = write({"schema": "geovlm/1"}, "", {"id": "x", "task": "count", "reference": "many"})
    assert (refused(path).line, refused(path).id) == (3, "x")


def test_a_row_above_the_limit_costs_only_itself(write: Write) -> None:
    path = write({"id": "1", "task": "label", "question": "x" * jsonl.MAX_ROW}, {"id": "2", "task": "label"})
    long, good = samples(path)
    assert isinstance(long, BadRow)
    assert (long.line, long.why) == (1, f"longer than {jsonl.MAX_ROW} bytes")
    assert isinstance(good, Sample)


def test_a_lone_surrogate_becomes_the_replacement_character(write: Write) -> None:
    assert one(write({"id": "1", "task": "label", "completion": "a\ud800b"})).completion == "a\ufffdb"


def test_boxes_without_a_frame_take_the_declared_one_or_stop(write: Write) -> None:
    path = write({"id": "1", "task": "box", "reference": {"boxes": [[1, 2, 3, 4]]}})
    reference = one(path, frame="permille").reference
    assert isinstance(reference, Boxes)
    assert reference.frame == "permille"
    with pytest.raises(ConfigError, match=r"line 1 \(id 1\): Boxes without a `frame`.*--profile"):
        samples(path)


def test_another_version_of_the_schema_is_refused(write: Write) -> None:
    with pytest.raises(DataError, match="geovlm/2"):
        samples(write({"schema": "geovlm/2"}))


@pytest.mark.parametrize(
    ("row", "ours"),
    [
        ({"schema": "geovlm/1"}, True),
        ({"id": "1", "images": ["a"], "reference": "x"}, True),
        ({"id": "1", "completion": "x"}, True),
        ({"messages": [], "images": []}, False),
        ({"question": "q", "answer": "a", "annotation": "b"}, False),
        ({"files": ["rows.jsonl"]}, False),
    ],
)
def test_our_rows_are_known_by_their_keys(row: dict[str, Any], ours: bool) -> None:
    assert detect(row) is ours


def test_rows_that_cannot_be_written_leave_no_file(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write"):
        write_rows(folder / "file" / "out.jsonl", [])
    with pytest.raises(DataError, match="as bytes"):
        write_rows(folder / "out.jsonl", [Sample(id="1", task="label", images=(ImageRef(b"png"),))])
    assert sorted(entry.name for entry in folder.iterdir()) == ["a.png", "file"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*KINDS, "\ud800", "unit"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["frame", "boxes", "text", "path", "x"]), inner)
    ),
    max_leaves=8,
)
KEYS = [
    "id",
    "task",
    "images",
    "reference",
    "regions",
    "question",
    "choices",
    "meta",
    "image_size",
    "completion",
    "odd",
]


@given(row=st.dictionaries(st.sampled_from(KEYS), VALUES), raw=st.binary(max_size=60))
def test_no_row_of_any_content_stops_the_reader(
    row: dict[str, Any], raw: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(json.dumps(row).encode() + b"\n" + raw.replace(b"\n", b"") + b"\n")
    for kind in KINDS:
        for item in read(path, kind, find=find, frame="unit"):
            if isinstance(item, Sample):
                canonical(sample_to_row(item))
                assert flaw_of(item, TASKS[kind]) != ""
            else:
                assert item.why
