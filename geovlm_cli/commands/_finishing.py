"""What `geovlm eval` does with its runs: one, one a seed, one a benchmark of a group, or two that are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geovlm_cli.commands._benchmarks import chosen, with_benchmark
from geovlm_cli.commands._listing import terminal_width
from geovlm_cli.errors import ConfigError, DataError, GeovlmError, counted

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.evaluation import Outcome
    from geovlm_cli.plugins import Plugins

Typed = Mapping[str, Any]
Run = Callable[[Typed], "Outcome"]

_ALONE = ("data", "predictions", "name", "benchmark", "seeds", "out")


def refuse_what_cannot_be_meant(typed: Typed) -> None:
    """Raise ConfigError for options that do not go together."""
    if typed["compare"] and (given := [key for key in _ALONE if typed[key]]):
        option = "--model" if given[0] == "name" else f"--{given[0]}"
        raise ConfigError(f"--compare reads two finished runs and asks nothing; leave {option} out.")
    if typed["report"] and not typed["out"]:
        raise ConfigError("--report writes into the run folder; name it with --out.")
    if typed["data_root"] and not typed["benchmark"]:
        raise ConfigError("--data-root holds the data of benchmarks; name one with --benchmark, or rows with --data.")
    if typed["seeds"] and typed["seed"] is not None:
        raise ConfigError("--seeds and --seed say the same thing twice; keep one.")
    if typed["seeds"] and typed["predictions"]:
        raise ConfigError("--predictions holds saved answers, which no seed changes; leave --seeds out.")


def whole_request(plugins: Plugins, typed: Typed) -> dict[str, Any]:
    """Return what was typed, with what the named benchmark adds."""
    if not typed["benchmark"]:
        return dict(typed)
    (benchmark,) = chosen(plugins, typed["benchmark"])
    return with_benchmark(benchmark, dict(typed))


def finish(outcome: Outcome, *, as_json: bool) -> None:
    """Print the figures of one run; raise for its faults."""
    from geovlm_cli.evaluation.table import report

    _echo(outcome.results, report(outcome.results, terminal_width()), as_json=as_json)
    outcome.raise_for_faults()


def finish_comparison(plugins: Plugins, typed: Typed, *, as_json: bool) -> None:
    """Print the paired differences of two runs."""
    from geovlm_cli.evaluation.paired import compare_runs, comparison_table

    before, after = map(Path, typed["compare"])
    draws = 1000 if typed["draws"] is None else typed["draws"]
    found = compare_runs(before, after, plugins.task, draws=draws, seed=typed["seed"] or 0)
    _echo(found, comparison_table(found), as_json=as_json)


def finish_seeds(plugins: Plugins, typed: Typed, run: Run, *, as_json: bool) -> None:
    """Run once for each seed, print mean and spread, and write RUN/seeds.json."""
    from geovlm_cli.evaluation.seeds import over_seeds, seeds_table
    from geovlm_cli.runs import write_json

    seeds = _seeds(typed["seeds"])
    out = typed["out"]
    outcomes = {}
    for seed in seeds:
        here = {"seed": seed, "out": str(Path(out) / f"seed-{seed}") if out else None}
        outcomes[seed] = run(whole_request(plugins, {**typed, **here}))
    found = over_seeds({seed: outcome.results for seed, outcome in outcomes.items()})
    if out:
        write_json(Path(out) / "seeds.json", found)
    _echo(found, seeds_table(found), as_json=as_json)
    for outcome in outcomes.values():
        outcome.raise_for_faults()


def finish_group(plugins: Plugins, typed: Typed, run: Run, *, as_json: bool) -> None:
    """Run what can be run of a group; print the published tables with our column, and which benchmarks could not be run and why.

    `--predictions DIR` holds saved answers as NAME.jsonl. Raises DataError where none could be run.
    """
    from geovlm_cli.evaluation.published import tables
    from geovlm_cli.evaluation.table import aligned

    benchmarks = chosen(plugins, typed["benchmark"])
    ours: dict[str, Any] = {}
    faults: list[GeovlmError] = []
    why: dict[str, str] = {}
    for benchmark in benchmarks:
        try:
            outcome = run(_of_group(benchmark, typed))
            ours[benchmark.name] = outcome.results
            outcome.raise_for_faults()
        except GeovlmError as error:
            if benchmark.name in ours:
                faults.append(error)
            elif error.exit_code in (2, 3):
                why[benchmark.name] = str(error)
            else:
                raise
    found = tables(benchmarks, ours)
    lines = [
        line for name, rows in found.items() for line in (name, *aligned([tuple(row) for row in rows], labels=2), "")
    ]
    lines += [f"not run: {name}: {reason}" for name, reason in why.items()]
    _echo(
        {"benchmark": typed["benchmark"], "tables": found, "not_run": why, "results": ours},
        "\n".join(lines),
        as_json=as_json,
    )
    if not ours:
        raise DataError(f"None of the {counted(len(benchmarks), 'benchmark')} of {typed['benchmark']} could be run.")
    if faults:
        raise faults[0]


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


def _seeds(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts) or len(parts) < 2:
        raise ConfigError(f"--seeds takes several different whole numbers such as 0,1,2, not `{text}`.")
    return [int(part) for part in parts]


def _echo(value: Any, text: str, *, as_json: bool) -> None:
    from geovlm_cli.runs import canonical

    click.echo(canonical(value).decode() if as_json else text)
