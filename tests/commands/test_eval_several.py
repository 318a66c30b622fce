"""`geovlm eval` of several seeds, and of two runs compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from PIL import Image

from tests.engines import FakeEngine

Run = Callable[..., Any]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    path = tmp_path / "rows.jsonl"
    lines = [
        {"id": f"r{i}", "task": "vqa", "images": ["a.png"], "question": f"q{i}", "reference": "yes"} for i in range(40)
    ]
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return path


def test_seeds_are_aggregated_with_their_spread(
    geovlm: Run, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = [FakeEngine(f"<think>.</think><answer>{word}</answer>") for word in ("yes", "no", "yes")]
    monkeypatch.setattr("geovlm_cli.generation.load_engine", lambda *_, **__: engines.pop(0))
    line = ("eval", "--model", "tiny", "--data", rows, "--seeds", "3,4,5", "--out", tmp_path / "run", "--json")
    outcome = geovlm(*line, "--temperature", "1")
    assert outcome.code == 0, outcome.err
    found = orjson.loads(outcome.out)
    accuracy = found["metrics"]["vqa"]["strict"]["accuracy"]
    assert found["seeds"] == [3, 4, 5]
    assert accuracy["values"] == [1.0, 0.0, 1.0]
    assert accuracy["mean"] == pytest.approx(2 / 3)
    assert accuracy["sd"] == pytest.approx(np.std([1, 0, 1], ddof=1))
    assert orjson.loads((tmp_path / "run/seeds.json").read_bytes()) == found
    assert orjson.loads((tmp_path / "run/seed-4/results.json").read_bytes())["seed"] == 4


def test_seeds_come_with_their_failure_reasons_notes_and_structure(
    geovlm: Run, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line(*more: str) -> Any:
        texts = ["<think>.</think><answer>yes</answer>", "no tags", "<think>.</think><answer>yes"]
        engines = [FakeEngine(text) for text in texts]
        monkeypatch.setattr("geovlm_cli.generation.load_engine", lambda *_, **__: engines.pop(0))
        return geovlm("eval", "--model", "tiny", "--data", rows, "--seeds", "3,4,5", "--temperature", "1", *more)

    found = orjson.loads(line("--json").out)
    assert found["reasons"] == {"vqa": {"no_answer": [0, 40, 0], "unclosed": [0, 0, 40]}}
    assert (found["structure"], found["samples"], found["temperature"]) == ("think_answer", 1, 1.0)
    text = line().out
    assert "failure reasons, seed by seed: no_answer 0 / 40 / 0, unclosed 0 / 0 / 40" in text
    assert "seeds 3, 4, 5, temperature 1; structure think_answer" in text
    assert "note: earthdial reproduces published figures and can be gamed" in text


def test_seeds_of_a_benchmark_stand_beside_its_published_figures(
    geovlm: Run, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = rows.with_name("aid.jsonl")
    data.write_bytes(
        orjson.dumps({"id": "1", "task": "scene", "images": ["a.png"], "question": "?", "reference": "beach"}) + b"\n"
    )

    def line(*more: str) -> Any:
        engines = [FakeEngine(f"<think>.</think><answer>{word}</answer>") for word in ("beach", "desert")]
        monkeypatch.setattr("geovlm_cli.generation.load_engine", lambda *_, **__: engines.pop(0))
        asked = ("eval", "--model", "tiny", "--benchmark", "aid", "--format", "geovlm", "--data", data)
        return geovlm(*asked, "--seeds", "0,1", "--temperature", "1", *more)

    done = line()
    assert done.code == 0, done.err
    (cells,) = (text.split() for text in done.out.splitlines() if text.split()[:2] == ["aid", "token_recall"])
    assert "88.76" in cells
    assert cells[-11:] == [*("50.00", "±", "70.71", "0.00", "…", "100.00"), *("1", "1", "of", "3000", "*")]
    assert "* not as many rows" in done.out
    assert orjson.loads(line("--json").out)["benchmark"]["name"] == "aid"


def test_seeds_and_samples_of_a_greedy_model_are_refused_before_anything_is_made(
    geovlm: Run, rows: Path, tmp_path: Path
) -> None:
    for repeats in (("--seeds", "0,1"), ("--samples", "2")):
        outcome = geovlm("eval", "--model", "tiny", "--data", rows, *repeats, "--out", tmp_path / "run")
        assert outcome.code == 2
        assert "of a greedy model are all the same; add --temperature 1" in outcome.err
    assert not (tmp_path / "run").exists()


def left(geovlm: Run, rows: Path, run: Path, wrong: set[int]) -> Path:
    answers = run.with_suffix(".jsonl")
    lines = [{"id": f"r{i}", "completion": "no" if i in wrong else "yes"} for i in range(40)]
    answers.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    outcome = geovlm("eval", "--data", rows, "--predictions", answers, "--out", run)
    assert outcome.code == 0, outcome.err
    return run


def test_pairing_finds_a_difference_that_overlapping_intervals_hide(geovlm: Run, rows: Path, tmp_path: Path) -> None:
    before = left(geovlm, rows, tmp_path / "before", set(range(14)))
    after = left(geovlm, rows, tmp_path / "after", set(range(8)))
    intervals = [
        orjson.loads((run / "results.json").read_bytes())["metrics"]["vqa"]["strict"]["accuracy"]
        for run in (before, after)
    ]
    assert intervals[0]["high"] > intervals[1]["low"]
    outcome = geovlm("eval", "--compare", before, after, "--json")
    assert outcome.code == 0, outcome.err
    found = orjson.loads(outcome.out)
    accuracy = found["tasks"]["vqa"]["strict"]["accuracy"]
    assert found["rows"] == {"vqa": 40}
    assert accuracy["difference"] == pytest.approx(6 / 40)
    assert 0 < accuracy["low"] < 6 / 40 < accuracy["high"]
    assert found["tasks"]["vqa"]["earthdial"]["token_recall"]["difference"] == pytest.approx(6 / 40)
    assert "*" in geovlm("eval", "--compare", before, after).out
    same = orjson.loads(geovlm("eval", "--compare", before, before, "--json").out)
    zero = same["tasks"]["vqa"]["strict"]["accuracy"]
    assert (zero["difference"], zero["low"], zero["high"]) == (0, 0, 0)


def test_runs_of_other_rows_of_the_same_ids_are_not_compared(geovlm: Run, rows: Path, tmp_path: Path) -> None:
    before = left(geovlm, rows, tmp_path / "before", set())
    rows.write_bytes(rows.read_bytes().replace(b'"q7"', b'"q8"'))
    after = left(geovlm, rows, tmp_path / "after", set())
    outcome = geovlm("eval", "--compare", before, after)
    assert (outcome.code, outcome.out) == (3, "")
    assert "1 row of 40 of task `vqa`, the first `r7`, differ in question or truth" in outcome.err


def test_runs_that_read_answers_differently_are_compared_with_a_note(geovlm: Run, rows: Path, tmp_path: Path) -> None:
    before = left(geovlm, rows, tmp_path / "before", set())
    after = left(geovlm, rows, tmp_path / "after", set())
    assert "note:" not in geovlm("eval", "--compare", before, after, "--draws", "0").out
    results = orjson.loads((after / "results.json").read_bytes())
    (after / "results.json").write_bytes(orjson.dumps({**results, "structure": "plain"}))
    outcome = geovlm("eval", "--compare", before, after, "--draws", "0")
    [note] = [line for line in outcome.out.splitlines() if line.startswith("note:")]
    assert note.endswith(f"structure plain against structure {results['structure']}")


def test_runs_on_other_rows_are_not_compared(geovlm: Run, rows: Path, tmp_path: Path) -> None:
    whole = left(geovlm, rows, tmp_path / "whole", set())
    part = tmp_path / "part"
    part.mkdir()
    lines = (whole / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (part / "rows.jsonl").write_bytes(b"".join(lines[:-1]))
    outcome = geovlm("eval", "--compare", whole, part)
    assert outcome.code == 3
    assert "different rows" in outcome.err
    assert geovlm("eval", "--compare", whole, tmp_path / "nothing").code == 3


def test_runs_without_an_answer_are_not_compared(geovlm: Run, tmp_path: Path) -> None:
    row = {"id": "a", "k": 0, "task": "vqa", "completion": None, "error": "No image.", "protocols": {}}
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(row) + b"\n")
    outcome = geovlm("eval", "--compare", tmp_path, tmp_path)
    assert (outcome.code, outcome.out) == (3, "")
    assert "no row in common that was answered" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--compare", "a", "b", "--model", "tiny"], "leave --model out"),
        (["--compare", "a", "b", "--protocol", "strict"], "leave --protocol out"),
        (["--compare", "a", "b", "--limit", "3"], "leave --limit out"),
        (["--compare", "a", "b", "--temperature", "0"], "leave --temperature out"),
        (["--compare", "a", "b", "--config", "nothere.yaml"], "leave --config out"),
        (["--compare", "a", "b", "foo=bar"], "leave foo=bar out"),
        (["--compare", "a", "b", "--max-new-tokens", "3"], "leave --max-new-tokens out"),
        (["--benchmark", "geovlm-r1", "--model", "tiny", "--seeds", "0,1"], "geovlm-r1 is a group"),
        (["--seeds", "0,0", "--model", "tiny", "--data", "x"], "several different whole numbers"),
        (["--seeds", "0,1", "--seed", "1", "--model", "tiny"], "keep one"),
        (["--seeds", "0,1", "--predictions", "x"], "leave --seeds out"),
        (["--data-root", "x", "--model", "tiny"], "--benchmark"),
    ],
)
def test_what_does_not_go_together_ends_with_2(geovlm: Run, arguments: list[str], words: str) -> None:
    outcome = geovlm("eval", *arguments)
    assert outcome.code == 2
    assert words in outcome.err
