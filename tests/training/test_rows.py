from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from PIL import Image

from geovlm_cli.config import load
from geovlm_cli.errors import ConfigError, DataError
from geovlm_cli.profiles import Resize
from geovlm_cli.training import plan
from geovlm_cli.training.rows import TrainingRows, read_rows
from tests.training import bench


def read(path: Path, *overrides: str) -> TrainingRows:
    section = load(None, [f"data.train={path}", *overrides]).data
    return read_rows(section, bench.small_plugins(), bench.PROFILE)


def spoil(path: Path, *changes: dict[str, object]) -> Path:
    """Change the first rows of a file."""
    rows = bench.jsonl(path)
    spoilt = [{**row, **(changes[index] if index < len(changes) else {})} for index, row in enumerate(rows)]
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in spoilt))
    return path


def test_every_row_has_its_place(tmp_path: Path) -> None:
    rows = read(bench.write_rows(tmp_path))
    assert rows.counts() == {"colour": 8, "boxes": 4}
    assert len(rows) == 12
    assert [rows.sample(row).task for row in range(12)] == [rows.task_of(row).name for row in range(12)]
    assert sorted(rows.sample(row).id for row in range(12)) == sorted(f"r{index}" for index in range(12))


def test_flawed_rows_and_bad_images_are_left_out_and_counted(tmp_path: Path) -> None:
    path = spoil(bench.write_rows(tmp_path), {"reference": ""}, {"images": ["gone.png"]})
    rows = read(path, "data.max_flawed=0.5")
    assert len(rows) == 10
    assert rows.left_out.total() == 2
    assert any("gone.png" in reason for reason in rows.left_out)


def test_an_image_that_the_model_refuses_is_left_out(tmp_path: Path) -> None:
    path = spoil(bench.write_rows(tmp_path), {"images": ["thin.png"]})
    Image.new("RGB", (4000, 15)).save(path.parent / "thin.png")
    section = load(None, [f"data.train={path}", "data.max_flawed=0.5"]).data
    rows = read_rows(section, bench.small_plugins(), replace(bench.PROFILE, resize=Resize()))
    assert len(rows) == 11
    assert any("200 times as long as wide" in reason for reason in rows.left_out)


def test_too_many_flawed_rows_are_refused_with_the_key_to_type(tmp_path: Path) -> None:
    path = spoil(bench.write_rows(tmp_path), {"reference": ""})
    with pytest.raises(DataError, match=r"1 of 12 training rows.*data\.max_flawed=0\.09") as caught:
        read(path)
    assert len(read(path, "data.max_flawed=0.09")) == 11
    assert "\n" not in str(caught.value)


def test_several_sources_make_one_run(tmp_path: Path) -> None:
    first, second = bench.write_rows(tmp_path / "a", 3), bench.write_rows(tmp_path / "b", 6)
    rows = read(Path(f"[{first}, {second}]"))
    assert len(rows) == 9
    assert rows.sha256 not in (read(first).sha256, read(second).sha256)


def test_no_source_is_a_usage_error() -> None:
    with pytest.raises(ConfigError, match=r"data\.train"):
        read_rows(load(None).data, bench.small_plugins(), bench.PROFILE)


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (("sft.num_train_epochs=2",), 4),
        (("sft.max_steps=7",), 7),
        (("sft.gradient_accumulation_steps=2",), 1),
    ],
)
def test_steps_of_sft(words: tuple[str, ...], steps: int) -> None:
    assert plan.steps(load(None, words).sft, 12) == steps


def test_steps_of_grpo() -> None:
    section = bench.config_of("grpo", "tiny", Path("x")).grpo  # 8 completions a step, 4 of a prompt
    assert plan.steps(section, 12) == 6


def test_a_grpo_batch_that_does_not_divide_or_asks_too_much() -> None:
    section = load(None, ["grpo.per_device_train_batch_size=12"], section="grpo").grpo
    with pytest.raises(ConfigError, match=r"12 completions.*num_generations=8"):
        plan.steps(section, 100)
    with pytest.raises(ConfigError, match="asks 2 prompts of 1 row;"):
        plan.steps(load(None, ["grpo.per_device_train_batch_size=16"], section="grpo").grpo, 1)


def test_the_plan_says_what_is_left_out(tmp_path: Path) -> None:
    path = spoil(bench.write_rows(tmp_path), {"reference": ""})
    config = load(None, [f"data.train={path}", "data.max_flawed=0.5", "model.lora.r=4"])
    found = plan.lines("sft", config, read_rows(config.data, bench.small_plugins(), bench.PROFILE))
    assert found[0] == "colour: 7 rows"
    assert any(line.startswith("left out: 1 ×") for line in found)
    assert found[-1] == "sft of tiny (LoRA, adamw): 2 steps"


def test_where_no_row_is_left_the_sources_and_the_reason_are_said(tmp_path: Path) -> None:
    path = spoil(bench.write_rows(tmp_path, 1), {"images": ["gone.png"]})
    with pytest.raises(DataError) as caught:
        read(Path(f"[{path}]"))
    assert str(caught.value).startswith(f"No row of {path} can be trained on; most often (1 time): ")
    assert not str(caught.value).endswith("..")


def test_one_step_is_no_steps(tmp_path: Path) -> None:
    config = load(None, [f"data.train={bench.write_rows(tmp_path, 1)}"])
    found = plan.lines("sft", config, read_rows(config.data, bench.small_plugins(), bench.PROFILE))
    assert (found[0], found[-1]) == ("colour: 1 row", "sft of tiny (full, adamw): 1 step")
