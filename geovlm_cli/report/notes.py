"""What a reader of figures must know beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geovlm_cli.errors import clean
from geovlm_cli.generation.answering import CAUSES, Cause

_EARTHDIAL_BOXES = "earthdial reproduces published figures and can be gamed: it counts no missed box"
_EARTHDIAL_WORDS = (
    "earthdial reproduces published figures and can be gamed: words and labels beside the true ones cost nothing"
)
_COCO_BOXES = (
    "coco ranks all boxes as equal, in the order in which they were written: answers of a model carry no scores"
)
_COCO_CAPTIONS = (
    "coco compares captions by their lower-case words without punctuation; cider ×100 is at most 1000, as COCO has it"
)
# By protocol and a metric of the kind of answers that is meant: one name measures kinds that have little in common.
_OF_PROTOCOL = {
    ("earthdial", "precision@0.5"): _EARTHDIAL_BOXES,
    ("earthdial", "token_recall"): _EARTHDIAL_WORDS,
    ("coco", "ap"): _COCO_BOXES,
    ("coco", "cider"): _COCO_CAPTIONS,
}
_METEOR = {
    True: "equal words, equal stems and WordNet's synonyms",
    False: "equal words and equal stems, no synonyms: nltk has no WordNet here",
}
_OF_LABELS = (
    "a row of several labels is in the slice of each class that it has, so these n add up to more than the rows"
)
_TYPE = "question_type="
_SENTENCE = 400  # characters of a server's words
_OF_BOXES = "n of a metric counts true and predicted boxes for pq and f1, true ones for recall, predicted ones for precision, rows for the others; n of a slice counts its rows"


def notes(results: Mapping[str, Any], *, shared: bool = False) -> list[str]:
    """Return one line for each protocol of the results that can be gamed or leaves questions out, what is right in pass@k, what n counts where boxes are pooled, and why rows have no answer.

    shared: for a page that others see, without sentences that may name folders.
    """
    found = [note for (name, metric), note in _OF_PROTOCOL.items() if _measured(results, name, metric)]
    found += [note for task, slices in results["slices"].items() if (note := _left_out(task, slices))]
    found += [
        f"{clean(task)} is not sliced by {', '.join(keys)}: more than 200 values"
        for task, keys in results.get("unsliced", {}).items()
    ]
    found += [_OF_LABELS] if any(_several_classes(task, results) for task in results["metrics"]) else []
    if stages := results.get("meteor_stages"):
        found.append(f"meteor matched {_METEOR['synonyms' in stages]}")
    found += [
        f"{clean(task)}: an answer is right in pass@k where `{clean(of['component'])}` reaches {of['threshold']:g}"
        for task, of in results.get("pass_at", {}).items()
    ]
    pooled = any("pq" in metrics for task in results["metrics"].values() for metrics in task.values())
    found += [_OF_BOXES] if pooled else []
    return [
        *found,
        *(_of_unanswered(cause, told, shared=shared) for cause, told in results["data"].get("unanswered", {}).items()),
    ]


def unanswered(results: Mapping[str, Any]) -> list[str]:
    """Return how many rows have no answer, by cause in words, such as "3 refused by the server"."""
    return [f"{told['n']} {CAUSES[cause]}" for cause, told in results["data"].get("unanswered", {}).items()]


def _of_unanswered(cause: Cause, told: Mapping[str, Any], *, shared: bool) -> str:
    rows = "1 row was" if told["n"] == 1 else f"{told['n']} rows were"
    first = "" if shared and cause == "not_asked" else f"; the first: {clean(told['first'], _SENTENCE)}"
    return f"{rows} {CAUSES[cause]}, which the reasons count as no_answer and the figures leave out{first}"


def _several_classes(task: str, results: Mapping[str, Any]) -> bool:
    """Are the answers of a task several labels, and its rows in the slice of each?"""
    of_labels = "jaccard" in results["metrics"][task].get("strict", {})
    parts = results["slices"].get(task, {}).values()
    return of_labels and any(name.startswith("class=") for part in parts for name in part)


def _measured(results: Mapping[str, Any], protocol: str, metric: str) -> bool:
    return any(metric in protocols.get(protocol, {}) for protocols in results["metrics"].values())


def _left_out(task: str, slices: Mapping[str, Any]) -> str:
    """Say which question types `earthdial` leaves out, and of how many rows another protocol that counts them knows; empty where it leaves out none."""
    own = {name: part for name, part in slices.get("earthdial", {}).items() if name.startswith(_TYPE)}
    left_out = [name for name, part in own.items() if "token_recall" in part and not part["token_recall"]["n"]]
    if not left_out:
        return ""
    counts = {name: _rows(name, slices) for name in left_out}
    named = ", ".join(
        clean(name.removeprefix(_TYPE)) + (f" {count:g}" if count else "") for name, count in counts.items()
    )
    total = f"{sum(counts.values()):g} rows " if all(counts.values()) else "the rows "
    return f"earthdial scores only questions of the types presence, comp and rural_urban, and those without a type; of {task} it leaves out {total}({named})"


def _rows(name: str, slices: Mapping[str, Any]) -> float:
    counts: list[float] = [metric["n"] for parts in slices.values() for metric in parts.get(name, {}).values()]
    return max(counts)
