"""What the checks of one task share: its rows of sound truth, and what a perfect model would write for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geovlm_cli.checking.findings import spread
from geovlm_cli.data.messages import prompt_text, target_text
from geovlm_cli.errors import DataError
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import resolve
from geovlm_cli.task import Batch, Sample, Task


@dataclass(frozen=True, slots=True)
class Subject:
    """A resolved task with the rows that can be asked and scored, their prompts and the completions of a perfect model."""

    task: Task
    profile: Profile
    batch: Batch
    prompts: list[str]
    targets: list[str]

    def some(self, room: int) -> Subject:
        """Return at most `room` of the rows, spread over all."""
        rows = spread(len(self.batch), room)
        return Subject(
            self.task,
            self.profile,
            self.batch.take(np.array(rows, dtype=np.int64)),  # type: ignore[arg-type]  # the fast form of `take`
            [self.prompts[row] for row in rows],
            [self.targets[row] for row in rows],
        )


def subjects(batches: Mapping[str, Batch], tasks: Mapping[str, Task], profile: Profile) -> list[Subject]:
    """Return a subject for each task that has a row of sound truth; rows that give no prompt are left out, the check of prompts names them."""
    return [
        made for name, batch in batches.items() if len((made := _subject(resolve(tasks[name]), batch, profile)).batch)
    ]


def _subject(task: Task, batch: Batch, profile: Profile) -> Subject:
    samples: list[Sample] = []
    prompts: list[str] = []
    targets: list[str] = []
    for sample in batch:
        if sample.flaw:
            continue
        try:
            texts = prompt_text(task, sample, profile), target_text(task, sample, profile)
        except DataError:
            continue
        samples.append(sample)
        prompts.append(texts[0])
        targets.append(texts[1])
    return Subject(task, profile, Batch(samples, profile), prompts, targets)
