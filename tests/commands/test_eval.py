"""`geovlm eval` as a user types it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from geovlm_cli import Benchmark, hookimpl, plugins
from geovlm_cli.commands._finishing import whole_request
from geovlm_cli.errors import ConfigError

Run = Callable[..., Any]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = [
        {"id": f"r{i}", "task": "vqa", "images": [], "question": "?", "reference": truth, "completion": said}
        for i, (truth, said) in enumerate([("yes", "yes"), ("no", "yes"), ("3", "3")])
    ]
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return path


@pytest.mark.parametrize(
    ("file", "task", "metric", "expected"),
    [
        ("classification/WHU_19", "scene", "token_recall", {"": 96.4179}),
        ("classification/STARCOP_test", "scene", "token_recall", {"": 73.0994}),
        (
            "detection/ship_dataset_v0",
            "referred-detection",
            "precision@0.5",
            {
                "": 20.3463,
                "boxes=single": 24.1096,
                "boxes=multiple": 6.1856,
                "size_group=small": 10.4651,
                "size_group=medium": 22.449,
                "size_group=large": 46.6667,
            },
        ),
        (
            "detection/ship_dataset_v0",
            "referred-detection",
            "precision@0.25",
            {
                "": 56.4935,
                "boxes=single": 63.2877,
                "boxes=multiple": 30.9278,
                "size_group=small": 42.4419,
                "size_group=medium": 60.4082,
                "size_group=large": 88.8889,
            },
        ),
        (
            "detection/urban_tree_crown_detection",
            "referred-detection",
            "precision@0.5",
            {
                "": 9.1158,
                "boxes=single": 11.1392,
                "boxes=multiple": 6.7265,
                "size_group=small": 0.2786,
                "size_group=medium": 6.9652,
                "size_group=large": 25.6757,
            },
        ),
    ],
)
def test_the_published_figures_come_out_of_the_real_answers(
    geovlm: Run, shared: Path, file: str, task: str, metric: str, expected: dict[str, float]
) -> None:
    outcome = geovlm("eval", "--predictions", shared / f"earthdial-preds-dev/{file}.jsonl", "--task", task, "--json")
    assert outcome.code == 0, outcome.err
    results = orjson.loads(outcome.out)
    found = {"": results["metrics"][task]["earthdial"], **results["slices"][task]["earthdial"]}
    assert {name: 100 * found[name][metric]["value"] for name in expected} == pytest.approx(expected, abs=0.01)
    assert results["structure"] == "any"
    assert "malformed" in results["metrics"][task]["strict"]


def test_the_table_goes_to_stdout_and_the_rest_to_stderr(geovlm: Run, rows: Path) -> None:
    outcome = geovlm("eval", "--predictions", rows)
    assert outcome.code == 0
    assert "66.67" in outcome.out
    assert "failure reasons: none" in outcome.out
    assert "3 rows, format geovlm" in outcome.err


def test_an_answer_that_ran_away_counts_and_earns_nothing(geovlm: Run, tmp_path: Path) -> None:
    said = ["yes", "yes", "yes", "yes " * 2**19]
    lines = [
        {"id": str(i), "task": "vqa", "question": "?", "reference": "yes", "completion": text}
        for i, text in enumerate(said)
    ]
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    outcome = geovlm("eval", "--predictions", tmp_path / "rows.jsonl", "--protocol", "strict", "--json")
    results = orjson.loads(outcome.out)
    assert outcome.code == 0, outcome.err
    assert results["metrics"]["vqa"]["strict"]["accuracy"]["value"] == 0.75
    assert results["reasons"]["vqa"] == {"too_long": 1}


def test_saved_boxes_without_a_profile_are_refused(geovlm: Run, tmp_path: Path) -> None:
    """The frame of the truth says nothing of the frame in which the answers were written."""
    row = {"id": "a", "task": "referred-detection", "completion": "[1,2,3,4,0]"}
    path = tmp_path / "rows.jsonl"
    path.write_bytes(orjson.dumps({**row, "reference": {"frame": "percent", "boxes": [[1, 2, 3, 4, 0]]}}))
    outcome = geovlm("eval", "--predictions", path)
    assert (outcome.code, outcome.out) == (2, "")
    assert "name the profile" in outcome.err
    assert geovlm("eval", "--predictions", path, "--profile", "geovlm-r1").code == 0


def test_data_of_nothing_but_bad_truth_ends_with_3(geovlm: Run, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [{"question": "Classify.", "answer": "port", "annotation": "port"}] * 3
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    outcome = geovlm("eval", "--predictions", path, "--task", "referred-detection")
    assert (outcome.code, outcome.out) == (3, "")
    assert "All 3 rows" in outcome.err
    assert "not a list of boxes of 5 numbers: `port`" in outcome.err


def test_answers_are_joined_to_data_on_id(geovlm: Run, rows: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text("\n".join(f'{{"id": "r{i}", "completion": "no"}}' for i in (2, 1, 0)))
    outcome = geovlm("eval", "--data", rows, "--predictions", answers, "--json")
    results = orjson.loads(outcome.out)
    assert results["metrics"]["vqa"]["strict"]["accuracy"]["value"] == pytest.approx(1 / 3)
    sha = hashlib.sha256(answers.read_bytes()).hexdigest()
    assert results["data"]["predictions"] == {"source": str(answers), "sha256": sha}
    shown = geovlm("eval", "--data", rows, "--predictions", answers).out
    assert shown.startswith(f"saved answers of {answers} on {rows}: 3 rows")


def test_a_run_goes_on_with_the_same_answers_only_and_says_which_changed(
    geovlm: Run, rows: Path, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text("\n".join(f'{{"id": "r{i}", "completion": "no"}}' for i in range(3)))
    arguments = ("eval", "--data", rows, "--predictions", answers, "--out", tmp_path / "run", "--resume")
    assert geovlm(*arguments).code == 0
    before = hashlib.sha256(answers.read_bytes()).hexdigest()
    answers.write_text(answers.read_text().replace("no", "yes"))
    outcome = geovlm(*arguments)
    assert outcome.code == 7
    after = hashlib.sha256(answers.read_bytes()).hexdigest()
    assert f"`data_sha256.predictions` was {before} and is now {after}" in outcome.err


@pytest.mark.parametrize("ids", [("r0", "r1"), ("r0", "r1", "r2", "r2")])
def test_a_missing_or_double_id_ends_with_3(geovlm: Run, rows: Path, tmp_path: Path, ids: tuple[str, ...]) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text("\n".join(f'{{"id": "{name}", "completion": "no"}}' for name in ids))
    outcome = geovlm("eval", "--data", rows, "--predictions", answers)
    assert outcome.code == 3
    assert "r2" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_protocol_that_the_task_lacks_ends_with_2(geovlm: Run, rows: Path) -> None:
    outcome = geovlm("eval", "--predictions", rows, "--protocol", "earthdail")
    assert outcome.code == 2
    assert "Did you mean `earthdial`?" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "ROWS"], "--model"),
        (["--predictions", "ROWS", "--model", "tiny"], "neither --model"),
        (["--predictions", "ROWS", "--samples", "4"], "--samples"),
        (["--model", "tiny", "--data", "ROWS", "--samples", "4"], "--temperature"),
        (["--predictions", "ROWS", "--task", "vqaa"], "Did you mean `vqa`?"),
        (["--predictions", "ROWS", "eval.batchsize=3"], "eval.batch"),
        (["--predictions", "ROWS", "--resume"], "--out"),
    ],
)
def test_what_cannot_be_meant_ends_with_2(geovlm: Run, rows: Path, arguments: list[str], words: str) -> None:
    outcome = geovlm("eval", *[str(rows) if word == "ROWS" else word for word in arguments])
    assert outcome.code == 2, outcome.err
    assert words in outcome.err


_URL = "http://127.0.0.1:9/v1#m"


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--predictions", "ROWS", "--temperature", "0.5"], "--temperature"),
        (["--predictions", "ROWS", "--max-new-tokens", "5"], "--max-new-tokens"),
        (["--predictions", "ROWS", "--adapter", "nofolder"], "--adapter"),
        (["--predictions", "ROWS", "--device", "cpu"], "--device"),
        (["--predictions", "ROWS", "--prompt-style", "suffix"], "--prompt-style"),
        (["--predictions", "ROWS", "eval.temperature=0.5"], "--temperature"),
        (["--data", "ROWS", "--model", _URL, "--adapter", "nofolder"], "--adapter"),
        (["--data", "ROWS", "--model", _URL, "--engine", "vllm"], "--engine"),
        (["--data", "ROWS", "--model", _URL, "--device", "cuda:0"], "--device"),
        (["--data", "ROWS", "--model", _URL, "--dtype", "float16"], "--dtype"),
        (["--data", "ROWS", "--model", _URL, "--trust-remote-code"], "--trust-remote-code"),
        (["--data", "ROWS", "--model", _URL, "--batch-size", "4"], "--batch-size"),
        (["--data", "ROWS", "model.name=" + _URL, "model.dtype=float16", "--config", "recipe:tiny/grpo"], "--dtype"),
        (["--data", "ROWS", "--model", "tiny", "--concurrency", "4"], "--concurrency"),
        (["--data", "ROWS", "--model", "tiny", "--timeout", "4"], "--timeout"),
        (["--data", "ROWS", "--model", "tiny", "--engine", "vllm", "--device", "cpu"], "--device"),
    ],
)
def test_an_option_without_effect_ends_with_2(geovlm: Run, rows: Path, arguments: list[str], option: str) -> None:
    outcome = geovlm("eval", *[str(rows) if word == "ROWS" else word for word in arguments])
    assert outcome.code == 2, outcome.err
    assert outcome.err.startswith(f"error: {option} has no effect here: ")
    assert outcome.err.count("\n") == 1


def test_saved_answers_have_no_settings_of_generation(geovlm: Run, rows: Path) -> None:
    results = orjson.loads(geovlm("eval", "--predictions", rows, "--json").out)
    assert results["temperature"] is None


def test_a_run_folder_is_left_and_not_overwritten(geovlm: Run, rows: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert geovlm("eval", "--predictions", rows, "--out", run).code == 0
    assert {path.name for path in run.iterdir()} >= {"run.json", "config.yaml", "rows.jsonl", "results.json"}
    before = (run / "rows.jsonl").read_bytes()
    assert geovlm("eval", "--predictions", rows, "--out", run).code == 7
    assert geovlm("eval", "--predictions", rows, "--out", run, "--resume").code == 0
    assert (run / "rows.jsonl").read_bytes() == before


def test_an_output_that_cannot_be_written_ends_with_6(geovlm: Run, rows: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert geovlm("eval", "--predictions", rows, "--out", tmp_path / "file/run").code == 6


def test_a_benchmark_names_the_task_and_the_cap_unless_it_is_typed() -> None:
    class Known:
        @staticmethod
        @hookimpl
        def geovlm_benchmarks() -> list[Benchmark]:
            return [
                Benchmark(
                    name="whu",
                    task="scene",
                    loader="earthdial",
                    protocol="earthdial",
                    split="test",
                    max_new_tokens=10,
                    source="",
                )
            ]

    loaded = plugins.from_modules(known=Known)
    untyped = dict.fromkeys(("task", "max_new_tokens", "data", "data_root", "predictions", "format"))
    typed = {**untyped, "benchmark": "whu"}
    found = whole_request(loaded, typed)
    assert (found["task"], found["max_new_tokens"], found["format"]) == ("scene", 10, None)
    assert whole_request(loaded, {**typed, "task": "scene", "max_new_tokens": 3})["max_new_tokens"] == 3
    with pytest.raises(ConfigError, match="--task vqa is not the task of `whu`, which is scene"):
        whole_request(loaded, {**typed, "task": "vqa"})


def test_a_single_benchmark_stands_beside_its_published_figures(geovlm: Run, tmp_path: Path) -> None:
    answers, run = tmp_path / "answers.jsonl", tmp_path / "run"
    answers.write_bytes(orjson.dumps({"question": "?", "groundtruth": "Beach", "answer": "beach"}) + b"\n")
    line = ("eval", "--benchmark", "aid", "--predictions", answers, "--profile", "earthdial")
    outcome = geovlm(*line, "--out", run, "--report")
    assert outcome.code == 0, outcome.err
    page = (run / "report/index.html").read_text(encoding="utf-8")
    assert ">88.76</td>" in page
    assert "* not as many rows as the published test set has" in page
    (cells,) = (text.split() for text in outcome.out.splitlines() if text.split()[:2] == ["aid", "token_recall"])
    assert {"88.76", "100.00"} < set(cells)
    assert cells[-5:] == ["1", "1", "of", "3000", "*"]
    assert "* not as many rows" in outcome.out
    told = orjson.loads((run / "results.json").read_bytes())["benchmark"]
    assert (told["name"], told["rows"], told["published"]["EarthDial"]) == ("aid", 3000, {"token_recall": 0.8876})
    assert orjson.loads((run / "run.json").read_bytes())["benchmark"] == "aid"
    assert orjson.loads(geovlm(*line, "--json").out)["benchmark"] == told


def test_the_protocol_of_the_published_figures_runs_beside_the_one_that_is_named(geovlm: Run, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_bytes(orjson.dumps({"question": "?", "groundtruth": "Beach", "answer": "beach"}) + b"\n")
    line = ("eval", "--benchmark", "aid", "--predictions", answers, "--profile", "earthdial", "--draws", "0")
    outcome = geovlm(*line, "--protocol", "strict")
    assert outcome.code == 0, outcome.err
    (cells,) = (text.split() for text in outcome.out.splitlines() if text.split()[:2] == ["aid", "token_recall"])
    assert "100.00" in cells
    assert list(orjson.loads(geovlm(*line, "--protocol", "strict", "--json").out)["protocols"]) == [
        "strict",
        "earthdial",
    ]


def test_saved_answers_need_no_torch(rows: Path) -> None:
    done = without_torch("eval", "--predictions", str(rows))
    assert done.returncode == 0, done.stderr
    assert "66.67" in done.stdout


def test_a_model_without_torch_ends_with_4_and_says_what_to_install(rows: Path) -> None:
    done = without_torch("eval", "--model", "tiny", "--data", str(rows))
    assert done.returncode == 4, done.stderr
    assert "geovlm-cli[train]" in done.stderr


def without_torch(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `geovlm` in a process in which torch cannot be imported."""
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('torch', 'transformers', 'trl'): raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        f"from geovlm_cli.cli import main; main({list(arguments)!r})\n"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_one_split_of_a_named_format(geovlm: Run, tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "task": "vqa", "reference": "yes", "completion": "yes" if n else "no", "split": "ab"[n % 2]}
        for n in range(5)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    asked = ("eval", "--predictions", path, "--format", "geovlm", "--protocol", "strict", "--json")
    found = orjson.loads(geovlm(*asked, "--split", "b").out)
    assert found["metrics"]["vqa"]["strict"]["accuracy"]["value"] == 1.0
    joined = geovlm(*asked)
    assert orjson.loads(joined.out)["metrics"]["vqa"]["strict"]["accuracy"]["value"] == 0.8
    assert "splits joined: a 3, b 2; choose one with --split" in joined.err
    assert "Did you mean `geovlm`?" in geovlm("eval", "--predictions", path, "--format", "geovlmm").err


@pytest.mark.parametrize("words", ["--protocol no-such", "--samples 3", "--device no-such"])
def test_a_refused_run_leaves_no_folder(geovlm: Run, tmp_path: Path, words: str) -> None:
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps({"id": "a", "task": "vqa", "question": "?", "reference": "yes"}))
    outcome = geovlm(
        "eval", "--model", "tiny", "--data", tmp_path / "rows.jsonl", *words.split(), "--out", tmp_path / "runs" / "run"
    )
    assert outcome.code == 2, outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_all_rejected_rows_are_listed_in_the_run_folder(geovlm: Run, rows: Path, tmp_path: Path) -> None:
    with rows.open("ab") as file:
        file.write(b"\n" + b"{\n" * 8 + b"[1]\n")
    outcome = geovlm("eval", "--predictions", rows, "--out", tmp_path / "run", "--json")
    run = tmp_path / "run"
    data = orjson.loads(outcome.out)["data"]
    assert (data["rejected"], data["rejected_reasons"]) == (9, {"not JSON": 8, "not a JSON object": 1})
    listed = [orjson.loads(line) for line in (run / "rejected.jsonl").read_bytes().splitlines()]
    assert [row["line"] for row in listed] == list(range(4, 13))
    assert f"rejected: 9 rows in all; each is listed in {run / 'rejected.jsonl'}" in outcome.err
    assert outcome.err.count("rejected: line") == 5


@pytest.fixture
def permille(tmp_path: Path) -> Path:
    """True boxes in percent that do not say so, right answers in permille."""
    path = tmp_path / "permille.jsonl"
    lines = [
        {"id": f"r{i}", "task": "referred-detection", "question": "?", "reference": {"boxes": [[10 + i, 10, 40, 50]]}}
        | {"completion": f"<answer>[{100 + 10 * i}, 100, 400, 500]</answer>"}
        for i in range(3)
    ]
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return path


def test_answers_in_another_frame_than_the_profile_says(geovlm: Run, permille: Path, tmp_path: Path) -> None:
    profile = tmp_path / "mine.yaml"
    profile.write_text("name: mine\nstructure: answer\nbox_syntax: list4\nframe: percent\n")
    saved = ("eval", "--predictions", permille, "--profile", profile, "--draws", 0, "--json")

    def pq(*more: str) -> tuple[str, float]:
        found = orjson.loads(geovlm(*saved, *more).out)
        return found["profile"], found["metrics"]["referred-detection"]["strict"]["pq"]["value"]

    assert pq() == ("mine", 0)
    assert pq("--answer-frame", "permille", "--frame", "percent") == ("mine (permille)", 1)
    assert pq("model.answer_frame=permille", "data.frame=percent") == ("mine (permille)", 1)
    assert pq("--answer-frame", "permille") == ("mine (permille)", 0)  # of the truth too, where nothing else is said
    assert pq("--answer-frame", "percent")[0] == "mine"


def test_a_frame_of_answers_needs_a_profile_with_boxes(geovlm: Run, permille: Path, tmp_path: Path) -> None:
    done = geovlm("eval", "--predictions", permille, "--answer-frame", "unit")
    assert (done.code, "nothing says how the boxes are written; name the profile" in done.err) == (2, True)
    profile = tmp_path / "mine.yaml"
    profile.write_text("name: mine\nstructure: answer\n")
    done = geovlm("eval", "--predictions", permille, "--profile", profile, "--answer-frame", "unit")
    assert (done.code, "the profile `mine` writes no boxes" in done.err) == (2, True)
