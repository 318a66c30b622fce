from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.errors import ConfigError

Load = Callable[..., Any]
SHARES = {
    "train_36_0512_0512": 0.1745,
    "train_386_0512_0768": 0.0,
    "train_412_0512_0768": 0.1153,
    "val_27_0000_0256": 0.1210,
}  # of the data folder's README


def test_the_real_pairs_and_their_masks(shared: Path, load: Load) -> None:
    found = load(shared / "levir-cd-pairs", task="temporal")
    assert found.format == "pairs"
    assert {s.id: round(s.meta["changed"], 4) for s in found.samples} == SHARES
    assert [s.reference for s in found.samples] == ["yes", "no", "yes", "yes"]
    assert [(ref.role, Path(str(ref.source)).parent.name) for ref in found.samples[0].images] == [
        ("before", "A"),
        ("after", "B"),
    ]
    assert all(Path(str(ref.source)).is_file() for s in found.samples for ref in s.images)


@pytest.mark.parametrize("names", [("A", "B"), ("time1", "time2")])
def test_the_splits_of_a_whole_set_are_read_together(
    shared: Path, load: Load, tmp_path: Path, names: tuple[str, str]
) -> None:
    """LEVIR-CD unpacks to train, val and test with A, B and label in each; SYSU-CD to time1, time2 and label."""
    for split in ("train", "test"):
        for source, name in zip(("A", "B", "label"), (*names, "label"), strict=True):
            shutil.copytree(shared / "levir-cd-pairs" / source, tmp_path / split / name)
    found = load(tmp_path, task="temporal")
    assert (found.format, found.rejected) == ("pairs", [])
    assert {s.id: round(s.meta["changed"], 4) for s in found.samples} == {
        f"{split}/{name}": share for split in ("train", "test") for name, share in SHARES.items()
    }
    assert all(Path(str(ref.source)).is_file() for s in found.samples for ref in s.images)
    assert len(load(tmp_path, task="temporal", split="test").samples) == len(SHARES)


def test_pairs_without_masks_are_there_to_be_asked(shared: Path, load: Load) -> None:
    [sample] = load(shared / "levir-cd-pairs" / "levir-cc", task="change-caption").samples
    assert (sample.id, sample.flaw, sample.question) == ("train_000016", "no reference", "")


@pytest.mark.parametrize("task", ["image-caption", "change-caption", "damage", "multi-label"])
def test_a_mask_is_the_truth_of_yes_or_no_only(shared: Path, load: Load, task: str) -> None:
    samples = load(shared / "levir-cd-pairs", task=task).samples
    assert [(sample.reference, sample.question, sample.choices) for sample in samples] == [(None, "", ())] * len(SHARES)
    assert all(sample.flaw for sample in samples)


def test_what_is_missing_or_broken_costs_its_pair(shared: Path, load: Load, tmp_path: Path) -> None:
    for folder in ("A", "B", "label"):
        shutil.copytree(shared / "levir-cd-pairs" / folder, tmp_path / folder)
    (tmp_path / "B" / "train_36_0512_0512.png").unlink()
    (tmp_path / "label" / "val_27_0000_0256.png").write_bytes(b"torn")
    found = load(tmp_path, task="temporal")
    assert len(found.samples) == 2
    assert [row.why.split(":")[0] for row in found.rejected] == [
        "train_36_0512_0512.png is in A and not in B",
        "its mask cannot be read",
    ]
    with pytest.raises(ConfigError, match="name one with --task"):
        load(tmp_path)


@pytest.mark.parametrize("names", [("Image1", "Image2"), ("im1", "im2"), ("before", "after")])
def test_other_names_of_the_two_folders(shared: Path, load: Load, tmp_path: Path, names: tuple[str, str]) -> None:
    for ours, theirs in zip(("A", "B"), names, strict=True):
        shutil.copytree(shared / "levir-cd-pairs" / ours, tmp_path / theirs)
    first = load(tmp_path, task="temporal").samples[0]
    assert [Path(str(ref.source)).parent.name for ref in first.images] == list(names)
