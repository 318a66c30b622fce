"""One task's completions, scored batch by batch under every protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.evaluation.protocols import Part, joined, run, values_of_row
from geovlm_cli.profiles import Structure
from geovlm_cli.report.answers import answer_json
from geovlm_cli.rewards import Scores, score
from geovlm_cli.task import Batch, Protocol, Task

Floats = NDArray[np.float64]
PLUGIN_ERROR = "plugin_error"


@dataclass(slots=True)
class TaskScores:
    """Everything that is known of one task's completions, in the order in which they were added.

    owner: the row of `batch` that each completion answers. failed: the rows that could not be asked, with the sentence. primary: the task's
    first component by completion; answers: the parsed values, kept only where a majority is asked for.
    """

    task: Task
    batch: Batch
    protocols: tuple[Protocol, ...]
    structure: Structure | None
    keep_answers: bool = False
    owner: list[int] = field(default_factory=list)
    primary: list[Floats] = field(default_factory=list)
    formats: list[Floats] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    parts: dict[str, list[tuple[int, Part]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for protocol in self.protocols:
            if protocol.prepare is not None:
                protocol.prepare(self.batch)

    def add(self, rows: Sequence[int], completions: Sequence[str], ks: Sequence[int]) -> list[dict[str, Any]]:
        """Score completions, given the row and the sample number of each, and return their records for rows.jsonl (contracts.md section 7)."""
        batch = self.batch.take(np.asarray(rows, dtype=np.int64))  # type: ignore[arg-type]  # the fast form of `take`
        scores = score(self.task, completions, batch, on_error="penalise", structure=self.structure)
        texts = [scores.texts[row] or "" for row in range(len(rows))]
        parts = {
            p.name: run(p, self.task, scores.answers if p.reads == "answers" else texts, batch) for p in self.protocols
        }
        self._keep(rows, scores, parts)
        return [
            {
                "id": sample.id,
                "k": ks[row],
                "task": self.task.name,
                "completion": completion,
                "protocols": {p.name: _entry(p, parts[p.name], scores, texts, row) for p in self.protocols},
            }
            for row, (sample, completion) in enumerate(zip(batch, completions, strict=True))
        ]

    def fail(self, row: int, sentence: str, k: int) -> dict[str, Any]:
        """Note that a row could not be asked and return its record; the row counts under no protocol."""
        self.failed[row] = sentence
        return {
            "id": self.batch[row].id,
            "k": k,
            "task": self.task.name,
            "completion": None,
            "error": sentence,
            "protocols": {},
        }

    def columns(self, protocol: Protocol) -> dict[str, Floats]:
        """Return the protocol's columns over all completions."""
        return joined(self.parts.get(protocol.name, []), len(self.owner))

    def _keep(self, rows: Sequence[int], scores: Scores, parts: dict[str, Part]) -> None:
        start = len(self.owner)
        self.owner.extend(rows)
        self.primary.append(scores.columns[next(iter(self.task.rewards))])
        if "format" in scores.columns:
            self.formats.append(scores.columns["format"])
        self.reasons.extend(reason for reason in map(str, scores.reasons) if reason)
        self.errors.extend(str(error) for error in scores.errors.values())
        if self.keep_answers:
            self.answers.extend(scores.answers[row] for row in range(len(rows)))
        for name, part in parts.items():
            self.parts.setdefault(name, []).append((start, part))
            self.errors.extend(part.errors.values())
            self.reasons.extend(PLUGIN_ERROR for _ in part.errors)


def _entry(protocol: Protocol, part: Part, scores: Scores, texts: Sequence[str], row: int) -> dict[str, Any]:
    if row in part.errors:
        return {"columns": {}, "answer": None, "reason": PLUGIN_ERROR}
    values = values_of_row(part, row)
    if protocol.reads == "texts":
        unreadable = scores.texts[row] is None
        return {"columns": values, "answer": texts[row], "reason": str(scores.reasons[row]) if unreadable else ""}
    if "format" in scores.columns:
        values["format"] = float(scores.columns["format"][row])
    return {"columns": values, "answer": answer_json(scores.answers[row]), "reason": str(scores.reasons[row])}
