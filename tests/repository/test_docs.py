from __future__ import annotations

import ast
import importlib
import inspect
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from geovlm_cli import hookspecs, plugins
from geovlm_cli.data import rows
from geovlm_cli.data.flaws import flaw_of
from geovlm_cli.data.loader import BadRow
from geovlm_cli.task import Kind, Sample

ROOT = Path(__file__).resolve().parents[2]
HOOKS = {name: spec for name, spec in vars(hookspecs).items() if name.startswith("geovlm_")}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def test_the_generated_pages_are_what_the_code_says() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs" / "generate.py", "--check"], check=False)
    assert done.returncode == 0, "run `make docs`"


def test_every_hook_has_a_heading_that_is_its_signature() -> None:
    headings = re.findall(
        r"^## (geovlm_\w+\(.*)$", (ROOT / "docs/reference/hooks.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert headings == [f"{name}{inspect.signature(spec)}".replace("'", "") for name, spec in HOOKS.items()]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_an_example_that_provides_something(hook: str) -> None:
    block = next(b for b in python_blocks(ROOT / "docs/reference/hooks.md") if f"def {hook}" in b)
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102  # the documentation is ours
    loaded = plugins.from_modules(docs=SimpleNamespace(**{hook: names[hook]}))
    provided = getattr(loaded, hook.removeprefix("geovlm_"))()
    assert len(provided) == 1


def test_the_call_of_evaluate_gives_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = python_blocks(ROOT / "docs/explanation/evaluation.md")
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102  # the documentation is ours
    for name in ("accuracy", "reasons"):
        (said,) = re.findall(rf"^{name} = .*# (.*)$", block, flags=re.MULTILINE)
        assert names[name] == ast.literal_eval(said)


def test_the_readme_names_every_command() -> None:
    from geovlm_cli.commands import COMMANDS

    rows = re.findall(r"^\| (`geovlm [^|]*) \|", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = {word for row in rows for word in re.findall(r"[\w-]+", row)}
    assert [name for name in COMMANDS if name not in named] == []


def links(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


def test_changelog_fragments_have_a_known_type() -> None:
    names = [path.name for path in (ROOT / "docs/changes").glob("*.md")]
    assert names
    assert [
        name for name in names if not re.fullmatch(r"\d+\.(feature|bugfix|doc|removal|misc)(\.\d+)?\.md", name)
    ] == []


def test_the_generator_prints_every_command() -> None:
    pages = runpy.run_path(str(ROOT / "docs" / "generate.py"))["cli_page"]()
    from geovlm_cli.commands import COMMANDS

    assert [name for name in COMMANDS if f"\n## geovlm {name}\n" not in pages] == []


def test_the_page_of_rows_shows_every_task_and_names_every_key_and_kind(tmp_path: Path) -> None:
    page = (ROOT / "docs/reference/rows.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```jsonl\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "rows.jsonl").write_text(block, encoding="utf-8")
    tasks = plugins.from_modules(eo=importlib.import_module("geovlm_eo")).tasks()
    shown = list(rows.read(tmp_path / "rows.jsonl", None, find=tasks.__getitem__))
    assert [row.why for row in shown if isinstance(row, BadRow)] == []
    assert [row.task for row in shown if isinstance(row, Sample)] == list(tasks)
    assert [flaw for row in shown if isinstance(row, Sample) and (flaw := flaw_of(row, tasks[row.task]))] == []
    assert [name for name in (*rows._KEYS, *get_args(Kind)) if f"`{name}`" not in page] == []
