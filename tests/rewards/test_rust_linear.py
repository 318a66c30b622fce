"""Adversarial completions cost time in proportion to their length, and never more than a fraction of a second."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from geovlm_cli import _rust_rewards as rust

TOKENS = rust.TokenTruth(["two planes, a ship."])
ROW = np.zeros(1, dtype=np.int64)
EXTENT = np.array([[1000.0, 1000.0]])
LABELS = rust.LabelTruth([["a, b, c, d", "ship"], []], np.array([0]), [["ship"]])
SHIP = rust.AnswerTruth(["ship"])
CAPTION = rust.TextTruth([["two planes are parked near a terminal " * 20]])
ITEM = '{"bbox_2d": [10, 20, 30, 40], "label": "plane"}'
GOOD = np.zeros(1, dtype=np.bool_)
CAPTIONS = [["two planes are parked near a terminal " * 20]]
FREQUENCIES = rust.DocumentFrequencies([*CAPTIONS, ["a port"]])
METEOR = rust.MeteorTruth(CAPTIONS, bad=GOOD)
BLEU = rust.BleuTruth(CAPTIONS, bad=GOOD, tokens="words")
CIDER = rust.CiderTruth(CAPTIONS, bad=GOOD, frequencies=FREQUENCIES)
BOXES = rust.BoxTruth(np.array([[10.0, 20, 30, 40, 0]]), np.array([0, 1]), np.ones((1, 2)))

FAMILIES: dict[str, Callable[[int], str]] = {
    "nothing": lambda n: "x" * n,
    "opened brackets": lambda n: "[" * n,
    "opened objects": lambda n: '{"a":' * (n // 5),
    "opened thinks": lambda n: "<think>" * (n // 7),
    "opened answers": lambda n: "<think>t</think>" + "<answer>" * (n // 8),
    "tag heads": lambda n: "<answe" * (n // 6),
    "signs": lambda n: "<" * n,
    "blanks between tags": lambda n: "<think>t</think>" + " " * n + "<answer",
    "a repeated word": lambda n: "plane " * (n // 6),
    "different words": lambda n: " ".join(map(str, range(n // 6))),
    "one word": lambda n: "a" * n,
    "items": lambda n: "[" + ", ".join([ITEM] * (n // 49)) + "]",
    "keys": lambda n: "[{" + ", ".join(f'"k{i}": 1' for i in range(n // 12)) + "}]",
    "lists": lambda n: "[1, 2, 3, 4, 5]" * (n // 15),
    "near lists": lambda n: "[1, 2, 3, x]" * (n // 12),
    "geochat": lambda n: "{<1><2><3><4>|<5>}" * (n // 18),
    "phrases": lambda n: "<p>" * (n // 3),
    "digits": lambda n: "[" + "9" * n + ", 2, 3, 4]",
    "opened string": lambda n: '[{"label": "' + "a" * n,
    "backslashes": lambda n: '["' + "\\" * n + '"]',
    "escapes": lambda n: '["' + "\\ud800" * (n // 6) + '"]',
    "commas": lambda n: "," * n,
    "labels": lambda n: "x,y;" * (n // 4),
    "nul": lambda n: "\0" * n,
    "accents": lambda n: "e" + "\u0301" * (n // 2),
    "mixed accents": lambda n: "e" + "\u0301\u0316" * (n // 4),
    "accented letters": lambda n: "e\u0301" * (n // 3),
    "letters of many scripts": lambda n: "".join(map(chr, range(0x100, 0xD7FF)))[: n // 3] * (n // 3 // 0xD6FF or 1),
    "letters that fold": lambda n: "ß" * (n // 2),
    "backquotes": lambda n: "`" * n,
    "opened boxes": lambda n: "<box>[" * (n // 6),
    "opened fences": lambda n: "``` json [{" * (n // 11),
    "quotes": lambda n: "'\"" * (n // 2),
    "quotation marks": lambda n: "“‘’”" * (n // 12),
    "contractions": lambda n: "cannot-" * (n // 7),
    "clitics": lambda n: "don't've's;" * (n // 11),
    "double quotes": lambda n: '"' * n,
    "punctuation": lambda n: "%$#@" * (n // 4),
    "surrogates": lambda n: "\ud800" * (n // 3),
    "stops": lambda n: "a." * (n // 2),
    "lines": lambda n: "a.\n" * (n // 3),
    "capital sigmas": lambda n: "\u03a3" * (n // 2),
    "words twice": lambda n: " ".join(f"{i * 7919 % (n // 12)}" for i in range(n // 6)),
}


def score(text: str) -> None:
    """Run every parser and every text score over one completion."""
    for structure in ("think_answer", "any"):
        rust.read_structure([text], structure=structure)
    read = rust.read_structure([text], structure="plain")
    for syntax in ("qwen-json", "list5", "geochat", "internvl", "earthdial"):
        boxes = rust.parse_boxes(read, syntax=syntax, extents=EXTENT, rows=ROW)
        BOXES.detection(boxes, rows=ROW)
        rust.average_precision(BOXES, boxes, rows=ROW, by_class=False)
        rust.parse_grounded(read, syntax=syntax, extents=EXTENT, rows=ROW)
    for many in (False, True):
        rust.parse_labels(read, truth=LABELS, rows=ROW, many=many)
    rust.parse_answers(read, truth=SHIP, rows=ROW)
    rust.repeated_words(read)
    caption = rust.parse_text(read)
    TOKENS.recall(caption, rows=ROW)
    TOKENS.spaceless_equal(caption, rows=ROW)
    CAPTION.rouge(caption, rows=ROW, variant="rougeL")
    CAPTION.rouge(caption, rows=ROW, variant="rouge2", stemmer=True)
    CAPTION.rouge(caption, rows=ROW, variant="rougeLsum")
    CAPTION.coco_rouge(caption, rows=ROW)
    CAPTION.jaccard(caption, rows=ROW)
    CAPTION.levenshtein(caption, rows=ROW)
    CAPTION.levenshtein(caption, rows=ROW, variant="classic")
    CAPTION.lcs_f(caption, rows=ROW)
    synonyms = [(stem, ["plane", "termin"]) for stem in METEOR.unmatched(caption, rows=ROW)]
    METEOR.scores(caption, rows=ROW, synonyms=synonyms)
    BLEU.counts(caption, rows=ROW)
    CIDER.scores(caption, rows=ROW)


def seconds(text: str) -> float:
    """Return the least CPU seconds of three runs."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        score(text)
        spent.append(time.process_time() - start)
    return min(spent)


@pytest.mark.parametrize("name", FAMILIES)
def test_eight_times_the_text_costs_about_eight_times_as_much(name: str) -> None:
    short, long = (FAMILIES[name](length) for length in (1 << 17, 1 << 20))
    long = long[: 1 << 20] if long.isascii() else long
    # A quadratic cost would be 64 times as much; 20 leaves room for a busy machine and for caches.
    assert seconds(long) <= 20 * seconds(short) + 0.02


@pytest.mark.parametrize("name", FAMILIES)
def test_a_full_completion_of_any_kind_is_scored_at_once(name: str) -> None:
    text = FAMILIES[name]((1 << 20) - 1000)
    score(text)
    assert seconds(text) < 1.0  # all parsers and scores together; a quadratic one takes minutes
