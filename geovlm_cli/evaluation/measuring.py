"""What is measured so far, task by task, and what results.json makes of it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from geovlm_cli.benchmarks import Benchmark
from geovlm_cli.errors import ConfigError, DataError, ModelError, PluginError, clean
from geovlm_cli.evaluation.bootstrap import DRAWS
from geovlm_cli.evaluation.protocols import choose
from geovlm_cli.evaluation.scored import TaskScores
from geovlm_cli.evaluation.summary import summarise
from geovlm_cli.generation.answering import CAUSES, Answer, Asking, Failure
from geovlm_cli.profiles import Profile, Structure
from geovlm_cli.rewards import check_frame_is_declared, meteor_stages, resolve
from geovlm_cli.task import Batch, Task

logger = logging.getLogger(__name__)

SCHEMA = "geovlm-results/1"
MAX_FAILED = 0.01
MANY_FLAWED = 0.1
MAX_FLAWED = 0.5
_VOTING = ("label", "answer", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to measure; a value that cannot be meant is a ConfigError. protocols: () = all that each task has. structure: None = the profile's, `any` where there is none.

    draws: of the bootstrap; 0 = no intervals. asking: how a model is asked, its seed also the bootstrap's. benchmark: the one that is measured,
    for results.json.
    """

    protocols: Sequence[str] = ()
    structure: Structure | None = None
    draws: int = DRAWS
    asking: Asking = field(default_factory=Asking)
    benchmark: Benchmark | None = None

    def __post_init__(self) -> None:
        if isinstance(self.protocols, str) or not all(isinstance(name, str) for name in self.protocols):
            raise ConfigError(
                f"Settings(protocols=…) takes a list of names such as ['strict'], not {self.protocols!r}."
            )
        if isinstance(self.draws, bool) or not isinstance(self.draws, int) or self.draws < 0:
            raise ConfigError(
                f"Settings(draws=…) takes a whole number from 0 on, where 0 is no intervals, not {self.draws!r}."
            )
        if self.structure not in (None, *get_args(Structure)):
            raise ConfigError(
                f"Settings(structure=…) takes {', '.join(get_args(Structure))} or None, not {self.structure!r}."
            )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What results.json holds, and what must still end the run with an error: faults of plugins, rows that could not be asked, how many times a server failed one, and tasks of mostly bad truth."""

    results: dict[str, Any]
    plugin_errors: tuple[str, ...]
    failures: tuple[str, ...]
    by_server: int = 0
    mostly_flawed: tuple[str, ...] = ()

    def raise_if_unanswered(self) -> None:
        """Raise where no row has an answer, so that there are no figures: ModelError where a server failed them, else DataError."""
        data = self.results["data"]
        if not self.failures or data["failed"] < data["n"]:
            return
        kind = ModelError if self.by_server else DataError
        raise kind(f"No row of {data['n']} was answered. The first: {self.failures[0]}")

    def raise_for_faults(self) -> None:
        """Raise PluginError where a plugin failed on a row, DataError where more than 1 % of the rows could not be read or have no answer, or where more than half of a task's have bad truth."""
        if self.plugin_errors:
            raise PluginError(f"{len(self.plugin_errors)} rows carry plugin_error; the first: {self.plugin_errors[0]}")
        data = self.results["data"]
        lost, whole = data["failed"] + data["rejected"], data["n"] + data["rejected"]
        if lost > MAX_FAILED * whole:
            first = f" The first: {self.failures[0]}" if self.failures else ""
            raise DataError(
                f"{lost} of {whole} rows could not be read or have no answer, more than {MAX_FAILED:.0%}; the figures leave them out.{first}"
            )
        if self.mostly_flawed:
            raise DataError(self.mostly_flawed[0])


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one task with their answers: `batch` holds a sample for each answer; rows: their numbers (from 0) among the task's; ks: of the samples."""

    task: str
    batch: Batch
    rows: Sequence[int]
    ks: Sequence[int]
    answers: Sequence[Answer]


class Measuring:
    """The scores of every task that was met so far. asks: is a model asked, or are its answers saved? samples: answers a row."""

    def __init__(
        self, find: Callable[[str], Task], profile: Profile | None, settings: Settings, *, asks: bool = True
    ) -> None:
        self.profile, self.settings, self.asks = profile, settings, asks
        self.samples = settings.asking.samples if asks else 1
        self.structure: Structure = settings.structure or (profile.structure if profile else "any")
        self.found: dict[str, TaskScores] = {}
        self.by_server = 0
        self._find = find

    def task(self, name: str) -> TaskScores:
        """Return the scores of a task, empty at first; raises ConfigError for a protocol that it lacks and for boxes without a profile."""
        if name not in self.found:
            task = resolve(self._find(name))
            check_frame_is_declared(task, self.profile)
            votes = self.samples > 1 and task.kind in _VOTING
            chosen = choose(task, self.settings.protocols)
            self.found[name] = TaskScores(task, chosen, self.structure, self.samples, votes)
        return self.found[name]

    def scored(self, part: Part, *, wants_records: bool) -> Iterable[dict[str, Any]]:
        """Score a part and return its records for rows.jsonl, if wanted, made as they are asked for."""
        found = self.found[part.task]
        answers = part.answers
        if Failure not in {type(answer) for answer in answers}:
            return found.add(part.batch, part.rows, answers, part.ks, wants_records=wants_records)  # type: ignore[arg-type]  # all are texts
        asked = [i for i, answer in enumerate(answers) if not isinstance(answer, Failure)]
        rows, ks, texts = [part.rows[i] for i in asked], [part.ks[i] for i in asked], [str(answers[i]) for i in asked]
        self.by_server += sum(answer.by_server for answer in answers if isinstance(answer, Failure))
        records = iter(found.add(part.batch.take(asked), rows, texts, ks, wants_records=wants_records) if asked else ())
        failed = {
            i: found.fail(part.batch[i], part.rows[i], answer, part.ks[i])
            for i, answer in enumerate(answers)
            if isinstance(answer, Failure)
        }
        return [failed[i] if i in failed else next(records) for i in range(len(answers))] if wants_records else []

    def outcome(self, model: str | None, about: Mapping[str, Any]) -> Outcome:
        """Return the content of results.json, and warn of a task of which a tenth has bad truth; raises DataError for data of nothing else. about: the data."""
        flawed = sum(int(part.sum()) for found in self.found.values() for part in found.flawed)
        if flawed == about["n"]:
            raise DataError(
                f"All {flawed} rows of {clean(about['source'])} have bad truth as {', '.join(self.found)}, so nothing can be measured; the first: {self._first_flaw()}. Is it the task of this data?"
            )
        mostly_flawed = tuple(self._mostly_flawed())
        failures = [failure for found in self.found.values() for failure in found.failed.values()]
        asking = self.settings.asking
        parts = {
            name: summarise(found, samples=self.samples, draws=self.settings.draws, seed=asking.seed)
            for name, found in self.found.items()
        }
        results: dict[str, Any] = {
            "schema": SCHEMA,
            "model": model,
            "data": {**about, "flawed": flawed, **_unanswered(failures)},
            "profile": self.profile.name if self.profile else None,
            "structure": self.structure,
            "samples": self.samples,
            "temperature": asking.temperature if self.asks else None,
            "seed": asking.seed,
            "protocols": {p.name: p.version for found in self.found.values() for p in found.protocols},
            **{
                key: {name: part[key] for name, part in parts.items()}
                for key in ("metrics", "reasons", "slices", "slice_rows")
            },
        }
        if unsliced := {name: part["unsliced"] for name, part in parts.items() if part["unsliced"]}:
            results["unsliced"] = unsliced
        if self.samples > 1:
            results["pass_at"] = {
                name: {"component": next(iter(found.task.rewards)), "threshold": found.task.pass_at}
                for name, found in self.found.items()
            }
        if (benchmark := self.settings.benchmark) is not None:
            results["benchmark"] = {
                "name": benchmark.name,
                "task": benchmark.task,
                "protocol": benchmark.protocol,
                "rows": benchmark.rows,
                "published": {model: dict(found) for model, found in benchmark.published.items()},
            }
        if any("meteor" in metrics for part in parts.values() for metrics in part["metrics"].values()):
            results["meteor_stages"] = list(meteor_stages())
        errors = [error for found in self.found.values() for error in found.errors]
        sentences = tuple(failure.sentence for failure in failures)
        return Outcome(results, tuple(errors), sentences, self.by_server, mostly_flawed)

    def _mostly_flawed(self) -> Iterator[str]:
        """Yield a sentence for each task of which more than half has bad truth; log one for those with less that have still more than a tenth."""
        for name, found in self.found.items():
            flawed = sum(int(part.sum()) for part in found.flawed)
            said = f"{flawed} of {found.rows} rows have bad truth as {name}; strict leaves them out. The first: {clean(str(found.first_flaw)).rstrip('.')}. Is it the task of this data?"
            if flawed > MAX_FLAWED * found.rows:
                yield said
            elif flawed > MANY_FLAWED * found.rows:
                logger.warning("%s", said)

    def _first_flaw(self) -> str:
        return clean(next(found.first_flaw for found in self.found.values() if found.first_flaw)).rstrip(".")


def _unanswered(failures: Sequence[Failure]) -> dict[str, Any]:
    """Return what results.json says of rows without an answer: how many, and by cause how many and why the first."""
    first = {failure.cause: failure.sentence for failure in reversed(failures)}
    counts = Counter(failure.cause for failure in failures)
    causes = {cause: {"n": counts[cause], "first": first[cause]} for cause in CAUSES if cause in counts}
    return {"failed": len(failures), **({"unanswered": causes} if causes else {})}
