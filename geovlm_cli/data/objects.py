"""Annotated images: everything marked on one image, made into the rows that the kind of a task wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geovlm_cli.boxes import Boxes
from geovlm_cli.errors import ConfigError, clean

if TYPE_CHECKING:
    from geovlm_cli.task import Sample, Task

UNNAMED = "object"


@dataclass(frozen=True, slots=True)
class Objects:
    """All objects of one image, in one frame, each with the name of its class; the reference that a loader of annotated images yields."""

    boxes: Boxes

    def of_class(self, name: str) -> Boxes:
        """Return the boxes of one class, without their labels: the question names the class."""
        rows = [number for number, label in enumerate(self.names) if label == name]
        return Boxes(self.boxes.frame, self.boxes.array[rows])

    @property
    def names(self) -> tuple[str, ...]:
        """The class of each object."""
        return self.boxes.labels or (UNNAMED,) * len(self.boxes)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of their first object."""
        return tuple(dict.fromkeys(self.names))


def rows_of(sample: Sample, task: Task) -> Iterator[Sample]:
    """Yield the rows of one annotated image: by kind boxes, box and count one a class, labels and label one.

    Raises ConfigError for a task of another kind. A question of the sample's own stands; `{}` in it is the class.
    """
    found: Objects = sample.reference
    if task.kind in ("labels", "label"):
        yield replace(sample, reference=_names(found.classes, task), flaw=sample.flaw or _label_flaw(found, task))
        return
    if task.kind not in _QUESTIONS:
        raise ConfigError(
            f"Row `{clean(sample.id, 60)}` is an annotated image, and task `{task.name}` ({task.kind}) cannot be made of that; "
            f"choose one of kind {', '.join(_QUESTIONS)}, labels or label."
        )
    for name in found.classes:
        yield _row_of_class(sample, task, name, found.of_class(name))


def _row_of_class(sample: Sample, task: Task, name: str, marked: Boxes) -> Sample:
    reference: Any = len(marked) if task.kind == "count" else marked
    number = {"boxes": "single" if len(marked) == 1 else "multiple"}
    return replace(
        sample,
        id=f"{sample.id}/{name}",
        question=(sample.question or _QUESTIONS[task.kind]).replace("{}", name),
        reference=reference,
        choices=(),
        meta={**sample.meta, "class": name, "phrase": name, **number},
    )


def _names(classes: tuple[str, ...], task: Task) -> Any:
    return classes if task.kind == "labels" else "".join(classes[:1])


def _label_flaw(found: Objects, task: Task) -> str | None:
    several = task.kind == "label" and len(found.classes) != 1
    return f"not exactly one class: {len(found.classes)}" if several else None


_QUESTIONS = {
    "boxes": "Locate all <ref>{}</ref> in the image.",
    "box": "Give me the location of <ref>{}</ref>.",
    "count": "How many objects of class {} are in the image?",
}
