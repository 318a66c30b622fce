"""SIGINT and SIGTERM between batches: the batch at hand is finished and written, then the run ends with 130 or 143. Servers are not waited for that long."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType, TracebackType
from typing import Self

from geovlm_cli.errors import GeovlmError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(GeovlmError):  # noqa: N818  # not an error of anybody
    """A run ended by a signal after its last whole batch; the exit code is 128 + the signal's number."""

    def __init__(self, signum: int, done: str) -> None:
        super().__init__(f"received {signal.Signals(signum).name}; {done}")
        self.exit_code = 128 + signum


class StopSignals:
    """While entered, the first SIGINT or SIGTERM is only noted in `received`; a second one has its usual effect at once.

    on_first: called at the first one, inside the signal's handler: it may take no lock that the main thread may hold, and print nothing. Signals reach the main thread only: elsewhere this does nothing.
    """

    def __init__(self, on_first: Callable[[], None] | None = None) -> None:
        self.received: int | None = None
        self._on_first = on_first
        self._restore = ExitStack()

    def __enter__(self) -> Self:
        for signum in _SIGNALS:
            try:
                before = signal.signal(signum, self._note)
            except ValueError:  # not the main thread
                continue
            self._restore.callback(signal.signal, signum, before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore.close()

    def check(self, done: str) -> None:
        """Raise Stopped where a signal was received; `done` ends its sentence: what is on disk and how to go on."""
        if self.received is not None:
            raise Stopped(self.received, done)

    def _note(self, signum: int, frame: FrameType | None) -> None:
        self.received = signum
        self._restore.close()
        if self._on_first:
            self._on_first()
