"""ROUGE as the `rouge-score` package and as COCO's caption evaluation compute it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from geovlm_cli.rewards.reference.common import MAX_WORDS, visible
from geovlm_cli.rewards.reference.porter import stem
from geovlm_cli.rewards.reference.texts import lcs, over_references

_BETA = 1.2


def rouge(
    text: str,
    references: Sequence[str],
    *,
    variant: str = "rougeL",
    stemmer: bool = False,
    rate: str = "f",
    several: str = "best",
) -> float:
    """Return precision, recall or F of `rouge1`, `rouge2`, `rougeL` or `rougeLsum` over several references."""
    found = [_rates(_counts(text, reference, variant, stemmer=stemmer)) for reference in references]
    if several == "best":
        return max(found, key=lambda rates: rates["f"], default={rate: 0.0})[rate]
    return over_references([rates[rate] for rates in found], several)


def _rates(counts: tuple[int, int, int]) -> dict[str, float]:
    shared, in_text, in_reference = counts
    precision, recall = shared / max(in_text, 1), shared / max(in_reference, 1)
    f = 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
    return {"f": f, "precision": precision, "recall": recall}


def _counts(text: str, reference: str, variant: str, *, stemmer: bool) -> tuple[int, int, int]:
    if variant == "rougeLsum":
        return _of_lines(*(_lines(side, stemmer=stemmer) for side in (text, reference)))
    a, b = rouge_words(text, stemmer=stemmer), rouge_words(reference, stemmer=stemmer)
    if variant == "rougeL":
        a, b = a[:MAX_WORDS], b[:MAX_WORDS]
        return lcs(b, a), len(a), len(b)
    size = int(variant.removeprefix("rouge"))
    first, second = (Counter(zip(*(side[i:] for i in range(size)), strict=False)) for side in (a, b))
    return (first & second).total(), first.total(), second.total()


def rouge_words(text: str, *, stemmer: bool) -> list[str]:
    """Return the words `[a-z0-9]+` of the lower-cased text; stems of those of more than three letters where asked for."""
    found = re.findall("[a-z0-9]+", text.lower())
    return [stem(word) if len(word) > 3 else word for word in found] if stemmer else found


def _lines(text: str, *, stemmer: bool) -> list[list[str]]:
    lines, left = [], MAX_WORDS
    for line in text.split("\n"):
        lines.append(rouge_words(line, stemmer=stemmer)[:left])
        left -= len(lines[-1])
    return lines


def _of_lines(text: Sequence[Sequence[str]], reference: Sequence[Sequence[str]]) -> tuple[int, int, int]:
    left = Counter(word for line in text for word in line)
    shared = 0
    for line in reference:
        for place in sorted({place for other in text for place in _places(line, other)}):
            shared += left[line[place]] > 0
            left[line[place]] -= 1
    return shared, sum(map(len, text)), sum(map(len, reference))


def _places(line: Sequence[str], other: Sequence[str]) -> list[int]:
    """Return the places of `line` that one longest common subsequence takes: the one that `rouge-score` finds from the ends."""
    table = [[0] * (len(other) + 1) for _ in range(len(line) + 1)]
    for i, word in enumerate(line, 1):
        for j, its in enumerate(other, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if word == its else max(table[i - 1][j], table[i][j - 1])
    i, j, places = len(line), len(other), []
    while i and j:
        if line[i - 1] == other[j - 1]:
            i, j = i - 1, j - 1
            places.append(i)
        elif table[i][j - 1] > table[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return places


def coco_rouge(text: str, references: Sequence[str]) -> float:
    """Return COCO's ROUGE-L, β = 1.2: the best precision and the best recall of all references, words between single blanks."""
    if not visible(text):
        return 0.0
    words, *others = (side.split(" ")[:MAX_WORDS] for side in (text, *references))
    pairs = [(lcs(words, other), len(other)) for other in others]
    precision = max((shared / len(words) for shared, _ in pairs), default=0.0)
    recall = max((shared / count for shared, count in pairs), default=0.0)
    if not precision or not recall:
        return 0.0
    return (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)
