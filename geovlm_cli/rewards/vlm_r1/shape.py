"""VLM-R1's rewards of the form of a completion: length (cosine) and repetition."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from geovlm_cli.rewards.arguments import above_zero, is_number, mistyped, refused, text
from geovlm_cli.rewards.reference.repetition import repeated, repeated_words
from geovlm_cli.rewards.vlm_r1.bugs import Bugs, wanted

MAX_TOKENS = 1024
CORRECT = 0.7  # least accuracy that counts as correct

_FENCED = re.compile(r"```(?:json)?(.*?)```", re.DOTALL)
_LIST_START, _LIST_END = re.compile(r"\[\s*\{"), re.compile(r"\}\s*\]")


def length(tokens: int, accuracy: float, *, max_tokens: int = MAX_TOKENS, bugs: Bugs = False) -> float:
    """Cosine schedule over the tokens of a completion: from 1 down to 0.5 where it is correct, from 0 down to −0.5 where it is wrong (arXiv 2502.03373).

    accuracy: the reward of the answer; 0.7 and more is correct. Beyond `max_tokens` the value stays what it is there.
    """
    _finite("tokens", tokens, 0, "a number from 0")
    _finite("accuracy", accuracy, -math.inf, "a number")
    most = above_zero("max_tokens", max_tokens)
    correct = accuracy >= CORRECT or "always_correct" in wanted(bugs)
    best, worst = (1.0, 0.5) if correct else (0.0, -0.5)
    share = tokens / most if tokens < most else 1.0
    return best - (best - worst) * (1 - math.cos(share * math.pi)) / 2


def _finite(name: str, value: float, least: float, allowed: str) -> None:
    if not is_number(value):
        raise mistyped(name, value, "a number")
    if not least <= value < math.inf or value == -math.inf:
        raise refused(name, value, allowed)


def repetition(content: str, *, bugs: Bugs = False) -> float:
    """−(1 − distinct / all) over box-and-label items where the completion holds a JSON list of them, else over runs of six words.

    A penalty in [−1, 0] as in VLM-R1; broken JSON is not repaired. In a task of ours name `repetition` with a negative weight instead.
    """
    wanted(bugs)  # none concerns this reward
    items = _items(text("content", content))
    if items is not None:
        return -repeated(items) + 0.0  # no −0
    return -repeated_words(content) + 0.0


def _items(content: str) -> list[str] | None:
    found = _FENCED.search(content)
    listed = (found.group(1).strip() if found else "") or _list_of(content)
    try:
        document: Any = json.loads(listed)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, list) or not document:
        return None
    boxes = [item for item in document if isinstance(item, dict) and "bbox_2d" in item and "label" in item]
    return [f"{item['bbox_2d']}_{item['label']}" for item in boxes]


def _list_of(content: str) -> str:
    """Return the text from the first `[{` to the last `}]`, "" where there is none."""
    start, ends = _LIST_START.search(content), list(_LIST_END.finditer(content))
    return content[start.start() : ends[-1].end()] if start and ends else ""
