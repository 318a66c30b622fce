"""A fast way for rows of our JSONL that look like the rows before them.

Whether a row is well formed depends, but for the items of its lists, on its keys and the types of their values: the shape. A shape is looked
at once; what it cannot answer is left to `rows.row_to_sample`, which also finds the words for what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any

from geovlm_cli.data.references import read_reference
from geovlm_cli.task import ImageRef, Kind, Sample, Task

Row = Mapping[str, Any]
Shape = tuple[str | type, ...]

_TEXTS: frozenset[type] = frozenset((str, NoneType))
_TYPES: Mapping[str, frozenset[type]] = {
    "id": frozenset((str,)),
    "task": frozenset((str,)),
    "images": frozenset((list,)),
    "question": _TEXTS,
    "reasoning": _TEXTS,
    "completion": _TEXTS,
    "reference": frozenset((str, int, list, dict)),
    "choices": frozenset((list,)),
    "meta": frozenset((dict,)),
}
_MOST = 4096  # shapes, and lists of choices, that are remembered


class UsualRows:
    """Reads the rows of one file; `find` gives a task by name, `frame` is that of boxes which name none."""

    def __init__(self, asked: str | None, find: Callable[[str], Task], frame: str | None) -> None:
        self._asked, self._find, self._frame = asked, find, frame
        self._shapes: dict[Shape, bool] = {}
        self._kinds: dict[str, Kind] = {}
        self._choices: dict[tuple[Any, ...], tuple[str, ...]] = {(): ()}

    def sample(self, row: Row) -> Sample | None:
        """Return the sample of a row, or None where somebody has to look more closely; raises as `row_to_sample` does."""
        shape: Shape = (*row, *map(type, row.values()))
        usual = self._shapes.get(shape)
        if not (self._learnt(shape, row) if usual is None else usual):
            return None
        get = row.get
        name, identity, asked = get("task", self._asked), row["id"], self._asked
        if not identity or not name:
            return None
        if asked is not None and name != asked:
            return Sample(id=identity, task=name)
        images, choices = self._images(get("images", ())), self._known(get("choices", ()))
        if images is None or choices is None:
            return None
        return Sample(
            id=identity,
            task=name,
            images=images,
            question=get("question") or "",
            reference=self._reference(name, get("reference")),
            reasoning=get("reasoning"),
            choices=choices,
            completion=get("completion"),
            meta=get("meta", {}),
        )

    def _learnt(self, shape: Shape, row: Row) -> bool:
        usual = "id" in row and all(type(value) in _TYPES.get(key, ()) for key, value in row.items())
        if len(self._shapes) < _MOST:
            self._shapes[shape] = usual
        return usual

    def _reference(self, name: str, value: Any) -> Any:
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = self._find(name).kind
        if value is None or (type(value) is str and kind in ("label", "answer")):
            return value
        return read_reference(kind, value, self._frame)

    def _images(self, items: Any) -> tuple[ImageRef, ...] | None:
        for item in items:
            if type(item) is not str or not item:
                return None
        return tuple([ImageRef(item) for item in items])

    def _known(self, items: Any) -> tuple[str, ...] | None:
        """Return choices as one tuple for all rows that have the same: what is made of them later is made once."""
        key = tuple(items)
        try:
            known = self._choices.get(key)
        except TypeError:  # an item that is no text
            return None
        if known is None:
            if not all(type(item) is str for item in key):
                return None
            known = key
            if len(self._choices) < _MOST:
                self._choices[key] = key
        return known
