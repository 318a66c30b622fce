"""`earthdial` for grounded descriptions: the precision of the boxes and the likeness of the words, each on its own.

Boxes: items of exactly five non-negative integers, everything else is no prediction; hits and pooling as for detection; the truth is what `obj_ids` lists.
Words: the text without `<ref>` and `<box>` tags and without what stands in double brackets, compared as captions of regions are. So a box in single
brackets, which is a prediction like any other, stays among the words and costs likeness: a quirk of the script that is kept. Rows with 50 or
more true boxes are skipped: for the boxes as `obj_ids` counts them, for the words as the description itself does. The script prints no precision
below two hits; here it is always given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geovlm_cli import Batch, Boxes, Grounded, Metric, Protocol, Sample
from geovlm_cli.boxes import boxes
from geovlm_cli.rewards import BoxAnswers, any_match, digit_boxes, grounded
from geovlm_eo.protocols.boxes import THRESHOLDS, hits_name, precision, readable
from geovlm_eo.protocols.captions import METRICS, similarities, with_references
from geovlm_eo.protocols.common import EARTHDIAL, VERSION, Column, Columns, ratio

MAX_BOXES = 50

_ITEM = re.compile(r"\[\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+)\s*\]")
_REF = re.compile(r"</?ref>")
_OPEN, _CLOSE = "[[", "]]"
_BOX_OPEN, _BOX_CLOSE = "<box>[[", "]]</box>"


class Truth(NamedTuple):
    """The references of a whole batch: words, boxes that can be hit, and which rows count for which of the two."""

    words: Batch
    boxes: Batch
    described: NDArray[np.bool_]
    located: NDArray[np.bool_]


def score_descriptions(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score the boxes and the words of each text; a profile of another syntax than EarthDial's is read as that profile writes boxes."""
    truth: Truth = batch.prepared("earthdial descriptions", _truth)
    found, words = _read(texts, batch)
    located, described = truth.located[batch.rows], truth.described[batch.rows].astype(np.float64)
    predicted = np.diff(found.column.offsets).astype(np.float64)
    hits = {
        hits_name(t): (any_match(found, truth.boxes.take(batch.rows), threshold=t)[:, 0] * located).astype(np.float64)
        for t in THRESHOLDS
    }
    likeness = similarities(words, truth.words.take(batch.rows))
    return {"predicted": predicted * located, **hits, **likeness, "described": described}


def summarise(columns: Columns, weights: Column) -> dict[str, Metric]:
    """Pool the boxes, and average the words over the rows that are not skipped."""
    described = columns["described"]
    return precision(columns, weights) | {
        name: ratio(columns[name] * described, described, weights) for name in METRICS
    }


def words_of(text: str) -> str:
    """Return a description without its tags and boxes, as EarthDial's `parse_description` leaves it: white space stays.

    A `<box>[[` reaches to the next `]]</box>` of its line, whatever lies between; other double brackets to the next `]]`.
    """
    return "\n".join(_words_of_line(line) for line in _REF.sub("", text).split("\n"))


def _words_of_line(line: str) -> str:
    kept: list[str] = []
    start, last_box = 0, line.rfind(_BOX_CLOSE)
    while (mark := line.find(_OPEN, start)) >= 0:
        boxed = line.startswith(_BOX_OPEN, max(start, mark - 5)) and last_box >= mark + 2
        close = _BOX_CLOSE if boxed else _CLOSE
        end = line.find(close, mark + 2)
        if end < 0:
            break
        kept.append(line[start : mark - 5 if boxed else mark])
        start = end + len(close)
    return "".join([*kept, line[start:]])


def _read(texts: Sequence[str], batch: Batch) -> tuple[BoxAnswers, list[str]]:
    if batch.profile is None or batch.profile.box_syntax == "list5":
        return digit_boxes(texts, batch), [words_of(text) for text in texts]
    answers = grounded(texts, batch)
    return answers.boxes, [answer.text if isinstance(answer, Grounded) else "" for answer in answers]


def _truth(whole: Batch) -> Truth:
    described = [len(_ITEM.findall(_description(sample))) < MAX_BOXES for sample in whole]
    located = [len(_boxes(sample)) < MAX_BOXES for sample in whole]
    kept = readable(whole, _boxes)
    return Truth(
        with_references(whole, lambda sample: (words_of(_description(sample)),)),
        Batch(whole.samples, whole.profile) if kept is None else kept,
        np.array(described, dtype=np.bool_),
        np.array(located, dtype=np.bool_),
    )


def _description(sample: Sample) -> str:
    """Return the true description as the row has it, boxes and tags included."""
    raw = sample.meta.get("groundtruth")
    if isinstance(raw, str):
        return raw
    return sample.reference.text if isinstance(sample.reference, Grounded) else ""


def _boxes(sample: Sample) -> Boxes:
    """Return the true boxes as EarthDial's pattern finds them in the row's `obj_ids`, else those of the reference."""
    raw = sample.meta.get("obj_ids")
    if isinstance(raw, str):
        return boxes("percent", [[float(number) for number in item] for item in _ITEM.findall(raw)])
    return sample.reference.boxes if isinstance(sample.reference, Grounded) else boxes("percent", [])


EARTHDIAL_DESCRIPTIONS = Protocol(name=EARTHDIAL, version=VERSION, score=score_descriptions, summarise=summarise)
