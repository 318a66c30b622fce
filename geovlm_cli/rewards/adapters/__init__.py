"""The rewards of tasks in the shapes that other trainers call: TRL, verl, ms-swift. Each knows its trainer's convention, and no other module does."""

from __future__ import annotations

from geovlm_cli.rewards.adapters.mixed import MixedRewards, MixedScores

__all__ = ["MixedRewards", "MixedScores"]
