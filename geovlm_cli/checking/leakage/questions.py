"""What two spellings of one question have in common: its words."""

from __future__ import annotations

import re
import unicodedata

_MARK = re.compile(r"<\|\w{1,30}\|>|<(?:image|img|video)>")  # of images, and of chat templates round them
_INSTRUCTION = re.compile(
    r"(?<=[.?!]) (?:please )?answer (?:the question |this question )?(?:in|with|using|by) [^.?!]*[.?!]?$"
)


class _Blanks(dict[int, int]):
    """A table for `str.translate`: punctuation becomes blanks; each character is looked up once."""

    def __missing__(self, code: int) -> int:
        self[code] = ord(" ") if unicodedata.category(chr(code)).startswith("P") else code
        return self[code]


_BLANKS = _Blanks()


def plain(text: str) -> str:
    """Return the words of a question or an answer: without case, punctuation, image placeholders, and a last sentence that says how to answer.

    Such a sentence begins with "answer in", "with", "using" or "by" ("Answer the question using a single word."), and "please" before it.
    """
    words = " ".join(_MARK.sub(" ", text.casefold()).split())
    return " ".join(_INSTRUCTION.sub("", words).translate(_BLANKS).split())
