"""What a benchmark is: a task, its data and the rule by which published numbers were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A published benchmark. What is unknown (licence, rows, sha256) is None and printed as unknown.

    title: as the publication names it. groups: names under which several benchmarks are run together. tables: of the publication, in which
    its columns stand. layout: where the data may lie under `--data-root`, the first that is there is read. published: model → figure →
    fraction, a figure being a metric, or a metric and a slice as `precision@0.5 [size_group=small]`. remarks: model → half a sentence on what a
    reader must know of its published figures. evidence: where rows, figures and layout come from.
    """

    name: str
    task: str
    loader: str
    protocol: str
    split: str
    max_new_tokens: int
    source: str
    title: str = ""
    groups: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    licence: str | None = None
    rows: int | None = None
    sha256: str | None = None
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    evidence: str = ""
    distribution: str = field(default="", compare=False)

    @property
    def figures(self) -> list[str]:
        """The figures that anybody published, in the order of whoever published most."""
        by_number = sorted(self.published.values(), key=len, reverse=True)
        return list(dict.fromkeys(figure for found in by_number for figure in found))

    def data_in(self, root: Path) -> Path | None:
        """Return where the data lies under a root, None where it does not."""
        return next((path for place in self.layout if (path := root / place).exists()), None)


def groups(benchmarks: Iterable[Benchmark]) -> dict[str, list[Benchmark]]:
    """Return the benchmarks of every group by its name."""
    found: dict[str, list[Benchmark]] = {}
    for benchmark in benchmarks:
        for group in benchmark.groups:
            found.setdefault(group, []).append(benchmark)
    return found
