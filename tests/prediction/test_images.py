"""Images of the command line as rows."""

from __future__ import annotations

import pytest

from geovlm_cli.errors import ConfigError
from geovlm_cli.prediction.images import image_samples
from geovlm_cli.task import Task


def task(images: int | range | tuple[str, ...]) -> Task:
    return Task(name="t", kind="answer", summary="", images=images)


def test_a_row_for_each_image() -> None:
    found = image_samples(task(1), ["a.png", "b.png"], "why?", ("x", "y"))
    assert [(sample.id, len(sample.images), sample.question, sample.choices) for sample in found] == [
        ("a.png", 1, "why?", ("x", "y")),
        ("b.png", 1, "why?", ("x", "y")),
    ]


def test_a_row_for_each_pair_with_the_roles_of_the_task() -> None:
    (found,) = image_samples(task(("before", "after")), ["a.png", "b.png"], "", ())
    assert [(ref.source, ref.role) for ref in found.images] == [("a.png", "before"), ("b.png", "after")]
    assert found.id == "a.png b.png"


def test_a_task_of_a_range_takes_all_images_as_one_row() -> None:
    assert len(image_samples(task(range(2, 5)), ["a", "b", "c"], "", ())[0].images) == 3
    with pytest.raises(ConfigError, match="2 to 4 images, and 1 was named"):
        image_samples(task(range(2, 5)), ["a"], "", ())


def test_an_odd_image_and_an_image_named_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match="2 images at a time, and 3 were named"):
        image_samples(task(2), ["a", "b", "c"], "", ())
    with pytest.raises(ConfigError, match="named twice"):
        image_samples(task(1), ["a", "a"], "", ())
