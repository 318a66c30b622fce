"""Rows of every known format as samples, and samples as what a model is asked."""

from geovlm_cli.data.loader import BadRow, Loader

__all__ = ["BadRow", "Loader"]
