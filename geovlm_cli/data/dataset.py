"""A data source as read: samples, what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from geovlm_cli.boxes import Boxes, Grounded, boxes_of
from geovlm_cli.data.flaws import extent_flaw, flaw_group
from geovlm_cli.data.images import image_size
from geovlm_cli.data.loader import BadRow
from geovlm_cli.errors import DataError, clean, counted
from geovlm_cli.profiles import FRAMES, Profile
from geovlm_cli.task import Batch, Sample

_SHOWN = 5
LISTING = "by `geovlm data show --json`"
_WITH_BOXES = (Boxes, Grounded)


@dataclass(frozen=True, slots=True)
class Predictions:
    """Where saved completions came from."""

    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data source as read: its samples in order, flawed ones among them, and what was left out and why.

    format: the loader's name; profile: the model profile that wrote its saved answers, where the format belongs to one. rejected: rows that
    could not be read. other_tasks: rows left out because `--task` names another; other_splits: because `--split` does. without_objects: annotated images on which nothing is marked, of which no row can be made. sha256: of the file, or of the folder's data files. predictions: the file of
    saved completions that were joined to the rows, with its sha256. unanswered: by id, the rows of that file which a run left without one, with its `error`.
    """

    samples: list[Sample]
    format: str
    rejected: list[BadRow]
    sha256: str
    source: str
    profile: str | None = None
    other_tasks: int = 0
    predictions: Predictions | None = None
    unanswered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    other_splits: int = 0
    without_objects: int = 0

    @property
    def lines(self) -> int:
        """The number of rows, as a stream counts lines."""
        return len(self.samples)

    def whole(self) -> DataSet:
        """Return the data set itself, as a stream returns all of it."""
        return self

    def chunks(self, size: int, profile: Profile | None) -> Iterator[list[Sample]]:
        """Yield the samples in order, `size` at a time, with what `sized` adds to them."""
        for start in range(0, len(self.samples), size):
            chunk = self.samples[start : start + size]
            yield [sized(sample, profile) for sample in chunk] if profile else chunk

    @property
    def flawed(self) -> list[Sample]:
        """The samples whose truth is bad."""
        return [sample for sample in self.samples if sample.flaw]

    def flaws(self) -> dict[str, int]:
        """Return how many samples have each kind of flaw, the most frequent first."""
        return dict(Counter(flaw_group(str(sample.flaw)) for sample in self.flawed).most_common())

    def batches_by_task(self, profile: Profile | None) -> dict[str, Batch]:
        """Return one batch a task, in the order of first appearance. Image sizes are read from headers where a frame needs them; a
        row whose image does not give one, or whose boxes then lie outside it, is flawed.
        """
        by_task: dict[str, list[Sample]] = {}
        for sample in self.samples:
            by_task.setdefault(sample.task, []).append(sized(sample, profile) if profile else sample)
        return {task: Batch(samples, profile) for task, samples in by_task.items()}

    def report(self, listed: str = LISTING) -> list[str]:
        """Return what was read and what was not, as lines for stderr. listed: where all rejected rows are listed."""
        splits = Counter(str(sample.meta["split"]) for sample in self.samples if sample.meta.get("split"))
        left_out = {"tasks": self.other_tasks, "splits": self.other_splits}
        flaws = count_flaws(self.samples, {})
        lines = report_lines(
            self.source, self.format, len(self.samples), left_out, splits, self.rejected, flaws, listed
        )
        return lines + without_objects_line(self.without_objects)


@dataclass(frozen=True, slots=True)
class FlawCount:
    """How many rows have a kind of flaw, and the first of them: its id, and the offending part where the flaw names one."""

    count: int
    first: str


def count_flaws(samples: Iterable[Sample], before: Mapping[str, FlawCount]) -> dict[str, FlawCount]:
    """Return the kinds of flaws that samples have, added to those counted before."""
    counts = dict(before)
    for sample in samples:
        if sample.flaw:
            group = flaw_group(sample.flaw)
            known = counts.get(group)
            counts[group] = replace(known, count=known.count + 1) if known else FlawCount(1, _example(sample))
    return counts


def _example(sample: Sample) -> str:
    part = str(sample.flaw).partition(":")[2]
    return f"id {clean(sample.id, 60)}{':' if part else ''}{part}"


def report_lines(
    source: str,
    form: str,
    count: int,
    left_out: Mapping[str, int],
    splits: Mapping[str, int],
    rejected: Sequence[BadRow],
    flaws: Mapping[str, FlawCount],
    listed: str,
) -> list[str]:
    """Return what was read and what was not, the most frequent flaw first.

    left_out: rows of other `tasks` and `splits`; splits: rows read of each; listed: where all rejected rows are listed.
    """
    lines = [f"{source}: {count} rows, format {form}"]
    lines += [f"{number} rows of other {kind} left out" for kind, number in left_out.items() if number]
    if len(splits) > 1:
        named = ", ".join(f"{name} {number}" for name, number in splits.items())
        lines.append(f"splits joined: {named}; choose one with --split")
    lines += [f"rejected: {row_sentence(row)}" for row in rejected[:_SHOWN]]
    if len(rejected) > _SHOWN:
        lines.append(f"rejected: {len(rejected)} rows in all; each is listed {listed}")
    return lines + [
        f"bad truth: {found.count} × {flaw} ({found.first})"
        for flaw, found in sorted(flaws.items(), key=lambda it: -it[1].count)
    ]


def without_objects_line(count: int) -> list[str]:
    """Return the line about images on which nothing is marked, none where there is no such image."""
    return [f"{counted(count, 'image')} without an object left out: no class to ask about"] if count else []


def row_sentence(row: BadRow) -> str:
    """Return one line that names a rejected row and says why."""
    place = f"line {row.line}" if row.line else "a row"
    return f"{place}{f' (id {row.id})' if row.id else ''}: {row.why}"


def sized(sample: Sample, profile: Profile) -> Sample:
    """Return the sample with its image's size where a frame asks for it, and with the flaw that only the extent shows."""
    if not needs_image(sample, profile):
        return sample
    frames = _frames(sample, profile)
    needed = len(set(frames)) > 1 or profile.box_numbers == 4
    try:
        # The answer speaks about the last image: the one after the change.
        size = sample.image_size or image_size(sample.images[-1]) if sample.images else sample.image_size
        measured = replace(sample, image_size=size)
        if needed and size is not None:
            profile.resize(*size)
        return replace(measured, flaw=extent_flaw(measured, profile))
    except DataError as error:
        return replace(sample, flaw=f"boxes that need the image's size: {error}") if needed else sample


def needs_image(sample: Sample, profile: Profile) -> bool:
    """Does a frame of this sample ask for the size of its image?"""
    return bool(needing_image([sample], profile))


def needing_image(samples: Sequence[Sample], profile: Profile) -> list[int]:
    """Return the places of the samples of which a frame asks for the size of their image."""
    frames = {frame for frame in FRAMES if _needs_size(frame, profile)}
    always = profile.frame in frames
    return [
        place
        for place, sample in enumerate(samples)
        if (type(sample.reference) in _WITH_BOXES or sample.regions)
        and (always or _any_in(frames, sample))
        and not sample.flaw
    ]


def _any_in(frames: set[str], sample: Sample) -> bool:
    """Are any boxes of this sample in one of these frames?"""
    if sample.regions is None and isinstance(sample.reference, Boxes):
        return sample.reference.frame in frames
    return any(boxes.frame in frames for boxes in _all_boxes(sample))


def _frames(sample: Sample, profile: Profile) -> list[str | None]:
    """Return the profile's frame and those of all boxes, the profile's alone where there are none."""
    return [profile.frame, *(boxes.frame for boxes in _all_boxes(sample))]


def _needs_size(frame: str | None, profile: Profile) -> bool:
    return frame == "pixel" or (frame == "model" and profile.resize.fixed is None)


def _all_boxes(sample: Sample) -> Iterator[Boxes]:
    for value in (boxes_of(sample.reference), sample.regions):
        if value is not None:
            yield value
