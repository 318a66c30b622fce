"""What all parts of the twin share: limits, refusals, and how a text stands in a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Box = tuple[float, float, float, float, float]
Size = tuple[float, float]
T = TypeVar("T")

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NUMBER = 40
MAX_INTEGER = 20
MAX_BOXES = 1000
MAX_LABELS = 1000
MAX_WORDS = 4000
MAX_CHARACTERS = 1 << 14
MAX_MAGNITUDE = 1e6
MAX_PIECES = 4
TOLERANCE = 1e-9
JSON_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Unread:
    """An answer that could not be read: the reason's name, and a sentence that names the offending part."""

    reason: str
    detail: str = ""


class Refused(Exception):  # noqa: N818  # a refusal of the text, not a fault of the program
    """Raised inside the parsers; the public functions turn it into `Unread`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.unread = Unread(reason, detail)


def reads(parser: Callable[..., T]) -> Callable[..., T | Unread]:
    def guarded(*args: Any, **options: Any) -> T | Unread:
        try:
            return parser(*args, **options)
        except Refused as refused:
            return refused.unread

    guarded.__doc__ = parser.__doc__
    return guarded


def visible(text: str) -> bool:
    """Say whether a character is neither of Unicode category C* nor Z*."""
    return any(unicodedata.category(c)[0] not in "CZ" for c in text)


def scrub(text: str) -> str:
    """Replace lone surrogates by U+FFFD, as the language border does."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def quoted(text: str, limit: int = 40) -> str:
    """Return the text for a sentence: cut, in backquotes, control characters escaped."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "`" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut) + "`"
