"""VLM-R1's reward catalogue (om-ai-lab/VLM-R1, 90052f4) for drop-in users: `reward(content, solution)` gives one number.

Its bugs are mended unless `bugs=True` or the name of one asks for them; `BUGS` names them all. `llm`, the judge behind a network call, is not
offered: a reward that a model's answer can talk to is no reward, and none of ours waits for a server. Numbers are compared by math-verify
where it is installed, else by a parser of plain numbers: `judge()` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.rewards.arguments import sequence, text
from geovlm_cli.rewards.vlm_r1.boxes import map_, od_ap, od_ap50, od_length, rec, weighted_sum
from geovlm_cli.rewards.vlm_r1.bugs import BUGS, Bugs
from geovlm_cli.rewards.vlm_r1.numbers import judge
from geovlm_cli.rewards.vlm_r1.shape import length, repetition
from geovlm_cli.rewards.vlm_r1.texts import all_match, default, math, mcq, yes_no

METHODS: Mapping[str, Callable[..., float]] = {
    "default": default,
    "mcq": mcq,
    "yes_no": yes_no,
    "map": map_,
    "od_ap": od_ap,
    "od_ap50": od_ap50,
    "odLength": od_length,
    "weighted_sum": weighted_sum,
    "all_match": all_match,
    "math": math,
}


def accuracy(
    contents: Sequence[str], solutions: Sequence[str], methods: str | Sequence[str] = "default", *, bugs: Bugs = False
) -> list[float]:
    """Return one reward a completion by VLM-R1's `accu_reward_method`, one for all or one each; an unknown one raises RewardInputError."""
    sequence("contents", contents)
    sequence("solutions", solutions)
    named = [methods] * len(contents) if isinstance(methods, str) else list(sequence("methods", methods))
    if not len(contents) == len(solutions) == len(named):
        raise RewardInputError(
            f"contents has {len(contents)} rows, solutions {len(solutions)} and methods {len(named)}; they must be equal."
        )
    for row, (content, solution, method) in enumerate(zip(contents, solutions, named, strict=True)):
        text(f"contents[{row}]", content)
        text(f"solutions[{row}]", solution)
        if text(f"methods[{row}]", method) not in METHODS:
            why = " asks a judge over the network and is not offered" if method == "llm" else " is not known"
            raise RewardInputError(f"methods[{row}] is `{method}`, which{why}; it may be {', '.join(METHODS)}.")
    return [METHODS[m](c, s, bugs=bugs) for c, s, m in zip(contents, solutions, named, strict=True)]


__all__ = [
    "BUGS",
    "METHODS",
    "Bugs",
    "accuracy",
    "all_match",
    "default",
    "judge",
    "length",
    "map_",
    "math",
    "mcq",
    "od_ap",
    "od_ap50",
    "od_length",
    "rec",
    "repetition",
    "weighted_sum",
    "yes_no",
]
