"""What `geovlm eval` does with its runs: one, one a seed, or two that are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geovlm_cli.commands._benchmarks import check_root, chosen, with_benchmark
from geovlm_cli.commands._listing import terminal_width
from geovlm_cli.errors import ConfigError, clean

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.evaluation import Outcome
    from geovlm_cli.plugins import Plugins

Typed = Mapping[str, Any]
Run = Callable[[Typed], "Outcome"]

_COMPARED = ("compare", "draws", "seed")
_SPELLED = {"name": "--model", "protocols": "--protocol", "image_roots": "--image-root"}


def refuse_what_cannot_be_meant(typed: Typed, config_source: str | None, overrides: Sequence[str]) -> None:
    """Raise ConfigError for options that do not go together."""
    if typed["compare"]:
        _refuse_beside_compare({**typed, "config": config_source}, overrides)
    if typed["report"] and not typed["out"]:
        raise ConfigError("--report writes into the run folder; name it with --out.")
    if typed["data_root"] and not typed["benchmark"]:
        raise ConfigError("--data-root holds the data of benchmarks; name one with --benchmark, or rows with --data.")
    if typed["data_root"]:
        check_root(Path(typed["data_root"]))
    if typed["seeds"] and typed["seed"] is not None:
        raise ConfigError("--seeds and --seed say the same thing twice; keep one.")
    if typed["seeds"] and typed["predictions"]:
        raise ConfigError("--predictions holds saved answers, which no seed changes; leave --seeds out.")


def _refuse_beside_compare(typed: Typed, overrides: Sequence[str]) -> None:
    given = [key for key, value in typed.items() if not (value is None or value is False or value == ())]
    options = [_SPELLED.get(key, f"--{key.replace('_', '-')}") for key in given if key not in _COMPARED]
    if named := [*options, *overrides]:
        raise ConfigError(f"--compare reads two finished runs and asks nothing; leave {clean(named[0])} out.")


def whole_request(plugins: Plugins, typed: Typed) -> dict[str, Any]:
    """Return what was typed, with what the named benchmark adds."""
    if not typed["benchmark"]:
        return dict(typed)
    (benchmark,) = chosen(plugins, typed["benchmark"])
    return with_benchmark(benchmark, dict(typed))


def finish(outcome: Outcome, benchmark: Benchmark | None, *, as_json: bool) -> None:
    """Print the figures of one run, beside the published ones of its benchmark; raise for its faults."""
    from geovlm_cli.evaluation.published import beside
    from geovlm_cli.evaluation.table import report

    outcome.raise_if_unanswered()
    text = report(outcome.results, terminal_width())
    if benchmark:
        text += f"\n\n{beside(benchmark, outcome.results)}"
    echo(outcome.results, text, as_json=as_json)
    outcome.raise_for_faults()


def finish_comparison(plugins: Plugins, typed: Typed, *, as_json: bool) -> None:
    """Print the paired differences of two runs."""
    from geovlm_cli.evaluation.paired import compare_runs, comparison_table

    before, after = map(Path, typed["compare"])
    draws = 1000 if typed["draws"] is None else typed["draws"]
    found = compare_runs(before, after, plugins.task, draws=draws, seed=typed["seed"] or 0)
    echo(found, comparison_table(found), as_json=as_json)


def finish_seeds(plugins: Plugins, typed: Typed, run: Run, *, as_json: bool) -> None:
    """Run once for each seed, print mean and spread, beside the published figures of its benchmark, and write RUN/seeds.json."""
    from geovlm_cli.evaluation.published import beside_seeds
    from geovlm_cli.evaluation.seeds import over_seeds, seeds_table
    from geovlm_cli.runs import write_json

    seeds = _seeds(typed["seeds"])
    out = typed["out"]
    outcomes = {}
    for seed in seeds:
        here = {"seed": seed, "out": str(Path(out) / f"seed-{seed}") if out else None}
        outcomes[seed] = run(whole_request(plugins, {**typed, **here}))
        outcomes[seed].raise_if_unanswered()
    found = over_seeds({seed: outcome.results for seed, outcome in outcomes.items()})
    if out:
        write_json(Path(out) / "seeds.json", found)
    text = seeds_table(found)
    if typed["benchmark"]:
        benchmark = plugins.benchmark(typed["benchmark"])
        text += f"\n\n{beside_seeds(benchmark, [outcome.results for outcome in outcomes.values()])}"
    echo(found, text, as_json=as_json)
    for outcome in outcomes.values():
        outcome.raise_for_faults()


def _seeds(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts) or len(parts) < 2:
        raise ConfigError(f"--seeds takes several different whole numbers such as 0,1,2, not `{text}`.")
    return [int(part) for part in parts]


def echo(value: Any, text: str, *, as_json: bool) -> None:
    """Print a value as JSON, or its text."""
    from geovlm_cli.runs import canonical

    click.echo(canonical(value).decode() if as_json else text)
