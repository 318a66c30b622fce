"""What an OpenAI-style server is asked and what is read from its reply: JSON bodies, images as data URLs."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from geovlm_cli.data import jsonl
from geovlm_cli.data.images import open_image

if TYPE_CHECKING:
    from geovlm_cli.data.messages import Conversation
    from geovlm_cli.profiles import Profile
    from geovlm_cli.task import ImageRef

Body = dict[str, Any]


def chat_body(
    conversation: Conversation, profile: Profile, *, model: str, max_new_tokens: int, temperature: float, seed: int
) -> Body:
    """Return the body of one `chat/completions` request; raises DataError for an image that does not open.

    Images are the pixels that the profile's model sees, as PNG. A seed goes along only where something is drawn: servers that know none refuse it.
    """
    images = iter(conversation.images)
    messages = [
        {**message, "content": list(_content(message["content"], images, profile))} for message in conversation.messages
    ]
    drawn = {"seed": seed} if temperature > 0 else {}
    return {"model": model, "messages": messages, "max_tokens": max_new_tokens, "temperature": temperature, **drawn}


def key_of(body: Body) -> str:
    """Return what two requests share if and only if they ask the same: a sha256 of the body."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def text_of(reply: bytes) -> str | None:
    """Return the text of a reply, empty where the model said nothing, or None where the reply is none of this protocol.

    Lone surrogates, as a model leaves them that breaks a character off, become U+FFFD (scoring-policy.md rule 11).
    """
    try:
        value = jsonl.parse(reply)
        content = value["choices"][0]["message"].get("content")
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
    if isinstance(content, list):
        return _joined(content)
    return "" if content is None else content if isinstance(content, str) else None


def _joined(blocks: list[Any]) -> str | None:
    """Return what the text blocks of a reply say one after another, or None where one of its blocks is none; reasoning and refusals carry no `text`."""
    texts = [block.get("text", "") for block in blocks if isinstance(block, dict)]
    said = [text for text in texts if isinstance(text, str)]
    return "".join(said) if len(said) == len(blocks) else None


def _content(blocks: list[Mapping[str, Any]], images: Iterator[ImageRef], profile: Profile) -> Iterator[Body]:
    for block in blocks:
        if block["type"] == "image":
            yield {"type": "image_url", "image_url": {"url": _data_url(next(images), profile)}}
        else:
            yield dict(block)


def _data_url(ref: ImageRef, profile: Profile) -> str:
    encoded = io.BytesIO()
    open_image(ref, profile).save(encoded, "PNG")
    return f"data:image/png;base64,{base64.b64encode(encoded.getvalue()).decode()}"
