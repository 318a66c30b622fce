"""How well a tiny model sees: greedy answers to plain questions about scenes it has not seen.

`python -m geovlm_cli.tiny.measure FOLDER [N]` prints one figure an exam as JSON: the mean detection score for boxes, the
share of exact answers for everything else.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import torch

from geovlm_cli.boxes import Boxes, boxes
from geovlm_cli.rewards import detection
from geovlm_cli.scenes import site_for
from geovlm_cli.scenes.classes import CLASSES, COVER, land_use
from geovlm_cli.scenes.objects import KINDS
from geovlm_cli.scenes.pairs import pair
from geovlm_cli.tiny import SIZE
from geovlm_cli.tiny.build import load
from geovlm_cli.tiny.lessons import box_text, boxes_text, caption, object_scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image
    from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

    from geovlm_cli.scenes.layout import ObjectScene
    from geovlm_cli.scenes.site import Site

BOXES: Final = ("one box", "two or three boxes", "list all")
Column = npt.NDArray[np.float64]
_ROTATED = re.compile(r"\[(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})\]")
_SEED = 424242
_AT_ONCE = 64
_LONGEST_ANSWER = 96


@dataclass(frozen=True, slots=True)
class Item:
    """One question of an exam with its exact answer."""

    images: tuple[Image.Image, ...]
    question: str
    answer: str


def exams(n: int, seed: int = _SEED) -> dict[str, list[Item]]:
    """Draw `n` items an exam from validation scenes."""
    drawn: dict[str, list[Item]] = {name: [] for name in (*BOXES, "count", "presence", "caption")}
    index = 0
    while any(len(items) < n for items in drawn.values()):
        site = site_for("lessons", index, seed=seed, split="validation", size=SIZE)
        for name, item in _about_objects(site, object_scene(site)).items():
            drawn[name].append(item)
        index += 1
    drawn = {name: items[:n] for name, items in drawn.items()}
    drawn |= {"land cover": [], "destroyed": [], "change": []}
    for index in range(n):
        site = site_for("lessons", index, seed=seed + 1, split="validation", size=SIZE)
        drawn["land cover"].append(_about_cover(site))
        drawn["destroyed"].append(_about_damage(site, site.integer(0, 6), "How many buildings were destroyed?"))
        drawn["change"].append(_about_damage(site, site.integer(1, 6) * (index % 2), "Did anything change?"))
    return drawn


def _about_objects(site: Site, scene: ObjectScene) -> dict[str, Item]:
    def item(question: str, answer: str) -> Item:
        return Item((scene.image,), question, answer)

    asked = site.pick(scene.things)
    kind = site.pick(KINDS)
    answers = {
        "count": item(f"How many {asked.kind}s are there?", str(scene.count(asked.kind))),
        "presence": item(f"Is there a {kind}?", "yes" if scene.count(kind) else "no"),
        "caption": item("Describe the image.", caption(scene)),
    }
    same = scene.named(asked.name)
    if len(same) == 1:
        answers["one box"] = item(f"Where is the {asked.name}?", box_text(asked.box))
    elif len(same) <= 3:
        answers["two or three boxes"] = item(f"Locate all {asked.name}s.", boxes_text(same))
    if len(scene.things) <= 4:
        listed = ", ".join(f"{thing.name} {box_text(thing.box)}" for thing in scene.things)
        answers["list all"] = item("Detect all objects.", listed)
    return answers


def _about_cover(site: Site) -> Item:
    name = site.pick(CLASSES)
    return Item((land_use(site, name),), "Describe the land cover.", COVER[name])


def _about_damage(site: Site, destroyed: int, question: str) -> Item:
    drawn = pair(site, destroyed)
    count = len(drawn.destroyed)
    answer = str(count) if question.startswith("How many") else "yes" if count else "no"
    return Item((drawn.before, drawn.after), question, answer)


def answers(
    model: Qwen2_5_VLForConditionalGeneration, processor: Qwen2_5_VLProcessor, items: Sequence[Item]
) -> list[str]:
    """Return the greedy answers of a model, in batches of equally many pictures."""
    texts = []
    for start in range(0, len(items), _AT_ONCE):
        inputs = _prompts(processor, items[start : start + _AT_ONCE]).to(model.device)
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=_LONGEST_ANSWER, do_sample=False)
        fresh = output[:, inputs["input_ids"].shape[1] :]
        texts += processor.tokenizer.batch_decode(fresh, skip_special_tokens=True)
    return texts


def _prompts(processor: Qwen2_5_VLProcessor, items: Sequence[Item]) -> Any:
    messages = [
        [
            {
                "role": "user",
                "content": [*({"type": "image"} for _ in item.images), {"type": "text", "text": item.question}],
            }
        ]
        for item in items
    ]
    texts = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    images = [image for item in items for image in item.images]
    return processor(text=texts, images=images, return_tensors="pt", padding=True, padding_side="left")


def scores(name: str, items: Sequence[Item], texts: Sequence[str]) -> Column:
    """Return float64[n] in [0, 1]: the detection score of boxes, equality of everything else."""
    if name in BOXES:
        return detection([_boxes(text) for text in texts], [_boxes(item.answer) for item in items])
    return np.array([float(text == item.answer) for item, text in zip(items, texts, strict=True)])


def _boxes(text: str) -> Boxes:
    return boxes("pixel", [[float(number) for number in found] for found in _ROTATED.findall(text)])


def measure(
    model: Qwen2_5_VLForConditionalGeneration, processor: Qwen2_5_VLProcessor, n: int, seed: int = _SEED
) -> dict[str, float]:
    """Return the mean score of every exam of `n` items."""
    model.eval()
    figures = {}
    for name, items in exams(n, seed).items():
        texts = answers(model, processor, items)
        figures[name] = round(float(np.mean(scores(name, items, texts))), 4)
    return figures


def main(arguments: Sequence[str]) -> None:
    """Print the figures of a folder."""
    folder, n = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 200
    figures = measure(*load(folder), n)
    sys.stdout.write(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
