from __future__ import annotations

from pathlib import Path

import pytest

from geovlm_cli.models import init_model


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of two layers with random weights, which declares nothing."""
    return init_model(tmp_path_factory.mktemp("model") / "small", like="small")


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    """A copy of the small model to spoil."""
    target = tmp_path / "copy"
    target.mkdir()
    for path in small.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target
