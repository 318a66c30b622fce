from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from geovlm_cli.boxes import Grounded, boxes
from geovlm_cli.data.parquet import write_parquet
from geovlm_cli.errors import ConfigError
from geovlm_cli.task import ImageRef, Sample

Load = Callable[..., Any]


def test_rows_of_every_kind_come_back(folder: Path, load: Load) -> None:
    raw = (folder / "a.png").read_bytes()
    image = ImageRef(str(folder / "a.png"))
    held = ImageRef(raw, "after")
    some = boxes("pixel", [[20, 20, 90, 60, 30]], ["car"])
    samples = [
        Sample(
            id="1", task="label", images=(image,), question="What?", reference="airport", choices=("airport", "port")
        ),
        Sample(id="2", task="labels", images=(image, held), reference=("a", "b"), completion="a"),
        Sample(id="3", task="count", reference=3, meta={"split": "val", "list": [1, {"x": None}]}),
        Sample(id="4", task="boxes", reference=some, image_size=(200, 100), reasoning="because"),
        Sample(id="5", task="grounded", reference=Grounded("A car.", some), regions=boxes("percent", [[1, 2, 3, 4]])),
    ]
    assert write_parquet(folder / "rows.parquet", samples) == 5
    found = load(folder / "rows.parquet").samples
    for ours, theirs in zip(samples, found, strict=True):
        for name in (
            "id",
            "task",
            "question",
            "reference",
            "choices",
            "completion",
            "reasoning",
            "image_size",
            "regions",
            "meta",
        ):
            assert getattr(ours, name) == getattr(theirs, name), name
    assert found[1].images == (ImageRef(str((folder / "a.png").resolve())), held)
    assert pq.read_table(folder / "rows.parquet").column("images")[0].as_py()[0]["path"] == "a.png"


def test_many_rows_are_many_groups(folder: Path, load: Load) -> None:
    samples = (Sample(id=str(number), task="count", reference=number) for number in range(600))
    write_parquet(folder / "rows.parquet", samples)
    assert pq.ParquetFile(folder / "rows.parquet").num_row_groups == 3
    assert [sample.reference for sample in load(folder / "rows.parquet").samples] == list(range(600))


def test_without_pyarrow_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"geovlm-cli\[arrow\]"):
        write_parquet(folder / "rows.parquet", [])
    assert not (folder / "rows.parquet").exists()


def test_an_image_format_is_kept(folder: Path, load: Load) -> None:
    Image.new("RGB", (9, 9)).save(folder / "b.jpg")
    sample = Sample(id="1", task="label", images=(ImageRef((folder / "b.jpg").read_bytes()),), reference="x")
    write_parquet(folder / "rows.parquet", [sample])
    assert load(folder / "rows.parquet").samples[0].images == sample.images


def test_a_text_that_is_no_json_costs_its_row(folder: Path, load: Load) -> None:
    columns = {"id": ["1", "2"], "task": ["count"] * 2, "reference": ["{", "3"], "schema": ["geovlm/1"] * 2}
    pq.write_table(pa.table(columns), folder / "rows.parquet")
    found = load(folder / "rows.parquet")
    assert [sample.reference for sample in found.samples] == [3]
    assert [(row.id, "must be JSON as text" in row.why) for row in found.rejected] == [("1", True)]
