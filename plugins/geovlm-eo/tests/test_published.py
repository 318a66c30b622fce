"""EarthDial's own answers, scored by `geovlm eval --predictions`: the figures that an independent scorer computed, and the published one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nltk
import orjson
import pytest
from click.testing import CliRunner

from geovlm_cli.cli import cli
from geovlm_cli.rewards import wordnet, wordnet_corpus

TASKS: Mapping[str, str] = {
    "classification/WHU_19": "scene",
    "classification/STARCOP_test": "scene",
    "detection/ship_dataset_v0": "referred-detection",
    "detection/urban_tree_crown_detection": "referred-detection",
    "region_captioning/HIT_UAV_test": "region-caption",
    "region_captioning/SRSDD_V1_0_test": "region-caption",
    "region_captioning/ship_dataset_v0_test": "region-caption",
    "region_captioning/urban_tree_crown_detection": "region-caption",
    "grounding/Swimming_pool_dataset": "grounding",
    "grounding/UCAS_AOD": "grounding",
    "image_caption/UCM_captions": "image-caption",
    "image_caption/sydney_Captions": "image-caption",
    "change/xBD_testset_2": "temporal",
    "change/xBD_testset_3": "temporal",
    "change/xBD_reg_cls_testset_2": "damage",
    "change/xBD_referred_object_detection": "referred-detection",
    "change/xBD_image_captioning": "image-caption",
    "change/Dubai_CC": "change-caption",
    "change/MUDS": "change-caption",
}
# What each figure of expected.json is called here; figures of rules that are not EarthDial's are left out.
METRICS: Mapping[str, str] = {
    "accuracy_exact_nospace_lower": "token_recall",
    "precision@0.5": "precision@0.5",
    "precision@0.25": "precision@0.25",
    "precision@0.5_rotated": "precision@0.5",
    "precision@0.25_rotated": "precision@0.25",
    "rouge1_f": "rouge1",
    "rougeL_f": "rougeL",
    "rouge1_f_mean_over_5_refs": "rouge1",
    "rougeL_f_mean_over_5_refs": "rougeL",
    "rougeL_f_best_of_5_refs": "rougeL_best",
    "meteor": "meteor",
    "meteor_best_of_5_refs": "meteor",
}
SLICES: Mapping[str, str] = {
    "single": "boxes=single",
    "multiple": "boxes=multiple",
    **{size: f"size_group={size}" for size in ("small", "medium", "large")},
}
# METEOR without any WordNet, where it differs: three from the README of the data, which leaves the grounding sets out; theirs by nltk itself.
WITHOUT_WORDNET: Mapping[str, float] = {
    "image_caption/UCM_captions": 51.28,
    "change/xBD_image_captioning": 82.25,
    "change/MUDS": 27.21,
    "grounding/UCAS_AOD": 14.76,
}


@pytest.fixture(scope="module")
def with_wordnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let nltk find WordNet 3.0 as Debian ships it."""
    if not wordnet.DEBIAN_FOLDER.is_dir():
        pytest.skip("Debian's package wordnet-base is not here")
    folder = tmp_path_factory.mktemp("nltk_data")
    wordnet_corpus(folder)
    nltk.data.path.insert(0, str(folder))
    wordnet._wordnet.cache_clear()
    yield
    nltk.data.path.remove(str(folder))
    wordnet._wordnet.cache_clear()


def results(shared: Path, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the metrics and the slices of one file under `earthdial`."""
    file, task = shared / "earthdial-preds-dev" / f"{name}.jsonl", TASKS[name]
    run = CliRunner().invoke(
        cli, ["eval", "--predictions", str(file), "--task", task, "--protocol", "earthdial", "--draws", "0", "--json"]
    )
    assert run.exit_code == 0, run.output
    found = orjson.loads(run.stdout)
    return found["metrics"][task]["earthdial"], found["slices"][task].get("earthdial", {})


def expected(shared: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((shared / "earthdial-preds-dev/expected.json").read_bytes())[name]
    return found


def figure(value: Any) -> float:
    """Return a figure in percent; counts come as [hits, predicted boxes, (true boxes,) percent]."""
    return float(value[-1] if isinstance(value, list) else value)


def test_every_file_has_its_task(shared: Path) -> None:
    assert set(TASKS) == set(orjson.loads((shared / "earthdial-preds-dev/expected.json").read_bytes()))


@pytest.mark.usefixtures("with_wordnet")
@pytest.mark.parametrize("name", TASKS)
def test_the_figures_of_an_independent_scorer(shared: Path, name: str) -> None:
    metrics, slices = results(shared, name)
    compared = 0
    for key, value in expected(shared, name)["recomputed_here"].items():
        if key not in METRICS:
            continue
        groups = value if isinstance(value, dict) else {"all": value}
        for group, wanted in groups.items():
            found = (metrics if group == "all" else slices[SLICES[group]])[METRICS[key]]
            assert found["value"] * 100 == pytest.approx(figure(wanted), abs=0.01), (key, group)
            if isinstance(wanted, list):
                assert found["n"] == wanted[1]
            compared += 1
    assert compared


@pytest.mark.parametrize("name", WITHOUT_WORDNET)
def test_meteor_without_wordnet(shared: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordnet, "_wordnet", lambda: None)
    metrics, _ = results(shared, name)
    assert metrics["meteor"]["value"] * 100 == pytest.approx(WITHOUT_WORDNET[name], abs=0.01)


def test_the_published_row_of_whu_rs19(shared: Path) -> None:
    metrics, _ = results(shared, "classification/WHU_19")
    published = expected(shared, "classification/WHU_19")["published_earthdial"]["accuracy"]
    assert metrics["token_recall"]["value"] * 100 == pytest.approx(published, abs=0.35)
