from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geovlm_cli.boxes import boxes
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.predictions import read_completions
from geovlm_cli.data.source import DataSet, check_images, join_predictions, read_samples
from geovlm_cli.errors import ConfigError, DataError, PluginError, UnknownNameError
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import KINDS, ImageRef, Sample, Task

Write = Callable[..., Path]
TASKS: dict[str, Task] = {kind: Task(name=kind, kind=kind, summary="") for kind in KINDS}
TASKS["change"] = Task(name="change", kind="label", summary="", images=("before", "after"))


def find(name: str) -> Task:
    if name not in TASKS:
        raise UnknownNameError("task", name, TASKS)
    return TASKS[name]


def data(source: Path, loaders: tuple[Loader, ...] = (), **options: Any) -> DataSet:
    return read_samples(source, find=find, loaders={loader.name: loader for loader in loaders}, **options)


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": str(number), "task": "label", "images": ["a.png"], "reference": "x", **fields}


def two_rows(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    yield Sample(id="1", task=task or "label", reference="x")
    yield BadRow(2, "2", "torn")


def other(name: str, read: Callable[[Path, str | None], Iterator[Sample | BadRow]] = two_rows) -> Loader:
    return Loader(name=name, detect=lambda head: "torn" in head or "files" in head, read=read, profile="their-model")


def test_a_folder_stands_for_its_rows(write: Write, folder: Path) -> None:
    path = write(row(1))
    found = data(folder)
    assert (found.format, len(found.samples), found.rejected) == ("geovlm", 1, [])
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.samples[0].images == (ImageRef(str(folder.resolve() / "a.png")),)


@pytest.mark.parametrize("text", ['{"torn": 1}\n', '[{"torn": 1}, {"torn": 2}]', '{"torn": [1, 2', "\ufeff"])
def test_a_foreign_format_is_known_by_its_keys(text: str, folder: Path) -> None:
    path = folder / ("data.jsonl" if text.endswith("\n") else "data.json")
    path.write_text(text)
    if text == "\ufeff":
        with pytest.raises(DataError, match="no JSON list of rows"):
            data(path, (other("theirs"),))
        return
    found = data(path, (other("theirs"),))
    assert (found.format, found.profile, len(found.samples)) == ("theirs", "their-model", 1)
    assert found.rejected == [BadRow(2, "2", "torn")]


def test_a_folder_without_rows_is_offered_by_its_file_names(folder: Path) -> None:
    assert data(folder, (other("theirs"),)).format == "theirs"


def test_an_unknown_format_names_keys_and_formats(folder: Path) -> None:
    (folder / "x.jsonl").write_text('{"left": 1, "right": 2}\n')
    with pytest.raises(DataError, match=r"its keys are left, right. Known formats: geovlm, llava, .*, theirs"):
        data(folder / "x.jsonl", (other("theirs"),))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("x.json", " [ ] ", r"x\.json holds no row\."),
        ("x.txt", "hello", r"x\.txt is in no known format: its name ends in \.txt\. Known"),
        ("x.json", '{"files": [1, "a.json"]}', r"its keys are files\. Known"),
    ],
)
def test_what_holds_no_rows_says_what_it_is(folder: Path, name: str, text: str, sentence: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=sentence):
        data(folder / name)


def test_a_finer_format_shows_in_any_of_the_first_rows(folder: Path) -> None:
    turns = [{"from": "human", "value": "?"}, {"from": "gpt", "value": "x"}]
    rows: list[Any] = [{"conversations": turns}, {"conversations": turns, "torn": 1}]
    (folder / "x.json").write_text(json.dumps(rows))
    assert data(folder / "x.json", (other("theirs"),), task="label").format == "llava"
    assert data(folder / "x.json", (replace(other("theirs"), refines="llava"),)).format == "theirs"
    assert data(folder / "x.json", (replace(other("theirs"), refines="trl"),), task="label").format == "llava"


@pytest.mark.parametrize("name", ["geovlm", "llava", "coco"])
def test_a_folder_without_rows_of_the_named_format_is_one_sentence(folder: Path, name: str) -> None:
    with pytest.raises(DataError, match="holds no rows of this format; name the file that does"):
        data(folder, format_name=name, task="box")


def test_two_fitting_formats_ask_for_a_choice(folder: Path) -> None:
    loaders = (other("theirs"), other("hers"))
    with pytest.raises(ConfigError, match="fits the formats theirs, hers"):
        data(folder, loaders)
    assert data(folder, loaders, format_name="hers").format == "hers"
    with pytest.raises(ConfigError, match=r"Unknown data format `her`. Did you mean `hers`?"):
        data(folder, loaders, format_name="her")


@pytest.mark.parametrize(("raised", "said"), [(KeyError("gone"), "KeyError: 'gone'"), (SystemExit(9), "SystemExit: 9")])
def test_a_loader_that_fails_is_named(folder: Path, raised: BaseException, said: str) -> None:
    def broken(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
        yield from two_rows(path, task)
        raise raised

    with pytest.raises(PluginError, match=rf"loader `theirs` failed on .*{said}"):
        data(folder, (other("theirs", broken),))


def test_a_truth_left_as_text_is_read_as_the_kind_wants_it(folder: Path) -> None:
    def texts(_: Path, task: str | None) -> Iterator[Sample | BadRow]:
        yield Sample(id="1", task=task or "label", reference="[[1, 2, 3, 4, 5]]")

    declared = replace(other("theirs", texts), frame="percent")
    assert data(folder, (declared,), task="boxes").samples[0].reference == boxes("percent", [[1, 2, 3, 4, 5]])
    assert data(folder, (declared,)).samples[0].reference == "[[1, 2, 3, 4, 5]]"
    with pytest.raises(ConfigError, match=r"frame its format does not declare.*with --frame"):
        data(folder, (other("theirs", texts),), task="boxes")
    assert data(folder, (other("theirs", texts),), task="count").samples[0].flaw is not None


def test_missing_and_empty_sources_are_data_errors(folder: Path) -> None:
    with pytest.raises(DataError, match="There is no data at"):
        data(folder / "none.jsonl")
    (folder / "empty.jsonl").write_text("\n")
    with pytest.raises(DataError, match="holds no row"):
        data(folder / "empty.jsonl")


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_row(folder: Path) -> None:
    (folder / "x.jsonl").write_text(json.dumps(row(1)) + "\n", encoding="utf-8-sig")
    assert [sample.id for sample in data(folder / "x.jsonl").samples] == ["1"]
    (folder / "x.json").write_text('[{"torn": 1}]', encoding="utf-8-sig")
    assert data(folder / "x.json", (other("theirs"),)).format == "theirs"


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_named(name: str, encoding: str, folder: Path) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    (folder / name).write_text(mark + json.dumps(row(1)) + "\n", encoding=encoding)
    with pytest.raises(DataError, match="is UTF-16; save it as UTF-8"):
        data(folder / name)


@pytest.mark.parametrize(
    ("line", "why"),
    [("{", "line 1: not JSON"), ('"' + "x" * 2**23 + '"', "longer than 8388608 bytes"), ("[1]", "not a JSON object")],
)
def test_a_single_row_that_cannot_be_read_says_why(line: str, why: str, folder: Path) -> None:
    (folder / "x.jsonl").write_text(line + "\n")
    with pytest.raises(DataError, match=why):
        data(folder / "x.jsonl")


def test_all_rows_bad_is_an_error_with_the_first_reason(write: Write) -> None:
    path = write({"schema": "geovlm/1"}, {"id": "1", "reference": "x"}, "{")
    with pytest.raises(DataError, match=r"None of the 2 rows of .*line 2 \(id 1\): no `task`"):
        data(path)


def test_the_task_option_leaves_other_rows_out_and_counts_them(write: Write) -> None:
    path = write(row(1), row(2, task="count", reference=3), row(3, task="unheard-of"))
    found = data(path, task="count")
    assert ([sample.id for sample in found.samples], found.other_tasks) == (["2"], 2)
    assert "2 rows of other tasks left out" in found.report()
    with pytest.raises(DataError, match="no row of task `boxes`: 3 are of other tasks"):
        data(path, task="boxes")


def test_an_unknown_task_costs_its_row_unless_none_is_left(write: Write) -> None:
    found = data(write(row(1), row(2, task="chnage")))
    assert found.rejected == [BadRow(2, "2", "unknown task `chnage`; did you mean `change`?")]
    assert "rejected: line 2 (id 2): unknown task `chnage`; did you mean `change`?" in found.report()
    with pytest.raises(ConfigError, match=r"None of the 2 rows of .* Unknown task `chnage`.* Known: answer, box"):
        data(write(row(1, task="chnage"), row(2, task="chnage")))


def test_an_unknown_task_of_a_foreign_format_costs_its_row(folder: Path) -> None:
    def mixed(_: Path, __: str | None) -> Iterator[Sample]:
        yield Sample(id="1", task="chnage", reference="x")
        yield Sample(id="2", task="label", reference="x")

    (folder / "x.jsonl").write_text('{"torn": 1}\n')
    found = data(folder / "x.jsonl", (other("theirs", mixed),))
    assert [sample.id for sample in found.samples] == ["2"]
    assert [bad.id for bad in found.rejected] == ["1"]


def test_a_plugin_that_may_have_the_task_of_a_row_stops_the_reading(write: Write) -> None:
    def broken(name: str) -> Task:
        if name in TASKS:
            return TASKS[name]
        raise PluginError("a plugin that may provide it does not load")

    with pytest.raises(PluginError):
        read_samples(write(row(1), row(2, task="chnage")), find=broken, loaders={})


def test_bytes_that_are_no_utf_8_are_so_called(folder: Path) -> None:
    (folder / "x.jsonl").write_bytes(b"\x80\xff\x00random\n")
    with pytest.raises(DataError, match=r"x\.jsonl holds no row: .*; line 1: not UTF-8\.$"):
        data(folder / "x.jsonl")
    good = json.dumps(row(1)).encode()
    (folder / "x.jsonl").write_bytes(good + b"\n" + good.replace(b'"x"', b'"\xe9\\ud800"') + b"\n")
    assert data(folder / "x.jsonl").rejected == [BadRow(2, "", "not UTF-8")]


def test_an_id_that_comes_twice_costs_the_second_row(write: Write) -> None:
    found = data(write(row(1), row(1, reference="y")))
    assert [sample.reference for sample in found.samples] == ["x"]
    assert found.rejected == [BadRow(0, "1", "its id is there twice")]


def test_the_limit_reads_no_further(write: Write) -> None:
    assert len(data(write(row(1), row(2), "{"), limit=2).samples) == 2


def test_flaws_are_found_counted_and_kept(write: Write) -> None:
    found = data(write(row(1), row(2, reference=""), row(3, reference="")))
    assert [sample.id for sample in found.flawed] == ["2", "3"]
    assert "bad truth: 2 × an empty label (id 2)" in found.report()


def test_the_report_shows_a_few_rejected_rows_and_their_number(write: Write) -> None:
    report = data(write(row(1), *["{"] * 9)).report()
    assert sum(line.startswith("rejected: line") for line in report) == 5
    assert "rejected: 9 rows in all; each is listed by `geovlm data show --json`" in report


@pytest.mark.parametrize("path", ["../a.png", "/etc/hostname", "link.png", "x\0.png", "sub/../../a.png"])
def test_images_outside_the_roots_are_refused(path: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    (inner / "sub").mkdir(parents=True)
    (tmp_path / "a.png").write_bytes(b"")
    (inner / "link.png").symlink_to(tmp_path / "a.png")
    (inner / "rows.jsonl").write_text(
        "\n".join(json.dumps(r) for r in (row(1, images=[path]), row(2, images=["b.png"])))
    )
    found = data(inner)
    assert [sample.id for sample in found.samples] == ["2"]
    assert "lies outside the image roots" in found.rejected[0].why


def test_data_urls_are_images_of_our_rows(write: Write) -> None:
    url = "data:image/png;base64," + base64.b64encode(b"pixels").decode()
    found = data(
        write(row(1, images=[url]), row(2, images=[{"path": url, "role": "after"}]), row(3, images=["data:text,no"]))
    )
    assert [sample.images for sample in found.samples] == [(ImageRef(b"pixels"),), (ImageRef(b"pixels", "after"),)]
    assert found.rejected[0].why == "an image is written as a data URL that holds no base64 image"


def test_roots_are_searched_in_order(write: Write, folder: Path) -> None:
    for name in ("one", "two"):
        (folder / name).mkdir()
    (folder / "two" / "b.png").write_bytes(b"")
    path = write(row(1, images=["b.png"]), row(2, images=[str(folder / "two" / "b.png")]), row(3, images=["c.png"]))
    found = data(path, image_roots=[folder / "one", folder / "two"])
    home = folder.resolve()
    assert [sample.images[0].source for sample in found.samples] == [
        str(home / "two" / "b.png"),
        str(home / "two" / "b.png"),
        str(home / "one" / "c.png"),
    ]
    with pytest.raises(ConfigError, match="is not a folder"):
        data(path, image_roots=[folder / "three"])


def test_images_come_in_the_order_of_the_roles(write: Write) -> None:
    named = [{"path": "b.png", "role": "after"}, {"path": "a.png", "role": "before"}]
    found = data(write(row(1, task="change", images=named), row(2, task="change", images=["a.png", "b.png"])))
    for sample in found.samples:
        assert [(Path(str(ref.source)).name, ref.role) for ref in sample.images] == [
            ("a.png", "before"),
            ("b.png", "after"),
        ]
    assert not found.flawed


def test_sizes_are_read_only_where_a_frame_needs_them(write: Write) -> None:
    where = {"frame": "percent", "boxes": [[1, 2, 30, 40]]}
    samples = data(
        write(row(1), row(2, task="box", reference=where), row(3, task="box", reference=where, images=["no.png"]))
    )
    fixed = Profile(name="p", box_syntax="list5", frame="model", resize=Resize(fixed=(448, 448)))
    assert [sample.image_size for sample in samples.batches_by_task(fixed)["box"]] == [None, None]
    free = Profile(name="q", box_syntax="list5", frame="model")
    batches = samples.batches_by_task(free)
    assert list(batches) == ["label", "box"]
    assert batches["label"][0].image_size is None
    assert batches["box"][0].image_size == (200, 100)
    assert "no.png does not exist" in str(batches["box"][1].flaw)
    assert batches["box"].profile is free


def test_equal_frames_need_no_image(write: Write) -> None:
    where = {"frame": "pixel", "boxes": [[1, 2, 30, 40]]}
    profile = Profile(name="p", box_syntax="list5", frame="pixel")
    batch = data(write(row(1, task="box", reference=where, images=["no.png"]))).batches_by_task(profile)["box"]
    assert (batch[0].flaw, batch[0].image_size) == (None, None)


def test_a_box_beside_the_image_is_found_once_the_size_is_known(write: Write) -> None:
    where = {"frame": "pixel", "boxes": [[250, 2, 300, 40]]}
    samples = data(write(row(1, task="box", reference=where)))
    batch = samples.batches_by_task(Profile(name="p", box_syntax="list5", frame="percent"))["box"]
    assert "outside the image: [250, 2, 300, 40, 0] (pixel, 200×100)" in str(batch[0].flaw)


def test_check_images_names_every_row_that_cannot_be_asked(write: Write, folder: Path) -> None:
    (folder / "torn.png").write_bytes(b"\x89PNG")
    found = data(write(row(1), row(2, images=[]), row(3, images=["no.png"]), row(4, images=["torn.png"])))
    bad = check_images(found.samples, find)
    assert [item.id for item in bad] == ["2", "3", "4"]
    assert "no image" in bad[0].why


def test_an_image_that_the_model_refuses_costs_its_row(write: Write, folder: Path) -> None:
    Image.new("RGB", (4000, 15)).save(folder / "thin.png")
    where = {"frame": "pixel", "boxes": [[5, 5, 50, 10]]}
    found = data(write(row(1), row(2, images=["thin.png"]), row(3, task="box", reference=where, images=["thin.png"])))
    profile = Profile(name="p", box_syntax="qwen-json", frame="model")
    assert [item.id for item in check_images(found.samples, find, profile)] == ["2", "3"]
    assert check_images(found.samples, find) == []
    assert "200 times as long as wide" in str(found.batches_by_task(profile)["box"][0].flaw)


def saved(folder: Path, *lines: str) -> Path:
    path = folder / "predictions.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def test_predictions_join_on_id(write: Write, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = data(write(row(1), row(2)))
    path = saved(
        folder, '{"id": "2", "completion": "b"}', '{"id": 1, "completion": "a"}', '{"id": "9", "completion": ""}'
    )
    assert [sample.completion for sample in join_predictions(found, path).samples] == ["a", "b"]
    assert "1 of the 3 completions" in caplog.text
    assert "answer none of the rows read" in caplog.text


def test_predictions_as_other_scripts_write_them(write: Write, folder: Path) -> None:
    found = data(write(row(1), row(2), row(3)))
    path = saved(
        folder,
        '{"question_id": 1, "prompt": "?", "text": "a", "answer_id": "x"}',
        '{"question_id": "2", "image_id": "a.png", "answer": "b"}',
        '{"id": "3", "question_id": "9", "completion": "c", "answer": "no"}',
    )
    assert [sample.completion for sample in join_predictions(found, path).samples] == ["a", "b", "c"]


def test_predictions_as_a_json_list(write: Write, folder: Path) -> None:
    found = data(write(row(1), row(2)))
    path = folder / "predictions.json"
    path.write_text('[{"id": 1, "completion": "a"},\n {"id": "2", "completion": "b"}]')
    assert [sample.completion for sample in join_predictions(found, path).samples] == ["a", "b"]
    path.write_text('[{"id": 1, "completion": "a"}, 7]')
    with pytest.raises(DataError, match=r"predictions\.json, row 2: not a JSON object"):
        join_predictions(found, path)


def test_rows_that_a_run_left_without_an_answer_join_too(write: Write, folder: Path) -> None:
    lost = '{"id": "2", "completion": null, "error": "status 400", "cause": "refused"}'
    path = saved(folder, '{"id": "1", "completion": "a"}', lost)
    joined = join_predictions(data(write(row(1), row(2))), path)
    assert [sample.completion for sample in joined.samples] == ["a", None]
    assert joined.unanswered["2"]["cause"] == "refused"
    with pytest.raises(DataError, match=r"Row `2` of .* has no completion: status 400"):
        read_completions(path)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (['{"id": "1", "completion": null, "error": "x"}'] * 2, "line 2: id `1` is there twice"),
        (['{"id": "1", "completion": "a"}'], "1 of 2 rows have no completion"),
        (['{"id": "1", "completion": "a"}'] * 2, "line 2: id `1` is there twice"),
        (['{"id": "1"}'], "line 1: a prediction needs"),
        (["{"], "line 1: not JSON"),
    ],
)
def test_predictions_that_do_not_fit_are_an_error(lines: list[str], sentence: str, write: Write, folder: Path) -> None:
    found = data(write(row(1), row(2)))
    with pytest.raises(DataError, match=sentence):
        join_predictions(found, saved(folder, *lines))


def test_a_million_rows_are_streamed(folder: Path) -> None:
    """The reader holds one row: it asks for the next only when the last has been taken."""
    taken: list[int] = []

    def many(_: Path, task: str | None) -> Iterator[Sample | BadRow]:
        for number in range(1_000_000):
            taken.append(number)
            yield Sample(id=str(number), task=task or "label", reference="x")

    data(folder, (other("theirs", many),), limit=10)
    assert len(taken) == 10


def test_a_loader_that_fails_to_recognise_is_named(folder: Path) -> None:
    def leaves(_: object) -> bool:
        raise SystemExit(9)

    with pytest.raises(PluginError, match=r"loader `theirs` failed to say .*SystemExit: 9"):
        data(folder, (replace(other("theirs", two_rows), detect=leaves),))
