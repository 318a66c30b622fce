"""Threads, the GIL and forks: the same scores, a free interpreter, no deadlock."""

from __future__ import annotations

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

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


def every_score(threads: int) -> list[NDArray[np.float64]]:
    texts = [f"label {i % 9}, label_{i % 4}; x{i}" for i in range(ROWS)]
    rows = np.zeros(ROWS, dtype=np.int64)
    read = rust.read_structure(texts, structure="any", threads=threads)
    labels = rust.LabelTruth([], np.array([-1]), [["label 1", "label 2"]])
    column = rust.parse_labels(read, truth=labels, rows=rows, many=True, threads=threads)
    words = rust.TextTruth([["label 3 x77", "a label"]])
    captions = rust.parse_text(read)
    references, good = [["label 3 x77", "a label"]], np.zeros(1, dtype=np.bool_)
    frequencies = rust.DocumentFrequencies([*references, ["x1"]])
    meteor = rust.MeteorTruth(references, bad=good)
    cider = rust.CiderTruth(references, bad=good, frequencies=frequencies)
    bleu = rust.BleuTruth(references, bad=good)
    return [
        meteor.scores(captions, rows=rows, threads=threads),
        cider.scores(captions, rows=rows, threads=threads),
        bleu.counts(captions, rows=rows, threads=threads).astype(np.float64),
        detection(completions(), threads),
        labels.overlap(column, rows=rows, threads=threads).astype(np.float64),
        words.rouge(captions, rows=rows, variant="rougeL", stemmer=True, threads=threads),
        words.lcs_f(captions, rows=rows, several="mean", threads=threads),
    ]


def test_threads_change_nothing() -> None:
    for one, eight in zip(every_score(1), every_score(8), strict=True):
        assert one.tobytes() == eight.tobytes()


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


def _score_in_child(connection: Connection) -> None:
    connection.send(detection(completions(), 4).tobytes())
    connection.close()


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_process_scores_after_a_threaded_call(method: str) -> None:
    expected = detection(completions(), 4).tobytes()
    context: Any = multiprocessing.get_context(method)  # typeshed gives the base class no Process
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_score_in_child, args=(there,))
    child.start()
    there.close()
    assert here.poll(60), "the child hangs"
    assert here.recv() == expected
    child.join(60)
    assert child.exitcode == 0
