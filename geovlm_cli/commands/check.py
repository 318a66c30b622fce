"""`geovlm check`: look at data before a GPU is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from geovlm_cli.commands._asking import FiniteRange
from geovlm_cli.commands._benchmarks import chosen, data_of
from geovlm_cli.commands._listing import terminal_width
from geovlm_cli.commands._trained import trained
from geovlm_cli.errors import ConfigError, DataError, clean, counted, nearest
from geovlm_cli.profiles import FRAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.checking import Against, Checked, Finding, Histogram
    from geovlm_cli.checking.sizes import CountTokens
    from geovlm_cli.data.dataset import DataSet
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.profiles import Profile

_BAR = 24
_FIRST = 5  # ids that a line of the page names


@click.command("check")
@click.argument("source", metavar="DATA")
@click.option("--task", metavar="T", help="Task of rows that name none; rows of other tasks are left out.")
@click.option("--profile", metavar="P", help="Profile of the model that will be asked: box syntax, frame, resizing.")
@click.option(
    "--model",
    metavar="MODEL",
    help="`tiny`, a model folder or a run folder: its tokenizer counts tokens, its profile is the default; without: an estimate.",
)
@click.option(
    "--reward",
    "rewards",
    multiple=True,
    metavar="TASK.NAME[=WEIGHT]",
    help="Reward that will be trained; repeatable; default: the first of each task.",
)
@click.option("--config", metavar="FILE|recipe:NAME", help="Take the rewards from this training configuration.")
@click.option(
    "--against",
    multiple=True,
    metavar="DATA|BENCHMARK",
    help="Look for rows that stand in this data too; repeatable.",
)
@click.option("--data-root", metavar="DIR", help="Folder that holds the data of benchmarks (`geovlm benchmarks show`).")
@click.option(
    "--near",
    default=1000.0,
    show_default=True,
    metavar="METRES",
    type=FiniteRange(min=0),
    help="With --against: rows with coordinates are apart from this distance on.",
)
@click.option("--format", "format_name", metavar="NAME[:OPTION]", help="Data format; default: recognised by its keys.")
@click.option("--split", metavar="NAME", help="Rows of this split, where the data holds several.")
@click.option("--frame", type=click.Choice(FRAMES), help="Frame of the boxes where rows name none.")
@click.option("--limit", type=click.IntRange(min=1), help="Read this many rows.")
@click.option(
    "--image-root",
    "image_roots",
    multiple=True,
    metavar="DIR",
    help="Folder that images lie in, of DATA and of --against; repeatable; default: the data's own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, /, source: str, as_json: bool, **typed: Any) -> None:
    """Look at DATA (a file or a folder) before a GPU is used.

    Rows, images, prompts; truth through the model's own text and back; what the truth, and answers that look at nothing, earn; lengths in tokens,
    sizes of objects after resizing; with --against, rows that stand in other data too. Exit code 3 if anything must be mended.
    """
    from geovlm_cli.checking import Limits, check

    plugins = ctx.obj.plugins
    count = _tokenizer(typed["model"]) if typed["model"] else None
    profile = _profile(plugins, typed)
    dataset = _read(plugins, source, profile, typed)
    if profile is None and dataset.profile:
        profile = plugins.profile(dataset.profile)
    tasks = plugins.tasks_named(sample.task for sample in dataset.samples)
    against = [other for name in typed["against"] for other in _against(plugins, name, profile, typed)]
    rewards = trained(typed["rewards"], typed["config"], tasks)
    found = check(dataset, tasks, profile, against=against, rewards=rewards, limits=Limits(count=count), say=_say)
    click.echo(orjson.dumps(found.as_json()).decode() if as_json else _page(found))
    if found.errors:
        checks = ", ".join(dict.fromkeys(finding.check for finding in found.errors))
        raise DataError(
            f"{counted(len(found.errors), 'finding')} of {clean(source)} must be mended before training: {checks}."
        )


def _profile(plugins: Plugins, typed: dict[str, Any]) -> Profile | None:
    from geovlm_cli.models import model_info

    if typed["profile"] or not typed["model"]:
        return plugins.profile(typed["profile"]) if typed["profile"] else None
    info = model_info(typed["model"], ask_hub=False)
    return plugins.profile(info.profile_name) if info.profile is None and info.profile_name else info.profile


def _read(plugins: Plugins, source: str, profile: Profile | None, typed: dict[str, Any]) -> DataSet:
    from geovlm_cli.data.source import read_samples

    return read_samples(
        source,
        find=plugins.task,
        loaders=plugins.loaders(),
        task=typed["task"],
        image_roots=typed["image_roots"],
        limit=typed["limit"],
        frame=typed["frame"] or (profile.frame if profile else None),
        format_name=typed["format_name"],
        split=typed["split"],
    )


def _against(plugins: Plugins, name: str, profile: Profile | None, typed: dict[str, Any]) -> Iterator[Against]:
    """Read the other data: that of a path or of the hub, of a benchmark, or of those of a group that are there."""
    if Path(name).exists() or name.startswith("hf:"):
        yield _other(plugins, name, name, profile, {**typed, "format_name": None})
        return
    for benchmark, source in _benchmarks(plugins, name, typed["data_root"]):
        reading = {"task": benchmark.task, "format_name": benchmark.loader}
        yield _other(plugins, benchmark.name, source, profile, {**typed, **reading})


def _other(plugins: Plugins, name: str, source: str, profile: Profile | None, typed: dict[str, Any]) -> Against:
    """Read all rows: of any task where they name theirs, else of the task that is given, else of the first that can be read of them: pictures, questions
    and places are compared, truths are not.
    """
    from geovlm_cli.checking import Against

    roots = [*typed["image_roots"], _home(source)] if typed["image_roots"] else ()
    reading = {**typed, "limit": None, "split": None, "image_roots": roots}
    failed: list[ConfigError | DataError] = []
    for task in dict.fromkeys((None, typed["task"], *plugins.tasks())):
        try:
            dataset = _read(plugins, source, profile, {**reading, "task": task})
        except (ConfigError, DataError) as error:  # formats of annotated images want a task, and say so
            failed.append(error)
        else:
            return Against(name, dataset.samples, typed["near"])
    raise failed[0]


def _benchmarks(plugins: Plugins, name: str, data_root: str | None) -> list[tuple[Benchmark, str]]:
    """Return where the data of a benchmark, or of each of a group, lies; raises ConfigError for an unknown name, DataError where nothing is there."""
    from geovlm_cli.benchmarks import groups

    known = plugins.benchmarks()
    grouped = groups(known.values())
    if name not in known and name not in grouped:
        raise ConfigError(
            f"--against {clean(name)}: there is no such file or folder, and no benchmark of that name.{nearest(name, [*grouped, *known])}"
        )
    if data_root is None:
        raise ConfigError(f"--against {name} is a benchmark; say with --data-root which folder holds its data.")
    some = chosen(plugins, name)
    places = [(item, data_of(item, Path(data_root), needed=len(some) == 1)) for item in some]
    found = [(item, place) for item, place in places if place is not None]
    if not found:
        raise DataError(f"None of the {len(some)} benchmarks of {name} has its data under {clean(data_root)}.")
    for item, place in places:
        if place is None:
            click.echo(f"not compared with {item.name}: its data is not under {clean(data_root)}", err=True)
    return found


def _home(source: str) -> str:
    path = Path(source)
    return str(path if path.is_dir() else path.parent)


def _tokenizer(model: str) -> CountTokens:
    """Return the count of a local model's tokenizer; raises ConfigError where it, or the library that reads it, is missing."""
    from geovlm_cli.models import resolve_model

    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise ConfigError(
            "--model counts with the package tokenizers, which is not installed; leave --model out, or pip install tokenizers."
        ) from error
    file = Path(resolve_model(model)) / "tokenizer.json"
    if not file.is_file():
        raise ConfigError(
            f"--model {clean(model)}: there is no {clean(str(file))}; name the folder of a downloaded model that holds it."
        )
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises bare Exception
        raise ConfigError(f"{clean(str(file))} is no tokenizer that can be read: {clean(str(error), 80)}.") from error
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _say(what: str) -> None:
    click.echo(f"checking {what}", err=True)


# --- the page --------------------------------------------------------------------------------------------------------------------


def _page(found: Checked) -> str:
    lines = [f"{clean(found.source)}: {found.rows} rows; tasks {', '.join(found.tasks)}; profile {found.profile}", ""]
    wide = max(len(finding.check) for finding in found.findings)
    lines += [_line(finding, wide) for finding in found.findings]
    if found.probes:
        lines += ["", "What answers that look at nothing earn (mean; chance: the best blind guess)", *_probes(found)]
    for histogram in found.histograms:
        lines += ["", *_drawn(histogram)]
    return "\n".join(lines)


def _line(finding: Finding, wide: int) -> str:
    first = ", ".join(clean(identity, 90) for identity in finding.rows[:_FIRST])
    rows = f" ({first}{', …' if len(finding.rows) > _FIRST else ''})" if finding.rows else ""
    advice = f"; {finding.advice}" if finding.advice else ""
    return f"{finding.level:<8} {finding.check:<{wide}}  {finding.sentence}{rows}{advice}"


def _probes(found: Checked) -> list[str]:
    cells = [("task", "component", "probe", "score", "chance", "rows")]
    cells += [
        (p.task, p.component, p.name, f"{p.score:.3f}", f"{p.chance:.3f}", str(p.rows))
        for p in found.probes
        if p.trained or not p.low
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(w) if i < 3 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _drawn(histogram: Histogram) -> list[str]:
    """One line a bin, as wide as the terminal allows; empty bins at either end are left out."""
    counts, edges = list(histogram.counts), list(histogram.edges)
    room = min(_BAR, (terminal_width() or 80) - 30)
    used = [i for i, count in enumerate(counts) if count]
    spans = [f"{edge:g} – {edges[i + 1]:g}" if i + 1 < len(edges) else f"{edge:g} –" for i, edge in enumerate(edges)]
    head = f"{histogram.name}, {histogram.unit}: median {histogram.median:.4g}, 99 % up to {histogram.p99:.4g}, largest {histogram.largest:.4g}"
    most = max(counts)
    return [
        head,
        *(
            f"  {spans[i]:>12}  {counts[i]:>7}  {'█' * round(room * counts[i] / most)}".rstrip()
            for i in range(used[0], used[-1] + 1)
        ),
    ]
