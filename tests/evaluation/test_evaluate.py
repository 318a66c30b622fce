"""The whole of `evaluate` and `measure`: figures, rows, resuming, faults."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from PIL import Image

from geovlm_cli.boxes import boxes
from geovlm_cli.data.loader import BadRow
from geovlm_cli.data.source import DataSet
from geovlm_cli.errors import ConfigError, DataError, PluginError
from geovlm_cli.evaluation import Outcome, Settings, evaluate, measure
from geovlm_cli.generation.answering import Asking
from geovlm_cli.profiles import Profile
from geovlm_cli.report.notes import notes
from geovlm_cli.runs import RunFolder
from geovlm_cli.signals import Stopped
from geovlm_cli.task import Batch, ImageRef, Malformed, Metric, Protocol, Sample, Task, each
from tests.engines import FakeEngine

SCENE = Task(name="scene", kind="label", summary="", vocabulary=("ship", "car"), max_new_tokens=8)
PROFILE = Profile(name="bare", structure="plain")


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "image.png"
    Image.new("RGB", (8, 8)).save(path)
    return str(path)


def dataset(
    image: str, references: Sequence[Any], *, task: str = "scene", completions: Sequence[str | None] | None = None
) -> DataSet:
    """Rows r0, r1, …, asking q0, q1, …."""
    samples = [
        Sample(
            id=f"{task}-r{i}",
            task=task,
            images=(ImageRef(image),),
            question=f"q{i}",
            reference=reference,
            completion=completions[i] if completions else None,
        )
        for i, reference in enumerate(references)
    ]
    return DataSet(samples, "test", [], "0" * 64, "rows.jsonl")


FAST = Settings(draws=20)


def exact(columns: Mapping[str, Any], weights: Any) -> dict[str, Metric]:
    return {"share": Metric(float(columns["same"] @ weights) / float(weights.sum()), float(weights.sum()))}


def same(texts: Sequence[str], batch: Batch) -> Mapping[str, Any]:
    return {"same": [float(text == sample.reference) for text, sample in zip(texts, batch, strict=True)]}


TWICE = replace(SCENE, protocols=(Protocol("compatible", "7", same, exact),))


def saved(references: Sequence[str], completions: Sequence[str | None]) -> DataSet:
    return dataset("none.png", references, completions=completions)


def in_folder(
    path: Path, data: DataSet, engine: FakeEngine, *, resume: bool = False, batch_size: int = 2, **asking: Any
) -> Outcome:
    settings = Settings(draws=20, asking=Asking(batch_size=batch_size, **asking))
    with RunFolder.create(path, command="eval", config={}, seed=0, resume=resume) as run:
        return measure(data, {"scene": SCENE}, PROFILE, engine=engine, run=run, settings=settings, model="table")


def test_saved_answers_are_measured_under_every_protocol_of_the_task() -> None:
    results = measure(
        saved(["ship", "car", "car"], ["Ship", "car", "boat"]), {"scene": TWICE}, None, settings=FAST
    ).results
    metrics = results["metrics"]["scene"]
    assert list(metrics) == ["strict", "compatible"]
    assert metrics["strict"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert metrics["compatible"]["share"]["value"] == pytest.approx(1 / 3)
    assert metrics["strict"]["accuracy"]["low"] < 2 / 3 < metrics["strict"]["accuracy"]["high"]
    assert results["protocols"] == {"strict": "1", "compatible": "7"}
    assert results["reasons"] == {"scene": {"unknown_label": 1}}
    assert results["structure"] == "any"
    assert results["schema"] == "geovlm-results/1"


def test_evaluate_returns_what_results_json_holds(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run", command="eval", config={}, seed=0) as run:
        found = evaluate(saved(["ship", "car"], ["ship", "ship"]), {"scene": SCENE}, None, run=run, settings=FAST)
    assert found["metrics"]["scene"]["strict"]["accuracy"]["value"] == 0.5
    assert found == orjson.loads((tmp_path / "run/results.json").read_bytes())


def test_evaluate_logs_what_ends_the_command_with_an_error(caplog: pytest.LogCaptureFixture) -> None:
    def broken(text: str, sample: Sample) -> str:
        raise RuntimeError("no")

    task = replace(SCENE, parse=each(broken))
    found = evaluate(saved(["ship"], ["ship"]), {"scene": task}, None, settings=FAST)
    assert found["reasons"] == {"scene": {"plugin_error": 1}}
    assert "1 rows carry plugin_error" in caplog.text


def test_a_task_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match=r"Unknown task `scene`\. Did you mean `scenes`\? Known: scenes, vqa\."):
        evaluate(saved(["ship"], ["ship"]), {"vqa": SCENE, "scenes": SCENE}, None, settings=FAST)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("dataset", [], "list"),
        ("dataset", "rows.jsonl", "str"),
        ("tasks", SCENE, "Task"),
        ("tasks", [SCENE], "list"),
        ("tasks", "scene", "str"),
        ("profile", "geovlm-r1", "str"),
        ("engine", "tiny", "str"),
        ("run", "run", "str"),
        ("settings", {"draws": 0}, "dict"),
        ("progress", True, "bool"),
    ],
)
def test_an_argument_of_another_type_is_named(name: str, value: Any, found: str) -> None:
    arguments = {"dataset": saved(["ship"], ["ship"]), "tasks": {"scene": SCENE}, "profile": None, name: value}
    with pytest.raises(ConfigError) as raised:
        evaluate(**arguments)
    assert str(raised.value).startswith(f"evaluate(…): `{name}` must be ")
    assert str(raised.value).endswith(f"; found {found}.")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"protocols": "strict"}, "takes a list of names such as ['strict'], not 'strict'"),
        ({"protocols": (1,)}, "takes a list of names"),
        ({"draws": -3}, "from 0 on, where 0 is no intervals, not -3"),
        ({"draws": 2.5}, "not 2.5"),
        ({"structure": "xml"}, "takes think_answer, answer, plain, any or None, not 'xml'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings(**values)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    "values",
    [{"samples": 0}, {"temperature": -1.0}, {"temperature": float("nan")}, {"max_new_tokens": 0}, {"seed": -1}],
)
def test_asking_that_cannot_be_meant_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="takes a number from"):
        Asking(**values)


def test_slices_are_measured_too() -> None:
    slices = measure(saved(["ship", "car"], ["ship", "ship"]), {"scene": SCENE}, None, settings=FAST).results["slices"][
        "scene"
    ]["strict"]
    assert slices["class=ship"]["accuracy"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1.0}
    assert slices["class=car"]["accuracy"]["value"] == 0.0


def test_strict_leaves_bad_truth_out_and_other_protocols_keep_it() -> None:
    data = saved(["ship", "", "car"], ["ship", "", "ship"])
    data.samples[1].flaw = "empty reference"
    data.samples[0].meta = {"size_group": "small"}
    results = measure(data, {"scene": TWICE}, None, settings=FAST).results
    assert results["metrics"]["scene"]["strict"]["accuracy"]["n"] == 2
    rows = {
        name: sum(n for key, n in found.items() if "size" in key)
        for name, found in results["slice_rows"]["scene"].items()
    }
    assert rows == {"strict": 2, "compatible": 3}
    assert results["metrics"]["scene"]["strict"]["accuracy"]["value"] == 0.5
    assert results["metrics"]["scene"]["compatible"]["share"]["n"] == 3
    assert results["data"]["flawed"] == 1


@pytest.mark.parametrize(
    ("flawed", "warned", "ends"), [(1, False, False), (2, True, False), (5, True, False), (6, False, True)]
)
def test_bad_truth_of_a_tenth_is_warned_of_and_of_more_than_half_ends_the_run(
    flawed: int, warned: bool, ends: bool, caplog: pytest.LogCaptureFixture
) -> None:
    data = saved(["ship"] * 10, ["ship"] * 10)
    for sample in data.samples[:flawed]:
        sample.flaw = "empty reference"
    outcome = measure(data, {"scene": SCENE}, None, settings=FAST)
    sentence = f"{flawed} of 10 rows have bad truth as scene"
    assert (sentence in caplog.text) == warned
    with pytest.raises(DataError, match=sentence) if ends else nullcontext():
        outcome.raise_for_faults()


def test_the_named_protocol_alone() -> None:
    settings = replace(FAST, protocols=("compatible",))
    assert list(
        measure(saved(["ship"], ["ship"]), {"scene": TWICE}, None, settings=settings).results["metrics"]["scene"]
    ) == ["compatible"]


def test_a_protocol_that_the_task_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="no protocol `geochat`"):
        measure(saved(["ship"], ["ship"]), {"scene": TWICE}, None, settings=replace(FAST, protocols=("geochat",)))


def test_the_structure_that_is_asked_for_wins() -> None:
    data = saved(["ship"], ["<answer>ship</answer>"])
    plain = measure(data, {"scene": SCENE}, None, settings=replace(FAST, structure="plain")).results
    wrapped = measure(data, {"scene": SCENE}, None, settings=replace(FAST, structure="answer")).results
    assert plain["metrics"]["scene"]["strict"]["accuracy"]["value"] == 0
    assert wrapped["metrics"]["scene"]["strict"]["accuracy"]["value"] == 1
    assert wrapped["metrics"]["scene"]["strict"]["format"]["value"] == 1
    assert "format" not in plain["metrics"]["scene"]["strict"]


def test_a_row_without_a_saved_answer_is_named() -> None:
    with pytest.raises(DataError, match="scene-r1"):
        measure(saved(["ship", "car"], ["ship", None]), {"scene": SCENE}, None, settings=FAST)


def test_rows_hold_columns_answer_and_reason_of_each_protocol(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run", command="eval", config={}, seed=0) as run:
        measure(saved(["ship", "car"], [" Ship.", "boat"]), {"scene": TWICE}, None, run=run, settings=FAST)
    first, second = [orjson.loads(line) for line in (tmp_path / "run/rows.jsonl").read_bytes().splitlines()]
    assert first["id"] == "scene-r0"
    assert first["k"] == 0
    assert first["task"] == "scene"
    assert first["completion"] == " Ship."
    assert first["protocols"]["strict"]["columns"]["accuracy"] == 1.0
    assert first["protocols"]["strict"]["reason"] == ""
    assert second["protocols"]["strict"]["answer"] is None
    assert second["protocols"]["strict"]["reason"] == "unknown_label"
    assert second["protocols"]["compatible"] == {"columns": {"same": 0.0}, "answer": "boat", "reason": ""}
    assert orjson.loads((tmp_path / "run/results.json").read_bytes())["data"]["n"] == 2


def test_an_interrupted_run_goes_on_where_it_stopped_and_leaves_the_same_bytes(tmp_path: Path, image: str) -> None:
    data = dataset(image, ["ship", "car"] * 4 + ["ship"])
    answers = {f"q{i}": "ship" for i in range(9)}
    whole = FakeEngine(answers)
    in_folder(tmp_path / "whole", data, whole)
    with pytest.raises(KeyboardInterrupt):
        in_folder(tmp_path / "cut", data, FakeEngine(answers, stop_after=3))
    rows = tmp_path / "cut/rows.jsonl"
    with rows.open("ab") as file:
        file.write(rows.read_bytes().splitlines(keepends=True)[0] + b'{"id": "half')  # a batch that was cut off
    rest = FakeEngine(answers)
    in_folder(tmp_path / "cut", data, rest, resume=True)
    assert (len(whole.calls), len(rest.calls)) == (5, 2)
    for name in ("rows.jsonl", "results.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_finished_run_asks_nothing_again(tmp_path: Path, image: str) -> None:
    data = dataset(image, ["ship", "car", "car"])
    answers = {f"q{i}": "car" for i in range(3)}
    in_folder(tmp_path / "run", data, FakeEngine(answers))
    before = (tmp_path / "run/rows.jsonl").read_bytes()
    again = FakeEngine(answers)
    outcome = in_folder(tmp_path / "run", data, again, resume=True)
    assert not again.calls
    assert (tmp_path / "run/rows.jsonl").read_bytes() == before
    assert outcome.results["metrics"]["scene"]["strict"]["accuracy"]["value"] == pytest.approx(2 / 3)


def test_a_signal_ends_the_run_after_its_batch(tmp_path: Path, image: str) -> None:
    class Signalled(FakeEngine):
        def generate(self, *args: Any, **options: Any) -> list[str]:
            os.kill(os.getpid(), signal.SIGTERM)
            return super().generate(*args, **options)

    data = dataset(image, ["ship"] * 5)
    with pytest.raises(Stopped, match="2 of 5 rows are done; add --resume") as stop:
        in_folder(tmp_path / "run", data, Signalled({f"q{i}": "ship" for i in range(5)}))
    assert stop.value.exit_code == 143
    assert len((tmp_path / "run/rows.jsonl").read_bytes().splitlines()) == 2


def test_a_bad_image_is_counted_and_costs_only_its_row(tmp_path: Path, image: str) -> None:
    data = dataset(image, ["ship", "car", "ship"])
    data.samples[1].images = (ImageRef(str(tmp_path / "gone.png")),)
    outcome = in_folder(tmp_path / "run", data, FakeEngine({f"q{i}": "ship" for i in range(3)}))
    assert outcome.results["metrics"]["scene"]["strict"]["accuracy"] == {
        "value": 1.0,
        "low": 1.0,
        "high": 1.0,
        "n": 2.0,
    }
    assert outcome.results["data"]["failed"] == 1
    row = orjson.loads((tmp_path / "run/rows.jsonl").read_bytes().splitlines()[1])
    assert row["completion"] is None
    assert "gone.png" in row["error"]
    assert outcome.results["data"]["unanswered"] == {"not_asked": {"n": 1, "first": row["error"]}}
    assert outcome.results["reasons"]["scene"] == {"no_answer": 1}
    with pytest.raises(DataError, match="1 of 3 rows could not be read or have no answer"):
        outcome.raise_for_faults()


def test_a_bad_image_costs_only_its_row_where_boxes_need_its_size(tmp_path: Path, image: str) -> None:
    profile = Profile(name="smart", structure="plain", box_syntax="list5", frame="model")
    find = Task(name="find", kind="boxes", summary="")
    data = dataset(image, ["", ""], task="find")
    for sample in data.samples:
        sample.reference = boxes("pixel", [[0, 0, 4, 4]])
    data.samples[1].images = (ImageRef(str(tmp_path / "gone.png")),)
    engine = FakeEngine({"q0": "[0,0,28,28,0]", "q1": "[0,0,28,28,0]"})
    results = measure(data, {"find": find}, profile, engine=engine, settings=FAST).results
    assert results["data"]["failed"] == 1
    assert results["metrics"]["find"]["strict"]["recall@0.5"]["n"] == 1


def test_many_rejected_rows_end_with_an_error_and_one_in_a_thousand_does_not() -> None:
    few = replace(saved(["ship"] * 2, ["ship"] * 2), rejected=[BadRow(1, "x", "why")])
    many = replace(saved(["ship"] * 200, ["ship"] * 200), rejected=[BadRow(1, "x", "why")])
    with pytest.raises(DataError):
        measure(few, {"scene": SCENE}, None, settings=FAST).raise_for_faults()
    measure(many, {"scene": SCENE}, None, settings=FAST).raise_for_faults()


def verbatim(text: str, _: Sample) -> str | Malformed:
    return text or Malformed("empty")


def test_a_plugin_that_raises_costs_its_rows_and_ends_with_5() -> None:
    def right(answer: str, sample: Sample) -> float:
        if answer == "boom":
            raise RuntimeError("reward is broken")
        return 1.0

    task = Task(
        name="scene",
        kind="answer",
        summary="",
        parse=each(verbatim),
        rewards={"right": each(right)},
    )
    outcome = measure(saved(["a", "b", "c"], ["a", "boom", "c"]), {"scene": task}, None, settings=FAST)
    assert outcome.results["reasons"]["scene"]["plugin_error"] >= 1
    assert outcome.results["metrics"]["scene"]["strict"]["right"]["value"] == pytest.approx(2 / 3)
    with pytest.raises(PluginError, match="reward is broken") as error:
        outcome.raise_for_faults()
    assert error.value.exit_code == 5


def test_a_protocol_that_raises_costs_its_rows_and_ends_with_5(tmp_path: Path) -> None:
    def fussy(texts: Sequence[str], batch: Batch) -> Mapping[str, Any]:
        if "boom" in texts:
            raise RuntimeError("protocol is broken")
        return same(texts, batch)

    task = replace(SCENE, protocols=(Protocol("compatible", "1", fussy, exact),))
    with RunFolder.create(tmp_path / "run", command="eval", config={}, seed=0) as run:
        outcome = measure(saved(["ship", "car"], ["ship", "boom"]), {"scene": task}, None, run=run, settings=FAST)
    assert outcome.results["metrics"]["scene"]["compatible"]["share"]["value"] == 0.5
    rows = [orjson.loads(line) for line in (tmp_path / "run/rows.jsonl").read_bytes().splitlines()]
    assert rows[1]["protocols"]["compatible"] == {"columns": {}, "answer": None, "reason": "plugin_error"}
    with pytest.raises(PluginError, match="protocol is broken"):
        outcome.raise_for_faults()


def test_several_samples_give_mean_pass_and_majority(tmp_path: Path, image: str) -> None:
    data = dataset(image, ["ship", "car"])
    engine = FakeEngine({"q0": ["ship", "ship", "car", "boat"], "q1": ["ship", "car", "boat", "ship"]})
    outcome = in_folder(tmp_path / "run", data, engine, batch_size=3, samples=4, temperature=1.0)
    found = {name: metric["value"] for name, metric in outcome.results["metrics"]["scene"]["strict"].items()}
    assert found["mean@4"] == found["accuracy"] == pytest.approx(3 / 8)
    assert found["pass@1"] == pytest.approx(3 / 8)
    assert found["pass@2"] == pytest.approx((5 / 6 + 1 / 2) / 2)
    assert found["pass@4"] == 1.0
    assert found["majority@4"] == 0.5
    assert outcome.results["metrics"]["scene"]["strict"]["accuracy"]["n"] == 2
    ids = [(row["id"], row["k"]) for row in map(orjson.loads, (tmp_path / "run/rows.jsonl").read_bytes().splitlines())]
    assert ids == [(f"scene-r{row}", k) for row in range(2) for k in range(4)]


def test_a_caption_passes_from_half_of_the_likeness_on_and_the_results_say_so(image: str) -> None:
    captions = Task(name="caption", kind="text", summary="")
    answers = {"q0": ["two ships there", "two", "a dog", "a cat"]}
    for task, right in ((captions, 1), (replace(captions, pass_at=0.3), 2), (replace(captions, pass_at=1.0), 0)):
        data = dataset(image, [("two ships in the port",)], task="caption")
        settings = replace(FAST, asking=Asking(samples=4, temperature=1.0))
        found = measure(data, {"caption": task}, PROFILE, engine=FakeEngine(answers), settings=settings).results
        assert found["metrics"]["caption"]["strict"]["pass@1"]["value"] == pytest.approx(right / 4)
        threshold = 0.5 if task.pass_at is None else task.pass_at
        assert found["pass_at"] == {"caption": {"component": "lcs_f", "threshold": threshold}}
        assert f"caption: an answer is right in pass@k where `lcs_f` reaches {threshold:g}" in notes(found)


def test_two_tasks_are_measured_apart() -> None:
    one, two = saved(["ship"], ["ship"]), dataset("none.png", ["yes"], task="vqa", completions=["no"])
    both = replace(one, samples=[*one.samples, *two.samples])
    results = measure(
        both, {"scene": SCENE, "vqa": Task(name="vqa", kind="answer", summary="")}, None, settings=FAST
    ).results
    assert results["metrics"]["scene"]["strict"]["accuracy"]["value"] == 1
    assert results["metrics"]["vqa"]["strict"]["accuracy"]["value"] == 0


def test_rows_of_a_protocol_that_ranks_boxes_hold_a_list_a_column_and_the_format_once(tmp_path: Path) -> None:
    truth = boxes("percent", [[1, 1, 9, 9]])
    texts = ["<answer>[1,1,9,9,0],[2.5,1,9,9,0]</answer>", "<answer>nothing</answer>", "[1,1,9,9,0]"]
    data = dataset("none.png", [truth] * 3, task="ships", completions=texts)
    task = Task(name="ships", kind="boxes", summary="")
    profile = Profile(name="p", structure="answer", box_syntax="list5", frame="percent")
    with RunFolder.create(tmp_path / "run", command="eval", config={}, seed=0) as run:
        measure(data, {"ships": task}, profile, run=run, settings=replace(FAST, protocols=("coco", "strict")))
    told = [orjson.loads(line)["protocols"] for line in (tmp_path / "run/rows.jsonl").read_bytes().splitlines()]
    assert [row["coco"]["columns"]["format"] for row in told] == [1.0, 1.0, 0.0]
    assert [len(row["coco"]["columns"]["rank"]) for row in told] == [3, 1, 1]
    assert told[0]["strict"]["answer"] == {"frame": "percent", "boxes": [[1, 1, 9, 9, 0], [2.5, 1, 9, 9, 0]]}
    assert [row["strict"]["answer"] for row in told[1:]] == [None, None]
    assert [row["strict"]["reason"] for row in told] == ["", "bad_json", "no_answer"]
