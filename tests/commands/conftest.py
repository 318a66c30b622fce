"""A plugin of two tasks and a profile, and one that does not load, instead of the installed ones."""

from __future__ import annotations

from typing import Any

import pytest

from geovlm_cli import Profile, Task, hookimpl, plugins


class Ports:
    """A plugin with two tasks and a profile."""

    @hookimpl
    def geovlm_tasks(self) -> list[Task]:
        return [
            Task(name="harbour", kind="label", summary="Name the harbour.", vocabulary=("west", "east"), prompt=_ask),
            Task(name="ships", kind="boxes", summary="Box every ship.", images=range(2, 5)),
        ]

    @hookimpl
    def geovlm_profiles(self) -> list[Profile]:
        return [Profile(name="pilot", box_syntax="list4", frame="unit")]


class Broken:
    """A plugin whose tasks cannot be made."""

    @hookimpl
    def geovlm_tasks(self) -> list[Task]:
        raise ImportError("no module named sonar")


def _ask(sample: Any, profile: Any) -> str:
    return f"{sample.question} {profile.name}"


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(ports=Ports()))


@pytest.fixture
def one_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(ports=Ports(), sonar=Broken()))
