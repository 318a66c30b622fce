"""Fuzz the parsers and compare them with the plain twin: `make fuzz` (docs/decisions/0006-fuzzing.md).

A completion of the corpus is broken at many places, read by every parser of the product, none of which may raise, and judged by the
twin, which must agree. One that behaves as none before joins the corpus; `--keep` writes it to the file.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace
from pathlib import Path

import click

from tests.rewards import test_rust_linear as every
from tests.rewards.test_first_fault import FAULTS
from tests.rewards.test_twin_equals_rust import KINDS, PIECES, Drawn, alike, drawn

CORPUS = Path(__file__).with_name("corpus.jsonl")
Behaviour = tuple[object, ...]


def load() -> list[Drawn]:
    """Return the kept completions, each with the case that it was found with."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [_drawn(json.loads(line)) for line in lines]


def _drawn(row: dict[str, object]) -> Drawn:
    kind = next(kind for kind in KINDS if kind == row["kind"])
    return replace(drawn(kind, int(str(row["seed"]))), completion=str(row["completion"]))


def broken(text: str, other: str, draw: random.Random) -> str:
    """Return a text broken at up to eight places: cut, doubled, pierced by a piece, or joined with another text."""
    for _ in range(draw.randint(1, 8)):
        at, to = sorted(draw.choices(range(len(text) + 1), k=2))
        near = min(to, at + draw.choice([1, 4, 40]))
        choices = [
            text[:at] + text[near:],
            text[:near] + text[at:],
            text[:at] + draw.choice([*PIECES, *FAULTS]) + text[at:],
            text[:at] + other[draw.randint(0, len(other)) :],
        ]
        text = draw.choice(choices)[:20_000]
    return text


def behaviour(item: Drawn) -> Behaviour:
    """Judge a completion both ways, by every parser too; return what is told apart."""
    every.score(item.completion)
    found = alike(item)
    invalid = getattr(found.value, "invalid", 0)
    return (
        item.case.kind,
        item.case.syntax,
        item.structure,
        found.reason,
        found.format,
        round(found.reward, 1),
        invalid > 0,
    )


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long to go on.")
@click.option("--seed", default=0, show_default=True)
@click.option("--keep", is_flag=True, help="Write new behaviours to the corpus.")
def main(seconds: float, seed: int, *, keep: bool) -> None:
    """Break completions until the time is up; stop at the first that is judged differently."""
    draw, corpus = random.Random(seed), [(0, item) for item in load()]
    seen = {behaviour(item) for _, item in corpus}
    ends, count, new = time.monotonic() + seconds, 0, []
    while time.monotonic() < ends:
        number = draw.randrange(10**9)
        base, other = draw.choice(corpus)[1], draw.choice(corpus)[1]
        item = replace(drawn(base.case.kind, number), completion=broken(base.completion, other.completion, draw))
        try:
            found = behaviour(item)
        except BaseException:
            click.echo(json.dumps({"kind": item.case.kind, "seed": number, "completion": item.completion}), err=True)
            raise
        count += 1
        if found not in seen:
            seen.add(found)
            corpus.append((number, item))
            new.append({"kind": item.case.kind, "seed": number, "completion": item.completion})
    if keep:
        with CORPUS.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in new if len(row["completion"]) < 400)  # type: ignore[arg-type]
    click.echo(f"{count} completions judged alike by product and twin; {len(seen)} behaviours, {len(new)} of them new")


if __name__ == "__main__":
    main()
