"""ROUGE as the `rouge-score` package and as COCO's caption evaluation compute it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from geovlm_cli.rewards.arguments import one_of
from geovlm_cli.rewards.scores.common import SEVERAL, Column, Several, Truth, as_batch, builtin, check
from geovlm_cli.rewards.scores.texts import text_column
from geovlm_cli.rewards.truth import rows_of, text_truth

Variant = Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]
Rate = Literal["f", "precision", "recall"]


@builtin
def rouge(
    answers: Sequence[Any],
    truth: Truth,
    *,
    variant: Variant = "rougeL",
    stemmer: bool = False,
    rate: Rate = "f",
    several: Several = "best",
) -> Column:
    """ROUGE exactly as the `rouge-score` package gives it, bit for bit.

    variant: shared words, shared pairs of words, the longest common subsequence, or that of lines; the last two read the first 4,000 words
    of each text, which bounds their time, and equal the package up to there.
    stemmer: compare nltk's Porter stems of words of more than three letters. several: `best` is the figure of the first reference with
    the best F, as `score_multi` has it; `mean` is what EarthDial reports.
    """
    batch = as_batch(truth)
    check(answers, batch)
    column = text_column(answers)
    return text_truth(batch).rouge(
        column,
        rows=rows_of(batch),
        variant=one_of("variant", variant, get_args(Variant)),
        stemmer=one_of("stemmer", stemmer, (True, False)),
        rate=one_of("rate", rate, get_args(Rate)),
        several=one_of("several", several, SEVERAL),
    )


def rouges(
    answers: Sequence[Any], truth: Truth, *, variants: Sequence[Variant], stemmer: bool, several: Several
) -> Column:
    """Return float64[m, n]: `rouge` of each of m variants; rouge1 and rougeL read each text once for both."""
    batch = as_batch(truth)
    check(answers, batch)
    several = one_of("several", several, SEVERAL)
    column, rows = text_column(answers), rows_of(batch)
    return text_truth(batch).rouges(column, rows=rows, variants=variants, stemmer=stemmer, several=several)


@builtin
def coco_rouge(answers: Sequence[Any], truth: Truth) -> Column:
    """ROUGE-L of COCO's caption evaluation (`pycocoevalcap`, β = 1.2), from the best precision and the best recall of all references.

    Words are what stands between single blanks, as written, the first 4,000 of each text; a blank at an end, or a second one, makes an empty
    word: COCO tokenises and lower-cases both sides before. A parsed answer is trimmed, and one without a visible character earns nothing:
    pycocoevalcap counts "" as one empty word, which a reference with an empty word shares.
    """
    batch = as_batch(truth)
    check(answers, batch)
    return text_truth(batch).coco_rouge(text_column(answers), rows=rows_of(batch))
