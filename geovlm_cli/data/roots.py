"""Where images may lie: the folders of `--image-root`, or the data's own folder; nothing outside them is opened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from geovlm_cli.data.bands import expanded
from geovlm_cli.data.formats.fields import decoded
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import ConfigError, clean
from geovlm_cli.task import ImageRef

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class OutsideRootError(ValueError):
    """An image path that leads out of every root, or a data URL that holds no image; its text is half a sentence."""


class Roots:
    """The image roots of one data set, symlinks resolved."""

    def __init__(self, folders: Iterable[str | Path]) -> None:
        self._roots = [os.path.realpath(folder) for folder in folders]
        for root in self._roots:
            if not os.path.isdir(root):  # noqa: PTH112
                raise ConfigError(f"The image root {clean(root)} is not a folder.")

    def resolve(self, ref: ImageRef) -> ImageRef:
        """Return the image with its real path: the first root that has it, else the first that might. One in a data URL comes as its bytes; raises OutsideRootError."""
        if isinstance(ref.source, bytes):
            return ref
        if ref.source.startswith("data:"):
            return ImageRef(_decoded(ref.source), ref.role)
        parts = expanded(ref.source)
        inside = [root for root in self._roots if all(self._holds(_real(root, part)) for part in parts)]
        candidates = [_real(root, ref.source) for root in inside]
        if not candidates:
            raise OutsideRootError(
                f"image {clean(ref.source, 80)} lies outside the image roots; name its folder with --image-root"
            )
        found = next((path for path in candidates if all(map(os.path.exists, expanded(path)))), candidates[0])
        return ImageRef(found, ref.role)

    def _holds(self, path: str) -> bool:
        return any(path.startswith(root.rstrip(os.sep) + os.sep) for root in self._roots)


def _decoded(url: str) -> bytes:
    try:
        return decoded(url)
    except MalformedRowError as error:
        raise OutsideRootError(str(error)) from error


def _real(root: str, path: str) -> str:
    try:
        return os.path.realpath(os.path.join(root, path))  # noqa: PTH118  # an absolute path replaces the root
    except ValueError:  # a null byte
        return ""
