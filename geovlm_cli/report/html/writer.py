"""From a finished run to RUN/report/index.html."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from geovlm_cli.errors import OutputError, clean
from geovlm_cli.profiles import Profile
from geovlm_cli.report.html.cards import Asked, Card, SlicesOf, cards
from geovlm_cli.report.html.choice import Survey, rows_at, survey
from geovlm_cli.report.html.overlays import Overlays
from geovlm_cli.report.html.pictures import Album
from geovlm_cli.report.html.tables import bars, measured, sliced
from geovlm_cli.report.html.text import finalised, place, short
from geovlm_cli.report.notes import notes, unanswered
from geovlm_cli.report.pictures import clear
from geovlm_cli.runs.files import write_bytes
from geovlm_cli.task import Sample, Task

FILE = "report/index.html"
OVERLAYS = "report/overlays"
MAX_CARDS = 96
_LEAST_A_TASK = 6


@dataclass(frozen=True, slots=True)
class _Section:
    """One task of the page. `anchor` is a number, so that no name reaches an attribute that means something."""

    anchor: str
    name: str
    measured: Any
    sliced: Any
    reasons: Any
    histogram: Any
    score: str
    rows: int


@dataclass(frozen=True, slots=True)
class Published:
    """Published tables with ours beside, rows of cells under a header row by name, and what their marks mean."""

    tables: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    marks: Sequence[str] = ()


NONE_PUBLISHED = Published()


def drawn(run: Path) -> Path | None:
    """Return the folder of the pictures that a report left, None where none has an image."""
    folder = run / OVERLAYS
    return folder if folder.is_dir() and any(folder.iterdir()) else None


def write(
    run: Path,
    samples: Iterable[Sample],
    tasks: Mapping[str, Task],
    profile: Profile | None,
    slices_of: SlicesOf,
    published: Published = NONE_PUBLISHED,
) -> Path:
    """Write the report of a finished run of `eval`, a PNG for each of its cards that has an image (24 MiB of them at most) into the folder `overlays` beside it, and return its path.

    run: a folder with results.json and rows.jsonl (contracts.md section 7); every figure of the page is the one of results.json. samples: the
    rows that the run measured; they give questions, truths and images. slices_of: as `geovlm_cli.evaluation.slices.slices`. Raises OutputError.
    """
    results = orjson.loads((run / "results.json").read_bytes())
    rows = run / "rows.jsonl"
    found = survey(rows)
    album = Album()
    asked = Asked(tasks, profile, results["structure"], slices_of)
    room = max(_LEAST_A_TASK, MAX_CARDS // max(1, len(found)))
    places = [place for part in found.values() for place in part.chosen(room)]
    path = run / FILE
    overlays = run / OVERLAYS
    _make_folder(path.parent)
    clear(overlays)
    shown = cards(rows_at(rows, places), samples, asked, album, Overlays(overlays))
    write_bytes(path, page(results, found, shown, published, full=album.full).encode())
    return path


def page(
    results: Mapping[str, Any],
    found: Mapping[str, Survey],
    shown: list[Card],
    published: Published = NONE_PUBLISHED,
    *,
    full: bool = False,
) -> str:
    """Return the page: results as results.json holds them, what rows.jsonl holds of each task, and the cards in order."""
    style, script = _asset("page.css"), _asset("page.js")
    return _template().render(
        policy=f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        results=results,
        notes=notes(results, shared=True),
        unanswered=unanswered(results),
        published=published,
        sections=[_section(number, task, results, found.get(task)) for number, task in enumerate(results["metrics"])],
        cards=shown,
        full=full,
        pictured=any(panel.uri for card in shown for panel in card.panels),
        reasons=sorted({card.reason for card in shown}),
        slices=sorted({name for card in shown for name in card.slices}),
    )


def _section(number: int, task: str, results: Mapping[str, Any], found: Survey | None) -> _Section:
    return _Section(
        anchor=f"task-{number}",
        name=task,
        measured=measured(results["metrics"][task], results["protocols"]),
        sliced=sliced(results["slices"].get(task, {}), results["slice_rows"].get(task, {})),
        reasons=bars(dict(sorted(results["reasons"].get(task, {}).items(), key=lambda item: -item[1]))),
        histogram=bars(_binned(found.histogram)) if found else [],
        score=found.score if found else "",
        rows=len(found.values) if found else 0,
    )


def _binned(counts: list[int]) -> dict[str, int]:
    return {f"{i / len(counts):.1f} – {(i + 1) / len(counts):.1f}": count for i, count in enumerate(counts)}


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=finalised, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(short=short, place=place)
    return environment.from_string(_asset("page.html.jinja"))


@cache
def _asset(name: str) -> str:
    return files("geovlm_cli.report.html").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot write {clean(str(folder))}: {error.strerror}.") from error
