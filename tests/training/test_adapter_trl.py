"""TRL's own GRPOTrainer, set up as the how-to page says, logs the rewards that `score` gives the same completions."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from geovlm_cli import scenes
from geovlm_cli.data.messages import target_text
from geovlm_cli.models import load_processor
from geovlm_cli.rewards import resolve, score
from tests.training import bench

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/score-in-other-trainers.md"
STEPS = 3
SETTINGS = (
    f'output_dir="run", use_cpu=True, report_to=[], max_steps={STEPS}, logging_steps=1, save_strategy="no", num_generations=2, '
    "per_device_train_batch_size=8, gradient_accumulation_steps=1, max_completion_length=64"
)


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def truths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The page's `truths.py` over generated scenes of two tasks."""
    scenes.write(tmp_path, {"vqa": 6, "referred-detection": 6}, seed=3, split="train").rename(tmp_path / "train.jsonl")
    monkeypatch.chdir(tmp_path)
    module = ModuleType("truths")
    monkeypatch.setitem(sys.modules, "truths", module)
    vars(module)["PROFILE"] = bench.PROFILE
    exec(blocks()[0].replace('known.profile("geovlm-r1")', "PROFILE"), vars(module))  # noqa: S102  # the page is ours
    return vars(module)


def answers(truths: dict[str, Any]) -> Iterator[str]:
    """Completions from right to unreadable, over and over: an untrained model would only write the last."""
    vqa, boxes = truths["batches"]["vqa"], truths["batches"]["referred-detection"]
    right = [
        target_text(resolve(truths["known"].task(batch[0].task)), sample, truths["profile"])
        for batch in (vqa, boxes)
        for sample in batch
    ]
    return cycle([*right, right[0] + " and more", "<answer>yes</answer>", "nothing"])


def test_three_steps_log_what_score_gives(truths: dict[str, Any], model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import Trainer
    from trl import GRPOTrainer

    seen: list[tuple[list[str], list[str]]] = []
    planned = answers(truths)
    processor = load_processor(str(model), profile=truths["profile"])

    def generated(self: Any, prompt_ids: Any, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        texts = [next(planned) for _ in prompt_ids]
        end = processor.tokenizer.eos_token_id
        return [[*processor.tokenizer(text, add_special_tokens=False)["input_ids"], end] for text in texts], None

    def recorder(*, completions: Any, id: list[str], **_: Any) -> list[float]:  # noqa: A002  # the column's name
        seen.append(([completion[0]["content"] for completion in completions], list(id)))
        return [0.0] * len(completions)

    monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", generated)
    text = blocks()[1].replace('"Qwen/Qwen2.5-VL-3B-Instruct"', f'"{model}", processing_class=processor')
    text = text.replace('output_dir="run"', SETTINGS).replace("rewards.weights", "[*rewards.weights, 0.0]")
    text = text.replace("rewards.functions()", "[*rewards.functions(), recorder]")
    names = {"processor": processor, "recorder": recorder}
    torch.manual_seed(0)
    exec(text, names)  # noqa: S102  # the page is ours
    trainer: Any = names["trainer"]
    assert isinstance(trainer, Trainer)

    logs = [line for line in trainer.state.log_history if "reward" in line]
    assert len(logs) == len(seen) == STEPS
    for line, (texts, ids) in zip(logs, seen, strict=True):
        offline = means(truths, texts, ids)
        logged = {key: line[f"rewards/{key}/mean"] for key in offline}
        assert logged == pytest.approx(offline, abs=1e-6, nan_ok=True)
    values = [line[f"rewards/{key}/mean"] for line in logs for key in ("format", "vqa/exact")]
    assert any(0 < value < 1 for value in values)


def means(truths: dict[str, Any], texts: list[str], ids: list[str]) -> dict[str, float]:
    """Score offline, task by task; return the mean of each component over the rows that have it."""
    columns: dict[str, list[float]] = {"format": [], "vqa/exact": [], "referred-detection/detection": []}
    for name, batch in truths["batches"].items():
        place = {sample.id: row for row, sample in enumerate(batch)}
        mine = [(text, place[key]) for text, key in zip(texts, ids, strict=True) if key in place]
        if not mine:
            continue
        found = score(truths["known"].task(name), [text for text, _ in mine], batch.take([row for _, row in mine]))
        for component in ("format", *(key.rpartition("/")[2] for key in columns if key.startswith(f"{name}/"))):
            columns["format" if component == "format" else f"{name}/{component}"] += found.columns[component].tolist()
    return {key: float(np.mean(column)) if column else math.nan for key, column in columns.items()}
