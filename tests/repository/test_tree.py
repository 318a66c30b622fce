from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.glob("geovlm_cli/**/*.py"))
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_ATTRIBUTES = {
    ("pickle", "load"),
    ("pickle", "loads"),
    ("yaml", "load"),
    ("yaml", "full_load"),
    ("torch", "load"),
    ("os", "system"),
    ("tempfile", "mktemp"),
}


def calls(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        target = node.func
        if isinstance(target, ast.Name) and target.id in FORBIDDEN_CALLS:
            found.append(target.id)
        if (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and (target.value.id, target.attr) in FORBIDDEN_ATTRIBUTES
        ):
            found.append(f"{target.value.id}.{target.attr}")
        if any(k.arg == "shell" and isinstance(k.value, ast.Constant) and k.value.value for k in node.keywords):
            found.append("shell=True")
    return found


def test_nothing_in_the_package_runs_or_unpickles_foreign_data() -> None:
    assert {str(path.relative_to(ROOT)): found for path in SOURCES if (found := calls(path))} == {}


def test_no_path_of_a_machine_and_no_registry_host_is_committed() -> None:
    pattern = r"(/(w[o]rk|r[o]ot|f[a]rm)/|p[y]pi[.]org|python[h]osted|crates[.]i[o]/|deb[.]d[e]bian|npm[j]s)"
    found = subprocess.run(
        ["git", "-C", ROOT, "grep", "-nIE", pattern, "--", ".", ":!Cargo.lock", ":!tests/repository"],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode > 1:
        pytest.skip("this tree is not a git checkout")
    assert found.stdout == ""


def test_the_import_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_public_name_of_the_package_can_be_imported() -> None:
    import geovlm_cli

    assert [name for name in geovlm_cli.__all__ if getattr(geovlm_cli, name, None) is None] == []


def test_one_version_everywhere() -> None:
    import geovlm_cli

    declared = re.search(r'^version = "([^"]+)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert declared is not None
    assert geovlm_cli.__version__ == declared.group(1)


def test_only_rewards_and_the_readers_of_rows_import_the_extension() -> None:
    users = {
        "rewards" if path.relative_to(ROOT).parts[1] == "rewards" else path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if re.search(r"^\s*(from|import) .*_rust_rewards", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert users == {"rewards", "geovlm_cli/data/usual.py", "geovlm_cli/data/repeated_keys.py"}
