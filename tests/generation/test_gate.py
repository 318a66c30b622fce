"""The gate before a server: all threads slow down together, and find back."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from geovlm_cli.generation.gate import ClosedError, Gate, Patience

QUICK = Patience(pause=0.01, longest=0.2)


def inside_at_once(gate: Gate, threads: int) -> int:
    """Return how many of some threads are let in before the first comes out."""
    done = threading.Event()
    inside = threading.Semaphore(0)

    def visit() -> None:
        with gate.entered():
            inside.release()
            done.wait(5)

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(threads):
            pool.submit(visit)
        count = 0
        while inside.acquire(timeout=0.1):
            count += 1
        done.set()
    return count


def entered_now(gate: Gate) -> float:
    with gate.entered() as entry:
        return entry


def test_the_width_halves_once_for_all_under_way_and_recovers() -> None:
    gate = Gate(8, QUICK)
    entry = entered_now(gate)
    for _ in range(5):  # all were sent before the first was put off
        gate.put_off(entry, 0.0)
    assert inside_at_once(gate, 12) == 4
    gate.put_off(entered_now(gate), 0.0)
    assert inside_at_once(gate, 12) == 2
    for _ in range(60):
        gate.answered()
    assert inside_at_once(gate, 12) == 8


def test_one_always_gets_in() -> None:
    gate = Gate(4, QUICK)
    for _ in range(6):
        gate.put_off(entered_now(gate), 0.0)
    assert inside_at_once(gate, 4) == 1


def test_everybody_waits_as_long_as_the_server_asks_but_no_longer_than_allowed() -> None:
    gate = Gate(4, QUICK)
    start = time.monotonic()
    gate.put_off(entered_now(gate), 0.1)
    with ThreadPoolExecutor(4) as pool:
        entries = list(pool.map(lambda _: entered_now(gate), range(4)))
    assert min(entries) >= start + 0.1
    gate.put_off(entered_now(gate), 3600.0)
    assert entered_now(gate) < time.monotonic() + 1


def test_own_pauses_grow_until_somebody_is_answered() -> None:
    patience = Patience(pause=1.0, longest=5.0)
    assert [patience.before(attempt) for attempt in (1, 2, 3, 4, 9999)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_silence_is_counted_from_the_first_time_after_an_answer() -> None:
    gate = Gate(4, QUICK)
    assert gate.put_off(entered_now(gate), 0.02) == 0
    assert gate.put_off(entered_now(gate), 0.0) >= 0.02
    gate.answered()
    assert gate.put_off(entered_now(gate), 0.0) == 0


def test_a_stopped_gate_lets_nobody_in_and_nobody_wait() -> None:
    gate = Gate(1, Patience(longest=60.0))
    gate.put_off(entered_now(gate), 60.0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(entered_now, gate)
        gate.stop()
        with pytest.raises(ClosedError):
            waiting.result(timeout=5)
