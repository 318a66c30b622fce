"""A demo of a few scenes whose models are played by answers that are known to be right or wrong."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from geovlm_cli import demo, plugins
from geovlm_cli.cli import cli
from geovlm_cli.data.messages import Conversation, target_text
from geovlm_cli.data.source import read_samples
from geovlm_cli.demo import Plan
from geovlm_cli.demo.stages import Geovlm
from geovlm_cli.models import model_info, resolve_model
from geovlm_cli.rewards import resolve

TASKS = ("scene", "referred-detection", "vqa", "temporal")
SMALL = Plan(
    name="small",
    sft=dict.fromkeys(TASKS, 1),
    grpo=dict.fromkeys(TASKS, 1),
    test=dict.fromkeys(TASKS, 8),
    shown=dict.fromkeys(TASKS, 1),
    batch_size=8,
)
SHARE = {"tiny": 0.0, "sft": 0.25, "grpo": 1.0, "long-sft": 0.5}


class Player:
    """Runs the command lines of the demo: training leaves a folder that declares its profile; asked models answer from the truth.

    share: the part of the scenes that each model answers rightly; the rest it cannot answer readably.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, share: dict[str, float]) -> None:
        self.ran: list[list[str]] = []
        self.share = share
        self._model = ""
        self._right: dict[str, str] = {}
        for command in ("_evaluating", "predict"):
            monkeypatch.setattr(f"geovlm_cli.commands.{command}.engine", lambda *_: self)
        self.device = "cpu"

    def __call__(self, words: Sequence[str]) -> None:
        self.ran.append(list(words))
        if words[0] in ("sft", "grpo"):
            self._train(Path(words[words.index("--out") + 1]))
            return
        self._model = Path(words[words.index("--model") + 1]).name
        self._learn(words[1] if words[0] == "predict" else words[words.index("--data") + 1])
        cli.main(list(words), standalone_mode=False)

    def generate(self, conversations: Sequence[Conversation], **_: Any) -> list[str]:
        share = self.share[self._model]
        names = [Path(str(conversation.images[0].source)).stem for conversation in conversations]
        return [self._right[name] if _number(name) % 8 < share * 8 else "?" for name in names]

    def _train(self, out: Path) -> None:
        out.mkdir()
        for name in ("config.json", "geovlm.json"):
            shutil.copy(Path(resolve_model("tiny")) / name, out)

    def _learn(self, source: str) -> None:
        loaded, profile = plugins.load(), model_info("tiny").profile
        assert profile is not None
        for task, batch in (
            read_samples(source, find=loaded.task, loaders=loaded.loaders()).batches_by_task(profile).items()
        ):
            for sample in batch:
                name = Path(str(sample.images[0].source)).stem
                self._right[name] = target_text(resolve(loaded.task(task)), sample, profile)


def _number(name: str) -> int:
    return int(name.rsplit("-", 2)[1])


@dataclass(frozen=True)
class Played:
    """A finished demo: its folder, its report, its results, the command lines that it ran."""

    out: Path
    text: str
    results: dict[str, Any]
    ran: list[list[str]]


def play(out: Path, geovlm: Geovlm, **changed: Any) -> str:
    """Run a small demo; keyword arguments replace those of `demo.run`."""
    settings = {"seed": 0, "resume": False, "say": lambda _: None, **changed}
    return demo.run(out, SMALL, geovlm, **settings)


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> Player:
    return Player(monkeypatch, SHARE)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    out = tmp_path_factory.mktemp("played") / "demo"
    with pytest.MonkeyPatch.context() as patch:
        player = Player(patch, SHARE)
        text = play(out, player)
    return Played(out, text, orjson.loads((out / "results.json").read_bytes()), player.ran)
