"""A source in chunks gives what the whole of it gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.data.source import open_rows, read_samples
from geovlm_cli.errors import DataError
from geovlm_cli.profiles import Profile
from geovlm_cli.task import ImageRef, Task

Write = Callable[..., Path]
TASKS = {
    "label": Task(name="label", kind="label", summary=""),
    "boxes": Task(name="boxes", kind="boxes", summary=""),
}


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": str(number), "task": "label", "images": ["a.png"], "reference": "x", **fields}


def test_chunks_are_the_rows_in_order_without_the_repeated_ones(write: Write) -> None:
    path = write(*(row(number % 7) for number in range(10)), row(7, reference=""), {"id": "8"})
    stream = open_rows(path, find=TASKS.__getitem__, loaders={})
    chunks = [[sample.id for sample in chunk] for chunk in stream.chunks(4, None)]
    assert chunks == [["0", "1", "2", "3"], ["4", "5", "6", "7"]]
    whole = read_samples(path, find=TASKS.__getitem__, loaders={})
    assert stream.count == len(whole.samples) == 8
    assert sorted(stream.rejected, key=str) == sorted(whole.rejected, key=str)
    assert sorted(stream.report()) == sorted(whole.report())
    assert (stream.sha256, stream.lines) == (whole.sha256, 12)


def test_a_limit_counts_rows_that_are_kept(write: Write) -> None:
    path = write(row(1), row(1), row(2), row(3))
    stream = open_rows(path, find=TASKS.__getitem__, loaders={}, limit=2)
    assert [sample.id for chunk in stream.chunks(10, None) for sample in chunk] == ["1", "2"]


def test_images_are_looked_for_only_where_their_size_is_needed(write: Write) -> None:
    where = {"frame": "percent", "boxes": [[1, 2, 3, 4, 0]]}
    path = write(row(1, task="boxes", reference=where, images=["gone.png"]), row(2, images=["../outside.png"]))
    asked = Profile(name="p", box_syntax="list5", frame="percent")
    stream = open_rows(path, find=TASKS.__getitem__, loaders={})
    samples = [sample for chunk in stream.chunks(10, asked) for sample in chunk]
    assert [sample.images for sample in samples] == [(ImageRef("gone.png"),), (ImageRef("../outside.png"),)]
    pixels = Profile(name="p", box_syntax="list5", frame="pixel")
    stream = open_rows(path, find=TASKS.__getitem__, loaders={})
    (boxes, _) = [sample for chunk in stream.chunks(10, pixels) for sample in chunk]
    assert boxes.flaw is not None
    assert "gone.png does not exist" in boxes.flaw


def test_a_source_without_rows_says_so_when_it_is_read(write: Write) -> None:
    stream = open_rows(write(row(1)), find=TASKS.__getitem__, loaders={}, task="boxes")
    with pytest.raises(DataError, match="no row of task `boxes`: 1 are of other tasks"):
        list(stream.chunks(4, None))


def test_a_stream_that_was_read_says_so(write: Write) -> None:
    stream = open_rows(write(row(1)), find=TASKS.__getitem__, loaders={})
    assert len(list(stream.chunks(4, None))) == 1
    with pytest.raises(DataError, match="open it again"):
        next(stream.chunks(4, None))
