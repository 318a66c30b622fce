"""Files beside one another: the image of an annotation, wherever the known layouts put it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from geovlm_cli.data.images import image_size
from geovlm_cli.errors import DataError
from geovlm_cli.task import ImageRef

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")


def image_beside(home: Path, folders: Sequence[str], name: str) -> str:
    """Return the path, relative to `home`, of the image that an annotation names or is named after.

    That very file, with the folders that its name has or without them, else one of its stem with another ending. Where there is none, the name
    as written if it has folders, else the path that the first of `folders` would have it at, so that whoever opens it says so.
    """
    whole = _inside(Path(name), home)
    named = whole.suffix.lower() in ENDINGS
    names = [whole.name] * named + [(whole.stem if named else whole.name) + ending for ending in ENDINGS]
    places = dict.fromkeys((whole.parent, Path()))
    candidates = [
        (Path(folder) / place / found).as_posix() for place in places for found in names for folder in folders
    ]
    missing = (whole.parent / names[0]).as_posix() if len(places) > 1 else candidates[0]
    return next((path for path in candidates if (home / path).is_file()), missing)


def _inside(path: Path, home: Path) -> Path:
    """Return a path that cannot lead out of `home`: one that would keeps its name alone."""
    if path.is_absolute() and path.is_relative_to(home.absolute()):
        path = path.relative_to(home.absolute())
    return Path(path.name) if path.is_absolute() or ".." in path.parts else path


def identity_of_image(name: str) -> str:
    """Return the id of the rows about an image: its name without the ending, but with its folders, in which others of the same name may lie."""
    path = Path(name)
    return (path.with_suffix("") if path.suffix.lower() in ENDINGS else path).as_posix()


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
