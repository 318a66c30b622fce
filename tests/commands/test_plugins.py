from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from geovlm_cli import Task, hookimpl, plugins


@pytest.mark.usefixtures("one_broken")
def test_plugins_list_has_the_broken_one_with_its_error(geovlm: Callable[..., Any]) -> None:
    ours, broken = json.loads(geovlm("plugins", "list", "--json").out)
    assert (ours["distribution"], ours["tasks"], ours["error"]) == ("ports", ["harbour", "ships"], None)
    assert broken["error"] == "geovlm_tasks failed: ImportError: no module named sonar"


@pytest.mark.usefixtures("one_broken")
def test_plugins_check_passes_or_lists_findings(geovlm: Callable[..., Any]) -> None:
    good = geovlm("plugins", "check", "ports")
    assert (good.code, good.out) == (0, "")
    assert "2 tasks keep the contract" in good.err
    assert geovlm("plugins", "check", "sonar").code == 5
    unknown = geovlm("plugins", "check", "port")
    assert (unknown.code, "Did you mean `ports`?" in unknown.err) == (2, True)


def test_plugins_check_ends_with_5_on_findings(geovlm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Bad:
        @hookimpl
        def geovlm_tasks(self) -> list[Task]:
            return [Task(name="Bad Name", kind="label", summary="x")]

    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(bad=Bad()))
    outcome = geovlm("plugins", "check", "bad")
    assert outcome.code == 5
    assert "must be lower-case words" in outcome.out
    assert "1 findings in 1 of 1 tasks" in outcome.err
