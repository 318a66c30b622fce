"""`geovlm recipes`: the configurations that ship with geovlm."""

from __future__ import annotations

import click


@click.group("recipes")
def command() -> None:
    """List and show the configurations that ship with geovlm; use one with `--config recipe:NAME`."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the recipes."""
    from geovlm_cli.config import recipes

    found = {name: recipes.summary(name) for name in recipes.names()}
    if as_json:
        import orjson

        click.echo(orjson.dumps([{"name": name, "summary": summary} for name, summary in found.items()]))
        return
    for name, summary in found.items():
        click.echo(f"{name:<22} {summary}")


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Print one recipe as YAML."""
    from geovlm_cli.config import recipes

    click.echo(recipes.text(name), nl=False)
