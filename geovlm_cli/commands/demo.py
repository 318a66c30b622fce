"""`geovlm demo`: the whole path on generated scenes."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import click


@click.command("demo")
@click.option("--quick", is_flag=True, help="Every stage in about three minutes; too short to learn anything.")
@click.option(
    "--seed", type=click.IntRange(0, 2**30), default=0, show_default=True, help="Seed of the scenes and of all runs."
)
@click.option("--out", type=click.Path(path_type=Path), default="demo-run", show_default=True, help="Folder to write.")
@click.option("--resume", is_flag=True, help="Start, or go on with the first stage that is not done.")
@click.pass_context
def command(ctx: click.Context, /, quick: bool, seed: int, out: Path, resume: bool) -> None:
    """Run the whole path on generated scenes with the embedded model.

    Scenes, SFT, GRPO, a long SFT as control, evaluation of each on fresh scenes, answers drawn on pictures. Every stage is a command line,
    which is shown. Ends with a table, with what was learnt and what was not, and with commands to go on with. About 15 minutes on two cores.
    """
    from geovlm_cli.demo import FULL, QUICK, run

    def geovlm(words: Sequence[str]) -> None:
        _invoke(ctx.find_root(), words)

    click.echo(run(out, QUICK if quick else FULL, geovlm, seed=seed, resume=resume, say=_say), nl=False)


def _invoke(root: click.Context, words: Sequence[str]) -> None:
    """Run a command line in this process, as if it were typed; what it prints to stdout is in its run folder too, and is dropped."""
    name, *arguments = words
    group = root.command
    if not isinstance(group, click.Group) or (found := group.get_command(root, name)) is None:
        raise click.UsageError(f"There is no command `{name}`.")
    with redirect_stdout(io.StringIO()), found.make_context(name, arguments, parent=root) as inner:
        found.invoke(inner)


def _say(line: str) -> None:
    click.secho(line, err=True, bold=sys.stderr.isatty())
