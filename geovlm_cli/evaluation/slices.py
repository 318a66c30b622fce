"""Parts of a data set that are measured on their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.boxes import Boxes
from geovlm_cli.task import Kind, Sample

Mask = NDArray[np.bool_]
Codes = NDArray[np.int16]
KEYS = ("size_group", "boxes", "question_type", "class")
MAX_VALUES = 200  # a key with more values than this is an identifier, not a class
_NONE = -1
_COUNTS = ("single", "multiple")


@dataclass(frozen=True, slots=True)
class Slicing:
    """The rows by one key: the code of each row, and the slices as (`key=value`, its code; the bare `key` for rows that lack it).

    protocol: the one that slices the rows in this way; None: all but `others`, which have a way of their own.
    """

    codes: Codes
    named: list[tuple[str, int]]
    protocol: str | None = None
    others: tuple[str, ...] = ()

    def mask(self, code: int) -> Mask:
        """Return bool[n]: the rows of a slice."""
        here: Mask = self.codes == code
        return here

    def holds_for(self, protocol: str) -> bool:
        """Are the figures of a protocol sliced in this way?"""
        return protocol not in self.others if self.protocol is None else protocol == self.protocol


class SliceKeys:
    """The value of each row under every key, 2 bytes each, growing as rows are added.

    `meta` may name a value that only one protocol takes: `boxes@earthdial` is the count of boxes that EarthDial's script reads. A row is
    in one slice of a key, so several labels are no class.
    """

    def __init__(self) -> None:
        self._keys = {key: _Key() for key in KEYS}
        self._own: dict[tuple[str, str], _Key] = {}
        self._rows = 0

    def add(self, samples: Sequence[Sample], kind: Kind, protocols: Iterable[str] = ()) -> None:
        """Read the keys of further rows of one kind, from `meta` or from the truth; those of the named protocols from `meta` alone."""
        metas = [sample.meta for sample in samples]
        told = set().union(*metas)
        for protocol in protocols:
            self._add_own(protocol, metas, told)
        self._rows += len(samples)
        for name, key in self._keys.items():
            of_truth = _OF_TRUTH.get((kind, name))
            if name not in told and of_truth is None:
                key.add_nothing(len(samples))
                continue
            values = of_truth(samples) if of_truth else [None] * len(samples)
            if name in told:
                declared = [_declared(name, meta.get(name)) for meta in metas]
                values = [value if own is None else own for own, value in zip(declared, values, strict=True)]
            key.add(values)

    def _add_own(self, protocol: str, metas: Sequence[Mapping[str, Any]], told: set[str]) -> None:
        for name in KEYS:
            own = f"{name}@{protocol}"
            if own in told and (name, protocol) not in self._own:
                self._own[name, protocol] = _Key()
                self._own[name, protocol].add_nothing(self._rows)
            if (name, protocol) in self._own:
                self._own[name, protocol].add([meta.get(own) for meta in metas])

    def __iter__(self) -> Iterator[Slicing]:
        """Yield the slices of every key that some row has and that is no identifier, then those of protocols that slice by it in their own way.

        Rows without a key that others have are in the slice `key`, which no value can be named as.
        """
        for name, key in self._keys.items():
            own = {
                protocol: found
                for (of, protocol), found in self._own.items()
                if of == name and found.values and not found.dropped
            }
            if not key.dropped and (key.values or own):
                codes = key.codes()
                yield replace(_slicing(name, codes, key.values), others=tuple(own))
                for protocol, found in own.items():
                    yield replace(_slicing(name, *_replaced(codes, key.values, found)), protocol=protocol)

    @property
    def identifiers(self) -> list[str]:
        """The keys that have more than 200 values, and no slices."""
        return [name for name, key in self._keys.items() if key.dropped]


def slices(samples: Sequence[Sample], kind: Kind) -> dict[str, Mask]:
    """Return bool[n] by `key=value`, and by the bare key for rows without it, for size_group, boxes, question_type and class; a key that no row has gives no slice."""
    keys = SliceKeys()
    keys.add(samples, kind)
    return {name: part.mask(code) for part in keys for name, code in part.named}


def _slicing(key: str, codes: Codes, values: Mapping[str, int]) -> Slicing:
    present = set(np.unique(codes).tolist())
    known = sorted((f"{key}={value}", code) for value, code in values.items() if code in present)
    return Slicing(codes, [*known, *([(key, _NONE)] if _NONE in present else [])])


def _replaced(codes: Codes, values: Mapping[str, int], own: _Key) -> tuple[Codes, dict[str, int]]:
    """Return codes and values with those of `own` in the rows that have one."""
    named = dict(values)
    renamed = np.array([named.setdefault(value, len(named)) for value in own.values], dtype=np.int16)
    found = own.codes()
    return np.where(found == _NONE, codes, renamed[found]), named


class _Key:
    """One key: its values by name with their codes, and what was given, as codes."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}
        self.parts: list[tuple[Codes, int]] = []  # codes, one where all are alike, and the number of rows
        self.dropped = False
        self._codes: dict[Any, int] = {None: _NONE, "": _NONE}

    def add(self, declared: list[Any]) -> None:
        if self.dropped:
            return
        codes: Iterable[int]
        try:
            for value in dict.fromkeys(declared):
                if value not in self._codes:
                    self._codes[value] = self._code(str(value))
            codes = map(self._codes.__getitem__, declared)
        except TypeError:  # a value that cannot be a key of a dictionary, such as a list
            codes = (self._code(None if value is None else str(value)) for value in declared)
        found = np.fromiter(codes, np.int16, len(declared))
        self.parts.append((found[:1].copy() if (found == found[:1]).all() else found, len(found)))
        if len(self.values) > MAX_VALUES:
            self.dropped, self.parts, self._codes = True, [], {}

    def codes(self) -> Codes:
        return np.concatenate([np.broadcast_to(part, rows) for part, rows in self.parts])

    def add_nothing(self, rows: int) -> None:
        if not self.dropped:
            self.parts.append((np.array([_NONE], dtype=np.int16), rows))

    def _code(self, name: str | None) -> int:
        # Beyond the limit the key is dropped anyway, and 16 bits hold the codes until then.
        return self.values.setdefault(name, min(len(self.values), MAX_VALUES + 1)) if name else _NONE


def _declared(name: str, value: Any) -> Any:
    """Return what `meta` says under a key, None where that is no value of it."""
    return value if name != "boxes" or value in _COUNTS else None


def _counts(samples: Sequence[Sample]) -> list[str | None]:
    truths = [sample.reference for sample in samples]
    return [_COUNTS[len(truth.array) != 1] if isinstance(truth, Boxes) else None for truth in truths]


def _classes(samples: Sequence[Sample]) -> list[str | None]:
    return [s.reference if isinstance(s.reference, str) and not s.flaw else None for s in samples]


_OF_TRUTH: Mapping[tuple[Kind, str], Callable[[Sequence[Sample]], list[str | None]]] = {
    ("box", "boxes"): _counts,
    ("boxes", "boxes"): _counts,
    ("label", "class"): _classes,
}
