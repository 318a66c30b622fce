from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from geovlm_cli.errors import ConfigError, ModelError
from geovlm_cli.models import load_model, load_processor, processors
from geovlm_cli.profiles import Profile, Resize

MESSAGES = [
    {
        "role": "user",
        "content": [
            {"type": "image", "image": Image.new("RGB", (48, 32), (200, 40, 90))},
            {"type": "text", "text": "What? [1,22]"},
        ],
    }
]
BOX = "<think>a</think><answer>[12,345,6,7,89]</answer>"


def encoded(processor: Any) -> Any:
    return processor.apply_chat_template(
        MESSAGES, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )


@pytest.fixture
def without_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors, "torchvision_imports", lambda: False)


def test_the_stock_processor_pads_on_the_left(small: Path) -> None:
    processor = load_processor(str(small))
    assert type(processor).__name__ == "Qwen2_5_VLProcessor"
    assert hasattr(processor, "video_processor")
    assert processor.tokenizer.padding_side == "left"
    assert encoded(processor)["image_grid_thw"].tolist() == [[1, 4, 6]]


@pytest.mark.usefixtures("without_torchvision")
def test_without_torchvision_the_same_prompt_gives_the_same_inputs(small: Path) -> None:
    images_only = load_processor(str(small))
    assert not hasattr(images_only, "video_processor")
    processors.torchvision_imports = lambda: True  # undone by the fixture
    stock = load_processor(str(small))
    one, two = encoded(images_only), encoded(stock)
    assert torch.equal(one["input_ids"], two["input_ids"])
    assert torch.allclose(one["pixel_values"], two["pixel_values"], atol=0.02)  # two bicubic filters


def test_a_folder_saved_without_torchvision_loads_either_way(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(processors, "torchvision_imports", lambda: False)
        load_processor(str(small)).save_pretrained(tmp_path)
    (tmp_path / "config.json").write_bytes((small / "config.json").read_bytes())
    again = load_processor(str(tmp_path))
    assert type(again).__name__ == "Qwen2_5_VLProcessor"
    assert torch.equal(encoded(again)["input_ids"], encoded(load_processor(str(small)))["input_ids"])


def test_ids_of_a_box_survive_saving_and_loading(small: Path, tmp_path: Path) -> None:
    before = load_processor(str(small))
    before.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_bytes((small / "config.json").read_bytes())
    after = load_processor(str(tmp_path))
    assert after.tokenizer(BOX).input_ids == before.tokenizer(BOX).input_ids
    assert after.tokenizer.decode(after.tokenizer(BOX).input_ids, skip_special_tokens=True) == BOX


@pytest.mark.parametrize(
    ("resize", "size"),
    [
        (Resize(fixed=(64, 32)), (64, 32)),
        (Resize(fixed=(160, 160)), (160, 160)),  # larger than the folder's own limit
        (Resize(factor=16, min_pixels=256, max_pixels=64 * 64), (48, 48)),
    ],
)
def test_the_processor_keeps_the_size_of_the_profile(small: Path, resize: Resize, size: tuple[int, int]) -> None:
    profile = Profile(name="p", resize=resize)
    image = Image.new("RGB", resize(50, 50))
    processor = load_processor(str(small), profile=profile)
    grid = processor.image_processor(images=[image], return_tensors="pt")["image_grid_thw"][0].tolist()
    assert image.size == size
    assert (grid[2] * 8, grid[1] * 8) == size


@pytest.mark.parametrize("resize", [Resize(fixed=(100, 112)), Resize(factor=28)])
def test_sizes_that_do_not_suit_the_patches_are_refused(small: Path, resize: Resize) -> None:
    with pytest.raises(ConfigError, match="multiples of 16"):
        load_processor(str(small), profile=Profile(name="p", resize=resize))


def test_a_folder_without_a_processor_is_one_sentence(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="processor of") as caught:
        load_processor(str(copy))
    assert "\n" not in str(caught.value)


def test_model_and_processor_agree_about_the_image_token(small: Path) -> None:
    assert load_model(str(small)).config.image_token_id == load_processor(str(small)).image_token_id
