"""The paths of the benchmark: ours, the usual Python, the best plain Python or library, and the goals of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.boxes import boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import ap, detection, read_structure, resolve, rouge, score
from geovlm_cli.task import Batch, Sample, Task
from tests.bench import plain, usual, workloads
from tests.bench.workloads import SIZE, Workload

COMPLETIONS = 2048
SEED = 20251001

Call = Callable[[Sequence[str]], object]
QWEN = Profile(name="qwen", box_syntax="qwen-json", frame="pixel")
TURNED = Profile(name="turned", box_syntax="list5", frame="pixel")
CHAT = Profile(name="geochat", box_syntax="geochat", frame="pixel")
PLAIN = Profile(name="plain")


@dataclass(frozen=True)
class Goals:
    """Microseconds a completion: must, stretch, and the estimated floor of hot texts on the machine of spec/performance.md."""

    must: float
    stretch: float
    floor: float | None = None


@dataclass(frozen=True)
class Peer:
    """What others run, over the first `rows` completions."""

    call: Call
    rows: int


@dataclass(frozen=True)
class Path:
    """One path. whole: whether it takes completions to scores, and so is measured at 65,536 too."""

    name: str
    work: Workload
    ours: Callable[[Sequence[str], NDArray[np.int64]], object]
    usual: Peer | None
    plain: Peer | None
    goals: Goals
    whole: bool = False


def _batch(task: Task, profile: Profile, work: Workload, truth: Callable[[Any], object]) -> Batch:
    samples = [
        Sample(id=str(row), task=task.name, reference=truth(reference), image_size=(SIZE, SIZE))
        for row, reference in enumerate(work.references)
    ]
    return Batch(samples, profile)


def _whole(task: Task, profile: Profile, work: Workload, truth: Callable[[Any], object]) -> Callable[..., object]:
    """Return the scoring from fresh completions and row numbers to the list that TRL receives."""
    task, batch = resolve(task), _batch(task, profile, work, truth)  # once, as the adapters do
    return lambda texts, rows: score(task, texts, batch.take(rows)).total.tolist()


def _peer(
    judge: Callable[[str, Any], object], work: Workload, rows: int, truth: Callable[[Any], Any] = lambda x: x
) -> Peer:
    known = [truth(reference) for reference in work.references]
    references = [known[row] for row in work.rows[:rows]]
    return Peer(lambda texts: [judge(text, true) for text, true in zip(texts, references, strict=True)], rows)


def _rows(reference: Any) -> NDArray[np.float64]:
    return np.array(reference, dtype=np.float64)


def _pixel(reference: Any) -> object:
    return boxes("pixel", reference)


def structure_and_parsing() -> list[Path]:
    """Return the paths up to the parsed answer."""
    find, chat = workloads.detection(COMPLETIONS, SEED), workloads.geochat(COMPLETIONS, SEED)
    task = resolve(Task(name="find", kind="boxes", summary="x"))

    def parsed(profile: Profile, work: Workload) -> Callable[..., object]:
        batch = _batch(task, profile, work, _pixel)
        return lambda texts, rows: task.parse(read_structure(texts, profile), batch.take(rows))  # type: ignore[misc,arg-type]

    return [
        Path(
            "format",
            find,
            lambda texts, _: read_structure(texts, QWEN).format,
            Peer(lambda texts: [usual.kept(text) for text in texts], 512),
            Peer(lambda texts: [plain.kept(text) for text in texts], COMPLETIONS),
            Goals(0.15, 0.075, 0.045),
        ),
        Path(
            "parse Qwen JSON",
            find,
            parsed(QWEN, find),
            Peer(lambda texts: usual.packed([usual.parsed(text) for text in texts], 4), 512),
            Peer(lambda texts: plain.packed([plain.parsed(text) for text in texts]), COMPLETIONS),
            Goals(1.6, 0.75, 0.43),
        ),
        Path(
            "parse GeoChat",
            chat,
            parsed(CHAT, chat),
            Peer(lambda texts: usual.packed([usual.chat(text) for text in texts], 5), 512),
            None,
            Goals(1.3, 0.6),
        ),
    ]


def boxes_alone() -> list[Path]:
    """Return the paths from parsed boxes to scores; the texts are parsed before."""
    work = workloads.detection(COMPLETIONS, SEED)
    task = resolve(Task(name="find", kind="boxes", summary="x"))
    batch = _batch(task, QWEN, work, _pixel).take(work.rows)  # type: ignore[arg-type]  # a numpy array is taken as it is
    answers = task.parse(read_structure(work.completions, QWEN), batch)  # type: ignore[misc,arg-type]
    found = [plain.boxes(text) for text in work.completions]
    true = [_rows(work.references[row]) for row in work.rows]
    as_sizes = [[np.hstack([b[:, :2], b[:, 2:] - b[:, :2]]) for b in side] for side in (found, true)]

    def each(judge: Callable[[Any, Any], object], sides: Sequence[Sequence[Any]], rows: int) -> Peer:
        return Peer(lambda _: [judge(a, b) for a, b in zip(sides[0][:rows], sides[1][:rows], strict=True)], rows)

    return [
        Path(
            "IoU + optimal",
            work,
            lambda *_: detection(answers, batch),
            each(plain.matched, [found, true], 512),
            each(plain.matched_by_coco, as_sizes, COMPLETIONS),
            Goals(2.0, 1.0, 0.5),
        ),
        Path(
            "AP@0.5 each",
            work,
            lambda *_: ap(answers, batch, threshold=0.5),
            each(usual.average_precision, as_sizes, 64),
            None,
            Goals(1.8, 0.85),
        ),
    ]


def wholes() -> list[Path]:
    """Return the whole rewards: structure, parsing and score together."""
    find, long = workloads.detection(COMPLETIONS, SEED), workloads.detection_long(COMPLETIONS, SEED)
    turn, name = workloads.rotated(COMPLETIONS, SEED), workloads.labels(COMPLETIONS, SEED)
    box_task = Task(name="detection", kind="boxes", summary="Find objects.")
    label_task = Task(name="scene", kind="label", summary="Name it.", vocabulary=tuple(workloads.SCENES))

    def detections(title: str, work: Workload, goals: Goals) -> Path:
        judge, few = partial(usual.one, usual.detection), COMPLETIONS // 4
        best = _peer(plain.detection, work, COMPLETIONS, _rows)
        return Path(title, work, _whole(box_task, QWEN, work, _pixel), _peer(judge, work, few), best, goals, whole=True)

    return [
        detections("detection", find, Goals(4.0, 2.0, 0.95)),
        detections("detection, 4k tokens", long, Goals(5.0, 2.5)),
        Path(
            "rotated",
            turn,
            _whole(box_task, TURNED, turn, _pixel),
            _peer(partial(usual.one, usual.rotated), turn, COMPLETIONS // 16),
            None,
            Goals(6.0, 3.0, 2.2),
            whole=True,
        ),
        Path(
            "label",
            name,
            _whole(label_task, PLAIN, name, lambda label: label),
            _peer(partial(usual.one, usual.label), name, COMPLETIONS),
            _peer(plain.label, name, COMPLETIONS),
            Goals(0.16, 0.08),
            whole=True,
        ),
        *texts(),
    ]


def texts() -> list[Path]:
    """Return the caption rewards: ROUGE-1 and ROUGE-L of each caption."""
    short, long = workloads.captions(COMPLETIONS, SEED), workloads.long_captions(COMPLETIONS, SEED)
    porter = Goals(1.1, 0.5)

    def path(title: str, work: Workload, goals: Goals, *, stemmer: bool = False, rows: int = 256) -> Path:
        rewards = {name: partial(rouge, variant=name, stemmer=stemmer) for name in ("rougeL", "rouge1")}
        task = Task(name="caption", kind="text", summary="Describe.", rewards=rewards)
        cut = plain.stems if stemmer else plain.words
        judge = usual.stemmed_caption if stemmer else usual.caption
        return Path(
            title,
            work,
            _whole(task, PLAIN, work, lambda text: (text,)),
            _peer(partial(usual.one, judge), work, rows),
            _peer(partial(plain.caption, cut=cut), work, COMPLETIONS // 2),
            goals,
            whole=True,
        )

    stemmed = path("caption, Porter", short, porter, stemmer=True)
    cached = _peer(partial(usual.one, usual.remembered_caption), short, 256)
    return [
        path("caption (ROUGE)", short, Goals(0.9, 0.45)),
        stemmed,
        replace(
            stemmed, name="same, stems cached", usual=cached, plain=None, whole=False
        ),  # rouge-score's, by the peer
        path("caption, 150-300 words", long, Goals(7.0, 3.3), rows=32),
    ]


def everything() -> list[Path]:
    """Return all paths."""
    return [*structure_and_parsing(), *boxes_alone(), *wholes()]
