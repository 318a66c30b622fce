from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training import bench


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Two layers are done before a second thread has woken up; on a busy machine it only waits."""
    torch.set_num_threads(bench.THREADS)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of two layers."""
    return bench.small_model(tmp_path_factory.mktemp("model") / "small")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve rows of two tasks."""
    return bench.write_rows(tmp_path_factory.mktemp("data"))
