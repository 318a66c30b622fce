"""The vLLM engine against a stub of its library: what it is loaded and asked with."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from geovlm_cli.data.messages import Conversation
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import ImageRef

SMALL = Profile(name="small", resize=Resize(fixed=(28, 28)))


class Stub:
    """Stands for `vllm.LLM`; answers with the size of the picture and the question."""

    def __init__(self, **options: Any) -> None:
        self.options, self.settings = options, [SimpleNamespace()]

    def chat(self, messages: Any, settings: Any, *, lora_request: Any, use_tqdm: bool) -> list[Any]:
        self.settings = settings
        texts = [f"{m[-1]['content'][0]['image_pil'].size} {m[-1]['content'][1]['text']}" for m in messages]
        return [SimpleNamespace(outputs=[SimpleNamespace(text=text)]) for text in texts]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    stub, lora, request = ModuleType("vllm"), ModuleType("vllm.lora"), ModuleType("vllm.lora.request")
    vars(stub).update(LLM=Stub, SamplingParams=SimpleNamespace)
    vars(request).update(LoRARequest=lambda *parts: parts)
    for name, module in {"vllm": stub, "vllm.lora": lora, "vllm.lora.request": request}.items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.usefixtures("vllm")
def test_vllm_sees_the_resized_pixels_and_draws_each_row_with_its_own_seed(tmp_path: Path) -> None:
    from geovlm_cli.generation.vllm import load_vllm

    path = tmp_path / "image.png"
    Image.new("RGB", (9, 7)).save(path)
    content = [{"type": "image"}, {"type": "text", "text": "ships?"}]
    asked = Conversation([{"role": "user", "content": content}], (ImageRef(str(path)),))
    engine = load_vllm("tiny", dtype="float32")
    answers = engine.generate([asked, asked], profile=SMALL, max_new_tokens=5, temperature=0.5, seed=3)
    assert answers == ["(28, 28) ships?"] * 2
    assert [(s.max_tokens, s.seed, s.top_p) for s in engine._engine.settings] == [(5, 3, 1.0), (5, 4, 1.0)]
    engine.generate([asked], profile=SMALL, max_new_tokens=5)
    assert engine._engine.settings[0].seed is None
    assert engine._engine.options["trust_remote_code"] is False


def test_without_vllm_the_extra_is_named(geovlm: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a", "task": "vqa", "images": [], "question": "?", "reference": "yes"}\n')
    outcome = geovlm("eval", "--model", "tiny", "--engine", "vllm", "--data", path)
    assert outcome.code == 4
    assert "geovlm-cli[vllm]" in outcome.err
