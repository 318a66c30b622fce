"""The seam: every hook that a plugin may implement. Entry-point group `geovlm`, one entry a distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.data.loader import Loader
    from geovlm_cli.profiles import Profile
    from geovlm_cli.task import Task

hookspec = pluggy.HookspecMarker("geovlm")
hookimpl = pluggy.HookimplMarker("geovlm")


@hookspec
def geovlm_tasks() -> Iterable[Task]:
    """Return the tasks of this plugin. Called once a run, when a task is first needed."""


@hookspec
def geovlm_loaders() -> Iterable[Loader]:
    """Return the data formats that this plugin reads. Called once a run, when data is first opened."""


@hookspec
def geovlm_profiles() -> Iterable[Profile]:
    """Return the model profiles of this plugin. Called once a run, when a profile is first needed."""


@hookspec
def geovlm_benchmarks() -> Iterable[Benchmark]:
    """Return the benchmarks of this plugin. Called once a run, when benchmarks are first needed."""
