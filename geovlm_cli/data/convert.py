"""Samples written as our rows: JSON lines or parquet, one after another, with the pictures that rows hold as bytes put into a folder where that is asked."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from geovlm_cli.data.bands import expanded
from geovlm_cli.data.images import FORMATS, name_of
from geovlm_cli.data.rows import write_rows
from geovlm_cli.errors import DataError, clean, counted
from geovlm_cli.runs.files import make_folder, whole_file
from geovlm_cli.task import ImageRef, Sample

SUFFIXES = (".jsonl", ".parquet")
# Cameras and drones write MPO: a JPEG file with further pictures behind the first.
_ENDINGS = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp"}


class Conversion:
    """One run of `geovlm data convert`: where the rows go, and what is known once they are written. reject: told of each row whose picture cannot be saved."""

    def __init__(self, out: Path, pictures: Path | None, reject: Callable[[Sample, str], None]) -> None:
        self.out, self._pictures, self._reject = out, pictures, reject
        self._folders: set[Path] = set()

    def write(self, samples: Iterable[Sample]) -> int:
        """Write the samples to OUT, parquet where it (or what it links to) is so named, and return their number; the file appears whole or not at all."""
        rows = self._prepared(samples)
        if self.out.resolve().suffix == ".parquet":
            from geovlm_cli.data.parquet import write_parquet

            return write_parquet(self.out, rows)
        return write_rows(self.out, rows)

    def outside(self) -> str | None:
        """Return the folder that holds the images outside OUT's folder, or None where all lie in it."""
        home = self.out.resolve().parent
        found = [folder for folder in self._folders if not folder.is_relative_to(home)]
        return os.path.commonpath(found) if found else None

    def _prepared(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        for sample in samples:
            try:
                ready = sample if self._pictures is None else _with_files(sample, self._pictures)
            except DataError as error:
                self._reject(sample, str(error).rstrip("."))
                continue
            self._folders.update(Path(ref.source).parent for ref in ready.images if isinstance(ref.source, str))
            yield ready


class MissingImages:
    """Counts the rows on their way of which an image is not there. Images are not opened."""

    def __init__(self) -> None:
        self._rows = self._missing = 0
        self._first = ""

    def watched(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Yield the samples as they come, counted."""
        for sample in samples:
            self._rows += 1
            if gone := next((ref for ref in sample.images if not _is_there(ref)), None):
                self._missing += 1
                self._first = self._first or f"{name_of(gone)} (id {clean(sample.id, 60)})"
            yield sample

    def line(self) -> str | None:
        """Return one line for stderr, or None where no image is missing."""
        if not self._missing:
            return None
        return f"images: {self._missing} of {counted(self._rows, 'row')} {'name' if self._missing > 1 else 'names'} an image that does not exist, the first {self._first}; name its folder with --image-root"


def _is_there(ref: ImageRef) -> bool:
    return isinstance(ref.source, bytes) or all(map(os.path.exists, expanded(ref.source)))


def _with_files(sample: Sample, folder: Path) -> Sample:
    """Return the sample with its pictures in files; rows that share a picture share its file, which is named by its content."""
    return replace(sample, images=tuple(_saved(ref, folder) for ref in sample.images))


def _saved(ref: ImageRef, folder: Path) -> ImageRef:
    if isinstance(ref.source, str):
        return ref
    path = folder.resolve() / (hashlib.sha256(ref.source).hexdigest()[:20] + _ending(ref))
    if not path.exists():
        make_folder(folder)
        with whole_file(path) as file:
            file.write(ref.source)
    return ImageRef(str(path), ref.role)


def _ending(ref: ImageRef) -> str:
    try:
        with Image.open(io.BytesIO(ref.source if isinstance(ref.source, bytes) else b""), formats=FORMATS) as image:
            return _ENDINGS[str(image.format)]
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(
            f"Image {name_of(ref)} is no readable {', '.join(FORMATS)} file, so it cannot be saved."
        ) from error
