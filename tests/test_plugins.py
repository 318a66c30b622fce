from __future__ import annotations

import sys
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from geovlm_cli import plugins
from geovlm_cli.errors import ConfigError, PluginError
from geovlm_cli.hookspecs import hookimpl
from geovlm_cli.task import Task


def provider(*tasks: Task) -> object:
    class Provider:
        @hookimpl
        def geovlm_tasks(self) -> list[Task]:
            return list(tasks)

    return Provider()


def task(name: str) -> Task:
    return Task(name=name, kind="answer", summary="A question.")


def installed(name: str, value: str) -> list[tuple[EntryPoint, Distribution]]:
    owner: Any = SimpleNamespace(name=name, version="1.2")
    return [(EntryPoint(name, value, plugins.GROUP), owner)]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    name = f"plugin_{request.node.name.split('[')[0][-30:]}"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return str(tmp_path / f"{name}.py")


def entry(module: str, source: str) -> list[tuple[EntryPoint, Distribution]]:
    Path(module).write_text(source, encoding="utf-8")
    return installed("geovlm-oil", Path(module).stem)


def test_a_task_knows_its_distribution() -> None:
    loaded = plugins.from_modules(mine=provider(task("oil")))
    assert loaded.task("oil").distribution == "mine"


def test_an_unknown_task_is_answered_with_the_nearest_name() -> None:
    loaded = plugins.from_modules(mine=provider(task("detection")))
    with pytest.raises(ConfigError, match=r"Unknown task `detectoin`\. Did you mean `detection`\? Known: detection\."):
        loaded.task("detectoin")


def test_without_plugins_the_message_says_what_to_install() -> None:
    with pytest.raises(ConfigError, match="install a plugin, for example geovlm-eo"):
        plugins.from_modules().task("scene")


def test_two_providers_of_one_name_are_both_named_and_none_of_them_is_blamed() -> None:
    loaded = plugins.from_modules(first=provider(task("oil")), second=provider(task("oil"), task("ice")))
    said = r"`oil` is provided twice .*, by first and second; uninstall one of them"
    with pytest.raises(PluginError, match=said) as caught:
        loaded.tasks()
    assert f"{plugins.DISABLE}=first" not in str(caught.value)
    assert f"{plugins.DISABLE}=second" not in str(caught.value)
    with pytest.raises(PluginError, match=said):
        loaded.task("oil")


def test_a_clash_stops_only_who_needs_the_name() -> None:
    loaded = plugins.from_modules(first=provider(task("oil")), second=provider(task("oil"), task("ice")))
    assert loaded.task("ice").distribution == "second"
    assert list(loaded.tasks_named(["ice", "ice"])) == ["ice"]
    assert [found.name for found in loaded.tasks_of("second")] == ["oil", "ice"]
    assert loaded.clashes_of("first") == {"oil": ["second"]}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("3", "geovlm_tasks gave 3, which is no Task"),
        ("Task(name=7, kind='label', summary='x')", "geovlm_tasks gave a Task with the name 7; it must be text"),
        (
            "Task(name='ice', kind='nokind', summary='x')",
            "geovlm_tasks gave the task `ice` of kind 'nokind'; kinds are label",
        ),
        ("Task(name='oil', kind='label', summary='x')", "geovlm_tasks gave `oil` twice"),
    ],
)
def test_what_is_no_task_makes_its_plugin_a_failure(module: str, given: str, error: str) -> None:
    first = "Task(name='oil', kind='label', summary='x')"
    loaded = plugins.load(
        entry(
            module,
            f"from geovlm_cli import Task, hookimpl\n@hookimpl\ndef geovlm_tasks():\n    yield {first}\n    yield {given}\n",
        )
    )
    assert loaded.tasks() == {}
    assert str(loaded.failures[0].error).startswith(error)
    with pytest.raises(PluginError, match=r"does not load \(geovlm-oil 1\.2: geovlm_tasks gave"):
        loaded.task("oil")


def test_what_a_plugin_prints_is_no_data(module: str, capfd: pytest.CaptureFixture[str]) -> None:
    printing = "print('imported')\nfrom geovlm_cli import hookimpl\n@hookimpl\ndef geovlm_tasks():\n    print('asked')\n    return []\n"
    assert plugins.load(entry(module, printing)).tasks() == {}
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "imported\nasked\n")


def test_every_failure_is_said_once_and_when_it_is_found(module: str) -> None:
    loaded = plugins.load(
        entry(module, "from geovlm_cli import hookimpl\n@hookimpl\ndef geovlm_profiles(): return [3]\n")
    )
    said: list[str | None] = []
    loaded.watch(lambda info: said.append(info.error))
    assert said == []
    loaded.profiles()
    loaded.profiles()
    assert said == ["geovlm_profiles gave 3, which is no Profile"]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import nothing_of_that_name", "import failed: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit(3)", "import failed: SystemExit: 3"),
        ("def (", "import failed: SyntaxError"),
        (
            "from geovlm_cli import hookimpl\n@hookimpl\ndef geovlm_taks(): return []\n",
            "import failed: PluginValidationError",
        ),
    ],
)
def test_a_broken_plugin_is_a_failure_and_its_names_are_missed(module: str, source: str, error: str) -> None:
    loaded = plugins.load(entry(module, source))
    assert str(loaded.failures[0].error).startswith(error)
    assert loaded.tasks() == {}
    with pytest.raises(
        PluginError, match=r"Unknown task `oil`, and a plugin that may provide it does not load \(geovlm-oil 1.2"
    ):
        loaded.task("oil")


def test_a_hook_that_raises_takes_only_its_plugin_out(module: str) -> None:
    loaded = plugins.load(
        entry(module, "from geovlm_cli import hookimpl\n@hookimpl\ndef geovlm_tasks(): raise RuntimeError('no data')\n")
    )
    assert loaded.tasks() == {}
    assert loaded.failures[0].error == "geovlm_tasks failed: RuntimeError: no data"


def test_a_blocked_distribution_is_not_imported(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.DISABLE, "other, geovlm_oil")
    assert plugins.load(entry(module, "raise SystemExit")).infos == []


def test_an_interrupt_is_no_plugin_failure(module: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        plugins.load(entry(module, "raise KeyboardInterrupt"))
