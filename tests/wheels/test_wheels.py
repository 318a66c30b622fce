"""The three wheels, built and installed into empty environments: first without torch, then with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ("geovlm-eo", "geovlm-example")
pytestmark = [pytest.mark.wheels, pytest.mark.timeout(1800)]


def run(*command: object, cwd: Path | None = None) -> str:
    clean = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(Path(sys.executable).parent / "maturin", "build", "--quiet", "--release", "--out", out, cwd=ROOT)
    for plugin in PLUGINS:
        run(sys.executable, "-m", "build", "--wheel", "--outdir", out, ROOT / "plugins" / plugin, cwd=out)
    return out


@pytest.fixture(scope="module")
def environment(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    install(home, wheels, "geovlm-cli[eo]", "geovlm-example")
    return home


def install(home: Path, wheels: Path, *what: str) -> None:
    run(
        home / "bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--constraint",
        ROOT / "constraints.txt",
        "--find-links",
        wheels,
        *what,
    )


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    rows = [
        {
            "id": "a",
            "task": "vqa",
            "question": "Is there a ship?",
            "reference": "yes",
            "completion": "<think>I see it.</think><answer>yes</answer>",
        },
        {"id": "b", "task": "vqa", "question": "Is there a ship?", "reference": "no", "completion": "yes"},
    ]
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_without_torch_everything_but_models_works(environment: Path, answers: Path) -> None:
    geovlm = environment / "bin/geovlm"
    assert (
        "No module named 'torch'"
        in subprocess.run(
            [environment / "bin/python", "-c", "import torch"], capture_output=True, text=True, check=False
        ).stderr
    )
    assert "Commands:" in run(geovlm, "--help")
    tasks = {task["name"] for task in json.loads(run(geovlm, "tasks", "list", "--json"))}
    assert {"scene", "referred-detection", "vqa", "temporal", "oil-spill"} <= tasks
    assert (
        json.loads(
            run(
                geovlm,
                "score",
                "--kind",
                "answer",
                "--reference",
                "yes",
                "--json",
                "<think>It is.</think><answer>yes</answer>",
            )
        )["total"]
        == 2
    )
    results = json.loads(run(geovlm, "eval", "--predictions", answers, "--out", answers.parent / "run", "--json"))
    assert results["metrics"]["vqa"]["strict"]["accuracy"]["value"] == 0.5


def test_the_quick_demo_runs_from_the_wheels(environment: Path, wheels: Path, tmp_path: Path) -> None:
    install(environment, wheels, "geovlm-cli[train,eo]")
    run(environment / "bin/geovlm", "demo", "--quick", "--out", tmp_path / "demo", cwd=tmp_path)
    assert (tmp_path / "demo" / "contact-sheet.png").stat().st_size > 10_000
