"""The HTML report of an evaluation: one file that opens anywhere, without a network."""

from geovlm_cli.report.html.writer import Published, drawn, write

__all__ = ["Published", "drawn", "write"]
