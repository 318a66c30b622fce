"""One HTTP request, sent until it is answered: what is worth another attempt, how long to wait, and what to say in the end. Keys never show."""

from __future__ import annotations

import email.utils
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from geovlm_cli.errors import ModelError, clean

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)
T = TypeVar("T")

_OK = 200
_REFUSED = (401, 403, 404)  # of these another row would fare no better
_PASSING = (408, 409, 425, 429)
_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Patience:
    """attempts: of one request. pause: seconds before the second one, doubled each time up to `longest`, which also bounds Retry-After."""

    attempts: int = 6
    pause: float = 0.5
    longest: float = 60.0


class NoReplyError(Exception):
    """A request without a usable reply; its text is a sentence. passing: would it help to ask again later?"""

    def __init__(self, sentence: str, *, passing: bool) -> None:
        super().__init__(sentence)
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Server:
    """An OpenAI-style server and the key that it is shown, which stands in no message. stopped: nobody waits for another attempt any more."""

    client: httpx.Client
    url: str
    key: str | None = field(repr=False)
    patience: Patience
    stopped: Event = field(default_factory=Event)

    def post(self, path: str, body: Mapping[str, object], read: Callable[[bytes], T | None]) -> T:
        """Return what `read` makes of the reply, None being garbage; raises NoReplyError, or ModelError where no row can be answered."""
        last, asked = "", None
        for attempt in range(self.patience.attempts):
            if attempt and self.stopped.wait(self._pause(attempt, asked)):
                break
            reply = self._sent(path, body)
            if isinstance(reply, str):
                last, asked = reply, None
                continue
            if reply.status_code == _OK and (value := read(reply.content)) is not None:
                return value
            last, asked = self._complaint(reply), _asked_wait(reply.headers.get("retry-after"))
        raise NoReplyError(
            f"{self.url} gave no answer in {self.patience.attempts} attempts; the last: {last}", passing=True
        )

    def _pause(self, attempt: int, asked: float | None) -> float:
        own = (
            self.patience.pause * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)
        )  # so that threads do not come back together
        return min(own if asked is None else asked, self.patience.longest)

    def get(self, path: str) -> httpx.Response:
        """Return the reply to one GET; raises ModelError where there is none."""
        import httpx

        try:
            return self.client.get(f"{self.url}/{path}", headers=self._headers())
        except httpx.HTTPError as error:
            raise ModelError(
                f"Nothing answers at {self.url} ({self._redacted(str(error) or type(error).__name__)})."
            ) from None

    def _sent(self, path: str, body: Mapping[str, object]) -> httpx.Response | str:
        """Return the reply, or why there is none as half a sentence."""
        import httpx

        try:
            return self.client.post(f"{self.url}/{path}", json=body, headers=self._headers())
        except httpx.TimeoutException:
            return f"no reply within {self.client.timeout.read:g} s."
        except httpx.HTTPError as error:
            return f"{self._redacted(str(error) or type(error).__name__)}."

    def _complaint(self, reply: httpx.Response) -> str:
        """Return what is wrong with a reply that is worth another attempt; raises where it is not."""
        status = reply.status_code
        said = self._said(reply)
        if status in _REFUSED:
            raise ModelError(f"{self.url} refuses with {said} The key is read from GEOVLM_API_KEY or OPENAI_API_KEY.")
        if 300 <= status < 500 and status not in _PASSING:
            raise NoReplyError(f"{self.url} refuses this row with {said}", passing=False)
        logger.info("%s: %s", self.url, said)
        return said

    def _said(self, reply: httpx.Response) -> str:
        """Return the status of a reply and what the server adds to it: its text, else where it sends on to, else what the status is called."""
        elsewhere = reply.headers.get("location")
        words = reply.text.strip() or (f"it sends on to {elsewhere}" if elsewhere else reply.reason_phrase)
        return f"status {reply.status_code}{f': {self._redacted(words)}' if words else ''}."

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def _redacted(self, text: str) -> str:
        return clean(text.replace(self.key, "***") if self.key else text, _SHOWN)


def _asked_wait(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
