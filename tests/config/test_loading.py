from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from geovlm_cli.config import Config, load, recipes, sections, to_yaml
from geovlm_cli.errors import ConfigError
from geovlm_cli.profiles import STRUCTURES


def write(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def sentence(source: Path | str | None, *overrides: str, section: str = "sft") -> str:
    with pytest.raises(ConfigError) as caught:
        load(source, overrides, section=section)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_overrides_win_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, "sft:\n  learning_rate: 1e-4\n  seed: 7\n")
    config = load(path, ["sft.learning_rate=1e-3", "model.lora.r=8"])
    assert (config.sft.learning_rate, config.sft.seed, config.sft.save_steps) == (1e-3, 7, 100)
    assert config.model.lora is not None
    assert config.model.lora.r == 8


def test_a_float_without_a_dot_is_a_float(tmp_path: Path) -> None:
    assert load(write(tmp_path, "grpo: {learning_rate: 1e-5, beta: 4E-2}")).grpo.learning_rate == 1e-5


def test_an_unknown_key_names_file_line_key_and_nearest(tmp_path: Path) -> None:
    text = sentence(write(tmp_path, "model:\n  nane: tiny\n"))
    assert "run.yaml line 2" in text
    assert "`model.nane`" in text
    assert "Did you mean `name`?" in text


def test_an_unknown_section_names_the_nearest(tmp_path: Path) -> None:
    assert "Did you mean `rewards`?" in sentence(write(tmp_path, "reward: {}\n"))


def test_an_unknown_override_is_quoted_as_typed() -> None:
    assert "`data.max_flaw=0.5`" in sentence(None, "data.max_flaw=0.5")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sft:\n  learning_rate: fast\n", ("line 2", "sft.learning_rate", "'fast'")),
        ("sft:\n  save_steps: 0\n", ("line 2", "sft.save_steps", "greater than or equal to 1")),
        ("data:\n  max_flawed: 1.5\n", ("line 2", "data.max_flawed")),
        ("model:\n  lora:\n    r: big\n", ("line 3", "model.lora.r")),
        ("data:\n  train: 3\n", ("line 2", "data.train")),
        ("rewards:\n  scene: {f1: high}\n", ("line 2", "rewards.scene.f1")),
        ("rewards:\n  on_error: ignore\n", ("line 2", "rewards.on_error")),
    ],
)
def test_a_wrong_value_names_its_line_and_key(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    message = sentence(write(tmp_path, text))
    for word in words:
        assert word in message


def test_options_of_trl_pass_through() -> None:
    config = load(None, ["grpo.epsilon_high=0.28", "grpo.scale_rewards=none"], section="grpo")
    assert config.grpo.options == {"epsilon_high": 0.28, "scale_rewards": "none"}


def test_spellings_of_trl_are_aliases() -> None:
    words = [
        "--learning_rate",
        "1e-5",
        "--model_name_or_path=some/model",
        "--lora-r",
        "4",
        "--dataset_name",
        "rows.jsonl",
    ]
    config = load(None, words, section="grpo")
    assert (config.grpo.learning_rate, config.model.name, config.data.train) == (1e-5, "some/model", "rows.jsonl")
    assert config.model.lora is not None
    assert config.model.lora.r == 4
    assert config.sft.learning_rate == Config().sft.learning_rate


@pytest.mark.parametrize(
    "key", ["trust_remote_code", "push_to_hub", "hub_model_id", "output_dir", "model_init_kwargs", "reward_weights"]
)
def test_keys_that_run_code_publish_or_belong_elsewhere_are_refused(tmp_path: Path, key: str) -> None:
    assert f"`sft.{key}` is refused" in sentence(write(tmp_path, f"sft:\n  {key}: true\n"))
    assert f"`grpo.{key}` is refused" in sentence(None, f"grpo.{key}=true", section="grpo")


def test_a_flag_of_ours_is_named_for_the_option_of_trl() -> None:
    assert "`--resume`" in sentence(None, "--resume_from_checkpoint", "x")


def test_a_word_that_is_no_override_is_refused() -> None:
    assert "key.path=value" in sentence(None, "learning_rate")


def test_a_value_is_no_section() -> None:
    assert "holds a value" in sentence(None, "model.name=tiny", "model.name.x=1")


def test_weights_of_rewards_are_by_task() -> None:
    rewards = load(None, ["rewards.scene.exact=2", "rewards.format=0.1"]).rewards
    assert rewards.weights == {"scene": {"exact": 2.0}}
    assert rewards.format == 0.1


def test_the_resolved_configuration_loads_to_itself(tmp_path: Path) -> None:
    config = load(
        "recipe:geovlm-r1/grpo-lora", ["rewards.scene.f1=0.5", "data.train=[a.jsonl, b.jsonl]"], section="grpo"
    )
    assert load(write(tmp_path, to_yaml(config))) == config


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_loads_and_says_what_it_is(name: str) -> None:
    assert isinstance(load(f"recipe:{name}"), Config)
    assert len(recipes.summary(name)) > 20


def test_an_unknown_recipe_names_the_nearest() -> None:
    assert "Did you mean `tiny/sft`?" in sentence("recipe:tiny/sftt")


def test_the_structures_are_those_of_profiles() -> None:
    assert get_args(sections.Structure) == STRUCTURES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sft:\n", "line 1: `sft` has no value; it takes keys of its own, one a line under it."),
        ("model:\n  lora: yes\n", "line 2: `model.lora` is 'yes'; it takes keys of its own, one a line under it."),
        ("model:\n  name:\n", "line 2: `model.name` has no value; input should be a valid string."),
    ],
)
def test_what_is_missing_is_said_in_words_of_ours(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    assert sentence(path) == f"{path} {said}"


@pytest.mark.parametrize(
    ("section", "key"), [("sft", "learning_rate"), ("eval", "batch_size"), ("predict", "batch_size")]
)
def test_a_word_that_is_no_override_is_answered_with_a_key_of_its_section(section: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"for example `{section}.{key}=") as error:
        load(None, ["foo"], section=section)
    load(None, [str(error.value).rpartition("`")[0].rpartition("`")[2]], section=section)


@pytest.mark.parametrize("steps", [0, -2])
def test_a_run_of_no_steps_is_refused(steps: int) -> None:
    with pytest.raises(ConfigError, match=rf"`sft.max_steps` is {steps}; it takes 1 or more, or -1 for as many"):
        load(None, [f"sft.max_steps={steps}"])
    assert load(None, ["sft.max_steps=-1"]).sft.max_steps == -1
