"""`geovlm eval` of a group of benchmarks: one run each, and the published tables with our column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geovlm_cli.commands._benchmarks import chosen, with_benchmark
from geovlm_cli.commands._finishing import echo
from geovlm_cli.errors import ConfigError, DataError, GeovlmError, clean, counted, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.commands._finishing import Run, Typed
    from geovlm_cli.plugins import Plugins

_FIRST = 8


def finish_group(plugins: Plugins, typed: Typed, run: Run, *, as_json: bool) -> None:
    """Run what can be run of a group; print the published tables with our column, what belongs beside it, and which benchmarks could not be run and why.

    `--predictions DIR` holds saved answers as NAME.jsonl. Raises ConfigError for several seeds and for answers that are no folder, DataError where none could be run.
    """
    from geovlm_cli.evaluation.published import remarks, tables
    from geovlm_cli.evaluation.table import aligned

    if typed["seeds"]:
        raise ConfigError(
            f"--seeds repeats one benchmark, and {typed['benchmark']} is a group of them; name one (`geovlm benchmarks list`)."
        )
    _check_answers(typed)
    benchmarks = chosen(plugins, typed["benchmark"])
    ours, why, faults = _outcomes(benchmarks, typed, run)
    found, beside = tables(benchmarks, ours), remarks(benchmarks, ours)
    ignored = _ignored(benchmarks, typed["predictions"])
    lines = [
        line for name, rows in found.items() for line in (name, *aligned([tuple(row) for row in rows], labels=2), "")
    ]
    lines += [*beside, *([f"not read: {', '.join(ignored)}"] if ignored else [])]
    lines += [f"not run: {name}: {reason}" for name, reason in why.items()]
    value = {
        "benchmark": typed["benchmark"],
        "tables": found,
        "remarks": beside,
        "not_read": ignored,
        "not_run": why,
        "results": ours,
    }
    echo(value, "\n".join(lines), as_json=as_json)
    if not ours:
        raise DataError(f"None of the {counted(len(benchmarks), 'benchmark')} of {typed['benchmark']} could be run.")
    if faults:
        raise faults[0]


def _check_answers(typed: Typed) -> None:
    answers = typed["predictions"]
    if answers and not Path(answers).is_dir():
        found = "is a file" if Path(answers).is_file() else "is not there"
        raise ConfigError(
            f"{typed['benchmark']} is a group of benchmarks, and --predictions {clean(answers)} {found}; name a folder of NAME.jsonl, or one benchmark (`geovlm benchmarks list`)."
        )


def _outcomes(
    benchmarks: Sequence[Benchmark], typed: Typed, run: Run
) -> tuple[dict[str, Any], dict[str, str], list[GeovlmError]]:
    """Return results by benchmark, why others could not be run, and the faults of those that were."""
    ours: dict[str, Any] = {}
    why: dict[str, str] = {}
    faults: list[GeovlmError] = []
    for benchmark in benchmarks:
        try:
            outcome = run(_of_group(benchmark, typed))
            outcome.raise_if_unanswered()
            ours[benchmark.name] = outcome.results
            outcome.raise_for_faults()
        except GeovlmError as error:
            if benchmark.name in ours:
                faults.append(error)
            elif error.exit_code in (2, 3):
                why[benchmark.name] = str(error)
            else:
                raise
    return ours, why, faults


def _of_group(benchmark: Benchmark, typed: Typed) -> dict[str, Any]:
    """Return the request for one benchmark of a group: its own answers, its own run folder."""
    answers = typed["predictions"]
    own = Path(answers) / f"{benchmark.name}.jsonl" if answers else None
    if own and not own.is_file():
        raise DataError(f"there are no saved answers at {own}")
    if not own and not typed["data_root"]:
        raise ConfigError("its data is not named; say with --data-root which folder holds it")
    out = str(Path(typed["out"]) / benchmark.name) if typed["out"] else None
    return with_benchmark(benchmark, {**typed, "predictions": str(own) if own else None, "out": out})


def _ignored(benchmarks: Sequence[Benchmark], answers: str | None) -> list[str]:
    """Return the files of a folder of answers that are named as no benchmark of the group, with the nearest name; the first few."""
    if not answers or not Path(answers).is_dir():
        return []
    names = [f"{benchmark.name}.jsonl" for benchmark in benchmarks]
    others = sorted(
        path.name
        for path in Path(answers).iterdir()
        if path.is_file() and path.name not in names and path.name[0] != "."
    )
    more = [f"and {counted(len(others) - _FIRST, 'other file')}"] if len(others) > _FIRST else []
    return [*(f"{clean(name)}{_hint(name, names)}" for name in others[:_FIRST]), *more]


def _hint(name: str, names: Sequence[str]) -> str:
    lower = Path(name).stem.lower().replace("_", "-") + ".jsonl"
    close = nearest(lower, names)
    return f" ({close.strip()})" if close else ""
