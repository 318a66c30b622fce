"""What a check says: one finding a fact, and what belongs to it in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from geovlm_cli.errors import counted

Level = Literal["ok", "note", "warning", "error"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note", "ok")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about the data. level: `error` must be mended before training, `warning` should be looked at; count and rows: how many rows, and the ids of all."""

    check: str
    level: Level
    sentence: str
    count: int = 0
    rows: tuple[str, ...] = ()
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a degenerate answer earns in one component, as the mean over the rows that were tried, and what blind guessing earns there; trained: is it the reward that training will use?"""

    task: str
    component: str
    name: str
    score: float
    chance: float
    rows: int
    trained: bool = False

    @property
    def low(self) -> bool:
        """Is the score at most 0.1, or at most the chance level?"""
        return self.score <= max(0.1, self.chance) + 1e-9


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between edges: counts[i] values lie in [edges[i], edges[i+1]); the last bin is open. unit: of the values."""

    name: str
    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    median: float
    p99: float
    largest: float


@dataclass(slots=True)
class Checked:
    """Everything that a check found, the worst first."""

    source: str
    rows: int
    tasks: tuple[str, ...]
    profile: str
    findings: list[Finding] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    histograms: list[Histogram] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The findings that must be mended."""
        return [finding for finding in self.findings if finding.level == "error"]

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings and keep the worst first, in the order of the checks otherwise."""
        self.findings = sorted([*self.findings, *findings], key=lambda finding: LEVELS.index(finding.level))

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "source": self.source,
            "rows": self.rows,
            "tasks": list(self.tasks),
            "profile": self.profile,
            "findings": [asdict(finding) for finding in self.findings],
            "probes": [{**asdict(probe), "low": probe.low} for probe in self.probes],
            "histograms": [asdict(histogram) for histogram in self.histograms],
        }


def about(check: str, level: Level, ids: Sequence[str], what: str, advice: str, noun: str = "row") -> Finding:
    """Return a finding about some rows, whose number ends the sentence."""
    return Finding(check, level, f"{what}: {counted(len(ids), noun)}", len(ids), tuple(map(_encodable, ids)), advice)


def _encodable(identity: str) -> str:
    """Return an id as it is, but for lone surrogates (names of files that are not UTF-8), which no JSON holds."""
    return identity.encode(errors="backslashreplace").decode()


def fine(check: str, sentence: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(check, "ok", sentence)


def spread(count: int, room: int) -> list[int]:
    """Return at most `room` of the numbers 0 … count − 1 at even distances."""
    if count <= room:
        return list(range(count))
    return [i * count // room for i in range(room)]
