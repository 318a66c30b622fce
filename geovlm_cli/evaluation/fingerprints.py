"""What a row asks and holds true, in a few bytes: by them `--compare` knows that two runs mean the same row."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.task import Sample

_BYTES = 8


def fingerprint(sample: Sample) -> str:
    """Return 16 hexadecimal digits of a row's question and truth; its id, its images and what else is told of it have no part in them."""
    said = sample.question.encode("utf-8", "surrogatepass")
    return blake2b(b"\0".join((said, *_parts(sample.reference))), digest_size=_BYTES).hexdigest()


def _parts(value: Any) -> tuple[bytes, ...]:
    if isinstance(value, str):
        return (value.encode("utf-8", "surrogatepass"),)
    if isinstance(value, Boxes):
        here = (value.frame.encode(), value.array.tobytes())
        return (*here, *_parts(value.labels)) if value.labels else here
    if isinstance(value, Grounded):
        return (*_parts(value.text), *_parts(value.boxes))
    if isinstance(value, tuple | list):
        return tuple(part for item in value for part in _parts(item))
    return (repr(value).encode("utf-8", "surrogatepass"),)
