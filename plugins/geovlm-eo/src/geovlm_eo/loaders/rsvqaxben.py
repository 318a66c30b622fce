"""RSVQAxBEN (Lobry et al. 2021), as its users keep it: one JSON object from question id to type, question, answer and the patch of BigEarthNet that it is about.

`PATH` is one file, or a folder of `RSVQAxBEN_QA_SPLIT.json` (every split in it, which the report says; `--split val` takes one).

Task `vqa`: every question. Task `multi-label`: the land-cover questions (type LC), whose answers list classes. Pictures are looked for as BigEarthNet has them: a folder a patch
beside the file, or in `--image-root`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.document import load
from geovlm_cli.errors import DataError, clean
from geovlm_eo.loaders import corine
from geovlm_eo.loaders.bigearthnet import picture

LAND_COVER = "LC"
_FILE = re.compile(r"RSVQAxBEN_QA_(\w+)\.json")
Entry = Mapping[str, Any]


def detect(head: Entry) -> bool:
    """Recognise a question by its keys under the first id, a folder by its file names."""
    if isinstance(files := head.get("files"), list):
        return any(_FILE.fullmatch(str(name)) for name in files)
    first = next(iter(head.values()), None)
    return isinstance(first, dict) and {"question", "answer", "S2_name"} <= first.keys()


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield the questions in the order of the files; one without a text, an answer or a patch is a `BadRow`. Raises DataError where none is of a type that the task wants."""
    found = False
    for file in sorted(file for file in path.iterdir() if _FILE.fullmatch(file.name)) if path.is_dir() else [path]:
        for item in _questions(file, task):
            found = True
            yield item
    if not found and task == "multi-label":
        raise DataError(
            f"{clean(str(path))} holds no question of type {LAND_COVER}, of which rows of task `multi-label` are made; read it with --task vqa."
        )


def _questions(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    split = named[1] if (named := _FILE.fullmatch(path.name)) else ""
    for number, (identity, entry) in enumerate(load(path).items(), 1):
        texts = [entry.get(key) for key in ("question", "answer", "S2_name")] if isinstance(entry, dict) else [None]
        if not all(isinstance(text, str) for text in texts):
            yield BadRow(number, identity, "needs `question`, `answer` and `S2_name` as text")
        elif task != "multi-label" or entry.get("type") == LAND_COVER:
            yield _sample(entry, f"{path.stem}-{identity}", task or "vqa", split)


def _sample(entry: Entry, identity: str, task: str, split: str) -> Sample:
    kind, patch, answer = str(entry.get("type", "")), entry["S2_name"], entry["answer"]
    labels = corine.named(answer) if task == "multi-label" else None
    listed = task == "multi-label"
    return Sample(
        id=identity,
        task=task,
        images=(ImageRef(picture(patch, Path(patch))),),
        question=entry["question"],
        reference=labels if listed else answer,
        choices=corine.CLASSES if listed else ("yes", "no") if answer in ("yes", "no") else (),
        flaw=f"not a list of CORINE classes: `{answer[:60]}`" if listed and labels is None else None,
        meta={"question_type": kind, "patch": patch, **({"split": split} if split else {})},
    )


LOADER = Loader(name="rsvqaxben", detect=detect, read=read)
