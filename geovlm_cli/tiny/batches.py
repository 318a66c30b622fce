"""Lessons as tensors: a picture is encoded once, and the turns about it share its tokens.

A lesson is one row: the pictures, then turn after turn. A turn sees the pictures and itself, and its positions go on
from the pictures, so the model computes just what it would for each turn by itself at half the cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from geovlm_cli.scenes import site_for
from geovlm_cli.tiny import SIZE
from geovlm_cli.tiny.build import MERGE, PATCH
from geovlm_cli.tiny.lessons import Lesson, lesson

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast, Qwen2_5_VLProcessor

SIDE = SIZE // PATCH // MERGE
TOKENS = SIDE**2
"""Image tokens a picture."""
_PARTS = 4  # rows of a batch are sorted by length and padded in so many parts


@dataclass(frozen=True, slots=True)
class Part:
    """Some lessons of similar length.

    Attributes:
        ids: int64[n, length], padded on the right.
        positions: int64[3, n, length], temporal, vertical and horizontal.
        mask: bool[n, 1, length, length], True where a token (third axis) sees a token (fourth).
        answer: bool[n, length], True where the token belongs to an answer.
        pictures: int64[m], the pictures of these lessons in order of appearance.
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    answer: Tensor
    pictures: Tensor

    def to(self, device: torch.device) -> Part:
        """Return it on a device."""
        return Part(*(getattr(self, name).to(device, non_blocking=True) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Batch:
    """The pictures of some lessons, as the image processor gives them, and the lessons in parts."""

    pixels: Tensor
    grid: Tensor
    parts: tuple[Part, ...]

    def to(self, device: torch.device) -> Batch:
        """Return it on a device."""
        return Batch(self.pixels.to(device), self.grid.to(device), tuple(part.to(device) for part in self.parts))


class Lessons:
    """Batch `i` holds the lessons `i * size` to `(i + 1) * size` of a seed, whoever asks for it and whenever."""

    def __init__(self, processor: Qwen2_5_VLProcessor, size: int, seed: int) -> None:
        self._processor = processor
        self._size, self._seed = size, seed

    def __getitem__(self, index: int) -> Batch:
        numbers = range(index * self._size, (index + 1) * self._size)
        sites = (site_for("lessons", number, seed=self._seed, split="pretrain", size=SIZE) for number in numbers)
        return encode(self._processor, [lesson(site) for site in sites])


@dataclass(frozen=True, slots=True)
class _Row:
    """One lesson as tokens; `turn` is 0 for the pictures and counts from 1."""

    ids: list[int]
    turn: list[int]
    answer: list[bool]
    positions: Tensor
    pictures: range


def encode(processor: Qwen2_5_VLProcessor, lessons: list[Lesson]) -> Batch:
    """Return the tensors of some lessons."""
    rows, first = [], 0
    for each in lessons:
        rows.append(_row(processor.tokenizer, each, first))
        first += len(each.images)
    rows.sort(key=lambda row: len(row.ids))
    images = [image for each in lessons for image in each.images]
    pixels = processor.image_processor(images=images, return_tensors="pt")
    step = -(-len(rows) // _PARTS)
    parts = tuple(
        _part(rows[start : start + step], processor.tokenizer.pad_token_id) for start in range(0, len(rows), step)
    )
    return Batch(pixels["pixel_values"], pixels["image_grid_thw"], parts)


def _row(tokenizer: PreTrainedTokenizerFast, each: Lesson, first_picture: int) -> _Row:
    ids = _prefix(tokenizer, len(each.images))
    shown = _shown(tuple(ids), tokenizer.convert_tokens_to_ids("<|image_pad|>"))
    after = int(shown[0, -1]) + 1
    ids, turn, answer, positions = list(ids), [0] * len(ids), [False] * len(ids), [shown]
    for number, (question, reply) in enumerate(each.turns, 1):
        asked = tokenizer(f"{question}<|im_end|>\n<|im_start|>assistant\n")["input_ids"]
        replied = tokenizer(f"{reply}<|im_end|>\n")["input_ids"]
        length = len(asked) + len(replied)
        ids += asked + replied
        turn += [number] * length
        answer += [False] * len(asked) + [True] * len(replied)
        positions.append(torch.arange(after, after + length).expand(3, -1))
    return _Row(ids, turn, answer, torch.cat(positions, 1), range(first_picture, first_picture + len(each.images)))


def _prefix(tokenizer: PreTrainedTokenizerFast, pictures: int) -> list[int]:
    picture = f"<|vision_start|>{'<|image_pad|>' * TOKENS}<|vision_end|>"
    ids: list[int] = tokenizer(f"<|im_start|>user\n{picture * pictures}")["input_ids"]
    return ids


@lru_cache(maxsize=4)
def _shown(ids: tuple[int, ...], pad: int) -> Tensor:
    """Return the rotary positions int64[3, length] of a prefix.

    As `Qwen2_5_VLModel.get_rope_index`: a picture advances the position by `SIDE`, its tokens differ by row and column.
    """
    picture = torch.tensor(ids) == pad
    place = (picture.cumsum(0) - 1) % TOKENS
    advance = torch.where(picture, (place == TOKENS - 1) * SIDE, 1)
    start = advance.cumsum(0) - advance
    row, column = (torch.where(picture, offset, 0) for offset in (place // SIDE, place % SIDE))
    return torch.stack([start, start + row, start + column])


def _part(rows: list[_Row], pad: int) -> Part:
    length = max(len(row.ids) for row in rows)

    def padded(values: list[list[int]], fill: int) -> Tensor:
        return torch.tensor([value + [fill] * (length - len(value)) for value in values])

    turn = padded([row.turn for row in rows], -1)
    same = turn[:, :, None] == turn[:, None, :]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    return Part(
        ids=padded([row.ids for row in rows], pad),
        positions=torch.stack([torch.nn.functional.pad(row.positions, (0, length - len(row.ids))) for row in rows], 1),
        mask=((same | (turn == 0)[:, None, :]) & causal)[:, None],
        answer=padded([list(map(int, row.answer)) for row in rows], 0).bool(),
        pictures=torch.tensor([picture for row in rows for picture in row.pictures]),
    )
