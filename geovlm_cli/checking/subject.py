"""What the checks of one task share: its rows of sound truth, and what a perfect model would write for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geovlm_cli.checking.findings import spread
from geovlm_cli.data.messages import prompt_text, target_text
from geovlm_cli.errors import ConfigError, DataError
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import FORMAT, component_weights, resolve
from geovlm_cli.task import Batch, Sample, Task

Rewards = Mapping[str, Mapping[str, float]]
NO_REWARDS: Rewards = {}


@dataclass(frozen=True, slots=True)
class Subject:
    """A resolved task with the rows that can be asked and scored, their prompts and the completions of a perfect model.

    trained: weight of each reward component that training will use.
    """

    task: Task
    profile: Profile
    batch: Batch
    prompts: list[str]
    targets: list[str]
    trained: Mapping[str, float]

    @property
    def earned(self) -> list[str]:
        """The components of `trained` that pay; the others are penalties or only logged."""
        return [name for name, weight in self.trained.items() if weight > 0]

    def some(self, room: int) -> Subject:
        """Return at most `room` of the rows, spread over all."""
        rows = spread(len(self.batch), room)
        return Subject(
            self.task,
            self.profile,
            self.batch.take(np.array(rows, dtype=np.int64)),  # type: ignore[arg-type]  # the fast form of `take`
            [self.prompts[row] for row in rows],
            [self.targets[row] for row in rows],
            self.trained,
        )


def subjects(
    batches: Mapping[str, Batch], tasks: Mapping[str, Task], profile: Profile, rewards: Rewards = NO_REWARDS
) -> list[Subject]:
    """Return a subject for each task that has a row of sound truth; rows that give no prompt are left out, the check of prompts names them.

    rewards: component weights by task, as the section `rewards` has them; a task left out is trained on its first component. Raises ConfigError
    for a component that a task does not have.
    """
    made = [_subject(resolve(tasks[name]), batch, profile, rewards.get(name)) for name, batch in batches.items()]
    return [subject for subject in made if len(subject.batch)]


def _trained(task: Task, weights: Mapping[str, float] | None) -> dict[str, float]:
    used = {name: weight for name, weight in component_weights(task, weights).items() if name != FORMAT and weight}
    if not any(weight > 0 for weight in used.values()):
        raise ConfigError(
            f"No reward of task `{task.name}` has a positive weight; name one with --reward {task.name}.{next(iter(task.rewards))}."
        )
    return used


def _subject(task: Task, batch: Batch, profile: Profile, weights: Mapping[str, float] | None) -> Subject:
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
    return Subject(task, profile, Batch(samples, profile), prompts, targets, _trained(task, weights))
