"""`geovlm_cli.rewards` loads a name at first use, and its plain twin without the extension and numpy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from geovlm_cli import rewards

WITHOUT = "import sys; sys.modules['numpy'] = sys.modules['geovlm_cli._rust_rewards'] = None; "


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "how", ["from geovlm_cli.rewards import reference", "import geovlm_cli.rewards.reference as reference"]
)
def test_the_twin_needs_neither_the_extension_nor_numpy(how: str) -> None:
    assert run(f"{WITHOUT}{how}; print(reference.set_f1(('a',), ('a', 'b')))") == str(2 / 3)


def test_names_are_complete_and_no_module_hides_one() -> None:
    homes = {name for names in rewards._HOMES.values() for name in names}  # the list under test
    assert homes == set(rewards.__all__) <= set(dir(rewards))
    assert not {path.stem for path in Path(str(rewards.__file__)).parent.iterdir()} & homes
    assert all(hasattr(rewards, name) for name in rewards.__all__)
    assert not hasattr(rewards, "scorer")


def test_a_submodule_that_is_loaded_first_takes_no_name() -> None:
    code = "import geovlm_cli.rewards.scoring; from geovlm_cli.rewards import *; print(callable(explain), callable(variants), callable(score))"
    assert run(code) == "True True True"
