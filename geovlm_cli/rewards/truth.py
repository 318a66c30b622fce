"""What the built-in scores prepare from the references of a batch, once: label ids, token tables, boxes in their own frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import AnswerTruth, BoxTruth, LabelTruth, TextTruth, TokenTruth
from geovlm_cli.boxes import Boxes, Grounded, boxes_of, expressible
from geovlm_cli.errors import ConfigError, DataError
from geovlm_cli.profiles import NUMBERS_OF_SYNTAX, BoxSyntax, Profile
from geovlm_cli.rewards.arguments import flaw_of, is_number, mistyped, refused
from geovlm_cli.rewards.reference.common import MAX_BOXES, MAX_LABELS, MAX_MAGNITUDE
from geovlm_cli.task import Batch, Kind, Sample

Rows = NDArray[np.int64]
Size = tuple[float, float]

_OF_IMAGE = frozenset(("pixel", "model"))  # frames whose extent depends on the image
_MOST_COUNT = 10**40  # a longer number is no answer
_SLIVER = 1e-9  # side of a true box that has none
_NO_BOXES = np.zeros((0, 5))
NO_PROFILE = Profile(name="none", structure="any")
_WORD = re.compile(r"[^\W_]")


def rows_of(batch: Batch) -> Rows:
    """Return the batch's rows of the prepared whole as int64[n]; a numpy array is taken as it is."""
    if not isinstance(batch, Batch):
        raise mistyped("batch", batch, "a Batch")
    rows = batch.rows
    if isinstance(rows, range):
        return np.arange(rows.start, rows.stop, rows.step, dtype=np.int64)
    found = np.asarray(rows)
    if found.ndim != 1 or (found.dtype.kind not in "iu" and len(found)):
        raise refused("rows of the batch", f"{found.dtype}{list(found.shape)}", "whole numbers, one a row")
    return np.ascontiguousarray(found, dtype=np.int64)


class Bad(NamedTuple):
    """Which samples have a truth that cannot be scored: bool[n], and whether any has."""

    rows: NDArray[np.bool_]
    some: bool


def bad(batch: Batch, kind: Kind) -> Bad:
    """Return which samples of the whole batch are flawed, by their loader or by the type that `kind` promises (scoring policy 12)."""
    key = "labels" if kind == "label" else kind  # one label is a set of one
    return batch.prepared(("bad", key), lambda whole: _bad(whole, kind))


def _bad(whole: Batch, kind: Kind) -> Bad:
    usable = unflawed(whole)
    if kind in _USABLE:
        usable = usable & np.fromiter(_USABLE[kind](whole), np.bool_, len(whole))
    if kind in ("box", "boxes", "grounded"):
        usable = usable & usable_boxes(whole)
    return Bad(~usable, not usable.all())


def unflawed(batch: Batch) -> NDArray[np.bool_]:
    """Return bool[n]: the samples of the whole batch in which their loader found no flaw."""
    return batch.prepared("unflawed", lambda whole: np.fromiter([s.flaw is None for s in whole], np.bool_, len(whole)))


def _have_labels(whole: Batch) -> Iterable[bool]:
    found = [r if type(r := s.reference) is str else names_of(s) for s in whole]
    known = {names: _all_have_words((names,) if isinstance(names, str) else names) for names in set(found)}
    return map(known.__getitem__, found)


def _all_have_words(labels: tuple[str, ...]) -> bool:
    return 0 < len(labels) <= MAX_LABELS and all(_WORD.search(label) for label in labels)


def _has_words(sample: Sample) -> bool:
    return any(_WORD.search(text) for text in captions_of(sample))


def _has_answer(sample: Sample) -> bool:
    return bool(_WORD.search(answer_of(sample)))


def _has_one_box(sample: Sample) -> bool:
    boxes = boxes_of(sample.reference)
    return boxes is not None and len(boxes) == 1


_USABLE: dict[Kind, Callable[[Batch], Iterable[bool]]] = {
    "label": _have_labels,
    "labels": _have_labels,
    "text": partial(map, _has_words),
    "answer": partial(map, _has_answer),
    "count": partial(map, _has_answer),
    "box": partial(map, _has_one_box),
    "grounded": partial(map, _has_words),
}


def names_of(sample: Sample) -> tuple[str, ...]:
    """Return the true labels: one where the reference is a string, none where it is of another type."""
    value = sample.reference
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, Sequence) and all(isinstance(name, str) for name in value) else ()


def answer_of(sample: Sample) -> str:
    """Return a reference answer as text, "" where it is neither text nor a whole number of a length that Python prints."""
    value = sample.reference
    if isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, Integral) and abs(int(value)) < _MOST_COUNT else ""


def captions_of(sample: Sample) -> tuple[str, ...]:
    """Return the reference texts of a caption, a grounded description or a short answer."""
    value = sample.reference
    if isinstance(value, Grounded):
        return (value.text,) if isinstance(value.text, str) else ()
    return (answer_of(sample),) if isinstance(value, Integral) else names_of(sample)


def label_truth(batch: Batch, vocabulary: tuple[str, ...] = ()) -> LabelTruth:
    """Prepare true labels and vocabularies; a sample's own choices come before the task's vocabulary."""
    return batch.prepared(("labels", vocabulary), lambda whole: _label_truth(whole, vocabulary))


def _label_truth(whole: Batch, vocabulary: tuple[str, ...]) -> LabelTruth:
    index: dict[tuple[str, ...], int] = {}
    of_sample: list[int] = []
    last: tuple[str, ...] = ()
    place = -1
    for row, sample in enumerate(whole):
        if not isinstance(sample.choices, tuple):
            raise mistyped(f"choices of sample {row}", sample.choices, "a tuple of str")
        words = sample.choices or vocabulary
        if words is not last:  # rows of a file share one tuple, whose hash takes all its words
            last, place = words, index.setdefault(words, len(index)) if words else -1
        of_sample.append(place)
    vocabularies = np.fromiter(of_sample, np.int64, len(of_sample))
    references = [(r,) if type(r := s.reference) is str else names_of(s) for s in whole]
    return LabelTruth(list(index), vocabularies, references, bad=bad(whole, "labels").rows)


def text_truth(batch: Batch) -> TextTruth:
    """Prepare the token tables of the reference texts."""
    return batch.prepared(
        "texts", lambda whole: TextTruth([captions_of(s) for s in whole], bad=bad(whole, "text").rows)
    )


def token_truth(batch: Batch) -> TokenTruth:
    """Prepare the references as one text each, labels joined by commas, for the scorers that compare tokens; flawed truth is kept."""
    return batch.prepared(
        "tokens", lambda whole: TokenTruth([r if type(r := s.reference) is str else joined(s) for s in whole])
    )


def joined(sample: Sample) -> str:
    """Return the reference as one text: labels joined by a comma and a blank, "" where there is none."""
    value = sample.reference
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def answers_of(batch: Batch) -> list[str]:
    """Return the reference answers of the whole batch as text ("12", "yes", "rural"), empty where the truth is flawed."""
    return batch.prepared("answers", lambda whole: [answer_of(s) if _has_answer(s) else "" for s in whole])


def answer_truth(batch: Batch, *, count: bool) -> AnswerTruth:
    """Prepare the reference answers; count: each is a count."""
    return batch.prepared(("answers", count), lambda whole: AnswerTruth(answers_of(whole), count=count))


@dataclass(frozen=True, slots=True)
class BoxForm:
    """How boxes are written by a model: syntax, frame, and (width, height) of that frame for each sample of the whole batch, float64[n, 2]."""

    syntax: BoxSyntax
    frame: str
    extents: NDArray[np.float64]

    @property
    def numbers(self) -> int:
        return NUMBERS_OF_SYNTAX[self.syntax]


def box_form(batch: Batch) -> BoxForm:
    """Return how the answers of this batch write boxes: the profile says; without a profile the list syntax in the frame of the data.

    Raises ConfigError where neither declares a frame: frames are declared, never guessed.
    """
    return batch.prepared("box form", _box_form)


def _box_form(whole: Batch) -> BoxForm:
    profile = whole.profile
    syntax: BoxSyntax = "list5"
    if profile is None:
        frame = _frame_of_data(whole)
    elif profile.frame is None or profile.box_syntax is None:
        raise ConfigError(
            f"Profile `{profile.name}` declares no box syntax and frame, and the task answers with boxes; name another with --profile."
        )
    else:
        frame, syntax = str(profile.frame), profile.box_syntax
    return BoxForm(syntax, frame, _extents(profile or NO_PROFILE, [frame] * len(whole), whole))


def _frame_of_data(whole: Batch) -> str:
    frames = {boxes.frame for boxes in joined_boxes(whole).found if boxes is not None}
    if len(frames) != 1:
        found = " and ".join(sorted(frames)) or "none"
        raise ConfigError(
            f"The task answers with boxes and no model profile is named; the frames of the data are {found}. Name one with --profile."
        )
    return frames.pop()


def _extent(profile: Profile, frame: str, sample: Sample) -> Size:
    """Return the extent of a frame; unbounded where the image's size is unknown, which is a flaw unless the frame is the image's own."""
    size = sample.image_size
    if not _has_good_size(sample) or (size is None and (frame == "pixel" or (frame == "model" and sample.flaw is not None))):  # fmt: skip
        return np.inf, np.inf
    return profile.extent(frame, size)


def _has_good_size(sample: Sample) -> bool:
    """Say whether the size of the image is unknown or is one."""
    size = sample.image_size
    return size is None or (
        isinstance(size, tuple) and len(size) == 2 and all(is_number(side) and 0 < side < np.inf for side in size)
    )


def _extents(
    profile: Profile, frames: Sequence[str], samples: Iterable[Sample], *, bounded: bool = False
) -> NDArray[np.float64]:
    """Return float64[n, 2]: the extent of a frame for each sample, found once for each size of image. bounded: DataError where a size is unknown."""
    if len(only := set(frames)) == 1 and not only & _OF_IMAGE:
        return np.tile(profile.extent(only.pop(), None), (len(frames), 1))
    known: dict[tuple[str, Size | None, bool], Size] = {}
    found = []
    for frame, sample in zip(frames, samples, strict=True):
        key = frame, sample.image_size if _has_good_size(sample) else (0, 0), sample.flaw is None
        if key not in known:
            known[key] = profile.extent(frame, sample.image_size) if bounded else _extent(profile, frame, sample)
        found.append(known[key])
    return np.array(found, dtype=np.float64).reshape(-1, 2)


class Joined(NamedTuple):
    """The reference boxes of a whole batch, end to end: those of sample i are array[offsets[i]:offsets[i + 1]], none where it has no boxes or what they hold is none.

    array float64[m, 5], each in the frame of its sample's reference; offsets int64[n + 1]; found: the references, None where they hold no boxes.
    """

    array: NDArray[np.float64]
    offsets: NDArray[np.int64]
    found: list[Boxes | None]

    @property
    def owners(self) -> NDArray[np.int64]:
        """int64[m]: the sample of each box."""
        return np.repeat(np.arange(len(self.found)), np.diff(self.offsets))


def joined_boxes(batch: Batch) -> Joined:
    """Return the reference boxes of the whole batch."""
    return batch.prepared("joined boxes", _joined_boxes)


def _joined_boxes(whole: Batch) -> Joined:
    truths = [value if type(value := sample.reference) is Boxes else boxes_of(sample.reference) for sample in whole]
    found = [None if boxes is None or flaw_of(boxes) else boxes for boxes in truths]
    arrays = [_NO_BOXES if boxes is None else boxes.array for boxes in found]
    return Joined(
        np.concatenate([_NO_BOXES, *arrays], dtype=np.float64, casting="same_kind"),
        np.cumsum(np.fromiter([0, *map(len, arrays)], np.int64, len(arrays) + 1)),
        found,
    )


def usable_boxes(whole: Batch) -> NDArray[np.bool_]:
    """Return bool[n]: the samples whose boxes are finite and have an area, also in the four numbers and the extent of the profile's syntax."""
    usable: NDArray[np.bool_] = whole.prepared("usable boxes", _usable_boxes)
    return usable


def _usable_boxes(whole: Batch) -> NDArray[np.bool_]:
    joined = joined_boxes(whole)
    profile = whole.profile or NO_PROFILE
    usable = np.fromiter(
        [
            boxes is not None and (sample.image_size is None or _has_good_size(sample))
            for boxes, sample in zip(joined.found, whole, strict=True)
        ],
        np.bool_,
        len(whole),
    )
    fine = np.isfinite(joined.array).all(axis=1) & _has_area(joined.array)
    if profile.box_numbers == 4:
        fine[fine] = _has_area_in_image(whole)[fine]
    usable[joined.owners[~fine]] = False
    return usable


def writable_boxes(whole: Batch) -> NDArray[np.bool_]:
    """Return bool[n]: the samples whose boxes an answer can name: they meet the image and are as many, and their numbers as great, as are read."""
    writable: NDArray[np.bool_] = whole.prepared("writable boxes", _writable_boxes)
    return writable


def _writable_boxes(whole: Batch) -> NDArray[np.bool_]:
    joined = joined_boxes(whole)
    writable: NDArray[np.bool_] = np.diff(joined.offsets) <= MAX_BOXES
    fine = (np.abs(joined.array) <= MAX_MAGNITUDE).all(axis=1) & _has_area_in_image(whole)
    writable[joined.owners[~fine]] = False
    return writable


def _has_area_in_image(whole: Batch) -> NDArray[np.bool_]:
    """Return bool[m]: the reference boxes of the whole batch whose hull has an area in the image."""
    joined = joined_boxes(whole)
    frames = ["unit" if boxes is None else boxes.frame for boxes in joined.found]
    extents = _extents(whole.profile or NO_PROFILE, frames, whole)[joined.owners]
    return _has_area(expressible(joined.array, extents, 4))


def _has_area(array: NDArray[np.float64]) -> NDArray[np.bool_]:
    area: NDArray[np.bool_] = (array[:, 0] < array[:, 2]) & (array[:, 1] < array[:, 3])
    return area


def box_truth(batch: Batch, frame: str, numbers: int) -> BoxTruth:
    """Prepare the reference boxes for answers written in `frame` with `numbers` numbers a box."""
    return batch.prepared(("boxes", frame, numbers), lambda whole: _box_truth(whole, frame, numbers))


def _box_truth(whole: Batch, frame: str, numbers: int) -> BoxTruth:
    joined = joined_boxes(whole)
    usable = usable_boxes(whole) & unflawed(whole)
    return _prepared_boxes(whole, frame, numbers, joined, usable)


def box_truth_as_written(batch: Batch, frame: str, numbers: int) -> BoxTruth:
    """Prepare the reference boxes as `box_truth` does, rows of bad truth among them, for protocols that keep these.

    A box without area cannot be hit and is missed; a reference that holds no boxes is none. Bad are only the rows of `are_unplaced`.
    """
    return batch.prepared(
        ("boxes as written", frame, numbers), lambda whole: _box_truth_as_written(whole, frame, numbers)
    )


def _box_truth_as_written(whole: Batch, frame: str, numbers: int) -> BoxTruth:
    if (usable_boxes(whole) & unflawed(whole)).all():
        return box_truth(whole, frame, numbers)
    joined = joined_boxes(whole)
    return _prepared_boxes(whole, frame, numbers, joined, ~are_unplaced(whole, frame), keep=with_area)


def with_area(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return true boxes float64[n, 5] with a sliver, which nothing overlaps, in the place of those without area and of those that are not finite."""
    finite = np.where(np.isfinite(array).all(axis=1, keepdims=True), array, 0.0)
    finite[:, 2:4] = np.maximum(finite[:, 2:4], np.nextafter(finite[:, :2] + _SLIVER, np.inf))
    return finite


def are_unplaced(whole: Batch, frame: str) -> NDArray[np.bool_]:
    """Return bool[n]: the samples of bad truth of which nobody can say where answers written in `frame` lie, for want of the image's size."""
    profile = whole.profile or NO_PROFILE
    found = zip(joined_boxes(whole).found, whole, strict=True)
    return np.array(
        [
            s.flaw is not None and boxes is not None and not _is_placed(boxes.frame, frame, s, profile)
            for boxes, s in found
        ],
        dtype=np.bool_,
    )


def _is_placed(own: str, frame: str, sample: Sample, profile: Profile) -> bool:
    if own == frame or not _has_good_size(sample):
        return _has_good_size(sample)
    try:
        return all(profile.extent(name, sample.image_size) for name in (own, frame))
    except DataError:
        return False


def _prepared_boxes(
    whole: Batch,
    frame: str,
    numbers: int,
    joined: Joined,
    usable: NDArray[np.bool_],
    *,
    keep: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
) -> BoxTruth:
    """Return the boxes of the usable samples, the others being bad; `keep` mends boxes that would make theirs bad."""
    profile = whole.profile or NO_PROFILE
    found = [boxes if good else None for boxes, good in zip(joined.found, usable.tolist(), strict=True)]
    kept = usable[joined.owners]
    array, owners = joined.array[kept], joined.owners[kept]
    frames = [frame if boxes is None else boxes.frame for boxes in found]
    if numbers == 4:
        array = expressible(array, _extents(profile, frames, whole)[owners], numbers)
    array = array if keep is None else keep(array)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(found)))]).astype(np.int64)
    labels = [() if boxes is None else boxes.labels for boxes in found]
    scales = _scales(profile, frames, whole, frame)
    return BoxTruth(array, offsets, scales, labels=labels if any(labels) else None, bad=~usable)


def _scales(profile: Profile, own: Sequence[str], whole: Batch, frame: str) -> NDArray[np.float64]:
    """Return float64[n, 2]: what an x and a y in `frame` are multiplied with to reach each sample's own frame; raises DataError for an unknown size."""
    scales = np.ones((len(own), 2))
    other = [row for row, name in enumerate(own) if name != frame]
    if other:
        samples = [whole[row] for row in other]
        written = _extents(profile, [frame] * len(other), samples, bounded=True)
        scales[other] = _extents(profile, [own[row] for row in other], samples, bounded=True) / written
    return scales


def said(
    boxes: Boxes, sample: Sample, profile: Profile | None, frame: str, numbers: int | None = None
) -> tuple[NDArray[np.float64], Size]:
    """Return what a syntax of `numbers` numbers can say of the truth, in the truth's frame, and the ratio (x, y) from `frame` to that frame."""
    profile = profile or NO_PROFILE
    numbers = numbers or profile.box_numbers
    if boxes.frame == frame:
        return expressible(boxes.array, _extent(profile, frame, sample), numbers), (1.0, 1.0)
    own, written = profile.extent(boxes.frame, sample.image_size), profile.extent(frame, sample.image_size)
    array = expressible(boxes.array, own, numbers)
    return array, (own[0] / written[0], own[1] / written[1])
