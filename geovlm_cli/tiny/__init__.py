"""The embedded default: the weights of `--model tiny`, and how they are made and measured.

`FOLDER` is an ordinary Hugging Face folder; nothing in this package is imported to load it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["FOLDER", "SIZE"]

FOLDER: Final = Path(__file__).with_name("model")
"""The shipped model: config, weights, tokenizer, processor, chat template, `geovlm.json`, model card."""

SIZE: Final = 112
"""Side, in pixels, of the only pictures that this model has seen."""
