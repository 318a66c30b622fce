"""`geovlm tasks`: what the installed plugins can ask and score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geovlm_cli.commands._listing import echo_fields, echo_rows

if TYPE_CHECKING:
    from geovlm_cli.task import Task

_DEFAULTS = "geovlm_cli.rewards."


@click.group(name="tasks")
def command() -> None:
    """List the tasks that plugins provide."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def list_tasks(ctx: click.Context, as_json: bool) -> None:
    """Print name, kind, summary and distribution of every task."""
    tasks = ctx.obj.plugins.tasks().values()
    if not tasks:
        click.echo("No tasks; install a plugin, for example geovlm-eo (pip install 'geovlm-cli[eo]').", err=True)
    keys = ("name", "kind", "summary", "distribution")
    echo_rows([{key: getattr(task, key) for key in keys} for task in tasks], as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Print everything about one task: prompt, target, reward components, protocols, images."""
    from geovlm_cli.rewards import resolve

    echo_fields(_describe(resolve(ctx.obj.plugins.task(name))), as_json=as_json)


def _describe(task: Task) -> dict[str, Any]:
    from geovlm_cli.rewards import protocols_of_kind, variants

    return {
        "name": task.name,
        "kind": task.kind,
        "summary": task.summary,
        "distribution": task.distribution,
        "images": _images(task.images),
        "prompt": _text_or_function(task.prompt, task),
        "target": _text_or_function(task.target, task),
        "thought": task.thought,
        "components": list(task.rewards),
        "variants": variants(task),
        "pass_at": {next(iter(task.rewards)): task.pass_at},
        "protocols": {protocol.name: protocol.version for protocol in task.protocols},
        "on_request": {protocol.name: protocol.version for protocol in protocols_of_kind(task.kind)},
        "vocabulary": list(task.vocabulary),
        "max_new_tokens": task.max_new_tokens,
    }


def _images(images: int | range | tuple[str, ...]) -> int | str | list[str]:
    if isinstance(images, range):
        return f"{images.start} to {images.stop - 1}"
    return list(images) if isinstance(images, tuple) else images


def _text_or_function(value: Any, task: Task) -> str | None:
    if callable(value) and value.__module__.startswith(_DEFAULTS):
        return f"the reference, as a task of kind {task.kind} writes it"
    if callable(value):
        return f"function {value.__module__}.{value.__qualname__}"
    return value if value is None else str(value)
