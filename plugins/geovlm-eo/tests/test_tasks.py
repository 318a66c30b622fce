from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import geovlm_eo
import pytest
from geovlm_eo import damage, detection, image_caption, multi_label, referred_detection, region_caption, scene, temporal
from geovlm_eo.asking import JSON_WORDS
from geovlm_eo.loaders import earthdial
from geovlm_eo.profiles import PROFILES
from geovlm_eo.tasks import TASKS

from geovlm_cli import Batch, ImageRef, Profile, Sample, Task, score
from geovlm_cli.boxes import boxes
from geovlm_cli.data.formats import GENERAL
from geovlm_cli.data.messages import prompt_text
from geovlm_cli.plugins import from_modules
from geovlm_cli.rewards import resolve
from geovlm_cli.testing import check_task, synthetic

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
    assert " ".join(plugins.tasks()) == (
        "scene multi-label temporal damage referred-detection detection region-caption grounding image-caption change-caption vqa"
    )
    assert {"earthdial", "earthdial-tokens", "rsvqa"} <= set(plugins.loaders())
    assert list(plugins.profiles()) == [
        "qwen2-vl",
        "qwen2.5-vl",
        "qwen3-vl",
        "internvl",
        "geochat",
        "earthdial",
        "geovlm-r1",
    ]
    for benchmark in plugins.benchmarks().values():
        assert benchmark.task in plugins.tasks()
        assert benchmark.loader in {*plugins.loaders(), *(loader.name for loader in GENERAL)}
        assert benchmark.protocol in {protocol.name for protocol in resolve(plugins.task(benchmark.task)).protocols}


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
    assert prompt_text(referred_detection.TASK, plain, qwen) == f"Find every ship.\n{JSON_WORDS}"
    assert prompt_text(referred_detection.TASK, told, qwen) == told.question


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_rows_without_a_question_are_asked_one(task: Task) -> None:
    for sample in synthetic(task):
        sample.question = ""
        assert task.name == "vqa" or len(prompt_text(task, sample, THINKING).split()) > 3


def test_questions_of_our_own_name_what_is_asked_for() -> None:
    pair = Sample(id="1", task="image-caption", images=(ImageRef("a.png"), ImageRef("b.png")))
    assert "post-disaster" in prompt_text(image_caption.TASK, pair, THINKING)
    planes = Sample(id="1", task="detection", images=pair.images[:1], meta={"class": "airplane"})
    assert prompt_text(detection.TASK, planes, THINKING) == "Locate every <ref>airplane</ref> in the image."
    classes = Sample(id="1", task="multi-label", choices=("Pastures", "Airports"))
    assert "Classes: Pastures, Airports." in prompt_text(multi_label.TASK, classes, THINKING)
    hurt = Sample(id="1", task="damage", regions=boxes("percent", [[56, 5, 58, 7]]))
    assert "<box>[[56, 5, 58, 7, 0]]</box> before and after" in prompt_text(damage.TASK, hurt, THINKING)
    assert "no-damage, minor-damage, major-damage, destroyed." in prompt_text(damage.TASK, hurt, THINKING)


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("earthdial", "<box>[[42, 61, 48, 66, 55]]</box>"),
        ("geovlm-r1", "<box>[[188, 273, 215, 296, 55]]</box>"),
        ("qwen2-vl", "[412, 596, 488, 674]"),  # the hull: four numbers carry no angle
        ("geochat", "{<42><61><48><66>|<55>}"),
        ("internvl", "<box>[[412, 596, 488, 674]]</box>"),
    ],
)
def test_regions_are_asked_about_in_the_models_own_frame_and_syntax(profile: str, text: str) -> None:
    one = Sample(
        id="1",
        task="region-caption",
        question="what object is in this location <region>",
        regions=boxes("percent", [[42, 61, 48, 66, 55]]),
    )
    asked = prompt_text(region_caption.TASK, one, BY_NAME[profile])
    assert asked == f"what object is in this location {text}"


def test_a_region_that_the_question_has_no_room_for_follows_it() -> None:
    one = Sample(id="1", task="region-caption", question="What is it?", regions=boxes("percent", [[1, 2, 3, 4]]))
    assert prompt_text(region_caption.TASK, one, THINKING) == "What is it? <box>[[1, 2, 3, 4, 0]]</box>"


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
