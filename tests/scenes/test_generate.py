"""What every scene keeps: reproducible, disjoint splits, truth that matches the pixels."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest

from geovlm_cli.errors import ConfigError
from geovlm_cli.scenes import SPLITS, TASKS, Scene, generate
from geovlm_cli.scenes.classes import CLASSES
from geovlm_cli.scenes.tasks import LEVELS


def digest(scene: Scene) -> str:
    return hashlib.sha256(b"".join(image.tobytes() for image in scene.images)).hexdigest()


@pytest.mark.parametrize("task", TASKS)
def test_a_seed_gives_the_same_scenes_and_a_longer_run_begins_with_a_shorter_one(task: str) -> None:
    first, second = list(generate(task, 4, seed=3)), list(generate(task, 7, seed=3))
    for one, other in zip(first, second, strict=False):
        assert digest(one) == digest(other)
        assert (one.id, one.question, one.reference, one.meta) == (
            other.id,
            other.question,
            other.reference,
            other.meta,
        )


@pytest.mark.parametrize("task", TASKS)
def test_no_picture_or_id_occurs_twice_across_splits_and_seeds(task: str) -> None:
    scenes = [
        scene for split in SPLITS for seed in (0, 1) for scene in generate(task, 10, seed=seed, split=split, size=48)
    ]
    assert len({digest(scene) for scene in scenes}) == len({scene.id for scene in scenes}) == len(scenes)


@pytest.mark.parametrize("task", TASKS)
def test_a_scene_has_the_same_layout_at_every_size(task: str) -> None:
    small, large = next(generate(task, 1, seed=5)), next(generate(task, 1, seed=5, size=448))
    assert {image.size for image in large.images} == {(448, 448)}
    assert (small.question, small.meta, small.reasoning) == (large.question, large.meta, large.reasoning)
    if task == "referred-detection":
        assert np.array(large.reference["boxes"])[:, :4] == pytest.approx(np.array(small.reference["boxes"])[:, :4] * 4)
    for one, other in zip(small.images, large.images, strict=True):
        difference = np.asarray(one, float) - np.asarray(other.resize((112, 112)), float)
        assert np.abs(difference.mean()) < 12


def test_pictures_have_the_roles_of_their_task() -> None:
    for task in TASKS:
        scene = next(generate(task, 1, seed=0))
        assert scene.roles == (("before", "after") if task == "temporal" else ("image",))
        assert len(scene.images) == len(scene.roles)
        assert {image.mode for image in scene.images} == {"RGB"}


def test_scene_draws_every_class_and_offers_all_of_them() -> None:
    scenes = list(generate("scene", 160, seed=0))
    assert {scene.reference for scene in scenes} == set(CLASSES) == set(scenes[0].choices)


def test_temporal_answers_follow_from_what_was_destroyed() -> None:
    scenes = list(generate("temporal", 120, seed=0))
    for scene in scenes:
        assert scene.reference in scene.choices
        level = scene.meta["class"]
        truth = level if scene.meta["question_type"] == "level" else "no" if level == LEVELS[0] else "yes"
        assert scene.reference == truth
    asked = Counter((scene.meta["question_type"], scene.reference) for scene in scenes)
    assert len(asked) == 5
    assert min(asked.values()) >= 8


def test_nothing_changes_for_good_where_nothing_was_damaged() -> None:
    """Light and season change in every pair: the two pictures are never equal, damaged or not."""
    for scene in generate("temporal", 10, seed=1):
        before, after = (np.asarray(image, float) for image in scene.images)
        assert np.abs(before - after).mean() > 1


def test_vqa_asks_for_counts_and_presence_with_balanced_answers() -> None:
    scenes = list(generate("vqa", 200, seed=0))
    counts = Counter(scene.reference for scene in scenes if scene.meta["question_type"] == "count")
    presence = Counter(scene.reference for scene in scenes if scene.meta["question_type"] == "presence")
    assert set(counts) == {"1", "2", "3", "4", "5", "6"}
    assert set(presence) == {"yes", "no"}
    assert min(presence.values()) > 0.35 * presence.total()


def test_an_unknown_task_split_or_size_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="Did you mean `scene`"):
        list(generate("scenes", 1, seed=0))
    with pytest.raises(ConfigError, match="Did you mean `train`"):
        list(generate("scene", 1, seed=0, split="trian"))
    with pytest.raises(ConfigError, match="32 to 2048"):
        list(generate("scene", 1, seed=0, size=16))
