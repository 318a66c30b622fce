from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch

from geovlm_cli.errors import OutputError
from geovlm_cli.models import declare, init_model, load_model, load_processor, model_info
from geovlm_cli.models.shapes import SHAPES
from geovlm_cli.profiles import Profile


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = safetensors.torch.load_file(folder / "model.safetensors")
    return found


def test_the_seed_decides_the_weights(tmp_path: Path) -> None:
    first, again, other = (
        weights(init_model(tmp_path / name, like="small", seed=seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_copied_shape_has_the_processor_and_the_declaration_but_not_the_weights(copy: Path, tmp_path: Path) -> None:
    profile = Profile(name="mine")
    declare(copy, profile, "suffix")
    made = init_model(tmp_path / "made", like=str(copy), seed=7)
    assert model_info(str(made)).profile == profile
    assert weights(made).keys() == weights(copy).keys()
    assert not all(torch.equal(weights(made)[name], weights(copy)[name]) for name in weights(made))
    text = "[1,22,333]"
    assert load_processor(str(made)).tokenizer(text).input_ids == load_processor(str(copy)).tokenizer(text).input_ids


def test_a_named_shape_takes_the_tokenizer_of_a_model(copy: Path, tmp_path: Path) -> None:
    made = init_model(tmp_path / "made", like="small", tokenizer=str(copy), dtype="bfloat16")
    assert load_model(str(made), dtype="bfloat16").dtype == torch.bfloat16
    assert len(load_processor(str(made)).tokenizer) == len(load_processor(str(copy)).tokenizer)


@pytest.mark.parametrize("name", SHAPES)
def test_half_a_head_is_shared_out_among_the_axes(name: str) -> None:
    shape = SHAPES[name]
    assert sum(shape.rope) * 2 == shape.text["hidden_size"] // shape.text["num_attention_heads"]
    assert max(shape.vision["fullatt_block_indexes"]) < shape.vision["depth"]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(OutputError, match="not empty"):
        init_model(tmp_path, like="small")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="Cannot make the folder"):
        init_model(tmp_path / "file" / "model", like="small")
