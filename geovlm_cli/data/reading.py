"""From what a loader yields to finished samples: tasks chosen, truths read, images found, flaws asked for; the rest counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from geovlm_cli.data.flaws import flaw_of, sound_boxes
from geovlm_cli.data.loader import BadRow
from geovlm_cli.data.objects import Objects, rows_of
from geovlm_cli.data.roots import OutsideRootError, Roots
from geovlm_cli.data.seen import Seen
from geovlm_cli.data.truths import read_text
from geovlm_cli.errors import ConfigError, UnknownNameError, clean
from geovlm_cli.task import ImageRef, Sample, Task

FindTask = Callable[[str], Task]
_BOX_KINDS = frozenset(("box", "boxes", "grounded"))


class KnownTasks:
    """Tasks by name, each looked up once for all rows; `unknown` is the error of the first name that nothing provides."""

    def __init__(self, find: FindTask) -> None:
        self._find = find
        self._found: dict[str, Task | UnknownNameError] = {}
        self.unknown: UnknownNameError | None = None

    def __call__(self, name: str) -> Task:
        """Return a task; raises as the lookup does, UnknownNameError among others."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._asked(name)
        if isinstance(found, Task):
            return found
        raise found

    def _asked(self, name: str) -> Task | UnknownNameError:
        try:
            return self._find(name)
        except UnknownNameError as error:
            self.unknown = self.unknown or error
            return error


class Reader:
    """Turns what a loader yields into finished samples, and counts the rest."""

    def __init__(
        self,
        task: str | None,
        find: KnownTasks,
        roots: Roots,
        frame: str | None,
        split: str | None = None,
        *,
        finds_images: bool,
    ) -> None:
        self.rejected: list[BadRow] = []
        self.other_tasks = self.other_splits = 0
        self.splits: Counter[str] = Counter()
        self.task, self.find, self._roots, self._frame, self._split = task, find, roots, frame, split
        self._finds_images = finds_images
        self._seen = Seen()

    def samples(self, items: Iterable[Sample | BadRow]) -> Iterator[Sample]:
        """Yield the samples of the task and split asked for; their ids are looked at later, by `fresh`."""
        for item in items:
            if isinstance(item, BadRow):
                self.rejected.append(item)
            elif self.task is not None and item.task != self.task:
                self.other_tasks += 1
            elif self._split is not None and item.meta.get("split") != self._split:
                self.other_splits += 1
            elif (task := self._task_of(item)) is not None:
                if isinstance(item.reference, Objects):
                    yield from (row for row in self._rows_of(item, item.reference, task) if self._finished(row, task))
                elif self._finished(item, task):
                    yield item

    def _rows_of(self, item: Sample, found: Objects, task: Task) -> Iterator[Sample]:
        """Yield the rows that the objects of an image make."""
        if found.classes:
            yield from rows_of(item, task)
        else:
            self.reject(item, found.flaw_of() or "the image has no annotated object")

    def fresh(self, samples: list[Sample]) -> list[Sample]:
        """Return the samples whose id was not there before, with their flaws; the others are rejected."""
        self._mark_flaws(samples)
        again = self._seen.again([sample.id for sample in samples])
        for row in again:
            self.reject(samples[row], "its id is there twice")
        repeated = set(again)
        return [sample for row, sample in enumerate(samples) if row not in repeated] if repeated else samples

    def forget(self) -> None:
        """Let go of the ids, when all rows were read."""
        self._seen = Seen()

    def with_images(self, sample: Sample) -> Sample:
        """Return the sample with the paths of its images; raises OutsideRootError."""
        return replace(sample, images=tuple(map(self._roots.resolve, sample.images)))

    def reject(self, sample: Sample, why: str) -> None:
        """Count a sample as a row that cannot be read."""
        self.rejected.append(BadRow(0, clean(sample.id, 60), why))

    def _finished(self, sample: Sample, task: Task) -> bool:
        """Complete a sample that nobody else holds yet; False where it is rejected."""
        if self._finds_images:
            try:
                sample.images = tuple(map(self._roots.resolve, sample.images))
            except OutsideRootError as error:
                self.reject(sample, str(error))
                return False
        if isinstance(task.images, tuple):
            sample.images = _in_roles(sample.images, task)
        if isinstance(sample.reference, str) and task.kind not in ("label", "answer"):
            self._read_truth(sample, task)
        if split := sample.meta.get("split"):
            self.splits[str(split)] += 1
        return True

    def _mark_flaws(self, samples: list[Sample]) -> None:
        """Ask for the flaws of samples that nobody else holds yet; of boxes, where many at once do not show that there is none."""
        by_task: dict[str, list[Sample]] = {}
        for sample in samples:
            by_task.setdefault(sample.task, []).append(sample)
        for name, group in by_task.items():
            task = self.find(name)
            for row in np.flatnonzero(~sound_boxes(group, task)).tolist():
                group[row].flaw = flaw_of(group[row], task)

    def _task_of(self, sample: Sample) -> Task | None:
        """Return the task of a sample; one that nothing provides costs the row."""
        try:
            return self.find(sample.task)
        except UnknownNameError as error:
            self.reject(sample, error.half)
            return None

    def _read_truth(self, sample: Sample, task: Task) -> None:
        """Read a truth that the loader left as text."""
        if task.kind in _BOX_KINDS and self._frame is None:
            raise ConfigError(
                f"Row `{clean(sample.id, 60)}` has boxes whose frame its format does not declare; name the profile that they follow with --profile."
            )
        sample.reference, flaw = read_text(task.kind, sample.reference, self._frame)
        sample.flaw = sample.flaw or flaw


def _in_roles(images: tuple[ImageRef, ...], task: Task) -> tuple[ImageRef, ...]:
    """Put images into the order of the task's roles; unnamed ones get the roles in turn."""
    if not isinstance(task.images, tuple) or len(images) != len(task.images):
        return images
    if not any(ref.role for ref in images):
        return tuple(replace(ref, role=role) for ref, role in zip(images, task.images, strict=True))
    by_role = {ref.role: ref for ref in images}
    return tuple(by_role[role] for role in task.images) if by_role.keys() == set(task.images) else images
