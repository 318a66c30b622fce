"""Paths of a configuration made absolute, so that the copy in a run folder means the same from anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from geovlm_cli.config.sections import Config

Paths = TypeVar("Paths", str, list[str], str | list[str], str | None, str | list[str] | None)


def anchored(config: Config) -> Config:
    """Return the configuration with the files and folders that exist named by absolute paths; names that are none (`tiny`, a hub id) stay."""
    places: dict[str, tuple[str, ...]] = {
        "model": ("name", "profile", "prompt_file"),
        "data": ("train", "image_roots"),
        "eval": ("data",),
    }
    sections: dict[str, Any] = {}
    for name, keys in places.items():
        section = getattr(config, name)
        sections[name] = section.model_copy(update={key: _absolute(getattr(section, key)) for key in keys})
    return config.model_copy(update=sections)


def _absolute(named: Any) -> Any:
    if isinstance(named, list):
        return [_absolute(name) for name in named]
    return str(Path(named).absolute()) if named and Path(named).exists() else named
