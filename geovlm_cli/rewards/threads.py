"""How many threads the built-ins use: an argument, else an environment variable, else one."""

from __future__ import annotations

import os
import re

from geovlm_cli._rust_rewards import set_threads
from geovlm_cli.errors import ConfigError, clean
from geovlm_cli.rewards.arguments import is_whole

VARIABLE = "GEOVLM_THREADS"
MOST = 1024

_COUNT = re.compile(r"[0-9]{1,4}")


class thread_count:  # noqa: N801  # reads as a function, as those of contextlib do; a generator would cost more than a short call
    """Let the built-ins called within use this many threads; None leaves it to GEOVLM_THREADS, which is 1 where it is not set.

    Raises ConfigError where either is no count.
    """

    __slots__ = ("_before", "_count")

    def __init__(self, threads: int | None) -> None:
        named = os.environ.get(VARIABLE, "1") if threads is None else str(threads)
        counted = threads is None or (is_whole(threads))
        if not counted or not _COUNT.fullmatch(named) or not 1 <= int(named) <= MOST:
            name = VARIABLE if threads is None else "threads"
            raise ConfigError(f"{name} is {clean(named, 40)}; it must be a whole number from 1 to {MOST}.")
        self._count, self._before = int(named), 0

    def __enter__(self) -> None:
        self._before = set_threads(self._count)

    def __exit__(self, *_: object) -> None:
        set_threads(self._before)
