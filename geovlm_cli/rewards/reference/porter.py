"""Porter's stemmer in nltk's default form (its mode `NLTK_EXTENSIONS`), from regular expressions over a word's vowels and consonants."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_IRREGULAR = {
    "skies": "sky",
    "sky": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "news": "news",
    "innings": "inning",
    "inning": "inning",
    "outings": "outing",
    "outing": "outing",
    "cannings": "canning",
    "canning": "canning",
    "howe": "howe",
    "proceed": "proceed",
    "exceed": "exceed",
    "succeed": "succeed",
}
_STEP_2 = (
    "ational ate, tional tion, enci ence, anci ance, izer ize, bli ble, alli al, entli ent, eli e, ousli ous, ization ize, ation ate, "
    "ator ate, alism al, iveness ive, fulness ful, ousness ous, aliti al, iviti ive, biliti ble, fulli ful"
)
_STEP_3 = "icate ic, ative, alize al, iciti ic, ical ic, ful, ness"
_STEP_4 = "al, ance, ence, er, ic, able, ible, ant, ement, ment, ent, ion, ou, ism, ate, iti, ous, ive, ize"  # the first that fits decides


def stem(word: str) -> str:
    """Return the stem of a lower-case word, equal to nltk's `PorterStemmer().stem(word)`."""
    if word in _IRREGULAR or len(word) <= 2:
        return _IRREGULAR.get(word, word)
    for step in (_step_1a, _step_1b, _step_1c, _step_2, _step_3, _step_4, _step_5a, _step_5b):
        word = step(word)
    return word


def _shape(word: str) -> str:
    """Write c for each consonant and v for each vowel; `y` is a vowel after a consonant."""
    shape = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and shape.endswith("c"))
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    return _shape(word).count("vc")


def _ends_cvc(word: str) -> bool:
    shape = _shape(word)
    return shape == "vc" or (shape.endswith("cvc") and word[-1] not in "wxy")


def _replace(word: str, rules: Sequence[str], allowed: Callable[[str], bool]) -> str:
    for rule in rules:
        suffix, _, replacement = rule.partition(" ")
        if word.endswith(suffix):
            head = word.removesuffix(suffix)
            return head + replacement if allowed(head) else word
    return word


def _step_1a(word: str) -> str:
    if re.fullmatch(".ies", word, flags=re.DOTALL):
        return word[:-1]
    return _replace(word, ["sses ss", "ies i", "ss ss", "s"], lambda _: True)


def _step_1b(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    head = re.sub("(ed|ing)$", "", word)
    return word if head == word or "v" not in _shape(head) else _mended(head)


def _mended(head: str) -> str:
    if head.endswith(("at", "bl", "iz")):
        return head + "e"
    if head[-1:] == head[-2:-1] and _shape(head).endswith("c"):
        return head if head[-1] in "lsz" else head[:-1]
    if head.endswith("*d"):  # nltk's own sign for "double consonant", read as a suffix
        return head[:-2] + "d"
    return head + "e" if _measure(head) == 1 and _ends_cvc(head) else head


def _step_1c(word: str) -> str:
    return _replace(word, ["y i"], lambda head: len(head) > 1 and _shape(head).endswith("c"))


def _step_2(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]) > 0:
        word = word[:-2]
    if word.endswith("logi"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    return _replace(word, _STEP_2.split(", "), lambda head: _measure(head) > 0)


def _step_3(word: str) -> str:
    return _replace(word, _STEP_3.split(", "), lambda head: _measure(head) > 0)


def _step_4(word: str) -> str:
    ends_as_ion_needs = not word.endswith("ion") or word.endswith(("sion", "tion"))
    return _replace(word, _STEP_4.split(", "), lambda head: _measure(head) > 1 and ends_as_ion_needs)


def _step_5a(word: str) -> str:
    return _replace(word, ["e"], lambda head: _measure(head) > 1 or (_measure(head) == 1 and not _ends_cvc(head)))


def _step_5b(word: str) -> str:
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
