"""Protocols run over a data set, with intervals."""

from geovlm_cli.evaluation.bootstrap import Difference, Interval, paired_difference
from geovlm_cli.evaluation.evaluate import evaluate
from geovlm_cli.evaluation.measuring import Outcome, Settings
from geovlm_cli.evaluation.paired import compare

__all__ = ["Difference", "Interval", "Outcome", "Settings", "compare", "evaluate", "paired_difference"]
