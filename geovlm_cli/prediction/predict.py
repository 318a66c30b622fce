"""Asking a model and handing its answers on, row by row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geovlm_cli.errors import ConfigError, DataError, ModelError, PluginError
from geovlm_cli.generation.answering import (
    Answer,
    Asker,
    Asking,
    Failure,
    Generates,
    Piece,
    pieces,
)
from geovlm_cli.generation.stopping import stoppable
from geovlm_cli.prediction.reading import read, sized
from geovlm_cli.prediction.records import failed, record
from geovlm_cli.profiles import Profile
from geovlm_cli.report.pictures import picture, save, side_for, words
from geovlm_cli.rewards import resolve
from geovlm_cli.runs import RowFile
from geovlm_cli.task import Batch, Malformed, Sample, Task

logger = logging.getLogger(__name__)

MAX_FAILED = 0.01
_BOX_KINDS = ("box", "boxes", "grounded")
Row = dict[str, Any]


@dataclass(slots=True)
class Summary:
    """What a run of predict came to: rows, unreadable answers by reason, the sentences of rows and plugins that failed, and how many rows the server failed."""

    rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    by_server: int = 0
    plugin_errors: list[str] = field(default_factory=list)

    def raise_for_faults(self) -> None:
        """Raise PluginError where a plugin failed on a row, ModelError where a server answered no row, DataError where more than 1 % of the rows could not be asked."""
        if self.plugin_errors:
            raise PluginError(f"{len(self.plugin_errors)} rows carry plugin_error; the first: {self.plugin_errors[0]}")
        if self.by_server and len(self.failures) == self.rows:
            raise ModelError(f"No row of {self.rows} was answered. The first: {self.failures[0]}")
        if len(self.failures) > MAX_FAILED * self.rows:
            raise DataError(
                f"{len(self.failures)} of {self.rows} rows could not be asked, more than {MAX_FAILED:.0%}; each carries its `error`. The first: {self.failures[0]}"
            )


def predict(
    engine: Generates,
    tasks: Mapping[str, Task],
    batches: Mapping[str, Batch],
    asking: Asking,
    *,
    emit: Callable[[Sequence[Row]], None],
    saved: RowFile | None = None,
    overlay: Path | None = None,
    progress: Callable[[int, int], None],
) -> Summary:
    """Ask about every row of `batches` (their profile must be known) and hand finished rows to `emit`, a whole batch at a time.

    saved: the rows of an earlier part of this run; they are counted, and neither asked nor emitted again. overlay: a folder for one PNG a
    row. Raises ConfigError for batches without a profile, RunFolderError where `saved` holds rows of another run.
    """
    known = {name: resolve(tasks[name]) for name in batches}
    batches = {name: sized(known[name], batch) for name, batch in batches.items()}
    writer = _Writer(known, batches, overlay)
    known_rows = iter(saved) if saved else iter(())
    ask = Asker(engine, writer.tasks, batches, asking, known_rows, saved.carried if saved else None)
    on_disk = saved.rows_done if saved else 0
    total = sum(map(len, batches.values()))
    if on_disk:
        logger.warning("resuming: %d of %d rows done", on_disk, total)
    sizes = {name: len(batch) for name, batch in batches.items()}
    with stoppable(engine, total, on_disk=saved is not None) as note:
        for number, batch in enumerate(pieces(sizes, asking.batch_size, 1)):
            fresh = writer.summary.rows >= on_disk
            rows = [row for piece in batch for row in writer.rows(piece, ask(number, piece), draw=fresh)]
            if fresh:
                emit(rows)
            progress(writer.summary.rows, total)
            note(writer.summary.rows, total)
    return writer.summary


class _Writer:
    """Turns answers into rows and pictures, and counts."""

    def __init__(self, tasks: Mapping[str, Task], batches: Mapping[str, Batch], overlay: Path | None) -> None:
        self.tasks, self.batches, self.overlay = tasks, batches, overlay
        self.summary = Summary()

    def rows(self, piece: Piece, answers: Sequence[Answer], *, draw: bool) -> list[Row]:
        task, batch = self.tasks[piece.task], self.batches[piece.task].take(piece.rows)
        texts = ["" if isinstance(answer, Failure) else answer for answer in answers]
        scores = read(task, texts, batch)
        self.summary.plugin_errors += scores.errors.values()
        return [self._row(task, batch, i, answer, scores.answers[i], draw=draw) for i, answer in enumerate(answers)]

    def _row(self, task: Task, batch: Batch, index: int, text: Answer, answer: Any, *, draw: bool) -> Row:
        self.summary.rows += 1
        sample, profile = batch[index], batch.profile
        if profile is None:
            raise ConfigError("Predicting needs the model's profile; name one with --profile.")
        try:
            if isinstance(text, Failure):
                self.summary.by_server += text.by_server
                return self._failed(batch, index, text)
            row = record(sample, text, answer, profile)
            if self.overlay and draw:
                row["overlay"] = self._drawn(self.overlay, task, sample, answer, profile)
        except DataError as error:
            return self._failed(batch, index, Failure(str(error)))
        if isinstance(answer, Malformed):
            self.summary.reasons[answer.reason] = self.summary.reasons.get(answer.reason, 0) + 1
        return row

    def _drawn(self, folder: Path, task: Task, sample: Sample, answer: Any, profile: Profile) -> str:
        caption = "" if task.kind in _BOX_KINDS else words(sample, answer)
        drawn = picture(sample, answer, profile, caption, side=side_for(len(sample.images)))
        return save(folder, self.summary.rows, sample, drawn)

    def _failed(self, batch: Batch, index: int, failure: Failure) -> Row:
        self.summary.failures.append(failure.sentence)
        return failed(batch[index], failure)
