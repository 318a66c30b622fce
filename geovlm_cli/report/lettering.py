"""Text in pictures: folded to a width in pixels."""

from __future__ import annotations

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_ELLIPSIS = "…"


def wrapped(text: str, font: Font, width: int, *, lines: int) -> list[str]:
    """Return the text as at most `lines` lines of at most `width` px; what is left out ends in an ellipsis."""
    found: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > width:
                found.append(line)
                longer = word
            line = _cut(longer, font, width)
        found.append(line)
    return found if len(found) <= lines else [*found[: lines - 1], _cut(found[lines - 1] + _ELLIPSIS, font, width)]


def _cut(text: str, font: Font, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + _ELLIPSIS) > width:
        text = text[:-1]
    return text + _ELLIPSIS
