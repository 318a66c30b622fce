"""Every ```console block of the documentation is run, and its output is what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    if "```console\n" in page.read_text(encoding="utf-8")
]


def sessions(page: Path) -> list[tuple[str, str]]:
    """Return (command, expected output) in the order of the page; an empty expectation only asks for exit code 0."""
    text = "\n".join(
        re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    )
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(command, output.strip()) for command, _, output in (part.partition("\n") for part in parts)]


def as_pattern(expected: str) -> str:
    """A line `…` stands for any lines, `…` inside a line for any text of that line."""
    escaped = re.escape(expected).replace("…", "[^\n]*")
    return re.sub(r"(?m)^\[\^\n\]\*(\\?)$", r"(?s:.*)\1", escaped)  # an escaped end of line keeps its backslash


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_sessions_of_a_page_run_as_shown(page: Path, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "plugins").symlink_to(ROOT / "plugins")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    for command, expected in sessions(page):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        if expected:
            assert re.fullmatch(as_pattern(expected), (done.stdout + done.stderr).strip()), (
                f"$ {command}\n{done.stdout}{done.stderr}"
            )


def test_the_tutorial_shows_the_example_plugin_as_it_is() -> None:
    tutorial = (ROOT / "docs/tutorial/first-task.md").read_text(encoding="utf-8")
    assert (ROOT / "plugins/geovlm-example/geovlm_example.py").read_text(encoding="utf-8") in tutorial


@pytest.mark.parametrize("name", ["profile.yaml", "prompts.yaml"])
def test_the_page_on_models_shows_its_files_as_they_are(name: str) -> None:
    page = (ROOT / "docs/how-to/describe-a-model.md").read_text(encoding="utf-8")
    assert (ROOT / "docs/examples" / name).read_text(encoding="utf-8") in page
