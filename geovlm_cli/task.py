"""What a task is: the values that plugin authors write and every command reads. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, overload

if TYPE_CHECKING:
    from geovlm_cli.boxes import Boxes
    from geovlm_cli.profiles import Profile

T = TypeVar("T")

Kind = Literal["label", "labels", "text", "answer", "count", "box", "boxes", "grounded"]
KINDS: tuple[Kind, ...] = ("label", "labels", "text", "answer", "count", "box", "boxes", "grounded")


@dataclass(frozen=True, slots=True)
class Malformed:
    """A model answer that did not parse: data, not an exception. `reason` is a name of the closed list in `geovlm_cli.rewards.REASONS`."""

    reason: str


class ImageRef(NamedTuple):
    """One image of a sample: a path or the encoded bytes, and the role it plays (`before`, `after`, …). Opened lazily."""

    source: str | bytes
    role: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Sample:
    """One row of data, whatever format it came in. Treat it as immutable.

    `reference` by kind: label str · labels tuple[str, …] · text tuple[str, …] (several captions) · answer str · count int ·
    box and boxes `Boxes` · grounded `Grounded`. `image_size` is (width, height) px of the image that the answer speaks about; `regions`
    are the boxes that the question names; `completion` is a saved model answer; `flaw` says why the truth is bad.
    """

    id: str
    task: str
    images: tuple[ImageRef, ...] = ()
    question: str = ""
    reference: Any = None
    image_size: tuple[int, int] | None = None
    reasoning: str | None = None
    choices: tuple[str, ...] = ()
    regions: Boxes | None = None
    completion: str | None = None
    flaw: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


class Batch(Sequence[Sample]):
    """Samples of one task with the model profile that asks and answers; holds what was prepared from their references.

    Build it once per data set and task, then `take` rows of it: all takes share the preparations of the whole.
    """

    __slots__ = ("_prepared", "_root", "profile", "rows", "samples")

    def __init__(self, samples: Sequence[Sample], profile: Profile | None = None) -> None:
        self.samples: Sequence[Sample] = tuple(samples)
        self.profile = profile
        self.rows: Sequence[int] = range(len(self.samples))
        self._root: Batch | None = None  # of a take, the whole; not itself, for a cycle would outlive the batch
        self._prepared: dict[Hashable, Any] = {}

    @property
    def root(self) -> Batch:
        """The whole batch that this one is a take of, or itself."""
        return self if self._root is None else self._root

    def take(self, rows: Sequence[int]) -> Batch:
        """Return the batch of the named rows, in that order; rows may repeat (the G generations of a prompt). A numpy int64 array is kept as it is."""
        view = object.__new__(Batch)
        view.samples, view.profile, view._root, view._prepared = self.samples, self.profile, self.root, self._prepared
        view.rows = rows if self._root is None else [self._row(row) for row in rows]
        return view

    def _row(self, row: int) -> int:
        """Return the row of the whole that a row of this batch is, −1 where it has none: whoever scores then refuses it."""
        return self.rows[row] if not isinstance(row, bool) and 0 <= row < len(self.rows) else -1

    def prepared(self, key: Hashable, build: Callable[[Batch], T]) -> T:
        """Return what `build(whole batch)` made for `key`, calling it at first use; index the result with `rows`."""
        if key not in self._prepared:
            self._prepared[key] = build(self.root)
        made: T = self._prepared[key]
        return made

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Batch: ...
    def __getitem__(self, index: int | slice) -> Sample | Batch:
        if isinstance(index, slice):
            return self.take(range(*index.indices(len(self))))
        return self.samples[self.rows[index]]

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples) if self._root is None else map(self.samples.__getitem__, self.rows)

    def __getstate__(self) -> tuple[Any, ...]:
        return self.samples, self.profile, self.rows, self._root  # what was prepared is made again where it is needed

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.samples, self.profile, self.rows, self._root = state
        self._prepared = {} if self._root is None else self._root._prepared  # noqa: SLF001  # of another batch


@dataclass(frozen=True, slots=True)
class Metric:
    """A summarised figure, as a fraction, and the number of rows (or boxes) that it rests on."""

    value: float
    n: float


@dataclass(frozen=True, slots=True)
class Protocol:
    """A named, versioned way of scoring.

    `score(items, batch)` gives columns of float64[n], one row a sample (a protocol that ranks boxes adds a column `row`); `items` are the
    texts (an unreadable one is the empty text), or with `reads="answers"` the task's own parsed answers, `Malformed` ones among them.
    `summarise(columns, weights)` turns the columns of all rows and a weight for each row into metrics; bootstrap draws and slices are both
    weights. `prepare(references)` runs once before (document frequencies).
    """

    name: str
    version: str
    score: Callable[[Any, Batch], Mapping[str, Any]]
    summarise: Callable[[Mapping[str, Any], Any], dict[str, Metric]]
    prepare: Callable[[Batch], None] | None = None
    reads: Literal["texts", "answers"] = "texts"


Parse = Callable[[Sequence[str], Batch], Sequence[Any]]
Reward = Callable[[Sequence[Any], Batch], Iterable[float]]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task: prompt, target, parser, rewards and protocols, as values with functions; no class to inherit.

    name: lower-case words with hyphens. kind: the type of `Sample.reference`; gives target, parse, rewards and the protocol `strict` where
    they are left out. prompt and target: jinja2 text over the sample, or a function of (sample, profile). parse: texts of a batch to one
    value or `Malformed` each. rewards: components by name, each in [0, 1]; the first is the default. images: how many, a range, or the
    tuple of their roles. max_new_tokens: generation cap. pass_at: from which value of the first
    component on an answer is right in pass@k; None: 1 for labels, answers and counts, 0.5 for boxes and texts, which are rarely met to the letter.
    distribution: who provides it, filled in when plugins are loaded.
    """

    name: str
    kind: Kind
    summary: str
    prompt: str | Callable[[Sample, Profile], str] = "{{ question }}"
    target: str | Callable[[Sample, Profile], str] | None = None
    thought: str = ""
    parse: Parse | None = None
    rewards: Mapping[str, Reward] = field(default_factory=dict)
    protocols: tuple[Protocol, ...] = ()
    vocabulary: tuple[str, ...] = ()
    images: int | range | tuple[str, ...] = 1
    max_new_tokens: int = 256
    pass_at: float | None = None
    distribution: str = field(default="", compare=False)


def each(function: Callable[[Any, Sample], Any]) -> Callable[[Sequence[Any], Batch], list[Any]]:
    """Turn `f(text, sample)` or `f(answer, sample)` into the form that takes a batch."""
    return partial(_over_batch, function)  # which pickles where the function does


def _over_batch(function: Callable[[Any, Sample], Any], items: Sequence[Any], batch: Batch) -> list[Any]:
    return [function(item, sample) for item, sample in zip(items, batch, strict=True)]
