"""A page in headless Chromium, driven by keys: Chromium's debugging protocol over a pair of pipes (`--remote-debugging-pipe`), messages end with a NUL."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

# Chromium reads commands on descriptor 3 and answers on 4.
_SHELL = 'exec "$@" 3<&{} 4>&{}'
_KEYS = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40, "ArrowRight": 39}
_SECONDS = 120.0  # a browser that says nothing more is ended, which the next answer shows
_TEXTS = {"Enter": "\r", " ": " "}


class Page:
    """One open page."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, os.fdopen(answers, "rb")
        self._session: dict[str, str] = {}
        self._number = 0

    def open(self, page: Path) -> None:
        target = self._send("Target.createTarget", url="about:blank", newWindow=True, width=400, height=600)["targetId"]
        self._session = {"sessionId": self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self._send("Page.enable")
        self._send("Page.navigate", url=page.as_uri())
        self._until("Page.loadEventFired")

    def press(self, key: str) -> None:
        fields = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": _KEYS[key]}
        text = {"text": _TEXTS[key]} if key in _TEXTS else {}
        self._send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **fields, **text)
        self._send("Input.dispatchKeyEvent", type="keyUp", **fields)

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression gives in the page, at last where it is a promise."""
        found = self._send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params, **self._session}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._message()
            if reply.get("id") == self._number:
                assert "error" not in reply, reply
                found: dict[str, Any] = reply["result"]
                return found

    def _until(self, event: str) -> None:
        while self._message().get("method") != event:
            pass

    def _message(self) -> dict[str, Any]:
        raw = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser is gone"
            raw += byte
        found: dict[str, Any] = json.loads(raw)
        return found

    def close(self) -> None:
        os.close(self._commands)
        self._answers.close()


def _pipe() -> tuple[int, int]:
    """Return both ends of a pipe, above the descriptors that the shell makes of them."""
    ends = os.pipe()
    found = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return found[0], found[1]


@contextmanager
def opened(browser: str, page: Path, profile: Path) -> Iterator[Page]:
    """Open a page in a browser of its own for the length of a `with` block."""
    read_commands, commands = _pipe()
    answers, write_answers = _pipe()
    shell = ["bash", "-c", _SHELL.format(read_commands, write_answers), "bash"]
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        [*shell, browser, *options],
        pass_fds=(read_commands, write_answers),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    os.close(read_commands)
    os.close(write_answers)
    driven, watch = Page(commands, answers), Timer(_SECONDS, process.kill)
    watch.start()
    try:
        driven.open(page)
        yield driven
    finally:
        watch.cancel()
        process.terminate()
        process.wait(timeout=30)
        driven.close()
