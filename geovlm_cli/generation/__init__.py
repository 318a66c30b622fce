"""Generation: a model that answers conversations, batch by batch."""

from geovlm_cli.generation.engine import Engine, load_engine

__all__ = ["Engine", "load_engine"]
