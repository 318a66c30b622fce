from __future__ import annotations

import numpy as np
import pytest
from geovlm_eo.protocols import scenes

from geovlm_cli import Batch, Sample

AIRPORT = Sample(id="1", task="scene", reference="Air port", meta={"question_id": "Airport/airport_12.tif"})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("airport", 1),
        ("Air Port.", 1),
        ("A.I.R.P.O.R.T", 1),
        ("airport, forest", 0),
        ("airports", 0),
        ("", 0),
        ("air-port", 0),
    ],
)
def test_blanks_stops_and_capitals_are_forgiven(answer: str, expected: int) -> None:
    assert scenes.score_scenes([answer], Batch([AIRPORT]))["accuracy"].tolist() == [expected]


def test_the_class_is_that_of_the_question_id_as_it_is() -> None:
    """GeoChat lower-cases it and no more: a class with a blank in its name can never be answered."""
    spaced = Sample(
        id="1", task="scene", reference="dense residential", meta={"question_id": "Dense residential/1.tif"}
    )
    assert scenes.score_scenes(["dense residential"], Batch([spaced]))["accuracy"].tolist() == [0]


def test_rows_of_other_data_are_judged_by_their_reference() -> None:
    other = Sample(id="1", task="scene", reference="Dense residential")
    columns = scenes.score_scenes(["denseresidential", "sparse"], Batch([other, other]))
    assert scenes.mean(columns, np.array([3.0, 1.0]))["accuracy"].value == 0.75
