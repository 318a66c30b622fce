"""`geovlm predict`: questions about images answered, as JSON lines with boxes in pixels, and as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geovlm_cli.commands._asking import (
    NewFolder,
    asking,
    asking_options,
    configured,
    echo_report,
    engine,
    may_change,
    speaker,
)
from geovlm_cli.commands._effects import refuse_without_effect
from geovlm_cli.commands._progress import progress
from geovlm_cli.errors import ConfigError, DataError, clean

if TYPE_CHECKING:
    from geovlm_cli.config import Config
    from geovlm_cli.data.source import DataSet
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.prediction import Summary
    from geovlm_cli.profiles import Profile
    from geovlm_cli.runs import RowFile
    from geovlm_cli.task import Batch

_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")


@click.command("predict")
@click.argument("sources", nargs=-1, required=True, metavar="IMAGE... | ROWS")
@click.option("--task", metavar="T", help="Task to answer; needed for images, and for rows that name none.")
@click.option("--question", metavar="Q", help="Question about the images; default: the task's own.")
@click.option("--choices", metavar="A,B,C", help="Labels to choose from, for images.")
@click.option(
    "--overlay",
    type=NewFolder(Path),
    metavar="DIR",
    help="Draw a PNG for each row into this folder, its images made small to 1600 px, of several to 1024 px.",
)
@asking_options
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY.PATH=VALUE", help="Set a configuration key; repeatable."
)
@click.pass_context
def command(ctx: click.Context, /, overrides: tuple[str, ...], config_source: str | None, **typed: Any) -> None:
    """Answer questions about images.

    SOURCES are images (for a task of two images, pairs in order: before, after), or one file or folder of rows. Answers go to stdout, or with --out to
    RUN/rows.jsonl: raw text, parsed answer, boxes in pixels of the original image, and the reason where an answer cannot be read.
    """
    config = configured(config_source, overrides, "predict", typed)
    refuse_without_effect(config.model.name, config.model.engine, "predict", typed, overrides)
    request = Request(ctx.obj.plugins, config, typed)
    summary = request.run()
    unread = ", ".join(f"{reason} {count}" for reason, count in sorted(summary.reasons.items())) or "none"
    click.echo(f"{summary.rows} rows, {len(summary.failures)} failed; unreadable answers: {unread}", err=True)
    summary.raise_for_faults()


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the command: the configuration and what else was typed."""

    plugins: Plugins
    config: Config
    typed: dict[str, Any]

    def run(self) -> Summary:
        """Read, ask, write; raises as the parts do."""
        from geovlm_cli.prediction import predict
        from geovlm_cli.report.pictures import make_folder

        typed = self.typed
        profile, style = speaker(self.plugins, self.config)
        batches, sha, dataset = self._batches(profile)
        if typed["overlay"]:
            make_folder(typed["overlay"])
        with ExitStack() as stack:
            total = sum(map(len, batches.values()))
            rows = self._row_file(stack, sha, total) if typed["out"] else None
            if dataset:
                echo_report(dataset, Path(typed["out"]) if rows else None)
            loaded = engine(self.config, "predict", typed, stack)
            return predict(
                loaded,
                self.plugins.tasks_named(batches),
                batches,
                asking(self.config, "predict", style),
                emit=rows.append if rows else _print,
                saved=rows,
                overlay=typed["overlay"],
                progress=stack.enter_context(progress("predict")),
            )

    def _batches(self, profile: Profile) -> tuple[Mapping[str, Batch], str, DataSet | None]:
        """Return what to ask about by task, its sha256, and the rows that were read, if they were."""
        sources: tuple[str, ...] = self.typed["sources"]
        images = [source for source in sources if source.lower().endswith(_SUFFIXES)]
        if len(images) == len(sources):
            return *self._of_images(images, profile), None
        if len(sources) > 1:
            raise ConfigError(
                f"Name images, or one file or folder of rows; `{clean(next(s for s in sources if s not in images))}` is no image."
            )
        dataset = self._of_rows(sources[0], profile)
        return dataset.batches_by_task(profile), dataset.sha256, dataset

    def _of_rows(self, source: str, profile: Profile) -> DataSet:
        from geovlm_cli.data.source import read_samples

        section = self.config.data
        return read_samples(
            source,
            find=self.plugins.task,
            loaders=self.plugins.loaders(),
            task=section.task,
            image_roots=section.image_roots,
            limit=section.limit,
            frame=section.frame or profile.frame,
            format_name=section.format,
            split=section.split,
        )

    def _of_images(self, images: Sequence[str], profile: Profile) -> tuple[Mapping[str, Batch], str]:
        from geovlm_cli.data.messages import prompt_text
        from geovlm_cli.prediction.images import image_samples
        from geovlm_cli.runs import canonical
        from geovlm_cli.task import Batch

        name = self.config.data.task
        if not name:
            raise ConfigError("Say what to ask about the images: name a task with --task (`geovlm tasks list`).")
        task = self.plugins.task(name)
        for missing in (image for image in images if not Path(image).is_file()):
            raise DataError(f"There is no image {clean(missing)}.")
        samples = image_samples(
            task, images, self.typed["question"] or "", tuple(filter(None, (self.typed["choices"] or "").split(",")))
        )
        if not prompt_text(task, samples[0], profile).strip():
            raise ConfigError(f"Task `{task.name}` has no question of its own; add --question.")
        asked = canonical([images, self.typed["question"], self.typed["choices"]])
        return {task.name: Batch(samples, profile)}, sha256(asked).hexdigest()

    def _row_file(self, stack: ExitStack, sha: str, total: int) -> RowFile:
        from geovlm_cli.config import anchored
        from geovlm_cli.generation.answering import is_to_be_asked_again
        from geovlm_cli.runs import RowFile, RunFolder

        values = anchored(self.config).model_dump(mode="json", include={"model", "data", "predict"})
        run = stack.enter_context(
            RunFolder.create(
                self.typed["out"],
                command="predict",
                config=values,
                seed=self.config.predict.seed,
                resume=self.typed["resume"],
                data_sha256=sha,
                may_change=may_change("predict"),
            )
        )
        batch = asking(self.config, "predict", "none").batch_size
        return stack.enter_context(
            RowFile(run.path / "rows.jsonl", batch=batch, total=total, again=is_to_be_asked_again)
        )


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    from geovlm_cli.runs import canonical

    for row in rows:
        click.echo(canonical(row).decode())
