"""Measure our scoring against what others run, in turns, in CPU time of one thread: `make bench`."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.boxes import boxes
from geovlm_cli.rewards import cider, levenshtein, meteor, rouge, score, token_recall
from geovlm_cli.task import Batch, Reward, Sample, Task
from tests.bench.paths import COMPLETIONS, PLAIN, QWEN, Call, Path, everything
from tests.bench.workloads import Workload
from tests.rewards.test_rust_linear import FAMILIES

TURNS = 7
MANY = 65_536
SHORT, BATCH = 16_000, 64  # bytes of an adversarial completion, and how many such a batch holds
# The scores that an adversarial text makes work the most, beside those that a kind has by default.
DEAR: dict[str, Reward] = {
    "tokens": token_recall,
    "meteor": partial(meteor, synonyms=False),
    "cider": cider,
    "rouge-lsum": partial(rouge, variant="rougeLsum"),
    "levenshtein": partial(levenshtein, variant="classic"),
}
HEAD = (
    f"{'path':24}{'us':>8}{'us@65k':>8}{'plain us':>10}{'usual us':>10}{'x plain':>9}{'x usual':>9}{'must':>7}{'stretch':>9}{'floor':>7}"
    f"{'again us':>10}{'x plain':>9}{'x usual':>9}"
)


def cpu(make: Callable[[], Sequence[str]], call: Call) -> tuple[float, float]:
    """Return the CPU seconds of a call with texts that were made just before, as a decoder makes them, and of the third with the same; garbage collection aside."""
    gc.collect()
    gc.disable()
    texts, spent = make(), []
    for _ in range(3):
        start = time.process_time()
        call(texts)
        spent.append(time.process_time() - start)
    gc.enable()
    return spent[0], spent[-1]


def compare(path: Path) -> NDArray[np.float64]:
    """Return float64[3, 2]: microseconds a completion of ours, of the best plain Python and of the usual Python, in turns; of fresh texts and of known ones."""
    spent: list[list[tuple[float, float]]] = [[] for _ in range(3)]
    work = path.work
    for _ in range(TURNS):
        fresh, again = cpu(work.fresh, partial(_ours, path, work.rows))
        spent[0].append((fresh / len(work.completions), again / len(work.completions)))
        for place, peer in enumerate((path.plain, path.usual), 1):
            if peer is not None:
                fresh, again = cpu(partial(_first, work, peer.rows), peer.call)
                spent[place].append((fresh / peer.rows, again / peer.rows))
    return np.array([np.median(times, axis=0) * 1e6 if times else (np.nan, np.nan) for times in spent])


def _ours(path: Path, rows: NDArray[np.int64], texts: Sequence[str]) -> object:
    return path.ours(texts, rows)


def _first(work: Workload, count: int) -> list[str]:
    return work.fresh()[:count]


def _repeated(work: Workload, times: int) -> list[str]:
    return [text for _ in range(times) for text in work.fresh()]


def at_many(path: Path) -> float:
    """Return microseconds a completion at 65,536 completions, whose texts are out of every cache."""
    if not path.whole:
        return np.nan
    times = MANY // COMPLETIONS
    rows = np.tile(path.work.rows, times)
    spent = [cpu(partial(_repeated, path.work, times), partial(_ours, path, rows))[0] / MANY for _ in range(3)]
    return statistics.median(spent) * 1e6


def line(path: Path) -> str:
    """Return the row of a path."""
    (ours, again), (plain, plain_again), (usual, usual_again) = compare(path)
    goals = path.goals

    def cell(value: float | None, width: int, form: str) -> str:
        return f"{'':{width}}" if value is None or np.isnan(value) else f"{value:{width}{form}}"

    return (
        f"{path.name:24}{ours:8.2f}{cell(at_many(path), 8, '.2f')}{cell(plain, 10, '.1f')}{cell(usual, 10, '.1f')}"
        f"{cell(plain / ours, 9, '.0f')}{cell(usual / ours, 9, '.0f')}{goals.must:7.2f}{goals.stretch:9.3f}{cell(goals.floor, 7, '.2f')}"
        f"{again:10.2f}{cell(plain_again / again, 9, '.0f')}{cell(usual_again / again, 9, '.0f')}"
    )


def two_threads(path: Path) -> str:
    """Return what a second thread brings, in wall time."""
    texts = path.work.fresh() * (MANY // COMPLETIONS)
    rows = np.tile(path.work.rows, MANY // COMPLETIONS)
    least = dict.fromkeys(("1", "2"), np.inf)
    for _ in range(3):
        for count in least:
            os.environ["GEOVLM_THREADS"] = count
            start = time.perf_counter()
            path.ours(texts, rows)
            least[count] = min(least[count], time.perf_counter() - start)
    del os.environ["GEOVLM_THREADS"]
    cores = len(os.sched_getaffinity(0))
    return f"{path.name}, {MANY} completions: 2 threads are {least['1'] / least['2']:.2f}x as fast as 1 (wall, {cores} cores, goal 1.6x on idle ones)"


def adversarial() -> list[str]:
    """Return the worst cost of adversarial completions of 16 kB and 1 MiB scored alone, a byte of it, and of 16 kB what one of a batch costs."""
    caption = ("two planes are parked near a terminal",)
    tasks = [
        (Task(name="boxes", kind="boxes", summary="x"), QWEN, boxes("pixel", [[1.0, 2.0, 30.0, 40.0]])),
        (Task(name="labels", kind="labels", summary="x", vocabulary=("a, b, c, d", "ship")), PLAIN, ("ship",)),
        (Task(name="text", kind="text", summary="x"), PLAIN, caption),
        *((Task(name=name, kind="text", summary="x", rewards={name: by}), PLAIN, caption) for name, by in DEAR.items()),
    ]
    lines = []
    for task, profile, truth in tasks:
        batch = Batch([Sample(id="0", task=task.name, reference=truth, image_size=(1024, 1024))], profile)
        for size in (SHORT, (1 << 20) - 1000):
            texts = {name: f"<think>t</think><answer>{make(size)}</answer>" for name, make in FAMILIES.items()}
            seconds, name = max((_cost(task, batch, text), name) for name, text in texts.items())
            per_byte = seconds / len(texts[name].encode("utf-8", "replace"))
            row = (
                f"{task.name:12}{size:9} bytes: alone {seconds * 1e3:7.2f} ms, {per_byte * 1e9:6.1f} ns a byte ({name})"
            )
            if size == SHORT:
                seconds, name = max((_cost(task, batch, text, BATCH), name) for name, text in texts.items())
                row += f"; one of {BATCH} {seconds * 1e3:7.2f} ms ({name})"
            lines.append(row)
    return lines


def _cost(task: Task, batch: Batch, text: str, count: int = 1) -> float:
    """Return the least CPU seconds a completion of a `score` of so many with this text, each a string of its own."""
    whole = batch.take(np.zeros(count, dtype=np.int64))  # type: ignore[arg-type]  # a numpy array is taken as it is
    texts = [text[:1] + text[1:] for _ in range(count)]
    turns = 5 if count == 1 else 2  # many are a mean already
    return min(cpu(lambda: texts, lambda texts: score(task, texts, whole))[0] for _ in range(turns)) / count


def wall(command: Sequence[str]) -> float:
    """Return the least wall milliseconds of a command over the turns."""
    spent = []
    for _ in range(TURNS):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)  # our own interpreter
        spent.append(time.perf_counter() - start)
    return min(spent) * 1e3


def main() -> None:
    """Print the tables; arguments leave only the paths whose names hold one of them."""
    wanted = sys.argv[1:]
    print(
        f"{COMPLETIONS} completions, fresh strings and the same again, one thread, CPU time, median of {TURNS} turns; goals in us"
    )
    print(HEAD)
    paths = [path for path in everything() if not wanted or any(word in path.name for word in wanted)]
    gc.freeze()  # else each `gc.collect()` walks all that the libraries hold, and the call after it finds the caches full of that
    for path in paths:
        print(line(path), flush=True)
    if wanted:
        return
    print("\n" + two_threads(next(path for path in paths if path.name == "detection")))
    print(
        f"\nAdversarial completions, the worst family of each: a `score` of one alone, all that a call costs with it, and of 16 kB a `score` of {BATCH} / {BATCH};"
        " limits 20 ms for 1 MiB, 0.2 ms for 16 kB, 10 ns a byte"
    )
    print("\n".join(adversarial()))
    start, bare = wall([sys.executable, "-m", "geovlm_cli", "--help"]), wall([sys.executable, "-c", "import click"])
    limit = 1.6 * bare + 50
    print(
        f"\ngeovlm --help {start:.0f} ms; import click {bare:.0f} ms; limit 1.6x + 50 ms = {limit:.0f} ms (wall, least of {TURNS})"
    )


if __name__ == "__main__":
    main()
