"""`geovlm check` as typed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from PIL import Image

from geovlm_cli import plugins, scenes
from geovlm_cli.benchmarks import Benchmark

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    scenes.write(folder, {"referred-detection": 6, "scene": 6}, seed=1, split="train")
    return folder


@pytest.fixture
def data(drawn: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(drawn, tmp_path / "data"))


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / "rows.jsonl").read_bytes().splitlines()]


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    (folder / "rows.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def test_sound_data_is_clean_and_every_check_says_what_it_saw(geovlm: Run, drawn: Path) -> None:
    done = geovlm("check", drawn, "--profile", "geovlm-r1")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == f"{drawn}: 12 rows; tasks referred-detection, scene; profile geovlm-r1"
    checks = [line.split()[1] for line in lines[2:] if line.startswith("ok ")]
    assert checks == [
        *("schema", "images", "truth", "prompt"),
        *("reward", "round", "probes", "truncation", "objects"),
        *("reward", "probes", "truncation"),
    ]
    assert "What answers that look at nothing earn" in done.out
    assert "scene: answer, tokens: median" in done.out
    assert "checking rewards of scene" in done.err


def test_the_json_form_holds_findings_probes_and_histograms(geovlm: Run, drawn: Path) -> None:
    done = geovlm("check", drawn, "--profile", "geovlm-r1", "--task", "referred-detection", "--model", "tiny", "--json")
    found = json.loads(done.out)
    assert (done.code, found["rows"], found["tasks"]) == (0, 6, ["referred-detection"])
    assert {finding["level"] for finding in found["findings"]} == {"ok", "note"}
    assert all(probe["low"] for probe in found["probes"])
    assert sum(next(h for h in found["histograms"] if "objects" in h["name"])["counts"]) >= 6


def test_the_page_names_the_first_ids_and_the_json_form_all(geovlm: Run, data: Path) -> None:
    schema, *rows = rows_of(data)
    long = "x" * 120
    for number, row in enumerate(rows[:7]):
        row |= {"id": f"{long}{number}", "image_size": [4000, 4000]}
    write(data, [schema, *rows])
    done = geovlm("check", data, "--profile", "geovlm-r1")
    (line,) = [line for line in done.out.splitlines() if "another size than its row says" in line]
    assert (done.code, line.count("xxx…"), ", …)" in line) == (3, 5, True)
    findings = json.loads(geovlm("check", data, "--profile", "geovlm-r1", "--json").out)["findings"]
    (found,) = [item for item in findings if "another size than its row says" in item["sentence"]]
    assert (found["count"], found["rows"]) == (7, [f"{long}{number}" for number in range(7)])


@pytest.mark.parametrize("metres", ["nan", "inf", "-1"])
def test_a_distance_that_no_place_is_apart_by_is_a_usage_error(geovlm: Run, drawn: Path, metres: str) -> None:
    done = geovlm("check", drawn, "--profile", "geovlm-r1", "--against", drawn, "--near", metres)
    assert (done.code, done.out, "--near" in done.err) == (2, "", True)


def test_each_fault_is_one_line_and_the_exit_code_is_3(geovlm: Run, data: Path) -> None:
    schema, *rows = rows_of(data)
    rows[0]["reference"]["boxes"] = [[9, 9, 5, 5, 0]]
    rows[1]["question"] = "<image><image> What is it?"
    (data / rows[3]["images"][0]["path"]).unlink()
    rows.append({"id": "odd", "task": "scene", "images": "no list"})
    write(data, [schema, *rows])
    done = geovlm("check", data, "--profile", "geovlm-r1")
    assert done.code == 3
    errors = [line for line in done.out.splitlines() if line.startswith("error")]
    assert [line.split()[1] for line in errors] == ["schema", "images", "truth", "prompt"]
    assert f"bad truth, box inverted or without area: 1 row ({rows[0]['id']});" in errors[2]
    assert done.err.splitlines()[-1] == (
        f"error: 4 findings of {data} must be mended before training: schema, images, truth, prompt."
    )


def test_other_data_that_tells_no_task_needs_none(geovlm: Run, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "coco"
    other.mkdir()
    with Image.open(data / rows_of(data)[2]["images"][0]["path"]) as picture:
        picture.save(other / "copy.png")
        size = {"width": picture.width, "height": picture.height}
    found = {
        "images": [{"id": 1, "file_name": "copy.png", **size}],
        "categories": [{"id": 1, "name": "ship"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9], "iscrowd": 0}],
    }
    (other / "coco.json").write_bytes(orjson.dumps(found))
    done = geovlm("check", data, "--profile", "geovlm-r1", "--against", other / "coco.json")
    assert done.code == 3
    assert "leakage" in done.out
    assert "coco.json" in done.out


def test_planted_copies_in_other_data_are_found(geovlm: Run, drawn: Path, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    scenes.write(other, {"scene": 4}, seed=9, split="test")
    _, *theirs = rows_of(other)
    with Image.open(data / rows_of(data)[2]["images"][0]["path"]) as picture:
        width, height = picture.size
        copy = picture.crop((0, 0, round(width * 0.95), round(height * 0.95)))
        copy.convert("RGB").save(other / "copy.jpg", quality=70)
    theirs[0]["images"] = ["copy.jpg"]
    write(other, theirs)
    done = geovlm("check", data, "--profile", "geovlm-r1", "--against", other)
    assert done.code == 3
    (leak,) = [line for line in done.out.splitlines() if line.startswith("error")]
    assert f"the same picture as an image of {other}: 1 row ({rows_of(data)[2]['id']} = {theirs[0]['id']})" in leak
    assert geovlm("check", drawn, "--profile", "geovlm-r1", "--against", drawn).code == 3


def test_annotated_images_are_compared_under_the_task_that_is_named(geovlm: Run, tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 60).convert("RGB").save(tmp_path / "a.png")
    marks = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 5, 20, 20]}]
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 64}],
        "annotations": marks,
        "categories": [{"id": 1, "name": "ship"}],
    }
    data = tmp_path / "boxes.json"
    data.write_bytes(orjson.dumps(document))
    done = geovlm("check", data, "--task", "detection", "--profile", "geovlm-r1", "--against", data)
    assert done.code == 3
    assert f"the same pixels as an image of {data}: 1 row" in done.out


def test_a_model_brings_its_profile_and_its_tokenizer(geovlm: Run, drawn: Path) -> None:
    done = geovlm("check", drawn, "--model", "tiny")
    assert (done.code, done.out.splitlines()[0].rpartition("; ")[2]) == (0, "profile tiny")
    assert "take about" not in done.out
    assert geovlm("check", drawn, "--model", "nowhere").code == 4


@pytest.fixture
def label_sets(tmp_path: Path) -> Path:
    """Rows of two or three of six classes, the first ones most often."""
    Image.new("RGB", (64, 64), (80, 120, 60)).save(tmp_path / "photo.png")
    names = ("Forest", "Water", "Pasture", "Airport", "Port", "Road")
    rows = [
        {"id": f"r{i}", "task": "multi-label", "images": ["photo.png"], "question": "What is there?"}
        | {"choices": names, "reference": names[i % 2 : i % 2 + 1 + i % 3]}
        for i in range(12)
    ]
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def test_a_probe_above_chance_ends_with_code_3_in_set_f1_too(geovlm: Run, tmp_path: Path) -> None:
    """The default of `multi-label` is set F1; of three labels, two of them true, all three earn 0.80 and the best two 0.67."""
    Image.new("RGB", (64, 64), (80, 120, 60)).save(tmp_path / "photo.png")
    names = ("Water", "Forest", "Road")
    rows = [
        {"id": f"r{i}", "task": "multi-label", "images": ["photo.png"], "question": "What is there?"}
        | {"choices": names, "reference": [name for name in names if name != names[i % 3]]}
        for i in range(9)
    ]
    write(tmp_path, rows)
    done = geovlm("check", tmp_path / "rows.jsonl")
    assert done.code == 3
    assert "`all labels` earns 0.80 in `f1`, the best blind guess 0.67" in done.out
    assert geovlm("check", tmp_path / "rows.jsonl", "--reward", "multi-label.exact").code == 0


def test_the_reward_that_will_be_trained_is_the_one_that_must_not_be_hackable(
    geovlm: Run, label_sets: Path, tmp_path: Path
) -> None:
    assert geovlm("check", label_sets).code == 0
    done = geovlm("check", label_sets, "--reward", "multi-label.recall")
    assert done.code == 3
    assert "the probe `all labels` earns 1.00 in `recall`" in done.out
    config = tmp_path / "grpo.yaml"
    config.write_text("rewards:\n  multi-label: {recall: 1.0}\n  scene: {exact: 1.0}\n")
    assert geovlm("check", label_sets, "--config", config).code == 3
    assert geovlm("check", label_sets, "--config", config, "--reward", "multi-label.f1=0.5").code == 0


@pytest.mark.parametrize(
    ("reward", "sentence"),
    [
        ("scene.exact", "--reward scene.exact: the data has no rows of this task; it has multi-label"),
        ("multi-label", "write TASK.NAME or TASK.NAME=WEIGHT"),
        ("multi-label.f1=much", "write TASK.NAME or TASK.NAME=WEIGHT"),
        ("multi-label.f2", "Did you mean `f1`?"),
    ],
)
def test_a_reward_that_is_not_there_is_named(geovlm: Run, label_sets: Path, reward: str, sentence: str) -> None:
    done = geovlm("check", label_sets, "--reward", reward)
    assert (done.code, sentence in done.err) == (2, True)


def test_boxes_need_a_profile(geovlm: Run, drawn: Path) -> None:
    done = geovlm("check", drawn)
    assert (done.code, "--profile" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--against", "nowhere"), "--against nowhere: there is no such file or folder, and no benchmark of that name"),
        (("--model", "owner/name"), "--model owner/name: there is no owner/name/tokenizer.json"),
        (("--task", "scenes"), "Did you mean `scene`?"),
    ],
)
def test_what_is_not_there_is_named(geovlm: Run, drawn: Path, options: tuple[str, ...], sentence: str) -> None:
    done = geovlm("check", drawn, "--profile", "geovlm-r1", *options)
    assert done.code == 2
    assert sentence in done.err


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two benchmarks of drawn scenes, in one group, beside what is installed."""
    common = {
        "task": "scene",
        "loader": "geovlm",
        "protocol": "strict",
        "split": "test",
        "max_new_tokens": 9,
        "source": "s",
    }
    made = {
        name: Benchmark(name=name, groups=("both",), layout=(f"deep/{name}",), **common)  # type: ignore[arg-type]  # by keyword
        for name in ("first", "second")
    }
    monkeypatch.setattr(plugins.Plugins, "benchmarks", lambda _self: made)
    monkeypatch.setattr(plugins.Plugins, "benchmark", lambda _self, name: made[name])


@pytest.mark.usefixtures("registered")
def test_a_benchmark_is_looked_for_where_its_layout_says(geovlm: Run, drawn: Path, tmp_path: Path) -> None:
    common = ("check", drawn, "--profile", "geovlm-r1", "--against")
    nowhere = geovlm(*common, "first")
    assert (nowhere.code, "say with --data-root which folder holds its data" in nowhere.err) == (2, True)
    missing = geovlm(*common, "first", "--data-root", tmp_path)
    assert (missing.code, "deep/first" in missing.err) == (3, True)
    none = geovlm(*common, "both", "--data-root", tmp_path)
    assert (none.code, "None of the 2 benchmarks of both has its data" in none.err) == (3, True)
    scenes.write(tmp_path / "deep/first", {"scene": 3}, seed=9, split="test")
    clean = geovlm(*common, "both", "--data-root", tmp_path)
    assert (clean.code, "not compared with second: its data is not under" in clean.err) == (0, True)
    assert "no picture of first (3 images) among 12 images" in clean.out
    shutil.copytree(drawn, tmp_path / "deep/second")
    assert geovlm(*common, "second", "--data-root", tmp_path).code == 3  # the very same images


def test_one_finding_is_not_several(geovlm: Run, tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    lines = [{"id": f"r{i}", "task": "vqa", "question": "q?", "reference": "yes"} for i in range(3)]
    data.write_bytes(b"\n".join([*map(orjson.dumps, lines), b"{"]))
    outcome = geovlm("check", data)
    assert outcome.code == 3
    assert f"error: 1 finding of {data} must be mended" in outcome.err
    assert "vqa: all 3 truths are the same answer" in outcome.out
