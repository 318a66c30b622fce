from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import orjson
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from geovlm_cli.errors import ModelError
from geovlm_cli.models.names import declare, model_info, require, resolve_model
from geovlm_cli.profiles import Profile, Resize
from tests.test_checkpoints import publish

PROFILE = Profile(name="mine", structure="answer", box_syntax="list5", frame="model", resize=Resize(fixed=(112, 112)))


def folder(path: Path, model_type: str = "qwen2_5_vl") -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_bytes(orjson.dumps({"model_type": model_type}))
    return path


def test_a_declared_profile_comes_back_whole(tmp_path: Path) -> None:
    declare(folder(tmp_path), PROFILE, "none")
    info = model_info(str(tmp_path))
    assert info.profile == PROFILE
    assert info.prompt_style == "none"


def test_a_declaration_with_idle_limits_beside_the_one_size_is_read(tmp_path: Path) -> None:
    resize = {"fixed": [112, 112], "factor": 28, "min_pixels": 3136, "max_pixels": 1003520}
    value = {"profile": PROFILE.describe() | {"resize": resize}, "prompt_style": "none"}
    (folder(tmp_path) / "geovlm.json").write_bytes(orjson.dumps(value))
    assert model_info(str(tmp_path)).profile == PROFILE


def test_a_declaration_of_angles_that_its_boxes_do_not_have_is_read(tmp_path: Path) -> None:
    straight = replace(PROFILE, box_syntax="qwen-json")
    value = {"profile": straight.describe() | {"angle_frame": "model"}, "prompt_style": "none"}
    (folder(tmp_path) / "geovlm.json").write_bytes(orjson.dumps(value))
    assert model_info(str(tmp_path)).profile == straight


@pytest.mark.parametrize(
    ("model_type", "profile"),
    [("qwen2_vl", "qwen2-vl"), ("qwen2_5_vl", "qwen2.5-vl"), ("qwen3_vl", "qwen3-vl"), ("bert", None)],
)
def test_a_model_that_declares_nothing_speaks_as_its_family(
    tmp_path: Path, model_type: str, profile: str | None
) -> None:
    info = model_info(str(folder(tmp_path, model_type)))
    assert (info.profile, info.profile_name, info.prompt_style) == (None, profile, "system")


def test_an_adapter_speaks_as_its_base(tmp_path: Path) -> None:
    declare(folder(tmp_path / "base"), PROFILE, "suffix")
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_bytes(orjson.dumps({"base_model_name_or_path": str(tmp_path / "base")}))
    assert model_info(str(adapter)).profile == PROFILE


def test_a_run_stands_for_its_newest_complete_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "run.json").write_bytes(b"{}")
    with pytest.raises(ModelError, match="no checkpoint yet"):
        resolve_model(str(tmp_path))
    for step in (4, 8):
        publish(tmp_path / "checkpoints", step)
    (tmp_path / "checkpoints" / "checkpoint-8" / "model.safetensors").write_bytes(b"")
    assert resolve_model(str(tmp_path)) == tmp_path / "checkpoints" / "checkpoint-4"


def test_a_hub_id_stays_as_it_is() -> None:
    assert resolve_model("Qwen/Qwen2.5-VL-3B-Instruct") == "Qwen/Qwen2.5-VL-3B-Instruct"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A hub that cannot be reached and an empty cache; returns what is asked of it."""
    asked: list[str] = []

    def unreachable(url: str, **_: Any) -> None:
        asked.append(url)
        raise ConnectionError("no network")

    def cached_only(model: str, name: str, *, local_files_only: bool) -> str:
        assert local_files_only
        raise LocalEntryNotFoundError("Cannot find the requested files in the disk cache")

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", unreachable)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", cached_only)
    return asked


def test_a_hub_out_of_reach_is_asked_once_and_said_in_one_sentence(hub: list[str]) -> None:
    for ask in (model_info, require):
        hub.clear()
        with pytest.raises(ModelError, match=r"neither a folder here nor in the local cache.*cannot be reached \(Conn"):
            ask("nobody/nothing")
        assert len(hub) == 1


def test_a_dry_run_does_not_ask_the_hub(hub: list[str]) -> None:
    with pytest.raises(ModelError, match=r"a dry run does not ask it; add model\.profile"):
        model_info("nobody/nothing", ask_hub=False)
    assert hub == []


def test_a_cached_model_of_the_hub_is_read_without_a_network(
    hub: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cached(model: str, name: str, *, local_files_only: bool) -> str:
        if name == "config.json":
            return str(folder(tmp_path) / name)
        raise LocalEntryNotFoundError("not cached")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", cached)
    assert model_info("nobody/nothing").profile_name == "qwen2.5-vl"


def test_the_embedded_model_is_a_folder_that_declares_itself() -> None:
    model = resolve_model("tiny")
    assert isinstance(model, Path)
    assert model_info("tiny").profile is not None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no-such-model", "no model folder no-such-model"),
        ("a/b/c", "no model folder a/b/c"),
        ("./nope", "no model folder ./nope"),
        ("../nope", "no model folder ../nope"),
        ("here/nope", "no model folder here/nope"),
        (".", "neither config.json"),
        ("tinny", "Did you mean `tiny`"),
        ("hre", "Did you mean `here`"),
    ],
)
def test_names_of_nothing(name: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    with pytest.raises(ModelError, match=words):
        resolve_model(name)


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"profile": 3}', b'{"profile": {"name": "x", "frame": "feet"}}'])
def test_a_damaged_declaration_is_one_sentence(tmp_path: Path, text: bytes) -> None:
    (folder(tmp_path) / "geovlm.json").write_bytes(text)
    with pytest.raises(Exception, match=r"geovlm\.json") as caught:
        model_info(str(tmp_path))
    assert getattr(caught.value, "exit_code", None) in (2, 4)
    assert "\n" not in str(caught.value)


def test_only_a_folder_of_a_similar_name_is_suggested(tmp_path: Path) -> None:
    folder(tmp_path / "zd")
    with pytest.raises(ModelError) as alone:
        resolve_model(str(tmp_path / "nomodel"))
    assert "Did you mean" not in str(alone.value)
    folder(tmp_path / "nomodels")
    with pytest.raises(ModelError, match=r"Did you mean `.*/nomodels`\?"):
        resolve_model(str(tmp_path / "nomodel"))
    with pytest.raises(ModelError, match=r"Did you mean `tiny`\?"):
        resolve_model("tinny")
