"""What a benchmark is: a task, its data and the rule by which published numbers were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A published benchmark. What is unknown (rows, sha256, licence) is None and printed as unknown; published maps model → metric → fraction."""

    name: str
    task: str
    loader: str
    protocol: str
    split: str
    max_new_tokens: int
    source: str
    licence: str | None = None
    rows: int | None = None
    sha256: str | None = None
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    distribution: str = field(default="", compare=False)
