"""Where answers come from, batch by batch in a fixed order: a model that is asked, or rows that carry them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geovlm_cli.data.reading import samples_by_task
from geovlm_cli.data.rejections import reasons
from geovlm_cli.data.source import DataSet, RowStream
from geovlm_cli.errors import DataError, clean
from geovlm_cli.evaluation.measuring import Measuring, Part
from geovlm_cli.generation.answering import Answer, Asker, Generates, failure_of, is_to_be_asked_again, pieces
from geovlm_cli.runs import RowFile
from geovlm_cli.task import Batch, Sample

_AT_ONCE = 8192

Saved = Iterator[Mapping[str, Any]]


class Parts(ABC):
    """The parts of a run; `total` is how many answers there are, as far as that is known."""

    total: int

    @abstractmethod
    def batches(self, saved: Saved) -> Iterator[list[Part]]:
        """Yield the batches in order; `saved` are the rows of an earlier part of this run."""

    @abstractmethod
    def row_file(self, path: Path) -> RowFile:
        """Open rows.jsonl, which grows by these batches."""

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """Return what results.json says of the data, when all batches were yielded."""


class AskedParts(Parts):
    """Every row asked of a model, `samples` times."""

    def __init__(self, measuring: Measuring, dataset: DataSet, engine: Generates) -> None:
        self._dataset, self._measuring, self._engine = dataset, measuring, engine
        self._asking = measuring.settings.asking
        self._rows: RowFile | None = None
        self._batches = dataset.batches_by_task(measuring.profile)
        self.total = len(dataset.samples) * measuring.samples
        for name, batch in self._batches.items():
            prepare(measuring, name, batch)
            measuring.found[name].note(list(batch))

    def batches(self, saved: Saved) -> Iterator[list[Part]]:
        """Yield what the model answers, what is saved first."""
        tasks = {name: found.task for name, found in self._measuring.found.items()}
        carried = self._rows.carried if self._rows else None
        asker = Asker(self._engine, tasks, self._batches, self._asking, saved, carried)
        sizes = {name: len(batch) for name, batch in self._batches.items()}
        for number, batch in enumerate(pieces(sizes, self._asking.batch_size, self._measuring.samples)):
            yield [Part(p.task, self._batches[p.task].take(p.rows), p.rows, p.ks, asker(number, p)) for p in batch]

    def row_file(self, path: Path) -> RowFile:
        """Open rows.jsonl, which grows by what is asked at a time; rows that were measured under other protocols are made again of their answers."""
        wanted = {
            name: [protocol.name for protocol in found.protocols] for name, found in self._measuring.found.items()
        }

        def again(row: Mapping[str, Any]) -> bool:
            found = list(row.get("protocols", ()))
            return is_to_be_asked_again(row) or found != wanted.get(str(row.get("task")), found)

        self._rows = RowFile(path, batch=self._asking.batch_size, total=self.total, again=again)
        return self._rows

    def about(self) -> dict[str, Any]:
        """Return what results.json says of the data."""
        return _about(self._dataset, len(self._dataset.samples))


class SavedParts(Parts):
    """Rows that carry their completions, taken from a stream as they are read. A task of which a protocol prepares something is read to its end first."""

    def __init__(self, measuring: Measuring, dataset: DataSet | RowStream) -> None:
        self._measuring, self._dataset = measuring, dataset
        self.total = dataset.lines
        self._prepared: dict[str, Batch] = {}

    def batches(self, saved: Saved) -> Iterator[list[Part]]:
        """Yield the rows in the order of the data, those of one task together within a batch; none is `saved`."""
        chunks = self._dataset.chunks(_AT_ONCE, self._measuring.profile)
        while chunk := next(chunks, None):
            if len(chunk) < _AT_ONCE:
                self.total = sum(found.rows for found in self._measuring.found.values()) + len(chunk)
            by_task = samples_by_task(chunk)
            for name in [name for name in by_task if name not in self._measuring.found]:
                if any(protocol.prepare for protocol in self._measuring.task(name).protocols):
                    ahead = [chunk, *chunks]
                    chunks = iter(ahead[1:])
                    samples = [sample for part in ahead for sample in part if sample.task == name]
                    self._prepared[name] = Batch(samples, self._measuring.profile)
                    prepare(self._measuring, name, self._prepared[name])
            yield [self._part(name, samples) for name, samples in by_task.items()]

    def row_file(self, path: Path) -> RowFile:
        """Open rows.jsonl, which grows by chunks, from the start: all rows are scored again in any case, and maybe otherwise than before."""
        return RowFile(path, batch=_AT_ONCE, afresh=True)

    def about(self) -> dict[str, Any]:
        """Return what results.json says of the data."""
        return _about(self._dataset, sum(found.rows for found in self._measuring.found.values()))

    def _part(self, name: str, samples: list[Sample]) -> Part:
        found = self._measuring.task(name)
        start = found.rows
        found.note(samples)
        rows = range(start, found.rows)
        whole = self._prepared.get(name)
        batch = Batch(samples, self._measuring.profile) if whole is None else whole.take(rows)
        first_and_only = bytes(len(samples))  # the number of each sample
        return Part(name, batch, rows, first_and_only, _answers(samples, self._dataset))


def prepare(measuring: Measuring, name: str, batch: Batch) -> None:
    """Let the protocols of a task see all its references."""
    for protocol in measuring.task(name).protocols:
        if protocol.prepare is not None:
            protocol.prepare(batch)


def _answers(samples: list[Sample], dataset: DataSet | RowStream) -> list[Answer]:
    answers: list[Answer | None] = [sample.completion for sample in samples]
    if None not in answers:
        return answers  # type: ignore[return-value]  # none is None
    if isinstance(dataset, DataSet) and dataset.unanswered:
        unanswered = dataset.unanswered
        rows = [unanswered.get(sample.id) if sample.completion is None else None for sample in samples]
        answers = [answer if row is None else failure_of(row) for answer, row in zip(answers, rows, strict=True)]
    if None in answers:
        missing = samples[answers.index(None)].id
        raise DataError(
            f"{answers.count(None)} of {len(answers)} rows of {clean(dataset.source)} carry no completion, the first is `{clean(missing)}`; join answers with --predictions or ask a model with --model."
        )
    return answers  # type: ignore[return-value]  # none is None


def _about(dataset: DataSet | RowStream, rows: int) -> dict[str, Any]:
    return {
        "source": dataset.source,
        "n": rows,
        "sha256": dataset.sha256,
        "format": dataset.format,
        **({"predictions": asdict(dataset.predictions)} if dataset.predictions else {}),
        "rejected": len(dataset.rejected),
        **({"rejected_reasons": reasons(dataset.rejected)} if dataset.rejected else {}),
    }
