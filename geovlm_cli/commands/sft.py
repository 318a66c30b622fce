"""`geovlm sft`: fine-tune a model on the answers of your data."""

from __future__ import annotations

from typing import Any

import click

from geovlm_cli.commands._training import SETTINGS, prepare, train, training_options


@click.command("sft", context_settings=SETTINGS)
@training_options
@click.pass_context
def command(ctx: click.Context, /, **values: Any) -> None:
    """Fine-tune a model on the answers of your data.

    Each row teaches the answer that a perfect model would give: its reference in the structure and box syntax of the model's profile.

    \b
    geovlm sft --data rows.jsonl --out runs/sft
    geovlm sft --config recipe:tiny/sft --data rows.jsonl --out runs/sft sft.max_steps=20
    """  # noqa: D301  # click keeps the lines after a backspace as they are
    job = prepare("sft", ctx.obj.plugins, values)
    if job is not None:
        click.echo(train(job))
