"""`geovlm eval`: a model, or saved answers, measured under each task's protocols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from geovlm_cli.commands._asking import asking_options, configured
from geovlm_cli.commands._benchmarks import is_group
from geovlm_cli.commands._effects import refuse_without_effect
from geovlm_cli.commands._evaluating import Request
from geovlm_cli.commands._finishing import (
    finish,
    finish_comparison,
    finish_seeds,
    refuse_what_cannot_be_meant,
    whole_request,
)
from geovlm_cli.commands._groups import finish_group

if TYPE_CHECKING:
    from geovlm_cli.evaluation import Outcome
    from geovlm_cli.plugins import Plugins


@click.command("eval")
@click.option("--data", metavar="SRC", help="Rows with their truth: a file or folder of any known format.")
@click.option(
    "--predictions",
    metavar="FILE",
    help="Saved answers instead of a model: with --data joined on `id`, alone truth and answer in one file.",
)
@click.option("--task", metavar="T", help="Task of the rows that name none; rows of other tasks are left out.")
@click.option(
    "--benchmark",
    metavar="B",
    help="A published benchmark: its task, token cap and, under --data-root, its data; or a group of them, such as geovlm-r1.",
)
@click.option("--data-root", metavar="DIR", help="Folder that holds the data of benchmarks (`geovlm benchmarks show`).")
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    metavar="P",
    help="Protocol by name; repeatable; default: `strict` and those that the task's plugin has. `coco` and `vlm-r1` run where they are named. A benchmark's own runs beside it.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    help="Answers a row, for mean@k, pass@k (right: see `geovlm tasks show`) and the majority.",
)
@click.option("--seeds", metavar="S,S…", help="Run once for each seed and add mean and spread, for example 0,1,2.")
@click.option(
    "--compare", nargs=2, metavar="RUN RUN", help="Two run folders on the same rows: paired differences; asks nothing."
)
@click.option("--draws", type=click.IntRange(min=0), help="Draws of the bootstrap; 0: no intervals; default: 1000.")
@asking_options
@click.option("--report", is_flag=True, help="Write RUN/report/index.html: figures, charts and a gallery; needs --out.")
@click.option("--json", "as_json", is_flag=True, help="Print results.json.")
@click.argument("overrides", nargs=-1, metavar="[KEY.PATH=VALUE]...")
@click.pass_context
def command(
    ctx: click.Context, /, overrides: tuple[str, ...], as_json: bool, config_source: str | None, **typed: Any
) -> None:
    """Score a model, or saved answers, with 95 % intervals and failure reasons.

    With --model (or a configuration) the model is asked about --data; with --predictions nothing is asked, and torch is not needed.
    Configuration keys may be set at the end of the line: eval.batch_size=4.
    """
    refuse_what_cannot_be_meant(typed, config_source, overrides)
    plugins: Plugins = ctx.obj.plugins

    def run(wanted: Mapping[str, Any]) -> Outcome:
        config = configured(config_source, overrides, "eval", wanted)
        asks = wanted["predictions"] is None
        refuse_without_effect(config.model.name, config.model.engine, "eval", typed, overrides, asks=asks)
        return Request(plugins, config, dict(wanted), has_config=config_source is not None).run()

    if typed["compare"]:
        finish_comparison(plugins, typed, as_json=as_json)
    elif typed["benchmark"] and is_group(plugins, typed["benchmark"]):
        finish_group(plugins, typed, run, as_json=as_json)
    elif typed["seeds"]:
        finish_seeds(plugins, typed, run, as_json=as_json)
    else:
        wanted = whole_request(plugins, typed)
        benchmark = plugins.benchmark(wanted["benchmark"]) if wanted["benchmark"] else None
        finish(run(wanted), benchmark, as_json=as_json)
