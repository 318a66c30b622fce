from __future__ import annotations

from collections.abc import Sequence

import pytest

from geovlm_cli.checking.roles import roles
from geovlm_cli.task import Batch, ImageRef, Sample


def row(identity: str, *named: str, sources: Sequence[str] = ("a.png", "b.png", "c.png", "d.png")) -> Sample:
    refs = tuple(ImageRef(source, role) for source, role in zip(sources, named, strict=False))
    return Sample(id=identity, task="damage", images=refs, question="Compare.", reference="destroyed")


def found(*rows: Sample) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(item.level, item.sentence.partition(":")[0], item.rows) for item in roles({"damage": Batch(rows)})]


def test_roles_in_order_are_said_to_be_so() -> None:
    assert found(row("a", "before", "after"), row("b", "first", "second", "third")) == [
        ("ok", "the images of each row have roles of their own, in order", ())
    ]


def test_nothing_is_said_of_single_images() -> None:
    assert found(row("a", ""), row("b", "after")) == []


@pytest.mark.parametrize(
    ("named", "level", "sentence"),
    [
        (("after", "before"), "error", "images that stand against the order of their roles"),
        (("post", "pre"), "error", "images that stand against the order of their roles"),
        (("first", "third", "second"), "error", "images that stand against the order of their roles"),
        (("zzz", "zzz"), "error", "two images of a row with one role"),
        (("befor", "after"), "warning", "a role that nearly is a usual one"),
        (("", "after"), "note", "a role for some images of a row only"),
        (("", ""), "note", "several images without roles"),
    ],
)
def test_a_fault_of_all_rows_is_found(named: tuple[str, ...], level: str, sentence: str) -> None:
    assert found(row("a", *named), row("b", *named)) == [(level, sentence, ("a", "b"))]


def test_rows_unlike_the_others_are_named() -> None:
    rows = [row(f"r{i}", "before", "after") for i in range(5)]
    assert found(*rows, row("odd", "radar", "optical"), row("four", "first", "second", "third", "fourth")) == [
        ("warning", "roles other than those of most rows of the task", ("odd",))
    ]


def test_one_image_in_two_roles_is_looked_at() -> None:
    assert found(row("a", "before", "after", sources=("a.png", "a.png"))) == [
        ("warning", "the same image twice in a row", ("a",))
    ]
