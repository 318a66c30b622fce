"""Training, evaluation and offline scoring are one function: the same completions earn the same components everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from geovlm_cli import plugins, scenes
from geovlm_cli.training import grpo
from geovlm_cli.training.parts import Parts
from geovlm_cli.training.reward_function import TaskRewards
from geovlm_cli.training.rows import read_rows
from geovlm_cli.training.session import Job, run
from tests.training import bench

COMPONENTS = {"vqa": "exact", "referred-detection": "detection"}
COLUMNS_OF_STRICT = {"exact": "accuracy", "detection": "reward"}
ANSWERS = {
    "vqa": ["<think>I count.</think><answer>2</answer>", "<think>I look.</think><answer>yes</answer> indeed", "no", ""],
    "referred-detection": [
        "<think>There.</think><answer>[4,4,20,16,0]</answer>",
        "<think>There.</think><answer>[0,0,31,31,0],[3,9,14,22,30]</answer>",
        "<think>There.</think><answer>[3,9,14</answer>",
        "<think>Nothing.</think><answer>[]</answer>",
    ],
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated scenes of two tasks, a saved answer in each row."""
    folder = tmp_path_factory.mktemp("rows")
    path = scenes.write(folder, {task: len(texts) for task, texts in ANSWERS.items()}, seed=5, split="test")
    schema, *lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    left = {task: iter(texts) for task, texts in ANSWERS.items()}
    lines = [{**line, "completion": next(left[line["task"]])} for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in [schema, *lines]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "small.yaml"
    path.write_text(
        yaml.safe_dump({**bench.PROFILE.describe(), "resize": {"fixed": [bench.SIZE, bench.SIZE]}}), encoding="utf-8"
    )
    return path


def by_trainer(model: Path, rows: Path, out: Path) -> dict[str, dict[str, float]]:
    """Return what GRPOTrainer's own reward call gives each row, by component."""
    job = bench.job("grpo", model, bench.write_rows(out / "data", 3), out / "run")
    job = replace(
        job, rows=read_rows(job.config.data.model_copy(update={"train": str(rows)}), plugins.load(), bench.PROFILE)
    )
    rewards = TaskRewards(job.rows, job.config.rewards)
    found: dict[str, dict[str, float]] = {}

    def build(job: Job, arguments: Any, parts: Parts, signals: Any) -> Any:
        trainer = grpo._build(job, arguments, parts, signals, rewards)
        samples = [job.rows.batches[task][index] for task, index in job.rows.places]
        completions = [[{"role": "assistant", "content": sample.completion}] for sample in samples]
        inputs = [{"row": number, "images": []} for number in range(len(samples))]
        columns = trainer._calculate_rewards(
            inputs, [[{"role": "user", "content": ""}]] * len(samples), completions, [[0]] * len(samples)
        )
        for sample, values in zip(samples, columns.numpy(), strict=True):
            named = dict(zip(trainer.reward_func_names, values, strict=True))
            component = COMPONENTS[sample.task]
            found[sample.id] = {"format": named["format"], component: named[f"{sample.task}/{component}"]}
        trainer.train = lambda **_: None
        return trainer

    run(job, lambda: grpo._arguments(job, rewards), build)
    return found


def test_trainer_eval_and_score_agree_on_every_component(
    geovlm: Callable[..., Any], model: Path, rows: Path, profile: Path, tmp_path: Path
) -> None:
    trained = by_trainer(model, rows, tmp_path)
    assert geovlm("eval", "--predictions", rows, "--profile", profile, "--out", tmp_path / "eval").code == 0
    evaluated = {
        row["id"]: row["protocols"]["strict"]["columns"] for row in bench.jsonl(tmp_path / "eval" / "rows.jsonl")
    }
    offline = {}
    for line in bench.jsonl(rows)[1:]:
        done = geovlm(
            "score", "--row", f"{rows}#{line['id']}", "--profile", profile, "--json", "--", line["completion"]
        )
        offline[line["id"]] = json.loads(done.out)["components"]

    assert trained.keys() == evaluated.keys() == offline.keys()
    for name, components in trained.items():
        component = next(key for key in components if key != "format")
        assert np.float32(offline[name]["format"]) == components["format"] == np.float32(evaluated[name]["format"]), (
            name
        )
        assert (
            np.float32(offline[name][component])
            == components[component]
            == np.float32(evaluated[name][COLUMNS_OF_STRICT[component]])
        ), name
    assert len({round(float(value), 6) for components in trained.values() for value in components.values()}) > 2
