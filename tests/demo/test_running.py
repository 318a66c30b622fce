from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from PIL import Image

from geovlm_cli.errors import RunFolderError
from tests.demo.conftest import Played, Player, play


def test_every_stage_leaves_its_part(played: Played) -> None:
    assert [words[0] for words in played.ran] == ["sft", "grpo", "sft", *["eval"] * 8, "predict"]
    assert (played.out / "table.md").read_text() == played.text
    with Image.open(played.out / "contact-sheet.png") as sheet:
        assert sheet.width > 1000
    assert len(list((played.out / "overlays").glob("*.png"))) == 4
    assert set(orjson.loads((played.out / "stages.json").read_bytes())) > {"data", "sft", "grpo", "long-sft", "predict"}


def test_grpo_starts_from_the_sft_and_sees_other_scenes(played: Played) -> None:
    data = played.out / "data"
    assert f"--model {played.out / 'sft'} --data {data / 'grpo'}" in shlex.join(played.ran[1])
    pictures = [{path.read_bytes() for path in (data / name / "images").iterdir()} for name in ("sft", "grpo", "test")]
    assert sum(map(len, pictures)) == len(set.union(*pictures))


def test_values_are_those_of_the_answers(played: Played) -> None:
    for item in played.results["measures"]:
        greedy = {model: found["greedy"]["value"] for model, found in item["models"].items()}
        assert greedy["base"] == 0
        assert greedy["grpo"] == pytest.approx(1, abs=0.02)  # boxes are written as whole pixels
        assert item["change"]["sft"]["value"] == pytest.approx(greedy["grpo"] - greedy["sft"])
        assert item["change"]["long-sft"]["value"] == pytest.approx(greedy["grpo"] - greedy["long-sft"])
        assert item["unreadable"]["base"] == 1


def test_every_row_is_in_a_line_of_the_table(played: Played) -> None:
    counts = {item["name"]: item["n"] for item in played.results["measures"]}
    assert counts["counts (vqa)"] + counts["yes or no (vqa)"] == 8
    assert counts["detection"] == counts["16 classes (scene)"] == counts["damage (temporal)"] == 8


def test_the_commands_to_go_on_with(played: Played) -> None:
    lines = [shlex.split(line) for line in played.text.splitlines() if line.startswith("    geovlm ")]
    assert {words[1] for words in lines} == {"eval", "score", "predict", "grpo", "sft"}


def test_resume_does_only_what_is_missing(player: Player, tmp_path: Path) -> None:
    def stopped(words: Sequence[str]) -> None:
        if words[0] == "eval":
            raise KeyboardInterrupt
        player(words)

    with pytest.raises(KeyboardInterrupt):
        play(tmp_path / "demo", stopped)
    assert [words[0] for words in player.ran] == ["sft", "grpo", "sft"]
    player.ran.clear()
    said: list[str] = []
    play(tmp_path / "demo", player, resume=True, say=said.append)
    assert [words[0] for words in player.ran] == [*["eval"] * 8, "predict"]
    assert sum(line.endswith("done before") for line in said) == 4


def test_another_run_is_not_mixed_in(played: Played, player: Player) -> None:
    with pytest.raises(RunFolderError):
        play(played.out, player)
    with pytest.raises(RunFolderError, match="seed"):
        play(played.out, player, resume=True, seed=1)
    assert not player.ran
