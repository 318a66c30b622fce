"""`score`: the host owns failure and format, plugins' mistakes are named, and the laws of the scoring policy hold."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.errors import ConfigError, PluginError
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import RewardInputError, resolve, score
from geovlm_cli.rewards import label as read_label
from geovlm_cli.task import Batch, Kind, Malformed, Sample, Task, each

THINK = "<think>two runways</think><answer>{}</answer>"
STRICT = Profile(name="strict", box_syntax="list5", frame="percent")


def yes_no(**fields: Any) -> Task:
    """A plugin's task: its own parser and reward over ordinary lists."""

    def read(text: str, _: Sample) -> Any:
        word = text.strip().casefold()
        return word if word in ("yes", "no") else Malformed("unknown_label")

    def right(answer: str, sample: Sample) -> float:
        return float(answer == sample.reference)

    return Task(
        **{
            "name": "slick",
            "kind": "answer",
            "summary": "",
            "parse": each(read),
            "rewards": {"exact": each(right)},
            "distribution": "oil-spill",
            **fields,
        }
    )


def batch_of(*references: Any, profile: Profile | None = STRICT, **fields: Any) -> Batch:
    return Batch(
        [Sample(id=f"row{i}", task="t", reference=reference, **fields) for i, reference in enumerate(references)],
        profile,
    )


LABEL = Task(name="scene", kind="label", summary="", vocabulary=("airport", "port"))


def test_columns_reasons_and_total() -> None:
    completions = [
        THINK.format("Airport"),
        "so " + THINK.format("airport"),
        THINK.format("port"),
        THINK.format("sea"),
        "airport",
    ]
    found = score(LABEL, completions, batch_of(*["airport"] * 5))
    assert found.columns["format"].tolist() == [1, 0, 1, 1, 0]
    assert found.columns["exact"].tolist() == [1, 1, 0, 0, 0]
    assert found.reasons.tolist() == ["", "", "", "unknown_label", "no_answer"]
    assert found.total.tolist() == [2, 1, 1, 1, 0]
    assert list(found.answers) == ["airport", "airport", "port", Malformed("unknown_label"), Malformed("no_answer")]
    assert [found.texts[i] for i in range(5)] == ["Airport", "airport", "port", "sea", None]


@pytest.mark.parametrize("structure", ["any", "plain"])
def test_format_is_absent_where_no_tags_are_taught(structure: Any) -> None:
    found = score(LABEL, ["airport"], batch_of("airport"), structure=structure)
    assert list(found.columns) == ["exact"]
    assert found.total.tolist() == [1]


def test_a_batch_without_profile_is_read_with_any() -> None:
    assert score(
        LABEL, ["airport", THINK.format("airport")], batch_of("airport", "airport", profile=None)
    ).total.tolist() == [1, 1]


def test_plugins_see_readable_rows_only() -> None:
    seen: list[tuple[list[str], list[str]]] = []

    def parse(texts: Sequence[str], batch: Batch) -> list[str]:
        seen.append((list(texts), [sample.id for sample in batch]))
        return list(texts)

    found = score(
        yes_no(parse=parse), ["nothing", THINK.format("yes"), THINK.format("no")], batch_of("yes", "yes", "yes")
    )
    assert seen == [(["yes", "no"], ["row1", "row2"])]
    assert found.columns["exact"].tolist() == [0, 1, 0]
    assert found.reasons.tolist() == ["no_answer", "", ""]


def test_a_plugin_may_use_the_built_in_parser_and_scores() -> None:
    task = yes_no(parse=lambda texts, batch: read_label(list(texts), batch), rewards={})
    found = score(task, [THINK.format("YES"), "x", THINK.format("no")], batch_of("yes", "yes", "yes"))
    assert found.columns["exact"].tolist() == [1, 0, 0]


def test_bad_truth_scores_nothing_and_reaches_no_plugin() -> None:
    task = yes_no(rewards={"exact": each(lambda _, sample: 1 / len(sample.reference))})
    found = score(task, [THINK.format("yes")] * 2, batch_of("", "y"))
    assert found.reasons.tolist() == ["bad_truth", ""]
    assert found.columns["exact"].tolist() == [0, 1]
    flawed = score(LABEL, [THINK.format("port")], batch_of("port", flaw="two labels"))
    assert (flawed.reasons[0], flawed.columns["exact"][0], flawed.columns["format"][0]) == ("bad_truth", 0, 1)


BAD: list[tuple[Kind, list[Any]]] = [
    ("label", [None, "", "  ", 3, ("a", 2)]),
    ("labels", [None, (), ("a", ""), 3]),
    ("text", [None, (), "...", ("", " ")]),
    ("answer", [None, "", ("yes",)]),
    ("count", [None, ""]),
    ("box", [None, boxes("percent", []), boxes("percent", [[1, 2, 3, 4]] * 2), [1, 2, 3, 4]]),
    (
        "boxes",
        [
            None,
            boxes("percent", [[3, 2, 1, 4]]),
            boxes("percent", [[1, 2, math.nan, 4]]),
            boxes("percent", [[1, 2, 3, 4]], ["a", "b"]),
            Boxes("percent", np.zeros((2, 4))),
        ],
    ),
    ("grounded", [None, boxes("percent", []), Grounded("", boxes("percent", []))]),
]


@pytest.mark.parametrize(("kind", "references"), BAD)
def test_truth_of_another_type_is_bad_and_never_raises(kind: Kind, references: list[Any]) -> None:
    found = score(Task(name="t", kind=kind, summary=""), [THINK.format("[]")] * len(references), batch_of(*references))
    assert set(found.reasons.tolist()) == {"bad_truth"}
    assert all(not column.any() for name, column in found.columns.items() if name != "format")


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "None"), (math.nan, "nan"), (math.inf, "inf"), (1.5, "1.5"), (-0.1, "-0.1"), ("1", "'1'"), ([1], "[1]")],
)
def test_a_reward_outside_its_range_is_the_plugins_error(value: Any, said: str) -> None:
    task = yes_no(rewards={"exact": each(lambda *_: value)})
    with pytest.raises(
        PluginError, match=r"reward `exact` of task `slick` of `oil-spill` returned .* on row `row0`"
    ) as error:
        score(task, [THINK.format("yes")], batch_of("yes"))
    assert said in str(error.value)


@pytest.mark.parametrize("returned", [None, [], [1.0, 1.0]])
def test_a_wrong_length_is_the_plugins_error(returned: Any) -> None:
    with pytest.raises(PluginError, match="for 1 answers"):
        score(yes_no(rewards={"exact": lambda *_: returned}), [THINK.format("yes")], batch_of("yes"))


def test_a_parser_that_knows_no_such_reason_is_an_error() -> None:
    with pytest.raises(PluginError, match=r"unknown reason `unknown_labl` on row `row0`"):
        score(yes_no(parse=each(lambda *_: Malformed("unknown_labl"))), [THINK.format("yes")], batch_of("yes"))


def test_penalise_costs_the_row_that_fails_and_no_other() -> None:
    def fails(answer: str, sample: Sample) -> float:
        if sample.id == "row1":
            raise KeyError("corner")
        return 1.0

    task = yes_no(rewards={"good": each(lambda *_: 1.0), "exact": each(fails)})
    found = score(task, [THINK.format("yes")] * 3, batch_of("yes", "yes", "yes"), on_error="penalise")
    assert found.reasons.tolist() == ["", "plugin_error", ""]
    assert found.columns["good"].tolist() == [1, 0, 1]
    assert found.columns["exact"].tolist() == [1, 0, 1]
    assert "KeyError" in found.errors[1]


def test_penalise_covers_parsers() -> None:
    def fails(text: str, _: Sample) -> str:
        return {"yes": "yes"}[text]

    found = score(
        yes_no(parse=each(fails)),
        [THINK.format("yes"), THINK.format("maybe")],
        batch_of("yes", "yes"),
        on_error="penalise",
    )
    assert found.reasons.tolist() == ["", "plugin_error"]
    assert found.columns["exact"].tolist() == [1, 0]


def test_stop_names_the_row_that_raises() -> None:
    task = yes_no(rewards={"exact": each(lambda _, sample: 1 / (sample.id != "row2"))})
    with pytest.raises(PluginError, match=r"raised ZeroDivisionError: division by zero on row `row2`\."):
        score(task, [THINK.format("yes")] * 4, batch_of(*["yes"] * 4))


def test_a_reward_that_fails_for_the_batch_only_says_so() -> None:
    def lonely(answers: Sequence[str], _: Batch) -> list[float]:
        (_only,) = answers
        return [1.0]

    with pytest.raises(PluginError, match="on 2 rows together, and on none of them alone"):
        score(yes_no(rewards={"exact": lonely}), [THINK.format("yes")] * 2, batch_of("yes", "yes"))


def test_the_name_format_is_the_hosts() -> None:
    with pytest.raises(PluginError, match="that name is the host's"):
        resolve(yes_no(rewards={"format": each(lambda *_: 1.0)}))


def test_weights_choose_and_mix_components() -> None:
    task = Task(name="ml", kind="labels", summary="")
    found = score(task, [THINK.format("a, b")], batch_of(("a", "c")), weights={"f1": 2.0, "jaccard": -0.3})
    assert list(found.columns) == ["format", "f1", "jaccard"]
    assert found.total[0] == pytest.approx(1 + 2 * 0.5 - 0.3 / 3)
    assert score(task, [THINK.format("a, b")], batch_of(("a", "c")), weights={"f1": 1.0, "format": 0.0}).total[
        0
    ] == pytest.approx(0.5)


def test_an_unknown_component_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no reward component `jacard`.*Did you mean `jaccard`"):
        score(Task(name="ml", kind="labels", summary=""), [], batch_of(), weights={"jacard": 1.0})


def test_lengths_must_agree() -> None:
    with pytest.raises(RewardInputError, match="2 rows and the batch has 1"):
        score(LABEL, ["a", "b"], batch_of("airport"))


def test_boxes_need_a_declared_frame() -> None:
    task = Task(name="ships", kind="boxes", summary="")
    with pytest.raises(ConfigError, match="no model profile"):
        score(task, ["[]"], batch_of(boxes("percent", []), boxes("pixel", []), profile=None).take([0]))
    assert score(task, ["[1,2,3,4,0]"], batch_of(boxes("percent", [[1, 2, 3, 4]]), profile=None)).total[0] == 1
    with pytest.raises(ConfigError, match="declares no box syntax"):
        score(task, ["[]"], batch_of(boxes("percent", []), profile=Profile(name="text-only")))


def test_takes_share_what_was_prepared() -> None:
    whole = batch_of("airport", "port")
    first = score(LABEL, [THINK.format("port")] * 4, whole.take([0, 0, 1, 1]))
    prepared = dict(whole._prepared)
    second = score(LABEL, [THINK.format("port")], whole.take([1]))
    assert first.columns["exact"].tolist() == [0, 0, 1, 1]
    assert second.columns["exact"].tolist() == [1]
    assert all(whole._prepared[key] is value for key, value in prepared.items())


# --- the laws --------------------------------------------------------------------------------------------------------------------

number = st.integers(0, 90)
row = st.tuples(number, number, st.integers(1, 10), st.integers(1, 10), st.integers(-90, 90)).map(
    lambda v: [v[0], v[1], v[0] + v[2], v[1] + v[3], v[4]]
)
rows = st.lists(row, max_size=5)
SHIPS = Task(name="ships", kind="boxes", summary="")


def written(found: Sequence[Sequence[float]]) -> str:
    return THINK.format(",".join(str(list(box)) for box in found) or "[]")


def reward(predicted: Sequence[Sequence[float]], true: Sequence[Sequence[float]]) -> float:
    return float(score(SHIPS, [written(predicted)], batch_of(boxes("percent", true))).columns["detection"][0])


@given(rows)
def test_the_truth_scores_one(true: list[list[float]]) -> None:
    assert reward(true, true) == pytest.approx(1)


@given(rows, rows, st.randoms(use_true_random=False))
def test_order_does_not_matter(predicted: list[list[float]], true: list[list[float]], draw: random.Random) -> None:
    expected = reward(predicted, true)
    draw.shuffle(predicted)
    draw.shuffle(true)
    assert reward(predicted, true) == pytest.approx(expected, abs=1e-9)


@given(rows, rows)
def test_an_added_box_that_meets_nothing_never_pays(predicted: list[list[float]], true: list[list[float]]) -> None:
    assert reward([*predicted, [99, 99, 100, 100, 0]], true) <= reward(predicted, true) + 1e-9 or not true


@given(rows, rows)
def test_prediction_and_truth_may_be_swapped(predicted: list[list[float]], true: list[list[float]]) -> None:
    assert reward(predicted, true) == pytest.approx(reward(true, predicted), abs=1e-9)


@given(
    st.lists(st.sampled_from(["a", "b", "c", "d e"]), min_size=1),
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1),
    st.text(max_size=20),
)
def test_labels_swap_and_ignore_text_before(predicted: list[str], true: list[str], prose: str) -> None:
    task = Task(name="ml", kind="labels", summary="")

    def f1(answer: list[str], truth: list[str], before: str = "") -> float:
        return float(score(task, [before + THINK.format(", ".join(answer))], batch_of(tuple(truth))).columns["f1"][0])

    assert f1(predicted, true) == pytest.approx(f1(true, predicted))
    assert f1([*predicted, "wrong"], true) <= f1(predicted, true)
    assert f1([*predicted, predicted[0]], true) == f1(predicted, true)
    if "<" not in prose:
        assert f1(predicted, true, prose) == f1(predicted, true)


@given(st.lists(st.tuples(rows, rows), min_size=1, max_size=6))
def test_a_batch_is_its_rows(pairs: list[tuple[list[list[float]], list[list[float]]]]) -> None:
    whole = batch_of(*(boxes("percent", true) for _, true in pairs))
    together = score(SHIPS, [written(predicted) for predicted, _ in pairs], whole).columns["detection"]
    assert together.tolist() == [reward(predicted, true) for predicted, true in pairs]


@given(rows, rows, st.floats(0.1, 10))
def test_scaling_image_and_boxes_changes_nothing(
    predicted: list[list[float]], true: list[list[float]], factor: float
) -> None:
    def grown(found: list[list[float]]) -> list[list[float]]:
        return [[v * factor for v in box[:4]] + [box[4]] for box in found]

    profile = Profile(name="pixels", box_syntax="list5", frame="pixel")
    size = (math.ceil(100 * factor) + 1, math.ceil(100 * factor) + 1)
    whole = batch_of(boxes("pixel", grown(true)), profile=profile, image_size=size)
    assert score(SHIPS, [written(grown(predicted))], whole).columns["detection"][0] == pytest.approx(
        reward(predicted, true), abs=1e-6
    )


def test_all_kinds_resolve_with_target_parser_rewards_and_strict() -> None:
    whole = resolve(LABEL)
    assert resolve(whole) is whole
    assert [protocol.name for protocol in whole.protocols] == ["strict"]
    assert isinstance(boxes("percent", []), Boxes)


def leaves(*_: object) -> Any:
    raise SystemExit(9)


@pytest.mark.parametrize(
    ("fields", "who"), [({"parse": leaves}, "The parser"), ({"rewards": {"exact": leaves}}, "The reward `exact`")]
)
def test_a_plugin_that_calls_exit_is_named_like_any_other(fields: dict[str, Any], who: str) -> None:
    with pytest.raises(
        PluginError, match=rf"{who} of task `slick` of `oil-spill` raised SystemExit: 9 on row `row0`\."
    ):
        score(yes_no(**fields), [THINK.format("yes")] * 2, batch_of("yes", "yes"))
    found = score(yes_no(**fields), [THINK.format("yes")] * 2, batch_of("yes", "yes"), on_error="penalise")
    assert found.reasons.tolist() == ["plugin_error"] * 2


def test_an_interrupt_within_a_plugin_stays_one() -> None:
    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(yes_no(rewards={"exact": interrupted}), [THINK.format("yes")], batch_of("yes"), on_error="penalise")
