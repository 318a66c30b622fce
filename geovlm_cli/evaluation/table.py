"""Results as text for the terminal: one block a task, fractions ×100."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geovlm_cli.evaluation.bootstrap import Interval

Cells = tuple[str, ...]
_HEAD = ("protocol", "metric", "value", "95 % interval", "n")
_MAX_PARTS = 12  # slices of one key that are printed; results.json holds all
_GAMEABLE = {
    "earthdial": "earthdial reproduces published figures and can be gamed: it counts no missed box and no surplus label"
}


def report(results: Mapping[str, Any]) -> str:
    """Return the blocks of all tasks, and a note for each protocol that can be gamed."""
    lines = [_source(results)]
    for task in results["metrics"]:
        lines += ["", *_block(task, results)]
    lines += [f"\nnote: {_GAMEABLE[name]}" for name in results["protocols"] if name in _GAMEABLE]
    return "\n".join(lines)


def _source(results: Mapping[str, Any]) -> str:
    data = results["data"]
    left_out = [
        f"{data[key]} {word}"
        for key, word in (("flawed", "with bad truth"), ("rejected", "unreadable"), ("failed", "not asked"))
        if data[key]
    ]
    asked = results["model"] or "saved answers"
    return f"{asked} on {data['source']}: {data['n']} rows{''.join(f', {part}' for part in left_out)}; structure {results['structure']}, profile {results['profile'] or 'none'}"


def _block(task: str, results: Mapping[str, Any]) -> list[str]:
    rows: list[Cells] = [_HEAD]
    for protocol, metrics in results["metrics"][task].items():
        rows += _rows(f"{protocol} ({results['protocols'][protocol]})", metrics)
    for protocol, parts in results["slices"].get(task, {}).items():
        for name, metrics in _shown(parts):
            rows += _rows(f"{protocol} · {name}", metrics)
    reasons = ", ".join(f"{reason} {count}" for reason, count in results["reasons"][task].items())
    return [task, *_aligned(rows), f"  unreadable answers: {reasons or 'none'}"]


def _shown(parts: Mapping[str, Mapping[str, Interval]]) -> Iterator[tuple[str, Mapping[str, Interval]]]:
    by_key: dict[str, list[str]] = {}
    for name in parts:
        by_key.setdefault(name.partition("=")[0], []).append(name)
    for names in by_key.values():
        if 1 < len(names) <= _MAX_PARTS:
            yield from ((name, parts[name]) for name in names)


def _rows(label: str, metrics: Mapping[str, Interval]) -> list[Cells]:
    return [
        (label if i == 0 else "", name, _percent(found["value"]), _span(found), f"{found['n']:g}")
        for i, (name, found) in enumerate(metrics.items())
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}"


def _span(found: Interval) -> str:
    return "" if found["low"] is None else f"{_percent(found['low'])} … {_percent(found['high'])}"


def _aligned(rows: list[Cells]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    left = (True, True, False, False, False)
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if side else cell.rjust(width)
            for cell, width, side in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in rows
    ]
