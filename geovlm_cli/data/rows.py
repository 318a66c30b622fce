"""Our JSONL, schema geovlm/1: one object a line (contracts.md section 6)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli.boxes import boxes_of
from geovlm_cli.data import hub, jsonl, tables
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.records import Row, has_lines, identity_of, records
from geovlm_cli.data.references import MalformedRowError, read_boxes, read_reference, write_boxes, write_reference
from geovlm_cli.data.usual import UsualRows
from geovlm_cli.errors import ConfigError, DataError, UnknownNameError, clean
from geovlm_cli.runs.files import make_folder, whole_file
from geovlm_cli.task import ImageRef, Sample, Task

logger = logging.getLogger(__name__)

SCHEMA = "geovlm/1"
FORMAT = "geovlm"
_OTHER_FORMATS = frozenset(
    ("messages", "conversations", "prompt", "annotation", "annotations", "groundtruth", "ground_truth")
)
BAD_TRUTH = "bad_truth"  # why the truth of a row is bad, where only the format that it came from could tell
_TEXT_KEYS = ("question", "reasoning", "completion", BAD_TRUTH)
_NEAR = 0.8
_IMAGE_KEYS = frozenset(("path", "role"))
_KEYS = frozenset(("id", "task", "images", "reference", "image_size", "choices", "regions", "meta", *_TEXT_KEYS))


def loader(find: Callable[[str], Task], frame: str | None) -> Loader:
    """Return the loader of our JSONL; `find` gives a task by name (its kind tells how to read the truth), `frame` is that of boxes which name none."""
    return Loader(name=FORMAT, detect=detect, read=partial(read, find=find, frame=frame))


def detect(first_row: Mapping[str, Any]) -> bool:
    """Is this the first object of our JSONL: the schema line, or a row with our keys and none of another format?"""
    ours = "reference" in first_row or "completion" in first_row or _named_images(first_row.get("images"))
    return "schema" in first_row or (ours and not first_row.keys() & _OTHER_FORMATS)


def whole_loader(find: Callable[[str], Task], frame: str | None) -> Loader:
    """Return the loader of our JSONL as one that knows whole rows only: what is left of a damaged row of another format may look like one of ours."""
    return Loader(name=FORMAT, detect=_is_whole, read=partial(read, find=find, frame=frame))


def _is_whole(row: Mapping[str, Any]) -> bool:
    return detect(row) and "reference" in row and bool(row.keys() & {"task", "question"})


def _named_images(value: Any) -> bool:
    """Are these images as our rows name them? Other formats keep objects of their own under this key."""
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, str) or (isinstance(first, Mapping) and bool(first.keys() & {"path", "bytes"}))


def read(
    path: Path, task: str | None, *, find: Callable[[str], Task], frame: str | None = None
) -> Iterator[Sample | BadRow]:
    """Yield the samples of a file, a malformed row and one of an unknown task as `BadRow`; with `task`, rows of other tasks come with id and task only.

    Raises DataError for an unreadable file or another version of the schema, ConfigError for boxes without a frame.
    """
    others = _OtherRows(path, task, find, frame)
    if has_lines(path):
        return _of_lines(path, UsualRows(task, find, frame), others)
    return (item for number, row in records(path) if (item := others.item(number, row)) is not None)


def _of_lines(path: Path, usual: UsualRows, others: _OtherRows) -> Iterator[Sample | BadRow]:
    for number, block in jsonl.blocks(path):
        samples = usual.samples(block)
        lines = block.split(b"\n") if None in samples else ()
        for place, sample in enumerate(samples):
            if sample is not None:
                yield sample
            elif not jsonl.is_blank(lines[place]):
                item = others.item(number + place, jsonl.row(lines[place]))
                if item is not None:
                    yield item


class _OtherRows:
    """Reads the rows of one file that need a closer look, one at a time, and finds the words for what is wrong with them."""

    def __init__(self, path: Path, task: str | None, find: Callable[[str], Task], frame: str | None) -> None:
        self._path, self._task, self._find, self._frame = path, task, find, frame
        self._tabular = tables.is_table(path) or hub.is_hub(path)
        self._is_split = tables.is_split(path)
        self._slips: set[str] = set()

    def item(self, number: int, found: Row | str) -> Sample | BadRow | None:
        """Return the sample of a row, or what is wrong with it; None for the line of the schema. Raises as `read` does."""
        if isinstance(found, str):
            return BadRow(number, "", found)
        if "schema" in found and "id" not in found:
            _check_schema(found["schema"], self._path)
            return None
        shown = _shown_identity(found)
        try:
            row = from_table(found) if self._tabular else found
            _warn_of_slips(row, self._slips, self._path, number)
            spare = identity_of(self._path, number) if self._is_split else str(number)
            return row_to_sample(row, spare, self._task, self._find, self._frame)
        except MalformedRowError as error:
            return BadRow(number, shown, str(error))
        except UnknownNameError as error:
            return BadRow(number, shown, error.half)
        except ConfigError as error:
            named = f" (id {shown})" if shown else ""
            raise ConfigError(f"{clean(str(self._path))}, line {number}{named}: {error}") from error


def from_table(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row as JSON lines would have it: keys without a value gone and, in a table that we wrote, JSON texts read; raises MalformedRowError for one that is none."""
    held = {key: value for key, value in row.items() if value is not None}
    if held.pop("schema", None) == SCHEMA:
        held |= {key: _json(held[key], key) for key in ("reference", "regions", "meta") if key in held}
    return held


def _json(text: Any, key: str) -> Any:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        raise MalformedRowError(f"`{key}` of a table with the schema {SCHEMA} must be JSON as text") from None


def row_to_sample(
    row: Mapping[str, Any], spare: str, task: str | None, find: Callable[[str], Task], frame: str | None
) -> Sample:
    """Return the sample of one row; raises MalformedRowError, or ConfigError as `read` does. A row without an id gets the spare one."""
    name = _task_name(row, task)
    identity = _identity(row.get("id", spare))
    if task is not None and name != task:
        return Sample(id=identity, task=name)
    kind = find(name).kind
    reference = row.get("reference")
    texts = {key: _optional_text(row, key) for key in _TEXT_KEYS}
    return Sample(
        id=identity,
        task=name,
        images=tuple(_image(item) for item in _list(row, "images")),
        question=texts["question"] or "",
        reference=None if reference is None else read_reference(kind, reference, frame),
        image_size=_size(row.get("image_size")),
        reasoning=texts["reasoning"],
        choices=tuple(_choices(row)),
        regions=None if row.get("regions") is None else read_boxes(row["regions"], frame),
        completion=texts["completion"],
        flaw=texts[BAD_TRUTH] or None,
        meta=_meta(row),
    )


def sample_to_row(sample: Sample, folder: Path | None = None, *, held: bool = False) -> dict[str, Any]:
    """Return the row of a sample; image paths inside `folder` are written relative to it. Images held as bytes stay so with `held`, else they are a DataError.

    Boxes with a number that JSON lacks (infinite, NaN) are left out, and that is the row's flaw.
    """
    sample = _without_endless_boxes(sample)
    row: dict[str, Any] = {
        "id": sample.id,
        "task": sample.task,
        "images": [_image_to_row(ref, folder, held=held) for ref in sample.images],
    }
    row |= {"question": sample.question} if sample.question else {}
    row |= {} if sample.reference is None else {"reference": write_reference(sample.reference)}
    row |= {} if sample.image_size is None else {"image_size": list(sample.image_size)}
    row |= {} if sample.reasoning is None else {"reasoning": sample.reasoning}
    row |= {"choices": list(sample.choices)} if sample.choices else {}
    row |= {} if sample.regions is None else {"regions": write_boxes(sample.regions)}
    row |= {} if sample.completion is None else {"completion": sample.completion}
    row |= {BAD_TRUTH: sample.flaw} if sample.flaw else {}
    return row | ({"meta": dict(sample.meta)} if sample.meta else {})


def _without_endless_boxes(sample: Sample) -> Sample:
    held = [value if _is_finite(value) else None for value in (sample.reference, sample.regions)]
    if held == [sample.reference, sample.regions]:
        return sample
    return replace(sample, reference=held[0], regions=held[1], flaw=sample.flaw or "box not finite")


def _is_finite(value: Any) -> bool:
    found = boxes_of(value)
    return found is None or found.is_finite


def write_rows(path: Path, samples: Iterable[Sample]) -> int:
    """Write samples as our JSONL, the schema line first, and return their number; the file appears whole or not at all. Raises OutputError."""
    make_folder(path.parent)
    with whole_file(path) as file:
        return sum(bool(file.write(line)) for line in row_lines(samples, path.parent)) - 1


def row_lines(samples: Iterable[Sample], folder: Path | None = None) -> Iterator[bytes]:
    """Yield the lines of `write_rows`, the schema first; without `folder` image paths stay as the samples have them."""
    yield orjson.dumps({"schema": SCHEMA}) + b"\n"
    for sample in samples:
        yield orjson.dumps(sample_to_row(sample, folder)) + b"\n"


def _check_schema(schema: Any, path: Path) -> None:
    if schema != SCHEMA:
        raise DataError(f"{clean(str(path))} declares schema `{clean(str(schema), 40)}`; this geovlm reads `{SCHEMA}`.")


def _shown_identity(row: Mapping[str, Any]) -> str:
    return clean(str(row.get("id", "")), 60)


def _warn_of_slips(row: Mapping[str, Any], known: set[str], path: Path, number: int) -> None:
    for slip in _slips(row):
        if slip not in known:
            known.add(slip)
            logger.warning("%s, line %d: %s", clean(str(path)), number, slip)


def _slips(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each key that is not ours and looks like one of ours."""
    images = row.get("images")
    roles = [item for item in images if isinstance(item, Mapping)] if isinstance(images, list) else []
    for held, known in [(row, _KEYS), *((item, _IMAGE_KEYS) for item in roles)]:
        for key in held.keys() - known:
            if meant := _meant(key, known):
                yield f"unknown key `{clean(key, 40)}` is not read; did you mean `{meant}`?"


@lru_cache(maxsize=256)
def _meant(key: str, known: frozenset[str]) -> str | None:
    return next(iter(get_close_matches(key, known, n=1, cutoff=_NEAR)), None)


def _task_name(row: Mapping[str, Any], task: str | None) -> str:
    name = row.get("task", task)
    if not isinstance(name, str) or not name:
        raise MalformedRowError("no `task`: write it into the row or name one with --task")
    return name


def _identity(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise MalformedRowError("`id` must be a text or a whole number")
    return str(value)


def _image(item: Any) -> ImageRef:
    whole = item if isinstance(item, Mapping) else {"path": item}
    source, role = whole.get("bytes") or whole.get("path"), whole.get("role") or ""
    if not isinstance(source, str | bytes) or not source or not isinstance(role, str):
        raise MalformedRowError('an image is a path or {"path": …, "role": …}')
    return ImageRef(source, role)


def _image_to_row(ref: ImageRef, folder: Path | None, *, held: bool) -> str | dict[str, Any]:
    if isinstance(ref.source, bytes):
        if held:
            return {"bytes": ref.source, "role": ref.role}
        raise DataError(
            "These rows hold their images as bytes, and our JSONL names files: name a folder for them with --images, or write OUT.parquet."
        )
    path = Path(ref.source)
    home = folder.resolve() if folder else None
    text = path.relative_to(home).as_posix() if home and path.is_relative_to(home) else ref.source
    return {"path": text, "role": ref.role} if ref.role else text


def _list(row: Mapping[str, Any], key: str) -> list[Any]:
    value = row.get(key, [])
    if not isinstance(value, list):
        raise MalformedRowError(f"`{key}` must be a list")
    return value


def _choices(row: Mapping[str, Any]) -> list[str]:
    choices = _list(row, "choices")
    if not all(isinstance(choice, str) for choice in choices):
        raise MalformedRowError("`choices` must be a list of texts")
    return choices


def _optional_text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise MalformedRowError(f"`{key}` must be a text")
    return value


def _size(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    good = isinstance(value, list) and len(value) == 2 and all(type(v) is int and v > 0 for v in value)
    if not good:
        raise MalformedRowError("`image_size` must be [width, height] in whole pixels")
    return value[0], value[1]


def _meta(row: Mapping[str, Any]) -> dict[str, Any]:
    meta = row.get("meta", {})
    if not isinstance(meta, Mapping):
        raise MalformedRowError("`meta` must be an object")
    return {**{key: value for key, value in row.items() if key not in _KEYS}, **meta}
