"""Rows transcribed from TRL's dataset_formats page, Qwen2.5-VL's README, LLaMA-Factory's data/README.md and OpenAI's API reference."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

from geovlm_cli.boxes import boxes

Load = Callable[..., Any]
QWEN = {
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {
            "role": "user",
            "content": [{"type": "image", "image": "file://a.png"}, {"type": "text", "text": "Describe this image."}],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "An airport."}]},
    ]
}


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_messages_with_images_in_their_blocks(folder: Path, load: Load) -> None:
    found = load(written(folder, QWEN), task="text")
    [sample] = found.samples
    assert (found.format, sample.question, sample.reference) == ("messages", "Describe this image.", ("An airport.",))
    assert sample.images[0].source == str((folder / "a.png").resolve())
    assert sample.meta == {"system": "You are a helpful assistant."}


def test_messages_with_images_beside_them(folder: Path, load: Load) -> None:
    turns = [{"role": "user", "content": "<image>Who?"}, {"role": "assistant", "content": "Nobody."}]
    [sample] = load(written(folder, {"messages": turns, "images": ["a.png"]}), task="answer").samples
    assert (sample.question, sample.reference, len(sample.images)) == ("Who?", "Nobody.", 1)


def test_a_wrong_number_of_image_blocks_is_kept_in_mind(folder: Path, load: Load) -> None:
    content = [{"type": "image"}, {"type": "image"}, {"type": "text", "text": "Who?"}]
    turns = [{"role": "user", "content": content}, {"role": "assistant", "content": "Nobody."}]
    rows = [{"messages": turns, "images": ["a.png"]}, {"messages": turns, "images": ["a.png", "a.png"]}]
    assert [sample.meta for sample in load(written(folder, *rows), task="answer").samples] == [{"image_marks": 2}, {}]


def test_a_data_url_is_an_image(folder: Path, load: Load) -> None:
    raw = (folder / "a.png").read_bytes()
    url = "data:image/png;base64," + base64.b64encode(raw).decode()
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "What?"}]
    [sample] = load(written(folder, {"messages": [{"role": "user", "content": content}]}), task="label").samples
    assert sample.images[0].source == raw
    assert sample.flaw == "no reference"


@pytest.mark.parametrize("key", ["solution", "ground_truth", "reference", "answer", "completion", "chosen"])
def test_the_truth_of_a_trl_row(folder: Path, load: Load, key: str) -> None:
    found = load(written(folder, {"prompt": "What?", "image": "a.png", key: "airport", "level": 2}), task="label")
    [sample] = found.samples
    assert (found.format, sample.question, sample.reference, sample.meta) == ("trl", "What?", "airport", {"level": 2})


def test_a_conversational_trl_row(folder: Path, load: Load) -> None:
    row = {
        "prompt": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Where is the ship?"}]}],
        "completion": [{"role": "assistant", "content": [{"type": "text", "text": "<answer>[1, 2, 3, 4]</answer>"}]}],
        "images": ["a.png"],
    }
    [sample] = load(written(folder, row), task="box", frame="pixel").samples
    assert sample.reference == boxes("pixel", [[1, 2, 3, 4]])
    assert sample.images[0].source.endswith("a.png")


def test_rows_as_datasets_writes_them(folder: Path, load: Load) -> None:
    rows = [
        {
            "prompt": [{"role": "user", "content": "Which class?"}],
            "images": [Image.new("RGB", (7, 5))],
            "solution": "<answer>airport</answer>",
        }
    ]
    made = datasets.Dataset.from_list(rows).cast_column("images", datasets.List(datasets.Image()))
    made.save_to_disk(folder / "set")
    [sample] = load(folder / "set", task="label").samples
    assert (sample.question, sample.reference) == ("Which class?", "airport")
    assert isinstance(sample.images[0].source, bytes)


@pytest.mark.parametrize(
    ("content", "why"),
    [(["hi"], "a block of a message is an object"), ([{"type": "video", "video": "a.mp4"}], "found type 'video'")],
)
def test_a_block_of_another_kind_costs_the_row(folder: Path, load: Load, content: Any, why: str) -> None:
    bad = {"messages": [{"role": "user", "content": content}]}
    found = load(written(folder, QWEN, bad), task="text")
    assert len(found.samples) == 1
    assert why in found.rejected[0].why
