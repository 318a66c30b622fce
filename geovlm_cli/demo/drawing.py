"""The contact sheet: what the trained model answered, beside the truth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from PIL import Image

from geovlm_cli.errors import OutputError
from geovlm_cli.report.contact_sheet import contact_sheet
from geovlm_cli.report.overlay import side_by_side

_COLUMNS: Final = 6
_CELL: Final = 300


def write_contact_sheet(out: Path, path: Path) -> None:
    """Draw the answers of `out/predict` with the scenes of `out/data/shown` into one PNG; raises OutputError."""
    data = out / "data" / "shown"
    truth = {row["id"]: row for row in _lines(data / "rows.jsonl") if "id" in row}
    answers = [row for row in _lines(out / "predict" / "rows.jsonl") if row["id"] in truth]
    cells = [
        (_picture(data, out / "overlays", truth[row["id"]], row), _caption(truth[row["id"]], row)) for row in answers
    ]
    sheet = contact_sheet(
        cells, columns=_COLUMNS, cell=_CELL, title="geovlm demo: SFT + GRPO, greedy, scenes it has not seen"
    )
    try:
        sheet.save(path)
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}.") from error


def _picture(data: Path, overlays: Path, truth: Mapping[str, Any], answer: Mapping[str, Any]) -> Image.Image:
    """Return the overlay where the truth is boxes, else the pictures alone: their answer is in the caption."""
    if isinstance(truth["reference"], Mapping) and "overlay" in answer:
        return Image.open(overlays / answer["overlay"]).convert("RGB")
    return side_by_side([Image.open(data / image["path"]).convert("RGB") for image in truth["images"]])


def _caption(truth: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    question, reference = truth["question"], truth["reference"]
    if answer["reason"]:
        return f"{question}\nunreadable: {answer['reason']}"
    if isinstance(reference, Mapping):
        return f"{question}\n{len(answer['boxes'])} answered, {len(reference['boxes'])} true"
    mark = "right" if str(answer["answer"]) == reference else f"wrong, it is {reference}"
    return f"{question}\n{answer['answer']} ({mark})"


def _lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]
