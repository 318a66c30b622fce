"""`geovlm recipes`: the configurations that ship with geovlm."""

from __future__ import annotations

import click

from geovlm_cli.commands._listing import echo_rows

_WHOLE = 500  # characters of a summary


@click.group("recipes")
def command() -> None:
    """List and show the configurations that ship with geovlm; use one with `--config recipe:NAME`."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the recipes."""
    from geovlm_cli.config import recipes

    rows = [{"name": name, "summary": recipes.summary(name)} for name in recipes.names()]
    echo_rows(rows, as_json=as_json, limit=_WHOLE)


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Print one recipe as YAML."""
    from geovlm_cli.config import recipes

    click.echo(recipes.text(name), nl=False)
