"""All rows of a run's data that could not be read: each in a file, and how many for which reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from geovlm_cli.data.loader import BadRow
from geovlm_cli.runs.encoding import canonical
from geovlm_cli.runs.files import whole_file

FILE = "rejected.jsonl"
OTHER = "other"
_KINDS = 20  # reasons counted by name; those of foreign loaders may differ row by row
_OFFENDING = re.compile(r'(?:(?<!"): | \(|, found ).*', re.DOTALL)
_IMAGE = re.compile(r"^image .+? (?=lies outside|is not on)", re.DOTALL)


def reason_of(row: BadRow) -> str:
    """Return why a row was rejected, without the offending part, to count by."""
    return _OFFENDING.sub("", _IMAGE.sub("image ", row.why))


def reasons(rejected: Iterable[BadRow]) -> dict[str, int]:
    """Return how many rows were rejected for which reason, without the offending parts, the most frequent first; rare ones beyond 20 as `other`."""
    counts = Counter(reason_of(row) for row in rejected).most_common()
    rest = sum(count for _, count in counts[_KINDS:])
    return dict(counts[:_KINDS]) | ({OTHER: rest} if rest else {})


def write_rejected(folder: Path, rejected: Iterable[BadRow]) -> Path | None:
    """Write `{"line", "id", "reason"}` of every rejected row into FILE of a run's folder, in the order of reading; return its path, None where there is none.

    line: from 1, null where the format has none; id: null where the row has none. Raises OutputError.
    """
    lines = [canonical({"line": row.line or None, "id": row.id or None, "reason": row.why}) for row in rejected]
    if not lines:
        return None
    with whole_file(folder / FILE) as file:
        file.write(b"\n".join([*lines, b""]))
    return folder / FILE
