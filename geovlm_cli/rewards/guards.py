"""Penalties that any task can name beside its rewards: `rewards.<task>: {f1: 1.0, repetition: -0.2}`. Each lies in [0, 1] and takes a weight of at most 0.

They look at the whole completion, thoughts included, so that an answer which cannot be read escapes none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import (
    BoxColumn,
    RewardInputError,
    Texts,
    completion_bytes,
    repeated_boxes,
    repeated_words,
)
from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.rewards.arguments import above_zero, sequence, whole_above_zero
from geovlm_cli.rewards.columns import Answers, BoxAnswers, GroundedAnswers
from geovlm_cli.rewards.parsers import BoxParser, GroundedParser
from geovlm_cli.rewards.scores.boxes import boxes_of_answer, column_of_boxes
from geovlm_cli.rewards.structure import as_texts
from geovlm_cli.task import Task

Column = NDArray[np.float64]

BYTES_PER_TOKEN = 4.0  # of English text under the usual vocabularies
SLACK = 0.2


def repetition(texts: Sequence[str] | Texts, answers: Sequence[Any] = (), *, words: int = 6) -> Column:
    """Share of a completion that says again what it said before: of its runs of `words` words, or of its boxes where more of those repeat.

    A share is 1 − distinct / all (VLM-R1's repetition reward without its sign). answers: what was read from the same texts, one a text; `Boxes` and `Grounded` among them are looked at.
    """
    read = as_texts(texts)
    said = repeated_words(read, words=whole_above_zero("words", words))
    if len(sequence("answers", answers)) not in (0, len(read)):
        raise RewardInputError(f"answers has {len(answers)} rows and texts {len(read)}; they must be equal.")
    boxes = _boxes_among(answers)
    return said if boxes is None else np.maximum(said, repeated_boxes(boxes))


def _boxes_among(answers: Sequence[Any]) -> BoxColumn | None:
    """Return the boxes of the answers, None where there can be none."""
    if isinstance(answers, Answers):
        column = answers.boxes if isinstance(answers, GroundedAnswers) else answers
        return column.column if isinstance(column, BoxAnswers) else None
    values = [value.boxes if isinstance(value, Grounded) else value for value in answers]
    if not any(isinstance(value, Boxes) for value in values):
        return None
    return column_of_boxes(
        [boxes_of_answer(row, value) if isinstance(value, Boxes) else None for row, value in enumerate(values)]
    )


def length(texts: Sequence[str] | Texts, *, max_tokens: int = 256) -> Column:
    """Length of a completion over that of `max_tokens` tokens of four bytes, at most 1."""
    most = BYTES_PER_TOKEN * above_zero("max_tokens", max_tokens)
    return np.minimum(completion_bytes(as_texts(texts)) / most, 1.0)


def overlong(texts: Sequence[str] | Texts, *, max_tokens: int = 256, slack: float = SLACK) -> Column:
    """0 up to 1 − `slack` of `max_tokens`, then rising in a line to 1 at `max_tokens` (DAPO's soft overlong punishment, arXiv 2503.14476)."""
    slack = above_zero("slack", slack, 1.0)
    share = length(texts, max_tokens=max_tokens)
    rising = np.clip((share - (1 - slack)) / slack, 0.0, 1.0)
    return np.where(share < 1, rising, 1.0)  # the ratio may be a rounding below 1 there


_GUARDS: Mapping[str, Callable[[Texts, Sequence[Any], Task], Column]] = {
    "repetition": lambda texts, answers, _: repetition(texts, answers),
    "length": lambda texts, _, task: length(texts, max_tokens=task.max_new_tokens),
    "overlong": lambda texts, _, task: overlong(texts, max_tokens=task.max_new_tokens),
}


def guards(task: Task) -> list[str]:
    """Return the names of the penalties that the task has beside its own components."""
    return [name for name in _GUARDS if name not in task.rewards]


def compare_boxes(names: Iterable[str], task: Task) -> bool:
    """Say whether one of these penalties looks at the boxes of the answers beside the texts."""
    return "repetition" in names and isinstance(task.parse, BoxParser | GroundedParser)


def guard(name: str, texts: Texts, answers: Sequence[Any], task: Task) -> Column:
    """Return one penalty of a batch: float64[n]."""
    return _GUARDS[name](texts, answers, task)
