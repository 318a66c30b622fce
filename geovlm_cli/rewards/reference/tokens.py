"""The word tokens of EarthDial's scorers: NLTK's English tokenizer, and nothing to install.

The rules and their order follow `nltk.tokenize.destructive` (NLTK 3.9, Apache-2.0). NLTK's `word_tokenize` also cuts a text into sentences before, with
a trained model that is a download: labels are cut here at `.`, `?` or `!` before white space, and a caption is taken as one sentence, as in the
independently computed figures of EarthDial's answers.
"""

from __future__ import annotations

import re

from geovlm_cli.rewards.reference.common import scrub

_RULES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # opening quotes
        (r"([«“‘„]|`+)", r" \1 "),
        (r'^"', "``"),
        ("(``)", r" \1 "),
        (r"([ (\[{<])(\"|'{2})", r"\1 `` "),
        (r"(?i)(?<!\w)(')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", r"\1 "),
        # punctuation; a full stop only at the end of the sentence
        (r"([^.])(\.)([\])}>\"'»”’ ]*+)\s*$", r"\1 \2 \3 "),
        (r"([:,])([^\d])", r" \1 \2"),
        (r"([:,])$", r" \1 "),
        (r"\.{2,}", r" \g<0> "),
        (r"[;@#$%&]", r" \g<0> "),
        (r"[\u2012-\u2015]", r" \g<0> "),
        (r"([^.])(\.)([\])}>\"']*)\s*$", r"\1 \2\3 "),
        (r"[?!]", r" \g<0> "),
        (r"([^'])' ", r"\1 ' "),
        (r"\*", r" \g<0> "),
        (r"[\]\[(){}<>]", r" \g<0> "),
        ("--", " -- "),
        # closing quotes and clitics
        (r"$", " "),
        (r"^", " "),
        (r"([»”’])", r" \1 "),
        (r"''", " '' "),
        (r'"', " '' "),
        (r"\s+", " "),
        (r"([^' ])('[sS]|'[mM]|'[dD]|') ", r"\1 \2 "),
        (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", r"\1 \2 "),
        # contractions
        (r"(?i)\b(can)(not)\b", r" \1 \2 "),
        (r"(?i)\b(d)('ye)\b", r" \1 \2 "),
        (r"(?i)\b(gim)(me)\b", r" \1 \2 "),
        (r"(?i)\b(gon)(na)\b", r" \1 \2 "),
        (r"(?i)\b(got)(ta)\b", r" \1 \2 "),
        (r"(?i)\b(lem)(me)\b", r" \1 \2 "),
        (r"(?i)\b(more)('n)\b", r" \1 \2 "),
        (r"(?i)\b(wan)(na)(?=\s)", r" \1 \2 "),
        (r"(?i) ('t)(is)\b", r" \1 \2 "),
        (r"(?i) ('t)(was)\b", r" \1 \2 "),
    )
]


def tokens(text: str) -> list[str]:
    """Return the tokens of a text after EarthDial's preparation: trimmed, lower case, every blank deleted."""
    prepared = scrub(text).strip().lower().replace(" ", "")
    return [word for sentence in re.split(r"(?<=[.?!])\s+", prepared) for word in nltk_words(sentence)]


def nltk_words(sentence: str) -> list[str]:
    """Return the tokens of a text that is taken as one sentence (`NLTKWordTokenizer.tokenize`)."""
    for pattern, replacement in _RULES:
        sentence = pattern.sub(replacement, sentence)
    return sentence.split()


def token_recall(answer: str, reference: str) -> float:
    """Return |set(reference) ∩ set(answer)| / len(reference) over tokens (EarthDial's `evaluate_f1`)."""
    expected = tokens(reference)
    return len(set(expected) & set(tokens(answer))) / len(expected) if expected else 0.0


def geochat_equal(answer: str, reference: str) -> float:
    """Return 1 where two trimmed texts are equal in lower case without blanks and full stops (GeoChat's scene scorer)."""
    bare = [scrub(text).strip().lower().replace(" ", "").replace(".", "") for text in (answer, reference)]
    return float(bare[0] == bare[1] != "")
