"""Whether two texts are the same number: by math-verify where it is installed, else by a small parser of our own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from threading import current_thread, main_thread

_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
_NUMBER = re.compile(r"([+-]?)([0-9]{1,40}(?:,[0-9]{3}){0,13}|)(\.[0-9]{1,40})?(?:[eE]([+-]?[0-9]{1,2}))?")
_SECONDS = 1  # `2**999999999` would keep the library busy for its five
_PLAIN = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")


def judge() -> str:
    """Return what decides whether numbers are equal: `math-verify`, or `numbers` for our own parser."""
    return "math-verify" if find_spec("math_verify") else "numbers"


def same_number(text: str, truth: str) -> bool:
    """Say whether two texts are the same number; False where either is none."""
    return _equality()(text, truth)


@cache
def _equality() -> Callable[[str, str], bool]:
    return _verified if judge() == "math-verify" else _equal


def _verified(text: str, truth: str) -> bool:
    if current_thread() is not main_thread():
        return _equal(
            text, truth
        )  # the library stops what takes too long by a signal, which only the main thread can get
    library = import_module("math_verify")
    try:
        read = partial(library.parse, parsing_timeout=_SECONDS)
        return bool(library.verify(read(text), read(truth), timeout_seconds=_SECONDS))
    except Exception:  # noqa: BLE001  # whatever the library trips over is no equality
        return False


def _equal(text: str, truth: str) -> bool:
    found = read_number(text)
    return found is not None and found == read_number(truth)


def read_number(text: str) -> Fraction | None:
    r"""Read `12`, `-1,000`, `0.5`, `.5`, `1e3`, `3/4`, `50%`, `\frac{3}{4}`, `\boxed{7}`, perhaps between `$`, one final stop allowed; None for all else."""
    body = text.strip().strip("$").strip().removesuffix(".")
    boxed = _BOXED.fullmatch(body)
    body = boxed.group(1).strip() if boxed else body
    fraction = _FRACTION.fullmatch(body)
    above, below = fraction.groups() if fraction else (*body.split("/"), "1")[:2]
    if not fraction and body.count("/") > 1:
        return None
    percent = below == "1" and above.endswith("%")
    upper, lower = _decimal(above.removesuffix("%") if percent else above), _decimal(below)
    if upper is None or not lower:
        return None
    return upper / lower / (100 if percent else 1)


def _decimal(text: str) -> Fraction | None:
    body = text.strip()
    found = _NUMBER.fullmatch(body)
    if not found or not (found.group(2) or found.group(3)):
        return None
    return Fraction(body.replace(",", ""))


def plain_number(text: str) -> float | None:
    """Read an ASCII decimal number; None for the other forms that Python's float() takes."""
    value = float(text) if _PLAIN.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def python_number(text: str) -> float | None:
    """Read whatever Python's float() takes."""
    try:
        return float(text)
    except ValueError:
        return None
