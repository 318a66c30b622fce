"""Every function of the extension that takes a batch, with work for it: so that each is tested with threads, forks and wrong arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli import _rust_rewards as rust

Rows = NDArray[np.int64]

LIST5 = ",".join(f"[{i % 60}, {i % 50}, {i % 60 + 15}, {i % 50 + 9}, {i % 90}]" for i in range(0, 700, 7))
QWEN = ", ".join(f'{{"bbox_2d": [{i % 60}, 1, {i % 60 + 15}, 10], "label": "ship {i % 3}"}}' for i in range(100))
LABELS = ", ".join(f"label {i}" for i in range(400))
CAPTION = " ".join(f"word{i % 97} and a ship" for i in range(800))
BAD = np.zeros(2, dtype=np.bool_)


def turning(items: list[str], count: int) -> list[str]:
    """Return so many texts, an unreadable one among them; each is one of few objects, so they cost no memory."""
    known = [f"<think>so</think><answer>{item}</answer>" for item in items]
    return [known[i % len(known)] if i % 7 else "no answer" for i in range(count)]


class Work:
    """A batch of `count` completions of each sort against two samples, read when asked for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.rows: Rows = np.arange(count, dtype=np.int64) % 2
        self.extents = np.full((2, 2), 100.0)
        self.list5, self.captions = turning([LIST5, LIST5[:200], "["], count), turning([CAPTION, "a ship", ""], count)
        self.grounded = turning([f"{CAPTION[:2000]} {LIST5} at sea", "a ship [1, 2, 30, 40, 5]", "a ship [1"], count)
        self.labels = turning([LABELS, "label 1", "x, label 2"], count)

    @cached_property
    def boxes(self) -> rust.BoxColumn:
        return ENTRIES["parse_boxes"](self, self.rows, 1)  # type: ignore[no-any-return]  # the table holds calls of any result

    @cached_property
    def label_column(self) -> rust.LabelColumn:
        return ENTRIES["parse_labels"](self, self.rows, 1)  # type: ignore[no-any-return]  # the table holds calls of any result

    @cached_property
    def texts(self) -> rust.TextColumn:
        return rust.parse_text(self.read(self.captions))

    @cached_property
    def answers(self) -> rust.AnswerColumn:
        return ENTRIES["parse_answers"](self, self.rows, 1)  # type: ignore[no-any-return]  # the table holds calls of any result

    @cached_property
    def answer_truth(self) -> rust.AnswerTruth:
        return rust.AnswerTruth(["label 1", "12"])

    @cached_property
    def box_truth(self) -> rust.BoxTruth:
        rects = np.array([[10.0, 10, 30, 20, 0], [40, 40, 60, 55, 30], [5, 50, 30, 70, -20]])
        return rust.BoxTruth(rects, np.array([0, 1, 3]), np.ones((2, 2)))

    @cached_property
    def label_truth(self) -> rust.LabelTruth:
        return rust.LabelTruth([], np.array([-1, -1]), [["label 1", "label 2"], ["label 3"]])

    @cached_property
    def text_truth(self) -> rust.TextTruth:
        return rust.TextTruth(self.references)

    @cached_property
    def token_truth(self) -> rust.TokenTruth:
        return rust.TokenTruth([CAPTION, "a ship"])

    @property
    def references(self) -> list[list[str]]:
        return [[CAPTION[:3000], "a ship"], ["a ship and word7 word8"]]

    @cached_property
    def meteor(self) -> rust.MeteorTruth:
        return rust.MeteorTruth(self.references, bad=BAD)

    @cached_property
    def bleu(self) -> rust.BleuTruth:
        return rust.BleuTruth(self.references, bad=BAD)

    @cached_property
    def cider(self) -> rust.CiderTruth:
        return rust.CiderTruth(self.references, bad=BAD, frequencies=rust.DocumentFrequencies(self.references))

    @staticmethod
    def read(completions: list[str], threads: int = 1) -> rust.Texts:
        return rust.read_structure(completions, structure="think_answer", threads=threads)


def parsed_boxes(work: Work, rows: Rows, threads: int) -> rust.BoxColumn:
    return rust.parse_boxes(work.read(work.list5), syntax="list5", extents=work.extents, rows=rows, threads=threads)


def parsed_grounded(work: Work, rows: Rows, threads: int) -> rust.BoxColumn:
    read = work.read(work.list5)
    return rust.parse_grounded(read, syntax="list5", extents=work.extents, rows=rows, threads=threads)[1]


def whole_boxes(work: Work, rows: Rows, threads: int) -> Any:
    return rust.score_boxes(
        work.list5,
        work.box_truth,
        rows=rows,
        structure="think_answer",
        syntax="list5",
        extents=work.extents,
        threads=threads,
    )[2]


def whole_labels(work: Work, rows: Rows, threads: int) -> Any:
    return rust.score_labels(
        work.labels, work.label_truth, rows=rows, structure="think_answer", many=True, threads=threads
    )[2]


def counted_labels(work: Work, rows: Rows, threads: int) -> Any:
    return rust.count_labels(
        work.labels, work.label_truth, rows=rows, structure="think_answer", many=True, threads=threads
    )[2]


def whole_answers(work: Work, rows: Rows, threads: int) -> Any:
    return rust.score_answers(work.labels, work.answer_truth, rows=rows, structure="think_answer", threads=threads)[2]


def whole_texts(work: Work, rows: Rows, threads: int) -> Any:
    scores = [("rougeL", False, "f", "best"), ("lcs_f", False, "f", "mean")]
    return rust.score_texts(
        work.captions, work.text_truth, rows=rows, structure="think_answer", scores=scores, threads=threads
    )[2]


def whole_grounded(work: Work, rows: Rows, threads: int) -> Any:
    return rust.score_grounded(
        work.grounded,
        work.box_truth,
        work.text_truth,
        rows=rows,
        structure="think_answer",
        syntax="list5",
        extents=work.extents,
        threads=threads,
    )[2]


Entry = Callable[[Work, Rows, int], Any]

# What takes rows and threads.
ENTRIES: dict[str, Entry] = {
    "parse_boxes": parsed_boxes,
    "parse_grounded": parsed_grounded,
    "parse_labels": lambda w, rows, n: rust.parse_labels(w.read(w.labels), truth=w.label_truth, rows=rows, many=True, threads=n),
    "parse_answers": lambda w, rows, n: rust.parse_answers(w.read(w.labels), truth=w.answer_truth, rows=rows, threads=n),
    "detection": lambda w, rows, n: w.box_truth.detection(w.boxes, rows=rows, threads=n),
    "matches": lambda w, rows, n: w.box_truth.matches(w.boxes, rows=rows, threads=n),
    "referring": lambda w, rows, n: w.box_truth.referring(w.boxes, rows=rows, threads=n),
    "any_match": lambda w, rows, n: w.box_truth.any_match(w.boxes, rows=rows, threads=n),
    "average_precision": lambda w, rows, n: rust.average_precision(w.box_truth, w.boxes, rows=rows, by_class=False, threads=n),
    "coco_entries": lambda w, rows, n: rust.coco_entries(w.box_truth, w.boxes, rows=rows, pixels=np.ones(2), by_class=False, threads=n),
    "equal": lambda w, rows, n: w.label_truth.equal(w.label_column, rows=rows, threads=n),
    "overlap": lambda w, rows, n: w.label_truth.overlap(w.label_column, rows=rows, threads=n),
    "lcs_f": lambda w, rows, n: w.text_truth.lcs_f(w.texts, rows=rows, threads=n),
    "jaccard": lambda w, rows, n: w.text_truth.jaccard(w.texts, rows=rows, threads=n),
    "rouge": lambda w, rows, n: w.text_truth.rouge(w.texts, rows=rows, variant="rougeL", stemmer=True, threads=n),
    "rouges": lambda w, rows, n: w.text_truth.rouges(w.texts, rows=rows, variants=["rouge1", "rougeL"], stemmer=True, threads=n),
    "coco_rouge": lambda w, rows, n: w.text_truth.coco_rouge(w.texts, rows=rows, threads=n),
    "levenshtein": lambda w, rows, n: w.text_truth.levenshtein(w.texts, rows=rows, threads=n),
    "token_recall": lambda w, rows, n: w.token_truth.recall(w.texts, rows=rows, threads=n),
    "spaceless_equal": lambda w, rows, n: w.token_truth.spaceless_equal(w.texts, rows=rows, threads=n),
    "meteor": lambda w, rows, n: w.meteor.scores(w.texts, rows=rows, threads=n),
    "bleu": lambda w, rows, n: w.bleu.counts(w.texts, rows=rows, threads=n),
    "sentence_bleu": lambda w, rows, n: w.bleu.scores(w.texts, rows=rows, order=2, smoothing="add-one", threads=n),
    "cider": lambda w, rows, n: w.cider.scores(w.texts, rows=rows, threads=n),
    "score_boxes": whole_boxes,
    "score_labels": whole_labels,
    "count_labels": counted_labels,
    "score_answers": whole_answers,
    "score_grounded": whole_grounded,
    "score_texts": whole_texts,
}  # fmt: skip
# What takes threads only.
WITHOUT_ROWS: dict[str, Entry] = {
    "read_structure": lambda w, _, n: w.read(w.captions, n),
    "repeated_words": lambda w, _, n: rust.repeated_words(w.read(w.captions), threads=n),
}


def values(found: Any) -> bytes:
    """Return what a function found as bytes."""
    if isinstance(found, rust.BoxColumn):
        return found.array.tobytes() + found.offsets.tobytes() + found.reasons.tobytes()
    if isinstance(found, rust.Texts):
        return found.format.tobytes() + found.reasons.tobytes()
    if isinstance(found, rust.LabelColumn | rust.AnswerColumn):
        return found.reasons.tobytes()
    return bytes(found.tobytes())


def everything(threads: int, count: int = 600) -> dict[str, bytes]:
    """Return what every function finds on one batch."""
    work = Work(count)
    return {name: values(entry(work, work.rows, threads)) for name, entry in {**ENTRIES, **WITHOUT_ROWS}.items()}
