"""Roles of images of one place at several dates, which questions speak of by them."""

from __future__ import annotations

from collections.abc import Sequence

from geovlm_cli import ImageRef

PAIR = ("before", "after")
DATES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def in_roles(images: Sequence[ImageRef]) -> tuple[ImageRef, ...]:
    """Return images in the order of their dates with their roles: a pair is a change, three to eight are the first, the second, …; others have none."""
    several = DATES[: len(images)] if 2 < len(images) <= len(DATES) else ("",) * len(images)
    roles = PAIR if len(images) == len(PAIR) else several
    return tuple(ref._replace(role=role) for ref, role in zip(images, roles, strict=True))
