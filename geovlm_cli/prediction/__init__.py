"""Answers for people: parsed, in pixels of the original image, drawn."""

from geovlm_cli.prediction.predict import MAX_FAILED, Summary, predict

__all__ = ["MAX_FAILED", "Summary", "predict"]
