"""Schema, truth and prompts: can each row be read, does its truth make sense, is its question plain text?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from geovlm_cli.checking.findings import Finding, Level, about, fine
from geovlm_cli.data.dataset import DataSet
from geovlm_cli.data.flaws import flaw_group
from geovlm_cli.data.formats.fields import MARKS
from geovlm_cli.data.jsonl import NO_ROW
from geovlm_cli.data.messages import REGION_MARK, prompt_text
from geovlm_cli.data.reading import REPEATED_ID
from geovlm_cli.data.rejections import reason_of
from geovlm_cli.errors import DataError, counted
from geovlm_cli.profiles import Profile
from geovlm_cli.task import Batch, Sample, Task

_IMAGE_TOKEN = re.compile(r"<image>|<\|image_pad\|>|<\|image\|>|<img>")
_CHAT_TOKEN = re.compile(r"<\|(?:im_start|im_end|vision_start|vision_end|endoftext)\|>|<s>|</s>|\[/?INST\]")


def schema(dataset: DataSet) -> Iterator[Finding]:
    """Say how many rows were read, and which were not, by reason."""
    yield fine("schema", f"{counted(len(dataset.samples), 'row')} read, format {dataset.format}")
    if dataset.other_tasks:
        yield Finding(
            "schema", "note", f"left out, of other tasks: {counted(dataset.other_tasks, 'row')}", dataset.other_tasks
        )
    if dataset.without_objects:
        sentence = f"left out, without an object: {counted(dataset.without_objects, 'image')}"
        yield Finding("schema", "note", sentence, dataset.without_objects)
    reasons: dict[str, list[str]] = {}
    for row in dataset.rejected:
        reasons.setdefault(reason_of(row), []).append(row.id or f"line {row.line}")
    for why, ids in reasons.items():
        yield about("schema", "error", ids, f"cannot be read, {why}", _advice(why))


def _advice(why: str) -> str:
    """Return what helps against a reason why rows cannot be read."""
    return next((advice for starts, advice in _ADVICE if why.startswith(starts)), _OTHERWISE)


_ADVICE = (
    (NO_ROW, "mend or remove those lines"),
    (REPEATED_ID, "give each row an id of its own"),
    ("no `task`", "write it into the rows, or name one with --task"),
    ("unknown task", "mend its name; `geovlm tasks list` shows those that there are"),
)
_OTHERWISE = "mend or remove them; `geovlm data convert` writes the rows that can be read"


def truths(batches: Mapping[str, Batch]) -> Iterator[Finding]:
    """Name the rows whose truth is bad, by what is wrong with it; wrong numbers and roles of images among them."""
    flaws: dict[str, list[str]] = {}
    for sample in _samples(batches):
        if sample.flaw:
            flaws.setdefault(flaw_group(sample.flaw), []).append(sample.id)
    for flaw, ids in flaws.items():
        check = "roles" if flaw == "wrong images" else "truth"
        yield about(
            check,
            "error",
            ids,
            f"bad truth, {flaw}",
            "mend or remove them; training leaves them out and stops above data.max_flawed",
        )
    if not flaws:
        yield fine("truth", "every truth can be scored")


def prompts(batches: Mapping[str, Batch], tasks: Mapping[str, Task], profile: Profile) -> Iterator[Finding]:
    """Look at what the model will be asked: empty questions, image placeholders that do not fit the images, marks without a region, tokens of a chat template."""
    groups: dict[str, list[str]] = {fault: [] for fault in _FAULTS}
    for sample in _samples(batches):
        for fault in _faults(sample, tasks[sample.task], profile):
            groups[fault].append(sample.id)
    for fault, ids in groups.items():
        if ids:
            level, sentence, advice = _FAULTS[fault]
            yield about("prompt", level, ids, sentence, advice)
    if not any(groups.values()):
        yield fine("prompt", "every row has a question, free of placeholders and chat tokens")


def _faults(sample: Sample, task: Task, profile: Profile) -> Iterator[str]:
    marks = sample.meta.get(MARKS)  # kept by loaders, which take placeholders out of the question
    if isinstance(marks, int) and sample.images and marks != len(sample.images):
        yield "more" if marks > len(sample.images) else "fewer"
    if sample.flaw:
        return
    try:
        text = prompt_text(task, sample, profile)
    except DataError:
        yield "none"
        return
    if not text.strip():
        yield "empty"
    if REGION_MARK in text:
        yield "regionless"
    elif sample.regions is not None and sample.question.count(REGION_MARK) > len(sample.regions):
        yield "regions"
    placeholders = len(_IMAGE_TOKEN.findall(text))
    if placeholders:
        yield "spare" if placeholders == len(sample.images) else "count"
    if _CHAT_TOKEN.search(text):
        yield "chat"


_FAULTS: Mapping[str, tuple[Level, str, str]] = {
    "none": (
        "error",
        "no prompt can be made",
        "their question needs the size of an image that is not here; name its folder with --image-root",
    ),
    "empty": ("error", "nothing is asked", "give them a `question`, or the task a prompt"),
    "count": (
        "error",
        "image placeholders in the question, not as many as images",
        "remove the placeholders: images are put before the question",
    ),
    "spare": (
        "warning",
        "image placeholders in the question, which the model would read as text",
        "remove them: images are put before the question",
    ),
    "more": (
        "error",
        "more image placeholders in the source than images",
        "an image is missing: put it into the row, or take the placeholder out",
    ),
    "fewer": (
        "warning",
        "fewer image placeholders in the source than images",
        "look whether all these images belong to the row; they are put before the question",
    ),
    "regionless": (
        "error",
        f"`{REGION_MARK}` in the question without a region",
        "give them `regions`, the boxes that are asked about, or take the mark out",
    ),
    "regions": (
        "error",
        f"more `{REGION_MARK}` marks in the question than regions",
        "a region is missing: put it into `regions`, or take the mark out",
    ),
    "chat": ("error", "tokens of a chat template in the question", "remove them; the model's template writes them"),
}


def _samples(batches: Mapping[str, Batch]) -> Iterable[Sample]:
    return (sample for batch in batches.values() for sample in batch)
