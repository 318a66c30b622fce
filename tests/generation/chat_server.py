"""A small OpenAI-style server on loopback that can fail, stall, limit the rate and return garbage."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

GARBAGE = b"<html>Bad gateway</html>"


@dataclass(frozen=True)
class Reply:
    """A status, a raw body (None: the answer), headers, and seconds before it is sent.

    echoes: the answer is what the request was authorised with. trickle: seconds between the bytes of the content; of the headers, where `from_the_start`.
    """

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    echoes: bool = False
    trickle: float = 0.0
    from_the_start: bool = False


@dataclass
class ChatServer:
    """What was asked, and what `misbehave(question, the how-manieth time)` replies instead of the answer (None: nothing, answer)."""

    misbehave: Callable[[str, int], Reply | None]
    models: tuple[str, ...] = ("tuned",)
    delay: float = 0.0
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, body: dict[str, Any], key: str | None) -> Reply:
        question = str(body["messages"][-1]["content"][-1]["text"])
        with self.lock:
            self.bodies.append(body)
            self.keys.add(key)
            self.asked[question] += 1
            turn = self.asked[question]
        found = self.misbehave(question, turn) or Reply(after=self.delay)
        time.sleep(found.after)
        if found.status == 200 and found.body is None:
            with self.lock:
                self.answered[question] += 1
        return found


def answer_to(question: str) -> str:
    return f"answer to {question}"


def _trickle(connection: BufferedIOBase, content: bytes, reply: Reply) -> None:
    head = f"HTTP/1.1 {reply.status} OK\r\ncontent-length: {len(content)}\r\n\r\n".encode()
    with suppress(OSError):  # the client may no longer wait
        if not reply.from_the_start:
            connection.write(head)
        for byte in head + content if reply.from_the_start else content:
            connection.write(bytes([byte]))
            time.sleep(reply.trickle)


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200, json.dumps({"data": [{"id": name} for name in server.models]}).encode(), {})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found = server.reply(body, self.headers.get("authorization"))
            text = answer_to(str(body["messages"][-1]["content"][-1]["text"]))
            text = str(self.headers.get("authorization")) if found.echoes else text
            content = json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()
            content = content if found.body is None else found.body
            if found.trickle:
                self.close_connection = True
                _trickle(self.wfile, content, found)
            else:
                self._send(found.status, content, found.headers)

        def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                self.close_connection = True  # the client no longer waits

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def serving(misbehave: Callable[[str, int], Reply | None] = lambda *_: None, **options: Any) -> Iterator[ChatServer]:
    """Run the server on a free port for the length of a `with` block."""
    chat = ChatServer(misbehave, **options)
    server = _Server(("127.0.0.1", 0), _handler(chat))
    chat.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
