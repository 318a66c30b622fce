"""Colours alone must not give the answers away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from geovlm_cli.scenes import generate

if TYPE_CHECKING:
    from PIL import Image

Rows = np.typing.NDArray[np.float32]
_TRAIN, _TEST = 2000, 500
_BOUND = 0.6


def histogram(image: Image.Image) -> Rows:
    levels = np.asarray(image).reshape(-1, 3).astype(int) >> 5
    shares: Rows = (np.bincount(levels @ (64, 8, 1), minlength=512) / len(levels)).astype(np.float32)
    return shares


def nearest_neighbour(features: Rows, labels: np.typing.NDArray[np.str_]) -> float:
    """The accuracy of the label of the nearest training row (L1)."""
    known, asked = features[:_TRAIN], features[_TRAIN:]
    nearest = np.array([np.abs(known - row).sum(1).argmin() for row in asked])
    return float((labels[:_TRAIN][nearest] == labels[_TRAIN:]).mean())


@pytest.mark.slow  # draws 2,500 scenes: half a minute
def test_histograms_do_not_tell_the_class() -> None:
    scenes = list(generate("scene", _TRAIN + _TEST, seed=0))
    features = np.stack([histogram(scene.images[0]) for scene in scenes])
    assert nearest_neighbour(features, np.array([scene.reference for scene in scenes])) < _BOUND


@pytest.mark.slow  # draws 2,500 pairs: half a minute
def test_histograms_do_not_tell_damage() -> None:
    rows, labels = [], []
    for scene in generate("temporal", _TRAIN + _TEST, seed=0):
        rows.append([histogram(image) for image in scene.images])
        labels.append("no" if scene.meta["class"] == "no damage" else "yes")
    pairs = np.array(rows)
    for features in (pairs.reshape(len(pairs), -1), pairs[:, 1], pairs[:, 1] - pairs[:, 0]):
        assert nearest_neighbour(features, np.array(labels)) < _BOUND
