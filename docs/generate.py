"""Write docs/reference/cli.md from the click tree; `--check` only compares (exit 1 where it differs)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from geovlm_cli.cli import cli

PAGE = Path(__file__).parent / "reference" / "cli.md"
HEADER = "# The command line\n\nWritten by `make docs` from the commands themselves; a test compares the two.\n"


def helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Yield (path of the command, its help text at 100 columns), depth first."""
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100, max_content_width=100)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None and not found.hidden:
                yield from helps(found, child, context)


def page() -> str:
    """Return the whole page."""
    blocks = (f"\n## {path}\n\n```text\n{text}\n```\n" for path, text in helps(cli, "geovlm"))
    return HEADER + "".join(blocks)


def main() -> int:
    """Write or check the page."""
    if "--check" in sys.argv:
        return int(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
