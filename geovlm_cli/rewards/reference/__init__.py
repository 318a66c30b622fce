"""The plain twin: every built-in of the reward engine again, slow and obvious, from `re`, `json` and loops.

It is what the Rust is tested against and what `geovlm score` asks for the detail behind a reason. It imports neither the extension nor
numpy. Boxes are tuples (x1, y1, x2, y2, angle°); an answer that cannot be read is an `Unread` that says why.
"""

from __future__ import annotations

from geovlm_cli.rewards.reference.ap import Scene, average_precision, coco
from geovlm_cli.rewards.reference.boxes import MAX_LIST_DEPTH, Flaw, Found, Item, make_box, read_box, read_boxes
from geovlm_cli.rewards.reference.captions import bleu, bleu_counts, cider, corpus_bleu, meteor
from geovlm_cli.rewards.reference.common import (
    JSON_BLANKS,
    MAX_BOXES,
    MAX_BYTES,
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_LABELS,
    MAX_MAGNITUDE,
    MAX_PIECES,
    MAX_WORDS,
    TOLERANCE,
    Box,
    Refused,
    Size,
    Unread,
    quoted,
    scrub,
    visible,
)
from geovlm_cli.rewards.reference.digits import read_digit_boxes
from geovlm_cli.rewards.reference.documents import read_json
from geovlm_cli.rewards.reference.edits import distance, levenshtein
from geovlm_cli.rewards.reference.entries import read_entries
from geovlm_cli.rewards.reference.geometry import Point, clip, corners, flattened, iou, polygon_area, rectangle, scaled
from geovlm_cli.rewards.reference.grounded import grounding, read_grounded, split_marks
from geovlm_cli.rewards.reference.guards import length, overlong, repetition
from geovlm_cli.rewards.reference.labels import (
    equal,
    jaccard,
    normal,
    read_answer,
    read_count,
    read_label,
    read_labels,
    read_yes_no,
    recall,
    set_f1,
)
from geovlm_cli.rewards.reference.matching import assign, detection, greedy, pairs
from geovlm_cli.rewards.reference.porter import stem
from geovlm_cli.rewards.reference.rates import (
    any_match,
    box_f1,
    box_precision,
    box_recall,
    detection_max,
    matches,
    referring,
)
from geovlm_cli.rewards.reference.repetition import repeated, repeated_words
from geovlm_cli.rewards.reference.rouge import coco_rouge, rouge, rouge_words
from geovlm_cli.rewards.reference.sentences import hslr, lexical, sbert
from geovlm_cli.rewards.reference.structure import Reading, read_structure
from geovlm_cli.rewards.reference.texts import lcs, lcs_f, over_references, read_text, token_jaccard, words
from geovlm_cli.rewards.reference.tokens import geochat_equal, nltk_words, token_recall, tokens

__all__ = [
    "JSON_BLANKS",
    "MAX_BOXES",
    "MAX_BYTES",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_LABELS",
    "MAX_LIST_DEPTH",
    "MAX_MAGNITUDE",
    "MAX_PIECES",
    "MAX_WORDS",
    "TOLERANCE",
    "Box",
    "Flaw",
    "Found",
    "Item",
    "Point",
    "Reading",
    "Refused",
    "Scene",
    "Size",
    "Unread",
    "any_match",
    "assign",
    "average_precision",
    "bleu",
    "bleu_counts",
    "box_f1",
    "box_precision",
    "box_recall",
    "cider",
    "clip",
    "coco",
    "coco_rouge",
    "corners",
    "corpus_bleu",
    "detection",
    "detection_max",
    "distance",
    "equal",
    "flattened",
    "geochat_equal",
    "greedy",
    "grounding",
    "hslr",
    "iou",
    "jaccard",
    "lcs",
    "lcs_f",
    "length",
    "levenshtein",
    "lexical",
    "make_box",
    "matches",
    "meteor",
    "nltk_words",
    "normal",
    "over_references",
    "overlong",
    "pairs",
    "polygon_area",
    "quoted",
    "read_answer",
    "read_box",
    "read_boxes",
    "read_count",
    "read_digit_boxes",
    "read_entries",
    "read_grounded",
    "read_json",
    "read_label",
    "read_labels",
    "read_structure",
    "read_text",
    "read_yes_no",
    "recall",
    "rectangle",
    "referring",
    "repeated",
    "repeated_words",
    "repetition",
    "rouge",
    "rouge_words",
    "sbert",
    "scaled",
    "scrub",
    "set_f1",
    "split_marks",
    "stem",
    "token_jaccard",
    "token_recall",
    "tokens",
    "visible",
    "words",
]
