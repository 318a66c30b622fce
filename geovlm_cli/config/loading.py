"""From a file, a recipe and `key=value` overrides to a checked `Config`: overrides > file > defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ValidationError

from geovlm_cli.config.aliases import REFUSED, path_of_option
from geovlm_cli.config.recipes import open_recipe
from geovlm_cli.config.sections import Config
from geovlm_cli.config.strict_yaml import Document, KeyPath, Kind, read_file, read_value
from geovlm_cli.errors import ConfigError, clean, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

RECIPE_PREFIX = "recipe:"
_EXAMPLES = {
    "sft": "learning_rate=1e-5",
    "grpo": "learning_rate=1e-6",
    "eval": "batch_size=4",
    "predict": "batch_size=4",
}
_KEY = re.compile(r"[A-Za-z][\w-]*(\.[\w-]+)*")


def load(source: str | Path | None, overrides: Sequence[str] = (), *, section: str = "sft") -> Config:
    """Read a configuration; raises ConfigError with file, line, key and the nearest known key.

    source: a YAML file, `recipe:NAME` or None for defaults. overrides: words of the command line, `key.path=value` or TRL's own
    `--learning_rate 1e-5`, which belong to `section`.
    """
    document = _open(source)
    origins: dict[KeyPath, str] = {}
    for word, path, text in read_overrides(overrides, section):
        _put(document.values, path, read_value(text, f"`{clean(word)}`"), word)
        origins[path] = f"`{clean(word)}`"
    _refuse_dangerous(document, origins)
    try:
        return Config.model_validate(document.values)
    except ValidationError as error:
        raise ConfigError(_sentence(error, document, origins)) from None


def read_yaml(path: Path, noun: str, keys: str) -> dict[str, Any]:
    """Read any YAML file of ours under the strict rules; raises ConfigError in one sentence.

    noun, keys: what the file is, and keys of its top level as an example, for messages: "profile", "`name:`, `structure:`".
    """
    return read_file(path, Kind(noun, keys)).values


def to_yaml(config: Config) -> str:
    """Return the resolved configuration as YAML; `load` of it gives the same configuration."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)


def read_overrides(words: Sequence[str], section: str) -> list[tuple[str, KeyPath, str]]:
    """Split the words of a command line into (word as typed, key path, value text); raises ConfigError for a word that is neither form."""
    found = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, has_value, value = word.partition("=")
        if word.startswith("--"):
            if not has_value and rest and not rest[0].startswith("--"):
                value = rest.pop(0)
            elif not has_value:
                value = "true"
            found.append((word, path_of_option(name.removeprefix("--").replace("-", "_"), section), value))
        elif has_value and _KEY.fullmatch(name):
            found.append((word, tuple(name.split(".")), value))
        else:
            raise ConfigError(
                f"`{clean(word)}` is no override; write `key.path=value`, for example `{section}.{_EXAMPLES[section]}`."
            )
    return found


def refuse_twice(words: Sequence[str], section: str, typed: Mapping[KeyPath, tuple[str, Any]]) -> None:
    """Raise ConfigError where an override gives a key another value than the command's own option did.

    typed: by key, the option as it is spelled and its value.
    """
    for word, path, text in read_overrides(words, section):
        values: dict[str, Any] = {}
        _put(values, path, read_value(text, f"`{clean(word)}`"), word)
        for key, (option, value) in typed.items():
            said = _at(values, key)
            if said is not None and _listed(said) != _listed(value):
                both = f"`{option} {' '.join(map(str, _listed(value)))}` and `{'.'.join(key)}={said}`"
                raise ConfigError(f"{clean(both)} are two values of one setting; keep one of them.")


def _at(values: Any, path: KeyPath) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _open(source: str | Path | None) -> Document:
    if source is None:
        return Document("the defaults", {})
    if isinstance(source, str) and source.startswith(RECIPE_PREFIX):
        return open_recipe(source.removeprefix(RECIPE_PREFIX))
    return read_file(Path(source))


def _put(values: dict[str, Any], path: KeyPath, value: Any, word: str) -> None:
    *parents, last = path
    here = values
    for key in parents:
        inner = here.get(key)
        if inner is None:
            inner = here[key] = {}
        if not isinstance(inner, dict):
            raise ConfigError(f"`{clean(word)}`: `{key}` holds a value, no keys.")
        here = inner
    here[last] = value


def _refuse_dangerous(document: Document, origins: Mapping[KeyPath, str]) -> None:
    for name in ("sft", "grpo"):
        values = document.values.get(name)
        for key in values if isinstance(values, dict) else ():
            reason = REFUSED.get(key) or (REFUSED["hub_*"] if key.startswith("hub_") else None)
            if reason:
                where = origins.get((name, key)) or document.where((name, key))
                raise ConfigError(f"{where}: the key `{name}.{key}` is refused: {reason}.")


def _sentence(error: ValidationError, document: Document, origins: Mapping[KeyPath, str]) -> str:
    flaw = error.errors(include_url=False, include_context=False)[0]
    path = tuple(str(part) for part in flaw["loc"])
    while path not in document.lines and path not in origins and len(path) > 1 and flaw["type"] != "extra_forbidden":
        path = path[:-1]  # pydantic adds the branch of a union to the path
    where = origins.get(path) or document.where(path)
    if flaw["type"] == "extra_forbidden":
        return f"{where}: unknown key `{clean('.'.join(path))}`.{nearest(path[-1], _known_keys(path[:-1]))}"
    found = "has no value" if flaw["input"] is None else f"is {clean(repr(flaw['input']), 60)}"
    return f"{where}: `{clean('.'.join(path))}` {found}; {_wanted(flaw)}."


def _wanted(flaw: ErrorDetails) -> str:
    if flaw["type"] in ("model_type", "dict_type"):
        return "it takes keys of its own, one a line under it"
    return f"{flaw['msg'][0].lower()}{flaw['msg'][1:]}"


def _known_keys(parents: KeyPath) -> list[str]:
    model: type[BaseModel] = Config
    for key in parents:
        kinds = [model.model_fields[key].annotation, *getattr(model.model_fields[key].annotation, "__args__", ())]
        model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return list(model.model_fields)
