"""EarthDial's rows: result files (question, answer and truth), its test sets (images, question and truth) and its training sets (images and
conversations), as JSON lines, or as Arrow and parquet.

Keys and defects: spec geovlm-r1.md sections 1.1 and 6, points 1 and 2; boxes are in percent of width and height. The raw row stays in `meta`, for
the protocol that scores it as EarthDial's scripts do.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from geovlm_cli import Boxes, Grounded, ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.bands import chosen
from geovlm_cli.data.formats import conversations, fields
from geovlm_cli.data.records import converted, name_of
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import ConfigError
from geovlm_cli.errors import clean as printable
from geovlm_eo.loaders import earthdial_bands, earthdial_truth, questions
from geovlm_eo.loaders.sequences import in_roles

logger = logging.getLogger(__name__)

Row = Mapping[str, Any]

TRUTH_KEYS = ("gt_bbox", "annotation", "groundtruth", "groundtruth0", "caption0")
NEEDED = f"needs `question` and one of {', '.join(TRUTH_KEYS)} as text"
IMAGE_KEYS = ("jpg", "jpg_A", "jpg_B", "jpg_C", "jpg_D")
QUOTED = ("question", "groundtruth", "ttype", "size_group")
COUNTS = ("single", "multiple")
# What EarthDial's scripts take for a box: digits of any script between brackets (spec geovlm-r1.md 4.3).
DIGITS = re.compile(r"\[\s*\d+(?:,\s*\d+)*\s*\]")
_IMAGE_COLUMN = re.compile(r"jpg.*", re.IGNORECASE)
_USED = frozenset(("question", "answer", *IMAGE_KEYS, *earthdial_bands.KEYS))
# What `ttype` says of a VQA row; in detection sets it holds `ref`, `ref1` or `grounding`.
VQA_TYPES = frozenset(("presence", "comp", "comparison", "count", "area", "rural_urban"))


def detect(head: Row) -> bool:
    """Recognise a row by its keys."""
    return is_training(head) or _is_answered(head)


def is_training(head: Row) -> bool:
    """Recognise a row of a training set: pictures or bands in columns of their own, and a conversation, which some copies hold as JSON text."""
    pictured = any(key in head for key in (*IMAGE_KEYS, *earthdial_bands.KEYS))
    return pictured and isinstance(head.get("conversations"), str | list)


def _is_answered(head: Row) -> bool:
    return isinstance(head.get("question"), str) and any(key in head for key in TRUTH_KEYS)


def read(
    path: Path, task: str | None, *, keep_tokens: bool = False, bands: tuple[str, ...] | None = None
) -> Iterator[Sample | BadRow]:
    """Yield the rows of a source. `task` None: told by the keys where they can tell; raises ConfigError where they cannot.

    `keep_tokens` leaves EarthDial's sensor and task tokens, such as `[hr_rgb_0.5]`, in the questions; only EarthDial was taught them. `bands`: what
    the picture of a multispectral row is made of, in place of its red, green and blue.
    """
    name = name_of(path)
    told: set[str] = set()

    def convert(row: Row, number: int) -> Iterator[Sample]:
        _tell_unread(row, path, told)
        for part, one in enumerate(_questions(row, bands), 1):
            truth = truth_of(one)
            if truth is None:
                raise MalformedRowError(NEEDED)
            identity = f"{name}-{number}" if part == 1 else f"{name}-{number}#{part}"
            yield row_to_sample(one, truth, identity, task or task_of(one, path), keep_tokens=keep_tokens)

    return converted(path, convert)


def _tell_unread(row: Row, path: Path, told: set[str]) -> None:
    """Warn, once a column, of columns that are named like images and are not read; `told` are those that were named."""
    for key in row:
        if key not in IMAGE_KEYS and key not in told and _IMAGE_COLUMN.fullmatch(key):
            told.add(key)
            known = ", ".join(IMAGE_KEYS)
            logger.warning(
                "%s: the column `%s` is not read; images stand in %s", printable(str(path)), printable(key), known
            )


def _questions(row: Row, bands: tuple[str, ...] | None) -> Iterator[Row]:
    """Yield a row for each question: the row itself without the quotation marks of test sets, or those of a training conversation."""
    held = _pictured({key: value for key, value in row.items() if value is not None}, bands)
    held |= {key: _unquoted(held[key]) for key in QUOTED if key in held}
    if "conversations" not in held:
        yield held
        return
    turns = conversations.turns_of(held.pop("conversations"))
    for question, answer in conversations.pairs(turns):
        yield held | {"question": question, "groundtruth": answer}


def _pictured(row: dict[str, Any], bands: tuple[str, ...] | None) -> dict[str, Any]:
    """Return a row with a picture of its bands, where it has no other or where bands are asked for."""
    if bands is None and (any(key in row for key in IMAGE_KEYS) or not any(key in row for key in earthdial_bands.KEYS)):
        return row
    others = {key: value for key, value in row.items() if key not in IMAGE_KEYS}
    return {**others, IMAGE_KEYS[0]: earthdial_bands.picture(row, bands)}


def _unquoted(value: Any) -> Any:
    """Return a text without the quotation marks round it: the test sets store `"[refer] …"`, and EarthDial's scripts strip them."""
    quoted = isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if quoted else value


def truth_of(row: Row) -> str | None:
    """Return the text of a row's truth; None for a row that lacks it, or a question, or whose answer is no text."""
    if isinstance(row.get("question"), str) and isinstance(row.get("answer", ""), str):
        for key in TRUTH_KEYS:
            if isinstance(truth := row.get(key), str):
                return truth
    return None


def row_to_sample(row: Row, truth: str, identity: str, task: str, *, keep_tokens: bool = False) -> Sample:
    """Return the sample of one well-formed row; image columns hold paths or encoded bytes."""
    question, regions, listed = questions.read(row["question"], keep_tokens=keep_tokens)
    pictures = images(row)
    reference, flaw = earthdial_truth.read(row, truth, task, listed)
    return Sample(
        id=identity,
        task=task,
        images=pictures,
        question=question,
        reference=reference,
        choices=listed,
        regions=regions,
        completion=row.get("answer"),
        flaw=flaw,
        meta=_meta(row, truth, reference, listed) | fields.marks_meta(_marks(row), len(pictures)),
    )


def task_of(row: Row, path: Path) -> str:
    """Return the task that only rows with these keys have; raises ConfigError where several have them, for a file's name says nothing."""
    if "gt_bbox" in row:
        return "referred-detection"
    if "vqa_type" in row or row.get("ttype") in VQA_TYPES:
        return "vqa"
    if "obj_ids" in row:
        return "grounding"
    if "annotation" in row and "task_type" in row:
        return "region-caption"
    raise ConfigError(
        f"The rows of {printable(str(path))} do not say which task they belong to; name it with --task ({_candidates(row)})."
    )


def _candidates(row: Row) -> str:
    if "annotation" in row:
        return "scene, multi-label, temporal or vqa"
    if isinstance(row.get("caption1", row.get("groundtruth1")), str):
        return "image-caption, change-caption, temporal, damage, vqa …"
    return "scene, temporal, referred-detection, image-caption, vqa …"


def images(row: Row) -> tuple[ImageRef, ...]:
    """Return the images of a row in order, two to four with their roles; raises MalformedRowError for what is no image."""
    return in_roles([ref for key in IMAGE_KEYS if key in row for ref in fields.image_refs(row[key])])


def _marks(row: Row) -> int:
    """Return how many images a question marks, 0 in files of results, which hold no images."""
    return fields.without_marks(row["question"])[1] if any(key in row for key in IMAGE_KEYS) else 0


def _meta(row: Row, truth: str, reference: Any, listed: tuple[str, ...]) -> dict[str, Any]:
    """Keep the row's other keys, the raw truth among them, and add the slices of the published tables."""
    meta = fields.rest(row, _USED)
    if isinstance(reference, Boxes):
        meta["boxes"] = COUNTS[len(reference) != 1]
        # EarthDial's pattern loses a truth with negative numbers, reads one of wrong arity, and a row that loses all is `multiple`.
        if (read := COUNTS[len(DIGITS.findall(truth)) != 1]) != meta["boxes"]:
            meta["boxes@earthdial"] = read
    elif isinstance(reference, Grounded):
        meta["size_groups"] = meta.pop("size_group", None)  # a list, one a phrase: no slice of rows
    elif listed and isinstance(reference, str):
        meta["class"] = reference
    kind = row.get("vqa_type", row.get("ttype"))
    return meta | ({"question_type": kind} if isinstance(kind, str) else {})


def _loader(name: str, detects: Callable[[Row], bool], *, keep_tokens: bool = False) -> Loader:
    """Return a loader that `--format NAME:B08,B04,B03` makes one for these bands."""

    def with_bands(option: str) -> Loader:
        bands = chosen(option, earthdial_bands.NAMES)
        return replace(made, read=partial(read, keep_tokens=keep_tokens, bands=bands))

    made = Loader(
        name=name,
        detect=detects,
        read=partial(read, keep_tokens=keep_tokens),
        profile="earthdial",
        frame="percent",
        option=with_bands,
    )
    return made


LOADER = _loader("earthdial", detect)
# Never recognised by itself, only named: only EarthDial was taught the tokens.
KEEPING_TOKENS = _loader("earthdial-tokens", lambda _: False, keep_tokens=True)
