"""Hand-worked cases of the rewards of texts: completion, truth, reward, and the reward under a named bug."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    content: str
    solution: str
    reward: float
    bugs: dict[str, float] = {}  # noqa: RUF012  # never written to


def a(text: str) -> str:
    return f"<answer>{text}</answer>"


DEFAULT = [
    Case(a("12"), "12", 1),
    Case(a("12.0"), "12", 1),  # the same number
    Case(a("13"), "12", 0),  # another number
    Case(a("12 ships"), "12", 0, {"digit_route": 4 / 10}),  # two letters shared: 2·2 of 8 + 2 letters
    Case(a("50%"), "0.5", 1),  # 50/100
    Case(a("3/4"), "0.75", 1),
    Case(a("1_000"), "1000", 0, {"float_forms": 1}),  # Python's float reads 1000
    Case(a("１２"), "12", 0, {"float_forms": 1}),  # full-width digits
    Case(a("airport"), "airport", 1),
    Case(a("AIRPORT.\n"), "airport", 1),
    Case(a("airports"), "airport", 14 / 15),  # one insertion in 8 + 7 letters
    Case(a("port"), "airport", 8 / 11),  # three insertions in 4 + 7
    Case(a("xyz"), "abc", 0),  # nothing in common
    Case(a(""), "airport", 0),
    Case(a("B"), "B", 1),
    Case(a("C"), "B", 0),
    Case(a("B. a ship"), "B", 1),
    Case(a("I think B."), "B", 0, {"loose_choice": 1}),  # the one capital before a stop
    Case(a("A"), "A. 3 ships", 1, {"digit_route": 2 / 11}),  # one shared letter: 2·1 of 1 + 10
    Case("airport", "airport", 0, {"whole_text": 1}),
    Case(a("port") + a("airport"), "airport", 0, {"any_block": 1}),  # the last one
    Case(a(""), "", 0, {"empty_truth": 1}),
    Case(a("."), "<answer> ... </answer>", 0, {"empty_truth": 1}),  # nothing is left of either
]
ALL_MATCH = [
    Case(a("Ship"), "ship", 1),
    Case(a("SHIP"), "Ship", 1),
    Case(a(" ship "), "ship", 1),
    Case(a("ship."), "ship", 1),
    Case(a("ship..."), "ship", 1),  # all final stops go
    Case(a("ships"), "ship", 0),
    Case(a("sh ip"), "ship", 0),
    Case(a("ship !"), "ship!", 0),
    Case(a("two\nships"), "two ships", 1),  # a break is a blank
    Case(a("two \nships"), "two ships", 1),  # and nothing after a blank
    Case(a("two\r\nships"), "two ships", 1),
    Case(a("a, b"), "b, a", 0),
    Case(a("12"), "12.0", 0),  # texts, not numbers
    Case(a("Straße"), "strasse", 0),  # lower case, no folding
    Case(a("<b>ship</b>"), "ship", 0),
    Case(a("ship"), "<answer> ship </answer>", 1),
    Case("<think>x</think>" + a("ship"), "ship", 1),
    Case("ship", "ship", 0, {"whole_text": 1}),
    Case("<answer>ship", "ship", 0, {"whole_text": 0}),  # the open tag is part of the text
    Case(a("boat") + a("ship"), "ship", 0, {"any_block": 1}),
    Case(a("ship") + a("boat"), "ship", 0, {"any_block": 0}),
    Case(a(""), "", 0, {"empty_truth": 1}),
    Case(a("."), "..", 0, {"empty_truth": 1}),
]
MATH = [
    Case(a("12"), "12", 1),
    Case(a("12.0"), "12", 1),
    Case(a("+3"), "3", 1),
    Case(a("-3"), "3", 0),
    Case(a("7."), "7", 1),  # a final stop
    Case(a(".5"), "0.5", 1),
    Case(a("1,000"), "1000", 1),
    Case(a("10,00"), "1000", 0),  # no group of three
    Case(a("1e3"), "1000", 1),
    Case(a("0.5"), "1/2", 1),
    Case(a("2/4"), "1/2", 1),
    Case(a("0.3333"), "1/3", 0),  # not the same number
    Case(a("50%"), "0.5", 1),
    Case(a(r"\frac{1}{2}"), "0.5", 1),
    Case(a(r"\boxed{7}"), "7", 1),
    Case(a("$7$"), "7", 1),
    Case(a("1/0"), "1", 0),  # no number
    Case(a("seven"), "7", 0),
    Case(a(""), "7", 0),
    Case("7", "7", 0, {"whole_text": 1}),
    Case(a("6") + a("7"), "7", 0, {"any_block": 1}),
]
MCQ = [
    Case(a("B"), "B", 1),
    Case(a("b"), "B", 1),
    Case(a("(B)"), "B", 1),
    Case(a("B."), "B", 1),
    Case(a("B. a ship"), "B", 1),
    Case(a("B:\nyes"), "B", 1),
    Case(a("D) both"), "D", 1),
    Case(a("B"), "B. a ship", 1),
    Case(a("B"), "<answer> B </answer>", 1, {"tagged_truth": 0}),  # a blank follows the letter, so none is found
    Case(a("C"), "B", 0),
    Case(a("BB"), "B", 0),
    Case(a("ship"), "B", 0),
    Case(a(""), "B", 0),
    Case(a("B"), "ship", 0),  # the truth has no letter
    Case(a("A or B"), "B", 0, {"loose_choice": 1}),  # only B stands before the end
    Case(a("The answer is B."), "B", 0, {"loose_choice": 1}),
    Case(a("B, C"), "B", 0, {"loose_choice": 0}),  # B: 1 for the comma; C: 2 for standing late
    Case(a("B! not A."), "B", 0, {"loose_choice": 0}),  # B: 1 for the mark; A: 2 + 1
    Case("B", "B", 0, {"whole_text": 1}),
    Case(a("B") + a("C"), "B", 0, {"any_block": 1}),  # the first one
    Case(a("C") + a("B"), "B", 0, {"any_block": 0}),
]
YES_NO = [
    Case(a("yes"), "yes", 1),
    Case(a("Yes."), "yes", 1),
    Case(a("no"), "no", 1),
    Case(a("YES"), "<answer> Yes </answer>", 1),
    Case(a("no"), "yes", 0),
    Case(a("yes, there is"), "yes", 0, {"substring": 1}),
    Case(a("yes!"), "yes", 0, {"substring": 1}),
    Case(a("not sure"), "no", 0, {"substring": 1}),  # n-o-t
    Case(a("north"), "no", 0, {"substring": 1}),
    Case(a("none"), "no", 0, {"substring": 1}),
    Case(a("I know"), "no", 0, {"substring": 1}),  # k-n-o-w
    Case(a("yesterday"), "yes", 0, {"substring": 1}),
    Case(a("eyes"), "yes", 0, {"substring": 1}),
    Case(a("no and yes"), "no", 0, {"substring": 1}),  # the first of both
    Case(a("maybe"), "perhaps", 0, {"both_absent": 1}),
    Case(a(""), "ship", 0, {"both_absent": 1}),
    Case(a("maybe"), "yes", 0, {"both_absent": 0}),
    Case("yes", "yes", 0, {"whole_text": 1}),
    Case(a("yes") + a("no"), "yes", 0, {"any_block": 1}),  # the first one
    Case(a("no") + a("yes"), "yes", 0, {"any_block": 0}),
    Case("<Answer>yes</Answer>", "yes", 0),  # tags are lower case
]
