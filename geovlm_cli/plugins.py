"""Loading plugins: `load()` makes a fresh `Plugins`; there is no global manager.

Installing a plugin is running its code: isolation here is for reliability, not for security.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pluggy

from geovlm_cli import hookspecs
from geovlm_cli.errors import PluginError, UnknownNameError, clean
from geovlm_cli.profiles import Profile, profile_from_mapping
from geovlm_cli.task import KINDS, Task

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.data.loader import Loader

GROUP = "geovlm"
DISABLE = "GEOVLM_DISABLE_PLUGINS"
_NONE_KNOWN = "none; install a plugin, for example geovlm-eo (pip install 'geovlm-cli[eo]')"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One plugin distribution as found: entry is `module:attribute`, seconds the time its import took, error the sentence why it is out."""

    distribution: str
    version: str
    entry: str
    seconds: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Provided(Generic[T]):
    """What one hook gave: items by name, the first of each name; items by distribution; and the distributions of every name that has several."""

    hook: str
    items: dict[str, T] = field(default_factory=dict)
    owned: dict[str, list[T]] = field(default_factory=dict)
    clashes: dict[str, list[str]] = field(default_factory=dict)

    def whole(self) -> dict[str, T]:
        """Return all items; raises PluginError where a name is provided twice."""
        for name in self.clashes:
            self.refuse(name)
        return self.items

    def refuse(self, name: str) -> None:
        """Raise PluginError where this name is provided twice."""
        if name in self.clashes:
            raise PluginError(
                f"`{name}` is provided twice ({self.hook}), by {' and '.join(self.clashes[name])}; "
                f"uninstall one of them, or leave it out with {DISABLE}=DISTRIBUTION."
            )


class Plugins:
    """The plugins of one run; tasks, loaders, profiles and benchmarks are asked for at first use."""

    def __init__(self, manager: pluggy.PluginManager, infos: Iterable[PluginInfo] = ()) -> None:
        self._manager = manager
        self._say: Callable[[PluginInfo], None] = lambda _: None
        self.infos = list(infos)
        self._prompts: Mapping[str, str] = {}

    @property
    def failures(self) -> list[PluginInfo]:
        """The plugins that did not load, or of which a hook failed."""
        return [info for info in self.infos if info.error]

    def watch(self, say: Callable[[PluginInfo], None]) -> None:
        """Call `say` for every failure, those so far and those to come."""
        self._say = say
        for info in self.failures:
            say(info)

    @cached_property
    def _tasks(self) -> Provided[Task]:
        return self._collect("geovlm_tasks", Task)

    @cached_property
    def _loaders(self) -> Provided[Loader]:
        from geovlm_cli.data.loader import Loader

        return self._collect("geovlm_loaders", Loader)

    @cached_property
    def _profiles(self) -> Provided[Profile]:
        return self._collect("geovlm_profiles", Profile)

    @cached_property
    def _benchmarks(self) -> Provided[Benchmark]:
        from geovlm_cli.benchmarks import Benchmark

        return self._collect("geovlm_benchmarks", Benchmark)

    def tasks(self) -> Mapping[str, Task]:
        """Return all tasks by name; raises PluginError where two distributions provide one name."""
        return self._tasks.whole()

    def tasks_named(self, names: Iterable[str]) -> dict[str, Task]:
        """Return these tasks by name; raises as `task` does."""
        return {name: self.task(name) for name in dict.fromkeys(names)}

    def loaders(self) -> Mapping[str, Loader]:
        """Return all loaders by name; raises PluginError where two distributions provide one name."""
        return self._loaders.whole()

    def profiles(self) -> Mapping[str, Profile]:
        """Return all model profiles by name; raises PluginError where two distributions provide one name."""
        return self._profiles.whole()

    def benchmarks(self) -> Mapping[str, Benchmark]:
        """Return all benchmarks by name; raises PluginError where two distributions provide one name."""
        return self._benchmarks.whole()

    def tasks_of(self, distribution: str) -> list[Task]:
        """Return the tasks of one distribution, those among them whose name another one provides too."""
        return self._tasks.owned.get(distribution, [])

    def clashes_of(self, distribution: str) -> dict[str, list[str]]:
        """Return the names of tasks that this distribution and others provide, with the others."""
        clashes = self._tasks.clashes.items()
        return {name: [o for o in owners if o != distribution] for name, owners in clashes if distribution in owners}

    def task(self, name: str) -> Task:
        """Return one task; an unknown name is an UnknownNameError (a ConfigError) with the nearest one, or a PluginError where a broken plugin may have it or two have it."""
        found = self._named(self._tasks, name, "task")
        return replace(found, prompt=self._prompts[name]) if name in self._prompts else found

    def use_prompts(self, prompts: Mapping[str, str]) -> None:
        """Ask the named tasks' questions with these jinja2 texts in this run; raises as `task` does."""
        for name in prompts:
            self.task(name)
        self._prompts = prompts

    def benchmark(self, name: str) -> Benchmark:
        """Return one benchmark; raises as `task` does."""
        return self._named(self._benchmarks, name, "benchmark")

    def profile(self, name: str) -> Profile:
        """Return one profile by name, or from the YAML file that `name` points to; raises as `task` does."""
        if name.endswith((".yaml", ".yml")):
            return _profile_from_file(Path(name))
        return self._named(self._profiles, name, "profile")

    def _named(self, provided: Provided[T], name: str, what: str) -> T:
        provided.refuse(name)
        known = provided.items
        if name in known:
            return known[name]
        if self.failures:
            broken = "; ".join(f"{info.distribution} {info.version}: {info.error}" for info in self.failures)
            raise PluginError(
                f"Unknown {what} `{clean(name)}`, and a plugin that may provide it does not load ({broken})."
            )
        raise UnknownNameError(what, name, known, _NONE_KNOWN)

    def _collect(self, hook: str, kind: type[T]) -> Provided[T]:
        found: Provided[Any] = Provided(hook)
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            distribution = str(implementation.plugin_name)
            found.owned[distribution] = self._call(implementation.function, distribution, kind)
            for item in found.owned[distribution]:
                other = found.items.setdefault(item.name, item)
                if other is not item:
                    found.clashes.setdefault(item.name, [other.distribution]).append(distribution)
        return found

    def _call(self, function: Callable[[], Iterable[Any]], distribution: str, kind: type[T]) -> list[T]:
        """Return what a hook of one plugin gives, or nothing where it fails or gives anything but `kind`."""
        try:
            with redirect_stdout(sys.stderr):  # stdout is data
                items = [replace(item, distribution=distribution) for item in _checked(function(), kind)]
        except KeyboardInterrupt:
            raise
        except PluginError as error:
            self._report(distribution, f"{function.__name__} {error}")
        except BaseException as error:  # noqa: BLE001  # a plugin may raise anything, SystemExit included
            self._report(distribution, f"{function.__name__} failed: {type(error).__name__}: {clean(str(error))}")
        else:
            return items
        return []

    def _report(self, distribution: str, error: str) -> None:
        self.infos = [replace(info, error=error) if info.distribution == distribution else info for info in self.infos]
        for info in self.infos:
            if info.distribution == distribution:
                self._say(info)


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
        with redirect_stdout(sys.stderr):  # stdout is data
            manager.register(entry.load(), name=owner.name)
        manager.check_pending()
    except KeyboardInterrupt:
        raise
    except BaseException as cause:  # noqa: BLE001  # an import may raise anything, SystemExit and PyO3 panics included
        error = f"import failed: {type(cause).__name__}: {clean(str(cause))}"
        if manager.has_plugin(owner.name):
            manager.unregister(name=owner.name)
    return PluginInfo(owner.name, owner.version, entry.value, time.perf_counter() - start, error)


def _checked(given: Iterable[Any], kind: type[T]) -> Iterator[Any]:
    """Hand on the items of a hook; PluginError with the rest of a sentence for one of another type, without a name, or of a name that was there."""
    names: set[str] = set()
    for item in given:
        if not isinstance(item, kind):
            raise PluginError(f"gave {clean(repr(item), 60)}, which is no {kind.__name__}")
        name = getattr(item, "name", None)
        if not isinstance(name, str) or not name:
            raise PluginError(f"gave a {kind.__name__} with the name {clean(repr(name), 60)}; it must be text")
        if name in names:
            raise PluginError(f"gave `{clean(name)}` twice")
        if isinstance(item, Task) and item.kind not in KINDS:
            kinds = ", ".join(KINDS)
            raise PluginError(f"gave the task `{clean(name)}` of kind {clean(repr(item.kind), 60)}; kinds are {kinds}")
        names.add(name)
        yield item


def _canonical(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _profile_from_file(path: Path) -> Profile:
    from geovlm_cli.config import read_yaml

    return profile_from_mapping(read_yaml(path, "profile", "`name:`, `structure:`"), str(path))
