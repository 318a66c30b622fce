"""`geovlm benchmarks` and `geovlm eval --benchmark`: what is known, what is said to be unknown, and the published tables beside ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from geovlm_cli import Benchmark, hookimpl, plugins

Run = Callable[..., Any]
AID = "Classification/AID/test"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two rows of AID where EarthDial's data set has them, as JSON lines."""
    folder = tmp_path / "root/Classification"
    folder.mkdir(parents=True)
    lines = [
        {"question": "Classify. Classes: port, farm.", "answer": answer, "annotation": "port"}
        for answer in ("port", "farm")
    ]
    (folder / "AID").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return tmp_path / "root"


def test_the_registry_holds_the_named_benchmarks_with_their_published_figures(geovlm: Run) -> None:
    listed = orjson.loads(geovlm("benchmarks", "list", "--json").out)
    group = [row for row in listed if row["groups"] == ["geovlm-r1"]]
    assert len([row for row in group if not row["name"].startswith("teochatlas")]) == 27
    assert len(group) == 29
    known = {row["name"]: row["rows"] for row in listed if row["rows"]}
    assert known == {
        "aid": 3000,
        "ucmerced": 2100,
        "whu-rs19": 1005,
        "geochat-refer": 7593,
        "nwpu-refer": 1601,
        "geochat-region": 2797,
        "nwpu-region": 985,
        "nwpu-captions": 3150,
        "rsicd": 1093,
        "rsitmd": 452,
        "rsvqa-lrben": 10004,
    }


@pytest.mark.parametrize(
    ("name", "model", "figure", "value"),
    [
        ("aid", "GPT-4o", "token_recall", 0.7473),
        ("fmow", "GeoVLM-R1", "token_recall", 0.7693),
        ("geochat-refer", "EarthDial", "precision@0.5 [boxes=multiple]", 0.1341),
        ("nwpu-refer", "GeoVLM-R1", "precision@0.5 [size_group=large]", 0.6491),
        ("nwpu-grounding", "InternVL2-4B", "meteor", 0.2192),
        ("rsitmd", "GeoVLM-R1", "rougeL", 0.2539),
        ("xbd-refer", "InternVL2-8B", "precision@0.25", 0.007),
        ("rsvqa-lrben", "MiniGPTv2", "token_recall [question_type=rural_urban]", 0.39),
        ("rsvqa-hrben", "EarthGPT", "token_recall", 0.7206),
        ("teochatlas-fmow-low", "TEOChat", "accuracy", 0.455),
    ],
)
def test_published_figures_are_the_tables(geovlm: Run, name: str, model: str, figure: str, value: float) -> None:
    shown = orjson.loads(geovlm("benchmarks", "show", name, "--json").out)
    assert shown["published"][model][figure] == pytest.approx(value)


def test_published_figures_are_shown_once(geovlm: Run) -> None:
    lines = geovlm("benchmarks", "show", "geochat-refer").out.splitlines()
    assert [line for line in lines if line.startswith("published")] == ["published, in percent"]


@pytest.mark.parametrize(
    "words", ["eval --benchmark geovlm-r1 --model tiny", "eval --benchmark aid --model tiny", "benchmarks verify aid"]
)
def test_a_root_that_is_not_there_is_said_once(geovlm: Run, tmp_path: Path, words: str) -> None:
    outcome = geovlm(*words.split(), "--data-root", tmp_path / "gone")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.count("gone is no folder") == 1


def test_lists_are_shown_in_words(geovlm: Run) -> None:
    shown = geovlm("benchmarks", "show", "teochatlas-fmow-low").out
    assert "TEOChatlas/eval/fMoW_Low_Res.json, eval/fMoW_Low_Res.json" in shown
    assert "not looked at on the hub" in shown  # where the layout comes from
    assert "rows: EarthDial" not in geovlm("benchmarks", "show", "fmow").out  # whose rows nobody counted
    assert "rows: EarthDial" in geovlm("benchmarks", "show", "aid").out
    assert "('" not in shown


def test_what_is_unknown_is_said(geovlm: Run) -> None:
    shown = geovlm("benchmarks", "show", "bigearthnet").out
    assert [line.split()[1] for line in shown.splitlines() if line.startswith(("licence", "rows", "sha256"))] == [
        "unknown"
    ] * 3


def test_a_doubtful_published_row_says_so(geovlm: Run) -> None:
    shown = geovlm("benchmarks", "show", "levir-mci").out
    assert shown.splitlines()[-1].startswith("GeoChat: its columns look scrambled in the publication")
    assert "scrambled" not in geovlm("benchmarks", "show", "muds").out


def test_verify_compares_rows_and_says_what_cannot_be_compared(geovlm: Run, root: Path) -> None:
    outcome = geovlm("benchmarks", "verify", "geovlm-r1", "--data-root", root, "--json")
    assert outcome.code == 3
    found = {row["name"]: row for row in orjson.loads(outcome.out)}
    assert found["aid"]["verdict"] == "differs in rows"
    assert (found["aid"]["rows"], found["aid"]["rows_known"], found["aid"]["sha256_known"]) == (2, 3000, "unknown")
    assert found["fmow"]["verdict"].startswith("missing: none of Eardial_downstream_task_datasets/Change_detection")
    (root / "Change_detection").mkdir()
    (root / "Change_detection/FMoW_RGB_Valid").write_bytes((root / "Classification/AID").read_bytes())
    outcome = geovlm("benchmarks", "verify", "fmow", "--data-root", root)
    assert outcome.code == 0, outcome.err
    assert "nothing known to compare" in outcome.out


def test_a_group_shows_its_benchmarks_and_the_published_tables(geovlm: Run) -> None:
    outcome = geovlm("benchmarks", "show", "geovlm-r1")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0] == "geovlm-r1 is a group of 29 benchmarks: `geovlm eval --benchmark geovlm-r1` runs all."
    assert lines[3].split() == ["aid", "AID", "(zero-shot)", "scene", "earthdial", "3000"]
    start = lines.index("published, in percent")
    assert start == 2 + 30 + 1
    assert lines[start + 1] == "Classification"
    assert lines[start + 2].split()[-1] == "GeoVLM-R1"  # no column of ours
    assert lines[start + 3].split()[-1] == "88.46"
    assert "† levir-mci, GeoChat: its columns look scrambled" in outcome.out
    listed = orjson.loads(geovlm("benchmarks", "show", "geovlm-r1", "--json").out)
    assert (listed["group"], len(listed["benchmarks"])) == ("geovlm-r1", 29)
    assert listed["benchmarks"][0] == orjson.loads(geovlm("benchmarks", "show", "aid", "--json").out)


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("show whu-rs20", "whu-rs19"),
        ("show geovlm-r2", "geovlm-r1"),
        ("verify geovlmr1 --data-root .", "geovlm-r1"),
    ],
)
def test_an_unknown_benchmark_is_answered_with_the_nearest_or_the_nearest_group(
    geovlm: Run, words: str, near: str
) -> None:
    outcome = geovlm("benchmarks", *words.split())
    assert outcome.code == 2
    assert f"Did you mean `{near}`? Known: aid, " in outcome.err


@pytest.mark.parametrize("words", ["show harbours", "verify harbours --data-root ."])
def test_a_benchmark_that_a_broken_plugin_may_have_says_so(
    geovlm: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    class Harbour:
        @hookimpl
        def geovlm_benchmarks(self) -> list[Benchmark]:
            return [
                Benchmark(
                    name="harbour",
                    task="scene",
                    loader="geovlm",
                    protocol="strict",
                    split="test",
                    max_new_tokens=8,
                    source="nowhere",
                )
            ]

    class Sonar:
        @hookimpl
        def geovlm_benchmarks(self) -> list[Benchmark]:
            raise ImportError("no module named sonar")

    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(harbour=Harbour(), sonar=Sonar()))
    outcome = geovlm("benchmarks", *words.split())
    assert outcome.code == 5
    assert "Unknown benchmark `harbours`, and a plugin that may provide it does not load (sonar" in outcome.err


def test_an_unknown_benchmark_of_eval_ends_with_2(geovlm: Run) -> None:
    assert geovlm("eval", "--benchmark", "aidd", "--model", "tiny").code == 2


def test_data_of_a_benchmark_is_found_under_the_root(geovlm: Run, root: Path, tmp_path: Path) -> None:
    outcome = geovlm("eval", "--benchmark", "ucmerced", "--data-root", root, "--model", "tiny")
    assert outcome.code == 3
    assert "Classification/UCM/test" in outcome.err
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "AID-1", "completion": "port"}\n{"id": "AID-2", "completion": "port"}\n')
    outcome = geovlm(
        "eval", "--benchmark", "aid", "--data-root", root, "--predictions", answers, "--draws", "0", "--json"
    )
    assert outcome.code == 0, outcome.err
    assert orjson.loads(outcome.out)["metrics"]["scene"]["earthdial"]["token_recall"]["value"] == 1.0


def test_a_group_prints_the_published_tables_with_ours_and_why_the_others_were_not_run(
    geovlm: Run, shared: Path, tmp_path: Path
) -> None:
    saved = (shared / "earthdial-preds-dev/classification/WHU_19.jsonl").read_bytes()
    (tmp_path / "whu-rs19.jsonl").write_bytes(saved)
    line = ("eval", "--benchmark", "geovlm-r1", "--predictions", tmp_path, "--draws", "0")
    outcome = geovlm(*line, "--out", tmp_path / "run")
    assert outcome.code == 0, outcome.err
    (row,) = [line.split() for line in outcome.out.splitlines() if line.split()[:1] == ["whu-rs19"]]
    assert row == [
        "whu-rs19",
        "token_recall",
        "91.14",
        "79.30",
        "78.21",
        "80.09",
        "96.21",
        "97.91",
        "96.42",
        "1005",
        "1005",
    ]
    assert "InternVL2-8B" not in outcome.out.splitlines()[1]
    assert f"not run: aid: there are no saved answers at {tmp_path}/aid.jsonl" in outcome.out
    assert (tmp_path / "run/whu-rs19/results.json").is_file()
    found = orjson.loads(geovlm(*line, "--json").out)
    assert len(found["not_run"]) == 28
    assert list(found["results"]) == ["whu-rs19"]


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """Saved answers of two benchmarks and of nothing that has a name: five captions, three questions about two kinds of things."""
    folder = tmp_path / "answers"
    folder.mkdir()
    captions: list[dict[str, Any]] = [
        {"id": f"c{i}", "task": "image-caption", "question": "?", "reference": ["a big port"], "completion": "a port"}
        for i in range(5)
    ]
    questions: list[dict[str, Any]] = [
        {
            "id": f"q{i}",
            "task": "vqa",
            "question": "?",
            "reference": "yes",
            "completion": "yes",
            "meta": {"question_type": kind},
        }
        for i, kind in enumerate(("presence", "count", "count"))
    ]
    for name, lines in {"rsicd": captions, "rsvqa-lrben": questions, "MUDS": questions}.items():
        (folder / f"{name}.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return folder


def test_a_group_says_what_its_figures_rest_on(geovlm: Run, answers: Path) -> None:
    outcome = geovlm("eval", "--benchmark", "geovlm-r1", "--predictions", answers)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    captions = [line for line in lines if line.split()[:2] == ["rsicd", "rougeL"]]
    assert len(captions) == 1
    assert captions[0].endswith("5  5 of 1093 *")
    assert "…" in captions[0]
    assert sum(line.startswith("* not as many rows as the published test set has") for line in lines) == 1
    assert "failure reasons: rsicd: none" in lines
    assert "not read: MUDS.jsonl (Did you mean `muds.jsonl`?)" in lines
    assert sum("meteor matched" in line for line in lines) == 1
    (left_out,) = [line for line in lines if "leaves out" in line]
    assert left_out.startswith("note: rsvqa-lrben: ")
    assert left_out.endswith("leaves out 2 rows (count 2)")
    assert len(lines) == len(set(lines)) + sum(not line for line in lines) - 1


def test_a_folder_of_saved_answers_serves_one_benchmark_as_it_serves_a_group(geovlm: Run, answers: Path) -> None:
    outcome = geovlm("eval", "--benchmark", "rsicd", "--predictions", answers, "--draws", "0", "--json")
    assert outcome.code == 0, outcome.err
    assert orjson.loads(outcome.out)["data"]["n"] == 5
    outcome = geovlm("eval", "--benchmark", "rsitmd", "--predictions", answers)
    assert outcome.code == 3
    assert "no saved answers of `rsitmd`; they are looked for in rsitmd.jsonl" in outcome.err


def test_a_group_of_which_nothing_can_be_run_ends_with_3(geovlm: Run, tmp_path: Path) -> None:
    out = tmp_path / "run"
    outcome = geovlm("eval", "--benchmark", "geovlm-r1", "--data-root", tmp_path, "--model", "tiny", "--out", out)
    assert (outcome.code, (out / "tables.json").is_file()) == (3, True)
    assert "None of the 29 benchmarks" in outcome.err
    assert "97.91" in outcome.out


def test_a_group_with_answers_that_cannot_be_read_leaves_its_tables_and_ends_with_3(
    geovlm: Run, answers: Path, tmp_path: Path
) -> None:
    (answers / "aid.jsonl").write_text("")
    (answers / "ucmerced.jsonl").write_text("junk{")
    out = tmp_path / "run"
    outcome = geovlm("eval", "--benchmark", "geovlm-r1", "--predictions", answers, "--draws", "0", "--out", out)
    assert outcome.code == 3
    assert "aid.jsonl holds no row" in outcome.err
    left = orjson.loads((out / "tables.json").read_bytes())
    assert set(left["results"]) == {"rsicd", "rsvqa-lrben"}
    assert "aid.jsonl holds no row" in left["not_run"]["aid"]
    page = (out / "tables.md").read_text(encoding="utf-8").splitlines()
    assert page[0] == "# geovlm-r1"
    head = next(i for i, line in enumerate(page) if line.startswith("| benchmark | figure | GPT-4o |"))
    assert page[head].count("|") == page[head + 1].count("|") == page[head + 2].count("|")
    (levir, *_) = (line for line in page if line.startswith("| levir-mci | rougeL |"))
    assert "| 35.42 † |" in levir
    assert any(line.startswith("- † levir-mci, GeoChat: ") for line in page)
    assert any(line.startswith("- not run: ucmerced: ") for line in page)


def test_a_figure_that_was_not_measured_says_why(geovlm: Run, answers: Path) -> None:
    outcome = geovlm("eval", "--benchmark", "geovlm-r1", "--predictions", answers, "--draws", "0")
    lines = outcome.out.splitlines()
    lr = "– rsvqa-lrben, token_recall"
    assert f"{lr} [question_type=comp]: no row has question_type=comp" in lines
    assert f"{lr} [question_type=rural_urban]: no row has question_type=rural_urban" in lines
    assert not any(line.startswith((f"{lr}:", f"{lr} [question_type=presence]", "– rsicd")) for line in lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--task", "scene", "--data-root", "."], "--task names the task of one benchmark, and geovlm-r1 is a group"),
        (["--data", "rows.jsonl"], "--data names the rows of one benchmark"),
        ([], "say with --data-root which folder holds their data"),
    ],
)
def test_what_a_group_does_not_take_ends_with_2(geovlm: Run, arguments: list[str], words: str) -> None:
    outcome = geovlm("eval", "--benchmark", "geovlm-r1", "--model", "tiny", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


@pytest.mark.parametrize(("name", "found"), [("saved.jsonl", "is a file"), ("gone", "is not there")])
def test_answers_of_a_group_are_a_folder(geovlm: Run, tmp_path: Path, name: str, found: str) -> None:
    (tmp_path / "saved.jsonl").write_text("")
    outcome = geovlm("eval", "--benchmark", "geovlm-r1", "--predictions", tmp_path / name)
    assert outcome.code == 2
    assert (
        f"geovlm-r1 is a group of benchmarks, and --predictions {tmp_path / name} {found}; name a folder" in outcome.err
    )
