"""Files beside one another: the image of an annotation, wherever the known layouts put it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from geovlm_cli.data.images import image_size
from geovlm_cli.errors import DataError
from geovlm_cli.task import ImageRef

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")


def image_beside(home: Path, folders: Sequence[str], name: str) -> str:
    """Return the path, relative to `home`, of the image that an annotation names or is named after: that very file, else one of its stem with another ending.

    Where there is none, the path that the first folder would have it at, so that whoever opens it says so.
    """
    whole = Path(name)
    named = [whole.name] if whole.suffix.lower() in ENDINGS else []
    names = [*named, *(whole.stem + ending if named else whole.name + ending for ending in ENDINGS)]
    candidates = [folder + "/" + found if folder else found for found in names for folder in folders]
    return next((path for path in candidates if (home / path).is_file()), candidates[0])


def size_of(path: Path) -> tuple[int, int] | None:
    """Return the size of an image, or None where it is not here or does not read: saved answers need no images."""
    try:
        return image_size(ImageRef(str(path)))
    except DataError:
        return None


def text_files(folder: Path, suffix: str) -> list[Path]:
    """Return the files of a folder with this ending, in order of name."""
    return sorted(path for path in folder.iterdir() if path.suffix == suffix and path.is_file())


def any_ends(names: Iterable[str], suffix: str) -> bool:
    """Does one of the names end so?"""
    return any(str(name).endswith(suffix) for name in names)
