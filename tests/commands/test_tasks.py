from __future__ import annotations

import json
from collections.abc import Callable
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


@pytest.mark.usefixtures("ports")
def test_list_prints_name_kind_summary_and_distribution(geovlm: Callable[..., Any]) -> None:
    outcome = geovlm("tasks", "list")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "NAME     KIND   SUMMARY            DISTRIBUTION\n"
        "harbour  label  Name the harbour.  ports\n"
        "ships    boxes  Box every ship.    ports\n"
    )


@pytest.mark.usefixtures("ports")
def test_list_json(geovlm: Callable[..., Any]) -> None:
    rows = json.loads(geovlm("tasks", "list", "--json").out)
    assert rows[1] == {"name": "ships", "kind": "boxes", "summary": "Box every ship.", "distribution": "ports"}


@pytest.mark.usefixtures("ports")
def test_show_prints_what_the_kind_fills_in(geovlm: Callable[..., Any]) -> None:
    shown = json.loads(geovlm("tasks", "show", "ships", "--json").out)
    assert (shown["images"], shown["components"][0], shown["prompt"]) == ("2 to 4", "detection", "{{ question }}")
    assert "strict" in shown["protocols"]
    outcome = geovlm("tasks", "show", "harbour")
    assert "vocabulary      west, east\n" in outcome.out
    assert f"function {__name__}._ask" in outcome.out


@pytest.mark.usefixtures("ports")
def test_an_unknown_task_is_answered_with_the_nearest(geovlm: Callable[..., Any]) -> None:
    outcome = geovlm("tasks", "show", "harbor")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "error: Unknown task `harbor`. Did you mean `harbour`? Known: harbour, ships.\n"


@pytest.mark.usefixtures("one_broken")
def test_a_broken_plugin_is_one_line_on_stderr(geovlm: Callable[..., Any]) -> None:
    outcome = geovlm("tasks", "list")
    assert (outcome.code, len(outcome.out.splitlines())) == (0, 3)
    assert outcome.err == "warning: plugin sonar 0: geovlm_tasks failed: ImportError: no module named sonar\n"


def test_no_tasks_says_how_to_get_some(geovlm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "load", plugins.from_modules)
    outcome = geovlm("tasks", "list")
    assert (outcome.code, outcome.out) == (0, "")
    assert "geovlm-eo" in outcome.err


@pytest.mark.usefixtures("ports")
def test_profiles_list_and_show(geovlm: Callable[..., Any]) -> None:
    assert geovlm("profiles", "list").out == (
        "NAME   STRUCTURE     BOX_SYNTAX  FRAME  DISTRIBUTION\npilot  think_answer  list4       unit   ports\n"
    )
    shown = json.loads(geovlm("profiles", "show", "pilot", "--json").out)
    assert (shown["box_syntax"], shown["resize"]["factor"]) == ("list4", 28)
    assert "angle_frame  -\n" in geovlm("profiles", "show", "pilot").out
    assert geovlm("profiles", "show", "pilots").code == 2


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
