from __future__ import annotations

import json
from collections.abc import Callable
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
