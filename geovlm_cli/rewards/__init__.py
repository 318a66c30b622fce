"""The public reward API: structure, parsers, scores and `score`, over the Rust engine (the only importer of `_rust_rewards`)."""

from __future__ import annotations

from geovlm_cli._rust_rewards import (
    REASONS,
    DocumentFrequencies,
    RewardInputError,
    RewardInternalError,
    Texts,
    assign,
    iou,
)
from geovlm_cli.rewards.columns import Answers
from geovlm_cli.rewards.digits import digit_boxes
from geovlm_cli.rewards.explain import Explanation, explain, unusable
from geovlm_cli.rewards.kinds import check_frame_is_declared, resolve
from geovlm_cli.rewards.parsers import answer, box, boxes, count, grounded, label, labels, text, yes_no
from geovlm_cli.rewards.protocols import protocols_of_kind
from geovlm_cli.rewards.scores import (
    CIDER_SCALE,
    any_match,
    ap,
    bleu,
    bleu_counts,
    cider,
    coco_rouge,
    corpus_bleu,
    detection,
    document_frequencies,
    equal,
    geochat_equal,
    grounding,
    jaccard,
    lcs_f,
    levenshtein,
    matches,
    meteor,
    recall,
    referring,
    rouge,
    set_f1,
    token_jaccard,
    token_recall,
)
from geovlm_cli.rewards.scoring import FORMAT, Scores, component_weights, components, score
from geovlm_cli.rewards.strict import strict_of_kind
from geovlm_cli.rewards.structure import read_structure
from geovlm_cli.rewards.wordnet import meteor_stages, wordnet_corpus

__all__ = [
    "CIDER_SCALE",
    "FORMAT",
    "REASONS",
    "Answers",
    "DocumentFrequencies",
    "Explanation",
    "RewardInputError",
    "RewardInternalError",
    "Scores",
    "Texts",
    "answer",
    "any_match",
    "ap",
    "assign",
    "bleu",
    "bleu_counts",
    "box",
    "boxes",
    "check_frame_is_declared",
    "cider",
    "coco_rouge",
    "component_weights",
    "components",
    "corpus_bleu",
    "count",
    "detection",
    "digit_boxes",
    "document_frequencies",
    "equal",
    "explain",
    "geochat_equal",
    "grounded",
    "grounding",
    "iou",
    "jaccard",
    "label",
    "labels",
    "lcs_f",
    "levenshtein",
    "matches",
    "meteor",
    "meteor_stages",
    "protocols_of_kind",
    "read_structure",
    "recall",
    "referring",
    "resolve",
    "rouge",
    "score",
    "set_f1",
    "strict_of_kind",
    "text",
    "token_jaccard",
    "token_recall",
    "unusable",
    "wordnet_corpus",
    "yes_no",
]
