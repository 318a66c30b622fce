"""Rows read a chunk at a time: a file of any length in the memory of one chunk."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from geovlm_cli.data.dataset import (
    LISTING,
    DataSet,
    FlawCount,
    count_flaws,
    needing_image,
    report_lines,
    row_sentence,
    sized,
    without_objects_line,
)
from geovlm_cli.data.head import fingerprint
from geovlm_cli.data.roots import OutsideRootError
from geovlm_cli.errors import ConfigError, DataError, GeovlmError, clean, counted, nearest

if TYPE_CHECKING:
    from geovlm_cli.data.loader import BadRow
    from geovlm_cli.data.reading import Reader
    from geovlm_cli.profiles import Profile
    from geovlm_cli.task import Sample


_AT_ONCE = 8192
_CHUNKS_A_COLLECTION = 16


class RowStream:
    """A data source that is open but not read. What it counts (`count`, `rejected`, `flaws`, `other_tasks`) is whole when all rows were read.

    Images stay as the format names them, and are looked for only where a frame asks for an image's size. `check` is handed the rejected rows
    after the last row, and whether rows have flaws.
    """

    predictions = None

    def __init__(
        self,
        source: str,
        path: Path,
        form: str,
        profile: str | None,
        reader: Reader,
        items: Iterator[Sample | BadRow],
        limit: int | None,
        check: Callable[[list[BadRow], bool], None],
    ) -> None:
        self.source, self.format, self.profile = source, form, profile
        self.count = 0
        self._path, self._reader, self._limit, self._check = path, reader, limit, check
        self._items = items
        self._flaws: dict[str, FlawCount] = {}
        self._spent = False

    @property
    def rejected(self) -> list[BadRow]:
        """The rows that could not be read."""
        return self._reader.rejected

    @property
    def sha256(self) -> str:
        """The sha256 of the file."""
        return self._fingerprint[0]

    @property
    def lines(self) -> int:
        """The lines of the file: at least as many as its rows."""
        return self._fingerprint[1]

    @property
    def other_tasks(self) -> int:
        """The rows left out because another task was asked for."""
        return self._reader.other_tasks

    @property
    def other_splits(self) -> int:
        """The rows left out because another split was asked for."""
        return self._reader.other_splits

    @property
    def without_objects(self) -> int:
        """The annotated images on which nothing is marked, of which no row can be made."""
        return self._reader.without_objects

    def chunks(self, size: int, profile: Profile | None) -> Iterator[list[Sample]]:
        """Yield the rows in order, `size` at a time but the last ones, with what `sized` adds to them; raises DataError where there is none, and for a stream that was read before."""
        if self._spent:
            raise DataError(f"{clean(str(self._path))} is open and read to its end; open it again to read it again.")
        with _rare_collection() as collect:
            ready: list[Sample] = []
            ended = False
            while wanted := size if self._limit is None else min(size, self._limit - self.count):
                while len(ready) < wanted and not ended:
                    items = list(islice(self._items, wanted - len(ready)))
                    ended = not items
                    ready += self._ready(self._reader.fresh(self._reader.kept(items)), profile)
                chunk, ready = ready[:wanted], ready[wanted:]
                if not chunk:
                    break
                self.count += len(chunk)
                self._flaws = count_flaws(chunk, self._flaws)
                yield chunk
                del chunk  # not held while the next one is read
                collect()
        self._reader.forget()
        self._check(self.rejected, bool(self._flaws))
        self._spent = True
        if not self.count:
            raise self._nothing()

    def reject(self, sample: Sample, why: str) -> None:
        """Count a row that was yielded as one that cannot be read after all."""
        self.count -= 1
        self._reader.reject(sample, why)

    def whole(self) -> DataSet:
        """Read the rest; return all of it."""
        samples = [sample for chunk in self.chunks(_AT_ONCE, None) for sample in chunk]
        return DataSet(
            samples,
            self.format,
            self.rejected,
            self.sha256,
            self.source,
            self.profile,
            self.other_tasks,
            other_splits=self.other_splits,
            without_objects=self.without_objects,
        )

    def report(self, listed: str = LISTING) -> list[str]:
        """Return what was read and what was not, as lines for stderr. listed: where all rejected rows are listed."""
        left_out = {"tasks": self.other_tasks, "splits": self.other_splits}
        splits = self._reader.splits
        lines = report_lines(self.source, self.format, self.count, left_out, splits, self.rejected, self._flaws, listed)
        return lines + without_objects_line(self.without_objects)

    def _ready(self, samples: list[Sample], profile: Profile | None) -> list[Sample]:
        if profile is None:
            return samples
        ready: list[Sample | None] = [*samples]
        for place in needing_image(samples, profile):
            ready[place] = self._sized(samples[place], profile)
        return [sample for sample in ready if sample is not None]

    def _sized(self, sample: Sample, profile: Profile) -> Sample | None:
        try:
            return sized(self._reader.with_images(sample), profile)
        except OutsideRootError as error:
            self._reader.reject(sample, str(error))
            return None

    @cached_property
    def _fingerprint(self) -> tuple[str, int]:
        return fingerprint(self._path)

    def _nothing(self) -> GeovlmError:
        name, bad = clean(str(self._path)), len(self.rejected)
        if self.other_tasks:
            return DataError(
                f"{name} holds no row of task `{self._reader.task}`: {self.other_tasks} are of other tasks, {bad} cannot be read."
            )
        if self.other_splits:
            return self._no_split(name)
        if bad:
            none = f"None of the {bad} rows of {name} can be read"
            unknown = self._reader.find.unknown
            if unknown and unknown.half == self.rejected[0].why:
                return ConfigError(f"{none}. {unknown}")
            return DataError(f"{none}; the first: {row_sentence(self.rejected[0])}.")
        if self.without_objects:
            return DataError(f"None of the {counted(self.without_objects, 'image')} of {name} has an annotated object.")
        return DataError(f"{name} holds no row.")

    def _no_split(self, name: str) -> DataError:
        split, others = str(self._reader.split), self._reader.names_of_others
        names = sorted(name for name in others if name)
        if not names:
            return DataError(
                f"{name} holds no row of split `{clean(split)}`: none of its {self.other_splits} rows names a split; leave out --split."
            )
        return DataError(
            f"{name} holds no row of split `{clean(split)}`: its rows are of {clean(', '.join(names))}.{nearest(split, names)}"
        )


@contextmanager
def _rare_collection() -> Iterator[Callable[[], None]]:
    """Keep the cyclic collector from walking rows, which hold no cycles, again and again: half of the time that reading them takes.

    Yield what to call between chunks: now and then it collects what the consumer may have left.
    """
    was_on, calls = gc.isenabled(), count(1)

    def between() -> None:
        if not next(calls) % _CHUNKS_A_COLLECTION:
            gc.collect()

    gc.disable()
    try:
        yield between
    finally:
        if was_on:
            gc.enable()
