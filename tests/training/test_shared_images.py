from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from geovlm_cli.models import load_model, load_processor
from geovlm_cli.training.shared_images import distinct, share_images

SIZES = {"red": (32, 32), "green": (48, 32), "blue": (32, 32)}


@pytest.fixture(scope="module")
def inputs(model: Path) -> dict[str, Any]:
    """A batch of four conversations over three images, one of them three times, one in a pair."""
    processor = load_processor(str(model))
    batch = [["red"], ["green"], ["red", "blue"], ["red"]]
    messages = [
        [
            {
                "role": "user",
                "content": [
                    *({"type": "image", "image": Image.new("RGB", SIZES[c], c)} for c in colours),
                    {"type": "text", "text": "?"},
                ],
            }
        ]
        for colours in batch
    ]
    settings = {"padding": True, "padding_side": "left"}
    found: dict[str, Any] = processor.apply_chat_template(
        messages,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        add_generation_prompt=True,
        processor_kwargs=settings,
    )
    return found


def test_each_image_is_found_once(inputs: dict[str, Any]) -> None:
    assert distinct(inputs["pixel_values"], inputs["image_grid_thw"]) == ([0, 1, 3], [0, 1, 0, 2, 0])


def test_images_of_one_sum_are_told_apart() -> None:
    pixels = torch.tensor([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])
    assert distinct(pixels, torch.tensor([[1, 1, 1]] * 3)) == ([0, 1], [0, 1, 0])


def test_features_and_gradients_stay_and_the_tower_works_less(model: Path, inputs: dict[str, Any]) -> None:
    def outcome(prepare: Callable[[Any], None]) -> tuple[torch.Tensor, dict[str, torch.Tensor], int]:
        made = load_model(str(model), dtype="float32")
        prepare(made)
        patches: list[int] = []
        made.model.visual.patch_embed.register_forward_hook(lambda _module, given, _out: patches.append(len(given[0])))
        logits = made(**inputs).logits
        logits.square().mean().backward()
        return logits.detach(), {name: value.grad for name, value in made.named_parameters()}, patches[0]

    logits, gradients, patches = outcome(lambda _: None)
    shared_logits, shared_gradients, shared_patches = outcome(share_images)
    assert (patches, shared_patches) == (4 * 16 + 24, 2 * 16 + 24)
    assert torch.allclose(shared_logits, logits, atol=1e-5)
    for name, gradient in gradients.items():
        assert torch.allclose(shared_gradients[name], gradient, atol=1e-6), name
