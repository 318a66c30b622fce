"""The public scores: `score(answers, batch)` gives float64[n], one value in [0, 1] a row (counts where the docstring says so).

`answers` is a column of this package's parsers, or an ordinary list of values (str, int, tuple of labels, `Boxes`, `Grounded`) and
`Malformed`. Instead of a batch an ordinary list of references may stand. A row that was not read, or whose truth is bad, gets 0.
"""

from __future__ import annotations

from geovlm_cli.rewards.scores.ap import ap
from geovlm_cli.rewards.scores.boxes import (
    any_match,
    assign,
    box_f1,
    box_precision,
    box_recall,
    detection,
    detection_max,
    matches,
    referring,
)
from geovlm_cli.rewards.scores.captions import (
    CIDER_SCALE,
    bleu,
    bleu_counts,
    cider,
    corpus_bleu,
    document_frequencies,
    meteor,
)
from geovlm_cli.rewards.scores.common import as_batch, is_builtin
from geovlm_cli.rewards.scores.edits import levenshtein
from geovlm_cli.rewards.scores.grounding import grounding
from geovlm_cli.rewards.scores.labels import equal, jaccard, recall, set_f1
from geovlm_cli.rewards.scores.rouge import coco_rouge, rouge
from geovlm_cli.rewards.scores.sentences import hslr, lexical, sbert
from geovlm_cli.rewards.scores.texts import lcs_f, token_jaccard
from geovlm_cli.rewards.scores.tokens import geochat_equal, token_recall

__all__ = [
    "CIDER_SCALE",
    "any_match",
    "ap",
    "as_batch",
    "assign",
    "bleu",
    "bleu_counts",
    "box_f1",
    "box_precision",
    "box_recall",
    "cider",
    "coco_rouge",
    "corpus_bleu",
    "detection",
    "detection_max",
    "document_frequencies",
    "equal",
    "geochat_equal",
    "grounding",
    "hslr",
    "is_builtin",
    "jaccard",
    "lcs_f",
    "levenshtein",
    "lexical",
    "matches",
    "meteor",
    "recall",
    "referring",
    "rouge",
    "sbert",
    "set_f1",
    "token_jaccard",
    "token_recall",
]
