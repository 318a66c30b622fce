"""`geovlm plugins`: what is installed, and whether it keeps the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geovlm_cli.commands._listing import echo_rows
from geovlm_cli.errors import ConfigError, PluginError, clean, counted, nearest

if TYPE_CHECKING:
    from geovlm_cli.plugins import Plugins

_WHOLE = 2000  # characters of a finding, which ends with the row


@click.group(name="plugins")
def command() -> None:
    """List and check the installed plugins."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def list_plugins(ctx: click.Context, as_json: bool) -> None:
    """Print every plugin distribution, its tasks and how long its import took; one that does not load, or clashes with another, with its error."""
    plugins: Plugins = ctx.obj.plugins
    tasks = {info.distribution: plugins.tasks_of(info.distribution) for info in plugins.infos}
    rows = [
        {
            "distribution": info.distribution,
            "version": info.version,
            "entry": info.entry,
            "tasks": [task.name for task in tasks[info.distribution]],
            "seconds": round(info.seconds, 3),
            "error": info.error or _clash(plugins, info.distribution),
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
    from geovlm_cli.testing import find

    plugins: Plugins = ctx.obj.plugins
    tasks = plugins.tasks_of(name)
    _refuse_missing(plugins, name)
    findings = [finding for task in tasks for finding in find(task)]
    rows = [{"task": f.task, "check": f.check, "finding": f.sentence} for f in findings]
    echo_rows(rows, as_json=as_json, limit=_WHOLE)
    if findings:
        broken = len({finding.task for finding in findings})
        raise PluginError(
            f"{clean(name)}: {counted(len(findings), 'finding')} in {broken} of {counted(len(tasks), 'task')}."
        )
    if tasks:
        kept = f"{counted(len(tasks), 'task')} {'keeps' if len(tasks) == 1 else 'keep'} the contract"
    else:
        kept = "it provides no tasks, so that nothing was checked"
    click.echo(f"{clean(name)}: {kept}.", err=True)


def _clash(plugins: Plugins, distribution: str) -> str | None:
    clashes = plugins.clashes_of(distribution).items()
    return "; ".join(f"`{name}` is provided by {' and '.join(others)} too" for name, others in clashes) or None


def _refuse_missing(plugins: Plugins, name: str) -> None:
    for info in plugins.infos:
        if info.distribution != name:
            continue
        if info.error:
            raise PluginError(f"Plugin {info.distribution} {info.version} does not load: {info.error}.")
        return
    known = [info.distribution for info in plugins.infos]
    raise ConfigError(
        f"No plugin `{clean(name)}` is installed.{nearest(name, known)} Installed: {', '.join(known) or 'none'}."
    )
