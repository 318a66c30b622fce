"""Options that would change nothing: refused with the reason, where passing over them would let somebody believe in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from geovlm_cli.errors import ConfigError

_SERVER = ("concurrency", "timeout")
_HERE = ("engine", "adapter", "dtype", "device", "trust_remote_code", "batch_size")
_ASKING = (*_SERVER, *_HERE, "prompt_style", "prompt_file", "temperature", "max_new_tokens")
_OF_MODEL = ("engine", "dtype", "prompt_style", "prompt_file", "attn_implementation")


def refuse_without_effect(
    name: str, engine: str, section: str, typed: Mapping[str, Any], overrides: Iterable[str], *, asks: bool = True
) -> None:
    """Raise ConfigError for an option that was typed, as one or as `key.path=value`, and has no effect.

    name, engine: of the configured model. typed: the options by name. asks: is the model asked, or are its answers saved?
    """
    useless, why = _useless(name, engine, asks=asks)
    values = {**typed, **dict(_overridden(overrides, section))}
    for option in useless:
        if values.get(option) not in (None, False, ()):
            raise ConfigError(f"--{option.replace('_', '-')} has no effect here: {why}; leave it out.")


def _useless(name: str, engine: str, *, asks: bool) -> tuple[tuple[str, ...], str]:
    from geovlm_cli.generation.endpoint import is_url

    if not asks:
        return _ASKING, "--predictions holds saved answers, and no model is asked"
    if is_url(name):
        return (*_HERE, "attn_implementation"), "the model runs on a server, which decides about it"
    if engine == "vllm":
        return (*_SERVER, "device", "attn_implementation"), "the model runs in vLLM, on this machine"
    return _SERVER, "the model runs on this machine, and no server is asked"


def _overridden(overrides: Iterable[str], section: str) -> Iterator[tuple[str, str]]:
    """Yield the options that `key.path=value` stands for."""
    for word in overrides:
        path, _, value = word.partition("=")
        home, _, key = path.partition(".")
        if (home == "model" and key in _OF_MODEL) or home == section:
            yield key, value
