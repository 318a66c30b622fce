"""HTTP exchanges that end in time: connecting, sending and the whole reply share one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from geovlm_cli.data.jsonl import MAX_ROW

if TYPE_CHECKING:
    import httpx

_TO_CONNECT = 10.0  # seconds at most: who is there says so at once


class NoExchangeError(Exception):
    """An exchange that brought no whole reply; its text is half a sentence."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply. headers: by name in lower case; phrase: what its status is called."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    phrase: str

    @property
    def text(self) -> str:
        """The content as UTF-8, what is none replaced."""
        return self.content.decode(errors="replace")


class Wire:
    """A client for many threads. timeout: seconds for an exchange, from connecting to the reply's last byte.

    A timeout of a socket starts anew with every byte that arrives; only a loop of events can end an exchange as a whole. It runs in a thread of its own.
    """

    def __init__(self, connections: int, timeout: float) -> None:
        import httpx

        self.timeout = timeout
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(None, connect=min(timeout, _TO_CONNECT)), limits=limits)
        self._loop = asyncio.new_event_loop()
        self._is_cut = False
        self._thread = Thread(target=self._loop.run_forever, name="endpoint-wire", daemon=True)
        self._thread.start()

    def send(self, method: str, url: str, headers: Mapping[str, str], json: object = None) -> Reply:
        """Return the reply to one request; raises NoExchangeError."""
        import httpx

        try:
            request = self._client.build_request(method, url, headers=headers, json=json)
            return asyncio.run_coroutine_threadsafe(self._exchange(request), self._loop).result()
        except CancelledError:
            raise NoExchangeError("given up") from None
        except httpx.ConnectTimeout:
            raise NoExchangeError(f"no connection within {min(self.timeout, _TO_CONNECT):g} s") from None
        except (TimeoutError, httpx.TimeoutException):
            raise NoExchangeError(f"no whole reply within {self.timeout:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoExchangeError(str(error) or type(error).__name__) from None

    def cut(self, after: float = 0.0, say: Callable[[], None] | None = None) -> None:
        """Give up all exchanges in `after` seconds, for good; `say` is called at once, in the thread of the loop. For handlers of signals, too: takes no lock."""
        if say:
            self._loop.call_soon_threadsafe(say)
        self._loop.call_soon_threadsafe(self._loop.call_later, after, self._give_up)

    def _give_up(self) -> None:
        self._is_cut = True
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def close(self) -> None:
        """End all connections and the thread."""
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _exchange(self, request: httpx.Request) -> Reply:
        if self._is_cut:
            raise NoExchangeError("given up")
        async with asyncio.timeout(self.timeout):
            reply = await self._client.send(request, stream=True)
            try:
                content = await _content(reply)
            finally:
                await reply.aclose()
        return Reply(reply.status_code, content, reply.headers, reply.reason_phrase)


async def _content(reply: httpx.Response) -> bytes:
    parts, size = [], 0
    async for part in reply.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > MAX_ROW:
            raise NoExchangeError(f"a reply of more than {MAX_ROW} bytes")
    return b"".join(parts)
