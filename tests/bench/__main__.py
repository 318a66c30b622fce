"""Measure our scoring against the usual Python, in turns, in CPU time of one thread: `make bench`."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geovlm_cli.boxes import boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import rouge, score
from geovlm_cli.task import Batch, Sample, Task
from tests.bench import usual, workloads
from tests.bench.workloads import SIZE, Workload

COMPLETIONS = 2048
SEED = 20251001
TURNS = 7
_AGREE = 1e-6


@dataclass(frozen=True)
class Contest:
    """One path: the task as a plugin would write it, its work, and the usual Python for it."""

    name: str
    task: Task
    profile: Profile
    work: Workload
    truth: Callable[[object], object]
    judge: usual.Judge
    usual_rows: int = COMPLETIONS

    def batch(self) -> Batch:
        """Return the batch that is built once before training."""
        samples = [
            Sample(id=str(row), task=self.task.name, reference=self.truth(reference), image_size=(SIZE, SIZE))
            for row, reference in enumerate(self.work.references)
        ]
        return Batch(samples, self.profile)


def contests() -> list[Contest]:
    """Return the paths that are compared."""
    qwen = Profile(name="qwen", box_syntax="qwen-json", frame="pixel")
    turned = Profile(name="turned", box_syntax="list5", frame="pixel")
    plain = Profile(name="plain")
    box_task = Task(name="detection", kind="boxes", summary="Find objects.")
    label_task = Task(name="scene", kind="label", summary="Name the scene.", vocabulary=tuple(workloads.SCENES))
    text_task = Task(name="caption", kind="text", summary="Describe.", rewards={"rougeL": rouge})
    made = (workloads.detection, workloads.rotated, workloads.captions, workloads.labels)
    find, turn, tell, name = (make(COMPLETIONS, SEED) for make in made)
    return [
        Contest("detection", box_task, qwen, find, _boxes, usual.detection),
        Contest("rotated", box_task, turned, turn, _boxes, usual.rotated, COMPLETIONS // 16),
        Contest("caption", text_task, plain, tell, lambda text: (text,), usual.caption, COMPLETIONS // 4),
        Contest("label", label_task, plain, name, lambda label: label, usual.label),
    ]


def _boxes(reference: object) -> object:
    return boxes("pixel", reference)  # type: ignore[arg-type]  # references of the box workloads


def cpu(call: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """Return the CPU seconds of scoring some texts, garbage collection aside."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    call(texts)
    spent = time.process_time() - start
    gc.enable()
    return spent


def compare(contest: Contest) -> tuple[float, float, float]:
    """Return microseconds a completion of ours and of the usual Python, and the share of equal totals."""
    batch, work, few = contest.batch(), contest.work, contest.usual_rows
    references = [work.references[row] for row in work.rows[:few]]

    def ours(texts: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return score(contest.task, texts, batch.take(work.rows[: len(texts)])).total  # type: ignore[arg-type]

    def theirs(texts: Sequence[str]) -> list[float]:
        return usual.score(contest.judge, texts, references)

    equal = float(np.mean(np.abs(ours(work.completions[:few]) - theirs(work.completions[:few])) < _AGREE))
    spent_ours, spent_theirs = [], []
    for _ in range(TURNS):
        spent_ours.append(cpu(ours, work.fresh()) / len(work.rows))
        spent_theirs.append(cpu(theirs, work.fresh()[:few]) / few)
    return statistics.median(spent_ours) * 1e6, statistics.median(spent_theirs) * 1e6, equal


def wall(command: Sequence[str]) -> float:
    """Return the least wall milliseconds of a command over the turns."""
    spent = []
    for _ in range(TURNS):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)  # our own interpreter
        spent.append(time.perf_counter() - start)
    return min(spent) * 1e3


def main() -> None:
    """Print both tables."""
    print(
        f"{COMPLETIONS} completions, structure + parse + reward, fresh strings, one thread, median of {TURNS} turns, CPU time"
    )
    print(f"{'path':12}{'geovlm':>12}{'usual Python':>16}{'ratio':>9}{'equal totals':>15}")
    for contest in contests():
        mine, theirs, equal = compare(contest)
        print(f"{contest.name:12}{mine:9.2f} us{theirs:13.1f} us{theirs / mine:8.0f}x{equal:14.1%}")
    start, bare = wall([sys.executable, "-m", "geovlm_cli", "--help"]), wall([sys.executable, "-c", "import click"])
    print(
        f"\ngeovlm --help {start:.0f} ms; import click {bare:.0f} ms; limit 1.6x + 50 ms = {1.6 * bare + 50:.0f} ms (wall, least of {TURNS})"
    )


if __name__ == "__main__":
    main()
