"""Commands that need torch, where it is missing or does not load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from PIL import Image

from geovlm_cli.commands._needing import needing
from geovlm_cli.errors import ModelError


@pytest.fixture(params=["ImportError", "OSError"])
def broken(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with a torch whose shared libraries are missing (`ctypes.CDLL` raises OSError), an image and a row."""
    (tmp_path / "lib" / "torch").mkdir(parents=True)
    code = f"raise {request.param}('libcudart.so.12: cannot open shared object file')\n"
    (tmp_path / "lib" / "torch" / "__init__.py").write_text(code)
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    row = {"id": "a", "task": "vqa", "images": ["a.png"], "question": "Is it?", "reference": "yes"}
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(row))
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "predict a.png --task vqa --question q",
        "eval --data rows.jsonl --model tiny",
        "sft --data rows.jsonl --out run",
        "init-model new",
    ],
)
def test_a_torch_that_does_not_load_is_named(broken: Path, words: str) -> None:
    path = os.pathsep.join([str(broken / "lib"), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "geovlm_cli", *words.split()],
        cwd=broken,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    last = done.stderr.splitlines()[-1]
    assert "needs torch, whose import fails (libcudart.so.12: cannot open shared object file); install it anew" in last


def test_a_package_that_is_not_there_is_to_be_installed() -> None:
    with (
        pytest.raises(ModelError, match=r"^Training needs no_such_package, which is not installed; run pip install"),
        needing("Training", "train", "no_such_package"),
    ):
        pass


def test_an_error_of_the_system_that_no_import_raised_stays_what_it_is() -> None:
    with pytest.raises(FileNotFoundError), needing("Training", "train", "json"):
        Path("no such file").read_bytes()
