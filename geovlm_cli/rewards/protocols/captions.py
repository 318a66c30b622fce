r"""The protocol `coco` of captions: BLEU-1 to BLEU-4, ROUGE-L and CIDEr-D of a corpus as pycocoevalcap computes them.

Both sides are compared as the words `[^\W_]+` of the NFC, case-folded text, where COCO runs a Java tokeniser that lower-cases and drops
punctuation. CIDEr-D is on pycocoevalcap's scale, whose greatest value is 10. A row whose truth is bad is kept, as
pycocoevalcap keeps it; one that has no caption at all, which it refuses, is left out. An answer without a word shares nothing, not even
with a caption without one, where the ROUGE-L of pycocoevalcap is 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.rewards.scores.captions import CIDER_SCALE, bleu_counts, cider, corpus_bleu
from geovlm_cli.rewards.scores.rouge import coco_rouge
from geovlm_cli.rewards.truth import captions_of, rows_of
from geovlm_cli.task import Batch, Metric, Protocol, Sample

Column = NDArray[np.float64]

_WORDS = re.compile(r"[^\W_]+")
_COUNTS = ("matched1", "matched2", "matched3", "matched4", "tokens", "closest")


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(unicodedata.normalize("NFC", text).casefold()))


def _in_words(whole: Batch) -> Batch:
    return Batch([Sample(id=s.id, task=s.task, reference=tuple(map(_words, captions_of(s)))) for s in whole])


def _prepare(batch: Batch) -> None:
    """Make the references in words, by which CIDEr-D weighs n-grams, from all rows at once."""
    batch.prepared("captions in words", _in_words)


def _score(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    truth = batch.prepared("captions in words", _in_words).take(rows_of(batch).tolist())
    answers = [_words(text) for text in texts]
    counts = dict(zip(_COUNTS, bleu_counts(answers, truth).T.astype(np.float64), strict=True))
    counts["tokens"] = np.array([len(answer.split()) for answer in answers], dtype=np.float64)  # of bad truth, too
    return {
        **counts,
        "rougeL": coco_rouge(answers, truth),
        "cider": CIDER_SCALE * cider(answers, truth),
        "unpaired": np.array([not sample.reference for sample in truth], dtype=np.float64),
    }


def _summarise(columns: Mapping[str, Column], weights: Column) -> dict[str, Metric]:
    used = weights * (1 - columns["unpaired"])
    n = float(used.sum())
    bleu = corpus_bleu(np.stack([columns[name] for name in _COUNTS], axis=1).astype(np.int64), used)
    means = {name: float(used @ columns[name]) / n if n else 0.0 for name in ("rougeL", "cider")}
    figures = {f"bleu{order}": float(value) for order, value in enumerate(bleu, 1)}
    return {name: Metric(value, n) for name, value in {**figures, **means}.items()}


COCO_CAPTIONS = Protocol("coco", "2", _score, _summarise, prepare=_prepare)
