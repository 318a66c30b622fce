"""One run of `geovlm eval`: what was typed and configured becomes rows, a model or saved answers, and figures."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from geovlm_cli.commands._asking import adjusted, asking, echo_report, engine, may_change, speaker
from geovlm_cli.commands._progress import progress
from geovlm_cli.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.config import Config
    from geovlm_cli.data.source import DataSet, RowStream
    from geovlm_cli.evaluation import Outcome
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.profiles import Profile
    from geovlm_cli.runs import RunFolder


_SCORING = ("eval.draws", "eval.protocols")
_READING = ("model.profile", "model.structure", "model.answer_frame", "eval.seed", "seed")  # of saved answers


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the command: the configuration and what else was typed."""

    plugins: Plugins
    config: Config
    typed: dict[str, Any]
    has_config: bool

    def run(self) -> Outcome:
        """Read, ask or take over, measure; raises as the parts do."""
        self._refuse_greedy_repeats()
        profile, style = self._speaker()
        dataset = self._rows(profile)
        if profile is None and dataset.profile:
            profile = adjusted(self.plugins.profile(dataset.profile), self.config.model)
        if profile is None and (frame := self.config.model.answer_frame):
            raise ConfigError(
                f"--answer-frame is {frame}, and nothing says how the boxes are written; name the profile of the model that wrote them with --profile (`geovlm profiles list`)."
            )
        with ExitStack() as stack:
            run = stack.enter_context(self._run_folder(dataset)) if self.typed["out"] else None
            outcome = self._measure(stack, dataset, profile, style, run)
            echo_report(dataset, run.path if run else None)
            if run and self.typed["report"]:
                self._report(run, dataset.whole(), profile, outcome)
            return outcome

    def _refuse_greedy_repeats(self) -> None:
        repeats = {"samples": self.config.eval.samples > 1, "seeds": bool(self.typed["seeds"])}
        several = next((name for name, wanted in repeats.items() if wanted), None)
        if several and self.config.eval.temperature == 0 and self.typed["predictions"] is None:
            raise ConfigError(f"Several {several} of a greedy model are all the same; add --temperature 1.")

    def _report(self, run: RunFolder, dataset: DataSet, profile: Profile | None, outcome: Outcome) -> None:
        from geovlm_cli.evaluation.published import marks, tables
        from geovlm_cli.evaluation.slices import slices
        from geovlm_cli.report import html

        tasks = self.plugins.tasks_named(sample.task for sample in dataset.samples)
        benchmarks = [self.plugins.benchmark(self.typed["benchmark"])] if self.typed["benchmark"] else []
        ours = {benchmark.name: outcome.results for benchmark in benchmarks}
        published = html.Published(tables(benchmarks, ours), marks(benchmarks, ours))
        path = html.write(run.path, dataset.samples, tasks, profile, slices, published)
        click.echo(f"report: {path}", err=True)
        if drawn := html.drawn(run.path):
            click.echo(f"pictures of its answers: {drawn}", err=True)

    def _speaker(self) -> tuple[Profile | None, str]:
        typed, section = self.typed, self.config.model
        if typed["predictions"] is None:
            if not (typed["name"] or self.has_config):
                raise ConfigError("Nothing to measure: name a model with --model, or saved answers with --predictions.")
            return speaker(self.plugins, self.config)
        if typed["name"] or self.config.eval.samples > 1:
            raise ConfigError("--predictions holds saved answers; it goes with neither --model nor --samples.")
        profile = self.plugins.profile(section.profile) if section.profile else None
        return adjusted(profile, section) if profile else None, "none"

    def _rows(self, profile: Profile | None) -> DataSet | RowStream:
        """Open the rows; all of them are read at once only where more is done with them than to score their saved answers."""
        from geovlm_cli.data.source import join_predictions, open_rows

        named, predictions = self._source(), self.typed["predictions"]
        only_scored = predictions is not None and not named and not self.typed["report"]
        section = self.config.data
        stream = open_rows(
            named or predictions,
            find=self.plugins.task,
            loaders=self.plugins.loaders(),
            task=self.config.eval.task or section.task,
            image_roots=section.image_roots,
            limit=section.limit,
            frame=section.frame or (profile.frame if profile else None),
            format_name=section.format,
            split=section.split,
            finds_images=not only_scored,
        )
        if only_scored:
            return stream
        return join_predictions(stream.whole(), predictions) if named and predictions else stream.whole()

    def _source(self) -> str | None:
        """Return what `--data` or the configuration names; raises ConfigError where nothing is named at all, or several sources are."""
        data = self.config.eval.data
        if isinstance(data, list) and len(data) > 1:
            raise ConfigError(
                f"eval measures one source at a time, and `eval.data` names {len(data)}; run it once for each."
            )
        named = data[0] if isinstance(data, list) and data else data
        if not named and not self.typed["predictions"]:
            raise ConfigError("No data: name rows with --data (or `eval.data` in the configuration).")
        return str(named) if named else None

    def _run_folder(self, dataset: DataSet | RowStream) -> AbstractContextManager[RunFolder]:
        from geovlm_cli.config import anchored
        from geovlm_cli.runs import RunFolder

        saved = dataset.predictions
        values = anchored(self.config).model_dump(mode="json", include={"model", "data", "eval"})
        return RunFolder.create(
            self.typed["out"],
            command="eval",
            config=values,
            seed=self.config.eval.seed,
            resume=self.typed["resume"],
            data_sha256={"data": dataset.sha256, "predictions": saved.sha256} if saved else dataset.sha256,
            may_change=self._may_change(),
        )

    def _may_change(self) -> tuple[str, ...]:
        """Return the keys that change no answer, only what is made of them; all rows are scored again whatever they are."""
        return (*_SCORING, *(may_change("eval") if self.typed["predictions"] is None else _READING))

    def _measure(
        self, stack: ExitStack, dataset: DataSet | RowStream, profile: Profile | None, style: str, run: RunFolder | None
    ) -> Outcome:
        from geovlm_cli.evaluation import Settings, measure

        section, typed, asks = self.config.eval, self.typed, self.typed["predictions"] is None
        benchmark = self.plugins.benchmark(typed["benchmark"]) if typed["benchmark"] else None
        settings = Settings(
            protocols=_with_published(section.protocols, benchmark),
            structure=self.config.model.structure,
            draws=section.draws,
            asking=asking(self.config, "eval", style),
            benchmark=benchmark,
        )
        loaded = engine(self.config, "eval", typed, stack) if asks else None
        if run and benchmark:
            run.record(benchmark=benchmark.name)
        if run and loaded:
            run.record(device=loaded.device)
        return measure(
            dataset,
            self.plugins.task,
            profile,
            engine=loaded,
            run=run,
            settings=settings,
            model=self.config.model.name if asks else None,
            progress=stack.enter_context(progress("eval")),
        )


def _with_published(protocols: Sequence[str], benchmark: Benchmark | None) -> list[str]:
    """Return the protocols that are asked for, and the one of the benchmark's published figures, which ours stand beside."""
    published = [benchmark.protocol] if protocols and benchmark else []
    return list(dict.fromkeys([*protocols, *published]))
