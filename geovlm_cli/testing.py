"""The conformance kit: what a task must keep so that training, evaluation and offline scoring mean the same. For plugin authors and for us.

from geovlm_cli.testing import check_task

def test_oil_spill() -> None:
    check_task(TASK)
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from geovlm_cli.boxes import Grounded, boxes
from geovlm_cli.data.messages import prompt_text, target_text
from geovlm_cli.errors import GeovlmError, clean
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.rewards import resolve, score
from geovlm_cli.rewards.truth_worth import worth_of_truth
from geovlm_cli.task import KINDS, Batch, ImageRef, Sample, Task, each

if TYPE_CHECKING:
    from geovlm_cli.rewards import Scores

PROFILE = Profile(
    name="check", box_syntax="list5", frame="percent", angle_frame="percent", resize=Resize(fixed=(448, 448))
)
HOSTILE_ANSWERS = (
    "",
    " ",
    "no idea",
    "yes no",
    "null",
    "NaN",
    "1e400",
    "-1",
    "0.5",
    "9" * 5000,
    "a, b; c\nd",
    "[",
    "[]",
    "[" * 2000,
    "[1, 2, 3]",
    "[5, 5, 1, 1, 0], [0, 0, 1e9, 1, 0]",
    "{}",
    '[{"bbox_2d": [1, 2, 3, 4], "label": 7}]',
    "```json\n[]\n```",
    "\u202eabc\u0000",
    "é" * 60,
    "😀",
)
Given = TypeVar("Given")
Made = TypeVar("Made")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule: the task, the name of the check, and a sentence that says what was seen."""

    task: str
    check: str
    sentence: str


class TaskCheckError(AssertionError):
    """A task breaks its contract; `findings` lists how, and so does the message."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("\n".join(f"{f.task}: {f.check}: {f.sentence}" for f in findings))


def check_task(task: Task, samples: Sequence[Sample] | None = None, profile: Profile = PROFILE) -> None:
    """Raise TaskCheckError with every finding about `task`; without samples, made-up ones of its kind stand in."""
    if findings := find(task, samples, profile):
        raise TaskCheckError(findings)


def find(task: Task, samples: Sequence[Sample] | None = None, profile: Profile = PROFILE) -> list[Finding]:
    """Return every broken rule of `task`, tried on samples with true references: its declaration, prompts, targets, parser and rewards.

    Without samples, made-up ones of its kind stand in; a task of no known kind is not tried.
    """
    found = list(_declaration(task))
    if task.kind not in KINDS:
        return found
    try:
        samples = samples or synthetic(task)
        before = copy.deepcopy([_state(sample) for sample in samples])
        subject = _subject(task, samples, profile)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a prompt or a target may raise anything
        return [*found, Finding(task.name, "prompt and target", f"fails before any scoring: {_named(error)}")]
    for check in (_prompts, _parser, _rewards, _truth, _independence):
        found += check(subject)
    if not _same(before, [_state(sample) for sample in samples]):
        found.append(Finding(task.name, "mutation", "changes the samples that it is given"))
    return found


def synthetic(task: Task) -> list[Sample]:
    """Return four samples of the task's kind with true references, without readable images."""
    references = _references(task)
    roles = task.images if isinstance(task.images, tuple) else ("",) * _least(task.images)
    images = tuple(ImageRef(b"", role) for role in roles)
    return [
        Sample(
            id=f"made-up-{row}",
            task=task.name,
            images=images,
            question="What is seen here?",
            reference=reference,
            image_size=(640, 480),
        )
        for row, reference in enumerate(references)
    ]


def _least(images: int | range) -> int:
    return images.start if isinstance(images, range) else images


def _references(task: Task) -> list[Any]:
    words = [*task.vocabulary, "airport", "harbour", "forest", "river"][: max(2, min(4, len(task.vocabulary) or 4))]
    if task.kind == "answer":
        return words if task.vocabulary else ["yes", "no"] if task.parse else ["yes", "no", "12", "rural"]
    if task.kind == "label":
        return list(words)
    rows = [[[10, 20, 30, 50, 0]], [[40, 40, 60, 48, 30]], [[5, 5, 25, 35, 90]], [[70, 60, 90, 90, 15]]]
    made: Mapping[str, list[Any]] = {
        "labels": [tuple(words[:count]) for count in range(1, len(words) + 1)],
        "text": [(f"there is a {word} beside a long road",) for word in words],
        "count": [0, 3, 12, 7],
        "box": [boxes("percent", row) for row in rows],
        "boxes": [boxes("percent", [*row, *rows[0]] if row is not rows[0] else row) for row in rows],
        "grounded": [
            Grounded(f"a {word} near the road", boxes("percent", row)) for word, row in zip(words, rows, strict=False)
        ],
    }
    return made[task.kind]


@dataclass(frozen=True)
class _Subject:
    """A resolved task with completions to score: perfect ones, those of other rows, hostile ones."""

    task: Task
    profile: Profile
    batch: Batch
    prompts: list[str]
    targets: list[str]
    completions: list[str]
    rows: list[int]

    def score(self, task: Task, order: Sequence[int] | None = None) -> Scores:
        order = range(len(self.rows)) if order is None else order
        return score(task, [self.completions[i] for i in order], self.batch.take([self.rows[i] for i in order]))

    def finding(self, check: str, sentence: str) -> Finding:
        return Finding(self.task.name, check, sentence)


def _subject(task: Task, samples: Sequence[Sample], profile: Profile) -> _Subject:
    resolved = resolve(task)
    prompts = [prompt_text(resolved, sample, profile) for sample in samples]
    targets = [target_text(resolved, sample, profile) for sample in samples]
    hostile = [f"<think>x</think><answer>{answer}</answer>" for answer in HOSTILE_ANSWERS]
    count = len(samples)
    return _Subject(
        resolved,
        profile,
        Batch(samples, profile),
        prompts,
        targets,
        [*targets, *targets[1:], targets[0], *hostile],
        [*range(count), *range(count), *(index % count for index in range(len(hostile)))],
    )


def _declaration(task: Task) -> Iterator[Finding]:
    if not _NAME.fullmatch(str(task.name)):
        yield Finding(task.name, "name", f"`{clean(str(task.name))}` must be lower-case words joined by hyphens")
    if not task.summary.strip() or "\n" in task.summary:
        yield Finding(task.name, "summary", "must be one line")
    if task.kind not in KINDS:
        yield Finding(task.name, "kind", f"`{task.kind}` must be one of {', '.join(KINDS)}")


def _prompts(subject: _Subject) -> Iterator[Finding]:
    if not all(isinstance(prompt, str) and prompt.strip() for prompt in subject.prompts):
        yield subject.finding("prompt", "is empty for a sample")


def _parser(subject: _Subject) -> Iterator[Finding]:
    read = _read_only(subject)
    if isinstance(read, str):
        yield subject.finding("parse", read)


def _rewards(subject: _Subject) -> Iterator[Finding]:
    """Each component alone, so that one that fails does not hide another; the host's own validation is what judges it."""
    read = _read_only(subject)
    if isinstance(read, str):
        return
    untouched = _answers(read)
    for name, reward in subject.task.rewards.items():
        scores = _tried(lambda alone: subject.score(_with_rewards(subject.task, alone)), {name: reward})
        if isinstance(scores, str):
            yield subject.finding(f"reward `{name}`", scores)
        elif not _same(untouched, _answers(scores)):
            yield subject.finding("mutation", f"reward `{name}` changes the answers that it is given")


def _truth(subject: _Subject) -> Iterator[Finding]:
    """A perfect model's completion parses and earns all that rounding leaves of the first component, the one that counts by default."""
    scores = _tried(lambda task: score(task, subject.targets, subject.batch), subject.task)
    if isinstance(scores, str):
        return
    for row, reason in enumerate(scores.reasons.tolist()):
        if reason:
            yield subject.finding("target", f"`{clean(subject.targets[row], 80)}` does not parse: {reason}")
            return
    name = next(iter(subject.task.rewards))
    worth = worth_of_truth(subject.task, subject.batch, name)
    for row, (value, least) in enumerate(zip(scores.columns[name], worth, strict=True)):
        if value < least - _EQUAL:
            text = clean(subject.targets[row], 80)
            yield subject.finding("truth", f"`{text}` earns {value:g} in `{name}`, where the truth must earn {least:g}")
            return


def _independence(subject: _Subject) -> Iterator[Finding]:
    """A row's score depends on that row alone: not on the call, the order, or the company."""
    count = len(subject.rows)
    orders = [range(count), range(count), range(count - 1, -1, -1), *([index] for index in range(count))]
    runs = _tried(lambda task: [subject.score(task, order) for order in orders], subject.task)
    if isinstance(runs, str):
        if not [*_parser(subject), *_rewards(subject)]:
            yield subject.finding("batch", runs)
        return
    whole, again, backwards, *alone = (run.columns for run in runs)
    for name, column in whole.items():
        if not _close(column, again[name]):
            yield subject.finding("repeatable", f"`{name}` differs when the same batch is scored twice")
            continue
        if not _close(column, backwards[name][::-1]):
            yield subject.finding("order", f"`{name}` depends on the order of the batch")
        if not _close(column, [columns[name][0] for columns in alone]):
            yield subject.finding("batch", f"`{name}` of a batch differs from that of its rows alone")


def _read_only(subject: _Subject) -> Scores | str:
    """Run the parser and no reward: a component of ones stands in."""
    return _tried(subject.score, _with_rewards(subject.task, {"read": each(lambda _answer, _sample: 1.0)}))


def _tried(call: Callable[[Given], Made], given: Given) -> Made | str:
    try:
        return call(given)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # foreign code may raise anything; the sentence is the finding
        return _named(error)


def _close(first: Any, second: Any) -> bool:
    return bool(np.allclose(first, second, rtol=0, atol=_EQUAL))


def _with_rewards(task: Task, rewards: Mapping[str, Callable[..., Any]]) -> Task:
    return replace(task, rewards=rewards)


def _answers(scores: Scores) -> list[Any]:
    return copy.deepcopy([scores.answers[row] for row in range(len(scores.reasons))])


def _state(sample: Sample) -> dict[str, Any]:
    return {name: getattr(sample, name) for name in Sample.__slots__}


def _same(first: Any, second: Any) -> bool:
    try:
        return bool(first == second)
    except ValueError:  # numpy arrays inside do not compare to one truth value
        return repr(first) == repr(second)


def _named(error: BaseException) -> str:
    return str(error) if isinstance(error, GeovlmError) else f"{type(error).__name__}: {clean(str(error))}"
