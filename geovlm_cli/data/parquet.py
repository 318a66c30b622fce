"""Our rows as a parquet table: what `geovlm data convert` writes to OUT.parquet, and how its rows become rows again.

Truths of several kinds fit no one column, so `reference`, `regions` and `meta` are JSON texts; a column `schema` says so. Images are structs of `path`, `bytes` and `role`, so
that pictures held as bytes stay with their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli.data.rows import BAD_TRUTH, SCHEMA, sample_to_row
from geovlm_cli.errors import ConfigError
from geovlm_cli.runs.files import make_folder, whole_file
from geovlm_cli.task import Sample

_GROUP = 256  # rows a row group: they may hold encoded images
_JSON = ("reference", "regions", "meta")


def write_parquet(path: Path, samples: Iterable[Sample]) -> int:
    """Write samples as parquet and return their number; the file appears whole or not at all. Raises ConfigError without pyarrow, OutputError."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ConfigError(
            "Parquet is written with pyarrow; install geovlm-cli[arrow], or name a file .jsonl."
        ) from None
    make_folder(path.parent)
    count = 0
    rows = (_table_row(sample, path.parent) for sample in samples)
    with whole_file(path) as file, pq.ParquetWriter(file, _columns(pa)) as writer:
        while group := list(islice(rows, _GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=_columns(pa)))
            count += len(group)
    return count


def _columns(pa: Any) -> Any:
    text = pa.string()
    image = pa.struct({"path": text, "bytes": pa.binary(), "role": text})
    names = ("id", "task", "question", "reasoning", "completion", BAD_TRUTH, *_JSON, "schema")
    return pa.schema(
        dict.fromkeys(names, text)
        | {"images": pa.list_(image), "image_size": pa.list_(pa.int64()), "choices": pa.list_(text)}
    )


def _table_row(sample: Sample, folder: Path) -> dict[str, Any]:
    row = sample_to_row(sample, folder, held=True)
    images = [item if isinstance(item, Mapping) else {"path": item} for item in row["images"]]
    texts = {key: orjson.dumps(row[key]).decode() for key in _JSON if key in row}
    return row | texts | {"images": images, "schema": SCHEMA}
