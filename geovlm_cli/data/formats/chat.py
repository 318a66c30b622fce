"""Chats as OpenAI's API, Qwen's tools, LLaMA-Factory and TRL write them: `messages`, or `prompt` with images and further columns.

Contents are texts, or lists of blocks (`{"type": "text", "text": …}`, `{"type": "image", "image": …}`, `{"type": "image_url", "image_url": {"url": …}}`); images stand in the
blocks or in `images`. Shapes: TRL's dataset_formats page (conversational prompt, prompt-completion, preference), Qwen2.5-VL's README, OpenAI's chat completions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli.data.formats.blocks import flattened, with_images
from geovlm_cli.data.formats.conversations import samples_of, turns_of
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.records import Row, converted, identity_of
from geovlm_cli.task import Sample

# TRL leaves the truth's column to the user: those that its examples and VLM-R1's use; `completion` and `chosen` are TRL's own targets.
TRUTHS = ("solution", "ground_truth", "reference", "answer", "completion", "chosen")
_USED = frozenset(("id", "task", "image", "images", "messages"))
_TRL_USED = frozenset(("id", "task", "image", "images", "prompt", *TRUTHS))


def is_messages(head: Row) -> bool:
    """Recognise a row with a list of messages."""
    return isinstance(head.get("messages"), list) and "prompt" not in head


def is_trl(head: Row) -> bool:
    """Recognise a row with a prompt, a text or messages."""
    return isinstance(head.get("prompt"), str | list) and "messages" not in head and "conversations" not in head


def read_messages(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield a sample for each question of each chat; its truth is the assistant's message after it."""

    def convert(row: Row, number: int) -> Iterable[Sample]:
        turns, images, blocks = flattened(turns_of(row.get("messages")))
        identity = identity_of(path, number, row.get("id"))
        return samples_of(with_images(row, images), turns, identity, task, _USED, blocks=blocks)

    return converted(path, convert)


def read_trl(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield the rows of a TRL data set; the truth is the first column of `TRUTHS` that a row has."""

    def convert(row: Row, number: int) -> Iterable[Sample]:
        prompt = row.get("prompt")
        turns, images, blocks = flattened([("user", prompt)] if isinstance(prompt, str) else turns_of(prompt))
        truth = next((row[key] for key in TRUTHS if row.get(key) is not None), None)
        turns = [*turns, ("assistant", _target(truth))]
        identity = identity_of(path, number, row.get("id"))
        return samples_of(with_images(row, images), turns, identity, task, _TRL_USED, blocks=blocks)

    return converted(path, convert)


def _target(truth: Any) -> Any:
    """Return the text of a truth that is written as messages (TRL's prompt-completion and preference sets), else the truth."""
    if isinstance(truth, list) and truth and all(isinstance(item, Mapping) and "role" in item for item in truth):
        return flattened(turns_of(truth))[0][-1][1]
    return truth


MESSAGES = Loader(name="messages", detect=is_messages, read=read_messages)
TRL = Loader(name="trl", detect=is_trl, read=read_trl)
