"""Loading plugins: `load()` makes a fresh `Plugins`; there is no global manager.

Installing a plugin is running its code: isolation here is for reliability, not for security.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from geovlm_cli import hookspecs
from geovlm_cli.errors import ConfigError, PluginError, clean, nearest
from geovlm_cli.profiles import Profile, profile_from_mapping

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.data.loader import Loader
    from geovlm_cli.task import Task

GROUP = "geovlm"
DISABLE = "GEOVLM_DISABLE_PLUGINS"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One plugin distribution as found: entry is `module:attribute`, seconds the time its import took, error the sentence why it is out."""

    distribution: str
    version: str
    entry: str
    seconds: float
    error: str | None = None


class Plugins:
    """The plugins of one run; tasks, loaders, profiles and benchmarks are asked for at first use."""

    def __init__(self, manager: pluggy.PluginManager, infos: Iterable[PluginInfo] = ()) -> None:
        self._manager = manager
        self.infos = list(infos)

    @property
    def failures(self) -> list[PluginInfo]:
        """The plugins that did not load."""
        return [info for info in self.infos if info.error]

    @cached_property
    def _tasks(self) -> dict[str, Task]:
        return self._collect("geovlm_tasks")

    @cached_property
    def _loaders(self) -> dict[str, Loader]:
        return self._collect("geovlm_loaders")

    @cached_property
    def _profiles(self) -> dict[str, Profile]:
        return self._collect("geovlm_profiles")

    @cached_property
    def _benchmarks(self) -> dict[str, Benchmark]:
        return self._collect("geovlm_benchmarks")

    def tasks(self) -> Mapping[str, Task]:
        """Return all tasks by name; raises PluginError where two distributions provide one name."""
        return self._tasks

    def loaders(self) -> Mapping[str, Loader]:
        """Return all loaders by name; raises PluginError where two distributions provide one name."""
        return self._loaders

    def profiles(self) -> Mapping[str, Profile]:
        """Return all model profiles by name; raises PluginError where two distributions provide one name."""
        return self._profiles

    def benchmarks(self) -> Mapping[str, Benchmark]:
        """Return all benchmarks by name; raises PluginError where two distributions provide one name."""
        return self._benchmarks

    def task(self, name: str) -> Task:
        """Return one task; an unknown name is a ConfigError with the nearest one, or a PluginError where a broken plugin may have it."""
        return self._named(self._tasks, name, "task")

    def benchmark(self, name: str) -> Benchmark:
        """Return one benchmark; raises as `task` does."""
        return self._named(self._benchmarks, name, "benchmark")

    def profile(self, name: str) -> Profile:
        """Return one profile by name, or from the YAML file that `name` points to; raises as `task` does."""
        if name.endswith((".yaml", ".yml")):
            return _profile_from_file(Path(name))
        return self._named(self._profiles, name, "profile")

    def _named(self, known: Mapping[str, T], name: str, what: str) -> T:
        if name in known:
            return known[name]
        if self.failures:
            broken = "; ".join(f"{info.distribution} {info.version}: {info.error}" for info in self.failures)
            raise PluginError(
                f"Unknown {what} `{clean(name)}`, and a plugin that may provide it does not load ({broken})."
            )
        found = (
            ", ".join(sorted(known)) or "none; install a plugin, for example geovlm-eo (pip install 'geovlm-cli[eo]')"
        )
        raise ConfigError(f"Unknown {what} `{clean(name)}`.{nearest(name, known)} Known: {found}.")

    def _collect(self, hook: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            distribution = str(implementation.plugin_name)
            for item in self._call(implementation.function, distribution):
                named = replace(item, distribution=distribution)
                other = found.setdefault(named.name, named)
                if other is not named:
                    raise PluginError(
                        f"`{named.name}` is provided twice ({hook}), by {other.distribution} and {distribution}; uninstall one or set {DISABLE}={distribution}."
                    )
        return found

    def _call(self, function: Callable[[], Iterable[T]], distribution: str) -> list[T]:
        try:
            return list(function())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # a plugin may raise anything, SystemExit included
            self._report(distribution, f"{function.__name__} failed: {type(error).__name__}: {clean(str(error))}")
            return []

    def _report(self, distribution: str, error: str) -> None:
        self.infos = [replace(info, error=error) if info.distribution == distribution else info for info in self.infos]


def load(entries: Iterable[tuple[EntryPoint, Distribution]] | None = None) -> Plugins:
    """Import every plugin of the entry-point group and return them; one that fails is kept as a failure with its sentence.

    `GEOVLM_DISABLE_PLUGINS=dist1,dist2` leaves distributions out.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    blocked = {_canonical(name) for name in os.environ.get(DISABLE, "").split(",")}
    pairs = _installed() if entries is None else entries
    infos = [_register(manager, entry, owner) for entry, owner in pairs if _canonical(owner.name) not in blocked]
    return Plugins(manager, infos)


def from_modules(**modules: object) -> Plugins:
    """Return plugins made of the given modules or objects instead of installed ones, by the distribution name that each stands for."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    for name, module in modules.items():
        manager.register(module, name=name)
    manager.check_pending()
    return Plugins(manager, [PluginInfo(name, "0", name, 0.0) for name in modules])


def _installed() -> list[tuple[EntryPoint, Distribution]]:
    found: dict[tuple[str, str], tuple[EntryPoint, Distribution]] = {}
    for owner in distributions():
        for entry in owner.entry_points.select(group=GROUP):
            found.setdefault((owner.name, entry.name), (entry, owner))  # the first on sys.path wins, as for imports
    return [found[key] for key in sorted(found)]


def _register(manager: pluggy.PluginManager, entry: EntryPoint, owner: Distribution) -> PluginInfo:
    start = time.perf_counter()
    error: str | None = None
    try:
        manager.register(entry.load(), name=owner.name)
        manager.check_pending()
    except KeyboardInterrupt:
        raise
    except BaseException as cause:  # noqa: BLE001  # an import may raise anything, SystemExit and PyO3 panics included
        error = f"import failed: {type(cause).__name__}: {clean(str(cause))}"
        if manager.has_plugin(owner.name):
            manager.unregister(name=owner.name)
    return PluginInfo(owner.name, owner.version, entry.value, time.perf_counter() - start, error)


def _canonical(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _profile_from_file(path: Path) -> Profile:
    from geovlm_cli.config import read_yaml

    return profile_from_mapping(read_yaml(path), str(path))
