"""The rows that a training run learns from: read, checked, flawed ones left out, each with its place in the batch of its task."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geovlm_cli.data.source import check_images, read_samples
from geovlm_cli.errors import ConfigError, DataError, clean, counted
from geovlm_cli.rewards import resolve
from geovlm_cli.task import Batch, Sample, Task

if TYPE_CHECKING:
    from geovlm_cli.config.sections import DataSection
    from geovlm_cli.data.dataset import DataSet
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.profiles import Profile


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Rows by number 0 … n-1, which is the column `row` of the data set that TRL sees.

    tasks: resolved tasks by name. batches: one a task. places: the task and the position in its batch of every row. left_out: reasons and
    how many rows each cost.
    """

    tasks: Mapping[str, Task]
    batches: Mapping[str, Batch]
    places: list[tuple[str, int]]
    left_out: Counter[str]
    sha256: str

    def __len__(self) -> int:
        return len(self.places)

    def task_of(self, row: int) -> Task:
        """Return the task of a row."""
        return self.tasks[self.places[row][0]]

    def sample(self, row: int) -> Sample:
        """Return the sample of a row."""
        task, position = self.places[row]
        return self.batches[task][position]

    def counts(self) -> dict[str, int]:
        """Return the number of rows by task."""
        return {task: len(batch) for task, batch in self.batches.items()}


def read_rows(section: DataSection, plugins: Plugins, profile: Profile) -> TrainingRows:
    """Read the training data of a configuration.

    Rows with bad truth, or with an image that does not open or that the model refuses, are left out and counted. Raises DataError where they are more than
    `data.max_flawed`, or where nothing is left; ConfigError where no data is named.
    """
    sources = [section.train] if isinstance(section.train, str) else section.train
    if not sources:
        raise ConfigError("No training data is named; set data.train to a file or folder of rows.")
    sets = [_read(source, section, plugins, profile) for source in sources]
    batches: dict[str, list[Sample]] = {}
    left_out: Counter[str] = Counter()
    for data in sets:
        left_out.update(row.why for row in data.rejected)
        for task, batch in data.batches_by_task(profile).items():
            batches.setdefault(task, []).extend(_usable(batch, plugins, profile, left_out))
    rows = _placed(batches, plugins, profile, left_out, _digest(sets))
    _refuse_flawed(rows, section)
    return rows


def _read(source: str, section: DataSection, plugins: Plugins, profile: Profile) -> DataSet:
    return read_samples(
        source,
        find=plugins.task,
        loaders=plugins.loaders(),
        task=section.task,
        image_roots=section.image_roots,
        limit=section.limit,
        frame=section.frame or profile.frame,
        format_name=section.format,
        split=section.split,
    )


def _usable(batch: Batch, plugins: Plugins, profile: Profile, left_out: Counter[str]) -> list[Sample]:
    sound = (sample for sample in batch if not sample.flaw)
    unopened = {row.id: row.why for row in check_images(sound, plugins.task, profile)}
    left_out.update(sample.flaw or unopened[sample.id] for sample in batch if sample.flaw or sample.id in unopened)
    return [sample for sample in batch if not sample.flaw and sample.id not in unopened]


def _placed(
    batches: Mapping[str, list[Sample]], plugins: Plugins, profile: Profile, left_out: Counter[str], sha256: str
) -> TrainingRows:
    filled = {task: samples for task, samples in batches.items() if samples}
    return TrainingRows(
        tasks={task: resolve(plugins.task(task)) for task in filled},
        batches={task: Batch(samples, profile) for task, samples in filled.items()},
        places=[(task, position) for task, samples in filled.items() for position in range(len(samples))],
        left_out=left_out,
        sha256=sha256,
    )


def _digest(sets: list[DataSet]) -> str:
    if len(sets) == 1:
        return sets[0].sha256
    return hashlib.sha256("\n".join(data.sha256 for data in sets).encode()).hexdigest()


def _refuse_flawed(rows: TrainingRows, section: DataSection) -> None:
    bad = rows.left_out.total()
    whole = bad + len(rows)
    reason, count = rows.left_out.most_common(1)[0] if bad else ("", 0)
    why = f"; most often ({counted(count, 'time')}): {reason.rstrip('.')}" if bad else ""
    if not len(rows):
        named = section.train if isinstance(section.train, str) else ", ".join(section.train or ())
        raise DataError(f"No row of {clean(named)} can be trained on{why}.")
    if bad > section.max_flawed * whole:
        raise DataError(
            f"{bad} of {counted(whole, 'training row')} {'is' if bad == 1 else 'are'} flawed ({bad / whole:.1%}), more than data.max_flawed={section.max_flawed}{why}. "
            f"Mend them, or type data.max_flawed={_rounded_up(bad / whole)} to leave them out."
        )


def _rounded_up(fraction: float) -> float:
    return min(1.0, int(fraction * 100 + 1) / 100)
