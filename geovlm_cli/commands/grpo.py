"""`geovlm grpo`: post-train a model with the rewards of its tasks."""

from __future__ import annotations

from typing import Any

import click

from geovlm_cli.commands._training import SETTINGS, prepare, train, training_options


@click.command("grpo", context_settings=SETTINGS)
@training_options
@click.pass_context
def command(ctx: click.Context, /, **values: Any) -> None:
    """Post-train a model with the rewards of its tasks (GRPO).

    The model answers each prompt several times; answers that score above the mean of their prompt become likelier.

    \b
    geovlm grpo --model runs/sft --data rows.jsonl --out runs/grpo
    geovlm grpo --config recipe:tiny/grpo --model runs/sft --data rows.jsonl --out runs/grpo rewards.scene.exact=1.0
    """  # noqa: D301  # click keeps the lines after a backspace as they are
    job = prepare("grpo", ctx.obj.plugins, values)
    if job is not None:
        click.echo(train(job))
