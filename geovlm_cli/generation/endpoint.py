"""Any server that speaks OpenAI's chat protocol, as an engine: `--model URL#MODEL`, concurrent, patient, and never asked the same twice."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urldefrag, urlsplit

import orjson

from geovlm_cli.errors import ConfigError, DataError, ModelError, RunFolderError, clean
from geovlm_cli.generation.answering import Answer, Failure
from geovlm_cli.generation.gate import Gate, Patience
from geovlm_cli.generation.requests import chat_body, key_of, text_of
from geovlm_cli.generation.retrying import KEY_ADVICE, NoReplyError, Server
from geovlm_cli.generation.stopping import InterruptedAskingError
from geovlm_cli.generation.wire import Wire
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.runs import RowFile

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from geovlm_cli.data.messages import Conversation

logger = logging.getLogger(__name__)
T = TypeVar("T")

KEYS = ("GEOVLM_API_KEY", "OPENAI_API_KEY")
JOURNAL = "answers.jsonl"
BATCH = 128  # rows asked at a time, whatever the concurrency: it may change when a run goes on, and a slow reply holds up few threads
PATIENT = Patience()
GRACE = 2.0  # seconds for the requests under way when a run is interrupted, or ends with an error
_FEW = 4  # rows in a batch from which on silence about all of them is taken for the server's, not theirs
_UNSUPPORTED = "max_completion_tokens"  # what newer models of OpenAI's call `max_tokens`
# What a model reads and writes of which nothing is declared: pictures as they are, the answer in tags or bare, no boxes.
UNDECLARED = Profile(name="none", structure="any", resize=Resize(factor=1, min_pixels=1, max_pixels=2**62))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is (without a final slash) and what it calls the model; None: the only one that it has."""

    url: str
    model: str | None


def is_url(model: str) -> bool:
    """Is this model name the address of a server?"""
    return model.startswith(("http://", "https://"))


def read_address(model: str) -> Address:
    """Read `http://HOST:PORT/v1#MODEL`; raises ConfigError for an address that holds a password or a query, or no host."""
    url, name = urldefrag(model)
    try:
        parts = urlsplit(url)
        host, secret = parts.hostname, parts.username or parts.password or parts.query
    except ValueError:
        host, secret = None, None
    if secret:
        raise ConfigError(
            "An endpoint is written http://HOST:PORT/v1#MODEL, without user, password and query; its key is read from GEOVLM_API_KEY or OPENAI_API_KEY."
        )
    if not host:
        raise ConfigError(f"{clean(model)} is no address of a server; write http://HOST:PORT/v1#MODEL.")
    return Address(url.rstrip("/"), name or None)


def open_endpoint(
    model: str, *, concurrency: int, timeout: float, journal: Path | None = None, patience: Patience = PATIENT
) -> Endpoint:
    """Return the engine behind an address. journal: the file of a run that keeps every answer as it arrives.

    timeout: seconds that one reply may take. Raises ModelError where httpx is not installed, nothing answers, or the model's name is left
    out and the server has several.
    """
    try:
        import httpx  # noqa: F401  # is it there?
    except ModuleNotFoundError as error:
        raise ModelError(
            f"Asking an endpoint needs {error.name}, which is not installed; run pip install 'geovlm-cli[endpoint]'."
        ) from error

    address = read_address(model)
    wire = Wire(concurrency, timeout)
    with ExitStack() as opened:
        opened.callback(wire.close)
        server = Server(wire, address.url, _key(), patience, Gate(concurrency, patience), _later(journal))
        engine = Endpoint(server, address.model or _only_model(server), concurrency, _Journal(journal))
        opened.pop_all()
    return engine


def _later(journal: Path | None) -> str:
    if journal:
        return "Nothing is lost: go on later with --resume."
    return "Name a run folder with --out: it keeps the answers, and --resume goes on."


class Endpoint:
    """A model behind a server. device: what run.json says of it. requests: how many were answered, those of the journal not among them."""

    device = "endpoint"

    def __init__(self, server: Server, model: str, concurrency: int, journal: _Journal) -> None:
        self.model = model
        self.requests = 0
        self._server, self._journal, self._cap = server, journal, "max_tokens"
        self._has_answered = False
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="endpoint")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.gate.stop()
        if kind:  # after an error, what is under way may still bring answers; nobody waits for it after a second Ctrl-C
            self._server.wire.cut(GRACE if issubclass(kind, Exception) else 0.0)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._server.wire.close()
        self._journal.close()

    def interrupt(self) -> None:
        """Ask nothing more, for good, and give what is under way a short time; what arrives is kept."""
        self._server.gate.stop()
        self._server.wire.cut(GRACE, _say_interrupted)

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        profile: Profile,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[Answer]:
        """Answer one batch; a row that the server refuses, or whose image does not open, gets a Failure.

        The i-th conversation is drawn with `seed + i`. Raises ModelError where the server refuses everybody or answers nobody,
        InterruptedAskingError where it was interrupted before it answered everybody.
        """
        options = {"model": self.model, "max_new_tokens": max_new_tokens, "temperature": temperature}
        tasks = [
            self._pool.submit(self._ask, item, profile, {**options, "seed": (seed + i) % 2**31})
            for i, item in enumerate(conversations)
        ]
        found = _results(tasks)
        self._check_interrupted(found)
        self._check_silence(found)
        return [_failure(item) if isinstance(item, NoReplyError) else item for item in found]

    def _check_interrupted(self, found: Sequence[Answer | NoReplyError]) -> None:
        silent = any(isinstance(item, NoReplyError) and item.passing for item in found)
        if silent and self._server.gate.stopped.is_set():
            raise InterruptedAskingError(sum(isinstance(item, str) for item in found))

    def _check_silence(self, found: Sequence[Answer | NoReplyError]) -> None:
        """Raise ModelError where a whole batch got no reply, or every request so far was forbidden."""
        failed = [item for item in found if isinstance(item, NoReplyError)]
        self._has_answered = self._has_answered or len(failed) < len(found)
        if len(failed) < len(found) or len(found) < _FEW:
            return
        if all(item.passing for item in failed):
            raise ModelError(f"{failed[0]} {self._server.later}")
        if all(item.forbidden for item in failed) and not self._has_answered:
            raise ModelError(f"{failed[0]} So it does all others. {KEY_ADVICE}")

    def _ask(self, conversation: Conversation, profile: Profile, options: dict[str, Any]) -> Answer | NoReplyError:
        if self._server.gate.stopped.is_set():
            return NoReplyError("The run was interrupted.", passing=True)
        try:
            body = chat_body(conversation, profile, **options)
        except DataError as error:
            return Failure(str(error))
        key = key_of(body)
        known = self._journal.get(key)
        if known is not None:
            return known
        try:
            text = self._server.redacted(self._posted(body))
        except NoReplyError as error:
            return error
        self.requests += 1
        self._journal.keep(key, text)
        return text

    def _posted(self, body: dict[str, Any]) -> str:
        cap = self._cap
        try:
            return self._sent(body, cap)
        except NoReplyError as error:
            # Another thread may have learnt the name while this request was under way with the old one.
            if _UNSUPPORTED not in error.words or cap == _UNSUPPORTED:
                raise
        self._cap = _UNSUPPORTED
        return self._sent(body, _UNSUPPORTED)

    def _sent(self, body: dict[str, Any], cap: str) -> str:
        named = {cap if name == "max_tokens" else name: value for name, value in body.items()}
        return self._server.post("chat/completions", named, text_of)


def _results(tasks: Sequence[Future[T]]) -> list[T]:
    """Return what the tasks found, in their order. The error of any is raised as soon as it is there; those that have not begun then are given up."""
    try:
        wait(tasks, return_when=FIRST_EXCEPTION)
        return [task.result() for task in tasks if task.done()]  # all are, or one of those that are raises
    except BaseException:  # Ctrl-C, too: what has not begun is given up, and the error goes on
        for task in tasks:
            task.cancel()
        raise


def _say_interrupted() -> None:
    logger.warning("interrupted: nothing more is asked; waiting up to %g s for the answers under way", GRACE)


def _failure(error: NoReplyError) -> Failure:
    return Failure(str(error), "no_reply" if error.passing else "refused")


class _Journal:
    """Answers by request, on disk as they arrive where there is a file; threads write whole lines."""

    def __init__(self, path: Path | None) -> None:
        self._known: dict[str, str] = {}
        self._lock = Lock()
        with ExitStack() as opened:
            self._file = opened.enter_context(closing(RowFile(path))) if path else None
            if self._file and path:
                self._known = dict(_answer(row, path) for row in self._file)
            opened.pop_all()

    def get(self, key: str) -> str | None:
        return self._known.get(key)

    def keep(self, key: str, completion: str) -> None:
        if self._file:
            with self._lock:
                self._file.append([{"key": key, "completion": completion}])

    def close(self) -> None:
        if self._file:
            self._file.close()


def _answer(row: Mapping[str, Any], path: Path) -> tuple[str, str]:
    key, completion = row.get("key"), row.get("completion")
    if not isinstance(key, str) or not isinstance(completion, str):
        raise RunFolderError(
            f"{clean(str(path))} is damaged: a line has no `key` with its `completion`; take the line out to have it asked again, or choose another --out."
        )
    return key, completion


def _key() -> str | None:
    key = next((value for name in KEYS if (value := os.environ.get(name, "").strip())), None)
    if key is not None and not (key.isascii() and key.isprintable()):
        raise ConfigError("The API key in the environment holds characters that no HTTP header may hold.")
    return key


def _only_model(server: Server) -> str:
    reply = server.get("models")
    try:
        names = [str(item["id"]) for item in orjson.loads(reply.content)["data"]]
    except (ValueError, TypeError, LookupError):
        names = []
    if len(names) != 1:
        found = (
            f"it has {server.shown(', '.join(names))}"
            if names
            else f"its list of models cannot be read (status {reply.status})"
        )
        raise ModelError(f"Say which model of {server.url} to ask, as {server.url}#MODEL; {found}.")
    return names[0]
