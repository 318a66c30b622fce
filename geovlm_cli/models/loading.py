"""Loading weights: safetensors only, the attention backend and dtype of this machine, LoRA adapters."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from geovlm_cli.errors import ConfigError, DeviceMemoryError, ModelError, clean
from geovlm_cli.models.names import base_of, is_adapter, not_on_hub, require, resolve_model


def load_model(
    name: str,
    *,
    dtype: str = "auto",
    attn_implementation: str | None = None,
    trust_remote_code: bool = False,
    adapter: str | None = None,
    trainable_adapter: bool = False,
) -> Any:
    """Return the model of a folder, run folder or hub id, on the CPU; an adapter folder stands for its base with the adapter on it.

    dtype auto: bfloat16 where there is a CUDA device, else float32. Raises ModelError in one sentence for a missing or damaged folder.
    """
    model = resolve_model(name)
    if isinstance(model, Path) and is_adapter(model):
        adapter, model = str(model), resolve_model(base_of(model))
    if isinstance(model, str):
        require(model)
    weights = _load_weights(model, dtype, attn_implementation, trust_remote_code)
    return weights if adapter is None else _with_adapter(weights, Path(adapter), trainable_adapter)


def device() -> str:
    """Return the device that models run on here: cuda where there is one, else cpu."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def usable_device(name: str) -> str:
    """Return the name of a torch device on which a tensor can be made here; raises ConfigError for any other."""
    import torch

    if _holds_tensors(name):
        return name
    count = torch.cuda.device_count()
    gpus = ", ".join(f"cuda:{number}" for number in range(count)) or "no GPU that torch can use"
    raise ConfigError(
        f"--device {clean(name, 60)} is no device of this machine, which has cpu and {gpus}; name one of these, or leave --device out."
    )


def _holds_tensors(name: str) -> bool:
    import torch

    # an unknown name, no CUDA in this torch, a device without a backend
    unusable = (RuntimeError, AssertionError, NotImplementedError)
    try:
        return not torch.empty(1, device=name).is_meta
    except unusable:
        return False


def resolve_dtype(dtype: str) -> Any:
    """Return the torch dtype for `auto`, `bfloat16`, `float16` or `float32`."""
    import torch

    if dtype == "auto":
        return torch.bfloat16 if device() == "cuda" else torch.float32
    return getattr(torch, dtype)


def attention(dtype: Any) -> str:
    """Return the attention backend: flash-attn where it is installed and can run (CUDA, half precision), else sdpa."""
    import torch

    half = dtype in (torch.bfloat16, torch.float16)
    flash = half and device() == "cuda" and importlib.util.find_spec("flash_attn") is not None
    return "flash_attention_2" if flash else "sdpa"


def _load_weights(model: Path | str, dtype: str, attn_implementation: str | None, trust_remote_code: bool) -> Any:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForImageTextToText
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # stderr is for our own progress
    kind = resolve_dtype(dtype)
    try:
        loaded, report = AutoModelForImageTextToText.from_pretrained(
            model,
            dtype=kind,
            attn_implementation=attn_implementation or attention(kind),
            use_safetensors=True,
            trust_remote_code=trust_remote_code,
            output_loading_info=True,
        )
    except torch.OutOfMemoryError as error:
        raise DeviceMemoryError(
            f"Loading {clean(str(model))} does not fit the device; use model.dtype=bfloat16 or a smaller model."
        ) from error
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, ImportError) as error:
        raise _not_loaded(model, error) from error
    missing = sorted(report["missing_keys"])
    if missing:
        raise ModelError(
            f"The weights of {clean(str(model))} are incomplete: {len(missing)} tensors are missing, the first is {clean(missing[0])}."
        )
    return loaded


def _not_loaded(model: Path | str, error: Exception) -> ModelError:
    if isinstance(model, str) and isinstance(error, OSError):
        return not_on_hub(model, error)
    first_line = str(error).strip().partition("\n")[0]
    return ModelError(f"The model {clean(str(model))} does not load: {clean(first_line)}")


def _with_adapter(model: Any, adapter: Path, trainable: bool) -> Any:
    from peft import PeftModel
    from safetensors import SafetensorError

    if not (adapter / "adapter_model.safetensors").is_file():
        raise ModelError(
            f"{clean(str(adapter))} holds no adapter_model.safetensors; other weight formats are not read."
        )
    try:
        return PeftModel.from_pretrained(model, adapter, is_trainable=trainable)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
        raise _not_loaded(adapter, error) from error
