"""From what a loader yields to finished samples: tasks chosen, truths read, images found, flaws asked for; the rest counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from geovlm_cli.data.flaws import flaw_of, sound
from geovlm_cli.data.loader import BadRow
from geovlm_cli.data.objects import Objects, row_without_objects, rows_of
from geovlm_cli.data.roots import OutsideRootError, Roots
from geovlm_cli.data.seen import Seen
from geovlm_cli.data.truths import read_text
from geovlm_cli.errors import ConfigError, UnknownNameError, clean
from geovlm_cli.task import ImageRef, Sample, Task

REPEATED_ID = "its id is there twice"
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
        self.other_tasks = self.other_splits = self.without_objects = 0
        self.splits: Counter[str] = Counter()
        self.names_of_others: set[str | None] = set()  # splits of the rows left out, None where a row names none
        self.task, self.find, self.split, self._roots, self._frame = task, find, split, roots, frame
        self._finds_images = finds_images
        self._provided: set[str] = set()
        self._seen = Seen()

    def kept(self, items: Iterable[Sample | BadRow]) -> list[Sample]:
        """Return the samples of the task and split asked for, complete but for what `fresh` looks at; the rest is counted."""
        found: list[Sample] = []
        task, split, provided = self.task, self.split, self._provided
        for item in items:
            if isinstance(item, BadRow):
                self.rejected.append(item)
            elif task is not None and item.task != task:
                self.other_tasks += 1
            elif split is not None and item.meta.get("split") != split:
                self.other_splits += 1
                self.names_of_others.add(item.meta.get("split") and str(item.meta["split"]))
            elif item.task in provided or self._is_provided(item):
                if isinstance(item.reference, Objects):
                    found += self._rows_of(item, item.reference)
                else:
                    found.append(item)
        return self._finished(found)

    def _is_provided(self, sample: Sample) -> bool:
        """Say whether there is the task of a sample; one that nothing provides costs the row."""
        try:
            self.find(sample.task)
        except UnknownNameError as error:
            self.reject(sample, error.half)
            return False
        self._provided.add(sample.task)
        return True

    def _rows_of(self, item: Sample, found: Objects) -> Iterator[Sample]:
        """Yield the rows that the objects of an image make."""
        task = self.find(item.task)
        if found.classes:
            yield from rows_of(item, task)
        elif flaw := found.flaw_of():
            self.reject(item, flaw)
        elif absent := row_without_objects(item, task):
            yield absent
        else:
            self.without_objects += 1

    def fresh(self, samples: list[Sample]) -> list[Sample]:
        """Return the samples whose id was not there before, with their flaws; the others are rejected."""
        self._mark_flaws(samples)
        again = self._seen.again([sample.id for sample in samples])
        for row in again:
            self.reject(samples[row], REPEATED_ID)
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

    def _finished(self, samples: list[Sample]) -> list[Sample]:
        """Complete samples that nobody else holds yet; return them without those that are rejected."""
        if self._finds_images:
            samples = [sample for sample in samples if self._finds(sample)]
        for name, group in samples_by_task(samples).items():
            task = self.find(name)
            if isinstance(task.images, tuple):
                for sample in group:
                    sample.images = _in_roles(sample.images, task)
            if task.kind not in ("label", "answer"):
                for sample in group:
                    if isinstance(sample.reference, str):
                        self._read_truth(sample, task)
        self.splits.update([str(split) for sample in samples if (split := sample.meta.get("split"))])
        return samples

    def _finds(self, sample: Sample) -> bool:
        """Resolve the paths of a sample's images; False where it is rejected."""
        try:
            sample.images = tuple(map(self._roots.resolve, sample.images))
        except OutsideRootError as error:
            self.reject(sample, str(error))
            return False
        return True

    def _mark_flaws(self, samples: list[Sample]) -> None:
        """Ask for the flaws of samples that nobody else holds yet, one by one where many at once do not show that there is none."""
        for name, group in samples_by_task(samples).items():
            task = self.find(name)
            for row in np.flatnonzero(~sound(group, task)).tolist():
                group[row].flaw = flaw_of(group[row], task)

    def _read_truth(self, sample: Sample, task: Task) -> None:
        """Read a truth that the loader left as text."""
        if task.kind in _BOX_KINDS and self._frame is None:
            raise ConfigError(
                f"Row `{clean(sample.id, 60)}` has boxes whose frame its format does not declare; name the profile that they follow with --profile, or their frame with --frame (for training: data.frame)."
            )
        sample.reference, flaw = read_text(task.kind, sample.reference, self._frame)
        sample.flaw = sample.flaw or flaw


def samples_by_task(samples: list[Sample]) -> dict[str, list[Sample]]:
    """Return the samples of each task, in order."""
    names = {sample.task for sample in samples}
    if len(names) == 1:
        return {names.pop(): samples}
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.task, []).append(sample)
    return found


def _in_roles(images: tuple[ImageRef, ...], task: Task) -> tuple[ImageRef, ...]:
    """Put images into the order of the task's roles; unnamed ones get the roles in turn."""
    if not isinstance(task.images, tuple) or len(images) != len(task.images):
        return images
    if not any(ref.role for ref in images):
        return tuple(ref._replace(role=role) for ref, role in zip(images, task.images, strict=True))
    by_role = {ref.role: ref for ref in images}
    return tuple(by_role[role] for role in task.images) if by_role.keys() == set(task.images) else images
