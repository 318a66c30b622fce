"""Lessons, their packing, and a run that resumes where it was cut off."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from geovlm_cli.scenes import site_for
from geovlm_cli.tiny import FOLDER
from geovlm_cli.tiny.lessons import Lesson, box_text, lesson, object_scene, object_turn

if TYPE_CHECKING:
    from pathlib import Path

torch = pytest.importorskip("torch", reason="pretraining needs torch")
pytest.importorskip("transformers", reason="pretraining needs transformers")


def lessons(n: int) -> list[Lesson]:
    return [lesson(site_for("lessons", index, seed=1, split="pretrain")) for index in range(n)]


def test_lessons_are_reproducible_and_cover_every_form_of_answer() -> None:
    first, again = lessons(150), lessons(150)
    assert [each.turns for each in first] == [each.turns for each in again]
    answers = " ".join(turn.answer for each in first for turn in each.turns)
    for form in ("<answer>", "<think>", "bbox_2d", "yes", "no change", "destroyed", '{"answer"', "[["):
        assert form in answers
    assert {len(each.images) for each in first} == {1, 2}


def test_answers_agree_with_the_scene() -> None:
    for index in range(60):
        site = site_for("lessons", index, seed=3, split="pretrain", size=48)
        scene = object_scene(site)
        question, answer = object_turn(site, scene)
        if match := re.fullmatch(r"(?:How many|Number of|Count the) (\w+)s(?: are there)?[?.]", question):
            assert answer == str(scene.count(match[1]) if match[1] != "object" else len(scene.things))
        if match := re.fullmatch(r"(?:Is there|Do you see) a (\w+)\?", question):
            assert (answer == "yes") == bool(scene.count(match[1]))
        for box in re.findall(r"\[\d[^\[\]]*\]", answer + question):
            assert box in {box_text(thing.box) for thing in scene.things}


def test_packed_turns_cost_what_they_cost_one_by_one() -> None:
    """The stock forward over each turn alone gives the same loss as the shared pictures with their mask."""
    from geovlm_cli.tiny.batches import encode
    from geovlm_cli.tiny.build import load
    from geovlm_cli.tiny.pretrain import loss

    model, processor = load(FOLDER)
    given = lessons(3)
    torch.set_num_threads(1)  # on a busy machine more threads wait for one another
    total, tokens = 0.0, 0
    with torch.inference_mode():
        packed = float(loss(model, encode(processor, given)))
        for each in given:
            for question, answer in each.turns:
                content = [*({"type": "image"} for _ in each.images), {"type": "text", "text": question}]
                prompt = processor.apply_chat_template(
                    [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
                )
                asked = processor(text=[prompt], images=list(each.images), return_tensors="pt")
                whole = processor(text=[f"{prompt}{answer}<|im_end|>\n"], images=list(each.images), return_tensors="pt")
                start = asked["input_ids"].shape[1]
                wanted = whole["input_ids"][0, start:]
                logits = model(**whole).logits[0, start - 1 : -1]
                total += float(torch.nn.functional.cross_entropy(logits, wanted, reduction="sum"))
                tokens += len(wanted)
    assert packed == pytest.approx(total / tokens, rel=1e-4)


def test_a_resumed_run_ends_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from geovlm_cli.tiny import pretrain as module
    from geovlm_cli.tiny.optimisers import share

    whole = module.Options(out=tmp_path / "whole", steps=3, batch=1, seed=0, rate=1e-3, base=FOLDER, every=1, threads=1)
    module.pretrain(whole)

    def dying(step: int, steps: int) -> float:
        if step == 2:
            raise KeyboardInterrupt
        return share(step, steps)

    cut = replace(whole, out=tmp_path / "cut")
    monkeypatch.setattr(module, "share", dying)
    with pytest.raises(KeyboardInterrupt):
        module.pretrain(cut)
    monkeypatch.undo()
    module.pretrain(replace(cut, resume=True))
    assert (cut.out / "model.safetensors").read_bytes() == (whole.out / "model.safetensors").read_bytes()
    assert (cut.out / "model.safetensors").read_bytes() != (FOLDER / "model.safetensors").read_bytes()


def test_a_model_from_nothing_has_the_shape_of_the_shipped_one() -> None:
    from transformers import AutoConfig

    from geovlm_cli.tiny.build import new_model, train_tokenizer
    from geovlm_cli.tiny.pretrain import corpus

    tokenizer = train_tokenizer(corpus(lessons=60))
    model = new_model(tokenizer, seed=0)
    shipped = AutoConfig.from_pretrained(FOLDER)
    assert model.config.vision_config.to_dict() | {"dtype": None} == (shipped.vision_config.to_dict() | {"dtype": None})
    assert model.config.text_config.hidden_size == shipped.text_config.hidden_size
    assert 3.4e6 < sum(weight.numel() for weight in model.parameters()) < 3.7e6
    assert len(tokenizer("[17,46,133,55,145]")["input_ids"]) == 11


def test_the_rate_warms_up_stays_and_falls() -> None:
    from geovlm_cli.tiny.optimisers import share

    shares = [share(step, 1000) for step in range(1000)]
    assert shares[0] < 0.05
    assert shares[100] == 1
    assert shares[-1] == pytest.approx(0.02, abs=1e-3)
    assert shares[200:] == sorted(shares[200:], reverse=True)
