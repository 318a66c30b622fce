"""Fixtures of the whole suite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("geovlm", deadline=None)  # a busy machine makes wall-clock deadlines lie
settings.load_profile("geovlm")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Outcome:
    """What a run of `geovlm` left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def geovlm(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run `geovlm` in this process with the given arguments."""
    from geovlm_cli.cli import main

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Outcome(int(stop.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def shared() -> Path:
    """The folder of real data, which is not part of the project; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("the real data folder ../shared/data is not here")
    return SHARED
