"""One task's completions, scored batch by batch under every protocol; of the rows only what the figures need is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.evaluation.columns import Columns
from geovlm_cli.evaluation.fingerprints import fingerprint
from geovlm_cli.evaluation.protocols import Part, run, values_of_rows
from geovlm_cli.evaluation.slices import SliceKeys
from geovlm_cli.generation.answering import Failure
from geovlm_cli.profiles import Structure
from geovlm_cli.report.answers import answers_json
from geovlm_cli.rewards import REASONS, Scores, score
from geovlm_cli.rewards.scores import is_builtin
from geovlm_cli.task import Batch, Protocol, Sample, Task

Floats = NDArray[np.float64]
PLUGIN_ERROR = "plugin_error"
NO_ANSWER = "no_answer"


@dataclass(slots=True)
class TaskScores:
    """Everything that is known of one task's completions, in the order in which they were added.

    samples: answers a row. owners: the rows (from 0) that the completions of each batch answer. flawed: of the rows. failed: the rows that
    have no answer, with the cause. primary: the task's first component by completion, and answers: the parsed values, both kept only
    where a row has several. reasons: how often each.
    """

    task: Task
    protocols: tuple[Protocol, ...]
    structure: Structure | None
    samples: int = 1
    keep_answers: bool = False
    owners: list[Sequence[int]] = field(default_factory=list)
    flawed: list[NDArray[np.bool_]] = field(default_factory=list)
    slices: SliceKeys = field(default_factory=SliceKeys)
    primary: list[Floats] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    formats: Columns = field(default_factory=Columns)
    reasons: Counter[str] = field(default_factory=Counter)
    failed: dict[int, Failure] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    columns: dict[str, Columns] = field(default_factory=dict)
    first_flaw: str | None = None
    rows: int = 0

    def note(self, samples: Sequence[Sample]) -> None:
        """Note what the figures need to know of further rows."""
        flaws = [sample.flaw for sample in samples]
        self.flawed.append(np.fromiter([flaw is not None for flaw in flaws], np.bool_, len(flaws)))
        if self.first_flaw is None:
            self.first_flaw = next(filter(None, flaws), None)
        self.slices.add(samples, self.task.kind, [protocol.name for protocol in self.protocols])
        self.rows += len(samples)

    def add(
        self, batch: Batch, rows: Sequence[int], completions: Sequence[str], ks: Sequence[int], *, wants_records: bool
    ) -> Iterator[dict[str, Any]]:
        """Score the completions of a batch, given the row and the sample number of each; return their records for rows.jsonl, if wanted, made as they are asked for."""
        scores = score(
            self.task,
            completions,
            batch,
            weights=None if self._needs_components else {},
            on_error="penalise",
            structure=self.structure,
        )
        texts = self._texts(scores, wants_records=wants_records)
        parts = {
            p.name: run(p, self.task, scores.answers if p.reads == "answers" else texts, batch) for p in self.protocols
        }
        self._keep(rows, scores, parts)
        if not wants_records:
            return iter(())
        names = [protocol.name for protocol in self.protocols]
        entries = zip(*(_entries(p, parts[p.name], scores, texts) for p in self.protocols), strict=True)
        return (
            {
                "id": sample.id,
                "k": k,
                "task": self.task.name,
                "completion": completion,
                "digest": fingerprint(sample),
                "protocols": dict(zip(names, told, strict=True)),
            }
            for sample, k, completion, told in zip(batch, ks, completions, entries, strict=True)
        )

    def fail(self, sample: Sample, row: int, failure: Failure, k: int) -> dict[str, Any]:
        """Note that a row has no answer, which is its reason, and return its record; the row counts under no protocol."""
        self.failed[row] = failure
        self.reasons[NO_ANSWER] += 1
        return {
            "id": sample.id,
            "k": k,
            "task": self.task.name,
            "completion": None,
            "digest": fingerprint(sample),
            **failure.fields(),
            "protocols": {},
        }

    @property
    def completions(self) -> int:
        """The number of completions so far."""
        return self.formats.rows

    def owner(self) -> NDArray[np.int64] | None:
        """Return the row of each completion, int64[completions]; None where every row has exactly one, in order."""
        starts = np.cumsum([0, *map(len, self.owners)]).tolist()
        in_order = all(
            isinstance(rows, range) and rows.start == start for rows, start in zip(self.owners, starts, strict=False)
        )
        if in_order and starts[-1] == self.rows:
            return None
        return np.concatenate([np.asarray(rows, dtype=np.int64) for rows in self.owners])

    @property
    def _needs_components(self) -> bool:
        """Are the task's rewards needed beside its protocols: to compare the samples of a row, or to catch a plugin's mistakes?"""
        return self.samples > 1 or not all(map(is_builtin, self.task.rewards.values()))

    def _texts(self, scores: Scores, *, wants_records: bool) -> list[str]:
        if not wants_records and all(p.reads == "answers" for p in self.protocols):
            return []
        return [text or "" for text in map(scores.texts.__getitem__, range(len(scores)))]

    def _keep(self, rows: Sequence[int], scores: Scores, parts: dict[str, Part]) -> None:
        self.owners.append(rows)
        self.formats.add({"format": scores.columns["format"]} if "format" in scores.columns else {}, len(rows))
        if self.samples > 1:
            self.primary.append(scores.columns[next(iter(self.task.rewards))])
        if self.keep_answers:
            self.answers.extend(scores.answers[row] for row in range(len(rows)))
        codes, counts = np.unique(scores.codes[scores.codes != 0], return_counts=True)
        self.reasons.update({REASONS[code]: count for code, count in zip(codes.tolist(), counts.tolist(), strict=True)})
        self.errors.extend(str(error) for error in scores.errors.values())
        for name, part in parts.items():
            self.columns.setdefault(name, Columns()).add(part.columns, len(rows))
            self.errors.extend(part.errors.values())
            self.reasons.update({PLUGIN_ERROR: len(part.errors)} if part.errors else {})


def _entries(protocol: Protocol, part: Part, scores: Scores, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what rows.jsonl says of each row under one protocol."""
    reasons = scores.reasons.tolist()
    formats = scores.columns["format"].tolist() if "format" in scores.columns else None
    answers: Iterable[Any] = texts
    if protocol.reads == "texts":
        formats = None
        reasons = [reason if unread else "" for reason, unread in zip(reasons, scores.texts.reasons, strict=True)]
    else:
        answers = answers_json(scores.answers)
    values = values_of_rows(part, len(scores))
    for row, (told, answer, reason) in enumerate(zip(values, answers, reasons, strict=True)):
        if row in part.errors:
            yield {"columns": {}, "answer": None, "reason": PLUGIN_ERROR}
        else:
            columns = told if formats is None else told | {"format": formats[row]}
            yield {"columns": columns, "answer": answer, "reason": reason}
