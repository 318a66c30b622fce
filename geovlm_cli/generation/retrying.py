"""One HTTP request, sent until it is answered: what is worth another attempt, how long to wait, and what to say in the end. Keys never show."""

from __future__ import annotations

import email.utils
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import orjson

from geovlm_cli.errors import ModelError, clean
from geovlm_cli.generation.gate import ClosedError, Gate, Patience
from geovlm_cli.generation.wire import NoExchangeError, Reply, Wire

logger = logging.getLogger(__name__)
T = TypeVar("T")

_OK = 200
_UNAVAILABLE = 503
_TOO_MANY = 429
_FORBIDDEN = 403
_SPENT = frozenset(("insufficient_quota", "billing_hard_limit_reached", "billing_not_active"))  # OpenAI's codes of 429
_REFUSED = (401, 404)  # of these another row would fare no better
_PASSING = (408, 409, 425)
_SHOWN = 160
_SECRET = 8  # characters: a shorter key, such as the `EMPTY` of servers that want none, may well be a word of an answer
KEY_ADVICE = "The key is read from GEOVLM_API_KEY or OPENAI_API_KEY."


class NoReplyError(Exception):
    """A request without a usable reply; its text is a sentence. passing: would it help to ask again later? forbidden: was the status 403, which speaks of the row or of the key? words: all that the server said."""

    def __init__(self, sentence: str, *, passing: bool, forbidden: bool = False, words: str = "") -> None:
        super().__init__(sentence)
        self.passing, self.forbidden, self.words = passing, forbidden, words


@dataclass(frozen=True, slots=True)
class Server:
    """An OpenAI-style server and the key that it is shown, which stands in no message and no answer. later: what to do where it answers nobody, as a sentence."""

    wire: Wire
    url: str
    key: str | None = field(repr=False)
    patience: Patience
    gate: Gate
    later: str

    def post(self, path: str, body: Mapping[str, object], read: Callable[[bytes], T | None]) -> T:
        """Return what `read` makes of the reply, None being garbage; raises NoReplyError, or ModelError where no row can be answered."""
        last, failed, put_off = "", 0, 0
        while failed < self.patience.attempts and put_off < self.patience.put_off:
            try:
                with self.gate.entered() as entry:
                    reply = self._sent(path, body)
            except ClosedError:
                break
            if isinstance(reply, Reply) and _is_put_off(reply):
                self._check_budget(reply)
                last, put_off = self._put_off(reply, entry), put_off + 1
                continue
            if isinstance(reply, Reply) and reply.status == _OK and (value := read(reply.content)) is not None:
                self.gate.answered()
                return value
            last, failed = reply if isinstance(reply, str) else self._complaint(reply), failed + 1
            if failed < self.patience.attempts and self.gate.stopped.wait(self._pause(failed)):
                break
        raise NoReplyError(f"{self.url} gave no answer in {failed + put_off} attempts; the last: {last}", passing=True)

    def _pause(self, attempt: int) -> float:
        return self.patience.before(attempt) * random.uniform(0.75, 1.25)  # so that threads do not come back together

    def _put_off(self, reply: Reply, entry: float) -> str:
        """Let everybody wait; raises ModelError where everybody has waited for too long."""
        said = self._said(reply)
        silent = self.gate.put_off(entry, _asked_wait(reply.headers.get("retry-after")))
        if silent > self.patience.silence:
            raise ModelError(
                f"{self.url} has answered nothing for {silent:.0f} s but that it is asked too often: {said} {self.later}"
            )
        return said

    def _check_budget(self, reply: Reply) -> None:
        """Raise ModelError where a server says that the account is out of money: waiting does not help."""
        if _is_spent(reply):
            raise ModelError(
                f"The account behind {self.url} has no quota left, and waiting does not bring it back: {self._said(reply)} Pay or raise its limit, or use another key. {self.later} {KEY_ADVICE}"
            )

    def get(self, path: str) -> Reply:
        """Return the reply to one GET; raises ModelError where there is none."""
        try:
            return self.wire.send("GET", f"{self.url}/{path}", self._headers())
        except NoExchangeError as error:
            raise ModelError(f"Nothing answers at {self.url} ({self.shown(str(error))}).") from None

    def _sent(self, path: str, body: Mapping[str, object]) -> Reply | str:
        """Return the reply, or why there is none as half a sentence."""
        try:
            return self.wire.send("POST", f"{self.url}/{path}", self._headers(), body)
        except NoExchangeError as error:
            return f"{self.shown(str(error))}."

    def _complaint(self, reply: Reply) -> str:
        """Return what is wrong with a reply that is worth another attempt; raises where it is not."""
        status = reply.status
        said = self._said(reply)
        if status in _REFUSED:
            raise ModelError(f"{self.url} refuses with {said} {KEY_ADVICE}")
        if 300 <= status < 500 and status not in _PASSING:
            self.gate.answered()
            raise NoReplyError(
                f"{self.url} refuses this row with {said}",
                passing=False,
                forbidden=status == _FORBIDDEN,
                words=reply.text,
            )
        logger.info("%s: %s", self.url, said)
        return said

    def _said(self, reply: Reply) -> str:
        """Return the status of a reply and what the server adds to it: its text, else where it sends on to, else what the status is called."""
        elsewhere = reply.headers.get("location")
        words = reply.text.strip() or (f"it sends on to {elsewhere}" if elsewhere else reply.phrase)
        return f"status {reply.status}{f': {self.shown(words)}' if words else ''}."

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def shown(self, text: str) -> str:
        """Return a text of the server's as a message shows it: without the key, short and on one line."""
        return clean(_without(text, self.key) if self.key else text, _SHOWN)

    def redacted(self, answer: str) -> str:
        """Return an answer without the key, which a server that is misled or misled itself may have told the model."""
        return _without(answer, self.key) if self.key and len(self.key) >= _SECRET else answer


def _without(text: str, key: str) -> str:
    """Return a text without a key, also as JSON may write it."""
    return text.replace(key, "***").replace(key.replace("/", r"\/"), "***")


def _is_put_off(reply: Reply) -> bool:
    """Does the server say that it is asked too often, or when to come back? No fault of the row's."""
    return reply.status == _TOO_MANY or (reply.status == _UNAVAILABLE and "retry-after" in reply.headers)


def _is_spent(reply: Reply) -> bool:
    """Does the error of a reply have a code, or a type, of an account without quota? Its message alone may be of anything."""
    try:
        error = orjson.loads(reply.content)["error"]
        return not _SPENT.isdisjoint(str(error.get(key)) for key in ("code", "type"))
    except (ValueError, TypeError, LookupError, AttributeError):
        return False


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
