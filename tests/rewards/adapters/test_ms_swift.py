"""ms-swift's convention, by a stand-in for its registry and its GRPO trainer: classes by name, one object each, columns as keywords."""

from __future__ import annotations

import inspect
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from geovlm_cli.data.messages import target_text
from geovlm_cli.rewards import resolve, score


@pytest.fixture
def orms(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for `swift.rewards`."""
    registry: dict[str, Any] = {"format": object}
    for name in ("swift", "swift.rewards"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    vars(sys.modules["swift.rewards"])["orms"] = registry
    return registry


def trainer(
    orms: dict[str, Any], reward_funcs: list[str], batch: list[dict[str, Any]]
) -> dict[str, list[float | None]]:
    """Make the objects and call them as ms-swift's GRPO trainer does; the names are those of its log."""
    args = SimpleNamespace(output_dir="run", cosine_max_len=1)
    made = []
    for name in reward_funcs:
        wanted = inspect.signature(orms[name].__init__).parameters
        given = {
            key: getattr(args, key) for key in wanted if key not in ("self", "args", "kwargs") and hasattr(args, key)
        }
        made.append(orms[name](args=args, **given))
    completions = [row["messages"][-1]["content"] for row in batch]
    columns = {key: [row[key] for row in batch] for key in batch[0] if key != "messages"}
    return {type(reward).__name__: reward(completions, trainer_state=None, **columns) for reward in made}


def test_each_component_is_that_of_score_and_none_off_task(execute: Any, orms: dict[str, Any]) -> None:
    execute("ms-swift")
    truths = execute("truths")
    names = ["geovlm/format", "geovlm/vqa/exact", "geovlm/referred-detection/detection"]
    assert list(orms) == ["format", *names]  # ms-swift's own format stays
    rows: list[dict[str, Any]] = []
    expected: dict[str, list[float | None]] = {name: [] for name in names}
    for task, batch in truths["batches"].items():
        right = [target_text(resolve(truths["known"].task(task)), sample, truths["profile"]) for sample in batch]
        texts = [right[0], right[1] + " and more", "<think>x</think><answer></answer>", ""]
        rows += [
            {"messages": [{"role": "assistant", "content": text}], "id": sample.id, "solution": ""}
            for text, sample in zip(texts, batch, strict=True)
        ]
        offline = score(truths["known"].task(task), texts, batch).columns
        for name in names:
            component = name.rpartition("/")[2]
            on_task = component == "format" or name == f"geovlm/{task}/{component}"
            expected[name] += offline[component].tolist() if on_task else [None] * len(texts)
    assert trainer(orms, names, rows) == expected
    assert trainer(orms, names, rows[::-1]) == {name: column[::-1] for name, column in expected.items()}
