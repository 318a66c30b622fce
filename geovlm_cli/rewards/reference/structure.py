"""The structure of a completion (contracts.md section 3; scoring policy 1 and 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geovlm_cli.rewards.reference.common import JSON_BLANKS, MAX_BYTES, Unread, quoted, scrub, visible

_TAGS = ("<think>", "</think>", "<answer>", "</answer>")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the structure says of one completion: the format reward, the answer's text or why there is none."""

    format: float
    text: str | Unread
    think: str | None = None
    detail: str = ""


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
