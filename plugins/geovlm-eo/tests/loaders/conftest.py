"""Sources read as the host reads them: with the tasks and loaders of this plugin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import geovlm_eo
import pytest

from geovlm_cli.data.source import read_samples


@pytest.fixture
def load() -> Callable[..., Any]:
    """Read a source with the plugin's tasks and loaders."""
    tasks = {task.name: task for task in geovlm_eo.geovlm_tasks()}
    loaders = {loader.name: loader for loader in geovlm_eo.geovlm_loaders()}
    return partial(read_samples, find=tasks.__getitem__, loaders=loaders)
