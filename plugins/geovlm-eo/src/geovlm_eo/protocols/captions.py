"""`earthdial` for captions: ROUGE-1, ROUGE-L and METEOR, the mean over rows.

Captions of images and of changes: both sides are cut into NLTK's tokens first; ROUGE (with stemmer) is the mean over all references, not the best;
METEOR takes the best reference. `rougeL_best` stands beside them: the best reference instead of the mean, which no published table has, but many a
figure that is quoted beside them (UCM captions: 47.68 where the table's rule gives 34.15). Of EarthDial's five columns only the first counts where the second is empty, else all five, empty ones with 0 for ROUGE;
SYSU's single caption keeps the brackets and quotes of the list that it is written in. Captions of regions: one reference; ROUGE on the text as it stands,
METEOR on what lies between blanks.

METEOR's synonyms come from WordNet where nltk finds it (`geovlm_cli.rewards.meteor_stages`); without it two words match by their stems at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from geovlm_cli import Batch, Metric, Protocol, Sample
from geovlm_cli.rewards import meteor, rouge
from geovlm_cli.rewards.reference import nltk_words
from geovlm_eo.protocols.common import EARTHDIAL, VERSION, Column, Columns, ratio

METRICS = ("rouge1", "rougeL", "meteor")
BEST = "rougeL_best"
COLUMNS = tuple(tuple(f"{key}{n}" for n in range(5)) for key in ("caption", "groundtruth"))


def score_captions(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score captions of images and of changes."""
    truth: Batch = batch.prepared("earthdial captions", lambda whole: with_references(whole, _cut_captions))
    cut, mine = [_cut(text) for text in texts], truth.take(batch.rows)
    return {**similarities(cut, mine), BEST: rouge(cut, mine, variant="rougeL", stemmer=True, several="best")}


def score_region_captions(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score captions of regions by the first reference."""
    truth: Batch = batch.prepared("earthdial region captions", lambda whole: with_references(whole, _first))
    return similarities(texts, truth.take(batch.rows))


def similarities(texts: Sequence[str], truth: Batch) -> dict[str, Column]:
    """Return the three metrics of texts against references that are cut as they are to be compared."""
    return {
        "rouge1": rouge(texts, truth, variant="rouge1", stemmer=True, several="mean"),
        "rougeL": rouge(texts, truth, variant="rougeL", stemmer=True, several="mean"),
        "meteor": meteor(texts, truth),
    }


def means(columns: Columns, weights: Column) -> dict[str, Metric]:
    """Return the mean of each metric over the rows."""
    ones = np.ones(len(weights))
    return {name: ratio(columns[name], ones, weights) for name in (*METRICS, BEST) if name in columns}


def captions(sample: Sample) -> tuple[str, ...]:
    """Return the reference captions that EarthDial's script takes: of its own columns where the row has them, else all references."""
    for keys in COLUMNS:
        values = map(sample.meta.get, keys)
        found = [value if isinstance(value, str) else "" for value in values]
        if found[0]:
            return tuple(found) if found[1] else (found[0],)
    single = sample.meta.get("groundtruth")
    if isinstance(single, str):
        return (single,)
    return (sample.reference,) if isinstance(sample.reference, str) else tuple(sample.reference or ())


def with_references(whole: Batch, references: Callable[[Sample], tuple[str, ...]]) -> Batch:
    """Return the rows with other references and without flaws."""
    return Batch([Sample(id=sample.id, task=sample.task, reference=references(sample)) for sample in whole])


def _cut(text: str) -> str:
    return " ".join(nltk_words(text))


def _cut_captions(sample: Sample) -> tuple[str, ...]:
    return tuple(_cut(caption) for caption in captions(sample))


def _first(sample: Sample) -> tuple[str, ...]:
    return captions(sample)[:1]


EARTHDIAL_CAPTIONS = Protocol(name=EARTHDIAL, version=VERSION, score=score_captions, summarise=means)
EARTHDIAL_REGION_CAPTIONS = Protocol(name=EARTHDIAL, version=VERSION, score=score_region_captions, summarise=means)
