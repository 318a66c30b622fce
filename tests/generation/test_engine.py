from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from geovlm_cli.data.messages import Conversation
from geovlm_cli.errors import DataError, DeviceMemoryError, ModelError
from geovlm_cli.generation import Engine, load_engine
from geovlm_cli.models import init_model
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import ImageRef

PROFILE = Profile(name="p", resize=Resize(fixed=(32, 32)))


def image(colour: str) -> ImageRef:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(buffer, "PNG")
    return ImageRef(buffer.getvalue())


def asked(text: str, *colours: str) -> Conversation:
    blocks: list[dict[str, Any]] = [{"type": "image"} for _ in colours]
    return Conversation(
        [{"role": "user", "content": [*blocks, {"type": "text", "text": text}]}], tuple(map(image, colours))
    )


CONVERSATIONS = [
    asked("Where is the long pier of the harbour?", "red"),
    asked("Why?", "green", "blue"),
    asked("Hm?", "white"),
    asked("No image."),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    made = load_engine(str(init_model(tmp_path_factory.mktemp("model") / "small", like="small", seed=3)))
    with torch.no_grad():  # random weights repeat one token; larger ones let the question matter
        for parameter in made.model.parameters():
            parameter.mul_(4.0)
    return made


def test_a_batch_answers_as_each_conversation_alone(engine: Engine) -> None:
    together = engine.generate(CONVERSATIONS, profile=PROFILE, max_new_tokens=12)
    alone = [engine.generate([one], profile=PROFILE, max_new_tokens=12)[0] for one in CONVERSATIONS]
    assert together == alone
    assert len(set(together)) > 1, "the answers must tell the questions apart"


def test_sampling_follows_the_seed_alone(engine: Engine) -> None:
    def sampled(seed: int) -> list[str]:
        return engine.generate(CONVERSATIONS, profile=PROFILE, max_new_tokens=12, temperature=1.0, seed=seed)

    first = sampled(1)
    torch.rand(5)
    assert sampled(1) == first
    assert sampled(2) != first


def test_sampling_leaves_the_random_state_of_the_caller(engine: Engine) -> None:
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    engine.generate(CONVERSATIONS[:1], profile=PROFILE, max_new_tokens=2, temperature=1.0, seed=4)
    assert torch.equal(torch.rand(3), expected)


def test_settings_of_a_checkpoint_do_not_leak_into_greedy_answers(engine: Engine) -> None:
    plain = engine.generate(CONVERSATIONS, profile=PROFILE, max_new_tokens=12)
    own = engine.model.generation_config
    before = (own.repetition_penalty, own.do_sample, own.temperature, own.top_k)
    own.repetition_penalty, own.do_sample, own.temperature, own.top_k = 1.5, True, 0.3, 3
    try:
        assert engine.generate(CONVERSATIONS, profile=PROFILE, max_new_tokens=12) == plain
    finally:
        own.repetition_penalty, own.do_sample, own.temperature, own.top_k = before


def test_batches_are_counted_and_special_tokens_left_out(engine: Engine) -> None:
    before = engine.calls
    texts = engine.generate(CONVERSATIONS[:2], profile=PROFILE, max_new_tokens=4)
    assert engine.calls == before + 1
    assert not any("<|" in text for text in texts)


def test_an_image_that_does_not_open_is_a_data_error(engine: Engine) -> None:
    bad = Conversation(CONVERSATIONS[0].messages, (ImageRef(b"no image"),))
    with pytest.raises(DataError):
        engine.generate([bad], profile=PROFILE, max_new_tokens=4)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_out_of_memory_is_one_sentence(engine: Engine, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def full(**_: Any) -> Any:
        raise error

    monkeypatch.setattr(engine.model, "generate", full)
    with pytest.raises(DeviceMemoryError, match="batch of 4") as caught:
        engine.generate(CONVERSATIONS, profile=PROFILE, max_new_tokens=4)
    assert caught.value.exit_code == 8


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        load_engine(str(tmp_path))
