"""How many rows each slice has, under each protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ALL = ""
WITHOUT = "(without)"  # what stands for the value of rows that lack a key


def rows_of_slices(names: Iterable[str], slice_rows: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[int, ...]]:
    """Return the rows of the named slices by protocol; under `ALL` alone where every protocol measures the same rows. slice_rows: protocol → `key=value` → rows."""
    wanted = list(names)
    counts = {protocol: tuple(rows.get(name, 0) for name in wanted) for protocol, rows in slice_rows.items()}
    return {ALL: next(iter(counts.values()))} if len(set(counts.values())) == 1 else counts


def shown(name: str) -> str:
    """Return how a slice is printed: `key=value` as it is, the bare key as rows without it."""
    return name if "=" in name else f"{name} {WITHOUT}"
