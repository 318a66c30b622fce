"""GeoChat's files: the training list GeoChat-Instruct, and the JSON lines of GeoChat-Bench with or without answers.

Shapes: geovlm-r1.md section 6, points 3 and 4, and the readers in mbzuai-oryx/GeoChat, geochat/eval/batch_geochat_{scene,vqa,referring,grounding}.py. Boxes are in percent.
Instruct is in LLaVA's shape, and is told from it by GeoChat's boxes and task tokens; name it with `--format geochat-instruct` where none of the first thousand rows shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from geovlm_cli import Boxes, ImageRef, Loader, Sample
from geovlm_cli.boxes import boxes
from geovlm_cli.data import BadRow
from geovlm_cli.data.beside import ENDINGS
from geovlm_cli.data.formats import conversations, fields
from geovlm_cli.data.messages import REGION_MARK
from geovlm_cli.data.polygons import rectangle
from geovlm_cli.data.records import converted, identity_of
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.data.truths import read_boxes_text
from geovlm_cli.errors import clean
from geovlm_eo.loaders.earthdial import is_training

Row = Mapping[str, Any]

BOX = r"\{(?:<-?\d+(?:\.\d+)?>){4}(?:\|<-?\d+(?:\.\d+)?>)?\}"
_BOX = re.compile(BOX)
_TOKEN = re.compile(r"\[(?:refer|grounding|identify)\]\s*")
_ENDING = (
    ".png"  # batch_geochat_referring.py appends it to `image_id`; answers of the other scripts have whole names there
)
_USED = frozenset(("image", "image_id", "question", "text", "ground_truth", "answer"))


def is_instruct(head: Row) -> bool:
    """Recognise a LLaVA row that holds GeoChat's boxes or task tokens; EarthDial's training rows, which share the tokens, keep their pictures under other keys."""
    if is_training(head):
        return False
    turns = head.get("conversations")
    texts = [str(turn.get("value", "")) for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    return any(_BOX.search(text) or _TOKEN.search(text) for text in texts)


def is_bench(head: Row) -> bool:
    """Recognise a row of the benchmark: an id, an image, and a question, a text or an answer."""
    asked = any(key in head for key in ("text", "question", "answer"))
    return "question_id" in head and ("image" in head or "image_id" in head) and asked


def read_instruct(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield a sample for each question of each conversation, task tokens gone, and its boxes as regions."""
    for item in conversations.read(path, task):
        yield item if isinstance(item, BadRow) else _with_regions(item)


def read_bench(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield the rows of a benchmark file; an `answer` is the saved completion, beside which some scripts leave the question out."""

    def convert(row: Row, number: int) -> Iterator[Sample]:
        question = row.get("question", row.get("text", "" if "answer" in row else None))
        if not isinstance(question, str):
            raise MalformedRowError("needs `question` or `text` as text")
        name = fields.task_of(row, task)
        known = row.get("ground_truth")
        reference, flaw = _truth(_scene_of(row) if known is None and name == "scene" else known)
        sample = Sample(
            id=identity_of(path, number, row.get("question_id")),
            task=name,
            images=(ImageRef(_image(row)),),
            question=_asked(fields.without_marks(question)[0], row),
            reference=reference,
            completion=row["answer"] if isinstance(row.get("answer"), str) else None,
            flaw=flaw,
            meta=fields.rest(row, _USED) | _slices(row, reference),
        )
        yield _with_regions(sample)

    return converted(path, convert)


def _asked(question: str, row: Row) -> str:
    """Return the question in words: the benchmark's files hold the bare phrase or box, and its readers ask as here."""
    if _BOX.fullmatch(question.strip()):
        return f"What is the object present at {question.strip()}"
    return f"Give me the location of <ref>{question}</ref>" if row.get("type") == "ref" else question


def _image(row: Row) -> str:
    name, identity = row.get("image"), row.get("image_id")
    if isinstance(name, str) and name:
        return name
    if isinstance(identity, str) and identity:
        return identity if Path(identity).suffix.lower() in ENDINGS else identity + _ENDING
    raise MalformedRowError("needs `image` or `image_id` as text")


def _scene_of(row: Row) -> str | None:
    """Return the class of a scene whose row names no truth: what stands before the slash of its `question_id`, as GeoChat's scorer has it."""
    folder, slash, _ = str(row.get("question_id", "")).partition("/")
    return folder if slash else None


def _truth(value: Any) -> tuple[Any, str | None]:
    """Return the truth: a text for the host to read, or boxes that are written as lists of numbers or of corner points."""
    if value is None or isinstance(value, str):
        return value, None
    items = value if isinstance(value, list) and value and isinstance(value[0], list) else [value]
    if not all(isinstance(item, list) and item for item in items):
        return None, f"not a text and no boxes: `{clean(repr(value), 60)}`"
    try:
        return boxes("percent", [_box(item) for item in items]), None
    except (TypeError, ValueError):
        return None, f"not a text and no boxes: `{clean(repr(value), 60)}`"


def _box(item: Any) -> list[float]:
    if isinstance(item[0], list):
        return rectangle([(float(x), float(y)) for x, y in item])
    if len(item) not in (4, 5):
        raise ValueError("a box is 4 or 5 numbers")
    return [float(value) for value in item]


def _slices(row: Row, reference: Any) -> dict[str, str]:
    kind = row.get("category", row.get("type"))
    found = {"question_type": kind} if isinstance(kind, str) else {}
    if isinstance(reference, Boxes):
        found["boxes"] = "single" if len(reference) == 1 else "multiple"
    return found


def _with_regions(sample: Sample) -> Sample:
    """Return the sample with the boxes of its question as regions and a mark where each stood."""
    words = _TOKEN.sub("", sample.question).strip()
    named = "".join(_BOX.findall(words))
    if not named:
        return replace(sample, question=words)
    return replace(sample, question=_BOX.sub(REGION_MARK, words), regions=read_boxes_text(named, "percent")[0])


INSTRUCT = Loader(
    name="geochat-instruct",
    detect=is_instruct,
    read=read_instruct,
    profile="geochat",
    frame="percent",
    refines=conversations.LLAVA.name,
)
BENCH = Loader(name="geochat-bench", detect=is_bench, read=read_bench, profile="geochat", frame="percent")
