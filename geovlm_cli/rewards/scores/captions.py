r"""The metrics of caption evaluation: METEOR, BLEU and CIDEr-D, equal to nltk and pycocoevalcap on the same tokens.

tokens: `blanks` splits at white space, as `str.split`; `words` takes the words `[^\W_]+` of the NFC, case-folded text (scoring policy 9);
a function of one text gives tokens of its own (nltk's `word_tokenize`, say), none of which may hold white space. The first 4,000 tokens
of a text count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import (
    BleuTruth,
    CiderTruth,
    DocumentFrequencies,
    MeteorTruth,
    TextColumn,
)
from geovlm_cli.rewards.arguments import mistyped, one_of, refused
from geovlm_cli.rewards.scores.common import SEVERAL, Column, Several, Truth, as_batch, builtin, check
from geovlm_cli.rewards.scores.texts import text_column
from geovlm_cli.rewards.truth import bad, captions_of, rows_of
from geovlm_cli.rewards.wordnet import Synonyms, synonyms_of, uses_synonyms
from geovlm_cli.task import Batch

Cut = Literal["blanks", "words"]
Tokens = Cut | Callable[[str], Sequence[str]]
Smoothing = Literal["none", "epsilon", "add-one"]

CIDER_SCALE = 10.0  # what pycocoevalcap multiplies CIDEr-D with; `cider` leaves it out, so that a perfect caption has 1

_ORDERS = 4


@builtin
def meteor(
    answers: Sequence[Any],
    truth: Truth,
    *,
    several: Several = "best",
    synonyms: Synonyms = "auto",
    tokens: Tokens = "blanks",
) -> Column:
    """METEOR of Lavie and Agarwal (2007) as `nltk.translate.meteor_score` 3.10 computes it: α 0.9, β 3, γ 0.5, lower-cased tokens.

    synonyms: whether words without an equal word or stem are matched by WordNet; "auto" does so where nltk has its corpus, and
    `meteor_stages` says which stages run. Raises ConfigError where `synonyms` is True and there is no WordNet.
    """
    batch = as_batch(truth)
    check(answers, batch)
    tokens, several = _known(tokens), one_of("several", several, SEVERAL)
    prepared = batch.prepared(("meteor", tokens), lambda whole: _meteor_truth(whole, tokens))
    column, rows = _column(answers, tokens), rows_of(batch)
    table = synonyms_of(prepared.unmatched(column, rows=rows)) if uses_synonyms(synonyms) else None
    return prepared.scores(column, rows=rows, several=several, synonyms=table)


@builtin
def bleu(
    answers: Sequence[Any],
    truth: Truth,
    *,
    order: int = 4,
    smoothing: Smoothing = "none",
    tokens: Tokens = "blanks",
) -> Column:
    """Sentence BLEU over n-grams of 1 to `order` ≤ 4 tokens with equal weights, as `nltk.translate.bleu_score.sentence_bleu`; all references together.

    smoothing: `none` (0 where a length of n-gram has no match, so every caption below `order` tokens gets 0), `epsilon` (nltk's method 1:
    0.1 matches in place of none) or `add-one` (its method 2: one match and one n-gram more for lengths above 1).
    """
    order = one_of("order", order, range(1, _ORDERS + 1))
    smoothing = one_of("smoothing", smoothing, get_args(Smoothing))
    prepared, column, rows = _for_bleu(answers, truth, tokens)
    return prepared.scores(column, rows=rows, order=order, smoothing=smoothing)


def bleu_counts(answers: Sequence[Any], truth: Truth, *, tokens: Tokens = "blanks") -> NDArray[np.int64]:
    """Return int64[n, 6], what `corpus_bleu` sums: matched n-grams of 1 to 4 tokens, tokens, tokens of the reference closest in length.

    An answer that was not read counts as the empty text; a row whose truth is bad counts nothing.
    """
    prepared, column, rows = _for_bleu(answers, truth, tokens)
    return prepared.counts(column, rows=rows)


def _for_bleu(answers: Sequence[Any], truth: Truth, tokens: Tokens) -> tuple[BleuTruth, TextColumn, NDArray[np.int64]]:
    batch = as_batch(truth)
    check(answers, batch)
    tokens = _known(tokens)
    prepared = batch.prepared(("bleu", tokens), lambda whole: _bleu_truth(whole, tokens))
    return prepared, _column(answers, tokens), rows_of(batch)


def corpus_bleu(counts: NDArray[np.int64], weights: Column | None = None) -> Column:
    """Return float64[4]: BLEU-1 to BLEU-4 of a corpus from its `bleu_counts`, as pycocoevalcap and nlg-eval give `Bleu_1` to `Bleu_4`.

    weights float64[n]: how often each row counts (bootstrap draws, slices); once without them.
    """
    _check_counts(counts, weights)
    ones = np.ones(len(counts))
    *found, length, closest = ((ones if weights is None else weights) @ counts.astype(np.float64)).tolist()
    rows = counts[:, _ORDERS, None] - np.arange(_ORDERS)
    total = (ones if weights is None else weights) @ np.maximum(rows, 0)
    precision = (np.array(found) + 1e-15) / (total + 1e-9)  # pycocoevalcap's guards against division by zero
    ratio = (length + 1e-15) / (closest + 1e-9)
    brevity = np.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    return np.asarray(np.cumprod(precision) ** (1 / np.arange(1, _ORDERS + 1)) * brevity)


def _check_counts(counts: NDArray[np.int64], weights: Column | None) -> None:
    if not isinstance(counts, np.ndarray) or counts.ndim != 2 or counts.shape[1] != _ORDERS + 2 or counts.dtype.kind not in "iuf":  # fmt: skip
        raise refused("counts", getattr(counts, "shape", type(counts).__name__), "int64[n, 6] of bleu_counts")
    if weights is not None and (not isinstance(weights, np.ndarray) or weights.shape != (len(counts),)):
        found = getattr(weights, "shape", type(weights).__name__)
        raise refused("weights", found, f"float64[n], one a row of counts, of which there are {len(counts)}")


@builtin
def cider(
    answers: Sequence[Any],
    truth: Truth,
    *,
    frequencies: DocumentFrequencies | None = None,
    tokens: Tokens = "blanks",
) -> Column:
    """CIDEr-D (Vedantam et al., 2015; σ 6, n-grams of 1 to 4 tokens) as a fraction; times `CIDER_SCALE` it is what pycocoevalcap's `Cider` gives.

    frequencies: in how many documents each n-gram stands, made from other references; without them those of the whole batch count, one
    document a sample. One document alone tells nothing apart, and every caption gets 0. tokens: of the batch's own frequencies; a function cuts
    the answers and the references too, and frequencies that were made elsewhere must be cut alike.
    """
    batch = as_batch(truth)
    check(answers, batch)
    tokens = _known(tokens)
    if frequencies is None:
        frequencies = batch.prepared(
            ("document frequencies", tokens), lambda whole: document_frequencies(whole, tokens)
        )
    if not isinstance(frequencies, DocumentFrequencies):
        raise mistyped("frequencies", frequencies, "what document_frequencies returns")
    counted, own = frequencies, tokens if callable(tokens) else None
    prepared = batch.prepared(("cider", counted, own), lambda whole: _cider_truth(whole, counted, own or "blanks"))
    return prepared.scores(_column(answers, tokens), rows=rows_of(batch))


def document_frequencies(truth: Truth, tokens: Tokens = "blanks") -> DocumentFrequencies:
    """Count in how many documents each n-gram of 1 to 4 tokens stands; the references of one sample are a document."""
    tokens = _known(tokens)
    return DocumentFrequencies(_references(as_batch(truth), tokens), tokens=_cut(tokens))


# --- what is prepared from the references ----------------------------------------------------------------------------------------


def _meteor_truth(whole: Batch, tokens: Tokens) -> MeteorTruth:
    return MeteorTruth(_references(whole, tokens), bad=bad(whole, "text").rows, tokens=_cut(tokens))


def _bleu_truth(whole: Batch, tokens: Tokens) -> BleuTruth:
    return BleuTruth(_references(whole, tokens), bad=bad(whole, "text").rows, tokens=_cut(tokens))


def _cider_truth(whole: Batch, frequencies: DocumentFrequencies, tokens: Tokens) -> CiderTruth:
    return CiderTruth(_references(whole, tokens), bad=bad(whole, "text").rows, frequencies=frequencies)


def _references(whole: Batch, tokens: Tokens) -> list[Sequence[str]]:
    if callable(tokens):
        return [[_joined(tokens, text) for text in captions_of(sample)] for sample in whole]
    return [captions_of(sample) for sample in whole]


def _column(answers: Sequence[Any], tokens: Tokens) -> TextColumn:
    column = text_column(answers)
    if callable(tokens):
        return TextColumn.from_list([_joined(tokens, column[row] or "") for row in range(len(column))])
    return column


def _joined(tokens: Callable[[str], Sequence[str]], text: str) -> str:
    found: object = tokens(text)
    if not isinstance(found, list | tuple) or not all(isinstance(token, str) for token in found):
        raise mistyped("What the function `tokens` returns", found, "a list of str")
    return " ".join(found)


def _known(tokens: Tokens) -> Tokens:
    return tokens if callable(tokens) else one_of("tokens", tokens, get_args(Cut))


def _cut(tokens: Tokens) -> Cut:
    return "blanks" if callable(tokens) else tokens
