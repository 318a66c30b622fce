"""Whole rewards: where a task's parser and rewards are built-ins, one Rust call takes the completions of a batch to their scores.

It composes the functions that the steps call, answer by answer instead of column by column (docs/explanation/speed.md), and keeps
nothing of an answer; who asks for the answers gets them from the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import score_boxes, score_labels, score_texts
from geovlm_cli.profiles import Structure
from geovlm_cli.rewards import scores
from geovlm_cli.rewards.parsers import BoxParser, LabelParser, TextParser
from geovlm_cli.rewards.scores.labels import OF_COUNTS
from geovlm_cli.rewards.truth import box_form, box_truth, label_truth, rows_of, text_truth
from geovlm_cli.rewards.variants import component
from geovlm_cli.task import Batch, Task

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Whole:
    """format float64[n] and codes uint8[n] as the structure and the parser give them, and the components."""

    format: Column
    codes: NDArray[np.uint8]
    columns: dict[str, Column]


@dataclass(frozen=True, slots=True)
class _Work:
    """Completions and how to read them."""

    completions: Sequence[str]
    batch: Batch
    structure: Structure

    @property
    def shared(self) -> dict[str, Any]:
        """The arguments that every whole reward takes."""
        profile = self.batch.profile
        opens_think = profile is not None and profile.opens_think
        return {"rows": rows_of(self.batch), "structure": self.structure, "opens_think": opens_think}


@dataclass(frozen=True, slots=True)
class _Reward:
    """A built-in score with the options that a task binds to it."""

    function: Callable[..., Any]
    options: dict[str, Any]

    @classmethod
    def of(cls, reward: Callable[..., Any]) -> _Reward:
        if isinstance(reward, partial) and not reward.args:
            return cls(reward.func, reward.keywords)
        return cls(reward, {})

    def is_plain(self, function: Callable[..., Any], *options: str) -> bool:
        """Say whether it is this score with no other options than these."""
        return self.function is function and self.options.keys() <= set(options)


def whole(
    task: Task, completions: Sequence[str], batch: Batch, names: Sequence[str], structure: Structure
) -> Whole | None:
    """Score the named components of a resolved task in one pass; None where the steps have to be taken one by one."""
    make = _MAKERS.get(type(task.parse))
    if make is None or not isinstance(completions, list | tuple):
        return None
    rewards = {name: _Reward.of(component(task, name)) for name in names}
    return make(task.parse, rewards, _Work(completions, batch, structure))


def _boxes(parser: BoxParser, rewards: Mapping[str, _Reward], work: _Work) -> Whole | None:
    if len(rewards) != 1:
        return None
    [(name, reward)] = rewards.items()
    of_one = parser.one and reward.is_plain(scores.referring, "angles")
    if not of_one and (parser.one or not reward.is_plain(scores.detection, "min_iou", "angles")):
        return None
    form = box_form(work.batch)
    truth = box_truth(work.batch, form.frame, form.numbers)
    how: dict[str, Any] = {"syntax": form.syntax, "extents": form.extents, "one": parser.one}
    kept, codes, column = score_boxes(work.completions, truth, **work.shared, **how, **reward.options)
    return Whole(kept, codes, {name: column})


def _labels(parser: LabelParser, rewards: Mapping[str, _Reward], work: _Work) -> Whole | None:
    if not all(any(reward.is_plain(function) for function in OF_COUNTS) for reward in rewards.values()):
        return None
    truth = label_truth(work.batch, parser.vocabulary)
    counts = any(reward.function is not scores.equal for reward in rewards.values())
    kept, codes, found = score_labels(work.completions, truth, **work.shared, many=parser.many, counts=counts)
    columns = {name: OF_COUNTS[reward.function](*found.T) if counts else found for name, reward in rewards.items()}
    return Whole(kept, codes, columns)


def _texts(_: TextParser, rewards: Mapping[str, _Reward], work: _Work) -> Whole | None:
    if len(rewards) != 1:
        return None
    [(name, reward)] = rewards.items()
    options = dict(reward.options)
    score: Any  # the name that the call takes
    if reward.is_plain(scores.lcs_f, "several"):
        score = "lcs_f"
    elif reward.is_plain(scores.token_jaccard, "several"):
        score = "jaccard"
    elif reward.is_plain(scores.rouge, "variant", "stemmer", "rate", "several"):
        score = options.pop("variant", "rougeL")
    else:
        return None
    kept, codes, column = score_texts(work.completions, text_truth(work.batch), **work.shared, score=score, **options)
    return Whole(kept, codes, {name: column})


_MAKERS: dict[type, Callable[[Any, Mapping[str, _Reward], _Work], Whole | None]] = {
    BoxParser: _boxes,
    LabelParser: _labels,
    TextParser: _texts,
}
