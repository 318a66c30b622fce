"""Boxes out of an answer, in every declared syntax (scoring policy 4 and 5; contracts.md section 4)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from geovlm_cli.rewards.reference.common import (
    JSON_BLANKS,
    MAX_BOXES,
    MAX_MAGNITUDE,
    Box,
    Refused,
    Size,
    quoted,
    reads,
    scrub,
)
from geovlm_cli.rewards.reference.documents import read_json
from geovlm_cli.rewards.reference.faults import NUMBER, number
from geovlm_cli.rewards.reference.geometry import clip, corners, polygon_area, rectangle

Flaw = tuple[str, str]  # the reason of an item that is no box, and the sentence that says why
Item = tuple[Sequence[Any], str | None, int]  # numbers, label where the syntax carries one, numbers wanted


@dataclass(slots=True)
class Found:
    """The boxes of one answer, in the frame in which they were written, and the items that are no box."""

    boxes: list[Box] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # which item each box is, from 1
    flaws: list[Flaw] = field(default_factory=list)

    @property
    def invalid(self) -> int:
        """How many items are no box; each counts as a false positive."""
        return len(self.flaws)


def make_box(numbers: Sequence[Any], wanted: int, extent: Size) -> Box | Flaw:
    """Check one item by scoring policy 5 and contracts.md section 4: the box, or what is wrong with it."""
    shown = "[" + ", ".join(f"{v:g}" if isinstance(v, float) else json.dumps(v) for v in numbers[:8]) + "]"
    if any(not isinstance(v, float) for v in numbers):
        return "wrong_type", f"The box holds something that is no number: {shown}."
    if len(numbers) != wanted:
        return "wrong_arity", f"The box has {len(numbers)} numbers where the syntax wants {wanted}: {shown}."
    if any(not abs(v) <= MAX_MAGNITUDE for v in numbers):
        return "invalid_box", f"The box has a number beyond ±1e6: {shown}."
    box: Box = (*numbers, 0.0)[:5]
    if not (box[0] < box[2] and box[1] < box[3]):
        return "invalid_box", f"The box is empty or inverted (x1 < x2 and y1 < y2 must hold): {shown}."
    return _in_image(box, wanted, extent) or ("invalid_box", f"The box lies outside the image: {shown}.")


def _in_image(box: Box, numbers: int, extent: Size) -> Box | None:
    """Clip a four-number box to the image; leave a five-number box, unless its polygon misses the image."""
    x1, y1, x2, y2, angle = box
    if numbers == 4:
        x1, y1, x2, y2 = max(x1, 0.0), max(y1, 0.0), min(x2, extent[0]), min(y2, extent[1])
        return (x1, y1, x2, y2, angle) if x1 < x2 and y1 < y2 else None
    window = (0.0, 0.0, min(extent[0], 4 * MAX_MAGNITUDE), min(extent[1], 4 * MAX_MAGNITUDE))
    return box if polygon_area(clip(corners(box), rectangle(*window))) > 0 else None


@reads
def read_boxes(text: str, syntax: str, extent: Size) -> Found:
    """Read many boxes in one declared syntax (kind `boxes`)."""
    items = list(_SYNTAXES[syntax](text))
    if len(items) > MAX_BOXES:
        raise Refused("too_many", f"The answer holds {len(items)} boxes; at most {MAX_BOXES} are read.")
    found = Found()
    for place, item in enumerate(items, 1):
        made = _made(item, extent)
        if isinstance(made[0], str):
            found.flaws.append((made[0], str(made[1]).replace("The box", f"Box {place}", 1)))
        else:
            found.boxes.append(made)
            found.places.append(place)
            found.labels += [item[1]] if len(item) == 3 and item[1] is not None else []
    return found


def _made(item: Item | Flaw, extent: Size) -> Box | Flaw:
    return make_box(item[0], item[2], extent) if len(item) == 3 else item


@reads
def read_box(text: str, syntax: str, extent: Size) -> Box:
    """Read exactly one box (kind `box`; scoring policy 4, 7)."""
    items = _one_json(text) if syntax == "qwen-json" else list(_SYNTAXES[syntax](text))
    if not items:
        raise Refused("empty", "The answer holds no box.")
    if len(items) > 1:
        raise Refused("too_many", f"The answer holds {len(items)} items; exactly one box is asked for.")
    made = _made(items[0], extent)
    if isinstance(made[0], str):
        raise Refused(made[0], str(made[1]))
    return made


def _json_items(text: str) -> list[Item | Flaw]:
    document = read_json(text)
    if not isinstance(document, list):
        raise Refused("wrong_type", f"The answer is {_type(document)} where a list of boxes is wanted.")
    return [_json_item(item) for item in document]


def _json_item(item: Any) -> Item | Flaw:
    if not isinstance(item, dict):
        return "wrong_type", f"The box is {_type(item)} where an object with bbox_2d and label is wanted."
    unknown = sorted(set(item) - {"bbox_2d", "label", "score"})
    if unknown:
        return "invalid_box", f"The box has the unknown key {quoted(unknown[0])}."
    if not isinstance(item.get("bbox_2d"), list):
        return "wrong_type", "The box has no list `bbox_2d`."
    if not isinstance(item.get("label"), str):
        return "wrong_type", "The box has no `label` that is a string."
    return item["bbox_2d"], scrub(item["label"]), 4


def _one_json(text: str) -> list[Item | Flaw]:
    """Read a list of numbers, an object, or a list of one object; other lists make several items."""
    document = read_json(text)
    if isinstance(document, dict):
        return [_json_item(document)]
    if not isinstance(document, list):
        raise Refused("wrong_type", f"The answer is {_type(document)} where one box is wanted.")
    if not document or not isinstance(document[0], float):
        return [_json_item(item) for item in document]
    return [(document, None, 4)]


def _type(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", float: "a number", bool: "a boolean"}
    return names.get(type(value), "null")


_LIST_TOKEN = re.compile(rf"[ \t\r\n]*([\[\],]|{NUMBER})")
MAX_LIST_DEPTH = 3


def _list_items(numbers: int) -> Callable[[str], list[Item | Flaw]]:
    def items(text: str) -> list[Item | Flaw]:
        tokens = _list_tokens(text.strip(JSON_BLANKS))
        rows, at = _groups(tokens, 0, 1)
        if at != len(tokens):
            raise Refused("bad_json", f"There is {quoted(tokens[at])} where the list of boxes has ended.")
        return [(row, None, numbers) for row in rows if row]

    return items


def _list_tokens(text: str) -> list[str]:
    """Cut into brackets, commas and numbers; what is none of these is one last token, refused where the reading comes to it."""
    tokens: list[str] = []
    at = 0
    while at < len(text):
        match = _LIST_TOKEN.match(text, at)
        if match is None:
            return [*tokens, text[at:].lstrip(JSON_BLANKS)]
        tokens.append(match.group(1))
        at = match.end()
    return tokens


def _groups(tokens: list[str], at: int, depth: int) -> tuple[list[list[float]], int]:
    """Read groups `[…]`, juxtaposed or joined by commas, from token `at` on; return the innermost rows and the next token."""
    rows: list[list[float]] = []
    while True:
        inner, at = _group(tokens, at, depth)
        rows += inner
        comma = tokens[at : at + 1] == [","]
        if not comma and tokens[at : at + 1] != ["["]:
            return rows, at
        at += comma


def _no_group(tokens: list[str], at: int) -> str:
    """Say what stands where a group should open."""
    found = f"{quoted(tokens[at], 20)} stands" if at < len(tokens) else "nothing stands"
    if at and tokens[at - 1] == ",":
        return f"A comma announces another box, and {found} where its opening bracket belongs."
    return f"The list of boxes lacks an opening bracket: {found} in its place."


def _group(tokens: list[str], at: int, depth: int) -> tuple[list[list[float]], int]:
    if tokens[at : at + 1] != ["["]:
        raise Refused("bad_json", _no_group(tokens, at))
    if depth > MAX_LIST_DEPTH:
        raise Refused("too_deep", "Boxes stand inside more than two further brackets.")
    if tokens[at + 1 : at + 2] == ["["]:
        rows, at = _groups(tokens, at + 1, depth + 1)
    else:
        row, at = _row(tokens, at + 1)
        rows = [row]
    if tokens[at : at + 1] != ["]"]:
        raise Refused("bad_json", "The list of boxes lacks a closing bracket.")
    return rows, at + 1


def _row(tokens: list[str], at: int) -> tuple[list[float], int]:
    row: list[float] = []
    while at < len(tokens) and tokens[at] not in "[],":
        literal = tokens[at]
        if not re.fullmatch(NUMBER, literal):
            raise Refused("bad_json", f"The list of boxes cannot be read at {quoted(literal)}.")
        row.append(number(literal))
        at += 1
        if tokens[at : at + 1] == [","]:
            at += 1
            if at == len(tokens) or tokens[at] in "[],":
                raise Refused("bad_json", "There is a comma without a number after it.")
        elif at < len(tokens) and tokens[at] not in "[],":
            raise Refused("bad_json", f"There is no comma before {quoted(tokens[at])}.")
    return row, at


_GEOCHAT_NUMBER = re.compile(rf"<({NUMBER})")
_GEOCHAT_PHRASE = re.compile(r"<p>.*?</p>", flags=re.DOTALL)


def _geochat_items(text: str) -> list[Item | Flaw]:
    """Read `{<x1><y1><x2><y2>|<angle>}`, juxtaposed or joined by `<delim>`, each group perhaps after its `<p>phrase</p>`; `[]` is none."""
    text, items, wants_box, at = text.strip(), list[Item | Flaw](), True, 0
    if text == "[]":
        return []
    while at < len(text):
        phrase = _GEOCHAT_PHRASE.match(text, at)
        if text.startswith("{", at):
            item, at = _geochat_item(text, at)
            items.append(item)
            wants_box = False
        elif phrase or (text.startswith("<delim>", at) and not wants_box):
            at = phrase.end() if phrase else at + len("<delim>")
            wants_box = True
        else:
            raise _unread(text, at)
        while text[at : at + 1].isspace():
            at += 1
    if wants_box:
        raise Refused("bad_json", "The text ends where a box should follow.")
    return items


def _unread(text: str, at: int) -> Refused:
    return Refused("bad_json", f"The boxes cannot be read at {quoted(text[at : at + 20])}.")


def _geochat_item(text: str, start: int) -> tuple[Item | Flaw, int]:
    """Read one box number by number from its brace on; return it and where it ends."""
    corner_numbers, angle, at = list[float](), 0.0, start + 1
    while text.startswith("<", at):
        value, at = _geochat_number(text, at)
        corner_numbers.append(value)
    if text.startswith("|<", at):
        angle, at = _geochat_number(text, at + 1)
    if not text.startswith("}", at):
        raise _unread(text, at)
    if len(corner_numbers) == 4:
        return ([*corner_numbers, angle], None, 5), at + 1
    said = f"The box has {len(corner_numbers)} corner numbers where the syntax wants 4: {quoted(text[start : at + 1])}."
    return ("wrong_arity", said), at + 1


def _geochat_number(text: str, at: int) -> tuple[float, int]:
    match = _GEOCHAT_NUMBER.match(text, at)
    if match is None:
        raise _unread(text, at)
    value = number(match[1])
    if not text.startswith(">", match.end()):
        raise _unread(text, match.end())
    return value, match.end() + 1


def _internvl_items(text: str) -> list[Item | Flaw]:
    """Read `<ref>phrase</ref><box>[[x1, y1, x2, y2]]</box>`, groups juxtaposed or comma-joined; a list may stand without tags. `[]` is none."""
    rest, items, wants_box = text.strip(), list[Item | Flaw](), True
    if rest == "[]":
        return []
    while rest:
        match = re.match(
            r"(?P<ref><ref>.*?</ref>)|<box>(?P<box>.*?)</box>|(?P<bare>\[[^<]*)|(?P<comma>,)", rest, re.DOTALL
        )
        if match is None or (match["comma"] and wants_box):
            raise Refused("bad_json", f"The boxes cannot be read at {quoted(rest[:20])}.")
        ends = match.end() == len(rest)
        lists = match["box"] if match["box"] is not None else match["bare"]
        if lists is not None:
            bare_before_tag = match["bare"] is not None and not ends
            items += _list_items(4)(lists.rstrip().removesuffix(",") if bare_before_tag else lists)
        wants_box = bool(match["ref"] or match["comma"] or (match["bare"] and not ends))
        rest = rest[match.end() :].lstrip()
    if wants_box:
        raise Refused("bad_json", "The text ends where a box should follow.")
    return items


_SYNTAXES: dict[str, Callable[[str], list[Item | Flaw]]] = {
    "qwen-json": _json_items,
    "list4": _list_items(4),
    "list5": _list_items(5),
    "geochat": _geochat_items,
    "internvl": _internvl_items,
}
