"""Images named on the command line, as samples."""

from __future__ import annotations

from collections.abc import Sequence

from geovlm_cli.errors import ConfigError
from geovlm_cli.task import ImageRef, Sample, Task


def image_samples(task: Task, images: Sequence[str], question: str, choices: tuple[str, ...]) -> list[Sample]:
    """Return one sample for every image, or for every group of as many as the task wants; raises ConfigError where they do not come out even.

    A task of one image or more is asked about one at a time; its pairs come in rows.
    """
    roles = task.images if isinstance(task.images, tuple) else ("",) * _group(task, len(images))
    if len(images) % len(roles):
        raise ConfigError(
            f"Task `{task.name}` asks about {len(roles)} images at a time, and {_were(len(images))} named."
        )
    groups = [images[start : start + len(roles)] for start in range(0, len(images), len(roles))]
    if len({tuple(group) for group in groups}) < len(groups):
        raise ConfigError("An image is named twice; each row needs a name of its own.")
    return [
        Sample(
            id=" ".join(group),
            task=task.name,
            images=tuple(ImageRef(path, role) for path, role in zip(group, roles, strict=True)),
            question=question,
            choices=choices,
        )
        for group in groups
    ]


def _group(task: Task, named: int) -> int:
    if isinstance(task.images, range):
        if task.images.start == 1:
            return 1
        if named not in task.images:
            raise ConfigError(
                f"Task `{task.name}` asks about {task.images.start} to {task.images.stop - 1} images, and {_were(named)} named."
            )
        return named
    return int(task.images) if isinstance(task.images, int) else len(task.images)


def _were(count: int) -> str:
    return f"{count} {'was' if count == 1 else 'were'}"
