"""HRVQA (Li et al. 2023): `…_question.json` and `…_answer.json` in the shape of VQA v2, beside a folder of images numbered by `image_id`.

`PATH` is one `…_question.json`, or the folder (every split in it). Task `vqa`, or `scene` for the questions of type `scene` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.beside import image_beside
from geovlm_cli.data.document import entries, load, number_of

SUFFIX, ANSWERS = "_question.json", "_answer.json"
FOLDERS = ("images", "")
Entry = Mapping[str, Any]


def detect(head: Entry) -> bool:
    """Recognise a folder by its file names, a questions file by the keys of its first question."""
    if "files" in head:
        return any(str(name).endswith(SUFFIX) for name in head["files"])
    questions = head.get("questions")
    first = questions[0] if isinstance(questions, list) and questions else None
    return isinstance(first, dict) and {"image_id", "question_id"} <= first.keys()


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield the questions in the order of the files; one without a text or an answer is a `BadRow`."""
    for file in sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]:
        stem = file.name.removesuffix(SUFFIX)
        answers = {
            number_of(entry, "question_id"): entry.get("multiple_choice_answer")
            for entry in entries(load(file.with_name(f"{stem}{ANSWERS}")), "annotations")
        }
        for number, entry in enumerate(entries(load(file), "questions"), 1):
            if task != "scene" or entry.get("question_type") == "scene":
                yield _sample(
                    entry, answers.get(number_of(entry, "question_id")), file.parent, stem, number, task or "vqa"
                )


def _sample(entry: Entry, answer: Any, home: Path, split: str, number: int, task: str) -> Sample | BadRow:
    identity = f"{split}-{entry.get('question_id', number)}"
    if not isinstance(answer, str) or not isinstance(entry.get("question"), str):
        return BadRow(number, identity, "has no question text or no answer")
    return Sample(
        id=identity,
        task=task,
        images=(ImageRef(image_beside(home, FOLDERS, str(entry.get("image_id")))),),
        question=entry["question"],
        reference=answer,
        meta={"question_type": str(entry.get("question_type", "")), "image": entry.get("image_name"), "split": split},
    )


LOADER = Loader(name="hrvqa", detect=detect, read=read)
