"""Contact sheets: a grid of pictures, each with its caption."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from geovlm_cli.report.lettering import Font, wrapped
from geovlm_cli.report.overlay import PREDICTED, TRUTH

_PAPER = (250, 250, 248)
_INK = (28, 28, 28)
_GAP = 12
_LINES = 3


def contact_sheet(
    cells: Sequence[tuple[Image.Image, str]], *, columns: int = 4, cell: int = 320, title: str = ""
) -> Image.Image:
    """Return one RGB picture: every image fitted into a square of `cell` px above its caption (at most three lines), and a legend of the box colours."""
    font = ImageFont.load_default(max(11, cell // 22))
    line = sum(font.getmetrics()) + 2 if isinstance(font, ImageFont.FreeTypeFont) else 14
    columns = max(1, min(columns, len(cells)))
    rows = -(-len(cells) // columns)
    captions = [wrapped(caption, font, cell, lines=_LINES) for _, caption in cells]
    head, step = line * 2, cell + max(map(len, captions), default=0) * line + _GAP
    sheet = Image.new("RGB", (columns * (cell + _GAP) + _GAP, head + rows * step + _GAP), _PAPER)
    _head(sheet, title, font)
    for number, ((picture, _), lines) in enumerate(zip(cells, captions, strict=True)):
        corner = (_GAP + number % columns * (cell + _GAP), head + number // columns * step)
        _cell(sheet, corner, cell, picture, lines, font)
    return sheet


def _head(sheet: Image.Image, title: str, font: Font) -> None:
    brush = ImageDraw.Draw(sheet)
    x = float(_GAP)
    for text, color in ((title, None), ("truth", TRUTH), ("answer", PREDICTED)):
        if color is not None:
            brush.rectangle((x, _GAP, x + 12, _GAP + 12), fill=color, outline=_INK)
            x += 18
        brush.text((x, _GAP - 2), text, fill=_INK, font=font)
        x += font.getlength(text) + (18 if text else 0)


def _cell(
    sheet: Image.Image,
    corner: tuple[int, int],
    size: int,
    picture: Image.Image,
    lines: Sequence[str],
    font: Font,
) -> None:
    ratio = size / max(picture.size)
    fitted = picture.resize(
        (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio))), Image.Resampling.LANCZOS
    )
    x, y = corner
    sheet.paste(fitted, (x + (size - fitted.width) // 2, y + (size - fitted.height) // 2))
    ImageDraw.Draw(sheet).multiline_text((x, y + size + 3), "\n".join(lines), fill=_INK, font=font, spacing=2)
