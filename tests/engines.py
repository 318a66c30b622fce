"""The engine of tests that are not about models: answers are looked up or computed, and how it was asked is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from geovlm_cli.data.images import open_image
from geovlm_cli.data.messages import Conversation
from geovlm_cli.profiles import Profile


@dataclass(frozen=True)
class Call:
    """One batch as it was asked."""

    rows: int
    max_new_tokens: int
    temperature: float
    seed: int


class FakeEngine:
    """Gives one answer to everything, looks it up by question (a list of answers in turn), or computes it.

    stop_after: the batch after which it raises KeyboardInterrupt, as a killed process would stop.
    """

    device = "fake"

    def __init__(
        self, answer: str | Mapping[str, str | Sequence[str]] | Callable[[str], str], stop_after: int | None = None
    ) -> None:
        self.answer, self.stop_after = answer, stop_after
        self.calls: list[Call] = []
        self.questions: list[str] = []

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        profile: Profile,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[str]:
        if len(self.calls) == self.stop_after:
            raise KeyboardInterrupt
        self.calls.append(Call(len(conversations), max_new_tokens, temperature, seed))
        for item in conversations:
            for ref in item.images:
                open_image(ref, profile)
        return [self._next(str(item.messages[-1]["content"][-1]["text"])) for item in conversations]

    def _next(self, question: str) -> str:
        self.questions.append(question)
        if isinstance(self.answer, str):
            return self.answer
        if callable(self.answer):
            return self.answer(question)
        found = self.answer[question]
        return found if isinstance(found, str) else found[(self.questions.count(question) - 1) % len(found)]
