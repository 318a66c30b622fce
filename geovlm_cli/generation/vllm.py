"""The vLLM engine, for those who have it installed (extra `vllm`): the same conversations and pixels as the transformers engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geovlm_cli.data.images import open_image
from geovlm_cli.models import is_adapter, resolve_model
from geovlm_cli.models.names import base_of

if TYPE_CHECKING:
    from geovlm_cli.data.messages import Conversation
    from geovlm_cli.profiles import Profile

_IMAGES = 8  # a prompt, at most


def load_vllm(
    model: str, *, dtype: str = "auto", adapter: str | None = None, trust_remote_code: bool = False, seed: int = 0
) -> VllmEngine:
    """Load a model into vLLM; raises ModuleNotFoundError where vLLM is not installed, ModelError where the name leads nowhere."""
    from vllm import LLM
    from vllm.lora.request import LoRARequest

    found = resolve_model(model)
    adapter = adapter or (str(found) if is_adapter(found) else None)
    base = base_of(found) if is_adapter(found) else found  # type: ignore[arg-type]  # only a folder is an adapter
    engine = LLM(
        model=str(base),
        dtype=dtype,
        seed=seed,
        trust_remote_code=trust_remote_code,
        enable_lora=adapter is not None,
        limit_mm_per_prompt={"image": _IMAGES},
    )
    return VllmEngine(engine, LoRARequest("adapter", 1, adapter) if adapter else None)


class VllmEngine:
    """A model in vLLM that answers conversations."""

    device = "vllm"

    def __init__(self, engine: Any, adapter: Any = None) -> None:
        self._engine, self._adapter = engine, adapter

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        profile: Profile,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[str]:
        """Answer one batch; greedy at temperature 0, else the i-th conversation is drawn with `seed + i`.

        Nothing that shapes the distribution comes from the checkpoint's generation_config.json. Raises DataError for an image that does not open.
        """
        from vllm import SamplingParams

        settings = [
            SamplingParams(
                max_tokens=max_new_tokens,
                temperature=temperature,
                top_p=1.0,
                top_k=-1,
                repetition_penalty=1.0,
                seed=(seed + i) % 2**31 if temperature > 0 else None,
            )
            for i in range(len(conversations))
        ]
        messages = [_messages(item, profile) for item in conversations]
        replies = self._engine.chat(messages, settings, lora_request=self._adapter, use_tqdm=False)
        return [str(reply.outputs[0].text) for reply in replies]


def _messages(conversation: Conversation, profile: Profile) -> list[dict[str, Any]]:
    """Return the messages with each image block holding its image, opened and resized as the transformers engine does."""
    images = iter([open_image(ref, profile) for ref in conversation.images])
    return [
        {
            **message,
            "content": [
                {"type": "image_pil", "image_pil": next(images)} if block["type"] == "image" else block
                for block in message["content"]
            ],
        }
        for message in conversation.messages
    ]
