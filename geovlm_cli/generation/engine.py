"""The transformers engine: conversations in, texts out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from geovlm_cli.data.images import open_image
from geovlm_cli.errors import DeviceMemoryError
from geovlm_cli.models import device as default_device
from geovlm_cli.models import load_model, load_processor, usable_device

if TYPE_CHECKING:
    from geovlm_cli.data.messages import Conversation
    from geovlm_cli.profiles import Profile


def load_engine(
    model: str,
    *,
    device: str | None = None,
    dtype: str = "auto",
    attn_implementation: str | None = None,
    adapter: str | None = None,
    trust_remote_code: bool = False,
) -> Engine:
    """Load a model and its processor for answering; raises ModelError in one sentence where they do not load, ConfigError for a device that is not here."""
    place = usable_device(device) if device else default_device()
    loaded = load_model(
        model,
        dtype=dtype,
        attn_implementation=attn_implementation,
        adapter=adapter,
        trust_remote_code=trust_remote_code,
    )
    processor = load_processor(model, trust_remote_code=trust_remote_code)
    return Engine(loaded.to(place).eval(), processor)


class Engine:
    """A loaded model that answers conversations. calls: how many batches it was asked, for tests of resuming."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model = model
        self.processor = processor
        self.calls = 0

    @property
    def device(self) -> str:
        """Where the model lies, as run.json says it."""
        return str(self.model.device)

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        profile: Profile,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[str]:
        """Answer one batch: one text a conversation, without special tokens; greedy at temperature 0, else sampled from `seed` alone.

        Raises DataError for an image that does not open, DeviceMemoryError where the batch does not fit the device.
        """
        import torch

        self.calls += 1
        with _memory_guard(len(conversations)), torch.inference_mode(), torch.random.fork_rng(self._devices()):
            torch.manual_seed(seed)
            inputs = self._inputs(conversations, profile)
            tokens = self.model.generate(**inputs, generation_config=self._settings(max_new_tokens, temperature))
            answers = tokens[:, inputs["input_ids"].shape[1] :]
            texts: list[str] = self.processor.batch_decode(answers, skip_special_tokens=True)
        return texts

    def _inputs(self, conversations: Sequence[Conversation], profile: Profile) -> Any:
        from geovlm_cli.models.processors import agree

        agree(self.processor, profile)
        batch = self.processor.apply_chat_template(
            [filled(conversation, profile) for conversation in conversations],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True, "padding_side": "left"},
        )
        return batch.to(self.model.device)

    def _settings(self, max_new_tokens: int, temperature: float) -> Any:
        from transformers import GenerationConfig

        own = self.model.generation_config
        sampled = temperature > 0
        # Everything that shapes the distribution is set, so that nothing comes from the generation_config.json of a checkpoint;
        # greedy search is given the library's own defaults, which it does not warn about.
        return GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=sampled,
            temperature=temperature if sampled else 1.0,
            top_k=0 if sampled else 50,
            top_p=1.0,
            repetition_penalty=1.0,
            num_beams=1,
            eos_token_id=own.eos_token_id,
            pad_token_id=self.processor.tokenizer.pad_token_id,
            suppress_tokens=[self.model.config.image_token_id],
        )

    def _devices(self) -> list[Any]:
        return [self.model.device] if self.model.device.type == "cuda" else []


def filled(conversation: Conversation, profile: Profile) -> list[dict[str, Any]]:
    """Return the messages with each image block holding its image, opened and resized."""
    images = iter([open_image(ref, profile) for ref in conversation.images])
    return [
        {
            **message,
            "content": [
                {**block, "image": next(images)} if block["type"] == "image" else block for block in message["content"]
            ],
        }
        for message in conversation.messages
    ]


@contextmanager
def _memory_guard(rows: int) -> Iterator[None]:
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise DeviceMemoryError(
            f"A batch of {rows} does not fit the memory of the device; lower the batch size."
        ) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):
            raise
        raise DeviceMemoryError(
            f"A batch of {rows} does not fit the memory of this machine; lower the batch size."
        ) from error
