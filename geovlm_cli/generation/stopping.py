"""Ending a run before its last batch: by a signal, and soon even where an answer takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from geovlm_cli.errors import ModelError
from geovlm_cli.signals import StopSignals


class InterruptedAskingError(ModelError):
    """A batch that was given up because its engine was interrupted. answered: how many of its rows were."""

    def __init__(self, answered: int) -> None:
        super().__init__("This engine was interrupted and asks nothing any more; open another one.")
        self.answered = answered


@runtime_checkable
class Interruptible(Protocol):
    """An engine whose batches may take long, and need not be finished."""

    def interrupt(self) -> None:
        """End the batch at hand soon, with InterruptedAskingError where an answer is missing; called in a signal's handler."""


@contextmanager
def stoppable(engine: object, total: int, *, on_disk: bool) -> Iterator[Callable[[int, int], None]]:
    """Let SIGINT and SIGTERM end the batches of a `with` block soon, with Stopped, which says how far the run has come.

    engine: is interrupted where it can be. total: rows, as known before the first batch. on_disk: are rows kept, so that the run can go on? Gives
    what is to be called after each batch, with the rows done and the total.
    """
    reached = 0, total
    with StopSignals(engine.interrupt if isinstance(engine, Interruptible) else None) as signals:

        def note(done: int, total: int) -> None:
            nonlocal reached
            reached = done, total
            signals.check(_sentence(done, total, on_disk=on_disk))

        try:
            yield note
        except InterruptedAskingError as error:
            signals.check(_sentence(*reached, on_disk=on_disk, answered=error.answered))
            raise


def _sentence(done: int, total: int, *, on_disk: bool, answered: int = 0) -> str:
    """Say how far a run has come and how to go on. answered: rows of the batch at hand whose answers are kept, if any are."""
    more = f", and {answered} more are answered" if on_disk and answered else ""
    return f"{done} of {total} rows are done{more}{'; add --resume to go on' if on_disk else ''}."
