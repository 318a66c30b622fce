"""Protocols run over a data set, with intervals."""

from geovlm_cli.evaluation.bootstrap import Difference, Interval, paired_difference
from geovlm_cli.evaluation.evaluate import evaluate, measure
from geovlm_cli.evaluation.measuring import Outcome, Settings
from geovlm_cli.evaluation.paired import compare, compare_runs

__all__ = [
    "Difference",
    "Interval",
    "Outcome",
    "Settings",
    "compare",
    "compare_runs",
    "evaluate",
    "measure",
    "paired_difference",
]
