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
    completions, unanswered = read_answers(path)
    missing = [sample.id for sample in dataset.samples if sample.id not in completions and sample.id not in unanswered]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(dataset.samples)} rows have no completion in {clean(str(path))}; the first is id `{clean(missing[0], 60)}`."
        )
    extra = len(completions) + len(unanswered) - len(dataset.samples)
    if extra:
        logger.warning("%d of the %d completions of %s answer none of the rows read", extra, len(completions), path)
    samples = [replace(sample, completion=completions.get(sample.id)) for sample in dataset.samples]
    source = Predictions(str(path), sha256_of(data_path(Path(path))))
    return replace(dataset, samples=samples, predictions=source, unanswered=unanswered)


def read_completions(path: str | Path) -> dict[str, str]:
    """Return the completions of a file of rows by id, in order; raises DataError as `join_predictions` does, and for a row without one."""
    completions, unanswered = read_answers(path)
    for identity, row in unanswered.items():
        raise DataError(
            f"Row `{clean(identity, 60)}` of {clean(str(path))} has no completion: {clean(str(row['error']))}"
        )
    return completions


def read_answers(path: str | Path) -> tuple[dict[str, str], dict[str, Row]]:
    """Return the completions of a file of rows by id, in order, and the rows that a run of ours left without one, with their `error`."""
    file = data_path(Path(path))
    found: dict[str, str] = {}
    unanswered: dict[str, Row] = {}
    for number, row in records(file):
        place = f"{clean(str(file))}, {'line' if has_lines(file) else 'row'} {number}"
        identity, answer = _prediction(place, row)
        if identity in found or identity in unanswered:
            raise DataError(f"{place}: id `{clean(identity, 60)}` is there twice; each row needs one completion.")
        if identity is None:
            continue
        if isinstance(answer, str):
            found[identity] = answer
        else:
            unanswered[identity] = answer
    return found, unanswered


def _prediction(place: str, row: Row | str) -> tuple[str | None, str | Row]:
    """Return the id of a row and its completion, or the row itself where a run of ours says that there is none; no id for the line of the schema."""
    if isinstance(row, str):
        raise DataError(f"{place}: {row}.")
    if "schema" in row and "id" not in row:
        return None, ""
    identity, completion = (next((row[key] for key in keys if key in row), None) for keys in (_IDS, _COMPLETIONS))
    is_unanswered = completion is None and isinstance(row.get("error"), str)
    if not isinstance(identity, str | int) or not (isinstance(completion, str) or is_unanswered):
        raise DataError(f"{place}: a prediction needs an {_listed(_IDS)} and a text {_listed(_COMPLETIONS)}.")
    return str(identity), completion if isinstance(completion, str) else row


def _listed(keys: tuple[str, ...]) -> str:
    return " or ".join(f"`{key}`" for key in keys)
