"""How many requests may be under way at a server, and when: all threads slow down together where it says that they are too many."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Event

logger = logging.getLogger(__name__)

_SPREAD = 0.25  # of a pause: so much later than asked for may a thread come back, so that they do not come together
_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Patience:
    """When to ask again, and when no more.

    attempts: of one request, those not counted that are put off. pause: seconds before the second one, doubled each time up to `longest`, which also bounds Retry-After.
    put_off: how often one request may be put off. silence: seconds for which everybody may be put off, and nobody answered.
    """

    attempts: int = 6
    pause: float = 0.5
    longest: float = 60.0
    put_off: int = 50
    silence: float = 600.0

    def before(self, attempt: int) -> float:
        """Return the seconds before an attempt, the second being 1."""
        return min(self.pause * 2.0 ** min(attempt - 1, _DOUBLINGS), self.longest)


class ClosedError(Exception):
    """Nobody is let in any more."""


class Gate:
    """The way to a server, for many threads: at most `width` requests are under way.

    One that is put off shuts the gate for all until the time that the server names, and halves the width, once for all that were under way
    then; every answer widens it again by its share, as TCP does after congestion.
    """

    def __init__(self, width: int, patience: Patience) -> None:
        self.stopped = Event()
        self._patience = patience
        self._widest = self._width = float(width)
        self._inside = 0
        self._opens = self._spread = 0.0
        self._narrowed = float("-inf")
        self._narrowings = 0
        self._put_off_since: float | None = None
        self._has_told = False
        self._changed = Condition()

    @contextmanager
    def entered(self) -> Iterator[float]:
        """Wait until a request may be sent, and count it as under way; gives the time of entry. Raises ClosedError when the gate was stopped."""
        late = random.random()
        with self._changed:
            while (wait := self._wait(late)) is None or wait > 0:
                self._changed.wait(wait)
            if self.stopped.is_set():
                raise ClosedError
            self._inside += 1
            entry = time.monotonic()
        try:
            yield entry
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()

    def _wait(self, late: float) -> float | None:
        """Return the seconds to wait: 0 to go, None where others have to come back first."""
        if self.stopped.is_set():
            return 0.0
        wait = self._opens + late * self._spread - time.monotonic()
        if wait > 0:
            return wait
        return 0.0 if self._inside < int(self._width) else None

    def put_off(self, entry: float, asked: float | None) -> float:
        """Shut the gate, after a request that went in at `entry` was put off by `asked` seconds; return for how many nobody was answered."""
        with self._changed:
            now = time.monotonic()
            if entry >= self._narrowed:  # sent after the last time: it is news
                self._narrowed, self._narrowings = now, self._narrowings + 1
                self._width = max(1.0, self._width / 2)
            own = self._patience.before(self._narrowings)
            pause = own if asked is None else min(asked, self._patience.longest)
            self._spread = _SPREAD * pause
            self._opens = max(self._opens, now + pause)
            if self._put_off_since is None:
                self._put_off_since = now
            if not self._has_told:
                self._has_told = True
                logger.warning("the server limits its rate; all requests wait as long as it asks")
            self._changed.notify_all()
            return now - self._put_off_since

    def answered(self) -> None:
        """Note that the server answers."""
        with self._changed:
            self._narrowings, self._put_off_since = 0, None
            self._width = min(self._widest, self._width + 1 / self._width)
            self._changed.notify()

    def stop(self) -> None:
        """Let nobody in any more."""
        with self._changed:
            self.stopped.set()
            self._changed.notify_all()
