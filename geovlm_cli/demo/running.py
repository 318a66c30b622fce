"""The stages, each done once: what a run that was cut off has finished is not done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import orjson

from geovlm_cli.demo.measures import measures
from geovlm_cli.demo.plan import Plan
from geovlm_cli.demo.stages import Geovlm, stages
from geovlm_cli.demo.text import report
from geovlm_cli.runs import RunFolder, write_json
from geovlm_cli.runs.files import write_bytes

SCHEMA: Final = "geovlm-demo/1"
_FINISHED: Final = "stages.json"
Say = Callable[[str], None]


def run(out: Path, plan: Plan, geovlm: Geovlm, *, seed: int, resume: bool, say: Say) -> str:
    """Do every stage that `out` does not hold yet; write table.md and results.json; return the closing report.

    geovlm: runs a command line. say: one line of progress. Raises RunFolderError for a folder that holds anything else, and what the commands raise.
    """
    with RunFolder.create(out, command="demo", config={"plan": plan.name}, seed=seed, resume=resume):
        seconds = _do(out, plan, geovlm, seed, say)
        results = {
            "schema": SCHEMA,
            "plan": plan.name,
            "seed": seed,
            "seconds": seconds,
            "measures": measures(out, seed),
        }
        text = report(results, out)
        write_json(out / "results.json", results)
        write_bytes(out / "table.md", text.encode())
        return text


def _do(out: Path, plan: Plan, geovlm: Geovlm, seed: int, say: Say) -> dict[str, float]:
    """Do the missing stages and return the seconds that each took, whenever that was."""
    finished = _finished(out)
    todo = stages(out, plan, geovlm, seed)
    for number, stage in enumerate(todo, start=1):
        head = f"[{number}/{len(todo)}] {stage.title}"
        if stage.name in finished:
            say(f"{head}: done before")
            continue
        with _timed(head, say, sum(finished.values())) as seconds:
            stage.work()
        finished[stage.name] = round(seconds(), 1)
        write_json(out / _FINISHED, finished)
    return finished


def _finished(out: Path) -> dict[str, float]:
    path = out / _FINISHED
    return dict(orjson.loads(path.read_bytes())) if path.is_file() else {}


@contextmanager
def _timed(head: str, say: Say, before: float) -> Iterator[Callable[[], float]]:
    """Announce a stage and, when it is done, its seconds and those of the demo so far."""
    begun = time.monotonic()
    say(head)
    yield lambda: time.monotonic() - begun
    took = time.monotonic() - begun
    say(f"    {took:.0f} s; {_clock(before + took)} so far")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
