"""One pass gives what the steps give, to the last bit."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import pytest

from geovlm_cli import rewards
from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.errors import ConfigError
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import scoring
from geovlm_cli.rewards.scoring import Scores, score
from geovlm_cli.rewards.whole import whole
from geovlm_cli.task import Batch, Reward, Sample, Task
from tests.bench import workloads
from tests.bench.workloads import SIZE, Workload

COUNT = 400
QWEN = Profile(name="qwen", box_syntax="qwen-json", frame="pixel")
TURNED = Profile(name="turned", box_syntax="list5", frame="pixel")
PLAIN = Profile(name="plain")
ODD = ["", "\ud800", "a\0b", "<answer>", "<think>x</think><answer>\u200b</answer>", "[" * 2000, "é" * 300]


def reference_boxes(reference: Any) -> Boxes:
    return boxes("pixel", reference)


def case(kind: str) -> tuple[Task, Profile, Workload, Any]:
    if kind == "boxes":
        return Task(name="find", kind="boxes", summary="x"), QWEN, workloads.detection(COUNT, 1), reference_boxes
    if kind == "rotated":
        return Task(name="turn", kind="boxes", summary="x"), TURNED, workloads.rotated(COUNT, 2), reference_boxes
    if kind == "box":
        task = Task(name="one", kind="box", summary="x")
        return task, QWEN, workloads.detection(COUNT, 3), lambda r: reference_boxes(r[:1])
    if kind == "label":
        task = Task(name="scene", kind="label", summary="x", vocabulary=tuple(workloads.SCENES))
        return task, PLAIN, workloads.labels(COUNT, 4), lambda r: r
    if kind == "labels":
        task = Task(name="many", kind="labels", summary="x", vocabulary=tuple(workloads.SCENES))
        return task, PLAIN, workloads.labels(COUNT, 5), lambda r: (r, "Port")
    return case_of_words(kind)


def case_of_words(kind: str) -> tuple[Task, Profile, Workload, Any]:
    if kind in ("answer", "count"):
        task = Task(name=kind, kind="answer" if kind == "answer" else "count", summary="x")
        return task, PLAIN, short_answers(kind), lambda r: r
    if kind == "grounded":
        return Task(name="tell", kind="grounded", summary="x"), TURNED, grounded_texts(), lambda r: r
    task = Task(name="say", kind="text", summary="x", rewards={"lcs": rewards.lcs_f})
    return task, PLAIN, workloads.captions(COUNT, 6), lambda r: (r,)


def short_answers(kind: str) -> Workload:
    rng = random.Random(7)
    truths: list[Any] = [12, 3] if kind == "count" else ["yes", "No", "12", "rural area", "Ⅳ"]
    said = ["yes", "no.", "12", " 3.", "012", "rural_area", "RURAL-AREA.", "iv", "many", "ⅳ", "...", "-", "1e3"]
    texts = [workloads.completion(rng, rng.choice(said)) for _ in range(COUNT)]
    return Workload(texts, truths, np.arange(COUNT, dtype=np.int64) % len(truths))


def grounded_texts() -> Workload:
    rng = random.Random(8)
    truths = [Grounded("two ships at the pier", boxes("pixel", [[1, 2, 30, 40, 0], [50, 60, 90, 95, 30]]))] * 5
    said = [
        "two ships [1,2,30,40,0] at the pier [[50, 60, 90, 95, 30]]", "a ship", "[1,2,30,40,0]", "<p>ships</p> [9,9", "ships [[1,2]] x",
        "[1,2,30,40,0],[1,2,30,40,0] at a port", "\u200b[1,2,3,4,0]",
    ]  # fmt: skip
    texts = [workloads.completion(rng, rng.choice(said)) for _ in range(COUNT)]
    return Workload(texts, list(truths), np.arange(COUNT, dtype=np.int64) % len(truths))


def batch_of(task: Task, profile: Profile, work: Workload, truth: Any) -> Batch:
    samples = [
        Sample(
            id=str(i), task=task.name, reference=truth(r), image_size=(SIZE, SIZE), flaw="spoilt" if i == 3 else None
        )
        for i, r in enumerate(work.references)
    ]
    return Batch(samples, profile)


def same(one: Scores, steps: Scores) -> None:
    assert one.columns.keys() == steps.columns.keys()
    for name in one.columns:
        assert one.columns[name].tobytes() == steps.columns[name].tobytes(), name
    assert one.total.tobytes() == steps.total.tobytes()
    assert one.reasons.tolist() == steps.reasons.tolist()
    assert repr(one.answers[:]) == repr(steps.answers[:])
    assert [one.texts[row] for row in range(len(one))] == [steps.texts[row] for row in range(len(one))]


@pytest.mark.parametrize("structure", ["think_answer", "answer", "any", "plain"])
@pytest.mark.parametrize("kind", ["boxes", "rotated", "box", "label", "labels", "text", "answer", "count", "grounded"])
def test_one_pass_equals_the_steps(kind: str, structure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task, profile, work, truth = case(kind)
    batch = batch_of(task, profile, work, truth)
    texts = [*work.completions, *ODD]
    taken = batch.take(np.concatenate([work.rows, np.zeros(len(ODD), dtype=np.int64)]))  # type: ignore[arg-type]
    asked = {"format": 1.0, next(iter(rewards.resolve(task).rewards)): 0.5}
    found = [score(task, texts, taken, weights=asked, structure=structure, threads=threads) for threads in (1, 2)]
    passes = []
    monkeypatch.setattr(scoring, "whole", lambda *arguments: passes.append(arguments))
    steps = score(task, texts, taken, weights=asked, structure=structure)
    assert passes, "the steps were not taken"
    for one in found:
        same(one, steps)
    assert structure == "plain" or 0 < steps.total.mean() < 2


@pytest.mark.parametrize(
    ("kind", "reward"),
    [
        ("boxes", partial(rewards.detection, min_iou=0.5, angles="hull")),
        ("box", partial(rewards.referring, angles="drop")),
        ("text", partial(rewards.rouge, variant="rouge2", stemmer=True)),
        ("text", partial(rewards.token_jaccard, several="mean")),
    ],
)
def test_bound_options_count(kind: str, reward: Reward, monkeypatch: pytest.MonkeyPatch) -> None:
    task, profile, work, truth = case(kind)
    task = Task(name=task.name, kind=task.kind, summary="x", rewards={"mine": reward})
    taken = batch_of(task, profile, work, truth).take(work.rows)  # type: ignore[arg-type]  # a numpy array is taken as it is
    one = score(task, work.completions, taken)
    monkeypatch.setattr(scoring, "whole", lambda *_: None)
    same(one, score(task, work.completions, taken))


@pytest.mark.parametrize(
    ("kind", "mine"),
    [
        ("text", {"lcs": rewards.lcs_f, "mean": partial(rewards.rouge, stemmer=True, several="mean"), "j": rewards.token_jaccard}),
        ("labels", {"f1": rewards.set_f1, "exact": rewards.equal, "recall": rewards.recall}),
        ("grounded", {"g": partial(rewards.grounding, box_weight=0.3), "d": rewards.detection, "l": rewards.lcs_f}),
        ("answer", {"one": rewards.equal, "two": rewards.equal}),
    ],
)  # fmt: skip
def test_several_components_take_one_pass(kind: str, mine: dict[str, Reward], monkeypatch: pytest.MonkeyPatch) -> None:
    task, profile, work, truth = case(kind)
    task = Task(name=task.name, kind=task.kind, summary="x", rewards=mine)
    taken = batch_of(task, profile, work, truth).take(work.rows)  # type: ignore[arg-type]  # a numpy array is taken as it is
    weights = {**dict.fromkeys(mine, 0.5), "length": -0.1, "repetition": -0.1}
    assert whole(rewards.resolve(task), work.completions, taken, list(mine), "think_answer") is not None
    one = score(task, work.completions, taken, weights=weights)
    monkeypatch.setattr(scoring, "whole", lambda *_: None)
    same(one, score(task, work.completions, taken, weights=weights))


def test_a_plugins_reward_takes_the_steps() -> None:
    task, profile, work, truth = case("label")
    task = Task(name="scene", kind="label", summary="x", rewards={"mine": lambda answers, _: [1.0] * len(answers)})
    found = score(task, work.completions, batch_of(task, profile, work, truth).take(work.rows))  # type: ignore[arg-type]
    assert found.columns["mine"].max() == 1.0


def test_answers_are_those_of_the_list_that_was_scored() -> None:
    task, profile, work, truth = case("label")
    texts = list(work.completions)
    found = score(task, texts, batch_of(task, profile, work, truth).take(work.rows))  # type: ignore[arg-type]
    texts[:] = ["<answer>"] * len(texts)
    assert (np.array([str(answer) for answer in found.answers[:50]]) != "").any()
    assert found.texts[0] is not None


@pytest.mark.parametrize("count", ["0", "-1", "many", ""])
def test_threads_must_be_a_count(count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task, profile, work, truth = case("label")
    batch = batch_of(task, profile, work, truth).take(work.rows)  # type: ignore[arg-type]  # a numpy array is taken as it is
    monkeypatch.setenv("GEOVLM_THREADS", count)
    with pytest.raises(ConfigError, match=r"GEOVLM_THREADS is .*; it must be a whole number from 1"):
        score(task, work.completions, batch)
    score(task, work.completions, batch, threads=2)
    with pytest.raises(ConfigError, match="threads is 0"):
        score(task, work.completions, batch, threads=0)
