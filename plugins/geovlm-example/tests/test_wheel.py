from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).resolve().parents[1]
HOST = PLUGIN.parents[1]


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow  # builds a wheel and starts five interpreters
def test_the_plugin_is_found_when_installed_from_its_own_wheel(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    shutil.copytree(PLUGIN, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__", "tests"))
    run("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, source)
    [wheel] = tmp_path.glob("geovlm_example-*.whl")
    run("pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel)

    path = os.pathsep.join((str(site), str(HOST)))
    listed = run("geovlm_cli", "tasks", "list", PYTHONPATH=path).stdout
    line = next(line for line in listed.splitlines() if line.startswith("oil-spill"))
    assert line.split() == ["oil-spill", "answer", "Find", "oil", "slicks.", "geovlm-example"]
    run("geovlm_cli", "plugins", "check", "geovlm-example", PYTHONPATH=path)
