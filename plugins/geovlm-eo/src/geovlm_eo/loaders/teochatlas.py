"""TEOChatlas (Irvin et al. 2024): conversations about sequences of images, a JSON list a set, such as `eval/fMoW_High_Res.json`.

Keys: ermongroup/TEOChat, videollava/eval/{eval,classification,inference}.py. `video` holds the paths of the images, which begin with `TEOChatlas/eval/`, the folder of
the list; `timestamp` their dates, by which they are put in order and get their roles; `conversations` a question, in which `<video>` stands for the images, and its answer; `task` is not one
of ours and is kept as `meta.source_task`. Some turns lack `from`. Boxes are in percent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from geovlm_cli import Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.formats import conversations
from geovlm_cli.data.records import converted, identity_of
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import ConfigError, clean
from geovlm_eo.loaders.sequences import in_roles

Row = Mapping[str, Any]

SPEAKERS = ("human", "gpt")
_MARK = "<video>"
_HOME = re.compile(r"^TEOChatlas/(?:eval|train)/")
_CLASSES = re.compile(r"(?:one of|following) (?:the following )?(?:classes|options): *([^.?\n]+)")
_USED = frozenset(("id", "task", "video", "conversations"))


def detect(head: Row) -> bool:
    """Recognise a conversation about a list of frames."""
    return isinstance(head.get("video"), list) and isinstance(head.get("conversations"), list)


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield a sample for each question of each conversation. Raises ConfigError without a task, for these rows name none of ours."""
    if task is None:
        raise ConfigError(f"The rows of {clean(str(path))} name tasks of their own; name one of ours with --task.")

    def convert(row: Row, number: int) -> Iterator[Sample]:
        held = {**row, "images": _in_order(row.get("video"), row.get("timestamp"))}
        turns = conversations.turns_of(_spoken(row.get("conversations")))
        source = {"source_task": row["task"]} if isinstance(row.get("task"), str) else {}
        for sample in conversations.samples_of(held, turns, identity_of(path, number, row.get("id")), task, _USED):
            question = " ".join(sample.question.replace(_MARK, " ").split())
            yield replace(
                sample,
                question=question,
                images=in_roles(sample.images),
                choices=_choices(question),
                meta={**sample.meta, **source},
            )

    return converted(path, convert)


def _spoken(turns: Any) -> Any:
    """Return the turns, those without a speaker given one: they alternate."""
    if not isinstance(turns, list):
        return turns
    return [
        {"from": SPEAKERS[number % 2], **turn} if isinstance(turn, Mapping) else turn
        for number, turn in enumerate(turns)
    ]


def _in_order(paths: Any, dates: Any) -> list[str]:
    """Return the paths of the images, relative to the folder of the list, by date where each has one."""
    if not isinstance(paths, list) or not all(isinstance(path, str) and path for path in paths):
        raise MalformedRowError(f"`video` is a list of paths, found {clean(repr(paths), 60)}")
    found = [_HOME.sub("", path) for path in paths]
    try:
        days = [datetime.strptime(date, "%Y-%m-%d") for date in dates or ()]  # noqa: DTZ007  # only their order counts
    except (TypeError, ValueError):
        raise MalformedRowError(f"`timestamp` is a list of dates, found {clean(repr(dates), 60)}") from None
    if days and len(days) != len(found):
        raise MalformedRowError(f"{len(found)} images and {len(days)} dates")
    return [path for _, path in sorted(zip(days, found, strict=True), key=lambda pair: pair[0])] if days else found


def _choices(question: str) -> tuple[str, ...]:
    listed = _CLASSES.search(question)
    return tuple(dict.fromkeys(word.strip() for word in listed[1].split(",") if word.strip())) if listed else ()


LOADER = Loader(name="teochatlas", detect=detect, read=read, frame="percent")
