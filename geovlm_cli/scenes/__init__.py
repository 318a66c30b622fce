"""Aerial-looking scenes with questions and exact truth, drawn from a seed; numpy and Pillow only.

`generate` yields them, `write` leaves a data set that every command reads. A scene is decided by (split, task, seed,
index): the splits share no random stream, and the first n scenes of a longer run are the scenes of a shorter one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geovlm_cli.errors import ConfigError, nearest
from geovlm_cli.scenes.site import Site
from geovlm_cli.scenes.tasks import TASKS
from geovlm_cli.scenes.writer import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from PIL import Image

__all__ = ["SPLITS", "TASKS", "Scene", "generate", "site_for", "write"]

SPLITS: Final = {"train": 0, "validation": 1, "test": 2, "pretrain": 3}
_SMALLEST, _LARGEST = 32, 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One question about one or two pictures.

    Attributes:
        id: unique in its data set.
        task: a name of `TASKS`.
        images: RGB, square, all of one size.
        roles: one a picture, such as `before` and `after`.
        question: what is asked.
        reference: the truth in the JSON form of our rows; boxes in pixels of the picture.
        reasoning: one phrase that a think block may hold.
        choices: the labels to choose from, empty where the answer is not a label.
        meta: slices: class, question_type, size_group, boxes.
    """

    id: str
    task: str
    images: tuple[Image.Image, ...]
    roles: tuple[str, ...]
    question: str
    reference: Any
    reasoning: str
    choices: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


def generate(task: str, n: int, *, seed: int, split: str = "train", size: int = 112) -> Iterator[Scene]:
    """Yield `n` scenes of a task.

    Args:
        task: a name of `TASKS`.
        n: how many.
        seed: any non-negative integer.
        split: a name of `SPLITS`; no two splits share a random stream.
        size: side of the pictures in pixels; the layout is the same at every size.

    Raises:
        ConfigError: unknown task or split, or a size outside 32 to 2048.
    """
    _check_task(task)
    for index in range(n):
        site = site_for(task, index, seed=seed, split=split, size=size)
        content = TASKS[task](site)
        yield Scene(
            id=f"{split}-{task}-{seed}-{index:05d}",
            task=task,
            images=content.images,
            roles=content.roles,
            question=content.question,
            reference=content.reference,
            reasoning=content.reasoning,
            choices=content.choices,
            meta=content.meta,
        )


def site_for(stream: str, index: int, *, seed: int, split: str, size: int = 112) -> Site:
    """Return the random numbers of one scene; `stream` is a task, or `lessons` for pretraining."""
    _check_split_and_size(split, size)
    streams = (*TASKS, "lessons")
    return Site(np.random.default_rng([SPLITS[split], streams.index(stream), seed, index]), size)


def write(out: Path, counts: Mapping[str, int], *, seed: int, split: str, size: int = 112) -> Path:
    """Write a data set: `rows.jsonl` and a PNG an image; tasks alternate, so that any prefix holds all of them.

    Args:
        out: folder, made if it does not exist; existing files of the same names are replaced, once all scenes are drawn.
        counts: how many scenes of each task.
        seed: as in `generate`.
        split: as in `generate`.
        size: as in `generate`.

    Returns:
        The path of `rows.jsonl`.

    Raises:
        ConfigError: as `generate`.
        OutputError: the folder cannot be written; what it held is as it was.
    """
    _check_split_and_size(split, size)
    for task in counts:
        _check_task(task)
    streams = [generate(task, n, seed=seed, split=split, size=size) for task, n in counts.items()]
    return write_rows(out, streams)


def _check_task(task: str) -> None:
    if task not in TASKS:
        raise ConfigError(f"No scenes can be drawn for task `{task}`; known: {', '.join(TASKS)}.{nearest(task, TASKS)}")


def _check_split_and_size(split: str, size: int) -> None:
    if split not in SPLITS:
        raise ConfigError(f"Unknown split `{split}`; known: {', '.join(SPLITS)}.{nearest(split, SPLITS)}")
    if not _SMALLEST <= size <= _LARGEST:
        raise ConfigError(f"Scenes are drawn {_SMALLEST} to {_LARGEST} px wide, not {size}.")
