"""The protocol `coco` of captions gives pycocoevalcap's figures, whatever pieces a corpus is scored in."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

from geovlm_cli.rewards import protocols_of_kind
from geovlm_cli.rewards.protocols import COCO_CAPTIONS
from geovlm_cli.rewards.reference import words
from geovlm_cli.task import Batch, Sample
from tests.rewards.captioning import Captioned, drawn


def figures(items: Sequence[Captioned], size: int = 1000, weights: Any = None) -> dict[str, float]:
    batch = Batch([Sample(id=str(i), task="t", reference=item.references) for i, item in enumerate(items)])
    assert COCO_CAPTIONS.prepare is not None
    COCO_CAPTIONS.prepare(batch)
    pieces = [range(start, min(start + size, len(items))) for start in range(0, len(items), size)]
    parts = [COCO_CAPTIONS.score([items[i].text for i in rows], batch.take(rows)) for rows in pieces]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    found = COCO_CAPTIONS.summarise(columns, np.ones(len(items)) if weights is None else weights)
    return {name: metric.value for name, metric in found.items()}


def pycocoevalcap(items: Sequence[Captioned]) -> dict[str, float]:
    truth = {i: [" ".join(words(text)) for text in item.references] for i, item in enumerate(items)}
    answers = {i: [" ".join(words(item.text))] for i, item in enumerate(items)}
    with contextlib.redirect_stdout(io.StringIO()):
        bleu, _ = Bleu(4).compute_score(truth, answers)
        (rouge, _), (cider, _) = (scorer.compute_score(truth, answers) for scorer in (Rouge(), Cider()))
    return {**{f"bleu{n}": value for n, value in enumerate(bleu, 1)}, "rougeL": float(rouge), "cider": float(cider)}


def test_figures_are_those_of_pycocoevalcap_in_pieces_of_any_size() -> None:
    items = [drawn(seed) for seed in range(120)]
    expected = pycocoevalcap(items)
    assert figures(items) == pytest.approx(expected, abs=1e-9)
    assert figures(items, size=7) == pytest.approx(expected, abs=1e-9)


def test_a_row_that_weighs_nothing_counts_nothing_and_one_of_bad_truth_as_in_pycocoevalcap() -> None:
    items = [drawn(seed) for seed in range(30)]
    weights = np.array([0.0] * 5 + [1.0] * 25)
    lone = figures(items, weights=weights)
    assert lone["bleu4"] == pytest.approx(pycocoevalcap(items[5:])["bleu4"], abs=1e-9)
    with_bad = [*items, Captioned("a ship", ("...",))]
    assert figures(with_bad) == pytest.approx(pycocoevalcap(with_bad), abs=1e-9)
    without_any = [*items, Captioned("a ship", ())]  # pycocoevalcap refuses it
    assert {**figures(without_any), "cider": 0} == pytest.approx({**figures(items), "cider": 0}, abs=1e-12)


def test_an_answer_without_a_word_shares_nothing() -> None:
    """Beside a caption without a word pycocoevalcap's ROUGE-L pays for it in full."""
    items = [Captioned("...", ("a ship", "!"))] * 2
    assert pycocoevalcap(items)["rougeL"] == 1
    assert figures(items)["rougeL"] == 0


def test_the_example_of_nlg_eval_has_its_published_values(shared: Path) -> None:
    texts, *references = [
        (shared / f"nlg-eval-example/{name}.txt").read_text(encoding="utf-8").splitlines()
        for name in ("hyp", "ref1", "ref2")
    ]
    items = [Captioned(text, pair) for text, pair in zip(texts, zip(*references, strict=True), strict=True)]
    expected = {
        "bleu1": 0.55,
        "bleu2": 0.428174,
        "bleu3": 0.284043,
        "bleu4": 0.201143,
        "rougeL": 0.522104,
        "cider": 1.242192,
    }
    assert figures(items) == pytest.approx(expected, abs=1e-6)


def test_every_captioning_task_can_be_measured_so() -> None:
    assert COCO_CAPTIONS in protocols_of_kind("text")
