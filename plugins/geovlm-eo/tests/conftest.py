"""Fixtures of the plugin's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.fixture
def shared() -> Path:
    """The folder of real data, which is not part of the project; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("the real data folder ../shared/data is not here")
    return SHARED
