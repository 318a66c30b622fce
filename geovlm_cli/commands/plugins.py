"""`geovlm plugins`: what is installed, and whether it keeps the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geovlm_cli.commands._listing import echo_rows
from geovlm_cli.errors import ConfigError, PluginError, clean, nearest

if TYPE_CHECKING:
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.task import Task


@click.group(name="plugins")
def command() -> None:
    """List and check the installed plugins."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def list_plugins(ctx: click.Context, as_json: bool) -> None:
    """Print every plugin distribution, its tasks and how long its import took; one that does not load with its error."""
    plugins: Plugins = ctx.obj.plugins
    rows = [
        {
            "distribution": info.distribution,
            "version": info.version,
            "entry": info.entry,
            "tasks": [task.name for task in _tasks_of(plugins, info.distribution)],
            "seconds": round(info.seconds, 3),
            "error": info.error,
        }
        for info in plugins.infos
    ]
    echo_rows(rows, as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON list.")
@click.pass_context
def check(ctx: click.Context, name: str, as_json: bool) -> None:
    """Run the conformance kit on the tasks of one plugin distribution, with made-up samples of each task's kind; exit 5 on findings."""
    from geovlm_cli.testing import find, synthetic

    plugins: Plugins = ctx.obj.plugins
    tasks = _tasks_of(plugins, _distribution(plugins, name))
    findings = [finding for task in tasks for finding in find(task, synthetic(task))]
    echo_rows([{"task": f.task, "check": f.check, "finding": f.sentence} for f in findings], as_json=as_json)
    if findings:
        raise PluginError(
            f"{clean(name)}: {len(findings)} findings in {len({f.task for f in findings})} of {len(tasks)} tasks."
        )
    click.echo(f"{clean(name)}: {len(tasks)} tasks keep the contract.", err=True)


def _tasks_of(plugins: Plugins, distribution: str) -> list[Task]:
    return [task for task in plugins.tasks().values() if task.distribution == distribution]


def _distribution(plugins: Plugins, name: str) -> str:
    for info in plugins.infos:
        if info.distribution != name:
            continue
        if info.error:
            raise PluginError(f"Plugin {info.distribution} {info.version} does not load: {info.error}.")
        return info.distribution
    known = [info.distribution for info in plugins.infos]
    raise ConfigError(
        f"No plugin `{clean(name)}` is installed.{nearest(name, known)} Installed: {', '.join(known) or 'none'}."
    )
