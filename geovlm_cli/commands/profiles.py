"""`geovlm profiles`: how the known model families answer, write boxes and see images."""

from __future__ import annotations

import click

from geovlm_cli.commands._listing import echo_fields, echo_rows


@click.group(name="profiles")
def command() -> None:
    """List the model profiles: box syntax, frame, structure."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def list_profiles(ctx: click.Context, as_json: bool) -> None:
    """Print name, structure, box syntax, frame and distribution of every profile."""
    keys = ("name", "structure", "box_syntax", "frame", "distribution")
    profiles = ctx.obj.plugins.profiles().values()
    echo_rows([{key: getattr(profile, key) for key in keys} for profile in profiles], as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, which a profile file may hold as YAML.")
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Print one profile, by name or from a YAML file."""
    echo_fields(ctx.obj.plugins.profile(name).describe(), as_json=as_json)
