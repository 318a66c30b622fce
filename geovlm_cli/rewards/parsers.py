"""The public parsers: `parser(texts, batch)` gives one answer a text, as a column that reads like a list of values and `Malformed`.

Each takes the texts of `read_structure` in place, or ordinary strings that are answers as a whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geovlm_cli._rust_rewards import (
    AnswerTruth,
    Texts,
    parse_answers,
    parse_boxes,
    parse_grounded,
    parse_labels,
    parse_text,
)
from geovlm_cli.rewards.columns import Answers, BoxAnswers, GroundedAnswers, LabelAnswers, TextAnswers, VqaAnswers
from geovlm_cli.rewards.structure import texts_of
from geovlm_cli.rewards.truth import answer_truth, box_form, label_truth, rows_of
from geovlm_cli.task import Batch


class Parser(ABC):
    """A parser of this package. Unlike a plugin's it also takes texts that could not be read, and keeps their reasons."""

    @abstractmethod
    def __call__(self, texts: Sequence[str] | Texts, batch: Batch) -> Answers:
        """Return one answer a text."""


@dataclass(frozen=True, slots=True)
class LabelParser(Parser):
    """Labels against the row's choices, else the vocabulary, else freely (scoring policy 8). many: a list of labels, else exactly one."""

    many: bool
    vocabulary: tuple[str, ...] = ()

    def known(self, vocabulary: Sequence[str]) -> LabelParser:
        """Return this parser with a vocabulary for rows without choices of their own."""
        return replace(self, vocabulary=tuple(vocabulary))

    def __call__(self, texts: Sequence[str] | Texts, batch: Batch) -> LabelAnswers:
        read = texts_of(texts, batch)
        truth = label_truth(batch, self.vocabulary)
        column = parse_labels(read, truth=truth, rows=rows_of(batch), many=self.many)
        return LabelAnswers(column, truth, single=not self.many, vocabulary=self.vocabulary)


_YES_OR_NO = AnswerTruth(["yes"])


@dataclass(frozen=True, slots=True)
class VqaParser(Parser):
    """Short answers. reads: what the reference asks for (scoring policy 10), always a count, or always yes or no."""

    reads: str = "reference"

    def __call__(self, texts: Sequence[str] | Texts, batch: Batch) -> VqaAnswers:
        read = texts_of(texts, batch)
        if self.reads == "yes_no":
            anything = np.zeros(len(batch), dtype=np.int64)
            return VqaAnswers(parse_answers(read, truth=_YES_OR_NO, rows=anything))
        truth = answer_truth(batch, count=self.reads == "count")
        return VqaAnswers(parse_answers(read, truth=truth, rows=rows_of(batch)))


@dataclass(frozen=True, slots=True)
class TextParser(Parser):
    """Free text, trimmed."""

    def __call__(self, texts: Sequence[str] | Texts, batch: Batch) -> TextAnswers:
        return TextAnswers(parse_text(texts_of(texts, batch)))


@dataclass(frozen=True, slots=True)
class BoxParser(Parser):
    """Boxes in the syntax and frame that the batch's profile declares (scoring policy 4, 5). one: exactly one box."""

    one: bool

    def __call__(self, texts: Sequence[str] | Texts, batch: Batch) -> BoxAnswers:
        read, form = texts_of(texts, batch), box_form(batch)
        column = parse_boxes(read, syntax=form.syntax, extents=form.extents, rows=rows_of(batch), one=self.one)
        return BoxAnswers(column, form.frame, form.numbers)


@dataclass(frozen=True, slots=True)
class GroundedParser(Parser):
    """A text with boxes written into it, in the syntax of the batch's profile: the text without the marks, and all boxes in order."""

    def __call__(self, texts: Sequence[str] | Texts, batch: Batch) -> GroundedAnswers:
        read = texts_of(texts, batch)
        form = box_form(batch)
        words, found = parse_grounded(read, syntax=form.syntax, extents=form.extents, rows=rows_of(batch))
        return GroundedAnswers(read.reasons, TextAnswers(words), BoxAnswers(found, form.frame, form.numbers))


label, labels = LabelParser(many=False), LabelParser(many=True)
answer, count, yes_no = VqaParser(), VqaParser("count"), VqaParser("yes_no")
text = TextParser()
box, boxes = BoxParser(one=True), BoxParser(one=False)
grounded = GroundedParser()
