"""The first fault of a text that is no JSON document by scoring policy 4, as who reads from left to right meets it."""

from __future__ import annotations

import json
import re

from geovlm_cli.rewards.reference.common import JSON_BLANKS, MAX_DEPTH, MAX_INTEGER, MAX_NUMBER, Refused, quoted, scrub

# A number as a whole: it ends neither before a digit nor where a fraction or an exponent begins that is none.
NUMBER = r"-?(?:0|[1-9][0-9]*+)(?![0-9])(?:\.[0-9]++|(?!\.))(?:[eE][-+]?[0-9]++|(?![eE]))"
_STRING = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_TOKEN = re.compile(rf"[ \t\r\n]*([][{{}},:]|{_STRING}|{NUMBER}|true|false|null)")
_VALUE = '[{"0t'  # what a value may start with: each sign stands for a sort of token
_WANTED = {
    "value": (_VALUE, "a value"),
    "item": (_VALUE + "]", "a value or `]`"),
    "first key": ('"}', "a key or `}`"),
    "key": ('"', "a key"),
    "colon": (":", "a colon"),
    "list": (",]", "a comma or `]`"),
    "object": (",}", "a comma or `}`"),
    "end": ("", "the end"),
}


def number(literal: str) -> float:
    """Return the value of a JSON number; raises `Refused` where it is too long."""
    is_whole = not set(literal) & set(".eE")
    most, sort = (MAX_INTEGER, "an integer") if is_whole else (MAX_NUMBER, "a number")
    if len(literal) > most:
        raise Refused(
            "bad_number", f"The number {quoted(literal)} has {len(literal)} characters; {sort} may have {most}."
        )
    return float(literal)


def check(text: str) -> None:
    """Raise `Refused` for the first fault of a text; nothing where it is a document."""
    walk, at = _Walk(), 0
    while match := _TOKEN.match(text, at):
        sort = _sort(match[1])
        if sort not in _WANTED[walk.wanted][0]:
            break
        walk.step(sort, match[1])
        at = match.end()
    rest = text[at:].lstrip(JSON_BLANKS)
    if rest or walk.wanted != "end":
        place = f"{quoted(rest[:20])} stands" if rest else "nothing stands"
        raise Refused("bad_json", f"The answer is no JSON: {place} where {_WANTED[walk.wanted][1]} belongs.")


class _Walk:
    """A place in a document: the keys of each object that is open (None for a list), and what must come next."""

    def __init__(self) -> None:
        self.open: list[set[str] | None] = []
        self.key = ""
        self.wanted = "value"

    def step(self, sort: str, token: str) -> None:
        """Go past a token that is allowed here."""
        if sort in "[{":
            self._enter(sort)
        elif sort == ":":
            self._keep_key()
        elif sort == ",":
            self.wanted = "value" if self.open[-1] is None else "key"
        elif sort == '"' and "key" in self.wanted:
            self.key, self.wanted = scrub(json.loads(token)), "colon"
        else:
            self._leave_value(sort, token)

    def _enter(self, bracket: str) -> None:
        if len(self.open) == MAX_DEPTH:
            raise Refused("too_deep", f"Brackets are nested deeper than {MAX_DEPTH}.")
        self.open.append(set() if bracket == "{" else None)
        self.wanted = "first key" if bracket == "{" else "item"

    def _keep_key(self) -> None:
        keys = self.open[-1]
        if keys is None or self.key in keys:
            raise Refused("duplicate_key", f"The key {quoted(self.key)} stands twice in one object.")
        keys.add(self.key)
        self.wanted = "value"

    def _leave_value(self, sort: str, token: str) -> None:
        if sort == "0":
            number(token)
        elif sort in "]}":
            self.open.pop()
        self.wanted = "end" if not self.open else "list" if self.open[-1] is None else "object"


def _sort(token: str) -> str:
    """Return the sign of a token's sort: itself for punctuation, else `"` for strings, 0 for numbers, t for literals."""
    return token[0] if token[0] in '[]{},:"' else "t" if token in ("true", "false", "null") else "0"
