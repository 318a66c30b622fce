from __future__ import annotations

import numpy as np

from geovlm_cli.task import Batch, Malformed, Sample, each

SAMPLES = [Sample(id=name, task="t", reference=name) for name in "abc"]


def test_a_take_repeats_and_orders_rows() -> None:
    assert [s.id for s in Batch(SAMPLES).take([2, 0, 0])] == ["c", "a", "a"]


def test_a_take_of_a_take_points_at_the_whole() -> None:
    view = Batch(SAMPLES).take([2, 1, 0]).take([0, 2])
    assert [s.id for s in view] == ["c", "a"]
    assert list(view.rows) == [2, 0]


def test_a_slice_is_a_batch() -> None:
    tail = Batch(SAMPLES)[1:]
    assert isinstance(tail, Batch)
    assert [s.id for s in tail] == ["b", "c"]


def test_a_numpy_row_array_is_kept_as_it_is() -> None:
    rows = np.array([1, 1], dtype=np.int64)
    assert Batch(SAMPLES).take(rows).rows is rows  # type: ignore[arg-type, comparison-overlap]  # an int64 array is a sequence of int


def test_preparation_happens_once_on_the_whole_batch() -> None:
    calls: list[int] = []

    def build(batch: Batch) -> list[str]:
        calls.append(len(batch))
        return [str(s.reference) for s in batch]

    batch = Batch(SAMPLES)
    assert batch.take([1]).prepared("refs", build) is batch.take([0, 2]).prepared("refs", build)
    assert calls == [3]


def test_each_makes_a_batch_function() -> None:
    def read(text: str, sample: Sample) -> str | Malformed:
        return text if text == sample.reference else Malformed("unknown_label")

    assert each(read)(["a", "x"], Batch(SAMPLES)[:2]) == ["a", Malformed("unknown_label")]
