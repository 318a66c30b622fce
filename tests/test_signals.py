"""SIGINT and SIGTERM wait for the end of a batch; a second one does not."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from geovlm_cli.signals import Stopped, StopSignals


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_noted_and_raised_at_the_check(signum: signal.Signals, code: int) -> None:
    with StopSignals() as signals:
        signals.check("nothing is done")
        os.kill(os.getpid(), signum)
        with pytest.raises(Stopped, match=f"{signum.name}; 3 of 9") as stop:
            signals.check("3 of 9 rows are done")
    assert stop.value.exit_code == code


@pytest.fixture
def listening() -> Iterator[None]:
    """SIGINT as Python has it; a process started in the background of a script ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening")
def test_the_second_signal_has_its_usual_effect() -> None:
    def usual() -> None:
        with StopSignals():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        usual()


def test_the_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopSignals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread_nothing_happens() -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with StopSignals() as signals:
                signals.check("")
        except BaseException as error:  # noqa: BLE001  # the thread must tell
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed
