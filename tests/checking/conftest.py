"""Small data sets to check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geovlm_cli.boxes import boxes
from geovlm_cli.checking.subject import NO_REWARDS, Rewards, Subject, subjects
from geovlm_cli.data.flaws import flaw_of
from geovlm_cli.data.loader import BadRow
from geovlm_cli.data.source import DataSet
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import Batch, ImageRef, Sample, Task

PROFILE = Profile(name="p", box_syntax="list5", frame="model", resize=Resize(fixed=(448, 448)))
LABELS = ("port", "farm", "city", "lake", "road", "wood")

MakeSubject = Callable[..., Subject]


def samples_of(task: Task, references: Sequence[Any], **more: Any) -> list[Sample]:
    """Rows r0, r1, … of a task, flawed where their truth is bad."""
    made = [
        Sample(
            id=f"r{i}", task=task.name, question=f"What is at {i}?", reference=reference, image_size=(640, 480), **more
        )
        for i, reference in enumerate(references)
    ]
    for sample in made:
        sample.flaw = flaw_of(sample, task)
    return made


@pytest.fixture
def subject() -> MakeSubject:
    """Make the subject of a task with these references."""

    def make(
        task: Task, references: Sequence[Any], profile: Profile = PROFILE, rewards: Rewards = NO_REWARDS, **more: Any
    ) -> Subject:
        batch = Batch(samples_of(task, references, **more), profile)
        (made,) = subjects({task.name: batch}, {task.name: task}, profile, rewards)
        return made

    return make


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.new("RGB", (640, 480), (80, 120, 60)).save(path)
    return str(path)


def dataset(samples: Sequence[Sample], rejected: Sequence[BadRow] = ()) -> DataSet:
    return DataSet(list(samples), "test", list(rejected), "0" * 64, "test.jsonl")


def ships(count: int = 8) -> list[Any]:
    """True boxes of `count` rows, one or two each, rotated."""
    rows = [[[10 + i, 20, 16 + i, 30, 15 * i], [60, 60, 70, 66 + i, 0]][: 1 + i % 2] for i in range(count)]
    return [boxes("percent", row) for row in rows]


def image(path: str, role: str = "") -> tuple[ImageRef, ...]:
    return (ImageRef(path, role),)
