"""METEOR, BLEU and CIDEr-D, from their formulas and with loops over all pairs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from geovlm_cli.rewards.reference.common import MAX_WORDS
from geovlm_cli.rewards.reference.porter import stem
from geovlm_cli.rewards.reference.texts import over_references

Cut = Callable[[str], list[str]]
Gram = tuple[str, ...]
Indexed = list[tuple[int, str]]
Pair = tuple[int, int]

ORDERS = (1, 2, 3, 4)


def blanks(text: str) -> list[str]:
    """Return the first 4,000 pieces between white space."""
    return text.split()[:MAX_WORDS]


# --- METEOR ----------------------------------------------------------------------------------------------------------------------


def meteor(
    text: str,
    references: Sequence[str],
    *,
    several: str = "best",
    synonyms: Mapping[str, Collection[str]] | None = None,
    tokens: Cut = blanks,
) -> float:
    """Return METEOR as nltk computes it; `synonyms` are the words that mean the same as a stem of the text."""
    words = [token.lower() for token in tokens(text)]
    return over_references(
        [_meteor(words, [token.lower() for token in tokens(r)], synonyms or {}) for r in references], several
    )


def _meteor(words: list[str], reference: list[str], synonyms: Mapping[str, Collection[str]]) -> float:
    pairs = _align(words, reference, synonyms)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(words), len(pairs) / len(reference)
    mean = precision * recall / (0.9 * precision + 0.1 * recall)
    chunks = 1 + sum((i + 1, j + 1) not in pairs for i, j in pairs[:-1])
    return (1 - 0.5 * (chunks / len(pairs)) ** 3) * mean


def _align(words: list[str], reference: list[str], synonyms: Mapping[str, Collection[str]]) -> list[Pair]:
    """Return the pairs of places of three stages: equal words, equal stems, synonyms of stems."""
    left, right = list(enumerate(words)), list(enumerate(reference))
    pairs = _matched(left, right, lambda a, b: a == b)
    left, right = [(i, stem(word)) for i, word in left], [(j, stem(word)) for j, word in right]
    pairs += _matched(left, right, lambda a, b: a == b)
    pairs += _matched(left, right, lambda a, b: b in synonyms.get(a, ()))
    return sorted(pairs)


def _matched(left: Indexed, right: Indexed, alike: Callable[[str, str], bool]) -> list[Pair]:
    """Take from both sides what pairs, each word of the left, from its end, with the last one of the right that is like it."""
    pairs = []
    for item in reversed(list(left)):
        partner = next((other for other in reversed(right) if alike(item[1], other[1])), None)
        if partner is not None:
            pairs.append((item[0], partner[0]))
            left.remove(item)
            right.remove(partner)
    return pairs


# --- BLEU ------------------------------------------------------------------------------------------------------------------------


def grams(tokens: Sequence[str], order: int) -> Counter[Gram]:
    """Count the n-grams of one length."""
    return Counter(tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1))


def bleu_counts(text: str, references: Sequence[str], *, tokens: Cut = blanks) -> list[int]:
    """Return the matched n-grams of 1 to 4 tokens, the tokens, and the tokens of the reference that is closest in length."""
    words, others = tokens(text), [tokens(reference) for reference in references]
    matched = [
        sum(min(count, max(grams(other, n)[gram] for other in others)) for gram, count in grams(words, n).items())
        for n in ORDERS
    ]
    return [*matched, len(words), min(map(len, others), key=lambda length: (abs(length - len(words)), length))]


def bleu(
    text: str, references: Sequence[str], *, order: int = 4, smoothing: str = "none", tokens: Cut = blanks
) -> float:
    """Return sentence BLEU of one to `order` tokens with equal weights."""
    *matched, length, closest = bleu_counts(text, references, tokens=tokens)
    if not matched[0]:
        return 0.0
    precisions = []
    for n, found in zip(range(1, order + 1), matched, strict=False):
        total = max(length - n + 1, 1)
        if smoothing == "add-one" and n > 1:
            precisions.append((found + 1) / (total + 1))
        else:
            precisions.append((found or (0.1 if smoothing == "epsilon" else 0)) / total)
    brevity = 1.0 if length > closest else math.exp(1 - closest / length)
    return brevity * math.prod(precisions) ** (1 / order)


def corpus_bleu(counts: Sequence[Sequence[int]]) -> list[float]:
    """Return BLEU-1 to BLEU-4 of a corpus from the `bleu_counts` of its rows, with pycocoevalcap's guards."""
    length, closest = sum(row[4] for row in counts) + 1e-15, sum(row[5] for row in counts) + 1e-9
    brevity = min(1.0, math.exp(1 - closest / length)) if length > 1e-3 else 0.0
    precisions = [
        (sum(row[n - 1] for row in counts) + 1e-15) / (sum(max(row[4] - n + 1, 0) for row in counts) + 1e-9)
        for n in ORDERS
    ]
    return [brevity * math.prod(precisions[:n]) ** (1 / n) for n in ORDERS]


# --- CIDEr-D ---------------------------------------------------------------------------------------------------------------------


def cider(text: str, references: Sequence[str], documents: Sequence[Sequence[str]], *, tokens: Cut = blanks) -> float:
    """Return CIDEr-D / 10 of a text, n-grams weighted by the documents (the references of one sample each)."""
    words = tokens(text)
    found = [_similarity(words, tokens(reference), documents, tokens) for reference in references]
    return min(sum(found) / len(found), 1.0)  # rounding passes it


def _similarity(words: list[str], other: list[str], documents: Sequence[Sequence[str]], tokens: Cut) -> float:
    cosines = []
    for n in ORDERS:
        weight = _weights(documents, tokens, n)
        a = {gram: count * weight(gram) for gram, count in grams(words, n).items()}
        b = {gram: count * weight(gram) for gram, count in grams(other, n).items()}
        norm = math.sqrt(sum(value**2 for value in a.values()) * sum(value**2 for value in b.values()))
        product = sum(min(value, b.get(gram, 0.0)) * b.get(gram, 0.0) for gram, value in a.items())
        cosines.append(product / norm if norm else 0.0)
    apart = max(len(words) - 1, 0) - max(len(other) - 1, 0)
    return sum(cosines) / len(cosines) * math.exp(-(apart**2) / (2 * 6**2))


def _weights(documents: Sequence[Sequence[str]], tokens: Cut, order: int) -> Callable[[Gram], float]:
    """Return the weight of an n-gram: the logarithm of the documents over those that hold it."""
    held: Counter[Gram] = Counter()
    for texts in documents:
        held.update({gram for text in texts for gram in grams(tokens(text), order)})
    return lambda gram: math.log(len(documents)) - math.log(max(held[gram], 1))
