"""RSVQA (Lobry et al. 2020), LR and HR: three JSON files a split (questions, answers, images) beside a folder of numbered images.

`PATH` is the folder (every split in it, which the report says; `--split val` takes one) or one `…_questions.json` (that split). Task `vqa`, or `scene` for the rural/urban questions alone.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.document import number_of
from geovlm_cli.errors import DataError

Entry = Mapping[str, Any]

SUFFIX = "_questions.json"
IMAGE_FOLDERS = ("images", "Images_LR", "Data", "")
IMAGE_ENDINGS = (".tif", ".tiff", ".png", ".jpg")
CLASSES: Mapping[str, tuple[str, ...]] = {
    "rural_urban": ("rural", "urban"),
    "presence": ("yes", "no"),
    "comp": ("yes", "no"),
}


def detect(head: Entry) -> bool:
    """Recognise a folder by its file names, a questions file by the keys of its first question."""
    files = head.get("files")
    if isinstance(files, list):
        return any(str(name).endswith(SUFFIX) for name in files)
    questions = head.get("questions")
    first = questions[0] if isinstance(questions, list) and questions else None
    return isinstance(first, dict) and "img_id" in first


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield the active questions about active images, in the order of the files; one without an answer is a `BadRow`."""
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    for file in files:
        yield from _split(file, task or "vqa")


def _split(file: Path, task: str) -> Iterator[Sample | BadRow]:
    stem = file.name.removesuffix(SUFFIX)
    answers = {
        number_of(entry, "question_id"): entry.get("answer")
        for entry in _active(file.with_name(f"{stem}_answers.json"), "answers")
    }
    images = {number_of(entry, "id") for entry in _active(file.with_name(f"{stem}_images.json"), "images")}
    paths = {identity: _image_path(file.parent, identity) for identity in images}
    for number, question in enumerate(_active(file, "questions"), start=1):
        image = number_of(question, "img_id")
        if image not in images or (task == "scene" and question.get("type") != "rural_urban"):
            continue
        answer = answers.get(number_of(question, "id"))
        identity = f"{stem}-{question.get('id')}"
        if isinstance(answer, str) and isinstance(question.get("question"), str):
            yield _sample(question, answer, identity, task, paths[image])
        else:
            yield BadRow(number, identity, "has no question text or no answer")


def _sample(question: Entry, answer: str, identity: str, task: str, image: str) -> Sample:
    kind = str(question.get("type", ""))
    return Sample(
        id=identity,
        task=task,
        images=(ImageRef(image),),
        question=question["question"],
        reference=answer,
        choices=CLASSES.get(kind, ()),
        meta={"question_type": kind, "image": question["img_id"], "split": _split_name(identity)},
    )


def _split_name(identity: str) -> str:
    return next((name for name in ("train", "val", "test") if f"_{name}" in identity), "")


def _active(file: Path, key: str) -> list[Entry]:
    try:
        value = orjson.loads(file.read_bytes().removeprefix(BOM_UTF8))
    except FileNotFoundError:
        raise DataError(
            f"RSVQA file {file} is missing; questions, answers and images of a split lie side by side."
        ) from None
    except orjson.JSONDecodeError as error:
        raise DataError(f"RSVQA file {file} is no JSON ({error}).") from error
    entries = value.get(key) if isinstance(value, dict) else None
    if not isinstance(entries, list):
        raise DataError(f"RSVQA file {file} is no JSON object with a list `{key}`.")
    return [entry for entry in entries if isinstance(entry, dict) and entry.get("active")]


def _image_path(folder: Path, identity: object) -> str:
    """Return the image's path relative to `folder`, wherever the known layouts put it."""
    candidates = [f"{sub}/{identity}{ending}".lstrip("/") for sub in IMAGE_FOLDERS for ending in IMAGE_ENDINGS]
    return next((name for name in candidates if (folder / name).is_file()), candidates[0])


LOADER = Loader(name="rsvqa", detect=detect, read=read)
