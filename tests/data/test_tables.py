"""Tables as `datasets` and pyarrow write them."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from geovlm_cli.data import hub, tables
from geovlm_cli.data.images import image_size
from geovlm_cli.data.records import records
from geovlm_cli.data.source import join_predictions, sha256_of
from geovlm_cli.errors import ConfigError, DataError
from geovlm_cli.task import ImageRef

Load = Callable[..., Any]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    datasets.disable_progress_bars()
    hub.files.cache_clear()


def dataset(count: int, start: int = 0) -> datasets.Dataset:
    features = datasets.Features(
        {"image": datasets.Image(), "question": datasets.Value("string"), "reference": datasets.Value("string")}
    )
    columns = {
        "image": [Image.new("RGB", (10 + number, 8)) for number in range(start, start + count)],
        "question": [f"q{number}" for number in range(start, start + count)],
        "reference": ["airport"] * count,
    }
    return datasets.Dataset.from_dict(columns, features=features)


def test_a_folder_of_sets_of_shards_is_read_in_order(tmp_path: Path) -> None:
    for start, name in enumerate(("a/shard_0", "a/shard_1", "b/shard_0")):
        dataset(1, start).save_to_disk(tmp_path / "sets" / name)
    assert questions(tmp_path / "sets") == ["q0", "q1", "q2"]
    datasets.DatasetDict({"train": dataset(1), "test": dataset(1)}).save_to_disk(tmp_path / "dicts" / "c")
    assert not tables.is_table(tmp_path / "dicts")  # which of its splits is meant has to be said


def test_a_table_in_no_known_format_is_told_by_its_columns(tmp_path: Path, load: Load) -> None:
    datasets.Dataset.from_list([{"bands": [1], "title": "x"}]).save_to_disk(tmp_path / "set")
    with pytest.raises(DataError, match=r"is in no known format: its keys are bands, title. Known formats"):
        load(tmp_path / "set")


def questions(path: Path) -> list[str]:
    return [row["question"] if not isinstance(row, str) else row for _, row in records(path)]


@pytest.mark.parametrize("kind", ["disk", "parquet", "folder of parquet", "arrow stream", "arrow file"])
def test_what_datasets_and_pyarrow_write_is_read(tmp_path: Path, kind: str) -> None:
    rows = dataset(130)
    path = tmp_path / "d"
    if kind == "disk":
        rows.save_to_disk(path)
    elif kind == "folder of parquet":
        path.mkdir()
        rows.select(range(100)).to_parquet(path / "train-0.parquet")
        rows.select(range(100, 130)).to_parquet(path / "train-1.parquet")
    elif kind == "parquet":
        rows.to_parquet(path := tmp_path / "d.parquet")
    else:
        path = tmp_path / "d.arrow"
        table = rows.with_format("arrow")[:]
        maker = pa.ipc.new_stream if kind == "arrow stream" else pa.ipc.new_file
        with maker(path, table.schema) as file:
            file.write_table(table)
    assert questions(path) == [f"q{number}" for number in range(130)]
    row = next(iter(records(path)))[1]
    assert not isinstance(row, str)
    assert image_size(ImageRef(row["image"]["bytes"])) == (10, 8)


def test_several_files_of_one_set_come_in_the_order_of_its_state(tmp_path: Path) -> None:
    dataset(30).save_to_disk(tmp_path / "d", num_shards=3)
    assert len(tables.files(tmp_path / "d")) == 3
    assert questions(tmp_path / "d") == [f"q{number}" for number in range(30)]


def test_a_folder_of_shards_is_one_table(tmp_path: Path) -> None:
    dataset(3).save_to_disk(tmp_path / "d" / "shard_0")
    dataset(2, 3).save_to_disk(tmp_path / "d" / "shard_1")
    assert questions(tmp_path / "d") == ["q0", "q1", "q2", "q3", "q4"]
    assert len(sha256_of(tmp_path / "d")) == 64


def test_a_folder_of_splits_is_read_split_by_split(tmp_path: Path, load: Load) -> None:
    splits = {"train": dataset(3), "test": dataset(2, 3)}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "d", num_shards={"train": 2, "test": 1})
    assert questions(tmp_path / "d") == ["q0", "q1", "q2", "q3", "q4"]
    whole = load(tmp_path / "d", task="label")
    assert [s.meta["split"] for s in whole.samples] == ["train"] * 3 + ["test"] * 2
    assert "splits joined: train 3, test 2; choose one with --split" in whole.report()
    chosen = load(tmp_path / "d", task="label", split="test")
    assert ([s.question for s in chosen.samples], chosen.other_splits) == (["q3", "q4"], 3)
    assert (len(whole.sha256), whole.sha256) == (64, chosen.sha256)
    with pytest.raises(DataError, match=r"no row of split `tests`: its rows are of test, train\. Did you mean `test`"):
        load(tmp_path / "d", task="label", split="tests")
    assert questions(tmp_path / "d" / "test") == ["q3", "q4"]
    (tmp_path / "d" / "dataset_dict.json").write_text("{")
    assert questions(tmp_path / "d") == ["q3", "q4", "q0", "q1", "q2"]  # by name, where the list is damaged


def both_ways(load: Load, folder: Path, **asked: Any) -> list[str]:
    """Return the ids of the split `test.v1`, which are the same whether it is chosen or its folder is named."""
    chosen = [sample.id for sample in load(folder, split="test.v1", **asked).samples]
    named = [sample.id for sample in load(folder / "test.v1", **asked).samples]
    among = [sample.id for sample in load(folder, **asked).samples if sample.meta["split"] == "test.v1"]
    assert chosen == named == among
    return named


def test_a_row_of_a_split_has_one_id(tmp_path: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"prompt": ["What?", "Why?"], "solution": ["airport", "port"]}
    made = datasets.Dataset.from_dict(rows)
    folder = tmp_path / "d.v1"
    datasets.DatasetDict({"train": made, "test.v1": made, "test.v2": made}).save_to_disk(folder)
    assert both_ways(load, folder, task="label") == ["test.v1-1", "test.v1-2"]
    whole = load(folder, task="label")
    assert len(whole.samples) == len({sample.id for sample in whole.samples}) == 6
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(f'{{"id": "test.v1-{n}", "completion": "c{n}"}}\n' for n in (1, 2)))
    for data in (load(folder, task="label", split="test.v1"), load(folder / "test.v1", task="label")):
        assert [sample.completion for sample in join_predictions(data, answers).samples] == ["c1", "c2"]
    monkeypatch.chdir(folder / "test.v1")
    assert [sample.id for sample in load(".", task="label").samples] == ["test.v1-1", "test.v1-2"]
    made.save_to_disk(tmp_path / "s.v1")
    assert [sample.id for sample in load(tmp_path / "s.v1", task="label").samples] == ["s-1", "s-2"]  # no split


def test_a_row_of_ours_in_a_split_has_one_id(tmp_path: Path, load: Load) -> None:
    rows = {"question": ["a", "b"], "reference": ["airport", "port"]}
    made = datasets.Dataset.from_dict(rows)
    named = made.add_column("id", ["x", "y"])
    datasets.DatasetDict({"train": made, "test.v1": made}).save_to_disk(tmp_path / "d")
    datasets.DatasetDict({"train": made, "test.v1": named}).save_to_disk(tmp_path / "named")
    assert both_ways(load, tmp_path / "d", task="label") == ["test.v1-1", "test.v1-2"]
    assert both_ways(load, tmp_path / "named", task="label") == ["x", "y"]


def test_a_bad_row_of_a_split_is_told_by_its_place_in_the_whole(tmp_path: Path, load: Load) -> None:
    good, bad = {"prompt": "What?", "solution": "airport"}, {"prompt": None, "solution": "airport"}
    splits = {name: datasets.Dataset.from_list(rows) for name, rows in (("a", [good] * 3), ("b", [good, bad, bad]))}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "d")
    rejected = load(tmp_path / "d", task="label").rejected
    assert [(row.line, row.id) for row in rejected] == [(5, "b-2"), (6, "b-3")]
    assert [row.line for row in load(tmp_path / "d" / "b", task="label").rejected] == [2, 3]


def test_a_folder_of_splits_without_any_is_one_sentence(tmp_path: Path) -> None:
    datasets.DatasetDict({}).save_to_disk(tmp_path / "d")
    with pytest.raises(DataError, match="is to hold splits"):
        questions(tmp_path / "d")


def test_a_table_whose_rows_name_no_split(tmp_path: Path, load: Load) -> None:
    dataset(3).to_parquet(tmp_path / "d.parquet")
    with pytest.raises(DataError, match="no row of split `test`: none of its 3 rows names a split; leave out --split"):
        load(tmp_path / "d.parquet", task="label", split="test")


def test_a_damaged_table_is_one_sentence(tmp_path: Path) -> None:
    for name in ("d.parquet", "d.arrow"):
        (tmp_path / name).write_bytes(b"PAR1 no table at all" * 3)
        with pytest.raises(DataError, match=name):
            questions(tmp_path / name)


def test_rows_are_read_by_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    whole = pq.ParquetFile.iter_batches

    def counted(file: Any, batch_size: int) -> Any:
        seen.append(batch_size)
        return whole(file, batch_size)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counted)
    dataset(100).to_parquet(tmp_path / "d.parquet")
    rows = records(tmp_path / "d.parquet")
    assert next(rows)[0] == 1
    assert seen == [64]


def test_rows_of_many_numbers_become_values_a_few_at_a_time(tmp_path: Path) -> None:
    bands = [[0.5] * 500_000] * 6  # 4 MB a row
    pq.write_table(pa.table({"tif_ms": bands, "question": ["q"] * 6}), tmp_path / "d.parquet")
    rows = records(tmp_path / "d.parquet")
    tracemalloc.start()
    first = next(rows)[1]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not isinstance(first, str)
    assert len(first["tif_ms"]) == 500_000
    assert peak < 70e6  # two rows of 500,000 floats of 32 bytes; all six are 96 MB
    assert sum(1 for _ in rows) == 5


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"geovlm-cli\[arrow\]"):
        questions(tmp_path / "d.parquet")


def test_our_rows_are_read_from_a_table(tmp_path: Path, load: Load) -> None:
    rows = dataset(3).rename_column("image", "images")
    rows = rows.map(lambda row: {"images": [row["images"]]}, features=_listed(rows.features))
    rows.save_to_disk(tmp_path / "d")
    found = load(tmp_path / "d", task="label")
    assert (found.format, [s.id for s in found.samples]) == ("geovlm", ["1", "2", "3"])
    assert image_size(found.samples[2].images[0]) == (12, 8)
    assert found.samples[0].reference == "airport"


def _listed(features: Any) -> Any:
    return datasets.Features({**features, "images": datasets.List(datasets.Image())})


def test_a_data_set_of_the_hub_is_fetched_and_read(tmp_path: Path, load: Load) -> None:
    (tmp_path / "set").mkdir()
    columns = {"prompt": ["What?", "Why?"], "solution": ["airport", "port"], "split": ["a", "a"]}
    datasets.Dataset.from_dict(columns).to_parquet(tmp_path / "set" / "test-00000-of-00001.parquet")
    source = f"hf:{tmp_path / 'set'}:test"
    found = load(source, task="label")
    assert (found.format, found.source, len(found.sha256)) == ("trl", source, 64)
    assert [(s.question, s.reference) for s in found.samples] == [("What?", "airport"), ("Why?", "port")]
    with pytest.raises(ConfigError, match=r"split train: Unknown split"):
        load(f"hf:{tmp_path / 'set'}", task="label")


@pytest.mark.parametrize("source", ["hf:", "hf::train"])
def test_an_id_without_a_name_is_refused(source: str) -> None:
    with pytest.raises(ConfigError, match="names no data set"):
        hub.files(source)


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("hf:a/b", ("a/b", "train")),
        ("hf:a/b:test", ("a/b", "test")),
        ("hf:a/b/Classification/AID:test", ("a/b", None, "Classification/AID", "test")),
        ("hf:./local/set/x", ("./local/set/x", "train")),
    ],
)
def test_what_is_asked_of_datasets(
    source: str, arguments: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[Any, ...]] = []

    def load_dataset(*given: Any, split: str) -> Any:
        asked.append((*given, split))
        return SimpleNamespace(cache_files=[{"filename": str(tmp_path / "a.arrow")}])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert hub.files(source) == (tmp_path / "a.arrow",)
    assert asked == [arguments]


def test_an_id_without_an_owner_that_is_not_found_is_told_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(*_: Any, split: str) -> Any:
        raise FileNotFoundError(f"no {split} here.")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(DataError, match=r"no train here; a data set of the hub is named hf:OWNER/NAME\.$"):
        hub.files("hf:bad")


def test_without_datasets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(DataError, match=r"geovlm-cli\[train\]"):
        hub.files("hf:a/b")


def test_bytes_are_encoded_images(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (5, 4)).save(buffer, "PNG")
    pq.write_table(pa.table({"image": [buffer.getvalue()], "question": ["q"]}), tmp_path / "d.parquet")
    row = next(iter(records(tmp_path / "d.parquet")))[1]
    assert not isinstance(row, str)
    assert image_size(ImageRef(row["image"])) == (5, 4)
