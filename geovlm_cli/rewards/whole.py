"""Whole rewards: where a task's parser and rewards are built-ins, one Rust call takes the completions of a batch to their scores.

It composes the functions that the steps call, answer by answer instead of column by column (docs/explanation/speed.md), and keeps
nothing of an answer; who asks for the answers gets them from the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import (
    RewardInputError,
    count_labels,
    score_answers,
    score_boxes,
    score_grounded,
    score_labels,
    score_texts,
)
from geovlm_cli.profiles import Structure
from geovlm_cli.rewards import scores
from geovlm_cli.rewards.arguments import fraction, one_of
from geovlm_cli.rewards.named import component
from geovlm_cli.rewards.parsers import BoxParser, GroundedParser, LabelParser, TextParser, VqaParser
from geovlm_cli.rewards.scores.common import ANGLES, SEVERAL
from geovlm_cli.rewards.scores.grounding import mixed
from geovlm_cli.rewards.scores.labels import OF_COUNTS
from geovlm_cli.rewards.scores.rouge import Rate, Variant
from geovlm_cli.rewards.truth import answer_truth, box_form, box_truth, label_truth, rows_of, text_truth
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
        """Say whether it is this score with no other options than these, each of a value that it may have; the score itself refuses others."""
        return (
            self.function is function
            and self.options.keys() <= set(options)
            and all(map(_is_fit, self.options.items()))
        )


_CHOICES: Mapping[str, Sequence[Any]] = {
    "angles": ANGLES,
    "several": SEVERAL,
    "stemmer": (True, False),
    "rate": get_args(Rate),
    "variant": get_args(Variant),
}


def _is_fit(option: tuple[str, Any]) -> bool:
    name, value = option
    try:
        one_of(name, value, _CHOICES[name]) if name in _CHOICES else fraction(name, value)
    except RewardInputError:
        return False
    return True


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
    if all(reward.function is scores.equal for reward in rewards.values()):
        kept, codes, equal = score_labels(work.completions, truth, **work.shared, many=parser.many)
        return Whole(kept, codes, dict.fromkeys(rewards, equal))
    kept, codes, counts = count_labels(work.completions, truth, **work.shared, many=parser.many)
    return Whole(kept, codes, {name: OF_COUNTS[reward.function](*counts) for name, reward in rewards.items()})


def _answers(parser: VqaParser, rewards: Mapping[str, _Reward], work: _Work) -> Whole | None:
    if parser.reads == "yes_no" or not all(reward.is_plain(scores.equal) for reward in rewards.values()):
        return None
    truth = answer_truth(work.batch, count=parser.reads == "count")
    kept, codes, equal = score_answers(work.completions, truth, **work.shared)
    return Whole(kept, codes, dict.fromkeys(rewards, equal))


def _texts(_: TextParser, rewards: Mapping[str, _Reward], work: _Work) -> Whole | None:
    asked = [asked for reward in rewards.values() if (asked := _text_score(reward))]
    if not asked or len(asked) < len(rewards):
        return None
    kept, codes, columns = score_texts(work.completions, text_truth(work.batch), **work.shared, scores=asked)
    return Whole(kept, codes, dict(zip(rewards, columns, strict=True)))


def _text_score(reward: _Reward) -> tuple[str, bool, str, str] | None:
    """Return name, stemmer, rate and combination of a score of texts, as the call takes them; None for another."""
    options = {"stemmer": False, "rate": "f", "several": "best", **reward.options}
    if reward.is_plain(scores.lcs_f, "several"):
        name = "lcs_f"
    elif reward.is_plain(scores.token_jaccard, "several"):
        name = "jaccard"
    elif reward.is_plain(scores.rouge, "variant", "stemmer", "rate", "several"):
        name = options.get("variant", "rougeL")
    else:
        return None
    return name, options["stemmer"], options["rate"], options["several"]


def _grounded(_: GroundedParser, rewards: Mapping[str, _Reward], work: _Work) -> Whole | None:
    known = ((scores.grounding, ("box_weight",)), (scores.detection, ()), (scores.lcs_f, ()))
    if not all(any(reward.is_plain(function, *options) for function, options in known) for reward in rewards.values()):
        return None
    form = box_form(work.batch)
    truths = box_truth(work.batch, form.frame, form.numbers), text_truth(work.batch)
    how: dict[str, Any] = {**work.shared, "syntax": form.syntax, "extents": form.extents}
    kept, codes, columns = score_grounded(work.completions, *truths, **how)
    found: Column
    said: Column
    found, said = columns

    def column(reward: _Reward) -> Column:
        if reward.function is scores.grounding:
            return mixed(found, said, **reward.options)
        return found if reward.function is scores.detection else said

    return Whole(kept, codes, {name: column(reward) for name, reward in rewards.items()})


_MAKERS: dict[type, Callable[[Any, Mapping[str, _Reward], _Work], Whole | None]] = {
    BoxParser: _boxes,
    GroundedParser: _grounded,
    LabelParser: _labels,
    TextParser: _texts,
    VqaParser: _answers,
}
