from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.usefixtures("ports")
def test_profiles_list_and_show(geovlm: Callable[..., Any]) -> None:
    assert geovlm("profiles", "list").out == (
        "NAME   STRUCTURE     BOX_SYNTAX  FRAME  DISTRIBUTION\npilot  think_answer  list4       unit   ports\n"
    )
    shown = json.loads(geovlm("profiles", "show", "pilot", "--json").out)
    assert (shown["box_syntax"], shown["resize"]["factor"]) == ("list4", 28)
    assert "angle_frame  -\n" in geovlm("profiles", "show", "pilot").out
    assert geovlm("profiles", "show", "pilots").code == 2


def test_a_profile_that_contradicts_itself_is_not_shown(geovlm: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nstructure: any\nopens_think: true\n")
    shown = geovlm("profiles", "show", file)
    assert (shown.code, shown.out, "`opens_think` is true, and structure `any`" in shown.err) == (2, "", True)
    file.write_text("name: mine\nresize: {fixed: [448, 448], factor: 28}\n")
    shown = geovlm("profiles", "show", file)
    assert (shown.code, "give one or the other" in shown.err) == (2, True)
    file.write_text("name: mine\nresize: {fixed: [448, 336]}\n")
    assert "resize       fixed=448, 336\n" in geovlm("profiles", "show", file).out
    file.write_text(geovlm("profiles", "show", file, "--json").out)
    assert geovlm("profiles", "show", file).code == 0


def test_a_file_that_holds_no_profile_is_told_as_one(geovlm: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("- name: mine\n")
    shown = geovlm("profiles", "show", file)
    assert (shown.code, "must be a mapping such as `name:`, `structure:`." in shown.err) == (2, True)
    file.unlink()
    shown = geovlm("profiles", "show", file)
    assert (shown.code, f"Cannot read the profile {file}: No such file" in shown.err) == (2, True)
