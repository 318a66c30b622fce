from __future__ import annotations

from dataclasses import replace

from geovlm_cli.boxes import boxes
from geovlm_cli.checking.sizes import about_tokens, histogram, objects, tokens, tokens_of_images
from geovlm_cli.checking.subject import subjects
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import Batch, ImageRef, Sample, Task
from tests.checking.conftest import LABELS, PROFILE, MakeSubject

SHIPS = Task(name="ships", kind="boxes", summary="")


def test_true_answers_beyond_the_cap_are_forecast(subject: MakeSubject) -> None:
    task = Task(name="scene", kind="label", summary="", max_new_tokens=12)
    made = subject(task, [*LABELS, "x" * 11])
    histograms, (found,) = tokens(made, {}, len, exact=True)
    assert [item.name for item in histograms] == ["scene: question", "scene: images", "scene: answer"]
    assert (found.check, found.level, found.count) == ("truncation", "warning", 7)
    assert found.advice.endswith(f"needs {max(map(len, made.targets))}")


def test_answers_within_the_cap_are_fine_and_estimates_say_so(subject: MakeSubject) -> None:
    _, (found,) = tokens(subject(Task(name="scene", kind="label", summary=""), LABELS), {}, about_tokens, exact=False)
    assert (found.level, "take about " in found.sentence) == ("ok", True)


def test_the_estimate_counts_digits_words_and_marks() -> None:
    assert about_tokens("[116,309]") == 9
    assert about_tokens("a small airplane") == 1 + 1 + 2


def test_visual_tokens_are_squares_of_the_resize_factor() -> None:
    pair = Sample(id="r", task="t", images=(ImageRef("a"), ImageRef("b")), image_size=(1000, 600))
    qwen = Profile(name="q", resize=Resize())
    assert tokens_of_images(pair, PROFILE, {}) == 2 * 16 * 16
    assert tokens_of_images(pair, qwen, {}) == 2 * 36 * 21
    assert tokens_of_images(replace(pair, image_size=None), qwen, {"a": (1000, 600)}) is None
    assert tokens_of_images(replace(pair, image_size=None), qwen, {"a": (1000, 600), "b": (84, 56)}) == 36 * 21 + 3 * 2


def test_an_object_is_measured_by_the_header_of_its_image_where_the_row_says_no_size() -> None:
    qwen = Profile(name="q", box_syntax="qwen-json", frame="permille", resize=Resize())
    truth = boxes("percent", [[0, 0, 10, 10]])
    row = Sample(id="r", task="ships", images=(ImageRef("a"), ImageRef("b")), reference=truth)
    made = subjects({"ships": Batch([row], qwen)}, {"ships": SHIPS}, qwen)[0]
    assert objects(made, {"a": (10, 10)}) == ([], [])
    (found,), _ = objects(made, {"b": (1000, 600)})
    assert round(found.largest, 3) == round((100.8 * 58.8) ** 0.5, 3)


def test_objects_are_measured_in_the_image_that_the_model_sees(subject: MakeSubject) -> None:
    truth = [boxes("percent", [[0, 0, 10, 10, 0]]), boxes("percent", [[0, 0, 0.5, 0.5, 0], [0, 0, 50, 50, 0]])]
    (found,), (warning,) = objects(subject(SHIPS, truth), {})
    assert [round(value, 6) for value in (found.median, found.largest)] == [44.8, 224.0]
    assert sum(found.counts) == 3
    assert (warning.level, warning.rows) == ("warning", ("r1",))


def test_labels_have_no_objects(subject: MakeSubject) -> None:
    assert objects(subject(Task(name="scene", kind="label", summary=""), LABELS), {}) == ([], [])


def test_the_last_bin_of_a_histogram_is_open() -> None:
    found = histogram("x", "px", [0, 1, 5, 1e9], (0, 2, 4))
    assert found is not None
    assert found.counts == (2, 0, 2)
    assert histogram("x", "px", [], (0, 2)) is None
