"""Scores by sentence embeddings: SBERT cosine, and HSLR, which mixes it with lexical metrics (GeoVLM-R1's captioning rewards).

The model is a sentence-transformers folder that the user names (argument `model`, else the environment variable GEOVLM_SBERT); it is read
from disk and never downloaded. Package and torch come with the extra `geovlm-cli[sbert]` and are imported at first use.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.errors import ConfigError, clean
from geovlm_cli.rewards.arguments import fraction, one_of
from geovlm_cli.rewards.scores.captions import meteor
from geovlm_cli.rewards.scores.common import SEVERAL, Column, Several, Truth, as_batch, builtin, check
from geovlm_cli.rewards.scores.rouge import rouges
from geovlm_cli.rewards.scores.texts import text_column
from geovlm_cli.rewards.truth import bad, captions_of, rows_of
from geovlm_cli.rewards.wordnet import Synonyms
from geovlm_cli.task import Batch

Vectors = NDArray[np.float32]

MODEL_VARIABLE = "GEOVLM_SBERT"

_REMEMBERED = 8192  # texts whose vectors are kept: the generations of a few steps
_CHARACTERS = 32_768  # of a text that a model is given; models read a few hundred tokens
_BATCH = 64


@builtin
def sbert(
    answers: Sequence[Any],
    truth: Truth,
    *,
    several: Several = "best",
    model: str | Path | None = None,
    device: str | None = None,
) -> Column:
    """max(0, cosine) of sentence embeddings (Reimers and Gurevych, 2019), best or mean over the references; equal to about 1e-6 however texts are batched.

    model: a folder of sentence-transformers, else the one that GEOVLM_SBERT names. device: `cpu`, `cuda`, …; where torch finds it without.
    Raises ConfigError where no model is named, it cannot be read, or the extra is not installed.
    """
    batch = as_batch(truth)
    check(answers, batch)
    several = one_of("several", several, SEVERAL)
    encoder = _encoder(_model_name(model), device)
    known = batch.prepared(("sbert", encoder), lambda whole: _References.of(whole, encoder))
    column = text_column(answers)
    texts = [column[row] or "" for row in range(len(column))]
    return known.scores(encoder.vectors(texts), rows_of(batch), several)


@builtin
def lexical(answers: Sequence[Any], truth: Truth, *, several: Several = "best", synonyms: Synonyms = "auto") -> Column:
    """Mean of ROUGE-1 F and ROUGE-L F (Porter stems) and METEOR, each best or mean over the references."""
    batch = as_batch(truth)
    words, order = rouges(answers, batch, variants=("rouge1", "rougeL"), stemmer=True, several=several)
    mean: Column = (words + order + meteor(answers, batch, several=several, synonyms=synonyms)) / 3
    return mean


@builtin
def hslr(
    answers: Sequence[Any],
    truth: Truth,
    *,
    alpha: float = 0.5,
    several: Several = "best",
    synonyms: Synonyms = "auto",
    model: str | Path | None = None,
    device: str | None = None,
) -> Column:
    """`alpha`·sbert + (1 − `alpha`)·lexical: the hybrid of SBERT and lexical metrics of GeoVLM-R1, whose paper does not give the weights."""
    batch = as_batch(truth)
    alpha = fraction("alpha", alpha)
    meaning = sbert(answers, batch, several=several, model=model, device=device)
    return alpha * meaning + (1 - alpha) * lexical(answers, batch, several=several, synonyms=synonyms)


class _References(NamedTuple):
    """Unit vectors of all references float32[m, d], with zeros for a blank one; those of sample i are offsets[i] to offsets[i + 1]."""

    vectors: Vectors
    offsets: NDArray[np.int64]
    bad: NDArray[np.bool_]

    @classmethod
    def of(cls, whole: Batch, encoder: Encoder) -> _References:
        captions = [captions_of(sample) for sample in whole]
        offsets = np.cumsum([0, *map(len, captions)], dtype=np.int64)
        return cls(encoder.encode([text for texts in captions for text in texts]), offsets, bad(whole, "text").rows)

    def scores(self, vectors: Vectors, rows: NDArray[np.int64], several: Several) -> Column:
        found = np.zeros(len(rows))
        for i, row in enumerate(rows.tolist()):
            if not self.bad[row]:
                cosines = self.vectors[self.offsets[row] : self.offsets[row + 1]] @ vectors[i]
                clipped = np.clip(cosines.astype(np.float64), 0.0, 1.0)
                found[i] = clipped.max() if several == "best" else clipped.mean()
        return found


class Encoder:
    """A sentence model that remembers the texts of the last steps."""

    def __init__(self, model: Any) -> None:
        """Take a loaded `SentenceTransformer`."""
        self._model = model
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32[n, d]: unit vectors, zeros for a blank text."""
        cut = [text[:_CHARACTERS] for text in texts]
        options = {"batch_size": _BATCH, "normalize_embeddings": True, "show_progress_bar": False}
        vectors: Vectors = np.asarray(self._model.encode(cut or [""], **options), dtype=np.float32)
        seen = np.array([bool(text.strip()) for text in cut], dtype=np.bool_)
        return vectors[: len(cut)] * seen[:, None]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """As `encode`, asking the model only for texts that it has not seen lately, each once."""
        with self._one_at_a_time:
            if new := [text for text in dict.fromkeys(texts) if text not in self._known]:
                self._known.update(zip(new, self.encode(new), strict=True))
            found = [self._known[text] for text in texts]
            for text in texts:
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return np.stack(found) if found else np.zeros((0, 1), dtype=np.float32)


def _model_name(model: str | Path | None) -> str:
    name = str(model or os.environ.get(MODEL_VARIABLE, ""))
    if not name:
        raise ConfigError(
            f"The score sbert needs a sentence-transformers model and none is named; set {MODEL_VARIABLE} to its folder."
        )
    return name


@lru_cache(maxsize=4)
def _encoder(model: str, device: str | None) -> Encoder:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ConfigError(
            f"The score sbert needs {error.name}, which is not installed; run pip install 'geovlm-cli[sbert]'."
        ) from error
    try:
        loaded = SentenceTransformer(
            model, device=device, local_files_only=True, model_kwargs={"use_safetensors": True}
        )
    except (OSError, ValueError, RuntimeError) as error:  # torch has RuntimeError for a device that is not there
        reason = clean(str(error).strip().partition("\n")[0])
        where = f" on the device `{clean(str(device))}`" if device else ""
        raise ConfigError(
            f"`{clean(model)}`{where} is no sentence-transformers model that can be read from disk: {reason}"
        ) from error
    return Encoder(loaded)
