"""The errors that are printed as one sentence, each with the exit code of its kind."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class GeovlmError(Exception):
    """A failure with one sentence for the user: what was typed, what was found, what to do."""

    exit_code = 1


class ConfigError(GeovlmError):
    """Usage or configuration."""

    exit_code = 2


class UnknownNameError(ConfigError):
    """A task, profile or benchmark that nothing provides; `half` says so as half a sentence, for a row that names it.

    what: the kind of thing; otherwise: what stands in place of the known names where there are none.
    """

    def __init__(self, what: str, name: str, known: Iterable[str], otherwise: str = "none") -> None:
        names = sorted(known)
        near = nearest(name, names)
        super().__init__(f"Unknown {what} `{clean(name)}`.{near} Known: {', '.join(names) or otherwise}.")
        self.half = f"unknown {what} `{clean(name, 60)}`{near.replace(' Did', '; did', 1)}"


class DataError(GeovlmError):
    """A row, an image or a data file."""

    exit_code = 3


class ModelError(GeovlmError):
    """A model folder, checkpoint or processor."""

    exit_code = 4


class PluginError(GeovlmError):
    """A plugin that does not load, clashes, or breaks its contract."""

    exit_code = 5


class OutputError(GeovlmError):
    """An output that cannot be written."""

    exit_code = 6


class RunFolderError(GeovlmError):
    """A run folder that another process uses, or that holds another run."""

    exit_code = 7


class DeviceMemoryError(GeovlmError):
    """The device is out of memory."""

    exit_code = 8


def nearest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean `x`?" for the closest known name, else the empty string; to be appended to a sentence."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean `{close[0]}`?" if close else ""


def clean(text: str, limit: int = 200) -> str:
    """Make foreign text safe for one terminal line: control and bidi characters escaped, cut at `limit` characters."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return escaped if len(escaped) <= limit else escaped[: limit - 1] + "…"


def counted(count: int, noun: str) -> str:
    """Return "1 row", "2 rows": a count with its noun, which is given in the singular and takes an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
