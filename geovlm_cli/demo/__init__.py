"""The demo: every stage on generated scenes, with the embedded model."""

from geovlm_cli.demo.plan import FULL, QUICK, Plan
from geovlm_cli.demo.running import run

__all__ = ["FULL", "QUICK", "Plan", "run"]
