"""Files beside one another: the image of an annotation, wherever the known layouts put it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from geovlm_cli.data.images import image_size
from geovlm_cli.errors import DataError
from geovlm_cli.task import ImageRef

SPLITS = ("train", "valid", "val", "test")
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


def homes(path: Path, is_home: Callable[[frozenset[str]], bool]) -> list[tuple[Path, str]]:
    """Return the folders that hold a set, each with its split: the folder itself (no split), or those of its folders `SPLITS` that do.

    is_home: does a folder with sub-folders of these names hold one?
    """
    if is_home(_folders_of(path)):
        return [(path, "")]
    return [(path / split, split) for split in SPLITS if (path / split).is_dir() and is_home(_folders_of(path / split))]


def in_splits(folders: Mapping[str, Iterable[str]], is_home: Callable[[frozenset[str]], bool]) -> bool:
    """Would `homes` find a folder, as far as the head of a folder shows it?"""
    return is_home(frozenset(folders)) or any(is_home(frozenset(folders.get(split, ()))) for split in SPLITS)


def _folders_of(path: Path) -> frozenset[str]:
    with os.scandir(path) as found:
        return frozenset(entry.name for entry in found if entry.is_dir())


def any_ends(names: Iterable[str], suffix: str) -> bool:
    """Does one of the names end so?"""
    return any(str(name).endswith(suffix) for name in names)
