"""The plain twin: every built-in of the reward engine again, slow and obvious, from `re`, `json` and loops.

It is what the Rust is tested against and what `geovlm score` asks for the detail behind a reason. It imports neither the extension nor
numpy. Boxes are tuples (x1, y1, x2, y2, angle°); an answer that cannot be read is an `Unread` that says why.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Box = tuple[float, float, float, float, float]
Size = tuple[float, float]
T = TypeVar("T")

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NUMBER, MAX_INTEGER = 40, 20
MAX_BOXES = MAX_LABELS = 1000
MAX_WORDS = 4000
MAX_MAGNITUDE = 1e6
MAX_PIECES = 4
TOLERANCE = 1e-9
JSON_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Unread:
    """An answer that could not be read: the reason's name, and a sentence that names the offending part."""

    reason: str
    detail: str = ""


class Refused(Exception):  # noqa: N818  # a refusal of the text, not a fault of the program
    """Raised inside the parsers; the public functions turn it into `Unread`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.unread = Unread(reason, detail)


def _reads(parser: Callable[..., T]) -> Callable[..., T | Unread]:
    def guarded(*args: Any, **options: Any) -> T | Unread:
        try:
            return parser(*args, **options)
        except Refused as refused:
            return refused.unread

    guarded.__doc__ = parser.__doc__
    return guarded


# --- structure -------------------------------------------------------------------------------------------------------------------

_TAGS = ("<think>", "</think>", "<answer>", "</answer>")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the structure says of one completion: the format reward, the answer's text or why there is none."""

    format: float
    text: str | Unread
    think: str | None = None
    detail: str = ""


def visible(text: str) -> bool:
    """Say whether a character is neither of Unicode category C* nor Z*."""
    return any(unicodedata.category(c)[0] not in "CZ" for c in text)


def scrub(text: str) -> str:
    """Replace lone surrogates by U+FFFD, as the language border does."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def read_structure(completion: str, structure: str, *, opens_think: bool = False) -> Reading:
    """Find the answer of one completion (contracts.md section 3; scoring policy 1 and 2)."""
    text = scrub(completion)
    if len(text.encode()) > MAX_BYTES:
        return Reading(
            0.0, Unread("too_long", f"The completion has {len(text.encode())} bytes; at most {MAX_BYTES} are read.")
        )
    if structure == "plain" or (structure == "any" and not any(tag in text for tag in _TAGS)):
        return _whole(text)
    return _blocks(text, structure, opens_think=opens_think)


def _whole(text: str) -> Reading:
    if not visible(text):
        return Reading(0.0, Unread("empty", "The text holds no visible character."))
    return Reading(1.0, text)


def _blocks(text: str, structure: str, *, opens_think: bool) -> Reading:
    places = {tag: [m.start() for m in re.finditer(re.escape(tag), text)] for tag in _TAGS}
    think, unread_think = _think_block(places, opens_think=opens_think)
    think_body = None if think is None else text[think[1] : think[2]]
    unread = _unread_answer(places) or unread_think or _misplaced(places, think, structure)
    if unread:
        return Reading(0.0, unread, think_body)
    opened, closed = places["<answer>"][0], places["</answer>"][0]
    answer = text[opened + len("<answer>") : closed]
    if not visible(answer):
        return Reading(0.0, Unread("empty", "The <answer> block holds no visible character."), think_body)
    before = text[:opened] if think is None else text[: think[0]] + text[think[3] : opened]
    detail = _unformatted(think_body, before + text[closed + len("</answer>") :], opens_think=opens_think)
    return Reading(0.0 if detail else 1.0, answer, think_body, detail)


def _unread_answer(places: dict[str, list[int]]) -> Unread | None:
    opened, closed = places["<answer>"], places["</answer>"]
    for tag in ("<answer>", "</answer>"):
        if len(places[tag]) > 1:
            return Unread("many_answers", f"{tag} stands {_times(len(places[tag]))}; exactly one answer block is read.")
    if not opened:
        return Unread("no_answer", "There is no <answer> block.")
    if not closed:
        return Unread("unclosed", "<answer> is never closed by </answer>.")
    return Unread("bad_order", "</answer> stands before <answer>.") if closed < opened else None


def _think_block(
    places: dict[str, list[int]], *, opens_think: bool
) -> tuple[tuple[int, int, int, int] | None, Unread | None]:
    """Return the think block (start, body start, body end, end), None where it is not complete, and why it makes the answer unreadable."""
    opened, closed = places["<think>"], places["</think>"]
    for tag, most in (("<think>", 0 if opens_think else 1), ("</think>", 1)):
        if len(places[tag]) > most:
            more = " although the chat template opens the block" if not most else ""
            return None, Unread(
                "many_thinks", f"{tag} stands {_times(len(places[tag]))}{more}; exactly one think block is read."
            )
    if opens_think and closed:
        return (0, 0, closed[0], closed[0] + len("</think>")), None
    if not (opened and closed):
        return None, None
    if closed < opened:
        return None, Unread("bad_order", "</think> stands before <think>.")
    return (opened[0], opened[0] + len("<think>"), closed[0], closed[0] + len("</think>")), None


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _misplaced(places: dict[str, list[int]], think: tuple[int, int, int, int] | None, structure: str) -> Unread | None:
    opened, closed = places["<answer>"][0], places["</answer>"][0]
    if think is not None:
        return Unread("bad_order", "The <think> block does not end before <answer>.") if think[3] > opened else None
    if structure == "think_answer" and places["<think>"]:
        return Unread("unclosed", "<think> is never closed by </think>.")
    if structure == "think_answer":
        return Unread("no_think", "There is no <think> block before the answer.")
    inside = [tag for tag in ("<think>", "</think>") for at in places[tag] if opened < at < closed]
    return Unread("bad_order", f"{inside[0]} stands inside the answer block.") if inside else None


def _unformatted(think: str | None, outside: str, *, opens_think: bool) -> str:
    if opens_think and think is None:
        return "The think block that the chat template opens is never closed."
    if think is not None and not visible(think):
        return "The <think> block holds no visible character."
    stray = outside.strip(JSON_BLANKS)
    return f"There is text outside the blocks: {quoted(stray)}." if stray else ""


# --- JSON ------------------------------------------------------------------------------------------------------------------------


def quoted(text: str, limit: int = 40) -> str:
    """Return the text for a sentence: cut, in backquotes, control characters escaped."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "`" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut) + "`"


def read_json(text: str) -> Any:
    """Read one JSON document by scoring policy 4; raises `Refused`."""
    body = _unfenced(text.strip(JSON_BLANKS))
    _check_depth(body)
    try:
        return json.loads(
            body, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        at = f"at {quoted(body[error.pos : error.pos + 20])}" if error.pos < len(body) else "at its end"
        raise Refused("bad_json", f"The answer is no JSON: {error.msg[0].lower()}{error.msg[1:]}, {at}.") from None


def _unfenced(text: str) -> str:
    if not text.startswith("```"):
        return text
    if not text[3:].endswith("```"):
        raise Refused("bad_fence", "The code fence is never closed.")
    body = text[3:-3].removeprefix("json")
    if body[:1].isalnum() or body.startswith("`"):
        raise Refused(
            "bad_fence",
            f"The code fence opens with {quoted(body.split()[0].strip('`'))}; only bare and json fences are read.",
        )
    return body.strip(JSON_BLANKS)


def _check_depth(text: str) -> None:
    depth = 0
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', text, flags=re.DOTALL):
        depth += (piece in "[{") - (piece in "]}")
        if depth > MAX_DEPTH:
            raise Refused("too_deep", f"Brackets are nested deeper than {MAX_DEPTH}.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise Refused("duplicate_key", f"The key {quoted(key)} stands {keys.count(key)} times in one object.")
    return dict(pairs)


def _integer(literal: str) -> float:
    if len(literal) > MAX_INTEGER:
        raise Refused(
            "bad_number",
            f"The number {quoted(literal)} has {len(literal)} characters; an integer may have {MAX_INTEGER}.",
        )
    return float(literal)


def _number(literal: str) -> float:
    if len(literal) > MAX_NUMBER:
        raise Refused(
            "bad_number", f"The number {quoted(literal)} has {len(literal)} characters; a number may have {MAX_NUMBER}."
        )
    return float(literal)


def _constant(literal: str) -> float:
    raise Refused("bad_json", f"{literal} is no JSON number.")


# --- boxes -----------------------------------------------------------------------------------------------------------------------


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
    return box if polygon_area(clip(corners(box), _rectangle(*window))) > 0 else None


@_reads
def read_boxes(text: str, syntax: str, extent: Size) -> Found:
    """Read many boxes in one declared syntax (kind `boxes`)."""
    items = list(_SYNTAXES[syntax](text))
    if len(items) > MAX_BOXES:
        raise Refused("too_many", f"The answer holds {len(items)} boxes; at most {MAX_BOXES} are read.")
    found = Found()
    for number, item in enumerate(items, 1):
        made = _made(item, extent)
        if isinstance(made[0], str):
            found.flaws.append((made[0], str(made[1]).replace("The box", f"Box {number}", 1)))
        else:
            found.boxes.append(made)
            found.places.append(number)
            found.labels += [item[1]] if len(item) == 3 and item[1] is not None else []
    return found


def _made(item: Item | Flaw, extent: Size) -> Box | Flaw:
    return make_box(item[0], item[2], extent) if len(item) == 3 else item


@_reads
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


_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_LIST_TOKEN = re.compile(rf"[ \t\r\n]*([\[\],]|{_NUMBER})")
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


def _group(tokens: list[str], at: int, depth: int) -> tuple[list[list[float]], int]:
    if tokens[at : at + 1] != ["["]:
        raise Refused("bad_json", "The list of boxes lacks an opening bracket.")
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
        if not re.fullmatch(_NUMBER, literal):
            raise Refused("bad_json", f"The list of boxes cannot be read at {quoted(literal)}.")
        row.append(_number(literal) if set(literal) & set(".eE") else _integer(literal))
        at += 1
        if tokens[at : at + 1] == [","]:
            at += 1
            if at == len(tokens) or tokens[at] in "[],":
                raise Refused("bad_json", "There is a comma without a number after it.")
        elif at < len(tokens) and tokens[at] not in "[],":
            raise Refused("bad_json", f"There is no comma before {quoted(tokens[at])}.")
    return row, at


_GEOCHAT_BOX = re.compile(rf"\{{((?:<{_NUMBER}>)*)(?:\|<({_NUMBER})>)?\}}")


def _geochat_items(text: str) -> list[Item | Flaw]:
    """Read `{<x1><y1><x2><y2>|<angle>}`, juxtaposed or joined by `<delim>`, each group perhaps after its `<p>phrase</p>`; `[]` is none."""
    rest, items, wants_box = text.strip(), list[Item | Flaw](), True
    if rest == "[]":
        return []
    while rest:
        found = _GEOCHAT_BOX.match(rest)
        other = re.match(r"<p>.*?</p>" if wants_box else r"<p>.*?</p>|<delim>", rest, flags=re.DOTALL)
        match = found or other
        if match is None:
            raise Refused("bad_json", f"The boxes cannot be read at {quoted(rest[:20])}.")
        if found:
            items.append(_geochat_item(found))
        wants_box = found is None
        rest = rest[match.end() :].lstrip()
    if wants_box:
        raise Refused("bad_json", "The text ends where a box should follow.")
    return items


def _geochat_item(found: re.Match[str]) -> Item | Flaw:
    literals = re.findall(_NUMBER, found.group(1))
    angle = found.group(2) or "0"
    numbers = [_number(v) if set(v) & set(".eE") else _integer(v) for v in (*literals, angle)]
    if len(literals) != 4:
        return (
            "wrong_arity",
            f"The box has {len(literals)} corner numbers where the syntax wants 4: {quoted(found.group())}.",
        )
    return numbers, None, 5


_SYNTAXES: dict[str, Callable[[str], list[Item | Flaw]]] = {
    "qwen-json": _json_items,
    "list4": _list_items(4),
    "list5": _list_items(5),
    "geochat": _geochat_items,
}


# --- geometry --------------------------------------------------------------------------------------------------------------------

Point = tuple[float, float]


def corners(box: Box) -> list[Point]:
    """Return the four corners, turned about the centre, counter-clockwise on screen (y down)."""
    x1, y1, x2, y2, degrees = box
    cx, cy, theta = (x1 + x2) / 2, (y1 + y2) / 2, math.radians(degrees)
    cos, sin = math.cos(theta), math.sin(theta)
    offsets = [(x - cx, y - cy) for x, y in _rectangle(x1, y1, x2, y2)]
    return [(dx * cos + dy * sin + cx, -dx * sin + dy * cos + cy) for dx, dy in offsets]


def _rectangle(x1: float, y1: float, x2: float, y2: float) -> list[Point]:
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]


def polygon_area(points: Sequence[Point]) -> float:
    """Return the area of a polygon (shoelace about its first corner)."""
    if len(points) < 3:
        return 0.0
    ox, oy = points[0]
    ring = [(x - ox, y - oy) for x, y in points]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def clip(subject: Sequence[Point], window: Sequence[Point]) -> list[Point]:
    """Cut a convex polygon by another whose corners run clockwise on screen (Sutherland-Hodgman)."""
    points = list(subject)
    for a, b in zip(window, [*window[1:], window[0]], strict=True):
        sides = [(b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for x, y in points]
        kept: list[Point] = []
        for i, point in enumerate(points):
            before, side_before, side = points[i - 1], sides[i - 1], sides[i]
            if (side < 0) != (side_before < 0):
                t = side_before / (side_before - side)
                kept.append((before[0] + t * (point[0] - before[0]), before[1] + t * (point[1] - before[1])))
            if side >= 0:
                kept.append(point)
        points = kept
    return points


def flattened(box: Box, angles: str) -> Box:
    """Apply the angle mode: `rotated` leaves the box, `hull` takes the axis-aligned hull, `drop` sets the angle to 0."""
    if angles == "rotated" or box[4] == 0:
        return box
    if angles == "drop":
        return (*box[:4], 0.0)
    xs, ys = zip(*corners(box), strict=True)
    return min(xs), min(ys), max(xs), max(ys), 0.0


def iou(a: Box, b: Box) -> float:
    """Return intersection over union of two boxes of one frame; 0 where the union is 0."""
    area_a, area_b = ((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    if a[4] % 180 == 0 and b[4] % 180 == 0:
        width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        shared = max(width, 0.0) * max(height, 0.0)
    else:
        shared = polygon_area(clip(corners(a), corners(b)))
    union = area_a + area_b - shared
    return min(shared / union, 1.0) if union > 0 else 0.0


def scaled(box: Box, scale: Size) -> Box:
    """Map a box to another frame of the image: a ratio per axis that leaves the angle."""
    return box[0] * scale[0], box[1] * scale[1], box[2] * scale[0], box[3] * scale[1], box[4]


# --- matching and detection ------------------------------------------------------------------------------------------------------


def assign(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return the one-to-one pairs (row, column) of positive weight with the greatest sum (Hungarian algorithm with potentials, O(n³))."""
    size = max(len(weights), len(weights[0]) if weights else 0)
    cost = [
        [-weights[i][j] if i < len(weights) and j < len(weights[i]) else 0.0 for j in range(size)] for i in range(size)
    ]
    row_of = [-1] * (size + 1)
    u, v = [0.0] * size, [0.0] * (size + 1)
    for row in range(size):
        _augment(cost, row, row_of, u, v)
    pairs = [
        (i, j) for j, i in enumerate(row_of[:size]) if i < len(weights) and j < len(weights[i]) and weights[i][j] > 0
    ]
    return sorted(pairs)


def _augment(cost: list[list[float]], row: int, row_of: list[int], u: list[float], v: list[float]) -> None:
    size = len(cost)
    distance, came, done = [math.inf] * size, [size] * size, [False] * (size + 1)
    row_of[size], column = row, size
    while row_of[column] != -1:
        done[column], current = True, row_of[column]
        for j in range(size):
            reach = cost[current][j] - u[current] - v[j]
            if not done[j] and reach < distance[j]:
                distance[j], came[j] = reach, column
        nearest = min((j for j in range(size) if not done[j]), key=distance.__getitem__)
        step = distance[nearest]
        for j in range(size + 1):
            if done[j]:
                u[row_of[j]] += step
                v[j] -= step
            elif j < size:
                distance[j] -= step
        column = nearest
    while column != size:
        row_of[column] = row_of[came[column]]
        column = came[column]


def pairs(
    predicted: Sequence[Box],
    true: Sequence[Box],
    predicted_labels: Sequence[str] = (),
    true_labels: Sequence[str] = (),
    *,
    min_iou: float = 0.0,
    angles: str = "rotated",
) -> list[tuple[int, int, float]]:
    """Return (predicted, true, IoU) of the assignment; labels count only where both sides carry them (scoring policy 6)."""
    compared = bool(predicted_labels) and bool(true_labels)
    table = []
    for i, p in enumerate(predicted):
        overlaps = [iou(flattened(p, angles), flattened(t, angles)) for t in true]
        usable = [
            not compared or normal(predicted_labels[i]) == normal(name) for name in true_labels or [""] * len(true)
        ]
        table.append(
            [
                value if same and value >= min_iou - TOLERANCE else 0.0
                for value, same in zip(overlaps, usable, strict=True)
            ]
        )
    return [(i, j, table[i][j]) for i, j in assign(table)]


def detection(matched: Sequence[tuple[int, int, float]], predicted: int, true: int) -> float:
    """Return 2·ΣIoU / (N_pred + N_true), 1 where both are none (scoring policy 6)."""
    return 2 * sum(value for *_, value in matched) / (predicted + true) if predicted + true else 1.0


# --- labels and short answers ----------------------------------------------------------------------------------------------------

_COUNT = re.compile(r"0|[1-9][0-9]{0,8}")


def normal(label: str) -> str:
    """Normalise a label by scoring policy 8: NFC, full case folding, trimmed, one final stop off, blank, underscore and hyphen alike."""
    text = label.strip().removesuffix(".").rstrip()
    return unicodedata.normalize("NFC", text).casefold().replace("_", " ").replace("-", " ").strip().strip()


@_reads
def read_label(text: str, vocabulary: Sequence[str] = ()) -> str:
    """Read a single label: the vocabulary's spelling, or the normalised text where there is no vocabulary."""
    known = {normal(name): name for name in reversed(vocabulary)}
    label = normal(text)
    if not label:
        raise Refused("empty", "No label is left of the answer.")
    if vocabulary and label not in known:
        raise Refused("unknown_label", f"{quoted(text.strip())} is none of the {len(vocabulary)} labels.")
    return known.get(label, label)


@_reads
def read_labels(text: str, vocabulary: Sequence[str] = ()) -> tuple[str, ...]:
    """Read a set of labels, in their order, each once (scoring policy 8): the vocabulary's spelling, else as written, free ones normalised."""
    body = text.strip()
    is_json = body.startswith(("[", "`"))
    pieces = _json_strings(body) if is_json else _pieces(body, vocabulary)
    if len(pieces) > MAX_LABELS:
        raise Refused("too_many", f"The answer holds {len(pieces)} labels; at most {MAX_LABELS} are read.")
    if not pieces and not is_json:
        raise Refused("empty", "No label is left of the answer.")
    known = {normal(name): name for name in reversed(vocabulary)}
    found: dict[str, str] = {}
    for piece in pieces:
        name = normal(piece)
        found.setdefault(name, known.get(name, piece.strip()) if vocabulary else name)
    return tuple(found.values())


def _json_strings(text: str) -> list[str]:
    document = read_json(text)
    if not isinstance(document, list):
        raise Refused("wrong_type", f"The answer is {_type(document)} where a list of labels is wanted.")
    for item in document:
        if not isinstance(item, str):
            raise Refused("wrong_type", f"The list of labels holds {_type(item)}.")
    return [scrub(item) for item in document]


def _pieces(text: str, vocabulary: Sequence[str]) -> list[str]:
    """Split at comma, semicolon and newline, but keep a label of the vocabulary that holds one: longest first, up to four pieces."""
    known = {normal(name) for name in vocabulary}
    most = min(MAX_PIECES, max((len(re.split("[,;\n]", name)) for name in vocabulary), default=1))
    ends = [match.start() for match in re.finditer("[,;\n]", text)] + [len(text)]
    found, at = [], 0
    while at < len(ends):
        start = ends[at - 1] + 1 if at else 0
        runs = [(n, text[start : ends[at + n - 1]]) for n in range(min(most, len(ends) - at), 1, -1)]
        taken, head = next(((n, run) for n, run in runs if normal(run) in known), (1, text[start : ends[at]]))
        found += [head] if normal(head) else []
        at += taken
    return found


def set_f1(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return F1 of two label sets (scoring policy 8)."""
    a, b = {normal(v) for v in predicted}, {normal(v) for v in true}
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0


def recall(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return the share of true labels that were named."""
    a, b = {normal(v) for v in predicted}, {normal(v) for v in true}
    return len(a & b) / len(b) if b else 0.0


def jaccard(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return |A ∩ B| / |A ∪ B| of two label sets."""
    a, b = {normal(v) for v in predicted}, {normal(v) for v in true}
    return len(a & b) / len(a | b) if a or b else 0.0


def equal(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return 1 where two label sets are the same, else 0."""
    return float({normal(v) for v in predicted} == {normal(v) for v in true})


@_reads
def read_count(text: str) -> int:
    """Read a count: `0|[1-9][0-9]{0,8}` in ASCII, one final stop allowed (scoring policy 10)."""
    body = text.strip().removesuffix(".")
    if not _COUNT.fullmatch(body):
        raise Refused("bad_number", f"{quoted(text.strip())} is no plain count such as 12.")
    return int(body)


@_reads
def read_answer(text: str, reference: str) -> str | int:
    """Read a VQA answer as its reference asks: digits → count, yes/no → the bare word, else a label (scoring policy 10)."""
    if isinstance(read_count(reference), int):
        count = read_count(text)
        if isinstance(count, Unread):
            raise Refused(count.reason, count.detail)
        return count
    wanted, answer = normal(reference), normal(text)
    if wanted in ("yes", "no") and answer not in ("yes", "no"):
        raise Refused("unknown_label", f"{quoted(text.strip())} is neither `yes` nor `no`.")
    if not answer:
        raise Refused("empty", "No word is left of the answer.")
    return answer


# --- texts -----------------------------------------------------------------------------------------------------------------------


@_reads
def read_text(text: str) -> str:
    """Return the trimmed text (captions)."""
    if not visible(text):
        raise Refused("empty", "The text holds no visible character.")
    return text.strip()


def lcs(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence (full table, row by row)."""
    above = [0] * (len(b) + 1)
    for word in a:
        row = [0]
        for j, other in enumerate(b):
            row.append(above[j] + 1 if word == other else max(above[j + 1], row[j]))
        above = row
    return above[-1]


def words(text: str) -> list[str]:
    r"""Return the first 4,000 words `[^\W_]+` of the NFC, case-folded text (scoring policy 9)."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).casefold())[:MAX_WORDS]


def lcs_f(text: str, references: Sequence[str], *, several: str = "best") -> float:
    """Return F1 of the longest common subsequence of words over several references (scoring policy 9)."""
    return _several([_lcs_f(words(text), words(reference)) for reference in references], several)


def _lcs_f(a: Sequence[str], b: Sequence[str]) -> float:
    return 2 * lcs(a, b) / (len(a) + len(b)) if a and b else 0.0


def rouge_l(text: str, references: Sequence[str], *, several: str = "best") -> float:
    """Return F of rougeL as the `rouge-score` package gives it without stemmer."""
    return _several([_rouge_l(_rouge_words(text), _rouge_words(reference)) for reference in references], several)


def _rouge_words(text: str) -> list[str]:
    return re.sub("[^a-z0-9]+", " ", text.lower()).split()


def _rouge_l(a: Sequence[str], b: Sequence[str]) -> float:
    shared = lcs(b, a)
    if not shared:
        return 0.0
    precision, found = shared / len(a), shared / len(b)
    return 2 * precision * found / (precision + found)


def _several(values: Sequence[float], several: str) -> float:
    return max(values, default=0.0) if several == "best" else sum(values) / len(values)
