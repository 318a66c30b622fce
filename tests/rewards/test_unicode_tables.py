"""Engine and twin have Unicode tables of different age; on what the older ones know they agree (docs/explanation/exactness.md)."""

from __future__ import annotations

import sys
import unicodedata

from geovlm_cli import rewards
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Batch, Malformed, Sample

ASSIGNED = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) not in ("Cn", "Cs")]


def test_every_assigned_character_is_visible_to_both_or_to_neither() -> None:
    assert len(ASSIGNED) > 250_000
    found = rewards.read_structure(ASSIGNED, structure="plain").reasons == 0
    assert [c for c, mine in zip(ASSIGNED, found.tolist(), strict=True) if mine != twin.visible(c)] == []


def test_every_assigned_character_is_part_of_words_to_both_or_to_neither() -> None:
    batch = Batch([Sample(id="1", task="t", reference=("x y",))]).take([0] * len(ASSIGNED))
    parts = rewards.lcs_f([f"x{c}y" for c in ASSIGNED], batch)
    plain = [twin.lcs_f(f"x{c}y", ("x y",)) for c in ASSIGNED]
    assert [c for c, mine, other in zip(ASSIGNED, parts, plain, strict=True) if mine != other] == []


def test_every_assigned_character_has_one_normal_form() -> None:
    batch = Batch([Sample(id="1", task="t", reference="x")]).take([0] * len(ASSIGNED))
    found = rewards.label([f"a{c}" for c in ASSIGNED], batch)
    forms = [mine if not isinstance(mine, Malformed) else None for mine in found]
    assert [c for c, mine in zip(ASSIGNED, forms, strict=True) if mine != twin.normal(f"a{c}")] == []
