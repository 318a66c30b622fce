"""Threads, the GIL and forks: the same scores, a free interpreter, no deadlock."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from geovlm_cli import _rust_rewards as rust

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = 4000
BOX = "[{0}, {1}, {2}, {3}, {4}]"


def completions() -> list[str]:
    rng = np.random.default_rng(7)
    corners = rng.integers(0, 80, size=(ROWS, 3, 2))
    return [
        "<think>so</think><answer>"
        + ",".join(BOX.format(x, y, x + 15, y + 9, (x * y) % 90) for x, y in row)
        + ("</answer>" if i % 50 else "")
        for i, row in enumerate(corners.tolist())
    ]


def detection(texts: list[str], threads: int) -> NDArray[np.float64]:
    rows = np.arange(len(texts), dtype=np.int64) % 2
    truth = rust.BoxTruth(
        np.array([[10.0, 10, 30, 20, 0], [40, 40, 60, 55, 30], [5, 50, 30, 70, -20]]),
        np.array([0, 1, 3]),
        np.ones((2, 2)),
    )
    read = rust.read_structure(texts, structure="think_answer", threads=threads)
    boxes = rust.parse_boxes(read, syntax="list5", extents=np.full((2, 2), 100.0), rows=rows, threads=threads)
    return truth.detection(boxes, rows=rows, threads=threads)


def test_a_batch_is_its_rows_one_by_one() -> None:
    texts = completions()[:101]
    truth = rust.BoxTruth(np.array([[10.0, 10, 30, 20, 0]]), np.array([0, 1]), np.ones((1, 2)))

    def scores(part: list[str]) -> NDArray[np.float64]:
        rows = np.zeros(len(part), dtype=np.int64)
        read = rust.read_structure(part, structure="think_answer")
        column = rust.parse_boxes(read, syntax="list5", extents=np.full((1, 2), 100.0), rows=rows)
        return truth.detection(column, rows=rows)

    assert scores(texts).tolist() == [scores([text])[0] for text in texts]


def test_the_interpreter_is_free_while_a_batch_is_scored() -> None:
    """A second thread goes on: with the GIL held it would stand still for as long as the call takes."""
    crowd = np.tile([0.0, 0.0, 20.0, 10.0, 0.0], (1500, 1))
    crowd[:, 4] = np.arange(1500) % 170
    done = threading.Event()

    def longest_pause() -> float:
        longest, last = 0.0, time.perf_counter()
        while not done.is_set():
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
        return longest

    with ThreadPoolExecutor(1) as pool:
        pause = pool.submit(longest_pause)
        start = time.perf_counter()
        rust.iou(crowd, crowd)
        spent = time.perf_counter() - start
        done.set()
        assert pause.result(timeout=60) < spent / 2


def test_one_truth_serves_many_threads() -> None:
    texts = completions()
    expected = detection(texts, 1).tobytes()
    with ThreadPoolExecutor(4) as pool:
        assert all(result.tobytes() == expected for result in pool.map(lambda _: detection(texts, 2), range(8)))
