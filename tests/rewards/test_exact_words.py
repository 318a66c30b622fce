"""Labels, short answers, structure and plain word scores on 100,000 real texts broken at random: against Python's sets, NLTK's tokenizer,
pycocoevalcap and the plain twin."""

from __future__ import annotations

import json
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from nltk.tokenize import NLTKWordTokenizer
from pycocoevalcap.rouge.rouge import Rouge

from geovlm_cli import rewards
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Batch, Malformed, Sample
from tests.rewards.captions import Case, mutated, real
from tests.rewards.conftest import Seen
from tests.rewards.test_twin_equals_rust import broken

MANY = pytest.param(
    100_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)]
)  # minutes in the twin and the libraries

LAND = (
    "Urban fabric", "Arable land", "Beaches, dunes, sands", "Broad-leaved forest", "Inland waters", "Marine waters", "Moors, heathland and sclerophyllous vegetation",
    "Land principally occupied by agriculture, with significant areas of natural vegetation", "Pastures", "Mixed forest",
)  # fmt: skip  # of BigEarthNet, some of them with commas
UNKNOWN = ("lunar sea", "for\u00eat", "Atlantis", "0")


def spelled(label: str, draw: random.Random) -> str:
    """Return a label as a model may write it: another case, underscores or hyphens for blanks, blanks round it, a final stop."""
    label = draw.choice([label, label, label.upper(), label.lower(), label.replace(" ", "_"), label.replace("-", " ")])
    return draw.choice(["", " ", "\t"]) + label + draw.choice(["", "", ".", " "])


def listed(seed: int) -> tuple[str, set[str], set[str]]:
    """Return a list of labels as text, the labels that it names, and the true ones."""
    draw = random.Random(seed)
    true = set(draw.sample(LAND, k=draw.randint(1, 5)))
    named = [label for label in true if draw.random() < 0.7] + draw.sample(LAND + UNKNOWN, k=draw.randint(0, 3))
    named = named or [draw.choice(LAND)]
    draw.shuffle(named)
    pieces = [spelled(label, draw) for label in [*named, *draw.choices(named, k=draw.choice([0, 0, 1]))]]
    text = json.dumps(pieces) if draw.random() < 0.3 else draw.choice([",", ";", "\n", ", ", " ; "]).join(pieces)
    return text, set(named), true


@pytest.mark.parametrize("count", [1000, MANY])
def test_label_scores_equal_sets(count: int, seen: Seen) -> None:
    items = [listed(seed) for seed in range(count)]
    samples = [Sample(id=str(i), task="t", reference=tuple(true), choices=LAND) for i, (*_, true) in enumerate(items)]
    batch = Batch(samples)
    answers = rewards.labels([text for text, *_ in items], batch)
    f1, recall, jaccard, same = (
        score(answers, batch).tolist() for score in (rewards.set_f1, rewards.recall, rewards.jaccard, rewards.equal)
    )
    for row, (text, named, true) in enumerate(items):
        shared = len(named & true)
        wanted = (
            2 * shared / (len(named) + len(true)),
            shared / len(true),
            shared / len(named | true),
            float(named == true),
        )
        assert (f1[row], recall[row], jaccard[row], same[row]) == pytest.approx(wanted, abs=1e-12), text
    seen("label F1", f1)
    seen("label Jaccard", jaccard)


def by_nltk(answer: str, reference: str) -> float:
    """Return EarthDial's `evaluate_f1`; its sentence splitter needs a download, so texts with a stop inside are left out."""
    expected, found = (
        NLTKWordTokenizer().tokenize(text.strip().lower().replace(" ", "")) for text in (reference, answer)
    )
    return len(set(expected) & set(found)) / len(expected)


@pytest.mark.parametrize("count", [1000, MANY])
def test_token_recall_equals_nltk(count: int, seen: Seen) -> None:
    items = []
    for seed in range(count):
        draw = random.Random(seed)
        true = draw.sample(LAND, k=draw.randint(1, 5))
        named = [label for label in true if draw.random() < 0.7] + draw.sample(LAND, k=draw.randint(0, 2))
        text = draw.choice([", ", ",", " and ", "; "]).join(named or UNKNOWN[:1])
        items.append((draw.choice([text, text.upper(), text + "."]), ", ".join(true)))
    found = rewards.token_recall([answer for answer, _ in items], [reference for _, reference in items]).tolist()
    assert found == pytest.approx([by_nltk(*item) for item in items], abs=1e-12)
    seen("token recall", found)


@cache
def completions(shared: Path) -> tuple[str, ...]:
    """Return the real completions of two reasoning models."""
    logs = "".join(path.read_text(encoding="utf-8") for path in sorted((shared / "grpo-rollouts-dev").glob("2*.md")))
    texts = re.findall(r"\*\*Completion:\*\* (.*?)\n\n\*\*(?:Solution|Rewards):\*\*", logs, flags=re.DOTALL)
    for path in sorted((shared / "r1v-superclevr").glob("*.json")):
        texts += [row["model_output"] for row in json.loads(path.read_text(encoding="utf-8"))["results"]]
    return tuple(texts)


STRUCTURES: tuple[Any, ...] = ("think_answer", "answer", "any", "plain")


@pytest.mark.parametrize("count", [1000, MANY])
def test_structure_of_broken_real_completions_equals_the_twin(count: int, shared: Path) -> None:
    draw, texts = random.Random(20251123), completions(shared)
    assert len(texts) > 500
    drawn = [_cut(broken(draw.choice(texts), draw), draw) for _ in range(count)]
    read = {name: rewards.read_structure(drawn, structure=name) for name in STRUCTURES}
    for name, found in read.items():
        for row, text in enumerate(drawn):
            plain = twin.read_structure(text, name)
            reason = plain.text.reason if isinstance(plain.text, twin.Unread) else ""
            answer = None if isinstance(plain.text, twin.Unread) else plain.text
            assert (found[row], rewards.REASONS[found.reasons[row]]) == (answer, reason), (name, text)
        formats = [twin.read_structure(text, name).format for text in drawn]
        assert found.format.tolist() == formats
        assert 0.05 < found.format.mean() <= 1.0, name  # some keep it, some do not


def _cut(text: str, draw: random.Random) -> str:
    """Break tags as well: most places of a real completion are thoughts."""
    tag = draw.choice(["<think>", "</think>", "<answer>", "</answer>"])
    return draw.choice(
        [text, text, text, text.replace(tag, "", 1), text.replace(tag, tag * 2, 1), text + tag, text[: text.rfind("<")]]
    )


def drawn_captions(shared: Path, count: int) -> list[Case]:
    draw, cases = random.Random(20251124), real(shared)
    return [mutated(draw.choice(cases), draw) for _ in range(count)]


@pytest.mark.parametrize("count", [500, MANY])
def test_coco_rouge_equals_pycocoevalcap(count: int, shared: Path, seen: Seen) -> None:
    cases = drawn_captions(shared, count)
    found = rewards.coco_rouge([case.text for case in cases], [case.references for case in cases]).tolist()
    judge = Rouge()
    for case, value in zip(cases, found, strict=True):
        scored = case.text.strip() and any(
            map(twin.words, case.references)
        )  # nothing to read, or bad truth: two references of RSICD are " ."
        wanted = float(judge.calc_score([case.text], case.references)) if scored else 0.0
        assert value == wanted, case
    seen("COCO's ROUGE-L", found)


@pytest.mark.parametrize("count", [500, MANY])
def test_lcs_f_equals_the_twin(count: int, shared: Path, seen: Seen) -> None:
    cases = drawn_captions(shared, count)
    found = rewards.lcs_f([case.text for case in cases], [case.references for case in cases]).tolist()
    plain = [twin.lcs_f(case.text, case.references) if twin.visible(case.text) else 0.0 for case in cases]
    assert found == pytest.approx(plain, abs=1e-12)
    seen("LCS F", found)


@pytest.mark.parametrize("count", [1000, MANY])
def test_answers_of_broken_real_counts_equal_the_twin(count: int, shared: Path) -> None:
    draw, texts = random.Random(20251125), completions(shared)
    answers = [found.group(1) for text in texts if (found := re.search("<answer>(.*?)</answer>", text, re.DOTALL))]
    drawn = [twin.scrub(broken(draw.choice(answers), draw)) for _ in range(count)]
    for reference in ("4", "C", "yes"):
        batch = Batch([Sample(id="1", task="t", reference=reference)]).take([0] * count)
        values = list(rewards.answer(drawn, batch))
        for text, value in zip(drawn, values, strict=True):
            plain = twin.read_answer(text, reference) if twin.visible(text) else twin.Unread("empty")
            assert value == (Malformed(plain.reason) if isinstance(plain, twin.Unread) else plain), text
