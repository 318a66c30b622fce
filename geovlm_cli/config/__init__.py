"""Configuration: strict YAML, typed sections, recipes, overrides."""

from geovlm_cli.config.anchoring import anchored
from geovlm_cli.config.loading import load, read_yaml, refuse_twice, to_yaml
from geovlm_cli.config.sections import (
    Config,
    GrpoSection,
    Lora,
    ModelSection,
    RewardsSection,
    SftSection,
    TrainerSection,
)

__all__ = [
    "Config",
    "GrpoSection",
    "Lora",
    "ModelSection",
    "RewardsSection",
    "SftSection",
    "TrainerSection",
    "anchored",
    "load",
    "read_yaml",
    "refuse_twice",
    "to_yaml",
]
