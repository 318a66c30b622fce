"""Captions to score: real completions of EarthDial and their references, mended and broken at random."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.conftest import SHARED

FILES = ("image_caption/UCM_captions", "image_caption/sydney_Captions", "change/MUDS", "change/Dubai_CC")


@dataclass(frozen=True)
class Captioned:
    """A completion and the references of its sample."""

    text: str
    references: tuple[str, ...]


SOME = (  # where the real data is not here
    Captioned(
        "There is a road beside the rectangular farmlands .",
        ("There is a piece of farmland .", "It is a piece of cropland .", "Here is a piece of farmland ."),
    ),
    Captioned(
        "some airplanes are parked near a large terminal",
        ("Two planes are parking near the terminal .", "many Airplanes stopped at the airport"),
    ),
    Captioned("The area was urbanized.", ("A road has appeared.", "New streets and houses were built in the area.")),
    Captioned("1 small-car at the center", ("1 medium bicycle at the bottom",)),
)
ODD = ["Straße", "café", "naïve", "ΟΔΟΣ", "İstanbul", "a\u00a0b", "\u2028", "\x1c", "x-y", "dying", "skies", "2,5"]


@cache
def real() -> tuple[Captioned, ...]:
    """All captions of four result files of EarthDial, or a handful where they are not here."""
    folder = SHARED / "earthdial-preds-dev"
    return tuple(item for name in FILES for item in read(folder / f"{name}.jsonl")) if folder.is_dir() else SOME


def read(path: Path) -> list[Captioned]:
    """Read a result file of captions; unused references are empty there."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Captioned(row["answer"], tuple(text for k in range(5) if (text := row[f"caption{k}"])))
        for row in rows
        if row["caption0"]
    ]


def drawn(seed: int) -> Captioned:
    """Return a real completion, moved towards or away from a reference at a few places."""
    draw = random.Random(seed)
    item = draw.choice(real())
    words, others = item.text.split(), draw.choice(item.references).split()
    for _ in range(draw.choice([0, 1, 2, 3, 5, 8])):
        words = changed(words, others, draw)
    return Captioned(" ".join(words), item.references[: draw.randint(1, len(item.references))])


def changed(words: list[str], others: list[str], draw: random.Random) -> list[str]:
    """Change a word: drop, double, inflect, upper-case, move it; put in a word of the reference, or one that trips a reader."""
    if not words:
        return list(others)
    at, to = draw.randrange(len(words)), draw.randrange(len(words))
    word = draw.choice(
        [
            words[at],
            words[at] + draw.choice(["s", "ed", "ing", "ly", "."]),
            words[at].upper(),
            *others,
            draw.choice(ODD),
        ]
    )
    return draw.choice(
        [
            words[:at] + words[at + 1 :],
            [*words[:at], word, *words[at:]],
            [*words[:at], word, *words[at + 1 :]],
            [*words[:at], *reversed(words[at : to + 1]), *words[max(at, to + 1) :]],
            words[:at] + others[at:],
        ]
    )
