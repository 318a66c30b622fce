"""`geovlm eval --predictions` of many rows: rows a second on one core and bytes of growth a row, JSON reading included.

`python -m tests.bench.evaluation [ROWS]` (default 1,000,000). On a busy machine CPU time grows too; the last column is in units of what
`orjson.loads` alone takes for the same lines at the same time.
"""

from __future__ import annotations

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli import plugins
from geovlm_cli.data.source import open_rows
from geovlm_cli.evaluation import Settings, evaluate
from geovlm_cli.runs import RunFolder

CLASSES = [
    "airport",
    "beach",
    "bridge",
    "desert",
    "farmland",
    "forest",
    "harbour",
    "meadow",
    "mountain",
    "pond",
    "river",
]
PROTOCOLS = ("strict", "earthdial")


def labels(rows: int) -> Iterator[dict[str, Any]]:
    """Lines of about 300 bytes: a scene, its classes, an answer that is right four times in five."""
    draw = random.Random(0)
    for number in range(rows):
        truth = draw.choice(CLASSES)
        said = truth if draw.random() < 0.8 else draw.choice(CLASSES)
        yield {
            "id": f"p{number:07d}",
            "task": "scene",
            "images": [f"images/{number:07d}.png"],
            "question": "Classify the given image in one of the following classes.",
            "choices": CLASSES,
            "reference": truth,
            "completion": f"<answer>{said}</answer>",
        }


def boxes(rows: int) -> Iterator[dict[str, Any]]:
    """Lines of about 300 bytes: one to three rotated boxes, most of them nearly found."""
    draw = random.Random(0)
    for number in range(rows):
        truth = [_box(draw) for _ in range(draw.choice((1, 1, 2, 3)))]
        said = [[x1 + draw.randrange(2), y1, x2 + 1, y2, a] for x1, y1, x2, y2, a in truth]
        yield {
            "id": f"p{number:07d}",
            "task": "referred-detection",
            "images": [f"images/{number:07d}.png"],
            "question": "Give me the location of the ships at the left side of the image",
            "reference": {"frame": "percent", "boxes": truth},
            "completion": f"<answer>{','.join(map(str, said))}</answer>",
            "meta": {"size_group": draw.choice(("small", "medium", "large"))},
        }


def _box(draw: random.Random) -> list[int]:
    x, y = draw.randrange(90), draw.randrange(90)
    return [x, y, x + draw.randrange(3, 10), y + draw.randrange(3, 10), draw.randrange(90)]


def measure(path: Path, *, draws: int, out: Path | None) -> str:
    """Return one line: what evaluating a file costs."""
    loaded = plugins.load()
    loaded.tasks(), loaded.profiles()
    unit = _reading(path)
    before, start = _peak(), time.process_time()
    stream = open_rows(path, find=loaded.task, loaders=loaded.loaders())
    settings = Settings(structure="answer", protocols=PROTOCOLS, draws=draws)
    profile = loaded.profile("earthdial")
    if out is None:
        evaluate(stream, loaded.task, profile, settings=settings)
    else:
        with RunFolder.create(out, command="eval", config={}, seed=0) as run:
            evaluate(stream, loaded.task, profile, settings=settings, run=run)
    each = (time.process_time() - start) / stream.count
    unit = (unit + _reading(path)) / 2
    return f"{1 / each:>9,.0f} rows/s  peak {_peak() / 2**20:4.0f} MB  {(_peak() - before) / stream.count:5.0f} B/row  {each / unit:5.1f} × orjson"


def _reading(path: Path) -> float:
    """Return the seconds that `orjson.loads` takes for a line now."""
    with path.open("rb") as file:
        lines = file.readlines(2**21)
    times = []
    for _ in range(9):
        start = time.process_time()
        for line in lines:
            orjson.loads(line)
        times.append((time.process_time() - start) / len(lines))
    return statistics.median(times)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(rows: int) -> None:
    """Print the table, each line from a process of its own: the peak of a process never falls."""
    with tempfile.TemporaryDirectory() as folder:
        for name, made in (("labels", labels), ("detection", boxes)):
            path = Path(folder) / f"{name}.jsonl"
            with path.open("wb") as file:
                file.writelines(orjson.dumps(row) + b"\n" for row in made(rows))
            for how, out in (("figures alone", None), ("with rows and intervals", Path(folder) / f"{name}-run")):
                print(f"{name:10} {rows:>9,} rows, {how:23} {_apart(path, out)}", flush=True)


def _apart(path: Path, out: Path | None) -> str:
    """Return what `measure` says in a new process."""
    command = [sys.executable, "-m", "tests.bench.evaluation", "--measure", str(path), *([str(out)] if out else [])]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["--measure"]:
        run = Path(given[2]) if given[2:] else None
        print(measure(Path(given[1]), draws=1000 if run else 0, out=run))
    else:
        main(int(given[0]) if given else 1_000_000)
