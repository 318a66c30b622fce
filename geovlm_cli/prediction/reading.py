"""Reading answers of rows that may have no truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geovlm_cli.errors import DataError
from geovlm_cli.prediction.records import size_of
from geovlm_cli.rewards import Scores, read_structure, score
from geovlm_cli.task import Batch, Sample, Task

_BOX_KINDS = ("box", "boxes", "grounded")
_WORDS = ("yes", "no")


def read(task: Task, completions: Sequence[str], batch: Batch) -> Scores:
    """Parse completions as evaluation and training do; only the answers, texts and plugin errors mean anything for rows without truth."""
    if task.kind not in ("answer", "count") or all(sample.reference is not None for sample in batch):
        return score(task, completions, batch, on_error="penalise")
    texts = read_structure(completions, batch.profile)
    samples = [_with_form(task, sample, texts[row] or "") for row, sample in enumerate(batch)]
    return score(task, completions, Batch(samples, batch.profile), on_error="penalise")


def sized(task: Task, batch: Batch) -> Batch:
    """Return the batch of a task with boxes with the size of every image, which turns them into pixels; of other tasks as it is."""
    return Batch([_sized(sample) for sample in batch], batch.profile) if task.kind in _BOX_KINDS else batch


def _sized(sample: Sample) -> Sample:
    try:
        return replace(sample, image_size=size_of(sample))
    except DataError as error:
        return replace(sample, flaw=str(error))  # asking will fail for the same reason


def _with_form(task: Task, sample: Sample, text: str) -> Sample:
    """Short answers are read in the form of the truth (scoring policy 10); where there is none, in the form that they have."""
    if sample.reference is not None:
        return sample
    word = text.strip().removesuffix(".")
    if task.kind == "count":
        return replace(sample, reference=0, flaw=None)
    if word.isascii() and word.isdigit():
        return replace(sample, reference="0", flaw=None)
    return replace(sample, reference="yes" if word.casefold() in _WORDS else "word", flaw=None)
