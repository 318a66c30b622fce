"""`geovlm init-model`: a model folder without weights worth the name, for tests and measurements."""

from __future__ import annotations

from pathlib import Path

import click

from geovlm_cli.commands._needing import needing


@click.command("init-model")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--like", default="tiny", show_default=True, metavar="NAME", help="small, 3b, 7b, or a model whose shape is copied."
)
@click.option(
    "--tokenizer", metavar="MODEL", help="Take the tokenizer of this model; named shapes default to plain bytes."
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    default="float32",
    show_default=True,
    help="Type of the weights.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the random weights.")
def command(out: Path, like: str, tokenizer: str | None, dtype: str, seed: int) -> None:
    """Build a Qwen2.5-VL folder from a configuration, with random weights.

    OUT is a new folder; it loads wherever a model is named.
    """
    from geovlm_cli.models import init_model

    with needing("Building a model", "train"):
        init_model(out, like=like, tokenizer=tokenizer, dtype=dtype, seed=seed)
    click.echo(str(out))
