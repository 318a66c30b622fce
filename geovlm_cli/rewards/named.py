"""Reward components that every task of a kind has by name: computed only where the configuration names them (`rewards.<task>: {hslr: 1.0}`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from geovlm_cli.rewards import scores
from geovlm_cli.task import Kind, Reward, Task

_CAPTIONS: Mapping[str, Reward] = {
    "rouge1": partial(scores.rouge, variant="rouge1"),
    "rouge2": partial(scores.rouge, variant="rouge2"),
    "rougeL": scores.rouge,
    "meteor": scores.meteor,
    "bleu": scores.bleu,
    "levenshtein": scores.levenshtein,
    "jaccard": scores.token_jaccard,
    "lexical": scores.lexical,
    "sbert": scores.sbert,
    "hslr": scores.hslr,
}
_BOXES: Mapping[str, Reward] = {
    "detection_hull": partial(scores.detection, angles="hull"),
    "detection_drop": partial(scores.detection, angles="drop"),
    "detection_max": scores.detection_max,
    "detection_max_hull": partial(scores.detection_max, angles="hull"),
    "detection_max_drop": partial(scores.detection_max, angles="drop"),
    "pq": partial(scores.detection, min_iou=0.5),
    "precision50": scores.box_precision,
    "recall50": scores.box_recall,
    "f1_50": scores.box_f1,
    "ap": scores.ap,
    "ap50": partial(scores.ap, threshold=0.5),
}
_WORDS: Mapping[str, Reward] = {"exact": scores.equal, "token_recall": scores.token_recall}

_VARIANTS: Mapping[Kind, Mapping[str, Reward]] = {
    "label": {**_WORDS, "recall": scores.recall},
    "labels": {**_WORDS, "f1": scores.set_f1, "recall": scores.recall, "jaccard": scores.jaccard},
    "text": {"lcs_f": scores.lcs_f, **_CAPTIONS},
    "answer": {**_WORDS, "jaccard": scores.token_jaccard},
    "count": {"exact": scores.equal},
    "box": {"iou": scores.referring, **_BOXES},
    "boxes": {"detection": scores.detection, **_BOXES},
    "grounded": {
        "grounding": scores.grounding,
        "grounding_hslr": partial(scores.grounding, words="hslr"),
        "detection": scores.detection,
        "lcs_f": scores.lcs_f,
        **_CAPTIONS,
        **_BOXES,
    },
}


def variants(task: Task) -> list[str]:
    """Return the names of the components of the task's kind that the task does not have among its own."""
    return [name for name in _VARIANTS[task.kind] if name not in task.rewards]


def component(task: Task, name: str) -> Reward:
    """Return a component by name: the task's own, else that of its kind; raises KeyError where there is none."""
    return task.rewards[name] if name in task.rewards else _VARIANTS[task.kind][name]
