"""Intervals from resampled rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from geovlm_cli.evaluation.bootstrap import Interval, Measure, Resampler, intervals, paired_difference, paired_draws
from geovlm_cli.evaluation.repeats import summarise_means
from geovlm_cli.task import Metric

RNG = np.random.default_rng(3)


def once(n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.arange(n, dtype=np.int64)


def test_the_interval_of_a_mean_is_the_binomial_one() -> None:
    hits = (RNG.random(400) < 0.3).astype(float)
    found = intervals(summarise_means, {"accuracy": hits}, np.ones(400), once(400), draws=1000, seed=0)["accuracy"]
    half = 1.96 * np.sqrt(hits.mean() * (1 - hits.mean()) / 400)
    assert found["value"] == pytest.approx(hits.mean())
    assert found["n"] == 400
    assert found["low"] == pytest.approx(hits.mean() - half, abs=0.01)
    assert found["high"] == pytest.approx(hits.mean() + half, abs=0.01)


def test_a_protocol_that_ranks_boxes_is_drawn_by_row_with_all_its_boxes() -> None:
    def total(columns: Mapping[str, Any], weights: Any) -> dict[str, Metric]:
        of_box = weights[columns["row"].astype(int)]
        return {"hits": Metric(float(columns["hit"] @ of_box) / float(of_box.sum()), float(of_box.sum()))}

    columns = {"row": np.array([0.0, 0, 1, 1]), "hit": np.array([1.0, 0, 1, 0])}
    found = intervals(total, columns, np.ones(2), once(2), draws=50, seed=0)["hits"]
    assert found == {"value": 0.5, "low": 0.5, "high": 0.5, "n": 4.0}


def test_few_and_many_distinct_values_give_the_same_interval() -> None:
    labels = np.repeat([0.0, 1.0], [300, 700])
    jittered = {"x": labels + RNG.normal(0, 1e-9, 1000)}
    few = intervals(summarise_means, {"x": labels}, np.ones(1000), once(1000), draws=1000, seed=0)["x"]
    many = intervals(summarise_means, jittered, np.ones(1000), once(1000), draws=1000, seed=0)["x"]
    assert few["n"] == many["n"] == 1000
    assert [few["value"], few["low"], few["high"]] == pytest.approx(
        [many["value"], many["low"], many["high"]], abs=0.004
    )


def test_the_seed_decides_the_draws() -> None:
    columns = {"x": RNG.random(50)}
    runs = [intervals(summarise_means, columns, np.ones(50), once(50), draws=50, seed=seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_rows_of_weight_0_are_neither_counted_nor_drawn() -> None:
    weights = np.array([1.0, 0.0, 1.0])
    found = intervals(summarise_means, {"x": np.array([1.0, 99.0, 1.0])}, weights, once(3), draws=20, seed=0)["x"]
    assert found == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 2.0}
    assert intervals(summarise_means, {"x": np.zeros(2)}, np.zeros(2), once(2), draws=5, seed=0) == {}


def test_completions_of_one_row_are_drawn_together_and_share_its_weight() -> None:
    owner = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    column = np.array([0.0, 1, 0, 1, 0, 1, 0, 1])
    found = intervals(summarise_means, {"x": column}, np.ones(2), owner, draws=50, seed=0)["x"]
    assert found == {"value": 0.5, "low": 0.5, "high": 0.5, "n": 2.0}


def test_a_ratio_protocol_is_resampled_by_row_and_an_undefined_draw_left_out() -> None:
    def precision(columns: Mapping[str, Any], weights: Any) -> dict[str, Metric]:
        boxes = float(columns["boxes"] @ weights)
        return {"precision": Metric(float(columns["hits"] @ weights) / boxes if boxes else float("nan"), boxes)}

    columns = {"hits": np.array([3.0, 0.0]), "boxes": np.array([4.0, 0.0])}
    found = intervals(precision, columns, np.ones(2), once(2), draws=100, seed=0)["precision"]
    assert found == {"value": 0.75, "low": 0.75, "high": 0.75, "n": 4.0}
    nothing = intervals(precision, {"hits": np.zeros(2), "boxes": np.zeros(2)}, np.ones(2), once(2), draws=9, seed=0)
    assert nothing["precision"] == {"value": None, "low": None, "high": None, "n": 0.0}


def test_pairing_takes_the_noise_of_the_rows_out() -> None:
    base = RNG.random(400)
    found = paired_difference(base, base + 0.01)
    assert (found.value, found.low, found.high) == pytest.approx((0.01, 0.01, 0.01))
    unpaired = paired_difference(base, RNG.permutation(base))
    assert unpaired.low < 0 < unpaired.high
    assert found.n == 400


def test_pairs_need_one_length() -> None:
    with pytest.raises(ValueError, match="one length"):
        paired_difference(np.zeros(3), np.zeros(4))


def test_measures_of_the_same_rows_share_their_draws_and_not_their_figures() -> None:
    x, y = RNG.random(40_000), RNG.random(40_000) < 0.25
    measures = [Measure(summarise_means, {"x": x}), Measure(summarise_means, {"x": x, "y": y.astype(np.float64)})]
    for weights in (np.ones(40_000), np.arange(40_000) % 4 == 0):
        one, both = Resampler(measures, draws=200, seed=0).of(weights.astype(np.float64))
        assert one["x"] == both["x"]
        half = 1.96 * x.std() / np.sqrt(weights.sum())
        assert one["x"]["low"] == pytest.approx(x[weights > 0].mean() - half, abs=0.2 * half)
        assert both["y"]["n"] == weights.sum()


def of_rare(n: int, seed: int) -> dict[str, Interval]:
    """4 malformed rows of n, beside a column of which no two rows are equal."""
    columns = {"x": np.random.default_rng(1).random(n), "malformed": (np.arange(n) % (n // 4) == 0).astype(np.float64)}
    return intervals(summarise_means, columns, np.ones(n), None, draws=1000, seed=seed)


@pytest.mark.parametrize("seed", range(3))
def test_four_events_in_40000_rows_have_the_interval_of_their_poisson_count(seed: int) -> None:
    """2.5 % and 97.5 % of a Poisson count of 4 are 1 and 8; 1.8 % of the counts are 0."""
    found = of_rare(40_000, seed)
    assert found["malformed"]["value"] == 1e-4
    assert found["malformed"]["low"] in (0, pytest.approx(1 / 40_000, rel=0.01))
    assert found["malformed"]["high"] == pytest.approx(8 / 40_000, rel=0.15)
    half = 1.96 * np.sqrt(1 / 12 / 40_000)
    assert found["x"]["low"] == pytest.approx(0.5, abs=2.2 * half)
    assert found["x"]["high"] - found["x"]["low"] == pytest.approx(2 * half, rel=0.12)  # type: ignore[operator]  # there are some


def test_an_interval_does_not_jump_where_groups_of_rows_take_over() -> None:
    few, many = of_rare(32_768, 0)["malformed"], of_rare(32_772, 0)["malformed"]
    assert max(few["low"] or 0, many["low"] or 0) <= 1.01 / 32_768
    assert few["high"] == pytest.approx(many["high"], rel=0.13)


def test_a_metric_that_is_no_ratio_of_sums_is_measured_on_all_rows() -> None:
    def root(columns: Mapping[str, Any], weights: Any) -> dict[str, Metric]:
        n = float(weights.sum())
        return {"rms": Metric(float(np.sqrt(columns["x"] ** 2 @ weights / n)), n)}

    x = np.random.default_rng(1).random(40_000)
    found = intervals(root, {"x": x}, np.ones(len(x)), None, draws=300, seed=0)["rms"]
    assert found["value"] == pytest.approx(np.sqrt(1 / 3), abs=0.01)
    half = 1.96 * np.sqrt((x**2).var() / len(x)) / 2 / np.sqrt(1 / 3)  # by the delta method
    assert found["high"] - found["low"] == pytest.approx(2 * half, rel=0.2)  # type: ignore[operator]  # there are some


def test_a_ratio_of_which_nothing_is_counted_has_no_interval_among_many_rows() -> None:
    def precision(columns: Mapping[str, Any], weights: Any) -> dict[str, Metric]:
        boxes = float(columns["boxes"] @ weights)
        return {
            "precision": Metric(float(columns["x"] @ weights) / boxes if boxes else float("nan"), boxes),
            "mean": Metric(float(columns["x"] @ weights) / float(weights.sum()), float(weights.sum())),
        }

    columns = {"x": np.random.default_rng(1).random(40_000), "boxes": np.zeros(40_000)}
    found = intervals(precision, columns, np.ones(40_000), None, draws=20, seed=0)
    assert found["precision"] == {"value": None, "low": None, "high": None, "n": 0.0}
    assert found["mean"]["low"] is not None


MANY = 40_000


@pytest.mark.parametrize("jitter", [0.0, 1e-9], ids=["few different rows", "many different rows"])
def test_pairs_of_many_rows_have_the_interval_of_rows_drawn_one_by_one(jitter: float) -> None:
    """Above 32,768 rows like rows are drawn together, or groups of rows are; both runs see the same draws, so what is hard for both cancels."""
    rng = np.random.default_rng(1)
    hard = (rng.random(MANY) < 0.5).astype(float)
    better = np.maximum(hard, rng.random(MANY) < 0.02)
    pair = [{"x": values + rng.normal(0, jitter, MANY)} for values in (hard, better)]
    drawn = paired_draws(summarise_means, pair, once(MANY), draws=1000, seed=0)
    found = np.percentile(np.subtract(drawn[1]["x"], drawn[0]["x"]), (2.5, 97.5))
    lone = paired_difference(pair[0]["x"], pair[1]["x"], draws=1000)
    assert found == pytest.approx([lone.low, lone.high], abs=0.1 * (lone.high - lone.low))
    wide = np.percentile(drawn[0]["x"], (2.5, 97.5))
    assert wide[1] - wide[0] > 4 * (found[1] - found[0])


def test_like_runs_of_many_rows_differ_by_nothing_in_any_draw() -> None:
    columns = {"x": RNG.random(MANY), "y": (np.arange(MANY) % 3).astype(np.float64)}
    first, second = paired_draws(summarise_means, [columns, dict(columns)], once(MANY), draws=20, seed=0)
    assert first == second
    assert len(set(first["x"])) == 20


def test_samples_of_many_rows_are_drawn_with_their_row() -> None:
    """Two completions a row, right and wrong: whatever rows are drawn, half of the completions are right."""
    owner = np.repeat(np.arange(MANY), 2)
    drawn = paired_draws(summarise_means, [{"x": np.tile([0.0, 1.0], MANY)}] * 2, owner, draws=3, seed=0)
    assert drawn[0]["x"] == pytest.approx([0.5] * 3)
