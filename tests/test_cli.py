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
        (SystemExit(9), 5, "error: Code that geovlm called ended the process with sys.exit(9), which no command does;"),
        (BrokenPipeError(), 141, ""),
        (
            click.UsageError("Choose from:\n\ta,\n\tb."),
            2,
            "error: Choose from: a, b; see `geovlm tasks --help`.",
        ),
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
    assert len(lines) == bool(line)
    assert "".join(lines).startswith(line.rstrip())


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


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("predict", "--no-such-thing"), "error: No such option '--no-such-thing'"),
        (("sft", "--profile"), "error: Option '--profile' requires an argument; see `geovlm sft --help`."),
        (
            ("eval", "--limit", "0"),
            "error: Invalid value for '--limit': 0 is not in the range x>=1; see `geovlm eval --help`.",
        ),
        (("eval", "--out", ""), "error: Invalid value for '--out': the empty text names no folder"),
        (("sft", "--out", ""), "error: Invalid value for '--out': the empty text names no folder"),
    ],
)
def test_a_usage_error_is_one_line_with_the_help_of_its_command(
    geovlm: Callable[..., Any], arguments: tuple[str, ...], line: str
) -> None:
    done = geovlm(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(line)
    assert f"ee `geovlm {arguments[0]} --help`." in done.err


def test_a_group_without_a_command_is_answered_with_its_help(geovlm: Callable[..., Any]) -> None:
    done = geovlm("plugins")
    assert done.code == 2
    assert done.err.startswith("Usage: geovlm plugins")


def test_a_shell_completes_the_commands(geovlm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_GEOVLM_COMPLETE": "bash_complete", "COMP_WORDS": "geovlm pred", "COMP_CWORD": "1"}.items():
        monkeypatch.setenv(name, value)
    done = geovlm()
    assert (done.code, done.out) == (0, "plain,predict\n")
