"""The gallery: one card an answer, with its pictures, its scores and why it got them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from geovlm_cli.boxes import boxes_of
from geovlm_cli.data.dataset import sized
from geovlm_cli.data.references import write_reference
from geovlm_cli.errors import GeovlmError, clean
from geovlm_cli.profiles import Profile, Structure
from geovlm_cli.report.answers import answer_words
from geovlm_cli.report.counts import shown
from geovlm_cli.report.html.choice import ranking
from geovlm_cli.report.html.overlays import Overlays
from geovlm_cli.report.html.pictures import Album, Panel
from geovlm_cli.report.html.text import without_folders
from geovlm_cli.rewards import explain
from geovlm_cli.task import Batch, Kind, Malformed, Sample, Task

SlicesOf = Callable[[Batch, Kind], Mapping[str, NDArray[np.bool_]]]


@dataclass(frozen=True, slots=True)
class Card:
    """One answer as shown. score: the value that ranks it, with the column's name; columns: (protocol, column, value) as rows.jsonl has them."""

    task: str
    id: str
    k: int
    score: float
    column: str
    reason: str
    flaw: str
    slices: tuple[str, ...]
    question: str
    truth: str
    answer: str
    why: str
    completion: str
    columns: tuple[tuple[str, str, str], ...]
    panels: tuple[Panel, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is needed to read the answers of a run again."""

    tasks: Mapping[str, Task]
    profile: Profile | None
    structure: Structure
    slices_of: SlicesOf


def cards(
    rows: Iterable[Mapping[str, Any]], samples: Iterable[Sample], asked: Asked, album: Album, overlays: Overlays
) -> list[Card]:
    """Return the cards of some rows of rows.jsonl, and draw a PNG for each as long as `overlays` has room; `samples` is passed over once to find theirs."""
    rows = list(rows)
    wanted = {(row["task"], row["id"]) for row in rows}
    found = {
        (sample.task, sample.id): sized(sample, asked.profile) if asked.profile else sample
        for sample in samples
        if (sample.task, sample.id) in wanted
    }
    slices = _slices(found.values(), asked)
    known = [row for row in rows if (row["task"], row["id"]) in found]
    shown = []
    for number, row in enumerate(known, 1):
        key = (row["task"], row["id"])
        answer, why = _read_again(row, found[key], asked)
        shown.append(_card(row, found[key], slices[key], (answer, why), asked.profile, album))
        overlays.draw(number, found[key], answer, _heading(shown[-1]), asked.profile)
    return shown


def _heading(card: Card) -> str:
    score = f"{card.column} {100 * card.score:.1f}" if card.column else ""
    return clean(", ".join(filter(None, (card.id, score, card.reason))))


def _slices(samples: Iterable[Sample], asked: Asked) -> dict[tuple[str, str], tuple[str, ...]]:
    by_task: dict[str, list[Sample]] = {}
    for sample in samples:
        by_task.setdefault(sample.task, []).append(sample)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for task, mine in by_task.items():
        masks = asked.slices_of(Batch(mine, asked.profile), asked.tasks[task].kind)
        for i, sample in enumerate(mine):
            found[task, sample.id] = tuple(shown(name) for name, mask in masks.items() if mask[i])
    return found


def _card(
    row: Mapping[str, Any],
    sample: Sample,
    slices: tuple[str, ...],
    read: tuple[Any, str],
    profile: Profile | None,
    album: Album,
) -> Card:
    answer, why = read
    sources = [ref.source for ref in sample.images]
    panels, note = album.panels(sample, answer, profile)
    column, score, reason = ranking(row)
    return Card(
        task=sample.task,
        id=sample.id,
        k=row["k"],
        score=score,
        column=column,
        reason=reason,
        flaw=without_folders(sample.flaw or "", sources),
        slices=slices,
        question=sample.question,
        truth=_words(sample.reference),
        answer=_words(answer),
        why=without_folders(why, sources),
        completion=row["completion"] or "",
        columns=tuple(_columns(row["protocols"])),
        panels=tuple(panels),
        note=note,
    )


def _read_again(row: Mapping[str, Any], sample: Sample, asked: Asked) -> tuple[Any, str]:
    """Return the parsed answer and the sentence that says why it scored as it did, or why there is none; what fails is said instead."""
    completion = row["completion"]
    if completion is None:
        return Malformed("no_answer"), str(row["error"])
    try:
        found = explain(asked.tasks[sample.task], completion, Batch([sample], asked.profile), structure=asked.structure)
    except GeovlmError as error:
        return Malformed("plugin_error"), str(error)
    return found.answer, found.why


def _words(value: Any) -> str:
    """Return a reference or an answer in words, boxes with their numbers."""
    boxes = boxes_of(value)
    if boxes is None or isinstance(value, Malformed):
        return " / ".join(map(str, value)) if isinstance(value, tuple | list) else answer_words(value)
    numbers = orjson.dumps(write_reference(boxes)["boxes"]).decode()
    return f"{answer_words(value)}, {boxes.frame} {numbers}"


def _columns(protocols: Mapping[str, Mapping[str, Any]]) -> Sequence[tuple[str, str, str]]:
    return [
        (protocol, name, f"{value:.4g}" if isinstance(value, float | int) else "several")
        for protocol, entry in protocols.items()
        for name, value in entry["columns"].items()
    ]
