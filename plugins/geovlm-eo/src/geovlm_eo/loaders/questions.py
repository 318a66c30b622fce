"""EarthDial's questions: what stands in them beside the words, the classes that they list, and the regions that they name."""

from __future__ import annotations

import re

from geovlm_cli import Boxes
from geovlm_cli.data.messages import REGION_MARK
from geovlm_cli.data.truths import read_boxes_text

_SENSORS = "hr_rgb_temp|hr_rgbi|hr_rgb|s2_rgb|s2_ms|l8_rgb|l8_ms|s1_vh|hyper_rgb|Inf_thermal"
_TASKS = "grounding|refer|identify|classify|changedet|caption|treeclassify|uhi"
_TOKENS = re.compile(rf"\[(?:(?:{_SENSORS})_[\d.]+|{_TASKS})\]")
_IMAGE_MARK = re.compile(r"<image>")
_DEBRIS = re.compile(
    r'\\n|"(?=Answer )'
)  # a literal backslash-n, the stray quotation mark before the answer instruction
_REGION = re.compile(r"<box>((?:(?!<box>).)*?)</box>")
_SPACES = re.compile(r"\s+")
_CLASSES = re.compile(r"Classes:\s*([^.]+)")
_WORDS = re.compile(r"[Pp]lease answer ([^.]+)\.")
_BETWEEN = re.compile(r",| or ")


def clean(question: str, *, keep_tokens: bool = False) -> str:
    """Return the question as words: image marks, debris and doubled spaces gone, and the sensor and task tokens unless they are kept."""
    text = _IMAGE_MARK.sub(" ", _DEBRIS.sub(" ", question))
    return _SPACES.sub(" ", text if keep_tokens else _TOKENS.sub(" ", text)).strip()


def without_regions(question: str) -> tuple[str, Boxes | None]:
    """Return a cleaned question with `<region>` for the boxes that it names (`<box>[[42, 61, 48, 66, 55]]</box>`), and those boxes, in percent."""
    named = "".join(found[1] for found in _REGION.finditer(question))
    if not named:
        return question, None
    regions, flaw = read_boxes_text(named, "percent")
    return (question, None) if flaw else (_REGION.sub(REGION_MARK, question), regions)


def choices(question: str) -> tuple[str, ...]:
    """Return the classes that a cleaned question lists ("Classes: a, b." or "Please answer a, b or c."), else ()."""
    listed = _CLASSES.search(question) or _WORDS.search(question)
    if not listed:
        return ()
    return tuple(dict.fromkeys(word.strip() for word in _BETWEEN.split(listed[1]) if word.strip()))


def spelled_as(label: str, known: tuple[str, ...]) -> str:
    """Return the class of `known` that equals `label` but for case and spaces, else `label`; EarthDial writes `railwayStation` for `railwaystation`."""
    return next((one for one in known if _squeezed(one) == _squeezed(label)), label)


def _squeezed(label: str) -> str:
    return _SPACES.sub("", label).casefold()
