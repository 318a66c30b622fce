"""Rows that stand in two data sets: by image, by question, by place."""

from geovlm_cli.checking.leakage.overlap import Against, leakage

__all__ = ["Against", "leakage"]
