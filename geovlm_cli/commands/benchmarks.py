"""`geovlm benchmarks`: published test sets, what is known of them, and whether the data at hand is theirs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geovlm_cli.commands._benchmarks import check_root, chosen, is_group
from geovlm_cli.commands._listing import echo_fields, echo_rows
from geovlm_cli.errors import DataError, GeovlmError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.plugins import Plugins

_UNKNOWN = "unknown"


@click.group(name="benchmarks")
def command() -> None:
    """List, show and verify the published benchmarks."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def list_benchmarks(ctx: click.Context, as_json: bool) -> None:
    """Print name, title, task, protocol, rows and group of every benchmark."""
    benchmarks = ctx.obj.plugins.benchmarks().values()
    if not benchmarks:
        click.echo("No benchmarks; install a plugin, for example geovlm-eo (pip install 'geovlm-cli[eo]').", err=True)
    rows = [{**_line(b), "groups": list(b.groups), "distribution": b.distribution} for b in benchmarks]
    echo_rows(rows if as_json else [{**row, "rows": row["rows"] or _UNKNOWN} for row in rows], as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Print everything about one benchmark; what nobody published is `unknown`. Of a group: its benchmarks, and the published tables."""
    plugins = ctx.obj.plugins
    found = chosen(plugins, name)
    if is_group(plugins, name):
        _show_group(name, found, as_json=as_json)
    else:
        _show_one(found[0], as_json=as_json)


def _show_one(benchmark: Benchmark, *, as_json: bool) -> None:
    fields = asdict(benchmark)
    if not as_json:
        fields |= {key: _UNKNOWN for key in ("licence", "rows", "sha256") if fields[key] is None}
        del fields["published"], fields["remarks"]  # a table of its own
    echo_fields(fields, as_json=as_json)
    if as_json:
        return
    click.echo("\npublished, in percent" if benchmark.published else f"\npublished: {_UNKNOWN}")
    echo_rows(_published(benchmark), as_json=False)
    for model, remark in benchmark.remarks.items():
        click.echo(f"{model}: {remark}")


def _show_group(name: str, benchmarks: Sequence[Benchmark], *, as_json: bool) -> None:
    from geovlm_cli.evaluation.published import as_text, marks, published_tables

    if as_json:
        echo_fields({"group": name, "benchmarks": list(map(asdict, benchmarks))}, as_json=True)
        return
    click.echo(
        f"{name} is a group of {counted(len(benchmarks), 'benchmark')}: `geovlm eval --benchmark {name}` runs all.\n"
    )
    echo_rows([{**_line(b), "rows": b.rows or _UNKNOWN} for b in benchmarks], as_json=False)
    found = as_text(published_tables(benchmarks))
    click.echo("\npublished, in percent" if found else f"\npublished: {_UNKNOWN}")
    for line in [*found, *marks(benchmarks, {})]:
        click.echo(line)


def _line(benchmark: Benchmark) -> dict[str, Any]:
    """Return what a list of benchmarks says of one."""
    return {key: getattr(benchmark, key) for key in ("name", "title", "task", "protocol", "rows")}


@command.command()
@click.argument("name")
@click.option(
    "--data-root", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder that holds the data."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def verify(ctx: click.Context, name: str, data_root: Path, as_json: bool) -> None:
    """Compare the data under DIR with what is known of a benchmark, or of every one of a group: rows and sha256.

    Ends with 3 where data is missing or differs; what is unknown is said and cannot differ.
    """
    check_root(data_root)
    plugins = ctx.obj.plugins
    found = [_verified(plugins, benchmark, data_root) for benchmark in chosen(plugins, name)]
    echo_rows(found, as_json=as_json)
    wrong = [str(row["name"]) for row in found if row["verdict"] not in ("as known", "nothing known to compare")]
    if wrong:
        raise DataError(f"{counted(len(wrong), 'benchmark')} missing or different: {', '.join(wrong)}.")


def _published(benchmark: Benchmark) -> list[dict[str, Any]]:
    return [
        {
            "model": model,
            **{name: f"{100 * found[name]:.2f}" if name in found else None for name in benchmark.figures},
        }
        for model, found in benchmark.published.items()
    ]


def _verified(plugins: Plugins, benchmark: Benchmark, root: Path) -> dict[str, Any]:
    """Return one line of `verify`: known and found values side by side, and a verdict."""
    known: dict[str, Any] = {"rows": benchmark.rows, "sha256": benchmark.sha256}
    line: dict[str, Any] = {
        "name": benchmark.name,
        "data": None,
        "rows": None,
        "rows_known": known["rows"] or _UNKNOWN,
        "sha256": None,
        "sha256_known": known["sha256"] or _UNKNOWN,
        "licence": benchmark.licence or _UNKNOWN,
    }
    path = benchmark.data_in(root)
    if path is None:
        return {**line, "verdict": f"missing: none of {', '.join(benchmark.layout)}"}
    try:
        found = _facts(plugins, benchmark, path)
    except GeovlmError as error:
        return {**line, "data": str(path), "verdict": f"unreadable: {error}"}
    differing = [key for key, value in known.items() if value is not None and value != found[key]]
    compared = any(value is not None for value in known.values())
    verdict = (
        f"differs in {' and '.join(differing)}" if differing else "as known" if compared else "nothing known to compare"
    )
    return {**line, **found, "data": str(path), "verdict": verdict}


def _facts(plugins: Plugins, benchmark: Benchmark, path: Path) -> dict[str, Any]:
    from geovlm_cli.data.source import open_rows

    stream = open_rows(
        path,
        find=plugins.task,
        loaders=plugins.loaders(),
        task=benchmark.task,
        format_name=benchmark.loader,
    )
    rows = sum(len(chunk) for chunk in stream.chunks(8192, None))
    return {"rows": rows + len(stream.rejected), "sha256": stream.sha256}
