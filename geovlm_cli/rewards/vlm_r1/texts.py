"""VLM-R1's rewards of texts: default, all_match, math, mcq, yes_no."""

from __future__ import annotations

import re

from geovlm_cli.rewards.reference.labels import normal
from geovlm_cli.rewards.scores.edits import levenshtein
from geovlm_cli.rewards.vlm_r1.bugs import Bugs, wanted
from geovlm_cli.rewards.vlm_r1.numbers import plain_number, python_number, same_number
from geovlm_cli.rewards.vlm_r1.reading import answer_of, cleaned, guessed_choice, plain_choice, truth_of


def default(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """1 for the same number; else by the truth: a number is equal or not, a choice is its letter, any other text the Levenshtein ratio of both."""
    named = wanted(bugs)
    answer, truth = answer_of(content, named), truth_of(solution)
    if answer is None or _is_nothing(truth, named):
        return 0.0
    if same_number(answer, truth):
        return 1.0
    choice = (guessed_choice if "loose_choice" in named else plain_choice)(truth)
    if "digit_route" in named and re.search(r"\d", truth):
        choice = None
    elif choice is not None:
        found = (guessed_choice if "loose_choice" in named else plain_choice)(answer)
        return float(found == choice)
    return _number_or_text(cleaned(answer), cleaned(truth), named)


def _number_or_text(answer: str, truth: str, bugs: frozenset[str]) -> float:
    read = python_number if "float_forms" in bugs else plain_number
    true = read(truth) if re.search(r"\d", truth) else None
    found = read(answer) if true is not None else None
    if true is not None and found is not None:
        return float(found == true)
    if true is not None and "digit_route" not in bugs:
        return 0.0  # a number is met by a number, not by a text that looks like it
    return _ratio(answer, truth)


def _ratio(answer: str, truth: str) -> float:
    """Return `Levenshtein.ratio`, in which two empty texts are equal."""
    return float(answer == truth) if not answer or not truth else float(levenshtein([answer], [truth])[0])


def all_match(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """1 where both texts are equal: lower case, line breaks as blanks, final stops off."""
    named = wanted(bugs)
    answer, truth = answer_of(content, named), truth_of(solution)
    if answer is None or _is_nothing(truth, named):
        return 0.0
    return float(cleaned(answer) == cleaned(truth))


def _is_nothing(truth: str, bugs: frozenset[str]) -> bool:
    """Say whether a truth asks for nothing, which no answer can give."""
    return not cleaned(truth) and "empty_truth" not in bugs


def math(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """1 where both are the same number: by math-verify where it is installed, else, and outside the main thread, by a parser of plain numbers (`judge` says which)."""
    answer = answer_of(content, wanted(bugs))
    return float(answer is not None and same_number(cleaned(answer), cleaned(truth_of(solution))))


def mcq(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """1 where the letter of the answer is that of the truth."""
    named = wanted(bugs)
    answer = answer_of(content, named, "first")
    read = guessed_choice if "loose_choice" in named else plain_choice
    truth = guessed_choice(solution) or solution.strip() if "tagged_truth" in named else read(truth_of(solution))
    found = read(answer) if answer is not None else None
    return float(found is not None and found == truth)


def yes_no(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """1 where answer and truth are both the bare word `yes`, or both `no`."""
    named = wanted(bugs)
    answer = answer_of(content, named, "first")
    if answer is None:
        return 0.0
    found, truth = (_word(text.lower(), named) for text in (answer, truth_of(solution)))
    return float(found == truth and (bool(truth) or "both_absent" in named))


def _word(text: str, bugs: frozenset[str]) -> str:
    if "substring" in bugs:
        found = re.search("yes|no", text)
        return found.group() if found else ""
    # CPython's NFC takes quadratic time for a heap of combining marks; what `normal` leaves of `yes` has three letters before it, too.
    bare = text.strip().removesuffix(".").replace("_", " ").replace("-", " ").strip()
    word = normal(text) if len(bare) <= len("yes") else ""
    return word if word in ("yes", "no") else ""
