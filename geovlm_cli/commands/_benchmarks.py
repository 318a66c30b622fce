"""Benchmarks by name: one, or all of a group; where their data and saved answers lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geovlm_cli.benchmarks import groups
from geovlm_cli.errors import ConfigError, DataError, UnknownNameError, clean

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.plugins import Plugins


class AbsentError(DataError):
    """The data or the saved answers of a benchmark are not where they are looked for."""


def chosen(plugins: Plugins, name: str) -> list[Benchmark]:
    """Return the benchmark of a name, or those of a group; for neither raises as `Plugins.benchmark` does, groups among the known names."""
    known = plugins.benchmarks()
    grouped = groups(known.values())
    if name in grouped:
        return grouped[name]
    try:
        return [plugins.benchmark(name)]
    except UnknownNameError as error:
        raise (UnknownNameError("benchmark", name, [*known, *grouped]) if known else error) from None


def check_root(root: Path) -> None:
    """Raise DataError where there is no folder in which data of benchmarks could lie."""
    if not root.is_dir():
        raise DataError(f"--data-root {clean(str(root))} is no folder; name the one that holds the data of benchmarks.")


def is_group(plugins: Plugins, name: str) -> bool:
    """Do several benchmarks go by this name?"""
    return name in groups(plugins.benchmarks().values())


def with_benchmark(benchmark: Benchmark, typed: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed, with the benchmark's task, token cap and data where nothing else was.

    Raises AbsentError where `--data-root` or the folder of answers does not hold it, ConfigError for sources or a task that do not go with it.
    """
    _check_task(benchmark, typed["task"])
    root, answers = typed["data_root"], _answers(benchmark, typed["predictions"])
    if typed["data"] and root:
        raise ConfigError("--data names the rows themselves, and --data-root a folder that holds benchmarks; give one.")
    data = typed["data"]
    if root:
        data = data_of(benchmark, Path(root), needed=not answers)
    return {
        **typed,
        "benchmark": benchmark.name,
        "predictions": answers,
        "data": data,
        "task": benchmark.task,
        "max_new_tokens": typed["max_new_tokens"] or benchmark.max_new_tokens,
        "format": typed["format"] or (benchmark.loader if root and data else None),
    }


def _check_task(benchmark: Benchmark, task: str | None) -> None:
    if task not in (None, benchmark.task):
        raise ConfigError(
            f"--task {clean(task)} is not the task of `{benchmark.name}`, which is {benchmark.task}; leave --task out, or measure the rows as {clean(task)} without --benchmark."
        )


def _answers(benchmark: Benchmark, answers: str | None) -> str | None:
    """Return where saved answers lie: in a folder of JSONL files, that of the benchmark; raises AbsentError where it is not there."""
    if not answers or not Path(answers).is_dir():
        return answers
    own = Path(answers) / f"{benchmark.name}.jsonl"
    if not own.is_file() and any(Path(answers).glob("*.jsonl")):
        raise AbsentError(
            f"The folder {clean(answers)} holds no saved answers of `{benchmark.name}`; they are looked for in {own.name}."
        )
    return str(own) if own.is_file() else answers


def data_of(benchmark: Benchmark, root: Path, *, needed: bool) -> str | None:
    """Return where the data of a benchmark lies under a root, or None; raises AbsentError where it is needed and not there."""
    found = benchmark.data_in(root)
    if found is None and needed:
        raise AbsentError(
            f"The data of `{benchmark.name}` is not under {clean(str(root))}; it is looked for in {', '.join(benchmark.layout)} (source: {benchmark.source})."
        )
    return str(found) if found else None
