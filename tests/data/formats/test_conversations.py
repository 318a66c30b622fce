"""Rows transcribed from the documentation of LLaVA (docs/Finetune_Custom_Data.md), ShareGPT, 2U1/Qwen2-VL-Finetune and VLM-R1."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.errors import ConfigError, DataError

Load = Callable[..., Any]

LLAVA = {
    "id": "997bb945-628d-4724-b370-b84de974a19f",
    "image": "part-000001/997bb945-628d-4724-b370-b84de974a19f.jpg",
    "conversations": [
        {"from": "human", "value": "<image>\nWrite a prompt for Stable Diffusion to generate this image."},
        {"from": "gpt", "value": "a beautiful painting of chernobyl"},
    ],
}
VLM_R1 = {
    "id": 1,
    "image": ["a/before.png", "a/after.png"],
    "conversations": [
        {"from": "human", "value": "<image><image>What is the bounding box of the ship?"},
        {"from": "gpt", "value": "[10, 20, 30, 40]"},
    ],
    "accu_reward_method": "iou",
}


def written(folder: Path, *rows: Any, name: str = "rows.json") -> Path:
    path = folder / name
    text = json.dumps(rows) if name.endswith(".json") else "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["rows.json", "data.jsonl"])
def test_a_llava_row(folder: Path, load: Load, name: str) -> None:
    found = load(written(folder, LLAVA, name=name), task="text")
    [sample] = found.samples
    assert (found.format, sample.id) == ("llava", LLAVA["id"])
    assert sample.question == "Write a prompt for Stable Diffusion to generate this image."
    assert sample.reference == ("a beautiful painting of chernobyl",)
    assert sample.images[0].source.endswith("part-000001/997bb945-628d-4724-b370-b84de974a19f.jpg")
    assert sample.meta == {}


def test_each_question_of_a_conversation_is_a_row(folder: Path, load: Load) -> None:
    turns = [
        {"from": "system", "value": "Be short."},
        {"from": "human", "value": "<image>\nRural?"},
        {"from": "gpt", "value": "yes"},
        {"from": "human", "value": "Ships?"},
        {"from": "gpt", "value": 3},
        {"from": "human", "value": "Why?"},
    ]
    row = {"id": "7", "image": "a.png", "conversations": turns, "source": "x"}
    samples = load(written(folder, row), task="answer").samples
    assert [(s.id, s.question, s.reference, len(s.images)) for s in samples] == [
        ("7", "Rural?", "yes", 1),
        ("7#2", "Ships?", "3", 1),
        ("7#3", "Why?", None, 1),
    ]
    assert samples[1].meta == {"source": "x", "system": "Be short."}


def test_sharegpt_names_roles_and_images_its_own_way(folder: Path, load: Load) -> None:
    turns = [{"role": "user", "content": "<image>What?"}, {"role": "assistant", "content": "airport"}]
    [sample] = load(written(folder, {"conversations": turns, "images": ["a.png"]}), task="label").samples
    assert (sample.id, sample.question, sample.reference) == ("rows-1", "What?", "airport")


def test_sharegpt_writes_contents_as_blocks(folder: Path, load: Load) -> None:
    asked = [{"type": "image"}, {"type": "text", "text": "What?"}, {"type": "text", "text": "One word."}]
    turns = [
        {"role": "system", "content": [{"type": "text", "text": "Be short."}]},
        {"role": "user", "content": asked},
        {"role": "assistant", "content": [{"type": "text", "text": "airport"}]},
    ]
    [sample] = load(written(folder, {"conversations": turns, "images": ["a.png"]}), task="label").samples
    assert (sample.question, sample.reference, len(sample.images)) == ("What?\nOne word.", "airport", 1)
    assert sample.meta == {"system": "Be short."}
    turns[1]["content"] = [{"type": "image", "image": "b.png"}, {"type": "image", "image": "c.png"}, *asked[1:]]
    [sample] = load(written(folder, {"conversations": turns, "id": 1}), task="label").samples
    assert [Path(ref.source).name for ref in sample.images] == ["b.png", "c.png"]


def test_a_key_that_stands_twice_costs_its_row(folder: Path, load: Load) -> None:
    path = written(folder, LLAVA, name="data.jsonl")
    turns = '[{"from": "human", "from": "gpt", "value": "What?"}]'
    path.write_text(path.read_text() + f'{{"id": "t", "image": "a.png", "conversations": {turns}}}\n')
    found = load(path, task="text")
    assert (len(found.samples), [(row.line, row.why) for row in found.rejected]) == (
        1,
        [(2, "a key stands twice: from")],
    )


def test_an_answer_that_is_a_list_is_no_list_of_blocks(folder: Path, load: Load) -> None:
    for answer in ([10, 20, 30, 40], [{"bbox_2d": [10, 20, 30, 40], "label": "ship"}]):
        turns = [{"from": "human", "value": "Where?"}, {"from": "gpt", "value": answer}]
        [sample] = load(
            written(folder, {"conversations": turns, "image": "a.png"}), task="boxes", frame="pixel"
        ).samples
        assert (sample.flaw, sample.reference.array.tolist()) == (None, [[10, 20, 30, 40, 0]])


@pytest.mark.parametrize(("key", "value"), [("video", "clip.mp4"), ("videos", ["clip.mp4"])])
def test_a_video_costs_its_row(folder: Path, load: Load, key: str, value: Any) -> None:
    """2U1/Qwen2-VL-Finetune: `"video": "sample1.mp4"`; LLaMA-Factory: `"videos": ["1.mp4"]`."""
    turns = [{"from": "human", "value": "<video>\nWhat is going on?"}, {"from": "gpt", "value": "Nothing."}]
    found = load(written(folder, {**LLAVA, key: ""}, {"id": "v", key: value, "conversations": turns}), task="text")
    assert (len(found.samples), [row.id for row in found.rejected]) == (1, ["v"])
    assert found.rejected[0].why == f"a `{key}` is not read; save its frames as pictures and name them in `images`"


def test_a_target_with_thought_is_taken_apart(folder: Path, load: Load) -> None:
    said = "<think>\nCrops.\n</think>\n<answer> farmland </answer>"
    turns = [{"from": "human", "value": "?"}, {"from": "gpt", "value": said}]
    [sample] = load(written(folder, {"conversations": turns}), task="label").samples
    assert (sample.reasoning, sample.reference) == ("\nCrops.\n", "farmland")
    turns[1]["value"] = "<answer>[1, 2, 3, 4]</answer>"
    [sample] = load(written(folder, {"conversations": turns}), task="box", frame="pixel").samples
    assert (sample.reasoning, sample.reference) == (None, boxes("pixel", [[1, 2, 3, 4]]))


def test_boxes_without_a_declared_frame_are_refused(folder: Path, load: Load) -> None:
    turns = [{"from": "human", "value": "?"}, {"from": "gpt", "value": "[1, 2, 3, 4]"}]
    with pytest.raises(ConfigError, match="frame its format does not declare; name the profile"):
        load(written(folder, {"conversations": turns}), task="box")


def test_a_wrong_number_of_image_marks_is_kept_in_mind(folder: Path, load: Load) -> None:
    row = {**VLM_R1, "image": "a.png"}
    [sample] = load(written(folder, row), task="box").samples
    assert sample.meta == {"image_marks": 2, "accu_reward_method": "iou"}
    unmarked = {
        **LLAVA,
        "conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "x"}],
    }  # 2U1's GRPO
    assert load(written(folder, unmarked), task="label").samples[0].meta == {}


def test_a_vlm_r1_row_has_pixel_boxes(folder: Path, load: Load) -> None:
    found = load(written(folder, VLM_R1, name="data.jsonl"), task="box")
    assert (found.format, found.samples[0].id, found.samples[0].question) == (
        "vlm-r1",
        "1",
        "What is the bounding box of the ship?",
    )
    assert found.samples[0].reference == boxes("pixel", [[10, 20, 30, 40]])


@pytest.mark.parametrize("name", ["rows.json", "data.jsonl"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_reward_that_any_row_names_tells_vlm_r1(folder: Path, load: Load, name: str, place: int) -> None:
    bare = {key: value for key, value in VLM_R1.items() if key != "accu_reward_method"}
    rows = [{**(VLM_R1 if row == place else bare), "id": row} for row in range(3)]
    found = load(written(folder, *rows, name=name), task="boxes", frame="model")
    assert found.format == "vlm-r1"
    assert {sample.reference.frame for sample in found.samples} == {"pixel"}


def test_a_rec_row_of_vlm_r1(folder: Path, load: Load) -> None:
    row = {
        "image": "a.png",
        "problem": "the ship on the left",
        "normal_caption": "ship",
        "solution": [10.5, 20, 30, 40],
        "normalized_solution": [1, 2, 3, 4],
    }
    found = load(written(folder, row), task="box")
    [sample] = found.samples
    assert (found.format, sample.question) == ("vlm-r1-rec", "the ship on the left")
    assert sample.reference == boxes("pixel", [[10.5, 20, 30, 40]])
    assert sample.meta["normalized_solution"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"conversations": []}, "list of turns"),
        ({"conversations": ["hi"]}, "a turn is an object"),
        ({"conversations": [{"from": "robot", "value": "x"}]}, "found 'robot'"),
        ({"conversations": [{"from": "gpt", "value": "x"}]}, "without a question"),
        ({"conversations": [{"from": "human", "value": 3}]}, "a question must be a text"),
        (
            {"conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": True}]},
            "neither text nor number",
        ),
        ({"image": 3}, "an image is a path"),
        ({"image": "https://x/a.png"}, "not on this machine"),
        ({"image": "data:image/png;base64,%%"}, "no base64 image"),
    ],
)
def test_a_bad_row_costs_that_row(folder: Path, load: Load, change: dict[str, Any], why: str) -> None:
    found = load(written(folder, LLAVA, {**LLAVA, "id": "bad", **change}), task="label")
    assert len(found.samples) == 1
    assert (found.rejected[0].line, found.rejected[0].id) == (2, "bad")
    assert why in found.rejected[0].why


def test_the_task_is_never_guessed(folder: Path, load: Load) -> None:
    with pytest.raises(DataError, match="name one with --task"):
        load(written(folder, LLAVA))
    assert load(written(folder, {**LLAVA, "task": "label"})).samples[0].task == "label"


def test_a_file_of_two_formats_is_refused(folder: Path, load: Load) -> None:
    prompt = {"prompt": "What?", "solution": "airport"}
    ours = {"id": "1", "task": "label", "images": ["a.png"], "question": "What?", "reference": "airport"}
    with pytest.raises(DataError, match=r"mixes formats: it begins as llava, and line 2 is geovlm"):
        load(written(folder, LLAVA, ours), task="label")
    with pytest.raises(DataError, match=r"mixes formats: it begins as llava, and line 2 is trl"):
        load(written(folder, LLAVA, prompt), task="label")
    with pytest.raises(DataError, match=r"mixes formats: it begins as geovlm, and line 2 is llava"):
        load(written(folder, ours, {**LLAVA, "id": "2"}), task="label")
