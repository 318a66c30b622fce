"""Measuring a model or saved answers: rows in, the content of results.json out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from geovlm_cli.data.source import DataSet
from geovlm_cli.errors import DataError, PluginError, clean
from geovlm_cli.evaluation.bootstrap import DRAWS
from geovlm_cli.evaluation.protocols import choose
from geovlm_cli.evaluation.scored import TaskScores
from geovlm_cli.evaluation.summary import summarise
from geovlm_cli.generation.answering import Answer, Asker, Asking, Failure, Generates, Piece, pieces
from geovlm_cli.profiles import Profile, Structure
from geovlm_cli.rewards import check_frame_is_declared, resolve
from geovlm_cli.runs import RowFile, RunFolder, write_json
from geovlm_cli.signals import StopSignals
from geovlm_cli.task import Batch, Task

logger = logging.getLogger(__name__)

SCHEMA = "geovlm-results/1"
ROWS = "rows.jsonl"
RESULTS = "results.json"
MAX_FAILED = 0.01
_SCORED_AT_ONCE = 4096
_VOTING = ("label", "answer", "count")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to measure. protocols: () = all that each task has. structure: None = the profile's, `any` where there is none.

    draws: of the bootstrap. asking: how a model is asked, its seed also the bootstrap's.
    """

    protocols: Sequence[str] = ()
    structure: Structure | None = None
    draws: int = DRAWS
    asking: Asking = field(default_factory=Asking)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What results.json holds, and what must still end the run with an error: faults of plugins, rows that could not be asked."""

    results: dict[str, Any]
    plugin_errors: tuple[str, ...]
    failures: tuple[str, ...]

    def raise_for_faults(self) -> None:
        """Raise PluginError where a plugin failed on a row, DataError where more than 1 % of the rows could not be asked or read."""
        if self.plugin_errors:
            raise PluginError(f"{len(self.plugin_errors)} rows carry plugin_error; the first: {self.plugin_errors[0]}")
        data = self.results["data"]
        lost, whole = data["failed"] + data["rejected"], data["n"] + data["rejected"]
        if lost > MAX_FAILED * whole:
            first = f" The first: {self.failures[0]}" if self.failures else ""
            raise DataError(
                f"{lost} of {whole} rows could not be read or asked, more than {MAX_FAILED:.0%}; the figures leave them out.{first}"
            )


def evaluate(
    dataset: DataSet,
    tasks: Mapping[str, Task],
    profile: Profile | None,
    *,
    engine: Generates | None = None,
    run: RunFolder | None = None,
    settings: Settings = Settings(),
    model: str | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Ask `engine` about every row, or take the rows' saved completions, and measure them under each task's protocols.

    With a run folder, rows.jsonl grows batch by batch, a resumed run asks only for what is missing, and results.json is written at the end.
    Raises ConfigError for a protocol that a task lacks and for answers in boxes without a profile, DataError for a row without a saved
    completion and for data of nothing but bad truth.
    """
    measuring = _Measuring(dataset, tasks, profile, settings, engine)
    with ExitStack() as stack:
        rows = stack.enter_context(measuring.row_file(run)) if run else None
        measuring.score_all(rows, progress or _silent)
    outcome = measuring.outcome(model)
    if run:
        write_json(run.path / RESULTS, outcome.results)
    return outcome


class _Measuring:
    def __init__(
        self,
        dataset: DataSet,
        tasks: Mapping[str, Task],
        profile: Profile | None,
        settings: Settings,
        engine: Generates | None,
    ) -> None:
        if engine is None:
            _check_completions(dataset)
        self.dataset, self.settings, self.engine, self.profile = dataset, settings, engine, profile
        self.structure: Structure = settings.structure or (profile.structure if profile else "any")
        self.samples = settings.asking.samples
        self.batch_size = settings.asking.batch_size if engine else _SCORED_AT_ONCE
        self.tasks = {name: resolve(tasks[name]) for name in dict.fromkeys(sample.task for sample in dataset.samples)}
        for task in self.tasks.values():
            check_frame_is_declared(task, profile)
        chosen = {name: choose(task, settings.protocols) for name, task in self.tasks.items()}
        self.batches: dict[str, Batch] = dataset.batches_by_task(profile)
        _check_truths(dataset, self.batches)
        self.found = {
            name: TaskScores(task, self.batches[name], chosen[name], self.structure, self._votes(task))
            for name, task in self.tasks.items()
        }
        self.total = len(dataset.samples) * self.samples

    def row_file(self, run: RunFolder) -> RowFile:
        return RowFile(run.path / ROWS, batch=self.batch_size, total=self.total)

    def score_all(self, rows: RowFile | None, progress: Progress) -> None:
        answers = self._answers(rows)
        done, on_disk = 0, rows.rows_done if rows else 0
        if on_disk:
            logger.warning("resuming: %d of %d rows done", on_disk, self.total)
        with StopSignals() as signals:
            for number, batch in enumerate(
                pieces({name: len(batch) for name, batch in self.batches.items()}, self.batch_size, self.samples)
            ):
                records = [record for piece in batch for record in self._scored(piece, answers(number, piece))]
                if rows and done >= on_disk:
                    rows.append(records)
                done += len(records)
                progress(done, self.total)
                signals.check(f"{done} of {self.total} rows are done{'; add --resume to go on' if rows else ''}.")

    def outcome(self, model: str | None) -> Outcome:
        asking = self.settings.asking
        parts = {
            name: summarise(found, samples=self.samples, draws=self.settings.draws, seed=asking.seed)
            for name, found in self.found.items()
        }
        results = {
            "schema": SCHEMA,
            "model": model,
            "data": self._data(),
            "profile": self.profile.name if self.profile else None,
            "structure": self.structure,
            "samples": self.samples,
            "temperature": asking.temperature,
            "seed": asking.seed,
            "protocols": {p.name: p.version for found in self.found.values() for p in found.protocols},
            **{key: {name: part[key] for name, part in parts.items()} for key in ("metrics", "reasons", "slices")},
        }
        errors = [error for found in self.found.values() for error in found.errors]
        failures = [sentence for found in self.found.values() for sentence in found.failed.values()]
        return Outcome(results, tuple(errors), tuple(failures))

    def _answers(self, rows: RowFile | None) -> Callable[[int, Piece], list[Answer]]:
        if self.engine is None:
            return lambda _, piece: [str(self.batches[piece.task][row].completion) for row in piece.rows]
        return Asker(self.engine, self.tasks, self.batches, self.settings.asking, iter(rows) if rows else iter(()))

    def _scored(self, piece: Piece, answers: Sequence[Answer]) -> list[dict[str, Any]]:
        found = self.found[piece.task]
        asked = [i for i, answer in enumerate(answers) if not isinstance(answer, Failure)]
        rows, ks = piece.rows, piece.ks
        scored = iter(
            found.add([rows[i] for i in asked], [str(answers[i]) for i in asked], [ks[i] for i in asked])
            if asked
            else []
        )
        return [
            found.fail(rows[i], answer.sentence, ks[i]) if isinstance(answer, Failure) else next(scored)
            for i, answer in enumerate(answers)
        ]

    def _votes(self, task: Task) -> bool:
        return self.samples > 1 and task.kind in _VOTING

    def _data(self) -> dict[str, Any]:
        return {
            "source": self.dataset.source,
            "n": len(self.dataset.samples),
            "sha256": self.dataset.sha256,
            "format": self.dataset.format,
            **({"predictions": asdict(self.dataset.predictions)} if self.dataset.predictions else {}),
            "rejected": len(self.dataset.rejected),
            "flawed": sum(bool(sample.flaw) for batch in self.batches.values() for sample in batch),
            "failed": sum(len(found.failed) for found in self.found.values()),
        }


def _check_truths(dataset: DataSet, batches: Mapping[str, Batch]) -> None:
    samples = [sample for batch in batches.values() for sample in batch]
    if all(sample.flaw for sample in samples):
        raise DataError(
            f"All {len(samples)} rows of {clean(dataset.source)} have bad truth as {', '.join(batches)}, so nothing can be measured; the first: {clean(str(samples[0].flaw))}. Is it the task of this data?"
        )


def _check_completions(dataset: DataSet) -> None:
    missing = [sample.id for sample in dataset.samples if sample.completion is None]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(dataset.samples)} rows of {clean(dataset.source)} carry no completion, the first is `{clean(missing[0])}`; join answers with --predictions or ask a model with --model."
        )


def _silent(done: int, total: int) -> None:
    """No progress is shown."""
