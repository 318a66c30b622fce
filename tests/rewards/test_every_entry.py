"""Every public name of `geovlm_cli.rewards`: whatever a model writes is data, and whatever a caller gets wrong is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from geovlm_cli import rewards
from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards.columns import Answers
from geovlm_cli.task import Batch, Kind, Sample, Task

MIB = 1 << 20
TOO_LONG = "\u00e9" * (MIB // 2 + 1)
HOSTILE = [
    "",
    "\0",
    "<answer>\0</answer>",
    "\ud800",
    "<answer>ship\udfff\ud83d</answer>",
    '[{"bbox_2d": [1, 2, 30, 40], "label": "\ud800\0\U0001f6a2"}]',
    "\U0010ffff\ufeff\u202e\u0301",
    "\u0130\u1e9e\u00df\ufb03",
    "<think>" * 3000,
    "[" * 5000,
    '"\\' * 2000,
    "1e999, -1e999, NaN",
    "a ship [[1, 2, 30, 40, 5]] in a port",
    "two ships " * (MIB // 10),
    "\u00e9" * (MIB // 2),
    TOO_LONG,
    "[1,2,30,40,5]," * (MIB // 14),
]
PROFILE = Profile(name="p", structure="any", box_syntax="list5", frame="pixel")
ONE_BOX = Boxes("pixel", np.array([[1.0, 2, 30, 40, 5]]), ("ship",))
TRUTH: Mapping[Kind, Any] = {
    "label": "ship",
    "labels": ("ship", "port"),
    "text": ("two ships in a port", "a ship"),
    "answer": "ship",
    "count": 2,
    "box": Boxes("pixel", np.array([[1.0, 2, 30, 40, 5]])),
    "boxes": ONE_BOX,
    "grounded": Grounded("a ship in a port", ONE_BOX),
}
PARSER: Mapping[Kind, Any] = {
    "label": rewards.label,
    "labels": rewards.labels,
    "text": rewards.text,
    "answer": rewards.answer,
    "count": rewards.count,
    "box": rewards.box,
    "boxes": rewards.boxes,
    "grounded": rewards.grounded,
}


def batch_of(kind: Kind, count: int) -> Batch:
    sample = Sample(id="1", task="t", reference=TRUTH[kind], image_size=(100, 100))
    return Batch([sample], PROFILE).take([0] * count)


Scored = Callable[[Any, Batch], Any]
SCORES: dict[str, tuple[Kind, Scored]] = {
    "set_f1": ("labels", rewards.set_f1),
    "recall": ("labels", rewards.recall),
    "jaccard": ("labels", rewards.jaccard),
    "equal": ("answer", rewards.equal),
    "token_recall": ("labels", rewards.token_recall),
    "geochat_equal": ("label", rewards.geochat_equal),
    "detection": ("boxes", rewards.detection),
    "detection_max": ("boxes", rewards.detection_max),
    "referring": ("box", rewards.referring),
    "matches": ("boxes", rewards.matches),
    "box_precision": ("boxes", rewards.box_precision),
    "box_recall": ("boxes", rewards.box_recall),
    "box_f1": ("boxes", rewards.box_f1),
    "any_match": ("boxes", rewards.any_match),
    "ap": ("boxes", rewards.ap),
    "lcs_f": ("text", rewards.lcs_f),
    "token_jaccard": ("text", rewards.token_jaccard),
    "rouge": ("text", partial(rewards.rouge, stemmer=True)),
    "coco_rouge": ("text", rewards.coco_rouge),
    "levenshtein": ("text", rewards.levenshtein),
    "meteor": ("text", partial(rewards.meteor, synonyms=False)),
    "bleu": ("text", rewards.bleu),
    "bleu_counts": ("text", rewards.bleu_counts),
    "cider": ("text", rewards.cider),
    "lexical": ("text", partial(rewards.lexical, synonyms=False)),
    "grounding": ("grounded", rewards.grounding),
}
NOT_A_FRACTION = {"matches", "any_match", "bleu_counts"}
PARSERS: dict[str, Kind | None] = {
    "label": "label",
    "labels": "labels",
    "answer": "answer",
    "count": "count",
    "yes_no": "answer",
    "text": "text",
    "box": "box",
    "boxes": "boxes",
    "grounded": "grounded",
    "digit_boxes": "boxes",
}
OF_COMPLETIONS: dict[str, Callable[[Sequence[str]], Any]] = {
    "read_structure": lambda texts: rewards.read_structure(texts).format,
    "repetition": rewards.repetition,
    "length": rewards.length,
    "overlong": rewards.overlong,
}
TESTED_ELSEWHERE = {
    "score": "below, for every kind",
    "sbert": "test_sentences.py: needs a model",
    "hslr": "test_sentences.py: needs a model",
    "iou": "takes arrays",
    "assign": "takes arrays",
    "corpus_bleu": "takes counts",
    "explain": "below",
    "document_frequencies": "below",
}
NO_TEXT = {
    *("CIDER_SCALE", "FORMAT", "REASONS", "Answers", "BoxAnswers", "DocumentFrequencies", "Explanation"),
    *("RewardInputError", "RewardInternalError", "Scores", "Texts", "check_frame_is_declared", "component_weights"),
    *("components", "meteor_stages", "protocols_of_kind", "resolve", "unusable", "variants", "wordnet_corpus"),
}


def test_every_public_name_stands_here() -> None:
    """A new one is tested with hostile texts too, or is none that takes any."""
    assert {*SCORES, *PARSERS, *OF_COMPLETIONS, *TESTED_ELSEWHERE, *NO_TEXT} == set(rewards.__all__)


@pytest.mark.parametrize("name", OF_COMPLETIONS)
def test_completions_of_any_kind_are_taken(name: str) -> None:
    found = OF_COMPLETIONS[name](HOSTILE)
    assert found.shape == (len(HOSTILE),)
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("name", PARSERS)
def test_answers_of_any_kind_are_read_or_have_a_reason(name: str) -> None:
    kind = PARSERS[name]
    assert kind
    found = getattr(rewards, name)(HOSTILE, batch_of(kind, len(HOSTILE)))
    assert isinstance(found, Answers)
    assert len(list(found)) == len(HOSTILE)  # each value can be made
    reason = rewards.REASONS[found.reasons[HOSTILE.index(TOO_LONG)]]
    assert reason == ("" if name == "digit_boxes" else "too_long")  # EarthDial's parser has no reasons


@pytest.mark.parametrize("name", SCORES)
def test_answers_of_any_kind_are_scored(name: str) -> None:
    kind, score = SCORES[name]
    batch = batch_of(kind, len(HOSTILE))
    answers = PARSER[kind](HOSTILE, batch)
    found = score(answers, batch)
    assert len(found) == len(HOSTILE)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert name in NOT_A_FRACTION or (found <= 1).all()
    # Ordinary values score what columns of Rust score.
    few = [row for row, text in enumerate(HOSTILE) if len(text) < 1000]
    assert score([answers[row] for row in few], batch.take(few)).tolist() == found[few].tolist()


@pytest.mark.parametrize("name", sorted(set(SCORES) - {"grounding"}))
def test_references_of_any_kind_are_taken(name: str) -> None:
    """Texts that nobody would write as truth: bad truth, or a truth as any other."""
    kind, score = SCORES[name]
    if kind in ("box", "boxes"):
        odd = [[np.nan] * 5, [np.inf] * 5, [1e300, 1e300, 2e300, 2e300, 0], [5, 5, 1, 1, 0], [0, 0, 1e-320, 1e-320, 3]]
        truth: list[Any] = [Boxes("pixel", np.array([row])) for row in odd]
        answers: list[Any] = truth
    else:
        texts = [text for text in HOSTILE if len(text) < 10_000]
        truth = [(text,) if kind in ("labels", "text") else text for text in texts]
        answers = [(text,) for text in texts] if kind == "labels" else texts
    found = score(answers, Batch([Sample(id=str(i), task="t", reference=one) for i, one in enumerate(truth)]))
    assert np.isfinite(found).all()
    assert name in NOT_A_FRACTION or ((found >= 0) & (found <= 1 + 1e-12)).all()


@pytest.mark.parametrize("kind", TRUTH)
def test_a_whole_batch_of_any_kind_is_scored(kind: Kind) -> None:
    batch = batch_of(kind, len(HOSTILE))
    found = rewards.score(Task(name="t", kind=kind, summary=""), HOSTILE, batch, structure="answer")
    assert all(np.isfinite(column).all() and ((column >= 0) & (column <= 1)).all() for column in found.columns.values())
    assert len(found.reasons) == len(list(found.answers)) == len(HOSTILE)


@pytest.mark.parametrize("kind", TRUTH)
def test_any_completion_is_explained(kind: Kind) -> None:
    task = Task(name="t", kind=kind, summary="")
    for text in (text for text in HOSTILE if len(text) < 10_000):
        told = rewards.explain(task, text, batch_of(kind, 1))
        assert told.reason in rewards.REASONS
        assert told.why.isprintable()


def test_documents_of_any_kind_are_counted() -> None:
    assert len(rewards.document_frequencies([[text] for text in HOSTILE])) == len(HOSTILE)


@pytest.mark.parametrize("name", [*SCORES, *PARSERS])
def test_another_number_of_rows_is_named(name: str) -> None:
    kind, call = SCORES.get(name) or (PARSERS[name], getattr(rewards, name))
    assert kind
    batch = batch_of(kind, 2)
    answers = ["a"] if name in PARSERS else PARSER[kind](["a"], batch_of(kind, 1))
    with pytest.raises(rewards.RewardInputError, match=r"(answers|texts|rows) has|the batch has"):
        call(answers, batch)


@pytest.mark.parametrize("name", [*OF_COMPLETIONS, *PARSERS])
def test_what_is_no_text_is_named_with_its_row(name: str) -> None:
    kind = PARSERS.get(name)
    call = OF_COMPLETIONS.get(name) or (lambda texts: getattr(rewards, name)(texts, batch_of(kind, 2)))  # type: ignore[arg-type]  # a parser has a kind
    with pytest.raises(rewards.RewardInputError, match=r"completions\[1\] must be a str; found int\."):
        call(["a", 1])  # type: ignore[list-item]  # what is refused


@pytest.mark.parametrize("kind", TRUTH)
def test_score_names_another_number_of_rows_and_what_is_no_text(kind: Kind) -> None:
    task = Task(name="t", kind=kind, summary="")
    with pytest.raises(rewards.RewardInputError, match="completions has 1 rows and the batch has 2"):
        rewards.score(task, ["a"], batch_of(kind, 2))
    with pytest.raises(rewards.RewardInputError, match=r"completions\[1\] must be a str; found bytes\."):
        rewards.score(task, ["a", b"b"], batch_of(kind, 2))  # type: ignore[list-item]  # what is refused
