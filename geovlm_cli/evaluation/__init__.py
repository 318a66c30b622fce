"""Protocols run over a data set, with intervals."""

from geovlm_cli.evaluation.bootstrap import Difference, Interval, paired_difference
from geovlm_cli.evaluation.evaluate import Outcome, Settings, evaluate

__all__ = ["Difference", "Interval", "Outcome", "Settings", "evaluate", "paired_difference"]
