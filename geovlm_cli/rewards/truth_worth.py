"""What a truth is worth once it is written down: rounding to the step of a model's frame moves boxes, and that alone may cost a perfect answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.boxes import Grounded, boxes_of, expressible, written
from geovlm_cli.errors import PluginError
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import scores
from geovlm_cli.rewards.kinds import resolve
from geovlm_cli.rewards.named import component
from geovlm_cli.rewards.parsers import BoxParser, GroundedParser
from geovlm_cli.rewards.scoring import components
from geovlm_cli.task import Batch, Kind, Reward, Sample, Task

Column = NDArray[np.float64]


def worth_of_truth(task: Task, batch: Batch, name: str) -> Column:
    """Return the least that a perfect completion must earn in a component: float64[n].

    For answers in boxes: what the component pays the true boxes, rounded to the profile's step. A component of a plugin's must pay them 1 before
    they are rounded; where it does not, or reads answers of its own, the kind's own score of the rounded boxes stands in. Else what a built-in
    component pays the truth itself, and 1 for a plugin's. The batch has a profile and sound truth. Raises as the built-in scores do.
    """
    task = resolve(task)
    reward = component(task, name)
    builtin = scores.is_builtin(reward)
    if not any(boxes_of(sample.reference) is not None for sample in batch):
        plain = [_plain(sample.reference, task.kind) for sample in batch]
        return _paid(task, reward, plain, batch) if builtin else np.ones(len(batch))
    rounded = [_moved(sample, batch.profile, exactly=False) for sample in batch]
    if isinstance(task.parse, BoxParser | GroundedParser):
        exact = [_moved(sample, batch.profile, exactly=True) for sample in batch]
        try:
            if builtin or bool((_paid(task, reward, exact, batch) >= 1 - 1e-6).all()):
                return _paid(task, reward, rounded, batch)
        except PluginError:  # the score of the truth itself names what is wrong
            pass
    own = next(iter(resolve(Task(name=task.name, kind=task.kind, summary="")).rewards.values()))
    return _paid(task, own, rounded, batch)


def _paid(task: Task, reward: Reward, answers: list[Any], batch: Batch) -> Column:
    return components(replace(task, rewards={"worth": reward}), answers, batch, on_error="stop")["worth"]


def _moved(sample: Sample, profile: Profile | None, *, exactly: bool) -> Any:
    """Return the truth as an answer: as far as the syntax can say it at all, and unless `exactly` rounded."""
    true = boxes_of(sample.reference)
    if true is None or profile is None or profile.frame is None:
        return sample.reference
    if exactly:
        extent = profile.extent(true.frame, sample.image_size)
        said = replace(true, array=expressible(true.array, extent, profile.box_numbers))
    else:
        said = written(true, sample, profile)
    return Grounded(sample.reference.text, said) if isinstance(sample.reference, Grounded) else said


def _plain(reference: Any, kind: Kind) -> Any:
    return reference[0] if kind == "text" and not isinstance(reference, str) else reference
