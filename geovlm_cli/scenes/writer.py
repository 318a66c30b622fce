"""Scenes on disk, as our JSONL rows."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import orjson

from geovlm_cli.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geovlm_cli.scenes import Scene

SCHEMA: Final = {"schema": "geovlm/1"}
ROWS: Final = "rows.jsonl"
IMAGES: Final = "images"


def write_rows(out: Path, streams: Sequence[Iterator[Scene]]) -> Path:
    """Write the scenes of all streams in turn; return the path of the rows. They appear all or not at all, in place of files of their names.

    Raises:
        OutputError: the folder cannot be written; what it held is as it was.
    """
    try:
        with _staged(out) as part:
            (part / IMAGES).mkdir()
            with (part / ROWS).open("wb") as lines:
                lines.write(orjson.dumps(SCHEMA, option=orjson.OPT_APPEND_NEWLINE))
                for scene in chain.from_iterable(zip_longest(*streams)):
                    if scene is not None:
                        lines.write(orjson.dumps(_save(scene, part), option=orjson.OPT_APPEND_NEWLINE))
            _move(part, out)
    except OSError as error:
        raise OutputError(f"Scenes cannot be written to {out}: {error.strerror or error}.") from error
    return out / ROWS


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """Make a hidden folder in `out` to write to, and remove it; after an error remove the folders too that had to be made for it."""
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".scenes-", suffix=".part", dir=out) as part:
            yield Path(part)
    except BaseException:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def _move(part: Path, out: Path) -> None:
    """Put the finished files in their place, the rows last: they name images that are there."""
    (out / IMAGES).mkdir(exist_ok=True)
    for picture in (part / IMAGES).iterdir():
        picture.replace(out / IMAGES / picture.name)
    (part / ROWS).replace(out / ROWS)


def _save(scene: Scene, out: Path) -> dict[str, Any]:
    """Write the pictures of a scene and return its row."""
    images = []
    for picture, role in zip(scene.images, scene.roles, strict=True):
        path = f"{IMAGES}/{scene.id}-{role}.png"
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
