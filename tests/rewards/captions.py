"""Real answers and captions of the field, and what becomes of them when words are lost, doubled, moved or written otherwise."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CAPTIONS = [f"caption{i}" for i in range(5)]
_ENDINGS = ["s", "ed", "ing", "ly", "ness", "ation", "ies", "ally", ""]
_PIECES = ["\n", "\n\n", ", ", "_", "é", "\u0130", "\u212a", "ß", " 12 ", "图像", "-", "\u00a0", "x" * 40]


@dataclass(frozen=True)
class Case:
    """A text and the references that it is scored against."""

    text: str
    references: tuple[str, ...]


def real(shared: Path) -> list[Case]:
    """Return EarthDial's answers with their references, and RSICD's captions with the others of their image."""
    cases = [case for path in sorted((shared / "earthdial-preds-dev").glob("*/*.jsonl")) for case in _answers(path)]
    rows = _rows(shared / "rsicd-captions/textaug_valid_rsicd.jsonl")
    return cases + [Case(first, tuple(others)) for first, *others in (row["captions"] for row in rows) if any(others)]


def _answers(path: Path) -> Iterator[Case]:
    for row in _rows(path):
        found = [row[name] for name in ("annotation", "groundtruth", *_CAPTIONS) if row.get(name)]
        if isinstance(row["answer"], str) and found and all(isinstance(text, str) for text in found):
            yield Case(row["answer"], tuple(found))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def mutated(case: Case, draw: random.Random) -> Case:
    """Return the case with its text, or one of its references in the text's place, changed at up to six places."""
    words = draw.choice([case.text, *case.references]).split(" ")
    for _ in range(draw.choice([0, 1, 1, 2, 3, 6])):
        words = _changed(words, draw)
    most = draw.choice([1, 1, 2, 5])
    return Case(" ".join(words), tuple(draw.sample(case.references, k=min(len(case.references), most))))


def _changed(words: list[str], draw: random.Random) -> list[str]:
    at, to = sorted(draw.choices(range(len(words) + 1), k=2))
    to = min(to, at + 8)
    head, run, tail = words[:at], words[at:to], words[to:]
    inflected = [word + draw.choice(_ENDINGS) for word in run]
    return draw.choice(
        [
            head + tail or run,
            head + run + run + tail,
            tail + run + head,
            head + inflected + tail,
            head + [word.upper() for word in run] + tail,
            [*head, draw.choice(_PIECES).join(run or ["x"]), *tail],
        ]
    )


def partial_share(scores: list[float]) -> float:
    """Return, and print, the share of scores strictly between 0 and 1."""
    share = sum(0 < score < 1 for score in scores) / len(scores)
    sys.stdout.write(f"{share:.1%} of {len(scores)} scores lie strictly between 0 and 1\n")
    return share
