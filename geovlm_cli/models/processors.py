"""The processor of a model: tokenizer, chat template and image processor, with or without torchvision."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import Any

from geovlm_cli.errors import ConfigError, ModelError, clean
from geovlm_cli.models.names import base_of, is_adapter, not_on_hub, resolve_model
from geovlm_cli.profiles import Profile

_TOKENS = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "vision_start_token": "<|vision_start|>",
    "vision_end_token": "<|vision_end|>",
}


def load_processor(name: str, *, profile: Profile | None = None, trust_remote_code: bool = False) -> Any:
    """Return the processor of a model folder or hub id, padding on the left, resizing as `profile` says.

    Raises ModelError where the folder has none, ConfigError where the profile's image sizes do not suit the model's patches.
    """
    model = resolve_model(name)
    if isinstance(model, Path) and is_adapter(model) and not (model / "processor_config.json").is_file():
        model = resolve_model(base_of(model))
    processor = _load(model, trust_remote_code)
    processor.tokenizer.padding_side = "left"  # generation and GRPO continue a prompt at its right end
    if profile is not None:
        agree(processor, profile)
    return processor


def agree(processor: Any, profile: Profile) -> None:
    """Make the image processor keep the size that the profile's resizing gives, so that frames are what the profile says; raises ConfigError where it cannot."""
    images = processor.image_processor
    factor = images.patch_size * images.merge_size
    resize = profile.resize
    if resize.fixed is None:
        if resize.factor % factor:
            raise ConfigError(
                f"Profile `{profile.name}` resizes to multiples of {resize.factor} px, the model to multiples of {factor}; give a profile of this model with model.profile."
            )
        images.size = {"shortest_edge": resize.min_pixels, "longest_edge": resize.max_pixels}
        return
    width, height = resize.fixed
    if width % factor or height % factor:
        raise ConfigError(
            f"Profile `{profile.name}` resizes to {width}×{height} px, and this model takes multiples of {factor} px."
        )
    images.size = {
        "shortest_edge": min(factor**2, width * height),
        "longest_edge": max(width * height, images.size["longest_edge"]),
    }


def make_processor(tokenizer: Any, chat_template: str, *, patch_size: int, pixels: tuple[int, int]) -> Any:
    """Return a Qwen2.5-VL processor built from its parts. pixels: (smallest, largest) image area in px."""
    import transformers

    settings = {
        "patch_size": patch_size,
        "merge_size": 2,
        "temporal_patch_size": 2,
        "size": {"shortest_edge": pixels[0], "longest_edge": pixels[1]},
    }
    if not torchvision_imports():
        return _without_video("Qwen2_5_VLProcessor")(
            transformers.Qwen2VLImageProcessorPil(**settings), tokenizer, chat_template=chat_template
        )
    return transformers.Qwen2_5_VLProcessor(
        image_processor=transformers.Qwen2VLImageProcessor(**settings),
        tokenizer=tokenizer,
        video_processor=transformers.Qwen2VLVideoProcessor(**settings),
        chat_template=chat_template,
    )


def torchvision_imports() -> bool:
    """Does torchvision import here? A CPU build of torch beside PyPI's torchvision is installed and does not."""
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError, OSError):
        return False
    return True


def _load(model: Path | str, trust_remote_code: bool) -> Any:
    from transformers import AutoProcessor

    try:
        if not torchvision_imports() or not _has_video(model):
            return _image_only(model)
        return AutoProcessor.from_pretrained(model, trust_remote_code=trust_remote_code)
    except (OSError, ValueError, KeyError) as error:
        if isinstance(model, str):
            raise not_on_hub(model, error) from error
        first_line = str(error).strip().partition("\n")[0]
        raise ModelError(f"The processor of {clean(str(model))} does not load: {clean(first_line)}") from error


def _has_video(model: Path | str) -> bool:
    """Does the folder describe a video processor? One saved without torchvision does not; older checkpoints share the file of the images."""
    if (
        isinstance(model, str)
        or (model / "preprocessor_config.json").is_file()
        or (model / "video_preprocessor_config.json").is_file()
    ):
        return True
    return '"video_processor"' in (model / "processor_config.json").read_text(encoding="utf-8")


def _image_only(model: Path | str) -> Any:
    import transformers

    settings, _ = transformers.ProcessorMixin.get_processor_dict(model)
    name = str(settings.get("processor_class"))
    if not hasattr(transformers, name):
        raise ModelError(f"{clean(str(model))} names the processor {clean(name)}, which transformers does not have.")
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    images = transformers.Qwen2VLImageProcessorPil.from_pretrained(model)
    return _without_video(name)(images, tokenizer, chat_template=tokenizer.chat_template)


@cache
def _without_video(name: str) -> Any:
    """Make a subclass of a stock processor that has no video processor, which cannot be built without torchvision.

    It keeps the stock name: a folder that it saves loads as the stock class where torchvision exists.
    """
    import transformers

    def build(self: Any, image_processor: Any = None, tokenizer: Any = None, chat_template: str | None = None) -> None:
        for attribute, default in _TOKENS.items():
            token = getattr(tokenizer, attribute, None) or default
            setattr(self, attribute, token)
            setattr(self, f"{attribute}_id", tokenizer.convert_tokens_to_ids(token))
        transformers.ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

    return type(name, (getattr(transformers, name),), {"__init__": build})
