"""Scenes on disk, as our JSONL rows."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, Final

import orjson

from geovlm_cli.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from geovlm_cli.scenes import Scene

SCHEMA: Final = {"schema": "geovlm/1"}


def write_rows(out: Path, streams: Sequence[Iterator[Scene]]) -> Path:
    """Write the scenes of all streams in turn; return the path of the rows.

    Raises:
        OutputError: the folder cannot be written.
    """
    rows = out / "rows.jsonl"
    try:
        (out / "images").mkdir(parents=True, exist_ok=True)
        with rows.open("wb") as lines:
            lines.write(orjson.dumps(SCHEMA, option=orjson.OPT_APPEND_NEWLINE))
            for scene in chain.from_iterable(zip_longest(*streams)):
                if scene is not None:
                    lines.write(orjson.dumps(_save(scene, out), option=orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise OutputError(f"Scenes cannot be written to {out}: {error.strerror or error}.") from error
    return rows


def _save(scene: Scene, out: Path) -> dict[str, Any]:
    """Write the pictures of a scene and return its row."""
    images = []
    for picture, role in zip(scene.images, scene.roles, strict=True):
        path = f"images/{scene.id}-{role}.png"
        picture.save(out / path, compress_level=1)
        images.append({"path": path, "role": role})
    row = {
        "id": scene.id,
        "task": scene.task,
        "images": images,
        "question": scene.question,
        "reference": scene.reference,
        "reasoning": scene.reasoning,
        "choices": list(scene.choices),
        "meta": dict(scene.meta),
    }
    return {key: value for key, value in row.items() if value not in ([], {})}
