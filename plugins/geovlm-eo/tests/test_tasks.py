from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import geovlm_eo
import pytest
from geovlm_eo import referred_detection, scene, temporal, vqa
from geovlm_eo.loaders import earthdial
from geovlm_eo.profiles import PROFILES

from geovlm_cli import Batch, Profile, Sample, Task, score
from geovlm_cli.boxes import boxes
from geovlm_cli.data.messages import prompt_text
from geovlm_cli.plugins import from_modules
from geovlm_cli.testing import check_task, synthetic

TASKS = (scene.TASK, temporal.TASK, referred_detection.TASK, vqa.TASK)
BY_NAME = {profile.name: profile for profile in PROFILES}
THINKING = replace(BY_NAME["earthdial"], structure="think_answer")


def scored(task: Task, sample: Sample, answer: str, profile: Profile = THINKING) -> dict[str, float]:
    scores = score(task, [f"<think>I look.</think><answer>{answer}</answer>"], Batch([sample], profile))
    return {name: float(column[0]) for name, column in scores.columns.items()}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
@pytest.mark.parametrize(
    "profile",
    [profile for profile in PROFILES if profile.structure == "think_answer"],
    ids=lambda profile: profile.name,
)
def test_every_task_keeps_the_contract_under_every_training_profile(task: Task, profile: Profile) -> None:
    check_task(task, profile=profile)


def test_every_hook_gives_what_it_promises() -> None:
    plugins = from_modules(eo=geovlm_eo)
    assert list(plugins.tasks()) == ["scene", "temporal", "referred-detection", "vqa"]
    assert list(plugins.loaders()) == ["earthdial", "earthdial-tokens", "rsvqa"]
    assert list(plugins.profiles()) == ["qwen2-vl", "qwen2.5-vl", "qwen3-vl", "earthdial", "geochat", "geovlm-r1"]
    for benchmark in plugins.benchmarks().values():
        assert benchmark.task in plugins.tasks()
        assert benchmark.loader in plugins.loaders()
        assert benchmark.protocol in {protocol.name for protocol in plugins.task(benchmark.task).protocols}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_question_of_the_row_stands_alone(task: Task) -> None:
    for sample in synthetic(task):
        assert prompt_text(task, sample, BY_NAME["geovlm-r1"]) == sample.question


def test_rows_without_a_question_are_asked_in_earthdials_words() -> None:
    sample = Sample(id="1", task="scene", choices=("port", "river"))
    assert prompt_text(scene.TASK, sample, THINKING) == (
        "Classify the given image in one of the following classes. Classes: port, river. Answer in one word or a short phrase."
    )
    assert prompt_text(temporal.TASK, sample, THINKING).endswith("port, river.")
    ship = Sample(id="1", task="referred-detection", meta={"phrase": "2 small ships"})
    assert prompt_text(referred_detection.TASK, ship, THINKING) == "Give me the location of <ref>2 small ships</ref>"


def test_models_that_write_json_are_told_so_once() -> None:
    qwen = BY_NAME["qwen2.5-vl"]
    plain = Sample(id="1", task="referred-detection", question="Find every ship.")
    told = Sample(id="1", task="referred-detection", question="Find every ship, answer in JSON.")
    assert prompt_text(referred_detection.TASK, plain, qwen) == f"Find every ship.\n{referred_detection.JSON_WORDS}"
    assert prompt_text(referred_detection.TASK, told, qwen) == told.question


def test_the_scores_of_the_docstrings() -> None:
    place = Sample(id="1", task="scene", reference="Farmland", choices=("river", "farmland"))
    assert scored(scene.TASK, place, "farmland") == {"format": 1.0, "exact": 1.0}
    assert scored(temporal.TASK, Sample(id="1", task="temporal", reference="yes"), "yes") == {
        "format": 1.0,
        "exact": 1.0,
    }
    assert scored(vqa.TASK, Sample(id="1", task="vqa", reference="69"), "69") == {"format": 1.0, "exact": 1.0}
    ship = Sample(id="1", task="referred-detection", reference=boxes("percent", [[26, 36, 42, 52, 0]]))
    found = scored(referred_detection.TASK, ship, "[31,35,42,52,0]")
    assert (found["format"], found["detection"]) == (1.0, pytest.approx(176 / 267))


@pytest.mark.parametrize("choices", [("yes", "no"), ("none", "minor", "major"), ("none", "one", "two", "many"), ()])
def test_temporal_takes_yes_no_and_degrees_alike(choices: Sequence[str]) -> None:
    words = choices or ("yes", "major")
    for word in words:
        sample = Sample(id="1", task="temporal", reference=word, choices=tuple(choices))
        assert scored(temporal.TASK, sample, word)["exact"] == 1.0
        assert scored(temporal.TASK, sample, words[0] if word != words[0] else words[1])["exact"] == 0.0


def test_strict_scores_of_the_real_scenes(shared: Path) -> None:
    rows = [
        row
        for row in earthdial.read(shared / "earthdial-preds-dev/classification/WHU_19.jsonl", "scene")
        if isinstance(row, Sample)
    ]
    scores = score(scene.TASK, [row.completion or "" for row in rows], Batch(rows, BY_NAME["earthdial"]))
    assert scores.columns["exact"].mean() * 100 == pytest.approx(96.4179, abs=0.001)  # one-word labels: as token recall
    assert set(scores.reasons) == {"", "unknown_label"}
