"""`eval` and `predict` of a server, interrupted: nothing new is asked, answers that came are kept, and the command ends soon."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from geovlm_cli import scenes
from tests.generation.chat_server import ChatServer, Reply, serving

ROWS = 30
NEVER = 60.0  # seconds: longer than any test waits
# A process that a shell started in the background ignores SIGINT, and so do its children: the command must not.
LISTENING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from geovlm_cli.cli import main; main()"
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = scenes.write(tmp_path_factory.mktemp("scenes"), {"vqa": ROWS}, seed=0, split="test")
    return data if data.is_file() else data / "rows.jsonl"


def command_line(command: str, server: ChatServer, rows: Path, out: Path, *more: str) -> list[str]:
    source = ["--data", str(rows), "--draws", "0"] if command == "eval" else [str(rows)]
    model = ["--model", f"{server.url}#tuned", "--out", str(out), *more]
    return [sys.executable, "-c", LISTENING, command, *source, *model]


@contextmanager
def running(line: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("command", "signum", "code"), [("eval", signal.SIGINT, 130), ("predict", signal.SIGTERM, 143)]
)
def test_nothing_new_is_asked_and_what_came_is_kept(
    command: str, signum: signal.Signals, code: int, rows: Path, tmp_path: Path
) -> None:
    with serving(delay=0.2) as server:
        line = command_line(command, server, rows, tmp_path / "out", "--concurrency", "1")
        with running(line) as process:
            wait_for(lambda: server.answered.total() >= 3)
            before = server.asked.total()
            process.send_signal(signum)
            _, log = process.communicate(timeout=30)
        asked = server.asked.total()
        assert process.returncode == code
        assert asked <= before + 2
        assert "nothing more is asked" in log
        assert f"received {signum.name}; 0 of {ROWS} rows are done, and {asked} more are answered" in log
        kept = (tmp_path / "out/answers.jsonl").read_bytes().count(b"\n")
        assert kept == asked
        server.delay = 0.0
        subprocess.run([*line, "--resume"], check=True, capture_output=True)
        assert server.asked.total() == ROWS


@pytest.mark.parametrize("signals", [1, 2])
def test_a_server_that_never_replies_holds_nobody_up(signals: int, rows: Path, tmp_path: Path) -> None:
    with serving(lambda *_: Reply(after=NEVER)) as server:
        line = command_line("eval", server, rows, tmp_path / "out", "--concurrency", "4", "--timeout", "50")
        with running(line) as process:
            wait_for(lambda: server.asked.total() == 4)
            for _ in range(signals):
                process.send_signal(signal.SIGINT)
                time.sleep(0.3)
            _, log = process.communicate(timeout=30)  # far below the time-out and the reply
    assert process.returncode == 130
    assert server.asked.total() == 4
    assert ("0 of 30 rows are done" if signals == 1 else "Interrupted") in log
