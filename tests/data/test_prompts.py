from __future__ import annotations

from pathlib import Path

import pytest

from geovlm_cli import hookimpl, plugins
from geovlm_cli.data.messages import conversation, prompt_text
from geovlm_cli.data.prompts import read_prompt_file
from geovlm_cli.errors import ConfigError
from geovlm_cli.profiles import Profile, profile_from_mapping
from geovlm_cli.task import ImageRef, Sample, Task

SAMPLE = Sample(id="1", task="t", images=(ImageRef("a.png"),), question="What is it?")
TASK = Task(name="t", kind="answer", summary="s")


class Provider:
    """A plugin of one task."""

    @hookimpl
    def geovlm_tasks(self) -> list[Task]:
        return [TASK]


def written(folder: Path, text: str) -> Path:
    path = folder / "prompts.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_prompt_file_holds_an_instruction_and_prompts(tmp_path: Path) -> None:
    told = read_prompt_file(
        written(tmp_path, 'instruction: "Look. {{ tags }}"\nprompts:\n  t: "{{ question }} Be brief."\n')
    )
    assert (told.instruction, told.prompts) == ("Look. {{ tags }}", {"t": "{{ question }} Be brief."})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("instructions: x\n", "unknown key `instructions`.* Did you mean `instruction`"),
        ("instruction: 3\n", "`instruction` must be a text"),
        ("prompts: [a]\n", "`prompts` must be texts by task"),
        ("prompts:\n  t: 3\n", "`prompts.t` must be a text"),
    ],
)
def test_anything_else_is_named_with_its_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"prompts\.yaml: {message}"):
        read_prompt_file(written(tmp_path, text))


def test_prompts_replace_those_of_the_tasks() -> None:
    found = plugins.from_modules(own=Provider())
    found.use_prompts({"t": "{{ question }} Be brief."})
    assert prompt_text(found.task("t"), SAMPLE, Profile(name="p")) == "What is it? Be brief."
    with pytest.raises(ConfigError, match="Unknown task `tt`"):
        found.use_prompts({"tt": "x"})


@pytest.mark.parametrize(("style", "place"), [("system", 0), ("suffix", -1), ("vlmr1", -1)])
def test_an_instruction_stands_where_the_style_puts_it(style: str, place: int) -> None:
    profile = Profile(name="p", structure="answer", instruction="Read {{ profile.name }}. {{ tags }}")
    messages = conversation(TASK, SAMPLE, profile, style).messages  # type: ignore[arg-type]  # names come from the parameters
    text = messages[place]["content"][-1]["text"]
    assert text.endswith("Read p. Write the final answer between <answer> and </answer>.")
    assert len(messages) == (2 if style == "system" else 1)


def test_an_instruction_reaches_models_without_tags_and_none_stays_bare() -> None:
    profile = Profile(name="p", structure="plain", instruction="One word. {{ tags }}")
    assert conversation(TASK, SAMPLE, profile, "system").messages[0]["content"][0]["text"] == "One word."
    assert len(conversation(TASK, SAMPLE, profile, "none").messages) == 1


def test_an_instruction_travels_with_the_profile() -> None:
    profile = Profile(name="p", instruction="Look.")
    assert profile_from_mapping(profile.describe(), "here") == profile


@pytest.mark.parametrize(
    "text", ["{{ ''.__class__.__mro__ }}", "{{ cycler.__init__.__globals__ }}", "{{ profile.name.__class__ }}"]
)
def test_instructions_are_rendered_in_a_sandbox(text: str) -> None:
    with pytest.raises(ConfigError, match="instruction does not render"):
        conversation(TASK, SAMPLE, Profile(name="p", instruction=text), "system")
