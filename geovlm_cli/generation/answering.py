"""Asking a model about many rows: fixed batches, saved answers taken over, a bad image costing only its row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, Protocol

import numpy as np

from geovlm_cli.data.images import open_image
from geovlm_cli.data.messages import Conversation, PromptStyle, conversation
from geovlm_cli.errors import ConfigError, DataError, RunFolderError
from geovlm_cli.profiles import Profile
from geovlm_cli.runs import Carried
from geovlm_cli.task import Batch, Task

Cause = Literal["refused", "no_reply", "not_asked"]
CAUSES: dict[Cause, str] = {
    "refused": "refused by the server",
    "no_reply": "without a reply of the server",
    "not_asked": "not asked",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a row has no answer, as a sentence. cause: a server refused it or was silent, or it was not asked, as its image is bad."""

    sentence: str
    cause: Cause = "not_asked"

    @property
    def by_server(self) -> bool:
        """Was the row asked, and the server gave no answer?"""
        return self.cause != "not_asked"

    def fields(self) -> dict[str, Any]:
        """Return what a row of rows.jsonl says of it."""
        return {"error": self.sentence, "cause": self.cause}


Answer = str | Failure


def failure_of(row: Mapping[str, Any]) -> Failure:
    """Return why a row of rows.jsonl has no answer."""
    cause = row.get("cause")
    return Failure(str(row["error"]), cause if cause in CAUSES else "not_asked")


def is_to_be_asked_again(row: Mapping[str, Any]) -> bool:
    """Has a row of rows.jsonl no answer? The server may give one by now, and the image be there."""
    return "error" in row


class Generates(Protocol):
    """What is needed of an engine."""

    @property
    def device(self) -> str:
        """Where it runs, as run.json says it."""

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        profile: Profile,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Sequence[Answer]:
        """Return one completion a conversation, or why there is none; raises DataError where an image cannot be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a model is asked; a value that cannot be meant is a ConfigError. max_new_tokens: None = the task's cap. The draws of a batch follow from `seed` and the batch's number alone."""

    style: PromptStyle = "none"
    batch_size: int = 16
    samples: int = 1
    temperature: float = 0.0
    max_new_tokens: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"batch_size": 1, "samples": 1, "temperature": 0, "max_new_tokens": 1, "seed": 0}
        for name, low in least.items():
            value = getattr(self, name)
            if value is not None and not low <= value < math.inf:
                raise ConfigError(f"Asking({name}=…) takes a number from {low} on, not {value!r}.")


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a batch that belongs to one task: line i of its data is row i // samples, asked for the (i % samples)-th time."""

    task: str
    lines: range
    samples: int

    @property
    def rows(self) -> list[int]:
        """The row of each line."""
        return [line // self.samples for line in self.lines]

    @property
    def ks(self) -> list[int]:
        """The sample number of each line."""
        return [line % self.samples for line in self.lines]


def pieces(sizes: Mapping[str, int], batch_size: int, samples: int) -> Iterator[list[Piece]]:
    """Yield the batches of a run in order, `batch_size` lines each but the last; they depend on nothing but the arguments.

    sizes: rows by task. A batch at the border of two tasks has a piece of each.
    """
    batch: list[Piece] = []
    room = batch_size
    for task, rows in sizes.items():
        start = 0
        while start < rows * samples:
            end = min(start + room, rows * samples)
            batch.append(Piece(task, range(start, end), samples))
            room -= end - start
            start = end
            if room == 0:
                yield batch
                batch, room = [], batch_size
    if batch:
        yield batch


class Asker:
    """Gives the answers of a run batch by batch, the saved ones first: what is on disk is not asked again."""

    def __init__(
        self,
        engine: Generates,
        tasks: Mapping[str, Task],
        batches: Mapping[str, Batch],
        asking: Asking,
        saved: Iterator[Mapping[str, Any]],
        carried: Carried | None = None,
    ) -> None:
        self._engine, self._tasks, self._batches, self._asking, self._saved = engine, tasks, batches, asking, saved
        self._carried = carried

    def __call__(self, number: int, piece: Piece) -> list[Answer]:
        """Return the answers of a piece of the batch `number`; raises RunFolderError where the saved rows are not of this run."""
        batch = self._batches[piece.task].take(piece.rows)
        known = list(islice(self._saved, len(batch)))
        if known:
            return _taken_over(piece, batch, known)
        before = self._before(piece, batch)
        if all(answer is not None and self._stands(piece, batch, row, answer) for row, answer in enumerate(before)):
            return [answer for answer in before if answer is not None]
        seed = int(np.random.SeedSequence([self._asking.seed, number]).generate_state(1)[0])
        found = ask(self._engine, self._tasks[piece.task], batch, self._asking, seed=seed)
        return [
            old if isinstance(new, Failure) and isinstance(old, str) else new
            for old, new in zip(before, found, strict=True)
        ]

    def _before(self, piece: Piece, batch: Batch) -> list[Answer | None]:
        """Return what an earlier pass left of each row of a piece, behind a row that is made again."""
        if self._carried is None:
            return [None] * len(batch)
        rows = [self._carried.get(piece.task, sample.id, k) for sample, k in zip(batch, piece.ks, strict=True)]
        return [None if row is None else _answer_of(row) for row in rows]

    def _stands(self, piece: Piece, batch: Batch, row: int, answer: Answer) -> bool:
        """Need a row not be asked again? One that could not be asked need not while its images still do not open."""
        if not isinstance(answer, Failure):
            return True
        built = _conversation(self._tasks[piece.task], batch, row, self._asking.style)
        return not answer.by_server and isinstance(_checked(built), Failure)


def ask(engine: Generates, task: Task, batch: Batch, asking: Asking, *, seed: int) -> list[Answer]:
    """Return the answer of each row; a row whose image is bad gets a Failure, and the others are asked without it."""
    if batch.profile is None:
        raise ConfigError("Asking a model needs its profile; name one with --profile.")
    built = [_conversation(task, batch, row, asking.style) for row in range(len(batch))]
    try:
        return _generated(engine, task, built, batch.profile, asking, seed)
    except DataError:
        checked = [_checked(item) for item in built]
        if checked == built:
            raise  # every image opens: this is not about one row
        return _generated(engine, task, checked, batch.profile, asking, seed)


def _conversation(task: Task, batch: Batch, row: int, style: PromptStyle) -> Conversation | Failure:
    try:
        return conversation(task, batch[row], batch.profile, style)  # type: ignore[arg-type]  # `ask` has seen that it is there
    except DataError as error:
        return Failure(str(error))


def _generated(
    engine: Generates, task: Task, built: Sequence[Conversation | Failure], profile: Profile, asking: Asking, seed: int
) -> list[Answer]:
    askable = [item for item in built if isinstance(item, Conversation)]
    cap = asking.max_new_tokens or task.max_new_tokens
    texts = (
        engine.generate(askable, profile=profile, max_new_tokens=cap, temperature=asking.temperature, seed=seed)
        if askable
        else []
    )
    rest = iter(texts)
    return [item if isinstance(item, Failure) else next(rest) for item in built]


def _checked(item: Conversation | Failure) -> Conversation | Failure:
    if isinstance(item, Failure):
        return item
    try:
        for ref in item.images:
            open_image(ref)
    except DataError as error:
        return Failure(str(error))
    return item


def _taken_over(piece: Piece, batch: Batch, known: Sequence[Mapping[str, Any]]) -> list[Answer]:
    expected = [(sample.id, piece.task, k) for sample, k in zip(batch, piece.ks, strict=True)]
    if [(row.get("id"), row.get("task"), row.get("k")) for row in known] != expected:
        raise RunFolderError(
            "The run folder holds rows of other data or settings than named now; choose another --out."
        )
    return [_answer_of(row) for row in known]


def _answer_of(row: Mapping[str, Any]) -> Answer:
    return failure_of(row) if "error" in row else str(row.get("completion", ""))
