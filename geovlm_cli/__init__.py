"""GeoVLM: post-train, measure and use remote-sensing vision-language models.

What a plugin author imports stands here; each name is loaded at first use, so that `geovlm --help` needs neither numpy nor torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark as Benchmark
    from geovlm_cli.boxes import Boxes as Boxes
    from geovlm_cli.boxes import Grounded as Grounded
    from geovlm_cli.data.loader import Loader as Loader
    from geovlm_cli.hookspecs import hookimpl as hookimpl
    from geovlm_cli.profiles import Profile as Profile
    from geovlm_cli.profiles import Resize as Resize
    from geovlm_cli.rewards import score as score
    from geovlm_cli.task import Batch as Batch
    from geovlm_cli.task import ImageRef as ImageRef
    from geovlm_cli.task import Malformed as Malformed
    from geovlm_cli.task import Metric as Metric
    from geovlm_cli.task import Protocol as Protocol
    from geovlm_cli.task import Sample as Sample
    from geovlm_cli.task import Task as Task
    from geovlm_cli.task import each as each

_HOMES = {
    "Benchmark": "benchmarks",
    "Boxes": "boxes",
    "Grounded": "boxes",
    "Loader": "data.loader",
    "hookimpl": "hookspecs",
    "Profile": "profiles",
    "Resize": "profiles",
    "score": "rewards",
    "Batch": "task",
    "ImageRef": "task",
    "Malformed": "task",
    "Metric": "task",
    "Protocol": "task",
    "Sample": "task",
    "Task": "task",
    "each": "task",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # derived, so that the two cannot drift apart


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("geovlm-cli")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
