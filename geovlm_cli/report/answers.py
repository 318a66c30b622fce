"""Parsed answers as JSON and as a few words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.data.references import write_reference, written
from geovlm_cli.errors import clean
from geovlm_cli.rewards import BoxAnswers
from geovlm_cli.task import Malformed

_JSON = (str, int, float, bool, list, dict, type(None))
_MAX_WORDS = 80


def answer_json(answer: Any) -> Any:
    """Return a parsed answer as JSON values, boxes with their frame; None for a malformed one, the text form of a plugin's own type."""
    if isinstance(answer, Malformed):
        return None
    written = write_reference(answer)
    return written if isinstance(written, _JSON) else str(written)


def answers_json(answers: Sequence[Any]) -> Iterator[Any]:
    """Yield `answer_json` of each answer; a column of boxes is written as a whole."""
    if not isinstance(answers, BoxAnswers):
        return map(answer_json, answers)
    rows, ends = written(answers.column.array), answers.column.offsets.tolist()
    return (
        None if code else {"frame": answers.frame, "boxes": rows[start:end], **_named(answers.column.labels(row))}
        for row, (code, (start, end)) in enumerate(zip(answers.reasons.tolist(), pairwise(ends), strict=True))
    )


def _named(labels: Sequence[str]) -> dict[str, list[str]]:
    return {"labels": list(labels)} if labels else {}


def answer_words(answer: Any) -> str:
    """Return a parsed answer, or a reference, in a few words for a caption."""
    if isinstance(answer, Malformed):
        return f"unreadable ({answer.reason})"
    if isinstance(answer, Boxes):
        invalid = f", {answer.invalid} invalid" if answer.invalid else ""
        return f"{len(answer)} {'box' if len(answer) == 1 else 'boxes'}{invalid}"
    if isinstance(answer, Grounded):
        return clean(answer.text, _MAX_WORDS)
    if isinstance(answer, tuple | list):
        return clean(", ".join(map(str, answer)), _MAX_WORDS)
    return clean(str(answer), _MAX_WORDS)
