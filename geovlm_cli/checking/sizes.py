"""How long are prompts and answers, and how large are objects, once the model's processor has had its way?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from geovlm_cli.boxes import Array, boxes_of, convert
from geovlm_cli.checking.findings import Finding, Histogram, about, fine
from geovlm_cli.checking.images import Size, Sizes
from geovlm_cli.checking.subject import Subject
from geovlm_cli.profiles import Profile
from geovlm_cli.task import Sample

CountTokens = Callable[[str], int]
_WORD = re.compile(r"\w+|[^\w\s]")
_TOKENS = (0, 32, 64, 128, 256, 512, 1024, 2048, 4096)
_PIXELS = (0, 4, 8, 14, 28, 56, 112, 224, 448)
_TINY = 4.0  # px; below this an object is a few colours of one patch


def about_tokens(text: str) -> int:
    """Return a rough number of tokens without a tokenizer: words and marks, a long word or number counted by its length."""
    return sum(1 + (len(word) - 1) // 6 if not word.isdigit() else len(word) for word in _WORD.findall(text))


def tokens(subject: Subject, known: Sizes, count: CountTokens, *, exact: bool) -> tuple[list[Histogram], list[Finding]]:
    """Return the histograms of prompts, images and answers in tokens, and whether answers fit the task's cap. known: sizes of images."""
    task = subject.task
    answers = [count(text) for text in subject.targets]
    images = [tokens_of_images(sample, subject.profile, known) for sample in subject.batch]
    found = [
        histogram(f"{task.name}: question", "tokens", [count(text) for text in subject.prompts], _TOKENS),
        histogram(f"{task.name}: images", "tokens", [n for n in images if n is not None], _TOKENS),
        histogram(f"{task.name}: answer", "tokens", answers, _TOKENS),
    ]
    return [item for item in found if item is not None], list(_truncation(subject, answers, "" if exact else "about "))


def tokens_of_images(sample: Sample, profile: Profile, known: Sizes) -> int | None:
    """Return the visual tokens of a row's images, one a square of the profile's resize factor; None where a size is unknown.

    An image of unknown size counts as large as the one that the answer speaks about.
    """
    found: list[Size | None] = [known.get(ref.source, sample.image_size) for ref in sample.images]
    if profile.resize.fixed is not None:
        found = [profile.resize.fixed] * len(found)
    return None if None in found else sum(_squares(profile, *size) for size in found if size)


def _squares(profile: Profile, width: int, height: int) -> int:
    width, height = profile.resize(width, height)
    return (width // profile.resize.factor) * (height // profile.resize.factor)


def size_of(sample: Sample, known: Sizes) -> Size | None:
    """Return (width, height) px of the image that the answer speaks about, the last one; None where it is unknown."""
    return sample.image_size or (known.get(sample.images[-1].source) if sample.images else None)


def objects(subject: Subject, known: Sizes) -> tuple[list[Histogram], list[Finding]]:
    """Return the histogram of true boxes by the side of a square of their area, in pixels of the image that the model sees. known: sizes of images."""
    sides: list[float] = []
    small: list[str] = []
    for sample in subject.batch:
        mine = _sides(sample, subject.profile, size_of(sample, known))
        sides += mine
        if any(side < _TINY for side in mine):
            small.append(sample.id)
    name = subject.task.name
    found = histogram(f"{name}: objects after resizing", "px", sides, _PIXELS)
    if found is None:
        return [], []
    if small:
        advice = "cut the images into tiles, or raise max_pixels of the profile's resize"
        return [found], [
            about("objects", "warning", small, f"{name}: objects below {_TINY:.0f} px after resizing", advice)
        ]
    return [found], [fine("objects", f"{name}: objects keep {found.median:.0f} px after resizing (median)")]


def histogram(name: str, unit: str, values: Sequence[float], edges: Sequence[float]) -> Histogram | None:
    """Return the histogram of some values at least 0, None where there are none."""
    if not values:
        return None
    counts, _ = np.histogram(values, bins=[*edges, np.inf])
    p99 = float(np.percentile(values, 99))
    return Histogram(
        name, unit, tuple(edges), tuple(map(int, counts)), float(np.median(values)), p99, float(max(values))
    )


def _truncation(subject: Subject, answers: Sequence[int], hedge: str) -> Iterator[Finding]:
    cap = subject.task.max_new_tokens
    cut = [sample.id for sample, length in zip(subject.batch, answers, strict=True) if length > cap]
    name = subject.task.name
    if cut:
        advice = f"raise max_new_tokens and grpo.max_completion_length: the longest needs {hedge}{max(answers)}"
        yield about(
            "truncation", "warning", cut, f"{name}: the true answer is longer than the cap of {cap} tokens", advice
        )
    else:
        yield fine("truncation", f"{name}: true answers take {hedge}{max(answers)} tokens at most, of {cap}")


def _sides(sample: Sample, profile: Profile, size: Size | None) -> list[float]:
    found = boxes_of(sample.reference)
    if found is None or (size is None and profile.resize.fixed is None):
        return []
    array: Array = convert(found, "model", profile, size).array
    return [float(side) for side in np.sqrt((array[:, 2] - array[:, 0]) * (array[:, 3] - array[:, 1]))]
