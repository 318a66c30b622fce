"""Conversations as LLaVA writes them, and their relatives: ShareGPT, 2U1's Qwen-VL fine-tuning, VLM-R1.

A row has `conversations`, turns of `from` and `value` (ShareGPT: also `role` and `content`, a text or blocks), and `image` or `images`. Each question with its answer is a row of its own: the
second one of row 7 has the id `7#2`. Shapes: LLaVA's docs/Finetune_Custom_Data.md; VLM-R1's README ("id", "image" or a list, "conversations",
`accu_reward_method`) and its REC files ("image", "problem", "solution"); 2U1/Qwen2-VL-Finetune's README.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli.data.formats import fields
from geovlm_cli.data.formats.blocks import Turn, flattened, is_blocks, with_images
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.records import Row, converted, identity_of
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import clean
from geovlm_cli.task import Sample

ROLES: Mapping[str, str] = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "system": "system",
}
_USED = frozenset(("id", "task", "image", "images", "conversations"))
_REC_USED = frozenset(("id", "task", "image", "images", "problem", "solution"))


def is_llava(head: Row) -> bool:
    """Recognise a row with a list of turns that does not name VLM-R1's reward."""
    return isinstance(head.get("conversations"), list) and "accu_reward_method" not in head


def is_vlm_r1(head: Row) -> bool:
    """Recognise a row with a list of turns that names VLM-R1's reward."""
    return isinstance(head.get("conversations"), list) and "accu_reward_method" in head


def is_rec(head: Row) -> bool:
    """Recognise a row of VLM-R1's referring sets."""
    return "problem" in head and "solution" in head


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield a sample for each question of each conversation; its truth is the answer, left as text for the host."""

    def convert(row: Row, number: int) -> Iterable[Sample]:
        _refuse_videos(row)
        turns, images, marks = flattened(turns_of(row.get("conversations")), is_blocks)
        identity = identity_of(path, number, row.get("id"))
        return samples_of(with_images(row, images), turns, identity, task, blocks=marks)

    return converted(path, convert)


def _refuse_videos(row: Row) -> None:
    """Raise MalformedRowError for a row about a video (2U1, LLaMA-Factory): without its frames its questions are about nothing."""
    for key in ("video", "videos"):
        if row.get(key):
            raise MalformedRowError(f"a `{key}` is not read; save its frames as pictures and name them in `images`")


def read_rec(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield the rows of a REC file: `problem` asks, `solution` is a box in pixels of the original image."""

    def convert(row: Row, number: int) -> Iterable[Sample]:
        turns = [("user", row.get("problem")), ("assistant", row.get("solution"))]
        return samples_of(row, turns, identity_of(path, number, row.get("id")), task, _REC_USED)

    return converted(path, convert)


def turns_of(value: Any) -> list[Turn]:
    """Return (role, content) of each turn; also of a JSON text that holds the list, bare or as `{"conversations": […]}` (EarthDial)."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise MalformedRowError(f"`conversations` is no JSON: {clean(value, 60)}") from None
    if isinstance(value, Mapping):
        value = value.get("conversations")
    if not isinstance(value, list) or not value:
        raise MalformedRowError("`conversations` must be a list of turns")
    return [_turn(item) for item in value]


def _turn(item: Any) -> Turn:
    if not isinstance(item, Mapping):
        raise MalformedRowError(f"a turn is an object, found {clean(repr(item), 60)}")
    role, content = item.get("from", item.get("role")), item.get("value", item.get("content"))
    known = ROLES.get(role) if isinstance(role, str) else None
    if known is None:
        raise MalformedRowError(f"a turn is by {', '.join(ROLES)}, found {clean(repr(role), 40)}")
    return known, content


def samples_of(
    row: Row, turns: list[Turn], identity: str, task: str | None, used: frozenset[str] = _USED, *, blocks: int = 0
) -> Iterator[Sample]:
    """Yield a sample for each question among the turns; raises MalformedRowError for a question that is no text.

    blocks: how many image blocks the messages held; they mark images where the questions hold no marks of text.
    """
    name = fields.task_of(row, task)
    images = fields.image_refs(row["images"] if row.get("images") is not None else row.get("image"))
    system = next((content for role, content in turns if role == "system" and isinstance(content, str)), None)
    shared = fields.rest(row, used) | ({"system": system} if system else {})
    asked = list(pairs(turns))
    marks = sum(fields.without_marks(question)[1] for question, _ in asked) or blocks
    for number, (question, answer) in enumerate(asked, 1):
        reasoning, truth = (None, None) if answer is None else fields.answer_of(answer)
        yield Sample(
            id=identity if number == 1 else f"{identity}#{number}",
            task=name,
            images=images,
            question=fields.without_marks(question)[0],
            reference=truth,
            reasoning=reasoning,
            meta=shared | fields.marks_meta(marks, len(images)),
        )


def pairs(turns: list[Turn]) -> Iterator[tuple[str, Any]]:
    """Yield each question with the answer that follows it, or with None where none does; raises MalformedRowError where there is no question."""
    spoken = [turn for turn in turns if turn[0] != "system"]
    for number, (role, content) in enumerate(spoken):
        if role != "user":
            continue
        if not isinstance(content, str):
            raise MalformedRowError(f"a question must be a text, found {clean(repr(content), 60)}")
        follows = spoken[number + 1] if number + 1 < len(spoken) else ("", None)
        yield content, follows[1] if follows[0] == "assistant" else None
    if not any(role == "user" for role, _ in spoken):
        raise MalformedRowError("a conversation without a question")


LLAVA = Loader(name="llava", detect=is_llava, read=read)
# VLM-R1 writes boxes in pixels of the original image (its README and open_r1 rewards). Rows need not name the reward: one of them that does tells the format.
VLM_R1 = Loader(name="vlm-r1", detect=is_vlm_r1, read=read, frame="pixel", refines=LLAVA.name)
VLM_R1_REC = Loader(name="vlm-r1-rec", detect=is_rec, read=read_rec, frame="pixel")
