"""The shipped folder is an ordinary one, small, and says truly how the model sees and speaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from geovlm_cli.profiles import profile_from_mapping
from geovlm_cli.scenes import generate
from geovlm_cli.scenes.classes import CLASSES, COVER
from geovlm_cli.tiny import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

torch = pytest.importorskip("torch", reason="the model needs torch")
pytest.importorskip("transformers", reason="the model needs transformers")

FILES = {
    "README.md",
    "chat_template.jinja",
    "config.json",
    "generation_config.json",
    "geovlm.json",
    "model.safetensors",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
}
BOX = "[17,46,133,55,145]"


def auto_processor(folder: Path) -> Any:
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(folder)


def test_the_folder_holds_what_a_model_folder_holds_and_is_small() -> None:
    assert {path.name for path in FOLDER.iterdir()} == FILES
    assert (FOLDER / "model.safetensors").stat().st_size <= 8_000_000
    assert "local_files_only" not in (FOLDER / "tokenizer_config.json").read_text(encoding="utf-8")


def test_a_box_has_the_same_tokens_through_every_loader_and_after_saving(tmp_path: Path) -> None:
    """A number is one token; a loader that splits digits makes a model that cannot write boxes, without a word."""
    from transformers import AutoTokenizer

    from geovlm_cli.tiny.build import load, save

    model, processor = load(FOLDER)
    expected = processor.tokenizer(BOX)["input_ids"]
    assert len(expected) == 11
    save(model, processor, tmp_path)
    for folder in (FOLDER, tmp_path):
        assert AutoTokenizer.from_pretrained(folder)(BOX)["input_ids"] == expected
        assert auto_processor(folder).tokenizer(BOX)["input_ids"] == expected
    assert (tmp_path / "model.safetensors").read_bytes() == (FOLDER / "model.safetensors").read_bytes()


def test_every_label_word_and_tag_comes_back_from_its_tokens() -> None:
    tokenizer = auto_processor(FOLDER).tokenizer
    for text in (*CLASSES, *COVER.values(), "no damage", "<think>two red ships</think><answer>[]</answer>"):
        assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text
    for tag in ("<think>", "</think>", "<answer>", "</answer>"):
        assert len(tokenizer(tag)["input_ids"]) == 1


@pytest.mark.parametrize("size", [(112, 112), (256, 256), (123, 123), (448, 448), (300, 200), (1024, 768)])
def test_the_profile_resizes_as_the_processor_does(size: tuple[int, int]) -> None:
    from PIL import Image

    card = json.loads((FOLDER / "geovlm.json").read_text(encoding="utf-8"))
    profile = profile_from_mapping(card["profile"], "geovlm.json")
    grid = auto_processor(FOLDER).image_processor(images=[Image.new("RGB", size)], return_tensors="pt")
    _, rows, columns = grid["image_grid_thw"][0].tolist()
    assert profile.extent("model", size) == (columns * 8, rows * 8)
    if size[0] == size[1]:
        assert profile.extent("model", size) == (112, 112)


def test_it_answers_a_plain_question_greedily() -> None:
    from geovlm_cli.tiny.build import load
    from geovlm_cli.tiny.measure import Item, answers

    torch.set_num_threads(1)  # on a busy machine more threads wait for one another
    scenes = generate("temporal", 8, seed=5, split="test")
    items = [
        Item(scene.images, "Did anything change?", "no" if scene.meta["class"] == "no damage" else "yes")
        for scene in scenes
    ]
    texts = answers(*load(FOLDER), items)
    assert sum(text == item.answer for text, item in zip(texts, items, strict=True)) >= 6
