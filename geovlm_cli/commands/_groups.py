"""`geovlm eval` of a group of benchmarks: one run each, and the published tables with our column."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geovlm_cli.commands._benchmarks import AbsentError, chosen, with_benchmark
from geovlm_cli.commands._finishing import echo
from geovlm_cli.errors import ConfigError, DataError, GeovlmError, clean, counted, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.commands._finishing import Run, Typed
    from geovlm_cli.plugins import Plugins

_FIRST = 8
_TABLES = "tables"


def finish_group(plugins: Plugins, typed: Typed, run: Run, *, as_json: bool) -> None:
    """Run what can be run of a group; print the published tables with our column, what belongs beside it, and which benchmarks could not be run and why.

    `--predictions DIR` holds saved answers as NAME.jsonl. With `--out` the tables are left there too, as JSON and Markdown. Raises ConfigError for
    what a group does not take and for answers that are no folder, DataError where none could be run, and at the end the error of the first
    benchmark whose data or answers are there and cannot be used.
    """
    from geovlm_cli.evaluation.published import as_text

    _check(typed)
    benchmarks = chosen(plugins, typed["benchmark"])
    outcomes = _run_all(benchmarks, typed, run)
    value = _combined(benchmarks, typed, outcomes)
    if typed["out"]:
        _write(Path(typed["out"]), value)
    echo(value, "\n".join([*as_text(value["tables"]), "", *_below(value)]), as_json=as_json)
    if outcomes.faults:
        raise outcomes.faults[0]
    if not outcomes.ours:
        raise DataError(f"None of the {counted(len(benchmarks), 'benchmark')} of {typed['benchmark']} could be run.")


@dataclass(slots=True)
class _Outcomes:
    """Results by benchmark, why others could not be run, and what went wrong with data that is there; data that is not there is no fault."""

    ours: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    faults: list[GeovlmError] = field(default_factory=list)


def _check(typed: Typed) -> None:
    group, answers = typed["benchmark"], typed["predictions"]
    for key, why in (
        ("seeds", "repeats one benchmark"),
        ("task", "names the task of one benchmark"),
        ("data", "names the rows of one benchmark"),
    ):
        if typed[key]:
            raise ConfigError(f"--{key} {why}, and {group} is a group of them; name one (`geovlm benchmarks list`).")
    if answers and not Path(answers).is_dir():
        found = "is a file" if Path(answers).is_file() else "is not there"
        raise ConfigError(
            f"{group} is a group of benchmarks, and --predictions {clean(answers)} {found}; name a folder of NAME.jsonl, or one benchmark (`geovlm benchmarks list`)."
        )
    if not answers and not typed["data_root"]:
        raise ConfigError(
            f"{group} is a group of benchmarks; say with --data-root which folder holds their data, or with --predictions which one holds saved answers."
        )


def _run_all(benchmarks: Sequence[Benchmark], typed: Typed, run: Run) -> _Outcomes:
    found = _Outcomes()
    for benchmark in benchmarks:
        try:
            outcome = run(_of_group(benchmark, typed))
            outcome.raise_if_unanswered()
            found.ours[benchmark.name] = outcome.results
            outcome.raise_for_faults()
        except AbsentError as error:
            found.why[benchmark.name] = str(error)
        except GeovlmError as error:
            if benchmark.name not in found.ours:
                if error.exit_code not in (ConfigError.exit_code, DataError.exit_code):
                    raise
                found.why[benchmark.name] = str(error)
            found.faults.append(error)
    return found


def _combined(benchmarks: Sequence[Benchmark], typed: Typed, outcomes: _Outcomes) -> dict[str, Any]:
    from geovlm_cli.evaluation.published import remarks, tables

    return {
        "benchmark": typed["benchmark"],
        "tables": tables(benchmarks, outcomes.ours),
        "remarks": remarks(benchmarks, outcomes.ours),
        "not_read": _ignored(benchmarks, typed["predictions"]),
        "not_run": outcomes.why,
        "results": outcomes.ours,
    }


def _below(value: Mapping[str, Any]) -> list[str]:
    ignored = value["not_read"]
    return [
        *value["remarks"],
        *([f"not read: {', '.join(ignored)}"] if ignored else []),
        *(f"not run: {name}: {reason}" for name, reason in value["not_run"].items()),
    ]


def _write(folder: Path, value: Mapping[str, Any]) -> None:
    """Leave the tables beside the run folders of their benchmarks; raises OutputError."""
    from geovlm_cli.evaluation.published import as_markdown
    from geovlm_cli.runs import write_json
    from geovlm_cli.runs.files import make_folder, write_bytes

    lines = [f"# {value['benchmark']}", "", *as_markdown(value["tables"]), *(f"- {line}" for line in _below(value))]
    make_folder(folder)  # where nothing could be run, no run has made it
    write_json(folder / f"{_TABLES}.json", value)
    write_bytes(folder / f"{_TABLES}.md", "\n".join([*lines, ""]).encode())


def _of_group(benchmark: Benchmark, typed: Typed) -> dict[str, Any]:
    """Return the request for one benchmark of a group: its own answers, its own run folder."""
    answers = typed["predictions"]
    own = Path(answers) / f"{benchmark.name}.jsonl" if answers else None
    if own and not own.is_file():
        raise AbsentError(f"there are no saved answers at {own}")
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
