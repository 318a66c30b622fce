"""A prompt file: the instruction and the prompts of tasks in words of the user's own.

instruction: |
  You read aerial photographs. {{ tags }}
prompts:
  scene: "{{ question }} Think about the land use first."

The instruction replaces ours wherever the prompt style puts it; `tags` there is our sentence about the tags of the profile's structure, and `profile`
the profile. A prompt replaces the task's own and sees what a task's text sees (`geovlm_cli.data.messages.prompt_text`). Both are jinja2, in a sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geovlm_cli.config import read_yaml
from geovlm_cli.errors import ConfigError, clean, nearest

KEYS = ("instruction", "prompts")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """What a prompt file says. instruction: None where it has none; prompts: a jinja2 text by task."""

    instruction: str | None
    prompts: Mapping[str, str]


def read_prompt_file(path: Path) -> PromptFile:
    """Read a prompt file; raises ConfigError that names the file and the key for anything but these two keys with texts."""
    values = read_yaml(path, "prompt file", "`instruction:`, `prompts:`")
    for key in values:
        if key not in KEYS:
            raise ConfigError(
                f"{clean(str(path))}: unknown key `{clean(key)}`; a prompt file has {' and '.join(KEYS)}.{nearest(key, KEYS)}"
            )
    prompts = values.get("prompts") or {}
    if not isinstance(prompts, Mapping):
        raise ConfigError(f"{clean(str(path))}: `prompts` must be texts by task.")
    texts = {f"prompts.{task}": text for task, text in prompts.items()} | _given(values, "instruction")
    for key, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"{clean(str(path))}: `{clean(key)}` must be a text.")
    return PromptFile(values.get("instruction"), dict(prompts))


def _given(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {key: values[key]} if values.get(key) is not None else {}
