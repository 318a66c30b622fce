"""The Earth-observation plugin of geovlm: tasks, loaders, profiles and benchmarks, one module each, none of them imported before it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geovlm_cli import Benchmark, Loader, Profile, Task


@hookimpl
def geovlm_tasks() -> Iterable[Task]:
    """Return the tasks, in the order of GeoVLM-R1's task table."""
    from geovlm_eo.tasks import TASKS

    return TASKS


@hookimpl
def geovlm_loaders() -> Iterable[Loader]:
    """Return the readers of the Earth-observation formats."""
    from geovlm_eo.loaders import LOADERS

    return LOADERS


@hookimpl
def geovlm_profiles() -> Iterable[Profile]:
    """Return what the known model families write."""
    from geovlm_eo.profiles import PROFILES

    return PROFILES


@hookimpl
def geovlm_benchmarks() -> Iterable[Benchmark]:
    """Return the published benchmarks of these tasks."""
    from geovlm_eo.benchmarks import BENCHMARKS

    return BENCHMARKS
