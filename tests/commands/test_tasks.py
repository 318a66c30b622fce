from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from geovlm_cli import plugins


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
    assert ("strict" in shown["protocols"], list(shown["on_request"])) == (True, ["coco", "vlm-r1"])
    assert shown["pass_at"] == {"detection": 0.5}
    outcome = geovlm("tasks", "show", "harbour")
    assert "pass_at         exact=1.0\n" in outcome.out
    assert "vocabulary      west, east\n" in outcome.out
    assert "._ask\n" in outcome.out
    assert "target          the reference, as a task of kind label writes it\n" in outcome.out


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
