"""Roles of images: which of a row's several images is the earlier one, and are they named and ordered as the model will be told?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache

from geovlm_cli.checking.findings import Finding, Level, about, fine
from geovlm_cli.errors import clean, counted
from geovlm_cli.task import Batch, Sample

SEQUENCES = (
    ("before", "during", "after"),
    ("pre", "post"),
    ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
)
"""Roles that tell an order in time; a row's images stand in that order, for questions speak of `the second image` and boxes lie in the last one."""
_KNOWN = tuple(role for sequence in SEQUENCES for role in sequence)
_NEAR = 0.8
_FAULTS: Mapping[str, tuple[Level, str, str]] = {
    "double": ("error", "two images of a row with one role", "give each image a role of its own"),
    "order": (
        "error",
        "images that stand against the order of their roles",
        "write the earlier image first: questions speak of the first and the second image, and answers are about the last",
    ),
    "slip": ("warning", "a role that nearly is a usual one", f"usual are {', '.join(_KNOWN)}"),
    "other": ("warning", "roles other than those of most rows of the task", "name the images of all rows alike"),
    "same": ("warning", "the same image twice in a row", "look whether the other image was meant"),
    "some": ("note", "a role for some images of a row only", "give each image a role, or none"),
    "none": ("note", "several images without roles", "give them roles, or the model is not told which is which"),
}


def roles(batches: Mapping[str, Batch]) -> Iterator[Finding]:
    """Look at rows of several images: roles given twice, against their order, misspelt, unlike other rows' or missing; nothing is said of data without such rows."""
    groups: dict[str, list[str]] = {fault: [] for fault in _FAULTS}
    several = 0
    for batch in batches.values():
        rows = [sample for sample in batch if len(sample.images) > 1]
        several += len(rows)
        usual = _usual(rows)
        for sample in rows:
            for fault in _faults(sample, usual[len(sample.images)]):
                groups[fault].append(sample.id)
    for fault, ids in groups.items():
        if ids:
            level, sentence, advice = _FAULTS[fault]
            yield about("roles", level, ids, sentence, advice)
    if several and not any(groups.values()):
        yield fine("roles", f"the images of each row have roles of their own, in order: {counted(several, 'row')}")


def _usual(rows: Sequence[Sample]) -> dict[int, frozenset[str]]:
    """Return the roles that most rows of each number of images have."""
    found: dict[int, Counter[frozenset[str]]] = {}
    for sample in rows:
        found.setdefault(len(sample.images), Counter())[frozenset(_roles(sample))] += 1
    return {number: counts.most_common(1)[0][0] for number, counts in found.items()}


def _faults(sample: Sample, usual: frozenset[str]) -> Iterator[str]:
    named = _roles(sample)
    given = [role for role in named if role]
    if len({ref.source for ref in sample.images}) < len(named):
        yield "same"
    if not given:
        yield "none"
    elif len(given) < len(named):
        yield "some"
    if len(set(given)) < len(given):
        yield "double"
    elif given and set(named) != usual:
        yield "other"
    if any(_against(given, sequence) for sequence in SEQUENCES):
        yield "order"
    if any(_slips(role) for role in given):
        yield "slip"


def _against(given: Sequence[str], sequence: tuple[str, ...]) -> bool:
    places = [sequence.index(role) for role in given if role in sequence]
    return places != sorted(places)


@lru_cache(maxsize=256)
def _slips(role: str) -> bool:
    return role not in _KNOWN and bool(get_close_matches(clean(role, 40).casefold(), _KNOWN, n=1, cutoff=_NEAR))


def _roles(sample: Sample) -> list[str]:
    return [ref.role for ref in sample.images]
