"""The named bugs of VLM-R1's rewards: mended by default, reproduced where a caller names them."""

from __future__ import annotations

from collections.abc import Collection

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.errors import clean
from geovlm_cli.rewards.arguments import mistyped

BUGS = {
    "whole_text": "a completion without an answer block is compared as a whole",
    "any_block": "of several answer blocks one is picked: the first (mcq, yes_no, rec) or the last",
    "substring": "yes_no: `yes` or `no` inside another word counts",
    "both_absent": "yes_no: two texts without either word are equal",
    "tagged_truth": "mcq: the letter of the truth is looked for before its tags are taken off, so a bare letter is never found",
    "loose_choice": "mcq, default: a letter is guessed out of a sentence",
    "digit_route": "default: a truth with a digit anywhere is compared as a number or a text, never as a choice, and where the answer is no number the Levenshtein ratio is paid",
    "float_forms": "default: whatever Python's float() takes is a number (1_000, １２, nan, infinity)",
    "empty_truth": "default, all_match: a truth of nothing, or of final stops alone, is met by an answer of nothing, which pays 1",
    "broken_is_empty": "map, od_ap, od_ap50, odLength, weighted_sum: an answer that cannot be read names no boxes, which pays 1 where there are none",
    "dropped_boxes": "map, od_ap, od_ap50, odLength: boxes of a class that the truth lacks, and items that are no box, cost nothing",
    "stale_label": "weighted_sum: a box without a label has that of the match before it",
    "pixel_iou": "weighted_sum, rec: intersections count whole pixels, so boxes of one pixel share nothing",
    "always_correct": "length: every answer counts as correct",
}

Bugs = bool | Collection[str]


def wanted(bugs: Bugs) -> frozenset[str]:
    """Return the names of the bugs to reproduce; raises RewardInputError for one that is not known."""
    if isinstance(bugs, bool):
        return frozenset(BUGS) if bugs else frozenset()
    if not isinstance(bugs, Collection):
        raise mistyped("bugs", bugs, "True, False or names of bugs")
    names = [bugs] if isinstance(bugs, str) else list(bugs)
    for name in names:
        if not isinstance(name, str) or name not in BUGS:
            known = ", ".join(BUGS)
            raise RewardInputError(
                f"bugs names `{clean(str(name), 40)}`; it may be True, False or names among {known}."
            )
    return frozenset(names)
