"""Parsed answers of a batch as Rust-side columns that look like sequences: indexing gives the plain value or `Malformed`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import REASONS, AnswerColumn, BoxColumn, LabelColumn, LabelTruth, TextColumn
from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.task import Malformed

Codes = NDArray[np.uint8]


class Answers(Sequence[Any], ABC):
    """One parsed answer a row, none of them a Python object until it is asked for. `reasons` uint8[n]: 0 where the answer was read."""

    __slots__ = ("reasons",)

    def __init__(self, reasons: Codes) -> None:
        self.reasons = reasons

    @abstractmethod
    def value(self, row: int) -> Any:
        """Return the value of one row that was read."""

    def __len__(self) -> int:
        return len(self.reasons)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        row = index + len(self) if index < 0 else index
        code = self.reasons[row]
        return Malformed(REASONS[code]) if code else self.value(row)


class LabelAnswers(Answers):
    """Label sets, or with `single` one label a row, with the truth that they were read against and the vocabulary of its rows without choices."""

    __slots__ = ("_counted", "column", "single", "truth", "vocabulary")

    def __init__(
        self, column: LabelColumn, truth: LabelTruth, *, single: bool, vocabulary: tuple[str, ...] = ()
    ) -> None:
        super().__init__(column.reasons)
        self.column, self.truth, self.single, self.vocabulary = column, truth, single, vocabulary
        self._counted: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def value(self, row: int) -> Any:
        labels = self.column.labels(row)
        return labels[0] if self.single else labels

    def overlap(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return int64[n, 3]: |prediction ∩ truth|, |prediction|, |truth|, counted once for all scores of these answers against the same rows of the truth."""
        if self._counted is None or not np.array_equal(self._counted[0], rows):
            self._counted = rows.copy(), self.truth.overlap(self.column, rows=rows)
        return self._counted[1]


class VqaAnswers(Answers):
    """Short answers: int for a count, str for a word."""

    __slots__ = ("column",)

    def __init__(self, column: AnswerColumn) -> None:
        super().__init__(column.reasons)
        self.column = column

    def value(self, row: int) -> Any:
        return self.column[row]


class TextAnswers(Answers):
    """Free texts."""

    __slots__ = ("column",)

    def __init__(self, column: TextColumn) -> None:
        super().__init__(column.reasons)
        self.column = column

    def value(self, row: int) -> Any:
        return self.column[row]


class BoxAnswers(Answers):
    """Boxes in the frame in which they were written; `numbers` of one box in their syntax."""

    __slots__ = ("column", "frame", "numbers")

    def __init__(self, column: BoxColumn, frame: str, numbers: int) -> None:
        super().__init__(column.reasons)
        self.column, self.frame, self.numbers = column, frame, numbers

    def value(self, row: int) -> Boxes:
        return Boxes(self.frame, self.column.boxes(row), self.column.labels(row), int(self.column.invalid[row]))


class GroundedAnswers(Answers):
    """Texts that speak of boxes: the text without its marks, and the boxes."""

    __slots__ = ("boxes", "texts")

    def __init__(self, unread: Codes, texts: TextAnswers, boxes: BoxAnswers) -> None:
        """Join the columns; `unread` holds the codes of the structure, which come before those of the boxes and of the text."""
        parsed = np.where(boxes.reasons == 0, texts.reasons, boxes.reasons)
        super().__init__(np.where(unread == 0, parsed, unread))
        self.texts, self.boxes = texts, boxes

    def value(self, row: int) -> Grounded:
        return Grounded(self.texts.value(row), self.boxes.value(row))
