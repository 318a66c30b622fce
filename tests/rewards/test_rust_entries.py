"""Every function of the extension that takes a batch: threads and child processes change nothing, others run meanwhile, wrong arguments are named."""

from __future__ import annotations

import ast
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geovlm_cli import _rust_rewards as rust
from tests.rewards.entries import ENTRIES, WITHOUT_ROWS, Work, everything

STUB = Path(rust.__file__).with_name("_rust_rewards.pyi")
ALL = {**ENTRIES, **WITHOUT_ROWS}
FEW = Work(3)
CHEAP = {"referring", "equal", "overlap"}  # a comparison or two a row: over before another thread wakes up


def test_every_function_with_threads_stands_here() -> None:
    """The stub says which take them; the methods of truths are named by their truth here where a name stands twice."""
    functions = [
        node for node in ast.walk(ast.parse(STUB.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    ]
    threaded = [node for node in functions if any(argument.arg == "threads" for argument in node.args.kwonlyargs)]
    assert len(threaded) == len(ALL)


def test_threads_change_nothing() -> None:
    one, eight = everything(1), everything(8)
    assert [name for name in one if one[name] != eight[name]] == []


def _everything_in_child(connection: Connection) -> None:
    connection.send(everything(4))
    connection.close()


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_process_finds_the_same_after_threaded_calls(method: str) -> None:
    expected = everything(4)
    context: Any = multiprocessing.get_context(method)  # typeshed gives the base class no Process
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_everything_in_child, args=(there,))
    child.start()
    there.close()
    assert here.poll(120), "the child hangs"
    found = here.recv()
    child.join(60)
    assert child.exitcode == 0
    assert [name for name in expected if found[name] != expected[name]] == []


def moments(call: Callable[[], object]) -> tuple[int, float]:
    """Return how often another thread came to run in the middle half of a call, and the seconds that the call took."""
    stamps: list[float] = []
    done = threading.Event()

    def stamp() -> None:
        while not done.is_set():
            stamps.append(time.perf_counter())
            time.sleep(0.0002)

    other = threading.Thread(target=stamp)
    other.start()
    try:
        time.sleep(0.002)
        start = time.perf_counter()
        call()
        end = time.perf_counter()
    finally:
        done.set()
        other.join()
    spent = end - start
    return sum(start + spent / 4 < at < end - spent / 4 for at in stamps), spent


@pytest.mark.parametrize("name", sorted(set(ALL) - CHEAP))
def test_others_run_python_while_a_batch_is_scored(name: str) -> None:
    """With the interpreter's lock held, nothing could run in the middle of a call."""
    count, spent, found = 500, 0.0, 0
    while not found and count < 600_000:
        work = Work(count)
        ALL[name](work, work.rows, 1)  # prepares what the call itself is not to do
        found, spent = moments(lambda work=work: ALL[name](work, work.rows, 1))  # type: ignore[misc]  # mypy infers no default
        found = found if spent > 0.01 else 0  # too short to tell
        count *= 4
    assert found, f"nothing ran in the middle of {spent:.3f} s"


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_rows_that_do_not_fit_are_named(name: str) -> None:
    entry = ENTRIES[name]
    with pytest.raises(rust.RewardInputError, match=r"^rows has 2 entries where 3 are needed"):
        entry(FEW, FEW.rows[:2], 1)
    with pytest.raises(rust.RewardInputError, match=r"^rows\[1\] is 2; it must be at least 0 and below 2"):
        entry(FEW, np.array([0, 2, 0]), 1)
    with pytest.raises(rust.RewardInputError, match=r"^rows\[2\] is -1; it must be at least 0 and below 2"):
        entry(FEW, np.array([0, 1, -1]), 1)
    with pytest.raises(rust.RewardInputError, match=r"^rows must be a numpy array int64\[n\]; found int32\[3\]"):
        entry(FEW, np.zeros(3, dtype=np.int32), 1)
    with pytest.raises(rust.RewardInputError, match=r"^rows must be a numpy array int64\[n\]; found list"):
        entry(FEW, [0, 1, 0], 1)  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("threads", [0, -3])
def test_a_number_of_threads_that_cannot_be_is_named(name: str, threads: int) -> None:
    with pytest.raises(rust.RewardInputError, match=rf"^threads is {threads}; it must be at least 1\."):
        ALL[name](FEW, FEW.rows, threads)
    with pytest.raises(rust.RewardInputError, match=r"^threads must be an int; found str\."):
        ALL[name](FEW, FEW.rows, "2")  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("texts", [["a", 1, "b"], ("a", None, "b")])
@pytest.mark.parametrize(
    "name", [*(name for name in ENTRIES if name.startswith("score_")), "count_labels", "read_structure"]
)
def test_what_is_no_text_is_named_with_its_row(name: str, texts: Any) -> None:
    work = Work(3)
    work.list5 = work.labels = work.captions = work.grounded = texts
    kind = type(texts[1]).__name__
    with pytest.raises(rust.RewardInputError, match=rf"^completions\[1\] must be a str; found {kind}\.$"):
        ALL[name](work, work.rows, 1)


PANICS = """
from geovlm_cli import _rust_rewards as rust
from tests.rewards.entries import ENTRIES, WITHOUT_ROWS, Work
work, caught = Work(600), []
for name, entry in {**ENTRIES, **WITHOUT_ROWS}.items():
    entry(work, work.rows, 1)
    try:
        entry(work, work.rows, 2)
    except rust.RewardInternalError as error:
        caught.append(name)
        assert isinstance(error, Exception) and "failed to spawn thread" in str(error), error
    entry(work, work.rows, 1)
print(*caught)
"""


def test_a_panic_in_any_function_is_an_exception_with_a_name() -> None:
    """A thread whose stack nobody can give makes Rust's own library panic; what comes after is as before."""
    environment = {
        **os.environ,
        "RUST_MIN_STACK": str(1 << 46),
        "RUST_BACKTRACE": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", PANICS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == set(ALL)


def test_no_python_object_is_made_a_box() -> None:
    """A hundred boxes in most of a thousand answers: what is left in Python is a column and its arrays."""
    work = Work(1000)
    before = sys.getallocatedblocks()
    boxes = ALL["parse_boxes"](work, work.rows, 1)
    array, scores = boxes.array, work.box_truth.detection(boxes, rows=work.rows)
    assert len(array) > 30_000
    assert len(scores) == 1000
    assert sys.getallocatedblocks() - before < 200
