"""Each task's docstring shows one real sample, an answer and its scores; here they are read back, scored again and looked up in the real data."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from geovlm_eo import grounding
from geovlm_eo.profiles import PROFILES
from geovlm_eo.protocols.descriptions import score_descriptions
from geovlm_eo.tasks import TASKS

from geovlm_cli import Batch, Boxes, Sample, Task, score
from geovlm_cli.boxes import Grounded, boxes
from geovlm_cli.rewards import resolve

EARTHDIAL = next(profile for profile in PROFILES if profile.name == "earthdial")
THINKING = replace(EARTHDIAL, structure="think_answer")
SIZE = re.compile(r"of a (\d+)×(\d+) image")
BOX = re.compile(r"\[([-\d.,]+)\]")
SCORE = re.compile(r"([\w@.]+) (\d+\.\d+)")
SOURCES: Mapping[str, str] = {
    "scene": "classification/WHU_19",
    "temporal": "change/xBD_testset_2",
    "damage": "change/xBD_reg_cls_testset_2",
    "referred-detection": "detection/ship_dataset_v0",
    "region-caption": "region_captioning/HIT_UAV_test",
    "grounding": "grounding/UCAS_AOD",
    "image-caption": "image_caption/UCM_captions",
    "change-caption": "change/Dubai_CC",
}


def shown(task: Task) -> dict[str, str]:
    """Return the fields of the docstring of the task's module."""
    module = next(m for m in list(sys.modules.values()) if getattr(m, "TASK", None) is task)
    lines = (line.split(maxsplit=1) for line in (module.__doc__ or "").splitlines())
    return {
        line[0]: line[1]
        for line in lines
        if len(line) == 2 and line[0] in ("Question", "Completion", "Reference", "Scores")
    }


def reference(task: Task, text: str) -> Any:
    if task.kind == "labels":
        return tuple(text.split(", "))
    if task.kind == "text":
        return tuple(text.split(" | "))
    if task.kind not in ("boxes", "grounded"):
        return text
    found = boxes(
        "pixel" if "pixels" in text else "percent", [[float(v) for v in box.split(",")] for box in BOX.findall(text)]
    )
    return Grounded(text.partition(" [")[0], found) if task.kind == "grounded" else found


def sample(task: Task) -> Sample:
    text = shown(task)["Reference"]
    size = SIZE.search(text)
    choices = ("yes", "no") if text in ("yes", "no") else ()
    return Sample(
        id="docstring",
        task=task.name,
        reference=reference(task, text),
        choices=choices,
        image_size=(int(size[1]), int(size[2])) if size else None,
    )


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_scores_of_the_docstring_are_those_of_its_completion(task: Task) -> None:
    fields, one = shown(task), sample(task)
    profile = replace(THINKING, frame=one.reference.frame) if isinstance(one.reference, Boxes) else THINKING
    named = {name: float(value) for name, value in SCORE.findall(fields["Scores"])}
    found = score(task, [fields["Completion"]], Batch([one], profile), weights=dict.fromkeys(named, 1.0))
    assert found.reasons.tolist() == [""]
    assert list(named)[:2] == ["format", next(iter(resolve(task).rewards))]
    for name, value in named.items():
        assert found.columns[name][0] == pytest.approx(value, abs=5e-4), name


def test_the_docstring_of_grounding_writes_boxes_as_its_target_does() -> None:
    one, fields = sample(grounding.TASK), shown(grounding.TASK)
    assert fields["Reference"] == f"{grounding.target(one, EARTHDIAL)}, in percent of width and height"
    answer = fields["Completion"].partition("<answer>")[2].removesuffix("</answer>")
    bare = answer.replace("[[", "[").replace("]]", "]")
    likeness = score_descriptions([answer, bare], Batch([one, one], EARTHDIAL))["rouge1"]
    assert likeness == pytest.approx([14 / 33, 14 / 43])  # five words more for each bare box


@pytest.mark.parametrize("name", SOURCES)
def test_the_sample_of_the_docstring_is_a_row_of_the_real_data(shared: Path, name: str) -> None:
    fields = shown(next(task for task in TASKS if task.name == name))
    lines = (shared / "earthdial-preds-dev" / f"{SOURCES[name]}.jsonl").read_text().splitlines()
    references = fields["Reference"].partition(", in percent")[0].partition(" [")[0].split(" | ")
    rows = [squeezed(line) for line in lines]
    assert any(
        all(squeezed(part) in row for part in (fields["Question"].partition("…")[0], *references)) for row in rows
    )


def squeezed(text: str) -> str:
    """Return what is left of a text without tags, quotes, brackets, blanks and the debris of EarthDial's questions."""
    return re.sub(r"<box>\[{3}.*?</box>|<[^>]*>|\\+n|[\s\[\]\"\\,]", "", text).casefold()
