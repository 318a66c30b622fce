from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from geovlm_cli import Task, each, hookimpl, plugins


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
    assert "1 finding in 1 of 1 task." in outcome.err


def test_plugins_list_marks_a_clash(geovlm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Twin:
        @hookimpl
        def geovlm_tasks(self) -> list[Task]:
            return [Task(name="ice", kind="label", summary="x")]

    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(north=Twin(), south=Twin()))
    rows = json.loads(geovlm("plugins", "list", "--json").out)
    assert [(row["tasks"], row["error"]) for row in rows] == [
        (["ice"], "`ice` is provided by south too"),
        (["ice"], "`ice` is provided by north too"),
    ]
    assert geovlm("tasks", "list").code == 5


def test_plugins_check_says_that_there_are_no_tasks(
    geovlm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(empty=object()))
    outcome = geovlm("plugins", "check", "empty")
    assert outcome.code == 0
    assert outcome.err == "empty: it provides no tasks, so that nothing was checked.\n"


def test_plugins_check_prints_a_finding_to_its_end(geovlm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(answer: Any, sample: Any) -> float:
        raise ValueError(100 * "x" + " at the end")

    class Bad:
        @hookimpl
        def geovlm_tasks(self) -> list[Task]:
            return [Task(name="ice", kind="answer", summary="x", rewards={"exact": each(fails)})]

    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(bad=Bad()))
    outcome = geovlm("plugins", "check", "bad")
    assert outcome.code == 5
    assert "on row `made-up-0`" in outcome.out
