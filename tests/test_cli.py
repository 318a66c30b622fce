from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest

from geovlm_cli.commands import COMMANDS
from geovlm_cli.errors import GeovlmError

HEAVY = ("torch", "numpy", "transformers", "trl", "pluggy", "pydantic", "PIL", "jinja2", "yaml", "rich")


def test_help_imports_neither_torch_nor_numpy_nor_plugins() -> None:
    program = f"import sys; from geovlm_cli.cli import cli; cli.main(['--help'], standalone_mode=False); print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_command_is_a_module_with_a_command() -> None:
    for name, (module, text) in COMMANDS.items():
        command = import_module(f"geovlm_cli.commands.{module}").command
        assert isinstance(command, click.Command), name
        assert text.endswith(".")


def test_an_unknown_command_is_answered_with_the_nearest(geovlm: Callable[..., Any]) -> None:
    done = geovlm("predcit")
    assert done.code == 2
    assert "No such command `predcit`. Did you mean `predict`?" in done.err


def test_the_version_is_printed(geovlm: Callable[..., Any]) -> None:
    done = geovlm("--version")
    assert (done.code, done.out.split()[0]) == (0, "geovlm")


@pytest.mark.parametrize(
    ("raised", "code", "line"),
    [
        (GeovlmError("It is so."), 1, "error: It is so.\n"),
        (KeyboardInterrupt(), 130, "error: Interrupted.\n"),
        (
            ValueError("a\x1b[31mb"),
            1,
            "error: This is a bug in geovlm (ValueError: a\\x1b[31mb); run `geovlm --debug …`",
        ),
    ],
)
def test_what_is_raised_becomes_one_line_and_a_code(
    geovlm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, line: str
) -> None:
    @click.command()
    def fails() -> None:
        raise raised

    monkeypatch.setattr(import_module("geovlm_cli.commands.tasks"), "command", fails)
    done = geovlm("tasks")
    assert done.code == code
    lines = [text for text in done.err.splitlines() if text]
    assert len(lines) == 1
    assert lines[0].startswith(line.rstrip())


def test_a_full_output_is_said_in_one_sentence() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "geovlm_cli", "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 6
    assert (
        done.stderr
        == "error: An output cannot be written: No space left on device; free space or name another place.\n"
    )


def test_a_reader_that_has_gone_ends_the_run_quietly() -> None:
    program = f"{sys.executable} -m geovlm_cli tasks list --json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in {"141", "0"}  # 0 where the pipe took everything before its reader went
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", ["--help", "recipes list"])
def test_a_closed_output_is_said_in_one_sentence(arguments: str) -> None:
    program = f"{sys.executable} -m geovlm_cli {arguments} >&-"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert done.stderr == "error: The standard output is closed; send it to a file or to /dev/null.\n"
