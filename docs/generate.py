"""Write docs/reference/cli.md from the click tree and configuration.md from the typed sections, rewards.md from the scores; `--check` only compares (exit 1 where one differs)."""

from __future__ import annotations

import inspect
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import click

from geovlm_cli.cli import cli
from geovlm_cli.config.sections import Config

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

REFERENCE = Path(__file__).parent / "reference"
CLI_HEADER = "# The command line\n\nWritten by `make docs` from the commands themselves; a test compares the two.\n"
CONFIG_HEADER = """# Configuration

Written by `make docs` from `geovlm_cli/config/sections.py`; a test compares the two.

YAML by `--config FILE` or `--config recipe:NAME`, then `key.path=value` on the command line; overrides win over the file, the file over the defaults. An unknown key
is refused with its line and the nearest known key. Options of TRL that are not listed here pass through in `sft` and `grpo` under TRL's own names and are checked
against the installed TRL before a model loads; TRL's spellings on the command line (`--learning_rate 1e-5`) set the same keys. Keys that would run code or
publish (`trust_remote_code`, `push_to_hub`, …) are refused.
"""


def helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Yield (path of the command, its help text at 100 columns), depth first."""
    sizes = {"terminal_width": 100, "max_content_width": 100}
    context = click.Context(command, info_name=name, parent=parent, **sizes, **command.context_settings)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None and not found.hidden:
                yield from helps(found, child, context)


def cli_page() -> str:
    """Return the page of the commands."""
    blocks = (f"\n## {path}\n\n```text\n{text}\n```\n" for path, text in helps(cli, "geovlm"))
    return CLI_HEADER + "".join(blocks)


def section(name: str, model: type[BaseModel]) -> str:
    """Return the heading, docstring and table of one section."""
    text = inspect.getdoc(model) or ""
    rows = (
        f"| `{name}.{key}` | `{shown(field.annotation)}` | `{default(field)}` |"
        for key, field in model.model_fields.items()
    )
    return f"\n## {name}\n\n{text}\n\n| key | type | default |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def shown(annotation: Any) -> str:
    """Return a type as a reader writes it: `int`, `str or None`, `think_answer, answer`."""
    if isinstance(annotation, type) and not get_args(annotation):
        return "None" if annotation is type(None) else annotation.__name__
    if get_origin(annotation) is Annotated:
        return shown(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return ", ".join(map(str, get_args(annotation)))
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(map(shown, get_args(annotation)))
    return str(annotation)


def default(field: FieldInfo) -> str:
    """Return the default of a key."""
    return "required" if field.is_required() else str(field.default)


def config_page() -> str:
    """Return the page of the configuration."""
    sections = ((name, field.annotation) for name, field in Config.model_fields.items())
    return CONFIG_HEADER + "".join(section(name, kind) for name, kind in sections if isinstance(kind, type))


def rewards_page() -> str:
    """Return the page of parsers and scores."""
    page: str = runpy.run_path(str(Path(__file__).parent / "rewards_page.py"))["page"]()
    return page


PAGES = {"cli.md": cli_page, "configuration.md": config_page, "rewards.md": rewards_page}


def main() -> int:
    """Write or check the pages."""
    if "--check" in sys.argv:
        return int(any((REFERENCE / name).read_text(encoding="utf-8") != page() for name, page in PAGES.items()))
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
