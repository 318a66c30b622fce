"""The public reward API: structure, parsers, scores and `score`, over the Rust engine (with `data.usual` and `data.repeated_keys`, the only importer of `_rust_rewards`).

Each name is loaded at first use, so that the plain twin, `geovlm_cli.rewards.reference`, needs neither the extension nor numpy. No module
here has the name of a public function, whose place it would take.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geovlm_cli._rust_rewards import (
        REASONS,
        DocumentFrequencies,
        RewardInputError,
        RewardInternalError,
        Texts,
        iou,
    )
    from geovlm_cli.rewards.columns import Answers, BoxAnswers
    from geovlm_cli.rewards.digits import digit_boxes
    from geovlm_cli.rewards.explanation import Explanation, explain, unusable
    from geovlm_cli.rewards.guards import length, overlong, repetition
    from geovlm_cli.rewards.kinds import check_frame_is_declared, resolve
    from geovlm_cli.rewards.named import variants
    from geovlm_cli.rewards.parsers import answer, box, boxes, count, grounded, label, labels, text, yes_no
    from geovlm_cli.rewards.protocols import protocols_of_kind
    from geovlm_cli.rewards.scores import (
        CIDER_SCALE,
        any_match,
        assign,
        bleu,
        bleu_counts,
        box_f1,
        box_precision,
        box_recall,
        cider,
        corpus_bleu,
        detection,
        detection_max,
        document_frequencies,
        equal,
        geochat_equal,
        hslr,
        jaccard,
        lcs_f,
        levenshtein,
        lexical,
        matches,
        meteor,
        recall,
        referring,
        sbert,
        set_f1,
        token_jaccard,
        token_recall,
    )
    from geovlm_cli.rewards.scores.ap import ap
    from geovlm_cli.rewards.scores.grounding import grounding
    from geovlm_cli.rewards.scores.rouge import coco_rouge, rouge
    from geovlm_cli.rewards.scoring import FORMAT, Scores, component_weights, components, score
    from geovlm_cli.rewards.structure import read_structure
    from geovlm_cli.rewards.wordnet import meteor_stages, wordnet_corpus

__all__ = [
    "CIDER_SCALE",
    "FORMAT",
    "REASONS",
    "Answers",
    "BoxAnswers",
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
    "box_f1",
    "box_precision",
    "box_recall",
    "boxes",
    "check_frame_is_declared",
    "cider",
    "coco_rouge",
    "component_weights",
    "components",
    "corpus_bleu",
    "count",
    "detection",
    "detection_max",
    "digit_boxes",
    "document_frequencies",
    "equal",
    "explain",
    "geochat_equal",
    "grounded",
    "grounding",
    "hslr",
    "iou",
    "jaccard",
    "label",
    "labels",
    "lcs_f",
    "length",
    "levenshtein",
    "lexical",
    "matches",
    "meteor",
    "meteor_stages",
    "overlong",
    "protocols_of_kind",
    "read_structure",
    "recall",
    "referring",
    "repetition",
    "resolve",
    "rouge",
    "sbert",
    "score",
    "set_f1",
    "text",
    "token_jaccard",
    "token_recall",
    "unusable",
    "variants",
    "wordnet_corpus",
    "yes_no",
]

_HOMES = {
    "geovlm_cli._rust_rewards": (
        "REASONS",
        "DocumentFrequencies",
        "RewardInputError",
        "RewardInternalError",
        "Texts",
        "iou",
    ),
    "geovlm_cli.rewards.columns": ("Answers", "BoxAnswers"),
    "geovlm_cli.rewards.digits": ("digit_boxes",),
    "geovlm_cli.rewards.explanation": ("Explanation", "explain", "unusable"),
    "geovlm_cli.rewards.guards": ("length", "overlong", "repetition"),
    "geovlm_cli.rewards.kinds": ("check_frame_is_declared", "resolve"),
    "geovlm_cli.rewards.parsers": ("answer", "box", "boxes", "count", "grounded", "label", "labels", "text", "yes_no"),
    "geovlm_cli.rewards.protocols": ("protocols_of_kind",),
    "geovlm_cli.rewards.scores": (
        "CIDER_SCALE",
        "any_match",
        "assign",
        "bleu",
        "bleu_counts",
        "box_f1",
        "box_precision",
        "box_recall",
        "cider",
        "corpus_bleu",
        "detection",
        "detection_max",
        "document_frequencies",
        "equal",
        "geochat_equal",
        "hslr",
        "jaccard",
        "lcs_f",
        "levenshtein",
        "lexical",
        "matches",
        "meteor",
        "recall",
        "referring",
        "sbert",
        "set_f1",
        "token_jaccard",
        "token_recall",
    ),
    "geovlm_cli.rewards.scores.ap": ("ap",),
    "geovlm_cli.rewards.scores.grounding": ("grounding",),
    "geovlm_cli.rewards.scores.rouge": ("coco_rouge", "rouge"),
    "geovlm_cli.rewards.scoring": ("FORMAT", "Scores", "component_weights", "components", "score"),
    "geovlm_cli.rewards.structure": ("read_structure",),
    "geovlm_cli.rewards.named": ("variants",),
    "geovlm_cli.rewards.wordnet": ("meteor_stages", "wordnet_corpus"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # a type checker shall know the names

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
