"""Foreign text on a page: what a reader cannot see is written out, and no text is endless."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from markupsafe import Markup

from geovlm_cli.errors import clean

_LIMIT = 8000  # characters of one text on the page; rows.jsonl has it whole
_SHORT = 160  # characters of a name that heads a row or a card
_KEPT = "\n\t"


def visible(text: str, limit: int = _LIMIT) -> str:
    """Return the text with control, bidi and zero-width characters as escapes, lines kept, cut at `limit` characters."""
    cut = text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"
    return "".join(c if c.isprintable() or c in _KEPT else c.encode("unicode_escape").decode("ascii") for c in cut)


def short(name: str) -> str:
    """Return a name in the length that a heading has room for."""
    return name if len(name) <= _SHORT else f"{name[: _SHORT - 1]}…"


def place(name: str) -> str:
    """Return a path without the folders of this machine: of an absolute one its last two parts; any other name as it is."""
    path = PurePath(name)
    return "/".join(("…", *path.parts[-2:])) if path.is_absolute() else name


def without_folders(sentence: str, sources: Iterable[str | bytes]) -> str:
    """Return a sentence about images with their paths as `place` gives them."""
    for source in sources:
        if isinstance(source, str):
            sentence = sentence.replace(clean(source), clean(place(source)))
    return sentence


def finalised(value: Any) -> Any:
    """Return what jinja2 prints for a value: every text made visible, before autoescape sees it; our own markup stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
