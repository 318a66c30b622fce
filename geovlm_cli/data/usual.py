"""A fast way for rows of our JSONL that are as most rows are.

The engine reads a block of lines and hands back the rows that are plain: known keys of the usual types, images that are paths, boxes without
labels. What the kind of their task asks for is looked at here. Every other row is left to `rows.row_to_sample`, which also
finds the words for what is wrong; a test holds both to the same samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import read_rows
from geovlm_cli.boxes import Boxes
from geovlm_cli.data.jsonl import MAX_ROW
from geovlm_cli.data.references import MalformedRowError, frame_of, read_reference
from geovlm_cli.errors import GeovlmError
from geovlm_cli.task import ImageRef, Kind, Sample, Task

PlainRow = tuple[
    int, str, str | None, tuple[str, ...], str | None, str, Any, str | None, str | None, str | None, str | None
]

_MOST = 4096  # lists of choices that are remembered


class UsualRows:
    """Reads the rows of one file. asked: the task asked for; find: gives a task by name; frame: that of boxes which name none."""

    def __init__(self, asked: str | None, find: Callable[[str], Task], frame: str | None) -> None:
        self._asked, self._find, self._frame = asked, find, frame
        self._choices: dict[str | None, tuple[str, ...]] = {None: ()}

    def samples(self, block: bytes) -> list[Sample | None]:
        """Return the sample of each line, or None where somebody has to look at it more closely; raises nothing for what a row holds."""
        found: list[Sample | None] = [None] * (block.count(b"\n") + 1)
        if len(block) > MAX_ROW:  # so one of its lines may be
            return found
        rows, boxes = read_rows(block)
        by_task: dict[str | None, list[PlainRow]] = {}
        for row in rows:
            by_task.setdefault(row[2], []).append(row)
        for named, group in by_task.items():
            for line, sample in self._of_task(self._asked if named is None else named, group, boxes):
                found[line] = sample
        return found

    def _of_task(
        self, name: str | None, rows: list[PlainRow], boxes: NDArray[np.float64]
    ) -> Iterator[tuple[int, Sample]]:
        if name and self._asked is not None and name != self._asked:
            yield from ((row[0], Sample(id=row[1], task=name)) for row in rows)
            return
        try:
            kind = self._find(name).kind if name else None
        except GeovlmError:  # raised again where the row is looked at
            kind = None
        if not name or kind is None:
            return
        new, as_text = object.__new__, kind in ("label", "answer")
        for line, identity, _, paths, question, form, truth, reasoning, choices, completion, meta in rows:
            # Field by field, with all that `Sample(…)` sets, in a third of its time.
            sample = new(Sample)
            try:
                sample.reference = truth if form == "text" and as_text else self._truth(kind, form, truth, boxes)
                sample.choices = self._choices.get(choices) or self._read_choices(choices)
                sample.meta = {} if meta is None else orjson.loads(meta)
            except (ValueError, GeovlmError):  # somebody else finds the words
                continue
            sample.id, sample.task, sample.question = identity, name, question or ""
            sample.images = (ImageRef(paths[0]),) if len(paths) == 1 else tuple(map(ImageRef, paths))
            sample.reasoning, sample.completion = reasoning, completion
            sample.image_size = sample.regions = sample.flaw = None
            yield line, sample

    def _truth(self, kind: Kind, form: str, truth: Any, boxes: NDArray[np.float64]) -> Any:
        """Return the reference; raises where it has to be looked at."""
        if form == "boxes" and kind in ("box", "boxes"):
            frame, start, end = truth
            return Boxes(frame_of(frame, self._frame), boxes[start:end])
        if form in ("text", "json"):
            return read_reference(kind, truth if form == "text" else orjson.loads(truth), self._frame)
        if form:
            raise MalformedRowError
        return None

    def _read_choices(self, text: str | None) -> tuple[str, ...]:
        """Return choices as one tuple for all rows that have the same: what is made of them later is made once."""
        if text is None:
            return ()
        choices = tuple(orjson.loads(text))
        if not {str}.issuperset(map(type, choices)):
            raise MalformedRowError
        return self._choices.setdefault(text, choices) if len(self._choices) < _MOST else choices
