"""The whole path from completion to score by the plain twin alone: what `score` must equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geovlm_cli.boxes import Boxes
from geovlm_cli.profiles import BoxSyntax
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Kind


@dataclass(frozen=True)
class Judged:
    """One completion by the twin: format, what the answer was read as, reason and reward."""

    format: float
    value: Any
    reason: str
    reward: float


@dataclass(frozen=True)
class Case:
    """What the twin needs to know of a sample."""

    kind: Kind
    reference: Any
    vocabulary: tuple[str, ...] = ()
    syntax: BoxSyntax = "qwen-json"
    extent: twin.Size = (512.0, 512.0)
    min_iou: float = 0.0


def judge(case: Case, completion: str, structure: str = "think_answer", *, opens_think: bool = False) -> Judged:
    reading = twin.read_structure(completion, structure, opens_think=opens_think)
    if isinstance(reading.text, twin.Unread):
        return Judged(reading.format, None, reading.text.reason, 0.0)
    value = _PARSERS[case.kind](reading.text, case)
    if isinstance(value, twin.Unread):
        return Judged(reading.format, None, value.reason, 0.0)
    return Judged(reading.format, value, "", _REWARDS[case.kind](value, case))


def rows(boxes: Boxes) -> list[twin.Box]:
    return [tuple(row) for row in boxes.array.tolist()]


def _as_written(labels: Sequence[str], case: Case) -> list[str]:
    """A free label is read in normal form; the stop that is added here is the one that the comparison takes off again."""
    return [label if case.vocabulary else f"{label}." for label in labels]


def _detection(found: twin.Found, case: Case) -> float:
    true = rows(case.reference)
    pairs = twin.pairs(found.boxes, true, found.labels, case.reference.labels, min_iou=case.min_iou)
    return twin.detection(pairs, len(found.boxes) + found.invalid, len(true))


_PARSERS: dict[str, Callable[[str, Case], Any]] = {
    "label": lambda text, case: twin.read_label(text, case.vocabulary),
    "labels": lambda text, case: twin.read_labels(text, case.vocabulary),
    "text": lambda text, _: twin.read_text(text),
    "answer": lambda text, case: twin.read_answer(text, case.reference),
    "count": lambda text, _: twin.read_count(text),
    "box": lambda text, case: twin.read_box(text, case.syntax, case.extent),
    "boxes": lambda text, case: twin.read_boxes(text, case.syntax, case.extent),
}
_REWARDS: dict[str, Callable[[Any, Case], float]] = {
    "label": lambda value, case: twin.equal(_as_written([value], case), [case.reference]),
    "labels": lambda value, case: twin.set_f1(_as_written(value, case), case.reference),
    "text": lambda value, case: twin.lcs_f(value, case.reference),
    "answer": lambda value, case: twin.equal(_as_written([str(value)], case), [case.reference]),
    "count": lambda value, case: float(value == case.reference),
    "box": lambda value, case: twin.iou(value, rows(case.reference)[0]),
    "boxes": _detection,
}
