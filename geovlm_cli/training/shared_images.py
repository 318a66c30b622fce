"""Encoding an image once where it stands several times in a batch: GRPO asks every prompt many times, and TRL repeats its images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

# Qwen3-VL hands features of inner layers over beside the image tokens, which are not shared here.
_TYPES = ("qwen2_vl", "qwen2_5_vl")


def share_images(model: Any) -> None:
    """Make a Qwen2-VL or Qwen2.5-VL run its vision tower on the distinct images of a batch only; the features and their gradients are the same.

    Other models are left as they are.
    """
    if model.config.model_type not in _TYPES:
        return
    core = model.get_base_model().model if hasattr(model, "peft_config") else model.model
    core.get_image_features = _shared(core.get_image_features)


def distinct(pixel_values: torch.Tensor, grid: torch.Tensor) -> tuple[list[int], list[int]]:
    """Return the images that are first of their kind, and for every image its place among those.

    pixel_values: [patches, values], the images one after the other; grid: int[images, 3] of their patches in time, height and width.
    """
    images = torch.split(pixel_values, grid.prod(-1).tolist())
    prints = torch.stack([image.sum(dtype=torch.float64) for image in images]).tolist()
    first: list[int] = []
    place: list[int] = []
    known: dict[tuple[Any, ...], list[int]] = {}
    for index, key in enumerate(zip(prints, map(tuple, grid.tolist()), strict=True)):
        same = known.setdefault(key, [])
        found = next((place_of for place_of in same if torch.equal(images[first[place_of]], images[index])), len(first))
        if found == len(first):
            first.append(index)
            same.append(found)
        place.append(found)
    return first, place


def _shared(encode: Callable[..., Any]) -> Callable[..., Any]:
    def get_image_features(pixel_values: torch.Tensor, image_grid_thw: torch.Tensor, **named: Any) -> Any:
        first, place = distinct(pixel_values, image_grid_thw)
        if len(first) == len(place):
            return encode(pixel_values, image_grid_thw, **named)
        images = torch.split(pixel_values, image_grid_thw.prod(-1).tolist())
        features = encode(torch.cat([images[index] for index in first]), image_grid_thw[first], **named)
        features.pooler_output = tuple(features.pooler_output[index] for index in place)
        return features

    return get_image_features
