from __future__ import annotations

import random

from geovlm_cli.data.seen import Seen


def test_ids_that_come_again_are_found_within_a_call_and_across_calls() -> None:
    seen = Seen()
    assert seen.again(["a", "b", "a"]) == [2]
    assert seen.again(["c", "b"]) == [1]
    assert seen.again([]) == []
    assert seen.again(["d", "a", "d", "c"]) == [1, 2, 3]


def test_every_repetition_is_found_in_many_calls() -> None:
    draw = random.Random(0)
    ids = [str(draw.randrange(20_000)) for _ in range(30_000)]
    seen, known, first = Seen(), set(), 0
    for step in (1, 1000, 3, 7000, 128, 9000, 12_868):
        part = ids[first : first + step]
        expected = []
        for row, identity in enumerate(part):
            if identity in known:
                expected.append(row)
            known.add(identity)
        assert seen.again(part) == expected
        first += step
    assert sum(map(len, seen._runs)) == len(known)
