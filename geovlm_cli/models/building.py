"""Building a Qwen2.5-VL folder from a configuration, with random weights: `geovlm init-model`."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

from geovlm_cli.errors import ConfigError, ModelError, OutputError, clean
from geovlm_cli.models.loading import resolve_dtype
from geovlm_cli.models.names import DECLARATION, resolve_model
from geovlm_cli.models.processors import load_processor, make_processor
from geovlm_cli.models.shapes import SHAPES, Shape

SPECIALS = tuple(
    f"<|{name}|>"
    for name in (
        *("endoftext", "im_start", "im_end", "object_ref_start", "object_ref_end", "box_start", "box_end"),
        *("quad_start", "quad_end", "vision_start", "vision_end", "vision_pad", "image_pad", "video_pad"),
    )
)
TAGS = ("<think>", "</think>", "<answer>", "</answer>")  # ordinary tokens: decoding would drop special ones


def init_model(
    out: Path, *, like: str = "tiny", tokenizer: str | None = None, dtype: str = "float32", seed: int = 0
) -> Path:
    """Write a model folder with random weights and return it.

    like: `small`, `3b`, `7b`, or a model whose shape, processor and declaration are copied. tokenizer: the model whose tokenizer a named
    shape takes; default bytes without merges. Raises OutputError where `out` is not empty or not writable.
    """
    for needed in ("torch", "transformers"):  # before a folder is made that would stay empty
        import_module(needed)
    _empty_folder(out)
    try:
        if like in SHAPES:
            _from_shape(out, SHAPES[like], tokenizer, dtype, seed)
        else:
            _from_model(out, like, dtype, seed)
    except OSError as error:
        raise OutputError(
            f"Cannot write the model to {clean(str(out))}: {error.strerror or clean(str(error))}."
        ) from error
    return out


def byte_tokenizer() -> Any:
    """Return a tokenizer of bytes without merges; the class is one that keeps its split rule when it is saved and loaded."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={byte: index for index, byte in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIALS])
    raw.add_tokens([AddedToken(token, special=False, normalized=False) for token in TAGS])
    names = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    return PreTrainedTokenizerFast(tokenizer_object=raw, clean_up_tokenization_spaces=False, **names)


def _empty_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise OutputError(f"The folder {clean(str(out))} is not empty; name a new one.")
    except OSError as error:
        raise OutputError(f"Cannot make the folder {clean(str(out))}: {error.strerror}.") from error


def _from_model(out: Path, like: str, dtype: str, seed: int) -> None:
    from transformers import AutoConfig, AutoModelForImageTextToText, set_seed

    source = resolve_model(like)
    try:
        config = AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The configuration of {clean(like)} does not load: {clean(str(error).partition(chr(10))[0])}"
        ) from error
    processor = load_processor(like)
    set_seed(seed)
    model = AutoModelForImageTextToText.from_config(config, dtype=resolve_dtype(dtype))
    _save(out, model, processor)
    if isinstance(source, Path) and (source / DECLARATION).is_file():
        shutil.copy(source / DECLARATION, out / DECLARATION)


def _from_shape(out: Path, shape: Shape, tokenizer: str | None, dtype: str, seed: int) -> None:
    from transformers import AutoModelForImageTextToText, set_seed

    words = load_processor(tokenizer).tokenizer if tokenizer else byte_tokenizer()
    template = words.chat_template or (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")
    processor = make_processor(words, template, patch_size=shape.vision["patch_size"], pixels=shape.pixels)
    set_seed(seed)
    model = AutoModelForImageTextToText.from_config(_config(shape, words), dtype=resolve_dtype(dtype))
    _save(out, model, processor)


def _config(shape: Shape, tokenizer: Any) -> Any:
    from transformers import Qwen2_5_VLConfig

    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIALS}
    if None in ids.values():
        raise ConfigError("The tokenizer lacks Qwen's special tokens; name one of a Qwen-VL model.")
    ends = {
        "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
    }
    rope = {"rope_type": "default", "rope_theta": 1000000.0, "mrope_section": list(shape.rope)}
    vocabulary = max(shape.vocabulary, -(-len(tokenizer) // 64) * 64)
    return Qwen2_5_VLConfig(
        text_config={
            **shape.text,
            **ends,
            "vocab_size": vocabulary,
            "rope_parameters": rope,
            "max_position_embeddings": 32768,
        },
        vision_config={
            **shape.vision,
            "out_hidden_size": shape.text["hidden_size"],
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=shape.tied,
    )


def _save(out: Path, model: Any, processor: Any) -> None:
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # stderr is for our own progress
    tokenizer = processor.tokenizer
    ends = [tokenizer.convert_tokens_to_ids(token) for token in ("<|im_end|>", "<|endoftext|>")]
    model.generation_config.eos_token_id = ends
    model.generation_config.pad_token_id = ends[1]
    model.save_pretrained(out)
    processor.save_pretrained(out)
