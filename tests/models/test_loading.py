from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from geovlm_cli.errors import ModelError
from geovlm_cli.models import attention, load_model, loading


def sentence(name: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(str(name))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_loads_in_float32_on_a_cpu(small: Path) -> None:
    model = load_model(str(small))
    assert type(model).__name__ == "Qwen2_5_VLForConditionalGeneration"
    assert model.dtype == (torch.float32 if loading.device() == "cpu" else torch.bfloat16)
    assert load_model(str(small), dtype="bfloat16").dtype == torch.bfloat16


def test_damaged_weights_are_one_sentence(copy: Path) -> None:
    weights = copy / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    assert "does not load" in sentence(copy)
    weights.unlink()
    assert "does not load" in sentence(copy)


def test_a_missing_tensor_is_named(copy: Path) -> None:
    tensors = safetensors.torch.load_file(copy / "model.safetensors")
    del tensors["visual.blocks.1.mlp.down_proj.weight"]
    safetensors.torch.save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    assert "1 tensors are missing" in sentence(copy)


def test_weights_of_another_size_are_one_sentence(copy: Path) -> None:
    config = copy / "config.json"
    config.write_text(config.read_text().replace('"intermediate_size": 128', '"intermediate_size": 96'))
    assert "does not load" in sentence(copy)


def test_pickled_weights_are_not_read(copy: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    class Payload:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (canary,)

    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(Payload()))
    assert "does not load" in sentence(copy)
    assert not canary.exists()


def test_code_of_a_model_is_not_run(copy: Path, tmp_path: Path) -> None:
    config = copy / "config.json"
    canary = tmp_path / "canary"
    (copy / "modelling.py").write_text(f"open({str(canary)!r}, 'w')")
    remote = '"auto_map": {"AutoConfig": "modelling.C", "AutoModelForImageTextToText": "modelling.M"}, "model_type": "own_type"'
    config.write_text(config.read_text().replace('"model_type": "qwen2_5_vl"', remote, 1))
    assert "does not load" in sentence(copy)
    assert not canary.exists()


def test_flash_attention_needs_the_package_a_gpu_and_half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec("click")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    monkeypatch.setattr(loading, "device", lambda: "cuda")
    assert attention(torch.bfloat16) == "flash_attention_2"
    assert attention(torch.float32) == "sdpa"
    monkeypatch.setattr(loading, "device", lambda: "cpu")
    assert attention(torch.bfloat16) == "sdpa"
    monkeypatch.setattr(loading, "device", lambda: "cuda")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert attention(torch.bfloat16) == "sdpa"


def test_an_adapter_without_safetensors_is_refused(small: Path, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(f'{{"base_model_name_or_path": "{small}", "peft_type": "LORA"}}')
    (tmp_path / "adapter_model.bin").write_bytes(b"pickle")
    assert "adapter_model.safetensors" in sentence(tmp_path)
