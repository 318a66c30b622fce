"""How many threads the built-ins use: an argument, else an environment variable, else one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from geovlm_cli._rust_rewards import set_threads
from geovlm_cli.errors import ConfigError, clean

VARIABLE = "GEOVLM_THREADS"


@contextmanager
def thread_count(threads: int | None) -> Iterator[None]:
    """Let the built-ins called within use this many threads; None leaves it to GEOVLM_THREADS, which is 1 where it is not set.

    Raises ConfigError where either is no count.
    """
    named = os.environ.get(VARIABLE, "1") if threads is None else str(threads)
    if not named.isdecimal() or int(named) < 1:
        name = VARIABLE if threads is None else "threads"
        raise ConfigError(f"{name} is {clean(named)}; it must be a whole number from 1.")
    before = set_threads(int(named))
    try:
        yield
    finally:
        set_threads(before)
