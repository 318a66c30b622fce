"""YAML as users write it for training runs, without the parts that surprise or attack: aliases, merge keys, tags, duplicate keys, non-finite numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from geovlm_cli.errors import ConfigError, clean

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
KeyPath = tuple[str, ...]

_NULL = re.compile(r"null|Null|NULL|~|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is, for messages: its noun, and keys of its top level as an example."""

    noun: str
    keys: str


CONFIGURATION = Kind("configuration", "`model:`, `data:`, `sft:`")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its top mapping, and the line (from 1) of every key by its path."""

    source: str
    values: dict[str, Any]
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def where(self, path: KeyPath) -> str:
        """Return `FILE line N` for a key, or the file alone where the key has no line (a default, an override)."""
        return f"{self.source} line {self.lines[path]}" if path in self.lines else self.source


def read_file(path: Path, kind: Kind = CONFIGURATION) -> Document:
    """Read one YAML file of a kind; raises ConfigError in one sentence with file and line."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"Cannot read the {kind.noun} {clean(str(path))}: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{clean(str(path))} is larger than 1 MiB; that is no {kind.noun}.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{clean(str(path))} is not UTF-8 text.") from None
    return read_text(text, clean(str(path)), kind)


def read_text(text: str, source: str, kind: Kind = CONFIGURATION) -> Document:
    """Read YAML text whose top level is a mapping; `source` names it in messages."""
    lines: dict[KeyPath, int] = {}
    node = _compose(text, source)
    if node is None:
        return Document(source, {}, lines)
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{source}: the top level must be a mapping such as {kind.keys}.")
    return Document(source, _mapping(node, (), source, lines), lines)


def read_value(text: str, source: str) -> Any:
    """Read one value as it may stand after `key:` (a number, text, list or mapping); `source` names it in messages."""
    node = _compose(text, source)
    return None if node is None else _value(node, (), source, {})


def _compose(text: str, source: str) -> yaml.Node | None:
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            _refuse(event, depth, source)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{source}{line} is not YAML: {clean(str(error.problem))}.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not YAML: {clean(str(error))}.") from None


def _refuse(event: yaml.Event, depth: int, source: str) -> None:
    where = f"{source} line {_line(event)}"
    if depth > MAX_DEPTH:
        raise ConfigError(f"{where}: nested more than {MAX_DEPTH} levels deep.")
    if isinstance(event, yaml.AliasEvent):
        raise ConfigError(f"{where}: aliases (`*{clean(str(event.anchor))}`) are not read; write the value out.")
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise ConfigError(f"{where}: tags (`{clean(tag)}`) are not read; write the plain value.")


def _line(marked: yaml.Event | yaml.Node) -> int:
    return marked.start_mark.line + 1 if marked.start_mark else 0


def _value(node: yaml.Node, path: KeyPath, source: str, lines: dict[KeyPath, int]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, str(index)), source, lines) for index, item in enumerate(node.value)]
    return _scalar(node, source)


def _mapping(node: yaml.MappingNode, path: KeyPath, source: str, lines: dict[KeyPath, int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, key_node, value_node in _keys(node, source):
        line = _line(key_node)
        if key in result:
            first = lines[(*path, key)]
            raise ConfigError(
                f"{source} line {line}: the key `{clean(key)}` stands twice (first in line {first}); keep one."
            )
        lines[(*path, key)] = line
        result[key] = _value(value_node, (*path, key), source, lines)
    return result


def _keys(node: yaml.MappingNode, source: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    for key_node, value_node in node.value:
        where = f"{source} line {_line(key_node)}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigError(f"{where}: a key must be a plain word.")
        if key_node.value == "<<":
            raise ConfigError(f"{where}: merge keys (`<<`) are not read; write the keys out.")
        yield key_node.value, key_node, value_node


def _scalar(node: yaml.Node, source: str) -> Any:
    text: str = node.value
    if getattr(node, "style", None) is not None:  # quoted or block text stays text
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ConfigError(f"{source} line {_line(node)}: `{text}` is not a finite number.")
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return _integer(text, node, source)
    return _float(text, node, source) if _FLOAT.fullmatch(text) else text


def _integer(text: str, node: yaml.Node, source: str) -> int:
    if len(text) > 40:
        raise ConfigError(f"{source} line {_line(node)}: a number of {len(text)} digits is too long.")
    return int(text)


def _float(text: str, node: yaml.Node, source: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ConfigError(f"{source} line {_line(node)}: `{clean(text, 40)}` is not a finite number.")
    return number
