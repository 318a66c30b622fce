"""A fast way for rows of our JSONL that are as most rows are.

The engine reads a block of lines and hands back the rows that are plain: known keys of the usual types, images that are paths, boxes without
labels. What the kind of their task asks for is looked at here. Every other row is left to `rows.row_to_sample`, which also
finds the words for what is wrong; a test holds both to the same samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import read_rows
from geovlm_cli.boxes import Boxes
from geovlm_cli.data.jsonl import MAX_ROW, newlines
from geovlm_cli.data.references import MalformedRowError, frame_of, read_reference
from geovlm_cli.errors import GeovlmError
from geovlm_cli.task import ImageRef, Kind, Sample, Task

PlainRow = tuple[
    int, str, str | None, tuple[str, ...], str | None, str, Any, str | None, str | None, str | None, str | None
]

_MOST = 4096  # lists of choices that are remembered
_TEXTS = ("label", "answer")  # kinds whose truth is a text as it is written


class UsualRows:
    """Reads the rows of one file. asked: the task asked for; find: gives a task by name; frame: that of boxes which name none."""

    def __init__(self, asked: str | None, find: Callable[[str], Task], frame: str | None) -> None:
        self._asked, self._find, self._frame = asked, find, frame
        self._choices: dict[str | None, tuple[str, ...]] = {None: ()}

    def samples(self, block: bytes) -> list[Sample | None]:
        """Return the sample of each line, or None where somebody has to look at it more closely; raises nothing for what a row holds."""
        found: list[Sample | None] = [None] * (newlines(block) + 1)
        if len(block) > MAX_ROW:  # so one of its lines may be
            return found
        rows, boxes = read_rows(block)
        new, pair = object.__new__, tuple.__new__
        last, (name, kind) = None, self._task(None)
        for line, identity, named, paths, question, form, truth, reasoning, choices, completion, meta in rows:
            if named is not last:  # neighbours of one task share its name
                last, (name, kind) = named, self._task(named)
            if kind is None:
                found[line] = Sample(id=identity, task=name) if self._is_other(name) else None
                continue
            # Field by field, with all that `Sample(…)` and `ImageRef(…)` set, in a third of their time.
            sample = new(Sample)
            try:
                sample.reference = truth if form == "text" and kind in _TEXTS else self._truth(kind, form, truth, boxes)
                sample.choices = self._choices.get(choices) or self._read_choices(choices)
                sample.meta = {} if meta is None else orjson.loads(meta)
            except (ValueError, GeovlmError):  # somebody else finds the words
                continue
            sample.id, sample.task, sample.question = identity, name, question or ""
            sample.images = tuple([pair(ImageRef, (path, "")) for path in paths]) if paths else ()
            sample.reasoning, sample.completion = reasoning, completion
            sample.image_size = sample.regions = sample.flaw = None
            found[line] = sample
        return found

    def _task(self, named: str | None) -> tuple[str, Kind | None]:
        """Return the name of a row's task, and its kind: None of a task that nobody asked for, and where the row has to be looked at."""
        name = self._asked if named is None else named
        if not name or self._is_other(name):
            return name or "", None
        try:
            return name, self._find(name).kind
        except GeovlmError:  # raised again where the row is looked at
            return name, None

    def _is_other(self, name: str) -> bool:
        return bool(name) and self._asked is not None and name != self._asked

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
