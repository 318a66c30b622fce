"""EarthDial's questions: what stands in them beside the words, the classes that they list, and the regions that they name."""

from __future__ import annotations

import re
from functools import lru_cache

from geovlm_cli import Boxes
from geovlm_cli.data.messages import REGION_MARK
from geovlm_cli.data.truths import read_boxes_text
from geovlm_eo.loaders import corine

_SENSORS = "hr_rgb_temp|hr_rgbi|hr_rgb|s2_rgb|s2_ms|l8_rgb|l8_ms|s1_vh|hyper_rgb|Inf_thermal"
_TASKS = "grounding|refer|identify|classify|changedet|caption|treeclassify|uhi"
_DEBRIS = r'<image>|\\n|"(?=Answer )'  # image marks, a literal backslash-n, the stray quotation mark before the answer instruction
_NOT_WORDS = re.compile(rf"{_DEBRIS}|\[(?:(?:{_SENSORS})_[\d.]+|{_TASKS})\]")
_NO_TOKENS = re.compile(_DEBRIS)
_REGION = re.compile(r"<box>((?:(?!<box>).)*?)</box>")
_BREAK = re.compile(r"\\n|\n")
_END = r'(?=\.(?:[\s"]|$)|\n|$)'  # a list ends with its sentence or its line; a stop inside a name is none
_CLASSES = re.compile(rf"Classes:\s*(.+?){_END}")
_WORDS = re.compile(rf"[Pp]lease answer (?!(?:in|the|this|with|using|by)\b)(.+?){_END}")
_BETWEEN = re.compile(r",|/| or ")


@lru_cache(maxsize=1024)  # the questions of a set repeat, or none does
def read(question: str, *, keep_tokens: bool = False) -> tuple[str, Boxes | None, tuple[str, ...]]:
    """Return a question as words, the boxes that it names and the classes that it lists."""
    words, regions = without_regions(clean(question, keep_tokens=keep_tokens))
    return words, regions, choices(question)


def clean(question: str, *, keep_tokens: bool = False) -> str:
    """Return the question as words: image marks, debris and doubled spaces gone, and the sensor and task tokens unless they are kept."""
    return " ".join((_NO_TOKENS if keep_tokens else _NOT_WORDS).sub(" ", question).split())


def without_regions(question: str) -> tuple[str, Boxes | None]:
    """Return a cleaned question with `<region>` for the boxes that it names (`<box>[[42, 61, 48, 66, 55]]</box>`), and those boxes, in percent."""
    if "<box>" not in question:
        return question, None
    named = "".join(found[1] for found in _REGION.finditer(question))
    regions, flaw = read_boxes_text(named, "percent")
    return (question, None) if flaw else (_REGION.sub(REGION_MARK, question), regions)


def choices(question: str) -> tuple[str, ...]:
    """Return the classes that a question lists ("Classes: a, b." or "Please answer a, b or c."), else (). A name that holds a comma is one of CORINE's."""
    lines = _BREAK.sub("\n", question)
    if listed := _CLASSES.search(lines):
        return tuple(dict.fromkeys(" ".join(name.split()) for name in corine.split(listed[1])))
    words = _BETWEEN.split(named[1]) if (named := _WORDS.search(lines)) else []
    return tuple(dict.fromkeys(word.strip() for word in words if word.strip())) if len(words) > 1 else ()


def spelled_as(label: str, known: tuple[str, ...]) -> str:
    """Return the class of `known` that equals `label` but for case and spaces, else `label`; EarthDial writes `railwayStation` for `railwaystation`."""
    if label in known:
        return label
    wanted = _squeezed(label)
    return next((one for one in known if _squeezed(one) == wanted), label)


@lru_cache(maxsize=4096)
def _squeezed(label: str) -> str:
    return "".join(label.split()).casefold()
