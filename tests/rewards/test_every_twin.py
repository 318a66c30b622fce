"""Every public parser, score and guard of `geovlm_cli.rewards` has a plain twin, which finds the same on real answers broken at random."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovlm_cli import rewards
from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.profiles import Profile, Structure
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Batch, Malformed, Sample
from tests.rewards import boxing, captioning
from tests.rewards.test_every_entry import OF_COMPLETIONS, PARSERS, SCORES, TESTED_ELSEWHERE
from tests.rewards.test_first_fault import SYNTAXES, faulty
from tests.rewards.test_twin_equals_rust import GOOD, VOCABULARY, broken

Both = tuple[Any, Any]  # what the product finds and what the twin finds
NAMES = ("ship", "car", "SHIP ")
EXTENT = (100.0, 100.0)


def same(mine: Any, plain: Any) -> bool:
    """Say whether both found the same: numbers to 1e-9."""
    if isinstance(plain, twin.Unread):
        return bool(mine == Malformed(plain.reason))
    if isinstance(plain, twin.Found):
        return bool(mine == as_boxes(plain))
    if isinstance(plain, str | int | tuple | Boxes) and not isinstance(mine, np.ndarray):
        return bool(mine == plain)
    return bool(np.allclose(mine, plain, rtol=0, atol=1e-9))


def read(name: str, text: str, *more: Any) -> Any:
    """Read a text that is an answer as a whole by the twin."""
    whole = twin.read_structure(text, "plain").text
    return whole if isinstance(whole, twin.Unread) else getattr(twin, f"read_{name}")(whole, *more)


def as_boxes(found: twin.Found) -> Boxes:
    return Boxes("pixel", np.array(found.boxes).reshape(-1, 5), tuple(found.labels), found.invalid)


# --- boxes -----------------------------------------------------------------------------------------------------------------------


def boxed(draw: random.Random) -> tuple[twin.Found, list[twin.Box], list[str]]:
    """Return boxes of an answer and true ones, on either side perhaps none or with labels."""
    scene = boxing.drawn(draw.randrange(10**6))
    predicted, true = (list(side) if draw.random() < 0.9 else [] for side in (scene.predicted, scene.true))
    names = [[draw.choice(NAMES) for _ in side] if draw.random() < 0.6 else [] for side in (predicted, true)]
    flaws = [("wrong_type", "")] * draw.choice([0, 0, 1, 3])
    return twin.Found(predicted, names[0], flaws=flaws), true, names[1]


def box_score(name: str, draw: random.Random) -> Both:
    found, true, names = boxed(draw)
    angles = draw.choice(["rotated", "hull", "drop"])
    options = (
        {"angles": angles}
        if name == "referring"
        else {"angles": angles, OPTION.get(name, "threshold"): draw.choice([0.0, 0.3, 0.5])}
    )
    options |= {"matching": draw.choice(["optimal", "greedy"])} if name in MATCHED else {}
    truth = Boxes("pixel", np.array(true).reshape(-1, 5), tuple(names))
    mine = getattr(rewards, name)([as_boxes(found)], [truth], **options)[0]
    labels = [] if name in ("any_match", "referring") else [names]
    return mine, getattr(twin, name)(found, true, *labels, **options)


OPTION = {"matches": "min_iou", "detection_max": "min_iou"}
MATCHED = {"matches", "box_precision", "box_recall", "box_f1"}


def detection(draw: random.Random) -> Both:
    found, true, names = boxed(draw)
    options: dict[str, Any] = {"min_iou": draw.choice([0.0, 0.5]), "angles": draw.choice(["rotated", "hull", "drop"])}
    truth = Boxes("pixel", np.array(true).reshape(-1, 5), tuple(names))
    met = twin.pairs(found.boxes, true, found.labels, names, **options)
    plain = twin.detection(met, len(found.boxes) + found.invalid, len(true))
    return rewards.detection([as_boxes(found)], [truth], **options)[0], plain


def ap(draw: random.Random) -> Both:
    found, true, names = boxed(draw)
    threshold = draw.choice([None, 0.5, 0.75])
    truth = Boxes("pixel", np.array(true).reshape(-1, 5), tuple(names))
    mine = rewards.ap([as_boxes(found)], [truth], threshold=threshold)[0]
    by_class = bool(names) and bool(found.labels)
    predicted, there = (
        [
            (twin.normal(name) if by_class else "", box)
            for box, name in zip(boxes, labels or [""] * len(boxes), strict=True)
        ]
        for boxes, labels in ((found.boxes, found.labels), (true, names))
    )
    return mine, twin.average_precision(twin.Scene(predicted, there, found.invalid), threshold)


def iou(draw: random.Random) -> Both:
    found, true, _ = boxed(draw)
    plain = [[twin.iou(a, b) for b in true] for a in found.boxes]
    sides = (np.array(side, dtype=np.float64).reshape(-1, 5) for side in (found.boxes, true))
    return rewards.iou(*sides), np.array(plain).reshape(len(found.boxes), len(true))


def assign(draw: random.Random) -> Both:
    found, true, _ = boxed(draw)
    greedy = draw.random() < 0.5
    table = [[twin.iou(a, b) for b in true] for a in found.boxes]
    plain = (twin.greedy if greedy else twin.assign)(table)
    mine = rewards.assign(np.array(table).reshape(len(found.boxes), len(true)), greedy=greedy)
    return sum(table[i][j] for i, j in mine.tolist()), sum(table[i][j] for i, j in plain)


def parsed_boxes(name: str, draw: random.Random) -> Both:
    syntax = draw.choice(SYNTAXES)
    good = draw.choice([text for text in GOOD[syntax] if text != "[]"])
    text = (faulty if draw.random() < 0.3 else broken)(good, draw)
    if name == "grounded":
        text = f"{captioning.drawn(draw.randrange(10**6)).text} {text} {draw.choice(['', 'at sea', '[1'])}"
    profile = Profile(name="p", structure="plain", box_syntax=syntax, frame="pixel")
    batch = Batch([Sample(id="1", task="t", image_size=(100, 100))], profile)
    (mine,), plain = getattr(rewards, name)([text], batch), read(name, text, syntax, EXTENT)
    if isinstance(mine, Grounded):
        return (mine.text, mine.boxes), (plain[0], as_boxes(plain[1]))
    if isinstance(mine, Boxes) and name == "box":
        return mine.array, np.array([plain])
    return mine, plain


def digit_boxes(draw: random.Random) -> Both:
    rows = [[int(value) for value in box] for box in boxing.drawn(draw.randrange(10**6)).predicted]
    text = ", ".join(map(str, rows)) or "[1,2,3,4,5]"
    for _ in range(draw.choice([0, 1, 2, 4])):
        text = broken(text, draw)
        text = text.replace(
            draw.choice("0123456789, []"), draw.choice(["٣", "²", " ", "\\u00a0", ", ", "[", "7" * 400]), 1
        )
    horizontal = draw.random() < 0.5
    profile = Profile(name="p", structure="plain", box_syntax="list5", frame="pixel")
    (mine,) = rewards.digit_boxes([text], Batch([Sample(id="1", task="t")], profile), horizontal=np.array([horizontal]))
    return mine, twin.read_digit_boxes(text, horizontal=horizontal)


# --- words -----------------------------------------------------------------------------------------------------------------------


def text_score(name: str, draw: random.Random, **options: Any) -> Both:
    case = captioning.drawn(draw.randrange(10**6))
    text = broken(case.text, draw)
    mine = getattr(rewards, name)([text], [case.references], **options)[0]
    return mine, getattr(twin, name)(text, case.references, **{k: v for k, v in options.items() if k != "synonyms"})


def cider(draw: random.Random) -> Both:
    cases = [captioning.drawn(draw.randrange(10**6)) for _ in range(3)]
    documents = [case.references for case in cases]
    frequencies = rewards.document_frequencies(documents)
    mine = rewards.cider([case.text for case in cases], documents, frequencies=frequencies)
    return mine, [twin.cider(case.text.strip(), case.references, documents) for case in cases]


def corpus_bleu(draw: random.Random) -> Both:
    cases = [captioning.drawn(draw.randrange(10**6)) for _ in range(3)]
    counts = [twin.bleu_counts(case.text, case.references) for case in cases]
    return rewards.corpus_bleu(np.array(counts)), twin.corpus_bleu(counts)


def grounding(draw: random.Random) -> Both:
    found, true, names = boxed(draw)
    case, weight = captioning.drawn(draw.randrange(10**6)), draw.random()
    truth = Grounded(case.references[0], Boxes("pixel", np.array(true).reshape(-1, 5), tuple(names)))
    mine = rewards.grounding([Grounded(case.text, as_boxes(found))], [truth], box_weight=weight)[0]
    met = twin.pairs(found.boxes, true, found.labels, names)
    pq = twin.detection(met, len(found.boxes) + found.invalid, len(true))
    return mine, twin.grounding(pq, twin.lcs_f(case.text, case.references[:1]), box_weight=weight)


def label_score(name: str, draw: random.Random) -> Both:
    case = captioning.drawn(draw.randrange(10**6))
    mine, true = (
        sorted({twin.normal(word) for word in text.split()} - {""}) for text in (case.text, case.references[0])
    )
    if name == "equal" and draw.random() < 0.5:
        mine = [word.upper() for word in true]
    found = getattr(rewards, name)([tuple(mine)], [tuple(true)])[0]
    return found, getattr(twin, name)(mine, true)


def token_score(name: str, draw: random.Random) -> Both:
    case = captioning.drawn(draw.randrange(10**6))
    text = draw.choice([case.text, case.references[0].upper(), case.references[0].replace(" ", ".")])
    return getattr(rewards, name)([text], [case.references[0]])[0], getattr(twin, name)(text, case.references[0])


def parsed(name: str, draw: random.Random) -> Both:
    kind = {"yes_no": "answer"}.get(name, name)
    text, reference = broken(draw.choice(GOOD[kind]), draw), draw.choice(["yes", "12", "rural"])
    vocabulary = VOCABULARY if draw.random() < 0.6 else ()
    truth: dict[str, Any] = {
        "answer": reference,
        "yes_no": "yes",
        "count": 12,
        "text": ("a",),
        "label": "airport",
        "labels": ("airport",),
    }
    batch = Batch([Sample(id="1", task="t", reference=truth[name], choices=vocabulary if "label" in name else ())])
    (mine,) = getattr(rewards, name)([text], batch)
    more = [vocabulary] if "label" in name else [reference] if name == "answer" else []
    return mine, read(name, text, *more)


# --- whole completions -----------------------------------------------------------------------------------------------------------


def completion(draw: random.Random) -> str:
    text = f"<think>so</think><answer>{captioning.drawn(draw.randrange(10**6)).text}</answer>"
    return broken(broken(text, draw) * draw.choice([1, 1, 2, 9]), draw)


def guard(name: str, draw: random.Random) -> Both:
    text = completion(draw)
    options: dict[str, Any] = {"words": draw.choice([1, 2, 6])}
    if name != "repetition":
        options = {"max_tokens": len(text) // 4 + draw.randint(1, 12)}
    options |= {"slack": draw.choice([0.2, 0.5, 0.9])} if name == "overlong" else {}
    return getattr(rewards, name)([text], **options)[0], getattr(twin, name)(text, **options)


def repetition(draw: random.Random) -> Both:
    if draw.random() < 0.5:
        return guard("repetition", draw)
    found, text = boxed(draw)[0], completion(draw)
    return rewards.repetition([text], [as_boxes(found)])[0], twin.repetition(text, found)


def read_structure(draw: random.Random) -> Both:
    text, structure = completion(draw), draw.choice(get_args(Structure))
    found, plain = rewards.read_structure([text], structure=structure), twin.read_structure(text, structure)
    reason = plain.text.reason if isinstance(plain.text, twin.Unread) else ""
    return (rewards.REASONS[found.reasons[0]], float(found.format[0])), (reason, plain.format)


COMPARED: dict[str, Callable[[random.Random], Both]] = {
    **{name: partial(box_score, name) for name in ("referring", "detection_max", "any_match", *sorted(MATCHED))},
    **{name: partial(parsed_boxes, name) for name in ("box", "boxes", "grounded")},
    **{name: partial(parsed, name) for name in ("label", "labels", "answer", "count", "yes_no", "text")},
    **{name: partial(label_score, name) for name in ("set_f1", "recall", "jaccard", "equal")},
    **{name: partial(token_score, name) for name in ("token_recall", "geochat_equal")},
    **{
        name: partial(text_score, name)
        for name in ("lcs_f", "token_jaccard", "coco_rouge", "levenshtein", "bleu", "bleu_counts")
    },
    **{name: partial(text_score, name, synonyms=False) for name in ("meteor", "lexical")},
    **{name: partial(guard, name) for name in ("length", "overlong")},
    **{
        f.__name__: f
        for f in (detection, ap, iou, assign, digit_boxes, corpus_bleu, cider, grounding, repetition, read_structure)
    },
    "rouge": partial(text_score, "rouge", stemmer=True),
    "document_frequencies": cider,
}
NEEDS_A_MODEL = {"sbert", "hslr"}  # test_sentences.py
NO_FUNCTION_OF_ITS_OWN = {"score": "judging.py: the steps together", "explain": "tells of the twin's reading"}
OTHER_NAMES = {"ap": "average_precision", "document_frequencies": "cider"}


def test_no_public_function_lacks_its_twin() -> None:
    functions = {*SCORES, *PARSERS, *OF_COMPLETIONS, *TESTED_ELSEWHERE} - set(NO_FUNCTION_OF_ITS_OWN)
    assert functions == {*COMPARED, *NEEDS_A_MODEL}
    twins = {OTHER_NAMES.get(name, f"read_{name}" if name in PARSERS else name) for name in functions}
    assert twins <= set(twin.__all__)


@pytest.mark.parametrize("name", COMPARED)
@settings(max_examples=60)
@given(seed=st.integers(0, 10**9))
def test_the_twin_finds_the_same(name: str, seed: int) -> None:
    compare(name, seed)


def compare(name: str, seed: int) -> Any:
    mine, plain = COMPARED[name](random.Random(f"{name} {seed}"))
    assert same(mine, plain), (name, seed, mine, plain)
    return mine


@pytest.mark.timeout(3600)
@pytest.mark.slow  # 100,000 cases a function take hours in the plain twin; those of the tables in exactness.md are their own
@pytest.mark.parametrize("name", COMPARED)
def test_the_twin_finds_the_same_in_thousands(name: str) -> None:
    for seed in range(5000):
        compare(name, seed)


VALUES: Sequence[str] = (
    "box_precision",
    "box_recall",
    "box_f1",
    "detection_max",
    "grounding",
    "overlong",
    "repetition",
)


@pytest.mark.parametrize("name", VALUES)
def test_a_third_of_the_values_lies_between(name: str) -> None:
    values = [float(compare(name, seed)) for seed in range(150)]
    assert sum(1e-9 < value < 1 - 1e-9 for value in values) >= 45
