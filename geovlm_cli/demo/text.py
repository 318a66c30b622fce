"""The closing report: the table, a sentence on each line of it, and how to go on. Every word about learning follows from the intervals."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from geovlm_cli.demo.stages import BASE, CONTACT_SHEET, DECODINGS, GRPO, LONG_SFT, SFT, eval_folder

_COLUMNS: Final = {BASE: "base", SFT: "SFT", GRPO: "SFT + GRPO", LONG_SFT: "long SFT"}
_DECODING: Final = {"greedy": "greedy", "sampled": "T = 1"}


def report(results: Mapping[str, Any], out: Path) -> str:
    """Return the report of a finished demo as Markdown that also reads as plain text."""
    seconds = sum(results["seconds"].values())
    return "\n".join(
        [
            f"# geovlm demo: {results['plan']} plan, seed {results['seed']}, {seconds / 60:.1f} minutes",
            "",
            "Fresh scenes that no training saw; per cent with 95 % bootstrap intervals. Detection: 2·ΣIoU / (answered + true boxes) of rotated",
            "boxes; everything else: exact answers. An unreadable answer scores 0.",
            "",
            *table(results["measures"]),
            "",
            *_findings(results),
            "",
            f"Truth and answers, drawn: {out / CONTACT_SHEET}",
            "",
            "Go on with:",
            "",
            *(f"    {line}" for line in _commands(out)),
            "",
        ]
    )


def table(measures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of a Markdown table: two a measure, greedy and sampled at temperature 1, a column a model."""
    rows = [("", "n", "decoding", *_COLUMNS.values())]
    for item in measures:
        for decoding in DECODINGS:
            first = (item["name"], str(item["n"])) if decoding == "greedy" else ("", "")
            cells = (_cell(item["models"][model][decoding]) for model in _COLUMNS)
            rows.append((*first, _DECODING[decoding], *cells))
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table whose columns line up; the first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    ruled = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in ruled]


def finding(item: Mapping[str, Any]) -> str:
    """Return one line on a measure: what GRPO changed, how the long SFT stands beside it, and whether the task was learnt at all."""
    change, beside = item["change"][SFT], item["change"][LONG_SFT]
    parts = [f"{_verb(change)} from SFT to SFT + GRPO ({points(change)})", _beside(beside)]
    constant, reached = item["constant"], item["models"][GRPO]["greedy"]["low"]
    if constant is not None and reached <= constant:
        parts.append(f"not learnt: the most frequent answer alone reaches {100 * constant:.1f}")
    return f"- {item['name']}: {'; '.join(parts)}."


def _verb(change: Mapping[str, float]) -> str:
    if change["low"] > 0:
        return "rose"
    return "fell" if change["high"] < 0 else "no change that the rows can tell"


def _beside(change: Mapping[str, float]) -> str:
    if change["low"] > 0:
        return f"above the long SFT ({points(change)})"
    if change["high"] < 0:
        return f"the long SFT alone is better ({points(change)})"
    return f"level with the long SFT ({points(change)})"


def points(change: Mapping[str, float]) -> str:
    """Return a difference with its interval in per cent points."""
    return f"{100 * change['value']:+.1f} [{100 * change['low']:+.1f}, {100 * change['high']:+.1f}]"


def _cell(found: Mapping[str, float]) -> str:
    return f"{100 * found['value']:.1f} [{100 * found['low']:.1f}, {100 * found['high']:.1f}]"


def _findings(results: Mapping[str, Any]) -> Iterator[str]:
    if results["plan"] == "quick":
        yield "The quick plan shows every stage; in so few steps nothing is learnt, and so few rows could not show it."
        return
    yield "Greedy, paired by row:"
    yield ""
    yield from map(finding, results["measures"])
    unreadable = max(item["unreadable"][BASE] for item in results["measures"])
    if unreadable > 0.5:
        yield "- base: it was never taught these questions and tags, so most of its answers cannot be read."


def _commands(out: Path) -> Iterator[str]:
    """Yield command lines that work as they stand."""
    test, answers = out / "data" / "test", eval_folder(out, GRPO, "greedy") / "rows.jsonl"
    image = test / "images" / f"{_first(answers, 'referred-detection')['id']}-image.png"
    more = ("--task", "vqa", "--limit", 200, "--samples", 4, "--temperature", 1, "--batch-size", 128)
    yield _line("eval", "--model", out / GRPO, "--data", test, *more)
    yield _line(
        "score", "<think>I count them.</think><answer>3</answer>", "--row", f"{test}#{_first(answers, 'vqa')['id']}"
    )
    yield _line(
        "predict", image, "--task", "referred-detection", "--question", "Find every red ship.", "--model", out / GRPO
    )
    yield _line("grpo", "--config", out / GRPO / "config.yaml", "--out", out / "grpo-longer", "grpo.max_steps=200")
    yield _line("sft", "--config", "recipe:tiny/sft", "--data", "YOUR-ROWS.jsonl", "--out", "runs/sft")


def _first(answers: Path, task: str) -> dict[str, Any]:
    with answers.open("rb") as file:
        return next(row for row in map(orjson.loads, file) if row["task"] == task)


def _line(*words: object) -> str:
    return shlex.join(["geovlm", *map(str, words)])
