"""What a trainer sums, rewards × weights, is the total of `score` in every row, whichever adapter it uses and however the tasks weigh the format."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import RewardInputError, score
from geovlm_cli.rewards.adapters import MixedRewards
from geovlm_cli.rewards.adapters.ms_swift import reward_classes
from geovlm_cli.rewards.adapters.trl import TrlRewards, text_of
from geovlm_cli.rewards.adapters.verl import compute_score_of
from geovlm_cli.task import Batch, Sample, Task

TAGGED, PLAIN = Profile(name="tagged", structure="think_answer"), Profile(name="plain", structure="plain")
TASKS = {"lab": Task(name="lab", kind="labels", summary=""), "vqa": Task(name="vqa", kind="answer", summary="")}
SAMPLES = {
    "lab": [Sample(id="a", task="lab", reference=("x",)), Sample(id="b", task="lab", reference=("y", "z"))],
    "vqa": [Sample(id="c", task="vqa", reference="yes"), Sample(id="d", task="vqa", reference="12")],
}
IDS = ["d", "a", "b", "c", "a", "c"]
TEXTS = [f"<think>t</think><answer>{answer}</answer>" for answer in ("12", "zz", "y", "no")] + ["junk", "yes"]


def batches(lab: Profile = TAGGED, vqa: Profile = TAGGED) -> dict[str, Batch]:
    return {"lab": Batch(SAMPLES["lab"], lab), "vqa": Batch(SAMPLES["vqa"], vqa)}


def sent(thing: Any) -> Any:
    """Return what another process would get."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301  # made here


def summed(columns: Sequence[Sequence[float | None]], weights: Sequence[float]) -> list[float]:
    """Sum as TRL and ms-swift do: None as NaN, left out."""
    table = np.array(columns, dtype=np.float64).reshape(len(weights), len(TEXTS))
    total: list[float] = np.nansum(table * np.array(weights)[:, None], axis=0).tolist()
    return total


@pytest.mark.parametrize("data", [batches(), batches(lab=PLAIN), batches(vqa=PLAIN), batches(PLAIN, PLAIN)])
@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"lab": {"f1": 2.0, "format": 0.25}},
        {"lab": {"f1": 2.0, "format": 0.25}, "vqa": {"exact": 0.5, "format": 0.0, "repetition": -0.5}},
        {"lab": {"f1": 1.0, "jaccard": 0.5, "format": 0.25}, "vqa": {"format": 0.25}},
        {"lab": {}, "vqa": {"format": 0.0}},
    ],
)
def test_all_adapters_train_on_the_total_of_score(data: dict[str, Batch], weights: Mapping[str, Any]) -> None:
    mixed = MixedRewards.of(TASKS, data, weights=weights)
    assert len(set(mixed.names)) == len(mixed.names) == len(mixed.weights)
    place = {sample.id: (task, row) for task, samples in SAMPLES.items() for row, sample in enumerate(samples)}
    expected = []
    for text, (task, row) in zip(TEXTS, map(place.__getitem__, IDS), strict=True):
        found = score(TASKS[task], [text], data[task].take([row]), weights=weights.get(task))
        assert found.total.shape == (1,)
        assert found.weights.keys() <= found.columns.keys()
        expected += found.total.tolist()
    assert mixed.score(TEXTS, mixed.rows(IDS)).total.tolist() == pytest.approx(expected)
    functions = TrlRewards(mixed).functions()
    trl = summed([function(completions=TEXTS, id=IDS) for function in functions], mixed.weights)
    swift = summed([made()(TEXTS, id=IDS) for made in reward_classes(mixed).values()], mixed.weights)
    compute_score = sent(compute_score_of(mixed))  # as verl's workers get it
    verl = [compute_score("", text, None, {"id": name})["score"] for text, name in zip(TEXTS, IDS, strict=True)]
    assert trl == pytest.approx(expected)
    assert swift == pytest.approx(expected)
    assert verl == pytest.approx(expected)


def test_formats_of_different_weight_are_rewards_of_their_own() -> None:
    mixed = MixedRewards.of(TASKS, batches(), weights={"lab": {"f1": 2.0, "format": 0.25}})
    assert dict(zip(mixed.names, mixed.weights, strict=True)) == {
        "lab/format": 0.25,
        "lab/f1": 2.0,
        "vqa/format": 1.0,
        "vqa/exact": 1.0,
    }


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("a", "a"),
        ([{"role": "assistant", "content": "a"}], "a"),
        ([{"content": [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]}], "ab"),
        ([{"content": None, "tool_calls": []}, {"role": "tool", "content": "x"}, {"content": "a"}], "a"),
        ([{"content": None}], ""),
        ([], ""),
    ],
)
def test_the_text_of_a_completion(completion: Any, text: str) -> None:
    assert text_of(completion) == text


@pytest.mark.parametrize("completion", [None, 3, [{}], ["a"], [{"content": 3}], {"content": "a"}])
def test_what_is_no_completion_is_refused(completion: Any) -> None:
    with pytest.raises(RewardInputError, match=r"completions\[1\] is .*must be a text or a list of messages"):
        TrlRewards(MixedRewards.of(TASKS, batches())).score(["a", completion], [0, 1])


@pytest.mark.parametrize("rows", [[-1], [77], [0.0], ["0"], [None], np.zeros((1, 1), dtype=np.int64)])
def test_rows_that_no_sample_has_are_refused(rows: Any) -> None:
    with pytest.raises(RewardInputError, match="rows"):
        MixedRewards.of(TASKS, batches()).score(["x"], rows)


def test_rows_may_be_an_array_and_a_list_changed_in_place_is_scored_anew() -> None:
    mixed = MixedRewards.of(TASKS, batches())
    rewards = TrlRewards(mixed)
    function = rewards.functions()[mixed.names.index("lab/f1")]
    texts, rows = [TEXTS[2], TEXTS[2]], np.array([1, 0])
    assert function(completions=texts, row=rows) == [pytest.approx(2 / 3), 0.0]
    first = rewards.last
    function(completions=texts, row=rows)
    assert rewards.last is first
    texts[0] = "junk"
    assert function(completions=texts, row=rows) == [0.0, 0.0]


def test_rewards_and_scores_pickle_after_use() -> None:
    mixed = MixedRewards.of(TASKS, batches())
    rows = mixed.rows(IDS)
    before = mixed.score(TEXTS, rows)
    assert sent(mixed).score(TEXTS, rows).total.tolist() == before.total.tolist()
    batch = batches()["lab"].take([1, 0])
    found = score(TASKS["lab"], TEXTS[:2], batch, threads=2)
    assert len(found.answers) == 2
    kept = sent(found)
    assert (kept.total.tolist(), kept.reasons.tolist()) == (found.total.tolist(), found.reasons.tolist())
    with pytest.raises(RewardInputError, match="leaves texts and answers behind"):
        _ = kept.answers
    copied = sent(batch)
    assert [sample.id for sample in copied] == ["b", "a"]
    assert score(TASKS["lab"], TEXTS[:2], copied).total.tolist() == found.total.tolist()
