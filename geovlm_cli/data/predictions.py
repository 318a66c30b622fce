"""Saved completions joined to the rows that they answer."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from geovlm_cli.data.dataset import DataSet, Predictions
from geovlm_cli.data.head import data_path, sha256_of
from geovlm_cli.data.records import Row, has_lines, records
from geovlm_cli.errors import DataError, clean

logger = logging.getLogger(__name__)

_IDS = ("id", "question_id")
_COMPLETIONS = ("completion", "answer", "text")


def join_predictions(dataset: DataSet, path: str | Path) -> DataSet:
    """Return the data set with the saved completions of a file of rows (JSON lines, a JSON list, a table, or a run's folder), joined on `id`.

    LLaVA's and GeoChat's scripts call the two `question_id` and `text` or `answer`. Raises DataError for a malformed row, an id that is there twice, or a row without a completion.
    """
    completions = read_completions(path)
    missing = [sample.id for sample in dataset.samples if sample.id not in completions]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(dataset.samples)} rows have no completion in {clean(str(path))}; the first is id `{clean(missing[0], 60)}`."
        )
    extra = len(completions) - len(dataset.samples)
    if extra:
        logger.warning("%d of the %d completions of %s answer none of the rows read", extra, len(completions), path)
    samples = [replace(sample, completion=completions[sample.id]) for sample in dataset.samples]
    return replace(dataset, samples=samples, predictions=Predictions(str(path), sha256_of(data_path(Path(path)))))


def read_completions(path: str | Path) -> dict[str, str]:
    """Return the completions of a file of rows by id, in order; raises DataError as `join_predictions` does."""
    file = data_path(Path(path))
    found: dict[str, str] = {}
    for number, row in records(file):
        place = f"{clean(str(file))}, {'line' if has_lines(file) else 'row'} {number}"
        identity, completion = _completion(place, row)
        if identity in found:
            raise DataError(f"{place}: id `{clean(identity, 60)}` is there twice; each row needs one completion.")
        if identity is not None:
            found[identity] = completion
    return found


def _completion(place: str, row: Row | str) -> tuple[str | None, str]:
    if isinstance(row, str):
        raise DataError(f"{place}: {row}.")
    if "schema" in row and "id" not in row:
        return None, ""
    identity, completion = (next((row[key] for key in keys if key in row), None) for keys in (_IDS, _COMPLETIONS))
    if not isinstance(identity, str | int) or not isinstance(completion, str):
        raise DataError(f"{place}: a prediction needs an {_listed(_IDS)} and a text {_listed(_COMPLETIONS)}.")
    return str(identity), completion


def _listed(keys: tuple[str, ...]) -> str:
    return " or ".join(f"`{key}`" for key in keys)
