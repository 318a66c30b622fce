"""The demos of several seeds taken together: `python -m geovlm_cli.demo.pooled DEMO-RUN…`, the table of `make demo-learning`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from geovlm_cli.demo.measures import MEASURES, Floats, Measure, scores_by_model
from geovlm_cli.demo.stages import GRPO, LONG_SFT, SFT
from geovlm_cli.demo.text import aligned, points
from geovlm_cli.evaluation import paired_difference

_HEAD = ("", "n", "SFT", "SFT + GRPO", "long SFT", "GRPO - SFT", "GRPO - long SFT")


def table(outs: Sequence[Path]) -> list[str]:
    """Return a Markdown table of finished demos, greedy: means over the rows of all seeds, and what SFT + GRPO has above the others, paired by row."""
    return aligned([_HEAD, *(_line(item, outs) for item in MEASURES)])


def _line(item: Measure, outs: Sequence[Path]) -> tuple[str, ...]:
    each = [scores_by_model(out, item) for out in outs]
    scores: dict[str, Floats] = {model: np.concatenate([found[model] for found in each]) for model in each[0]}
    means = (f"{100 * scores[model].mean():.1f}" for model in (SFT, GRPO, LONG_SFT))
    above = (points(asdict(paired_difference(scores[model], scores[GRPO]))) for model in (SFT, LONG_SFT))
    return (item.name, str(len(scores[GRPO])), *means, *above)


if __name__ == "__main__":
    sys.stdout.write("\n".join([*table([Path(name) for name in sys.argv[1:]]), ""]))
