"""`eval --resume` with other settings: what changes no answer is taken, and all rows are scored by it; the rest is another run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from geovlm_cli import scenes
from tests.generation.chat_server import ChatServer, serving

Run = Callable[..., Any]
ROWS = 4


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with serving() as found:
        yield found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    found = scenes.write(tmp_path / "scenes", {"scene": ROWS}, seed=0, split="test")
    return found if found.is_file() else found / "rows.jsonl"


@pytest.fixture
def asked(server: ChatServer, data: Path) -> list[object]:
    """Return a command line that asks the server."""
    return ["eval", "--data", data, "--model", f"{server.url}#tuned", "--profile", "geovlm-r1"]


def both_files(run: Path) -> tuple[bytes, bytes]:
    return (run / "rows.jsonl").read_bytes(), (run / "results.json").read_bytes()


@pytest.mark.parametrize(
    "changed",
    [
        ["--draws", "7"],
        ["--protocol", "earthdial"],
        ["--protocol", "earthdial", "--protocol", "strict", "--draws", "0"],
    ],
)
def test_what_only_scores_may_change_and_nothing_is_asked_again(
    changed: list[object], geovlm: Run, server: ChatServer, asked: list[object], tmp_path: Path
) -> None:
    assert geovlm(*asked, "--protocol", "strict", "--out", tmp_path / "run").code == 0
    assert geovlm(*asked, *changed, "--out", tmp_path / "run", "--resume").code == 0
    assert server.answered.total() == ROWS
    assert geovlm(*asked, *changed, "--out", tmp_path / "whole").code == 0
    assert both_files(tmp_path / "run") == both_files(tmp_path / "whole")


def test_a_change_whose_run_was_refused_is_made_by_the_next(geovlm: Run, asked: list[object], tmp_path: Path) -> None:
    """The folder says the new settings as soon as it is claimed, before a row is scored by them."""
    assert geovlm(*asked, "--protocol", "strict", "--out", tmp_path / "run").code == 0
    (tmp_path / "run/answers.jsonl").rename(tmp_path / "answers.jsonl")
    (tmp_path / "run/answers.jsonl").write_bytes(b"{}\n")
    assert geovlm(*asked, "--protocol", "earthdial", "--out", tmp_path / "run", "--resume").code == 7
    (tmp_path / "answers.jsonl").replace(tmp_path / "run/answers.jsonl")
    assert geovlm(*asked, "--protocol", "earthdial", "--out", tmp_path / "run", "--resume").code == 0
    rows = [orjson.loads(line) for line in (tmp_path / "run/rows.jsonl").read_bytes().splitlines()]
    assert [list(row["protocols"]) for row in rows] == [["earthdial"]] * ROWS


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        (["--temperature", "0.5"], "eval.temperature"),
        (["--max-new-tokens", "9"], "eval.max_new_tokens"),
        (["--prompt-style", "suffix"], "model.prompt_style"),
        (["--structure", "any"], "model.structure"),
        (["--limit", "2"], "data.limit"),
        (["--seed", "3"], "seed"),
    ],
)
def test_what_changes_the_answers_may_not_and_is_named(
    changed: list[object], key: str, geovlm: Run, server: ChatServer, asked: list[object], tmp_path: Path
) -> None:
    assert geovlm(*asked, "--out", tmp_path / "run").code == 0
    before = both_files(tmp_path / "run")
    outcome = geovlm(*asked, *changed, "--out", tmp_path / "run", "--resume")
    assert outcome.code == 7
    assert f"`{key}` was " in outcome.err
    assert both_files(tmp_path / "run") == before
    assert server.asked.total() == ROWS


def test_saved_answers_may_be_read_otherwise(geovlm: Run, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    row = {"id": "a", "task": "scene", "reference": "ship", "choices": ["ship", "car"]}
    rows.write_bytes(orjson.dumps({**row, "completion": "<answer>ship</answer>"}) + b"\n")
    line = ("eval", "--predictions", rows, "--structure", "plain")
    other = (
        "eval",
        "--predictions",
        rows,
        "--structure",
        "answer",
        "--protocol",
        "strict",
        "--seed",
        "5",
        "--draws",
        9,
    )
    assert geovlm(*line, "--out", tmp_path / "run").code == 0
    assert geovlm(*other, "--out", tmp_path / "run", "--resume").code == 0
    assert geovlm(*other, "--out", tmp_path / "whole").code == 0
    assert both_files(tmp_path / "run") == both_files(tmp_path / "whole")
    assert orjson.loads(both_files(tmp_path / "run")[1])["metrics"]["scene"]["strict"]["accuracy"]["value"] == 1.0
