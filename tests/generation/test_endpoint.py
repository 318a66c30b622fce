"""An OpenAI-style server as engine: against a real one on loopback that fails, stalls, limits the rate and returns garbage."""

from __future__ import annotations

import base64
import email.utils
import io
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from PIL import Image

from geovlm_cli.data.messages import Conversation
from geovlm_cli.errors import ConfigError, ModelError
from geovlm_cli.generation.answering import Answer, Failure
from geovlm_cli.generation.endpoint import UNDECLARED, open_endpoint, read_address
from geovlm_cli.generation.gate import Patience
from geovlm_cli.generation.requests import text_of
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import ImageRef
from tests.generation.chat_server import GARBAGE, ChatServer, Reply, answer_to, serving

QUICK = Patience(attempts=4, pause=0.01, longest=0.3)
SECRET = "sk-very-secret"  # noqa: S105
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEOVLM_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.png"
    Image.new("RGB", (9, 7), (10, 20, 30)).save(path)
    return path


def talk(question: str, *images: Path) -> Conversation:
    blocks = [{"type": "image"} for _ in images]
    content = [*blocks, {"type": "text", "text": question}]
    return Conversation([{"role": "user", "content": content}], tuple(ImageRef(str(path)) for path in images))


def asked(
    server: ChatServer, questions: list[Conversation], *, journal: Path | None = None, **options: Any
) -> list[Answer]:
    profile = options.pop("profile", UNDECLARED)
    settings = {"concurrency": 8, "timeout": 5.0, "patience": QUICK, **options}
    drawn = {key: settings.pop(key) for key in ("temperature", "seed") if key in settings}
    with open_endpoint(f"{server.url}#tuned", journal=journal, **settings) as engine:
        return engine.generate(questions, profile=profile, max_new_tokens=33, **drawn)


def troubled(question: str, turn: int) -> Reply | None:
    """Every kind of trouble, each of which passes."""
    number = int(question)
    if turn > 1 + number % 2:
        return None
    kinds = [
        Reply(status=500),
        Reply(status=429, headers={"retry-after": "0.02"}),
        Reply(body=GARBAGE),
        Reply(body=b'{"choices": []}'),
        Reply(body=b"", after=1.0),  # longer than the client waits
        Reply(status=503, headers={"retry-after": email.utils.formatdate(time.time(), usegmt=True)}),
    ]
    return kinds[number % 7] if number % 7 < len(kinds) else None


def test_no_row_is_lost_and_none_is_answered_twice() -> None:
    questions = [str(number) for number in range(40)]
    with serving(troubled) as server:
        found = asked(server, [talk(question) for question in questions], timeout=0.3)
    assert found == [answer_to(question) for question in questions]
    assert server.answered == dict.fromkeys(questions, 1)


def test_sixteen_at_a_time_are_eight_times_as_fast_as_one() -> None:
    def seconds(concurrency: int, rows: int) -> float:
        with serving(delay=0.2) as server:
            start = time.perf_counter()
            found = asked(server, [talk(str(row)) for row in range(rows)], concurrency=concurrency)
            assert len(found) == rows
        return time.perf_counter() - start

    serial, concurrent = seconds(1, 8) / 8, seconds(16, 64) / 64
    assert serial / concurrent >= 8


def test_the_body_is_what_openai_reads(image: Path) -> None:
    with serving() as server:
        asked(server, [talk("?", image)])
    (body,) = server.bodies
    url = body["messages"][0]["content"][0]["image_url"]["url"]
    with Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))) as sent:
        assert sent.size == (9, 7)
        assert sent.getpixel((0, 0)) == (10, 20, 30)
    assert {key: body[key] for key in ("model", "max_tokens", "temperature")} == {
        "model": "tuned",
        "max_tokens": 33,
        "temperature": 0.0,
    }
    assert "seed" not in body


def test_a_declared_model_sees_the_pixels_that_it_was_taught(image: Path) -> None:
    with serving() as server:
        asked(server, [talk("?", image)], profile=Profile(name="r1", resize=Resize(fixed=(28, 56))))
    url = server.bodies[0]["messages"][0]["content"][0]["image_url"]["url"]
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as sent:
        assert sent.size == (28, 56)


def test_each_row_of_a_drawn_batch_has_its_own_seed() -> None:
    with serving() as server:
        asked(server, [talk("?")] * 3, temperature=0.7, seed=5)
    assert sorted(body["seed"] for body in server.bodies) == [5, 6, 7]


def test_a_row_that_the_server_refuses_costs_only_itself(image: Path) -> None:
    def picky(question: str, _: int) -> Reply | None:
        return Reply(status=400, body=b'{"error": "content policy"}') if question == "1" else None

    with serving(picky) as server:
        found = asked(server, [talk("0"), talk("1"), talk("2"), talk("3", image.with_name("gone.png"))])
    assert found[0] == answer_to("0")
    assert isinstance(found[1], Failure)
    assert "content policy" in found[1].sentence
    assert isinstance(found[3], Failure)
    assert "gone.png" in found[3].sentence
    assert server.asked == {"0": 1, "1": 1, "2": 1}


def test_text_blocks_are_read_one_after_another() -> None:
    blocks = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    body = orjson.dumps({"choices": [{"message": {"content": blocks}}]})
    with serving(lambda *_: Reply(body=body)) as server:
        assert asked(server, [talk("0")]) == ["ab"]
    assert server.asked == {"0": 1}


@pytest.mark.parametrize("content", [["text"], [{"type": "text", "text": 3}], {"type": "text", "text": "a"}])
def test_content_of_another_shape_is_no_reply(content: Any) -> None:
    assert text_of(orjson.dumps({"choices": [{"message": {"content": content}}]})) is None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(302, b"", {"location": "https://elsewhere/v1"}), "status 302: it sends on to https://elsewhere/v1."),
        (Reply(413, b""), "status 413: Request Entity Too Large."),
    ],
)
def test_a_refusal_without_a_text_has_a_reason(reply: Reply, said: str) -> None:
    with serving(lambda question, _: reply if question == "0" else None) as server:
        found = asked(server, [talk("0"), talk("1")])
    assert isinstance(found[0], Failure)
    assert found[0].sentence.endswith(said)


def test_a_row_that_never_succeeds_costs_only_itself() -> None:
    with serving(lambda question, _: Reply(status=500) if question == "2" else None) as server:
        found = asked(server, [talk(str(row)) for row in range(5)])
    assert isinstance(found[2], Failure)
    assert "4 attempts" in found[2].sentence
    assert server.asked["2"] == QUICK.attempts


def test_silence_about_all_rows_is_the_servers() -> None:
    with (
        serving(lambda *_: Reply(status=502)) as server,
        pytest.raises(ModelError, match=r"status 502.*--resume"),
    ):
        asked(server, [talk(str(row)) for row in range(5)])


def test_a_new_name_of_max_tokens_is_learnt_once() -> None:
    with serving(lambda *_: None) as server:
        said = b'{"error": "Unsupported parameter: max_tokens. Use max_completion_tokens instead."}'
        server.misbehave = lambda *_: Reply(400, said) if "max_tokens" in server.bodies[-1] else None
        found = asked(server, [talk(str(row)) for row in range(4)], concurrency=1)
    assert found == [answer_to(str(row)) for row in range(4)]
    assert ["max_tokens" in body for body in server.bodies] == [True, False, False, False, False]


def test_requests_under_way_while_the_new_name_is_learnt_are_sent_again() -> None:
    """All 8 are sent with the old name before the first refusal comes back."""
    all_sent = threading.Barrier(8)
    with serving(lambda *_: None) as server:
        said = b'{"error": "' + b" " * 400 + b'Unsupported parameter: max_tokens. Use max_completion_tokens instead."}'

        def refusing(_: str, turn: int) -> Reply | None:
            if turn > 1:
                return None
            all_sent.wait(5)
            return Reply(400, said)

        server.misbehave = refusing
        found = asked(server, [talk(str(row)) for row in range(8)])
    assert found == [answer_to(str(row)) for row in range(8)]
    assert sum("max_completion_tokens" in body for body in server.bodies) == 8


class Limited:
    """A server that answers `rate` requests in each `window` seconds, and tells the others when to come back, or does not."""

    def __init__(self, rate: int, window: float, headers: dict[str, str]) -> None:
        self.rate, self.window, self.headers = rate, window, headers
        self.refused = 0
        self._times: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, *_: object) -> Reply | None:
        with self._lock:
            now = time.monotonic()
            if sum(then > now - self.window for then in self._times) < self.rate:
                self._times.append(now)
                return None
            self.refused += 1
        return Reply(status=429, headers=self.headers)


@pytest.mark.parametrize(("concurrency", "headers"), [(8, {}), (32, {"retry-after": "0.2"})])
def test_no_row_is_lost_to_a_limited_rate(headers: dict[str, str], concurrency: int) -> None:
    """An attempt is all that a row has; those that come too early are put off, most of them once."""
    limited = Limited(5, 0.3, headers)
    questions = [str(row) for row in range(32)]
    patience = Patience(attempts=1, pause=0.05, longest=0.3)
    with serving(limited) as server:
        found = asked(server, [talk(question) for question in questions], concurrency=concurrency, patience=patience)
    assert found == [answer_to(question) for question in questions]
    assert server.answered == dict.fromkeys(questions, 1)
    assert 0 < limited.refused < 3 * len(questions)


def test_a_row_that_is_put_off_for_good_costs_only_itself() -> None:
    """Some servers say so of a request that is larger than their whole budget."""
    patience = Patience(pause=0.001, longest=0.01, put_off=5)
    with serving(lambda question, _: Reply(status=429) if question == "2" else None) as server:
        found = asked(server, [talk(str(row)) for row in range(6)], patience=patience)
    assert isinstance(found[2], Failure)
    assert found[2].cause == "no_reply"
    assert "5 attempts" in found[2].sentence
    assert sum(isinstance(item, str) for item in found) == 5


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_puts_everybody_off_for_too_long_ends_the_run(tmp_path: Path, status: int) -> None:
    patience = Patience(pause=0.01, silence=0.1, put_off=10**6)
    with (
        serving(lambda *_: Reply(status, b"quota", {"retry-after": "0.02"})) as server,
        pytest.raises(ModelError, match=rf"asked too often: status {status}: quota\. Nothing is lost.*--resume"),
    ):
        asked(server, [talk(str(row)) for row in range(3)], patience=patience, journal=tmp_path / "answers.jsonl")


QUOTA = b'{"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota", "code": %s}}'


@pytest.mark.parametrize("code", [b'"insufficient_quota"', b"null"])
def test_an_account_without_quota_ends_the_run_at_once(tmp_path: Path, code: bytes) -> None:
    """OpenAI says so with the status of a limited rate; patience here would last for ten minutes."""
    journal = tmp_path / "answers.jsonl"

    def spent(question: str, _: int) -> Reply | None:
        return Reply(429, QUOTA % code) if question == "1" else None

    with (
        serving(spent) as server,
        pytest.raises(ModelError, match=r"has no quota left.*exceeded your current quota.*--resume.*GEOVLM_API_KEY"),
    ):
        asked(server, [talk(str(row)) for row in range(2)], journal=journal, concurrency=1)
    assert server.asked == {"0": 1, "1": 1}
    assert journal.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize(
    ("last", "said"),
    [(Reply(status=401, after=0.3), "401"), (Reply(status=429, body=QUOTA % b"null", after=0.3), "quota")],
)
def test_an_error_of_everybody_waits_for_nobody_and_keeps_what_comes_soon(
    tmp_path: Path, last: Reply, said: str
) -> None:
    replies = {"never": Reply(after=60.0), "soon": Reply(after=0.9), "last": last}
    journal = tmp_path / "answers.jsonl"
    with serving(lambda question, _: replies[question]) as server:
        start = time.monotonic()
        with pytest.raises(ModelError, match=said):
            asked(server, [talk(question) for question in replies], timeout=50.0, journal=journal)
        assert time.monotonic() - start < 25  # far below the time-out and the reply
    (kept,) = map(orjson.loads, journal.read_bytes().splitlines())
    assert kept["completion"] == answer_to("soon")


@pytest.mark.parametrize(
    "body",
    [b'{"error": {"code": "rate_limit_exceeded", "message": "insufficient_quota"}}', b'{"error": "quota"}', b"[]"],
)
def test_a_limited_rate_is_waited_out_whatever_it_says(body: bytes) -> None:
    with serving(lambda _, turn: Reply(429, body) if turn == 1 else None) as server:
        assert asked(server, [talk("0")]) == [answer_to("0")]
    assert server.asked == {"0": 2}


@pytest.mark.parametrize("from_the_start", [False, True])
def test_a_reply_that_trickles_in_is_cut_off_in_time(from_the_start: bool) -> None:
    """Each byte comes well within the 0.3 s, the whole reply after 3 s."""
    slow = Reply(trickle=0.05, from_the_start=from_the_start)
    with serving(lambda _, turn: slow if turn == 1 else None) as server:
        found = asked(server, [talk("0")], timeout=0.3)
    assert found == [answer_to("0")]
    assert server.asked == {"0": 2}


def test_a_reply_without_end_is_cut_off() -> None:
    with serving(lambda _, turn: Reply(body=b" " * (9 * 2**20)) if turn == 1 else None) as server:
        found = asked(server, [talk("0")])
    assert found == [answer_to("0")]


def test_half_a_character_is_an_answer() -> None:
    body = rb'{"choices": [{"message": {"content": "airport \ud83d"}}]}'
    with serving(lambda *_: Reply(body=body)) as server:
        assert asked(server, [talk("0")]) == ["airport \N{REPLACEMENT CHARACTER}"]
    assert server.asked == {"0": 1}


def test_one_forbidden_row_costs_only_itself() -> None:
    with serving(lambda question, _: Reply(403, b"content policy") if question == "1" else None) as server:
        found = asked(server, [talk(str(row)) for row in range(6)])
    assert isinstance(found[1], Failure)
    assert "status 403: content policy" in found[1].sentence
    assert found[1].cause == "refused"
    assert sum(isinstance(item, str) for item in found) == 5


def test_what_is_forbidden_for_all_ends_the_run() -> None:
    with (
        serving(lambda *_: Reply(403, b"no such project")) as server,
        pytest.raises(ModelError, match=r"status 403: no such project.*GEOVLM_API_KEY"),
    ):
        asked(server, [talk(str(row)) for row in range(6)])


def test_forbidden_rows_of_a_server_that_answers_others_end_nothing(tmp_path: Path) -> None:
    """When a run goes on, only they are asked."""
    rows = [talk(str(row)) for row in range(6)]
    with serving(lambda question, _: Reply(403) if question < "4" else None) as server:
        for _ in range(2):
            found = asked(server, rows, journal=tmp_path / "answers.jsonl")
            assert [isinstance(item, Failure) for item in found] == [True] * 4 + [False] * 2
    assert server.answered == {"4": 1, "5": 1}


@pytest.mark.parametrize(("key", "said"), [(SECRET, "Bearer ***"), ("EMPTY", "Bearer EMPTY")])
def test_a_key_in_an_answer_is_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, said: str) -> None:
    """One of a few letters, as servers are given that want none, may be a word of an answer."""
    monkeypatch.setenv("GEOVLM_API_KEY", key)
    journal = tmp_path / "answers.jsonl"
    with serving(lambda *_: Reply(echoes=True)) as server:
        assert asked(server, [talk("0")], journal=journal) == [said]
    assert said in journal.read_text()


def test_a_key_in_a_message_is_found_as_json_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOVLM_API_KEY", "sk/very/secret")
    with serving(lambda *_: Reply(400, rb'{"error": "sk\/very\/secret"}')) as server:
        (found,) = asked(server, [talk("0")])
    assert isinstance(found, Failure)
    assert "secret" not in found.sentence


@pytest.mark.parametrize("name", ["GEOVLM_API_KEY", "OPENAI_API_KEY"])
def test_the_key_comes_from_the_environment_and_stands_in_no_message(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, SECRET)
    echo = Reply(status=401, body=f'{{"error": "Incorrect API key provided: {SECRET}"}}'.encode())
    with serving() as server:
        assert asked(server, [talk("?")]) == [answer_to("?")]
        server.misbehave = lambda *_: echo
        with pytest.raises(ModelError, match="status 401") as error:
            asked(server, [talk("?")])
    assert server.keys == {f"Bearer {SECRET}"}
    assert SECRET not in str(error.value)
    assert "***" in str(error.value)


def test_the_journal_answers_what_was_answered_before(tmp_path: Path) -> None:
    journal = tmp_path / "answers.jsonl"
    with serving(lambda question, _: Reply(status=401) if question == "2" else None) as server:
        with pytest.raises(ModelError):
            asked(server, [talk(str(row)) for row in range(3)], journal=journal, concurrency=1)
        with journal.open("ab") as file:
            file.write(b'{"key": "cut o')
        server.misbehave = lambda *_: None
        found = asked(server, [talk(str(row)) for row in range(4)], journal=journal)
    assert found == [answer_to(str(row)) for row in range(4)]
    assert server.answered == dict.fromkeys("0123", 1)


def test_the_only_model_of_a_server_needs_no_name() -> None:
    with serving() as server, open_endpoint(server.url, concurrency=1, timeout=5.0) as engine:
        assert engine.model == "tuned"
    with serving(models=("a", "b")) as server, pytest.raises(ModelError, match="it has a, b"):
        open_endpoint(server.url, concurrency=1, timeout=5.0)


@pytest.mark.parametrize("address", ["http://me:word@host/v1#m", "https://host/v1?api_key=k#m", "http://#m"])
def test_addresses_with_secrets_or_without_a_host_are_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="http://HOST:PORT/v1#MODEL"):
        read_address(address)


def test_nobody_at_home_is_one_sentence() -> None:
    with pytest.raises(ModelError, match="Nothing answers at"):
        open_endpoint("http://127.0.0.1:9/v1", concurrency=1, timeout=1.0)


def test_eval_of_a_server_resumes_without_asking_twice_and_never_writes_the_key(
    geovlm: Run, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOVLM_API_KEY", SECRET)
    rows = tmp_path / "rows.jsonl"
    lines = [
        {"id": f"r{i}", "task": "vqa", "images": [image.name], "question": f"q{i}", "reference": answer_to(f"q{i}")}
        for i in range(6)
    ]
    rows.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    run = tmp_path / "run"
    with serving(lambda question, _: Reply(status=401, body=SECRET.encode()) if question == "q4" else None) as server:
        line = ("eval", "--model", f"{server.url}#tuned", "--data", rows, "--out", run, "--resume", "--json")
        stopped = geovlm(*line, "--concurrency", "1")
        assert stopped.code == 4, stopped.err
        server.misbehave = lambda *_: None
        done = geovlm(*line, "--concurrency", "4")
    assert done.code == 0, done.err
    assert server.answered == {f"q{i}": 1 for i in range(6)}
    assert orjson.loads(done.out)["metrics"]["vqa"]["strict"]["accuracy"]["n"] == 6
    kept = [path.read_text() for path in run.iterdir() if path.is_file()]
    assert not any(SECRET in text for text in [*kept, stopped.err, done.err, done.out])
    assert orjson.loads((run / "run.json").read_bytes())["device"] == "endpoint"


def asked_twice(geovlm: Run, server: ChatServer, line: tuple[Any, ...]) -> tuple[Any, Any]:
    """Run a line while the server fails, and again when it is well."""
    first = geovlm(*line)
    server.misbehave = lambda *_: None
    return first, geovlm(*line)


@pytest.mark.parametrize("count", [1, 3, 130])
@pytest.mark.parametrize("command", ["eval --data", "predict"])
def test_rows_that_a_server_failed_are_asked_again_and_no_others(
    geovlm: Run, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, count: int
) -> None:
    monkeypatch.setattr("geovlm_cli.generation.endpoint.open_endpoint", partial(open_endpoint, patience=QUICK))
    rows, run = tmp_path / "rows.jsonl", tmp_path / "run"
    lines = [
        {"id": f"r{i}", "task": "vqa", "images": [image.name], "question": f"q{i}", "reference": "yes"}
        for i in range(count)
    ]
    rows.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    silent = {f"q{i}" for i in range(count) if count < 4 or i % 100 == 7}
    with serving(lambda question, _: Reply(status=503) if question in silent else None) as server:
        line = (
            *command.split(),
            rows,
            "--model",
            f"{server.url}#tuned",
            "--out",
            run,
            "--resume",
            "--concurrency",
            "8",
        )
        failed, done = asked_twice(geovlm, server, line)
    assert failed.code == (4 if count < 4 else 3), failed.err
    assert done.code == 0, done.err
    assert server.answered == {f"q{i}": 1 for i in range(count)}
    found = [orjson.loads(row) for row in (run / "rows.jsonl").read_bytes().splitlines()]
    assert [(row["id"], row["completion"]) for row in found] == [(f"r{i}", answer_to(f"q{i}")) for i in range(count)]


@pytest.mark.parametrize("command", ["eval --data", "predict"])
def test_a_row_whose_image_came_late_is_asked_when_the_run_goes_on(
    geovlm: Run, image: Path, tmp_path: Path, command: str
) -> None:
    """It is found in another folder by then; of the other rows nothing is asked, nor of one whose image stays away."""
    rows, run, elsewhere = tmp_path / "rows.jsonl", tmp_path / "run", tmp_path / "elsewhere"
    names = {1: "late.png", 4: "gone.png"}
    lines = [
        {"id": f"r{i}", "task": "vqa", "images": [names.get(i, image.name)], "question": f"q{i}", "reference": "yes"}
        for i in range(6)
    ]
    rows.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    with serving() as server:
        line = (*command.split(), rows, "--model", f"{server.url}#tuned", "--out", run, "--resume")
        first = geovlm(*line)
        elsewhere.mkdir()
        image.rename(elsewhere / "late.png")
        second = geovlm(*line, "--image-root", elsewhere)
    assert (first.code, second.code) == (3, 3), second.err
    assert "1 of 6" in second.err
    assert server.answered == {f"q{i}": 1 for i in (0, 1, 2, 3, 5)}
    found = [orjson.loads(row) for row in (run / "rows.jsonl").read_bytes().splitlines()]
    assert [row["completion"] for row in found] == [None if i == 4 else answer_to(f"q{i}") for i in range(6)]
    assert found[4]["cause"] == "not_asked"
    assert not list(run.glob("*.carried.jsonl"))


@pytest.mark.parametrize("file", ["rows.jsonl", "answers.jsonl"])
@pytest.mark.parametrize("line", ['{"broken/', "null", "{}"])
def test_a_damaged_file_of_a_run_is_one_sentence(
    geovlm: Run, image: Path, tmp_path: Path, file: str, line: str
) -> None:
    rows, run = tmp_path / "rows.jsonl", tmp_path / "run"
    lines = [
        {"id": f"r{i}", "task": "vqa", "images": [image.name], "question": f"q{i}", "reference": "yes"}
        for i in range(4)
    ]
    rows.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    with serving() as server:
        command = ("eval", "--data", rows, "--model", f"{server.url}#tuned", "--out", run, "--resume")
        assert geovlm(*command).code == 0
        held = (run / file).read_text().splitlines()
        (run / file).write_text("\n".join([*held[:2], line, *held[3:]]) + "\n")
        outcome = geovlm(*command)
    assert outcome.code == 7
    assert "bug" not in outcome.err
    assert "choose another --out" in outcome.err
    if file == "rows.jsonl":
        compared = geovlm("eval", "--compare", run, run)
        assert compared.code == 3
        assert "Line 3 of" in compared.err


def test_refused_rows_are_told_counted_and_shown_and_their_file_can_be_read_again(
    geovlm: Run, image: Path, tmp_path: Path
) -> None:
    rows, run = tmp_path / "rows.jsonl", tmp_path / "run"
    lines = [
        {"id": f"r{i}", "task": "vqa", "images": [image.name], "question": f"q{i}", "reference": answer_to(f"q{i}")}
        for i in range(5)
    ]
    lines[4]["images"] = ["gone.png"]
    rows.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    with serving(lambda question, _: Reply(400, b"<b>policy</b>") if question in ("q1", "q2") else None) as server:
        asked = geovlm(
            "eval", "--data", rows, "--model", f"{server.url}#tuned", "--out", run, "--report", "--protocol", "strict"
        )
    again = geovlm("eval", "--data", rows, "--predictions", run / "rows.jsonl", "--out", tmp_path / "two")
    for outcome, folder in ((asked, run), (again, tmp_path / "two")):
        assert outcome.code == 3
        assert "5 rows, 2 refused by the server, 1 not asked; " in outcome.out
        assert "failure reasons: no_answer 3" in outcome.out
        assert "2 rows were refused by the server" in outcome.out
        assert "status 400: <b>policy</b>" in outcome.out
        results = orjson.loads((folder / "results.json").read_bytes())
        assert results["metrics"]["vqa"]["strict"]["accuracy"]["n"] == 2
        assert {cause: told["n"] for cause, told in results["data"]["unanswered"].items()} == {
            "refused": 2,
            "not_asked": 1,
        }
    page = (run / "report/index.html").read_text()
    assert page.count('data-reason="no_answer"') == 3
    assert "5, 2 refused by the server, 1 not asked" in page
    assert "status 400: &lt;b&gt;policy&lt;/b&gt;" in page
    assert "gone.png" in page
    assert str(tmp_path / "gone.png") not in page
    held = [orjson.loads(line) for line in (tmp_path / "two/rows.jsonl").read_bytes().splitlines()]
    assert [row.get("cause") for row in held] == [None, "refused", "refused", None, "not_asked"]


def test_predict_asks_a_server_too(geovlm: Run, image: Path) -> None:
    with serving() as server:
        outcome = geovlm("predict", image, "--model", f"{server.url}#tuned", "--task", "vqa", "--question", "ships?")
    assert outcome.code == 0, outcome.err
    assert orjson.loads(outcome.out)["completion"] == answer_to("ships?")
