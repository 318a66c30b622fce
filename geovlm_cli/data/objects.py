"""Annotated images: everything marked on one image, made into the rows that the kind of a task wants.

An object that cannot be read leaves the truth of its class on that image unknown: that row is flawed and has no reference, and those of the other
classes are as good as before. Where not even its class can be read, every row of the image may lack it, and all are flawed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geovlm_cli.boxes import Boxes, boxes
from geovlm_cli.errors import ConfigError, clean

if TYPE_CHECKING:
    from geovlm_cli.task import Sample, Task

UNNAMED = "object"
UNKNOWN = ""  # the class of an object whose class cannot be read
_BROKEN = "an object cannot be read"
Marked = tuple[str, list[float] | str]


@dataclass(frozen=True, slots=True)
class Objects:
    """All objects of one image, in one frame, each with the name of its class; the reference that a loader of annotated images yields.

    broken: by class (UNKNOWN where that is what cannot be read) why one of its objects cannot be read, as half a sentence.
    marks: by key of `meta`, what the format says of each object, in the order of the boxes.
    """

    boxes: Boxes
    broken: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of_class(self, name: str) -> Boxes:
        """Return the boxes of one class, without their labels: the question names the class."""
        rows = [number for number, label in enumerate(self.names) if label == name]
        return Boxes(self.boxes.frame, self.boxes.array[rows])

    def marks_of(self, name: str | None = None) -> dict[str, list[str]]:
        """Return the marks of the objects of one class, or (None) of all."""
        return {
            key: [mark for label, mark in zip(self.names, marks, strict=True) if name in (None, label)]
            for key, marks in self.marks.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The class of each object."""
        return self.boxes.labels or (UNNAMED,) * len(self.boxes)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of their first object; those of which no object can be read at the end."""
        return tuple(name for name in dict.fromkeys([*self.names, *self.broken]) if name != UNKNOWN)

    def flaw_of(self, name: str | None = None) -> str | None:
        """Return why the boxes of a class are not all of them, or (None) the classes are not; None where nothing speaks against it."""
        why = self.broken.get(UNKNOWN) or (self.broken.get(name) if name is not None else None)
        return f"{_BROKEN}: {why}" if why else None


def marked(name: str, read: Callable[[], list[float]]) -> Marked:
    """Return an object's class and its box, or in place of the box why `read` raised ValueError or TypeError."""
    try:
        return name, read()
    except (TypeError, ValueError) as error:
        return name, str(error)


def objects_of(frame: str, found: Iterable[Marked]) -> Objects:
    """Return the objects of an image: class and box of each, a text in place of a box that cannot be read."""
    known = [(name, box) for name, box in found]
    whole = [(name, box) for name, box in known if not isinstance(box, str)]
    broken = {name: box for name, box in reversed(known) if isinstance(box, str)}
    return Objects(boxes(frame, [box for _, box in whole], [name for name, _ in whole]), broken)


def rows_of(sample: Sample, task: Task) -> Iterator[Sample]:
    """Yield the rows of one annotated image: by kind boxes, box and count one a class, labels and label one.

    Raises ConfigError for a task of another kind. A question of the sample's own stands; `{}` in it is the class.
    """
    found: Objects = sample.reference
    if task.kind in ("labels", "label"):
        flaw = sample.flaw or found.flaw_of() or _label_flaw(found, task)
        reference = None if flaw else _names(found.classes, task)
        yield replace(sample, reference=reference, flaw=flaw, meta={**sample.meta, **found.marks_of()})
        return
    if task.kind not in _QUESTIONS:
        raise ConfigError(
            f"Row `{clean(sample.id, 60)}` is an annotated image, and task `{task.name}` ({task.kind}) cannot be made of that; "
            f"choose one of kind {', '.join(_QUESTIONS)}, labels or label."
        )
    for name in found.classes:
        yield _row_of_class(replace(sample, flaw=sample.flaw or found.flaw_of(name)), task, name, found.of_class(name))


def row_without_objects(sample: Sample, task: Task) -> Sample | None:
    """Return the row of an image on which nothing is marked: where its data has one class alone the truth is that there is none of it.

    None where no class stands to be asked about, or the kind of the task wants an object.
    """
    if task.kind not in ("boxes", "count") or len(sample.choices) != 1:
        return None
    name = sample.choices[0]
    return _row_of_class(sample, task, name, sample.reference.of_class(name))


def _row_of_class(sample: Sample, task: Task, name: str, mine: Boxes) -> Sample:
    known: Any = len(mine) if task.kind == "count" else mine
    number = {"boxes": "single" if len(mine) == 1 else "multiple"} if len(mine) else {}
    return replace(
        sample,
        id=f"{sample.id}/{name}",
        question=(sample.question or _QUESTIONS[task.kind]).replace("{}", name),
        reference=None if sample.flaw else known,
        choices=(),
        meta={**sample.meta, **sample.reference.marks_of(name), "class": name, "phrase": name, **number},
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
