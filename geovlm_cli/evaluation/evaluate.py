"""Measuring a model or saved answers: rows in, the content of results.json out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import chain
from typing import Any

from geovlm_cli.data.source import DataSet, RowStream
from geovlm_cli.errors import ConfigError, GeovlmError, UnknownNameError
from geovlm_cli.evaluation.measuring import Measuring, Outcome, Settings
from geovlm_cli.evaluation.parts import AskedParts, Parts, SavedParts
from geovlm_cli.generation.answering import Generates
from geovlm_cli.generation.stopping import stoppable
from geovlm_cli.profiles import Profile
from geovlm_cli.runs import RowFile, RunFolder, write_json
from geovlm_cli.task import Task

logger = logging.getLogger(__name__)

ROWS = "rows.jsonl"
RESULTS = "results.json"
DEFAULTS = Settings()

Tasks = Mapping[str, Task] | Callable[[str], Task]
Progress = Callable[[int, int], None]


def evaluate(
    dataset: DataSet | RowStream,
    tasks: Tasks,
    profile: Profile | None,
    *,
    engine: Generates | None = None,
    run: RunFolder | None = None,
    settings: Settings = DEFAULTS,
    model: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Ask `engine` about every row, or take the rows' saved completions, measure them under each task's protocols, and return what results.json holds.

    tasks: by name. With a run folder, rows.jsonl grows batch by batch, a resumed run asks only for what is missing, and results.json is
    written at the end. Saved completions of a stream (`geovlm_cli.data.source.open_rows`) are measured in the memory of one chunk, unless a
    protocol prepares something from all references.
    Raises ConfigError for an argument of another type, a task that is not among `tasks`, a protocol that a task lacks and answers in boxes without a profile, DataError for a
    row without a saved completion and for data of nothing but bad truth, and where no row was answered. What would end the command with an error
    after its figures (faults of plugins, lost rows) is logged; `measure` hands it over.
    """
    outcome = measure(
        dataset, tasks, profile, engine=engine, run=run, settings=settings, model=model, progress=progress
    )
    outcome.raise_if_unanswered()
    try:
        outcome.raise_for_faults()
    except GeovlmError as error:
        logger.warning("%s", error)
    return outcome.results


def measure(
    dataset: DataSet | RowStream,
    tasks: Tasks,
    profile: Profile | None,
    *,
    engine: Generates | None = None,
    run: RunFolder | None = None,
    settings: Settings = DEFAULTS,
    model: str | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Do what `evaluate` does, and return with the results what was at fault."""
    _check_types(dataset=dataset, profile=profile, engine=engine, run=run, settings=settings, progress=progress)
    measuring = Measuring(_finder(tasks), profile, settings, asks=engine is not None)
    parts: Parts = SavedParts(measuring, dataset) if engine is None else AskedParts(measuring, dataset.whole(), engine)
    with ExitStack() as stack:
        rows = stack.enter_context(parts.row_file(run.path / ROWS)) if run else None
        note = stack.enter_context(stoppable(engine, parts.total, on_disk=rows is not None))
        _score_all(measuring, parts, rows, progress or _silent, note)
    outcome = measuring.outcome(model, parts.about())
    if run:
        write_json(run.path / RESULTS, outcome.results)
    return outcome


_WANTED: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "dataset": (
        lambda value: isinstance(value, DataSet | RowStream),
        "the rows that `geovlm_cli.data.source.open_rows` or `read_samples` returns",
    ),
    "profile": (
        lambda value: value is None or isinstance(value, Profile),
        "a Profile such as `geovlm_cli.plugins.load().profile(name)` returns, or None",
    ),
    "engine": (lambda value: value is None or hasattr(value, "generate"), "an object with `generate`, or None"),
    "run": (lambda value: value is None or isinstance(value, RunFolder), "a RunFolder or None"),
    "settings": (lambda value: isinstance(value, Settings), "a value of Settings"),
    "progress": (lambda value: value is None or callable(value), "a function of two numbers, or None"),
}


def _check_types(**arguments: object) -> None:
    """Raise ConfigError for the first argument of another type than it must have."""
    for name, value in arguments.items():
        fits, wanted = _WANTED[name]
        if not fits(value):
            raise _mistyped(name, value, wanted)


def _mistyped(name: str, value: object, wanted: str) -> ConfigError:
    return ConfigError(f"evaluate(…): `{name}` must be {wanted}; found {type(value).__name__}.")


def _finder(tasks: Tasks) -> Callable[[str], Task]:
    if callable(tasks):
        return tasks
    if not isinstance(tasks, Mapping):
        raise _mistyped("tasks", tasks, "a mapping from name to Task, or a function such as `plugins.load().task`")

    def find(name: str) -> Task:
        if name not in tasks:
            raise UnknownNameError("task", name, tasks)
        return tasks[name]

    return find


def _score_all(measuring: Measuring, parts: Parts, rows: RowFile | None, progress: Progress, note: Progress) -> None:
    done, on_disk = 0, rows.rows_done if rows else 0
    if on_disk:
        logger.warning("resuming: %d of %d rows done", on_disk, parts.total)
    for batch in parts.batches(iter(rows) if rows else iter(())):
        fresh = rows is not None and done >= on_disk
        records = [measuring.scored(part, wants_records=fresh) for part in batch]
        if rows and fresh:
            rows.append(chain.from_iterable(records))
        done += sum(len(part.answers) for part in batch)
        progress(done, max(done, parts.total))
        note(done, parts.total)


def _silent(done: int, total: int) -> None:
    """No progress is shown."""
