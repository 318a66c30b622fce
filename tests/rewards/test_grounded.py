"""Texts that speak of boxes: Rust equals the twin on texts made of marks, tags, brackets and words, in every syntax."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.profiles import SYNTAXES, BoxSyntax, Profile
from geovlm_cli.rewards import grounded
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Batch, Malformed, Sample

PIECES = [
    "a ship", "[1, 2, 30, 40, 5]", "[[1,2,30,40]]", "{<1><2><30><40>|<5>}", "{<1><2>}", "<delim>", "<p>", "</p>", "<ref>", "</ref>", "<box>", "</box>", "<b>", "```json", "```", "[", "]", "{", "}",
    '[{"bbox_2d": [1, 2, 30, 40], "label": "ship"}]', '{"bbox_2d": [1, 2, 30, 40], "label": "a"}', "[]", ",", " , ", "7", "-e", "\n", "\u00a0", "\x1c", "é", ".", "<", "\ud800",
]  # fmt: skip
text = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def batch(syntax: BoxSyntax) -> Batch:
    return Batch(
        [Sample(id="1", task="t", image_size=(100, 100))],
        Profile(name="p", structure="plain", box_syntax=syntax, frame="pixel"),
    )


@pytest.mark.parametrize("syntax", SYNTAXES)
@settings(max_examples=250)
@given(text)
def test_rust_equals_the_twin(syntax: BoxSyntax, text: str) -> None:
    (mine,) = grounded([text], batch(syntax))
    plain = twin.read_grounded(text, syntax, (100.0, 100.0))
    if isinstance(plain, twin.Unread):
        assert mine == Malformed(plain.reason)
    else:
        words, found = plain
        array = np.array(found.boxes, dtype=np.float64).reshape(-1, 5)
        assert mine == Grounded(words, Boxes("pixel", array, tuple(found.labels), found.invalid))


def test_a_broken_mark_has_its_reason() -> None:
    answers = grounded(["a ship <box>[[1,2", "a ship <box>one</box>"] * 1, batch("internvl").take([0, 0]))
    assert list(answers) == [Malformed("bad_json")] * 2
    assert list(grounded(["a {<1><2><x><4>} b"], batch("geochat"))) == [Malformed("bad_json")]
    (counted,) = grounded(["a {<1><2><3>} b"], batch("geochat"))
    assert counted.boxes.invalid == 1
