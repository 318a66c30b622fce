"""Contents of chat turns written as lists of blocks: `{"type": "text", "text": …}`, `{"type": "image", "image": …}`, `{"type": "image_url", "image_url": {"url": …}}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import clean

Turn = tuple[str, Any]
Row = Mapping[str, Any]

_IMAGE_BLOCKS = frozenset(("image", "image_url", "input_image"))
_TEXT_BLOCKS = frozenset(("text", "input_text", "output_text"))


def is_list(content: Any) -> bool:
    """Is the content of a turn a list, which in messages is one of blocks?"""
    return isinstance(content, list)


def is_blocks(content: Any) -> bool:
    """Is the content of a turn a list of blocks, where it may be another list (boxes, in an answer)?"""
    return isinstance(content, list) and all(isinstance(item, Mapping) and "type" in item for item in content)


def flattened(turns: list[Turn], among: Callable[[Any], bool] = is_list) -> tuple[list[Turn], list[Any], int]:
    """Return the turns with their blocks joined to one text each, the images that the blocks hold, in order, and the number of image blocks.

    among: which contents are blocks. Raises MalformedRowError for a block that is neither text nor image.
    """
    blocks: list[Row] = []
    texts = [(role, _text(content, blocks) if among(content) else content) for role, content in turns]
    # A bare {"type": "image"} stands for the next of the row's `images`; Arrow fills absent keys with None.
    images = [image for block in blocks for key in ("image", "image_url", "path", "url") if (image := block.get(key))]
    return texts, images, len(blocks)


def _text(content: list[Any], images: list[Row]) -> str:
    """Return the text of a message, and add its image blocks to `images`."""
    texts = []
    for block in content:
        if not isinstance(block, Mapping):
            raise MalformedRowError(f"a block of a message is an object, found {clean(repr(block), 60)}")
        kind = str(block.get("type"))
        if kind in _TEXT_BLOCKS:
            texts.append(str(block.get("text") or ""))
        elif kind in _IMAGE_BLOCKS:
            images.append(block)
        else:
            raise MalformedRowError(f"a block is a text or an image, found type {clean(repr(kind), 40)}")
    return "\n".join(text for text in texts if text)


def with_images(row: Row, images: list[Any]) -> Row:
    """Return a row with the images of its blocks, where they hold any."""
    return {**row, "images": images} if images else row
