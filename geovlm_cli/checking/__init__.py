"""What `geovlm check` looks at before a GPU is used: rows, images, truths through their own reward, hack probes, sizes, leakage."""

from geovlm_cli.checking.findings import Checked, Finding, Histogram, Probe
from geovlm_cli.checking.leakage import Against
from geovlm_cli.checking.run import Limits, check

__all__ = ["Against", "Checked", "Finding", "Histogram", "Limits", "Probe", "check"]
