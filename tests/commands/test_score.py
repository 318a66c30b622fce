from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from geovlm_cli import plugins
from geovlm_cli.hookspecs import hookimpl
from geovlm_cli.profiles import Profile
from geovlm_cli.task import Task, each

Run = Callable[..., Any]
YES = "<think>x</think><answer>yes</answer>"


def fail(answer: Any, sample: Any) -> float:
    raise RuntimeError("out of ink")


def as_is(text: str, sample: Any) -> str:
    return text


def right(answer: Any, sample: Any) -> float:
    return float(answer == sample.reference)


@hookimpl
def geovlm_tasks() -> Iterator[Task]:
    yield Task(name="oil", kind="answer", summary="")
    yield Task(name="ships", kind="boxes", summary="")
    yield Task(name="own", kind="answer", summary="", parse=each(as_is), rewards={"right": each(right)})
    yield Task(name="broken", kind="answer", summary="", rewards={"odd": each(fail)})


@hookimpl
def geovlm_profiles() -> Iterator[Profile]:
    yield Profile(name="pilot", box_syntax="list5", frame="percent", structure="answer")


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(geovlm_tasks=geovlm_tasks, geovlm_profiles=geovlm_profiles)
    monkeypatch.setattr(plugins, "load", lambda: plugins.from_modules(test=module))


def table(text: str) -> dict[str, str]:
    return {words[0]: words[1] for words in map(str.split, text.splitlines()) if len(words) > 1}


def test_the_first_thing_anyone_tries(geovlm: Run) -> None:
    found = geovlm("score", "--kind", "answer", "--reference", "yes", YES)
    assert (found.code, found.err) == (0, "")
    shown = table(found.out)
    assert (shown["format"], shown["exact"], shown["total"]) == ("1.0000", "1.0000", "2.0000")
    assert "equals the truth" in found.out
    assert "structure" in shown


def test_a_wrong_answer_says_why(geovlm: Run) -> None:
    found = geovlm("score", "--kind", "answer", "--reference", "no", YES)
    assert table(found.out)["total"] == "1.0000"
    assert "`yes` is not the truth `no`" in found.out


def test_an_unreadable_answer_names_its_reason(geovlm: Run) -> None:
    found = geovlm("score", "--kind", "answer", "--reference", "yes", YES + "<answer>no</answer>")
    assert found.code == 0
    assert table(found.out)["reason"] == "many_answers"
    assert table(found.out)["total"] == "0.0000"


def test_the_json_form_has_every_part(geovlm: Run) -> None:
    found = json.loads(geovlm("score", "--task", "oil", "--reference", "yes", YES, "--json").out)
    assert found == {
        "task": "oil",
        "structure": "think_answer",
        "components": {"format": 1.0, "exact": 1.0},
        "total": 2.0,
        "reason": "",
        "why": "The answer `yes` equals the truth.",
        "answer": "yes",
    }


def test_stdin_and_a_file_hold_a_completion(geovlm: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answer.txt").write_bytes(YES.encode() + b"\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(YES.encode())))
    for source in (("-",), ("--file", tmp_path / "answer.txt")):
        found = geovlm("score", "--kind", "answer", "--reference", "yes", *source)
        assert table(found.out)["total"] == "2.0000"


@pytest.mark.parametrize(
    ("kind", "reference", "answer"),
    [
        ("label", "airport", "Airport."),
        ("labels", "road, river", "river, road"),
        ("labels", '["road", "river"]', "river, road"),
        ("text", '["a ship", "one ship"]', "one ship"),
        ("text", "a ship", "a ship"),
        ("count", "12", "12"),
        ("box", "[10, 20, 50, 60, 30]", "[10,20,50,60,30]"),
        ("boxes", "[[10, 20, 50, 60, 30]]", "[10,20,50,60,30]"),
        ("boxes", "[]", "[]"),
        ("boxes", '{"frame": "percent", "boxes": [[10, 20, 50, 60]]}', "[10,20,50,60,0]"),
        ("grounded", '{"text": "a ship", "boxes": [[1, 2, 3, 4, 0]]}', "a ship [1,2,3,4,0]"),
    ],
)
def test_the_truth_scores_full_marks_in_every_kind(kind: str, reference: str, answer: str, geovlm: Run) -> None:
    found = geovlm(
        "score",
        "--kind",
        kind,
        "--reference",
        reference,
        "--frame",
        "percent",
        f"<think>x</think><answer>{answer}</answer>",
    )
    assert found.code == 0, found.err
    assert table(found.out)["total"] == "2.0000"


def test_a_profile_gives_structure_and_frame(geovlm: Run) -> None:
    found = geovlm(
        "score", "--task", "ships", "--profile", "pilot", "--reference", "[[10,20,50,60,30]]",
        "<answer>[10,20,50,60,30]</answer>", "--json",
    )  # fmt: skip
    shown = json.loads(found.out)
    assert (shown["structure"], shown["total"]) == ("answer", 2.0)
    assert shown["answer"] == {"frame": "percent", "boxes": [[10, 20, 50, 60, 30]]}


@pytest.mark.parametrize(
    ("kind", "reference", "flaw"),
    [
        ("label", "harbour", "not among the choices: `harbour`"),
        ("count", "-1", "count below 0"),
        ("box", "[30, 10, 20, 40]", "inverted"),
        ("boxes", "[[130, 10, 140, 40]]", "outside the image"),
        ("labels", "[]", "no labels"),
        ("text", " ", "an empty reference"),
        ("answer", "?", "cannot be scored as answer"),
    ],
)
def test_a_truth_that_cannot_be_scored_is_refused(kind: str, reference: str, flaw: str, geovlm: Run) -> None:
    choices = ("--choices", "road,river") if kind == "label" else ()
    found = geovlm("score", "--kind", kind, "--frame", "percent", "--reference", reference, *choices, YES)
    assert (found.code, found.out) == (2, "")
    assert flaw in found.err


def test_a_row_whose_truth_is_bad_is_refused(geovlm: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "task": "oil", "reference": " "}\n')
    found = geovlm("score", "--row", f"{tmp_path / 'rows.jsonl'}#1", YES)
    assert (found.code, found.out) == (3, "")
    assert "Row `1`" in found.err


def test_the_rewards_of_a_plugin_are_named_with_their_values(geovlm: Run) -> None:
    for answer, value in (("yes", "1.00"), ("no", "0.00")):
        found = geovlm("score", "--task", "own", "--reference", "yes", f"<think>x</think><answer>{answer}</answer>")
        assert f"own reward gives `right` {value}." in found.out


def test_a_frame_that_the_truth_contradicts_is_refused(geovlm: Run, rows: Path) -> None:
    reference = '{"frame": "unit", "boxes": [[0, 0, 1, 1]]}'
    for against in (("--kind", "boxes", "--reference", reference, YES), ("--predictions", rows)):
        found = geovlm("score", "--frame", "permille", *against)
        assert (found.code, found.out) == (2, "")
        assert "--frame is permille, and the boxes of" in found.err


def test_saved_boxes_need_a_declared_frame(geovlm: Run, rows: Path) -> None:
    for against in (("--predictions", rows), ("--row", f"{rows}#2", YES)):
        found = geovlm("score", *against)
        assert (found.code, found.out) == (2, "")
        assert "--profile" in found.err


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = [
        {"id": "1", "task": "oil", "reference": "yes", "completion": "yes"},
        {
            "id": "2",
            "task": "ships",
            "reference": {"frame": "percent", "boxes": [[1, 2, 3, 4]]},
            "completion": "[1,2,3]",
        },
        {"id": "3", "task": "oil", "reference": "no", "completion": "yes"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_row_gives_task_and_truth(geovlm: Run, rows: Path) -> None:
    found = geovlm("score", "--row", f"{rows}#3", YES)
    assert table(found.out)["total"] == "1.0000"
    assert geovlm("score", "--row", f"{rows}#9", YES).code == 3


def test_a_file_of_completions_is_a_line_each(geovlm: Run, rows: Path) -> None:
    found = geovlm("score", "--predictions", rows, "--frame", "percent")
    assert found.out.splitlines() == [
        "1  oil  exact 1.0000  total 1.0000",
        "3  oil  exact 0.0000  total 0.0000",
        "2  ships  detection 0.0000  total 0.0000",
    ]
    assert "structure any" in found.err


def test_saved_completions_are_scored_against_one_truth(geovlm: Run, rows: Path) -> None:
    found = geovlm("score", "--predictions", rows, "--kind", "answer", "--reference", "yes", "--json")
    lines = [json.loads(line) for line in found.out.splitlines()]
    assert [(line["id"], line["total"]) for line in lines] == [("1", 1.0), ("2", 0.0), ("3", 1.0)]


def test_a_task_that_fails_ends_with_5(geovlm: Run) -> None:
    found = geovlm("score", "--task", "broken", "--reference", "yes", YES)
    assert found.code == 5
    assert table(found.out)["reason"] == "plugin_error"
    assert "out of ink" in found.out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((), 2, "Give one completion"),
        (("x", "--file", "y"), 2, "Give one completion"),
        (("x",), 2, "Give the truth"),
        (("x", "--reference", "y"), 2, "--task NAME or --kind KIND"),
        (("x", "--reference", "y", "--kind", "label", "--task", "oil"), 2, "not both"),
        (("x", "--reference", "y", "--row", "a#b"), 2, "not both"),
        (("x", "--reference", "y", "--task", "oi"), 2, "Did you mean `oil`?"),
        (("x", "--reference", "y", "--task", "oil", "--profile", "pillot"), 2, "Did you mean `pilot`?"),
        (("x", "--reference", "[1", "--kind", "boxes"), 2, "must be JSON"),
        (("x", "--reference", "[[1,2,3]]", "--kind", "boxes", "--frame", "unit"), 2, "4 or 5 numbers"),
        (("x", "--reference", "[[1,2,3,4]]", "--kind", "boxes"), 2, "--profile"),
        (("x", "--reference", "many", "--kind", "count"), 2, "must be a whole number, found 'many'"),
        (("x", "--reference", "1", "--kind", "count", "--image-size", "12"), 2, "WIDTHxHEIGHT"),
        (("x", "--row", "nowhere"), 2, "must be FILE#ID"),
        (("x", "--row", "nowhere#1"), 3, "There is no data at nowhere"),
        (("--file", "nowhere", "--kind", "answer", "--reference", "y"), 3, "Cannot read nowhere"),
        (("--predictions", "nowhere"), 3, "There is no data at nowhere"),
    ],
)
def test_bad_usage_is_one_sentence(arguments: tuple[str, ...], code: int, sentence: str, geovlm: Run) -> None:
    found = geovlm("score", *arguments)
    assert (found.code, found.out) == (code, "")
    assert sentence in found.err
    assert "Traceback" not in found.err


def test_a_kind_is_scored_without_torch_and_without_plugins() -> None:
    code = f"""
import sys
sys.modules["torch"] = sys.modules["transformers"] = None
from geovlm_cli import plugins
plugins.load = None
from geovlm_cli.cli import main
main(["score", "--kind", "answer", "--reference", "yes", {YES!r}])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2.0000" in done.stdout
