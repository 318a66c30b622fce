from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from geovlm_cli import plugins
from geovlm_cli.commands import _data_page
from geovlm_cli.hookspecs import hookimpl
from geovlm_cli.report.overlay import TRUTH
from geovlm_cli.scenes import SPLITS
from geovlm_cli.task import KINDS, Task

Run = Callable[..., Any]


@hookimpl
def geovlm_tasks() -> Iterator[Task]:
    for kind in KINDS:
        yield Task(name=kind, kind=kind, summary="")


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(geovlm_tasks=geovlm_tasks)
    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(test=module))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("RGB", (200, 100), "green").save(folder / "a.png")
    rows = [
        {"id": "1", "task": "label", "images": ["a.png"], "question": "What?\u202e", "reference": "airport"},
        {
            "id": "2",
            "task": "box",
            "images": ["a.png"],
            "reference": {"frame": "pixel", "boxes": [[20, 20, 90, 60, 30]]},
        },
        {"id": "3", "task": "count", "images": ["a.png"], "reference": -1},
        {"id": "4", "task": "count", "images": ["../a.png"], "reference": 1},
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n")
    return folder


def test_show_prints_format_tasks_bad_rows_and_rows(geovlm: Run, source: Path) -> None:
    found = geovlm("data", "show", source, "--n", 2)
    assert found.code == 0
    lines = found.out.splitlines()
    assert "3 rows, format geovlm" in lines[0]
    assert any("rejected: line 5: not JSON" in line for line in lines)
    assert any("outside the image roots" in line for line in lines)
    assert "bad truth: 1 × count below 0 (id 3: -1)" in lines
    assert ["count", "1", "1", "0"] in [line.split() for line in lines]
    assert "airport" in found.out
    assert "\u202e" not in found.out  # control characters of the data never reach the terminal
    assert "[[20,20,90,60,30]]" in found.out


def test_show_as_json_is_one_object(geovlm: Run, source: Path) -> None:
    found = json.loads(geovlm("data", "show", source, "--json", "--n", 1).out)
    assert (found["format"], found["n"], found["tasks"]) == ("geovlm", 3, {"label": 1, "box": 1, "count": 1})
    assert [row["id"] for row in found["rows"]] == ["1"]
    assert len(found["rejected"]) == 2
    assert found["flawed"] == {"count below 0": 1}


@pytest.fixture
def bad_images(source: Path) -> Path:
    (source / "torn.png").write_bytes((source / "a.png").read_bytes()[:20])
    (source / "empty.png").write_bytes(b"")
    images = [["a.png"], ["torn.png"], ["empty.png"], ["none.png"], ["rows.jsonl"], ["."], ["https://x/a.png"], []]
    where = {"frame": "pixel", "boxes": [[300, 20, 390, 60]]}
    rows: list[dict[str, Any]] = [
        {"id": f"i{n}", "task": "label", "images": refs, "reference": "x"} for n, refs in enumerate(images)
    ]
    rows.append({"id": "out", "task": "box", "images": ["a.png"], "reference": where})
    (source / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return source


def test_show_names_images_that_cannot_be_read_and_boxes_beside_them(geovlm: Run, bad_images: Path) -> None:
    shown = geovlm("data", "show", bad_images, "--n", 0).out
    cells = [line.split() for line in shown.splitlines()]
    assert ["label", "7", "0", "6"] in cells
    assert ["box", "1", "1", "0"] in cells
    assert "bad truth: 1 × box outside the image" in shown
    assert "empty.png is no readable PNG" in shown
    assert "bad image: 6 in all" in shown
    found = json.loads(geovlm("data", "show", bad_images, "--json", "--n", 9).out)
    refused = {row["id"] for row in found["rejected"]} | {row["id"] for row in found["bad_images"]}
    assert refused == {f"i{n}" for n in range(1, 8)}
    assert found["flawed"] == {"box outside the image": 1}


@pytest.fixture
def torn_pixels(source: Path) -> Path:
    """Two rows that share an image whose header reads and whose pixels do not, and one row with a whole image."""
    noise = source / "noise.png"
    Image.effect_noise((64, 64), 50).save(noise)
    noise.write_bytes(noise.read_bytes()[:-900])
    images = ["noise.png", "a.png", "noise.png"]
    rows = [{"id": f"i{n}", "task": "label", "images": [name], "reference": "x"} for n, name in enumerate(images)]
    (source / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return source


def test_show_names_the_rows_of_an_image_with_torn_pixels(geovlm: Run, torn_pixels: Path) -> None:
    shown = geovlm("data", "show", torn_pixels, "--n", 0).out
    assert ["label", "3", "0", "2"] in [line.split() for line in shown.splitlines()]
    assert "bad image: 2 × " in shown
    assert "decoded whole" not in shown
    found = json.loads(geovlm("data", "show", torn_pixels, "--json").out)
    assert [row["id"] for row in found["bad_images"]] == ["i0", "i2"]
    assert found["images"] == {"headers_read": 2, "decoded": 2}


def test_show_says_how_many_images_it_had_no_time_to_decode(
    geovlm: Run, torn_pixels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_data_page, "_SECONDS", 0)
    shown = geovlm("data", "show", torn_pixels, "--n", 0).out
    assert "images: 0 of 2 decoded whole, of the others only the headers read; `geovlm check`" in shown


def test_show_names_rows_with_a_wrong_number_of_images(geovlm: Run, source: Path) -> None:
    good = {"task": "label", "images": ["a.png"], "reference": "x"}
    rows = [good | {"id": "one"}, good | {"id": "two", "images": ["a.png", "a.png"]}]
    (source / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = geovlm("data", "show", source).out
    assert "bad truth: 1 × wrong images (id two: 2 where the task wants 1)" in shown
    found = json.loads(geovlm("data", "show", source, "--json").out)
    assert found["bad_truth"] == [{"id": "two", "why": "wrong images: 2 where the task wants 1"}]


def test_one_row_of_an_unknown_task_stops_no_look_at_the_others(geovlm: Run, source: Path, tmp_path: Path) -> None:
    with (source / "rows.jsonl").open("a") as file:
        file.write(json.dumps({"id": "9", "task": "lable", "images": ["a.png"], "reference": "x"}) + "\n")
    shown = geovlm("data", "show", source)
    assert (shown.code, "3 rows" in shown.out) == (0, True)
    assert "rejected: line 6 (id 9): unknown task `lable`; did you mean `label`?" in shown.out
    assert "3 rows written" in geovlm("data", "convert", source, tmp_path / "out.jsonl").err


def test_show_draws_the_true_boxes(geovlm: Run, source: Path, tmp_path: Path) -> None:
    assert geovlm("data", "show", source, "--task", "box", "--draw", tmp_path / "drawn").code == 0
    with Image.open(tmp_path / "drawn" / "000.png") as drawn:
        assert len(drawn.getcolors(maxcolors=100_000) or ()) > 1


def test_a_row_whose_frame_nothing_places_costs_only_its_own_drawing(geovlm: Run, source: Path, tmp_path: Path) -> None:
    placed = json.loads((source / "rows.jsonl").read_text().splitlines()[1])
    lost = placed | {"id": "lost", "reference": {"frame": "model", "boxes": [[1, 1, 9, 9]]}}
    (source / "two.jsonl").write_text(json.dumps(lost) + "\n" + json.dumps(placed) + "\n")
    shown = geovlm("data", "show", source / "two.jsonl", "--draw", tmp_path / "drawn")
    assert shown.code == 0
    assert "not drawn: lost: Boxes in the frame `model` need the model's profile" in shown.err
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["001.png"]


@pytest.mark.parametrize(("images", "size"), [(1, (1600, 800)), (2, (2 * 1024 + 4, 512))])
def test_show_draws_large_images_small(geovlm: Run, tmp_path: Path, images: int, size: tuple[int, int]) -> None:
    Image.new("RGB", (4000, 2000)).save(tmp_path / "large.png")
    row = {
        "task": "boxes",
        "images": ["large.png"] * images,
        "reference": {"frame": "pixel", "boxes": [[1000, 500, 3000, 1500]]},
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    assert geovlm("data", "show", tmp_path / "rows.jsonl", "--draw", tmp_path / "drawn").code == 0
    with Image.open(tmp_path / "drawn" / "000.png") as drawn:
        assert drawn.size == size
        inked = np.argwhere((np.asarray(drawn) == TRUTH).all(axis=2))
    left = size[0] - size[1] * 2
    assert abs(inked.min(axis=0) - (size[1] // 4, left + size[1] // 2)).max() <= 2


def test_convert_writes_rows_that_read_back(geovlm: Run, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "in" / "out.jsonl"
    found = geovlm("data", "convert", source, out)
    assert (found.code, found.out) == (3, "")
    assert "3 rows written" in found.err
    assert "2 of 5 rows could not be read, more than 1%; OUT holds the others." in found.err
    assert "rejected: line 5" in found.err
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows[0] == {"schema": "geovlm/1"}
    assert rows[1]["images"] == ["a.png"]
    assert json.loads(geovlm("data", "show", out, "--json").out)["n"] == 3


def test_convert_to_a_dash_is_stdout(
    geovlm: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = geovlm("data", "convert", source, "-")
    rows = [json.loads(line) for line in found.out.splitlines()]
    assert rows[0] == {"schema": "geovlm/1"}
    assert [row["id"] for row in rows[1:]] == ["1", "2", "3"]
    assert rows[1]["images"] == [str(source.resolve() / "a.png")]
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("given", ["{source}", "{source}/rows.jsonl"])
@pytest.mark.parametrize("out", ["rows.jsonl", "link.jsonl", "hard.jsonl"])
def test_convert_never_writes_over_its_source(given: str, out: str, geovlm: Run, source: Path) -> None:
    rows = source / "rows.jsonl"
    (source / "link.jsonl").symlink_to(rows)
    (source / "hard.jsonl").hardlink_to(rows)
    before = rows.read_bytes()
    found = geovlm("data", "convert", given.format(source=source), source / out)
    assert (found.code, rows.read_bytes()) == (2, before)
    assert "is the source itself" in found.err


def test_convert_replaces_no_pipe_and_follows_a_link(geovlm: Run, source: Path, tmp_path: Path) -> None:
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "target.jsonl"
    os.mkfifo(pipe)
    found = geovlm("data", "convert", source, pipe)
    assert (found.code, pipe.is_fifo()) == (6, True)
    assert "no regular file" in found.err
    link.symlink_to(target)
    assert "3 rows written" in geovlm("data", "convert", source, link).err
    assert link.is_symlink()
    assert target.read_text().startswith('{"schema"')


def test_convert_writes_over_a_file_only_when_asked(geovlm: Run, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "notes.jsonl"
    out.write_text("mine")
    found = geovlm("data", "convert", source, out)
    assert (found.code, out.read_text()) == (7, "mine")
    assert "--overwrite" in found.err
    assert "3 rows written" in geovlm("data", "convert", source, out, "--overwrite").err
    assert out.read_text().startswith('{"schema"')


def test_a_few_rows_that_cannot_be_read_are_no_failure(geovlm: Run, source: Path, tmp_path: Path) -> None:
    good = [json.dumps({"id": f"r{n}", "task": "label", "images": ["a.png"], "reference": "x"}) for n in range(100)]
    (source / "rows.jsonl").write_text("\n".join([*good, "{broken"]))
    assert geovlm("data", "convert", source, tmp_path / "out.jsonl").code == 0
    (source / "rows.jsonl").write_text("\n".join([*good[:98], "{broken"]))
    assert geovlm("data", "convert", source, "-").code == 3


@pytest.mark.parametrize("out", ["out.jsonl", "-"])
def test_convert_says_once_which_images_do_not_exist(geovlm: Run, source: Path, tmp_path: Path, out: str) -> None:
    names = ["a.png", "none.png", "gone.png"]
    rows = [{"id": f"i{n}", "task": "label", "images": [name], "reference": "x"} for n, name in enumerate(names)]
    (source / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    target = tmp_path / out if out != "-" else out
    found = geovlm("data", "convert", source, target)
    said = [line for line in found.err.splitlines() if line.startswith("images:")]
    assert said == [
        f"images: 2 of 3 rows name an image that does not exist, the first {source.resolve()}/none.png (id i1); name its folder with --image-root"
    ]
    (tmp_path / "empty").mkdir()
    elsewhere = geovlm("data", "convert", source, target, "--overwrite", "--image-root", tmp_path / "empty")
    assert (elsewhere.code, "images: 3 of 3 rows name an image" in elsewhere.err) == (0, True)


def test_convert_says_how_to_read_images_that_lie_elsewhere(geovlm: Run, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" / "out.jsonl"
    found = geovlm("data", "convert", source, out, "--task", "label")
    root = found.err.split("--image-root ")[1].splitlines()[0]
    assert geovlm("data", "show", out).code == 3
    assert geovlm("data", "show", out, "--image-root", root).code == 0


def test_convert_to_parquet_keeps_every_row(geovlm: Run, source: Path) -> None:
    out = source / "out.parquet"
    assert "3 rows written" in geovlm("data", "convert", source, out).err
    shown, again = (json.loads(geovlm("data", "show", path, "--json").out) for path in (source, out))
    assert shown["rows"] == again["rows"]
    assert (again["format"], again["tasks"]) == ("geovlm", shown["tasks"])
    assert geovlm("data", "convert", out, out).code == 2


def test_bad_truth_stays_bad_when_it_is_converted(geovlm: Run, tmp_path: Path) -> None:
    rows = [f"a.png,{corners},{name}" for corners, name in (("1,2,3,4", "car"), ("1,x,3,4", "car"), ("1,2,3,4", "bus"))]
    (tmp_path / "t.csv").write_text("\n".join(["image_path,xmin,ymin,xmax,ymax,label", *rows]))
    for task, count in (("boxes", 1), ("count", 1), ("labels", 0), ("label", 1)):
        given = ("--task", task, "--overwrite")
        assert geovlm("data", "convert", tmp_path / "t.csv", tmp_path / "out.jsonl", *given).code == 0
        shown = [geovlm("data", "show", tmp_path / name, "--json", *given[:2]).out for name in ("t.csv", "out.jsonl")]
        assert [len(json.loads(out)["bad_truth"]) for out in shown] == [count, count], task


@pytest.mark.parametrize("out", ["out.jsonl", "out.parquet"])
def test_the_reason_of_bad_truth_is_converted(geovlm: Run, tmp_path: Path, out: str) -> None:
    turns = [{"from": "human", "value": "?"}, {"from": "gpt", "value": "nowhere"}]
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": "1", "conversations": turns}))
    given = ("--task", "boxes", "--frame", "percent")
    assert geovlm("data", "convert", tmp_path / "t.jsonl", tmp_path / out, *given).code == 0
    [before, after] = [
        json.loads(geovlm("data", "show", tmp_path / name, "--json", *given).out) for name in ("t.jsonl", out)
    ]
    assert (
        after["bad_truth"] == before["bad_truth"] == [{"id": "1", "why": "not a list of boxes of 5 numbers: `nowhere`"}]
    )
    assert after["rows"] == before["rows"]


@pytest.mark.parametrize("out", ["out.jsonl", "out.parquet"])
@pytest.mark.parametrize("number", ["inf", "nan", "-inf", "1e300", "99999999999999999999999999"])
def test_a_box_without_a_place_costs_its_row(geovlm: Run, source: Path, number: str, out: str) -> None:
    path, written = source / "t.csv", source / out
    path.write_text(f"image_path,xmin,ymin,xmax,ymax,label\na.png,1,2,{number},4,car\na.png,1,2,3,4,bus\n")
    shown = geovlm("data", "show", path, "--task", "boxes", "--json", "--draw", source / "drawn")
    assert (shown.code, "Warning" in shown.err) == (0, False)
    assert geovlm("data", "convert", path, written, "--task", "boxes").code == 0
    again = json.loads(geovlm("data", "show", written, "--json").out)
    [flawed] = again["bad_truth"]
    assert (flawed["id"], flawed["why"].partition(":")[0]) == ("a/car", "box not finite or above 1000000")
    assert (again["rows"], again["bad_truth"]) == (json.loads(shown.out)["rows"], json.loads(shown.out)["bad_truth"])


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 1e300])
def test_a_region_without_a_place_costs_its_row(geovlm: Run, source: Path, number: float) -> None:
    where = {"frame": "pixel", "boxes": [[1.0, 2.0, number, 4.0]]}
    rows = [{"id": "1", "task": "text", "images": ["a.png"], "regions": where, "reference": ["x"]}]
    pq.write_table(pa.Table.from_pylist(rows), source / "t.parquet")
    assert geovlm("data", "convert", source / "t.parquet", source / "out.jsonl").code == 0
    shown = [json.loads(geovlm("data", "show", source / name, "--json").out) for name in ("t.parquet", "out.jsonl")]
    assert shown[0]["bad_truth"] == shown[1]["bad_truth"] != []


def test_convert_saves_pictures_that_rows_hold(geovlm: Run, source: Path, tmp_path: Path) -> None:
    raw = (source / "a.png").read_bytes()
    rows = [{"id": str(n), "task": "label", "images": [{"bytes": raw}], "reference": "x"} for n in range(2)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "held.parquet")
    refused = geovlm("data", "convert", tmp_path / "held.parquet", tmp_path / "out.jsonl")
    assert (refused.code, "--images" in refused.err, (tmp_path / "out.jsonl").exists()) == (3, True, False)
    arguments = ("data", "convert", tmp_path / "held.parquet", tmp_path / "out.jsonl", "--images", tmp_path / "images")
    assert geovlm(*arguments).code == 0
    [picture] = (tmp_path / "images").iterdir()
    assert (picture.suffix, picture.read_bytes()) == (".png", raw)
    read_back = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()[1:]]
    assert [row["images"] for row in read_back] == [[f"images/{picture.name}"]] * 2


def encoded(form: str) -> bytes:
    buffer, picture = io.BytesIO(), Image.new("RGB", (8, 8), "green")
    picture.save(buffer, form, **({"save_all": True, "append_images": [picture]} if form == "MPO" else {}))
    return buffer.getvalue()


def test_a_picture_that_cannot_be_saved_costs_its_row(geovlm: Run, tmp_path: Path) -> None:
    forms = ("MPO", "GIF", "PNG")
    rows = [{"id": form, "task": "label", "images": [{"bytes": encoded(form)}], "reference": "x"} for form in forms]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "held.parquet")
    found = geovlm(
        "data", "convert", tmp_path / "held.parquet", tmp_path / "out.jsonl", "--images", tmp_path / "images"
    )
    assert (found.code, "1 of 3 rows could not be read" in found.err) == (3, True)
    assert "rejected: a row (id GIF): Image of" in found.err
    kept = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()[1:]]
    assert [(row["id"], Path(row["images"][0]).suffix) for row in kept] == [("MPO", ".jpg"), ("PNG", ".png")]


def test_show_prints_rows_that_hold_their_images(geovlm: Run, tmp_path: Path) -> None:
    raw = encoded("PNG")
    truth = {"frame": "pixel", "boxes": [[1, 2, 3, 4, 0]]}
    row = {
        "id": "a",
        "task": "boxes",
        "images": [{"bytes": raw, "role": "after"}],
        "question": "Where?",
        "reference": truth,
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "held.parquet")
    [shown] = json.loads(geovlm("data", "show", tmp_path / "held.parquet", "--json").out)["rows"]
    assert shown == {**row, "images": [{"bytes": len(raw), "role": "after"}], "image_size": [8, 8]}
    assert '{"frame":"pixel","boxes":[[1,2,3,4,0]]}' in geovlm("data", "show", tmp_path / "held.parquet").out


def test_a_frame_is_declared_for_boxes_that_name_none(geovlm: Run, source: Path) -> None:
    (source / "talk.jsonl").write_text(
        json.dumps(
            {
                "image": "a.png",
                "conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "[1,2,3,4]"}],
            }
        )
    )
    refused = geovlm("data", "show", source / "talk.jsonl", "--task", "box")
    assert (refused.code, "frame its format does not declare" in refused.err) == (2, True)
    shown = geovlm("data", "show", source / "talk.jsonl", "--task", "box", "--frame", "percent", "--json")
    assert json.loads(shown.out)["rows"][0]["reference"] == {"frame": "percent", "boxes": [[1, 2, 3, 4, 0]]}


def test_rows_of_one_split(geovlm: Run, source: Path) -> None:
    rows = [{"id": str(n), "task": "count", "reference": n, "split": "ab"[n % 2]} for n in range(3)]
    (source / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert "splits joined: a 2, b 1; choose one with --split" in geovlm("data", "show", source).out
    shown = geovlm("data", "show", source, "--split", "b", "--json")
    assert json.loads(shown.out)["n"] == 1
    assert "no row of split `c`: its rows are of a, b." in geovlm("data", "show", source, "--split", "c").err


def test_scenes_write_a_data_set(geovlm: Run, tmp_path: Path) -> None:
    found = geovlm("data", "scenes", tmp_path / "s", "--n", 2, "--task", "vqa", "--size", 64, "--split", "test")
    assert (found.code, found.out) == (0, "")
    rows = [json.loads(line) for line in (tmp_path / "s" / "rows.jsonl").read_text().splitlines()[1:]]
    assert [row["task"] for row in rows] == ["vqa", "vqa"]
    with Image.open(tmp_path / "s" / rows[0]["images"][0]["path"]) as image:
        assert image.size == (64, 64)


def test_scenes_write_over_rows_only_when_asked(geovlm: Run, source: Path) -> None:
    before = (source / "rows.jsonl").read_bytes()
    arguments = ("data", "scenes", source, "--n", 1, "--task", "vqa")
    found = geovlm(*arguments)
    assert (found.code, (source / "rows.jsonl").read_bytes()) == (7, before)
    assert "--overwrite" in found.err
    assert geovlm(*arguments, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("wrong", "right"),
    [(("--size", "1"), ("--size", "32")), (("--split", "nope"), ()), (("--task", "oil-spill"), ("--task", "vqa"))],
)
def test_scenes_that_cannot_be_drawn_cost_nothing(
    wrong: tuple[str, ...], right: tuple[str, ...], geovlm: Run, source: Path, tmp_path: Path
) -> None:
    before = (source / "rows.jsonl").read_bytes()
    assert geovlm("data", "scenes", source, "--n", 1, "--overwrite", *wrong).code == 2
    assert (source / "rows.jsonl").read_bytes() == before
    assert geovlm("data", "scenes", tmp_path / "new/set", "--n", 1, *wrong).code == 2
    assert not (tmp_path / "new").exists()
    assert geovlm("data", "scenes", tmp_path / "new/set", "--n", 1, *right).code == 0


def test_the_help_of_scenes_names_every_split(geovlm: Run) -> None:
    shown = " ".join(geovlm("data", "scenes", "--help").out.split())
    assert all(split in shown for split in SPLITS)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("show", "nowhere.jsonl"), 3, "There is no data at nowhere.jsonl"),
        (("show", "{source}", "--task", "lable"), 2, "Did you mean `label`?"),
        (("show", "{source}", "--format", "geovlmm"), 2, "Did you mean `geovlm`?"),
        (("show", "{source}", "--task", "text"), 3, "no row of task `text`: 4 are of other tasks, 1 cannot be read"),
        (("convert", "{source}", "{source}/a.png/out.jsonl"), 6, "Cannot write"),
        (("convert", "{source}", "{source}/out.csv"), 2, "ends in `.csv`; rows are written to *.jsonl or *.parquet"),
        (("convert", "{source}", "{source}/out.json", "--format", "geovlm"), 2, "ends in `.json`; rows are"),
        (("convert", "{source}", "{source}/out"), 2, "has no ending; rows are written to"),
        (("scenes", "{source}/new", "--task", "sceen"), 2, "No scenes can be drawn for task `sceen`"),
        (("scenes", "{source}/a.png/new", "--n", "1"), 6, "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence_and_its_code(
    arguments: tuple[str, ...], code: int, sentence: str, geovlm: Run, source: Path
) -> None:
    found = geovlm("data", *[argument.format(source=source) for argument in arguments])
    assert (found.code, found.out) == (code, "")
    assert sentence in found.err
    assert "Traceback" not in found.err
