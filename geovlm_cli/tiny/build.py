"""The tiny model: its shape, its tokenizer and processor, from nothing or from a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
import tokenizers
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)

from geovlm_cli.tiny import SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PATCH: Final = 8
MERGE: Final = 2
SPECIALS: Final = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
TAGS: Final = ("<think>", "</think>", "<answer>", "</answer>")  # not special, or decoding would drop them
_VOCABULARY = 832
_LEAST_PIXELS = (PATCH * MERGE) ** 2
_MOST_PIXELS = 12_600  # a little above 112 x 112: exactly that many sends some square pictures to 96 x 96 by rounding
_CARD: Final = {
    "profile": {
        "name": "tiny",
        "structure": "think_answer",
        "opens_think": False,
        "box_syntax": "list5",
        "frame": "model",
        "angle_frame": "model",
        "resize": {"factor": PATCH * MERGE, "min_pixels": _LEAST_PIXELS, "max_pixels": _MOST_PIXELS},
    },
    "prompt_style": "none",
}
"""How the model speaks, written beside the weights as `geovlm.json`."""
_FOREIGN_KEYS = ("is_local", "local_files_only", "max_length", "pad_to_multiple_of", "pad_token_type_id")
# Qwen's split with up to three digits together: a coordinate is one token
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Qwen's template without its default system line: eight tokens less a prompt
_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n"
    "{% else %}{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def train_tokenizer(corpus: Iterable[str]) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE in which every label word, and every number up to 999, can become one token.

    The class matters: `Qwen2TokenizerFast` would keep the digit rule only until it is saved and reloaded.
    """
    raw = Tokenizer(models.BPE())
    raw.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(tokenizers.Regex(_SPLIT), behavior="isolated", invert=False)
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY - len(SPECIALS) - len(TAGS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(corpus, trainer)
    raw.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIALS])
    raw.add_tokens([AddedToken(token, special=False, normalized=False) for token in TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token=SPECIALS[2],
        pad_token=SPECIALS[0],
        model_max_length=4096,
        clean_up_tokenization_spaces=False,
    )


def make_processor(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLProcessor:
    """Return the processor: pictures are resized to about the area of `SIZE` x `SIZE`, square ones to exactly that."""
    size = {"shortest_edge": _LEAST_PIXELS, "longest_edge": _MOST_PIXELS}
    shape: dict[str, Any] = {"patch_size": PATCH, "merge_size": MERGE, "temporal_patch_size": 2, "size": size}
    return Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(**shape),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(**shape),
        chat_template=_TEMPLATE,
    )


def new_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> Qwen2_5_VLForConditionalGeneration:
    """Return random weights in float32: 3.6 million parameters, 49 tokens a picture."""
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIALS}
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config=_text_shape(ids, len(tokenizer)),
            vision_config=_vision_shape(),
            image_token_id=ids["<|image_pad|>"],
            video_token_id=ids["<|video_pad|>"],
            vision_start_token_id=ids["<|vision_start|>"],
            vision_end_token_id=ids["<|vision_end|>"],
            tie_word_embeddings=True,
        )
    ).float()
    model.generation_config.eos_token_id = [ids["<|im_end|>"], ids["<|endoftext|>"]]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    return model


def _text_shape(ids: dict[str, int], vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": -(-vocabulary // 64) * 64,
        "hidden_size": 224,
        "intermediate_size": 560,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "rope_parameters": {"rope_type": "default", "rope_theta": 10.0, "mrope_section": [4, 12, 12]},
    }


def _vision_shape() -> dict[str, Any]:
    return {
        "depth": 4,
        "hidden_size": 128,
        "intermediate_size": 384,
        "num_heads": 4,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "temporal_patch_size": 2,
        "window_size": SIZE,
        "out_hidden_size": 224,
        "fullatt_block_indexes": [0, 1, 2, 3],
    }


def save(model: Qwen2_5_VLForConditionalGeneration, processor: Qwen2_5_VLProcessor, folder: Path) -> None:
    """Write an ordinary Hugging Face folder, weights in float16, and `geovlm.json`; turns `model` into float16."""
    for key in _FOREIGN_KEYS:  # how this process loaded the tokenizer is nobody else's concern
        processor.tokenizer.init_kwargs.pop(key, None)
    model.half().save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    (folder / "geovlm.json").write_bytes(orjson.dumps(_CARD, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def load(folder: Path) -> tuple[Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor]:
    """Read a tiny model in float32 with its processor."""
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    return model, make_processor(PreTrainedTokenizerFast.from_pretrained(folder))
