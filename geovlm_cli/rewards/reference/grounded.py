"""Texts that speak of boxes: the words, and the marks among them as one answer in their syntax."""

from __future__ import annotations

import re

from geovlm_cli.rewards.reference.boxes import Found, read_boxes
from geovlm_cli.rewards.reference.common import Refused, Size, Unread, reads, scrub, visible

# Each pattern is linear in the text: no part of it can be matched in two ways.
_LIST_RUN = re.compile(r"[][\s,0-9.eE+-]+")
_MARKS = {
    "list4": _LIST_RUN,
    "list5": _LIST_RUN,
    "qwen-json": re.compile(r"(?:```(?:json)?\s*)?\[\s*(?:\{[^{}]*\}[\s,]*)*\](?:\s*```)?"),
    "geochat": re.compile(r"\{[^{}]*\}(?:\s*<delim>)?"),
    "internvl": re.compile(rf"<box>.*?(?:</box>|\Z)|{_LIST_RUN.pattern}", flags=re.DOTALL),
}
_WRAPPERS = re.compile(r"</?(?:p|ref|box)>|<delim>")
_FENCE = re.compile(r"^(?:```(?:json)?\s*)?\[|\](?:\s*```)?$")


@reads
def read_grounded(text: str, syntax: str, extent: Size) -> tuple[str, Found]:
    """Read a text with boxes written into it: the words without the marks, and all boxes in order (kind `grounded`)."""
    words, marks = split_marks(text, syntax)
    found = read_boxes(marks, syntax, extent)
    if isinstance(found, Unread) and visible(scrub(text)):
        raise Refused(found.reason, found.detail)
    if isinstance(found, Unread) or not visible(words):
        raise Refused("empty", "The text holds no visible character beside its boxes.")
    return words, found


def grounding(found: float, said: float, *, box_weight: float = 0.5) -> float:
    """Return the mix of a `detection` value of the boxes and the likeness of the words."""
    return box_weight * found + (1 - box_weight) * said


def split_marks(text: str, syntax: str) -> tuple[str, str]:
    """Split a grounded text into its words without box marks and tags, and the marks as one answer in the syntax (`[]` where there is none)."""
    marks: list[str] = []

    def cut(match: re.Match[str]) -> str:
        run = match.group()
        is_run = syntax in ("list4", "list5") or (syntax == "internvl" and not run.startswith("<"))
        start, end = (run.find("["), run.rfind("]") + 1) if is_run else (0, len(run))
        if start < 0 or end <= start:
            return run
        marks.append(run[start:end])
        return run[:start] + " " + run[end:]

    words = _WRAPPERS.sub(" ", _MARKS[syntax].sub(cut, scrub(text)))
    return " ".join(words.split()), _joined(marks, syntax) or "[]"


def _joined(marks: list[str], syntax: str) -> str:
    if syntax == "qwen-json":
        inner = (_FENCE.sub("", mark).strip() for mark in marks)
        return "[" + ",".join(items for items in inner if items) + "]"
    return ("" if syntax == "geochat" else ",").join(mark.removesuffix("<delim>").rstrip() for mark in marks)
