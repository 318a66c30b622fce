from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.data.messages import PromptStyle, conversation, prompt_text, target_text
from geovlm_cli.errors import ConfigError, DataError, PluginError
from geovlm_cli.profiles import Profile, Structure
from geovlm_cli.task import ImageRef, Sample, Task

PROFILE = Profile(name="p", box_syntax="list5", frame="percent")
SAMPLE = Sample(
    id="1",
    task="t",
    images=(ImageRef("a.png", "before"), ImageRef("b.png", "after")),
    question="Was anything damaged?",
    reference="yes",
    choices=("yes", "no"),
    regions=boxes("unit", [[0, 0, 0.5, 0.5]]),
    meta={"sensor": "s2"},
)


def task(**fields: Any) -> Task:
    return Task(name="t", kind="answer", summary="", **fields)


def texts(style: PromptStyle, profile: Profile = PROFILE) -> list[tuple[str, list[str]]]:
    messages = conversation(task(), SAMPLE, profile, style).messages
    return [(message["role"], [block.get("text", "IMAGE") for block in message["content"]]) for message in messages]


def test_the_bare_question_follows_its_images() -> None:
    assert texts("none") == [("user", ["IMAGE", "IMAGE", "Was anything damaged?"])]
    assert conversation(task(), SAMPLE, PROFILE, "none").images == SAMPLE.images


def test_the_system_message_carries_the_four_points_and_the_tags() -> None:
    (role, (instruction,)), user = texts("system")
    assert role == "system"
    for word in ("expert", "step by step", "clear", "concise", "<think>", "</think>", "<answer>", "</answer>"):
        assert word in instruction
    assert user == ("user", ["before:", "IMAGE", "after:", "IMAGE", "Was anything damaged?"])


def test_a_single_image_needs_no_name() -> None:
    alone = Sample(id="1", task="t", images=(ImageRef("a.png", "image"),), question="?")
    (message,) = conversation(task(), alone, PROFILE, "suffix").messages
    assert [block["type"] for block in message["content"]] == ["image", "text"]


@pytest.mark.parametrize("style", ["suffix", "vlmr1"])
def test_the_instruction_follows_the_question(style: PromptStyle) -> None:
    ((role, blocks),) = texts(style)
    question, instruction = blocks[-1].split("\n")
    assert (role, question) == ("user", "Was anything damaged?")
    assert "<think>" in instruction
    assert "<answer>" in instruction


def test_the_structure_decides_which_tags_are_asked_for() -> None:
    (_, (instruction,)), _user = texts("system", Profile(name="q", structure="answer"))
    assert "<answer>" in instruction
    assert "<think>" not in instruction
    assert texts("suffix", Profile(name="r", structure="plain"))[0][1][-1] == "Was anything damaged?"


def test_a_row_without_its_image_is_a_data_error() -> None:
    blind = Sample(id="7", task="t", question="?")
    with pytest.raises(DataError, match="Row `7` has no image"):
        conversation(task(), blind, PROFILE, "none")
    assert conversation(task(images=0), blind, PROFILE, "none").images == ()


def test_a_prompt_is_a_text_or_a_function() -> None:
    text = "{{ question }} {{ choices | join('/') }} {{ regions }} {{ meta.sensor }} {{ roles[0] }} {{ profile.frame }}"
    assert (
        prompt_text(task(prompt=text), SAMPLE, PROFILE)
        == "Was anything damaged? yes/no <box>[[0, 0, 50, 50, 0]]</box> s2 before percent"
    )
    assert prompt_text(task(prompt=lambda sample, profile: sample.id + profile.name), SAMPLE, PROFILE) == "1p"


@pytest.mark.parametrize(
    "text",
    [
        "{{ reference }}",
        "{{ nothing }}",
        "{% if %}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 1 / 0 }}",
        "{{ range(10**9) | list }}",
        "{{ '{1}'.format(1) }}",
        "{{ {}.popitem() }}",
    ],
)
def test_a_prompt_that_does_not_render_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError, match="prompt of task `t` does not render"):
        prompt_text(task(prompt=text), SAMPLE, PROFILE)


@pytest.mark.parametrize("key", ["groundtruth", "annotation", "caption0", "obj_ids", "class"])
def test_a_prompt_does_not_reach_the_truth_that_a_format_keeps(key: str) -> None:
    sample = replace(SAMPLE, meta={key: "yes", "sensor": "s2"})
    assert prompt_text(task(prompt="{{ meta | join }}"), sample, PROFILE) == "sensor"
    with pytest.raises(ConfigError, match="does not render"):
        prompt_text(task(prompt=f"{{{{ meta.{key} }}}}"), sample, PROFILE)
    assert (
        target_text(replace(task(), target=f"{{{{ meta.{key} }}}}"), sample, Profile(name="p", structure="plain"))
        == "yes"
    )


def test_a_question_about_objects_names_their_class() -> None:
    sample = replace(SAMPLE, meta={"class": "ship"})
    assert (
        prompt_text(replace(task(prompt="Where is a {{ meta.class }}?"), kind="boxes"), sample, PROFILE)
        == "Where is a ship?"
    )


def test_a_question_is_never_a_template() -> None:
    sample = Sample(id="1", task="t", question="{{ 7 * 7 }} <b>")
    assert prompt_text(task(), sample, PROFILE) == "{{ 7 * 7 }} <b>"


@pytest.mark.parametrize(
    ("structure", "opens", "text"),
    [
        ("think_answer", False, "<think>I compare.</think><answer>yes</answer>"),
        ("think_answer", True, "I compare.</think><answer>yes</answer>"),
        ("answer", False, "<answer>yes</answer>"),
        ("plain", False, "yes"),
        ("any", False, "yes"),
    ],
)
def test_the_target_stands_in_the_structure(structure: Structure, opens: bool, text: str) -> None:
    profile = Profile(name="p", structure=structure, opens_think=opens)
    resolved = task(target="{{ reference }}", thought="I compare.")
    assert target_text(resolved, Sample(id="1", task="t", reference="yes"), profile) == text


def test_the_rows_reasoning_comes_before_the_tasks_thought() -> None:
    sample = Sample(id="1", task="t", reference="yes", reasoning="The roof is gone.")
    text = target_text(task(target=lambda sample, _: sample.reference, thought="x"), sample, PROFILE)
    assert text == "<think>The roof is gone.</think><answer>yes</answer>"


def test_a_think_block_is_never_empty() -> None:
    text = target_text(task(target="x"), Sample(id="1", task="t"), PROFILE)
    assert text.startswith("<think>I look")


def test_a_target_sees_its_boxes_in_the_syntax_of_the_profile() -> None:
    sample = Sample(id="1", task="t", reference=boxes("unit", [[0, 0, 0.5, 0.25, 30]]))
    assert target_text(task(target="{{ boxes }}"), sample, PROFILE).endswith("<answer>[0,0,50,25,30]</answer>")


def test_an_unresolved_task_says_so() -> None:
    with pytest.raises(ConfigError, match="resolve"):
        target_text(task(), SAMPLE, PROFILE)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("{{ question }}", "Compare [0, 0, 50, 50] with [50, 50, 100, 100]."),
        (lambda sample, _: sample.question, "Compare [0, 0, 50, 50] with [50, 50, 100, 100]."),
        ("Look at <region>.", "Look at [0, 0, 50, 50], [50, 50, 100, 100]."),
        ("{{ regions }}", "[0, 0, 50, 50], [50, 50, 100, 100]"),
    ],
)
def test_regions_stand_where_the_question_has_a_mark(prompt: Any, expected: str) -> None:
    two = Sample(
        id="1",
        task="t",
        question="Compare <region> with <region>.",
        regions=boxes("unit", [[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]]),
    )
    assert prompt_text(task(prompt=prompt), two, Profile(name="p", box_syntax="list4", frame="percent")) == expected


def test_a_mark_without_regions_is_left_alone() -> None:
    bare = Sample(id="1", task="t", question="What does <region> mean?")
    assert prompt_text(task(), bare, Profile(name="p")) == "What does <region> mean?"


@pytest.mark.parametrize("raised", [SystemExit(9), ZeroDivisionError(9)])
def test_a_prompt_or_target_that_raises_is_named(raised: BaseException) -> None:
    def leaves(*_: object) -> str:
        raise raised

    said = rf"of task `t` raised {type(raised).__name__}: 9 on row `1`\."
    with pytest.raises(PluginError, match=f"The prompt {said}"):
        prompt_text(task(prompt=leaves), SAMPLE, PROFILE)
    with pytest.raises(PluginError, match=f"The target {said}"):
        target_text(task(target=leaves), SAMPLE, PROFILE)
