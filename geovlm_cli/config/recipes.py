"""Recipes: configurations that ship with the package, named by their path under `recipes/` without the suffix."""

from __future__ import annotations

from pathlib import Path

from geovlm_cli.config.strict_yaml import Document, read_text
from geovlm_cli.errors import ConfigError, clean, nearest

_FOLDER = Path(__file__).parent.parent / "recipes"


def names() -> list[str]:
    """Return the names of all recipes, sorted."""
    return sorted(path.relative_to(_FOLDER).with_suffix("").as_posix() for path in _FOLDER.rglob("*.yaml"))


def text(name: str) -> str:
    """Return a recipe as it was written; raises ConfigError with the nearest name."""
    if name not in names():
        raise ConfigError(
            f"There is no recipe `{clean(name)}`.{nearest(name, names())} `geovlm recipes list` shows them."
        )
    return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def summary(name: str) -> str:
    """Return the first comment line of a recipe."""
    first, _, _ = text(name).partition("\n")
    return first.removeprefix("#").strip()


def open_recipe(name: str) -> Document:
    """Read a recipe as a configuration document."""
    return read_text(text(name), f"recipe:{name}")
