"""How VLM-R1 takes answers and truths out of texts."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from geovlm_cli.rewards.arguments import text

_OPEN, _CLOSE = "<answer>", "</answer>"
_CHOICE = re.compile(r"(?<![A-Z])([A-Z])(?=[.,?!:;]|$)")
_PLAIN_CHOICE = re.compile(r"\(?([A-Z])\)?(?:[.:)](?:\s.*)?)?", re.DOTALL)
_CHOICE_HEAD = 5  # characters, of which the last is the blank before an option: what follows may be anything
_KEYWORDS = (
    "答案", "选择", "正确", "是", "对", "ANSWER", "CORRECT", "CHOOSE", "SELECT", "RIGHT",
    "认为", "应该", "觉得", "THINK", "BELIEVE", "SHOULD",
)  # fmt: skip
_NEAR = 20  # characters round a letter in which keywords count
_LATE = 0.7  # share of the text after which a letter is probably the answer

Which = Literal["first", "last"]


def answer_of(content: str, bugs: frozenset[str], which: Which = "last") -> str | None:
    """Return the trimmed body of the one answer block, None where there is none or more than one."""
    blocks = _blocks(text("content", content))
    if not blocks:
        return content.strip() if "whole_text" in bugs else None
    if len(blocks) > 1 and "any_block" not in bugs:
        return None
    return blocks[0 if which == "first" else -1].strip()


def truth_of(solution: str) -> str:
    """Return a solution without its answer tags."""
    return next(iter(_blocks(text("solution", solution))), solution).strip()


def _blocks(text: str) -> list[str]:
    """Return the bodies of all answer blocks, as the pattern `<answer>(.*?)</answer>` finds them, in one pass."""
    found: list[str] = []
    start = text.find(_OPEN)
    while start >= 0:
        end = text.find(_CLOSE, start)
        if end < 0:
            break
        found.append(text[start + len(_OPEN) : end])
        start = text.find(_OPEN, end)
    return found


def cleaned(text: str) -> str:
    """Return a text in lower case, its line breaks as blanks (none where white space stands before), without final stops."""
    for mark in "\n\r":
        if mark in text:
            # The mark comes first, so that the search goes from mark to mark; those after one that goes stand after white space, too.
            text = re.sub(rf"{mark}(?<=\s{mark}){mark}*", "", text).replace(mark, " ")
    return text.strip().rstrip(".").lower()


def plain_choice(text: str) -> str | None:
    """Return the letter of an answer that is one, perhaps in parentheses and perhaps with its option after it."""
    found = _PLAIN_CHOICE.fullmatch(text.strip()[:_CHOICE_HEAD].upper())
    return found.group(1) if found else None


def guessed_choice(text: str) -> str | None:
    """Return the letter that VLM-R1 guesses: capitals that stand alone before punctuation or the end, the one with most hints round it."""
    text = re.sub(r"\s+", " ", text.upper())
    letters: list[str] = _CHOICE.findall(text)
    if len(letters) < 2:
        return letters[0] if letters else None
    scores = {letter: times * _hints(text, text.find(letter)) for letter, times in Counter(letters).items()}
    return max(scores, key=lambda letter: scores[letter])


def _hints(text: str, at: int) -> int:
    near = text[max(0, at - _NEAR) : at + _NEAR]
    before_stop = at < len(text) - 1 and text[at + 1] in "。.!！,，"
    return sum(word in near for word in _KEYWORDS) + 2 * (at > len(text) * _LATE) + before_stop
