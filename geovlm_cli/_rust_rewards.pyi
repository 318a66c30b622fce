"""Rust reward engine: structure, parsing, boxes, matching, text scores (binding of crate `rust-rewards`).

Columns in, columns out: every function takes a whole batch, releases the GIL for all of it and returns numpy arrays or Rust-side columns.
Texts are read in place (no copy of an ASCII `str`); indexing a column makes plain Python values on request. Rows map items of a batch to
prepared truth: `rows[i]` is the index of item i's sample in the truth object, so the G generations of a prompt share one preparation.

Reason codes: `REASONS[code]` is the name, code 0 ("") means the answer was read. Wrong shapes, dtypes, lengths or options raise
`RewardInputError` (a `ValueError`) that names the argument and, where there is one, the row. A panic becomes `RewardInternalError`.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "REASONS",
    "AnswerColumn",
    "AnswerTruth",
    "BleuTruth",
    "BoxColumn",
    "BoxTruth",
    "CiderTruth",
    "DocumentFrequencies",
    "LabelColumn",
    "LabelTruth",
    "MeteorTruth",
    "RewardInputError",
    "RewardInternalError",
    "TextColumn",
    "TextTruth",
    "Texts",
    "TokenTruth",
    "__version__",
    "assign",
    "average_precision",
    "coco_entries",
    "coco_summary",
    "completion_bytes",
    "count_labels",
    "iou",
    "may_repeat_keys",
    "parse_answers",
    "parse_boxes",
    "parse_grounded",
    "parse_labels",
    "parse_text",
    "read_entries",
    "read_rows",
    "read_structure",
    "score_answers",
    "score_boxes",
    "score_grounded",
    "score_labels",
    "score_texts",
    "set_threads",
    "repeated_boxes",
    "repeated_words",
]

__version__: str
REASONS: tuple[str, ...]

class RewardInputError(ValueError): ...
class RewardInternalError(Exception): ...

@final
class Texts:
    """The answer texts of a batch: spans into the completions, held alive here.

    A row that could not be read has a reason code and no text.
    """

    @property
    def format(self) -> NDArray[np.float64]:
        """float64[n]: 1.0 where the whole completion keeps the structure (scoring policy 1), else 0.0."""
    @property
    def reasons(self) -> NDArray[np.uint8]:
        """uint8[n]: reason codes."""
    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> str | None: ...
    def think(self, row: int, /) -> str | None:
        """The think body of one row, None where there is none."""
    def take(self, rows: NDArray[np.int64], /) -> Texts:
        """The named rows, sharing the completions."""

def read_structure(
    completions: Sequence[str],
    /,
    *,
    structure: Literal["think_answer", "answer", "plain", "any"],
    opens_think: bool = False,
    threads: int = ...,
) -> Texts:
    """Find the answer of each completion (contracts.md section 3). `completions` is a list or tuple of str; lone surrogates read as U+FFFD;
    a text above 1 MiB is `too_long`.
    """

_BoxSyntax: TypeAlias = Literal["qwen-json", "list4", "list5", "geochat", "internvl", "earthdial"]

@final
class BoxColumn:
    """Parsed boxes of a batch, in the frame in which they were written.

    float64[m, 5] boxes (x1, y1, x2, y2, angle degrees), split by `offsets` int64[n + 1]; `invalid` int64[n] counts items that are no box.
    """

    @property
    def reasons(self) -> NDArray[np.uint8]: ...
    @property
    def offsets(self) -> NDArray[np.int64]: ...
    @property
    def array(self) -> NDArray[np.float64]: ...
    @property
    def invalid(self) -> NDArray[np.int64]: ...
    def __len__(self) -> int: ...
    def boxes(self, row: int, /) -> NDArray[np.float64]:
        """float64[k, 5] of one row."""
    def labels(self, row: int, /) -> tuple[str, ...]:
        """The labels as written, one a box; () where the syntax carries none."""
    def take(self, rows: NDArray[np.int64], /) -> BoxColumn: ...
    @staticmethod
    def from_arrays(
        array: NDArray[np.float64],
        offsets: NDArray[np.int64],
        invalid: NDArray[np.int64],
        labels: Sequence[Sequence[str]] | None = None,
    ) -> BoxColumn:
        """A column made of plain arrays (answers of a plugin's own parser)."""

def parse_boxes(
    texts: Texts,
    /,
    *,
    syntax: _BoxSyntax,
    extents: NDArray[np.float64],
    rows: NDArray[np.int64],
    one: bool = False,
    threads: int = ...,
) -> BoxColumn:
    """Read boxes in one declared syntax. `extents` float64[samples, 2]: (width, height) of the frame in which the answer is written, by sample;
    four-number syntaxes clip to it, five-number syntaxes only refuse a box whose polygon misses it. `one`: exactly one box (kind `box`).
    `earthdial` is EarthDial's digits-only compatibility parser: it never fails and counts malformed items in `invalid`.
    """

def parse_grounded(
    texts: Texts,
    /,
    *,
    syntax: _BoxSyntax,
    extents: NDArray[np.float64],
    rows: NDArray[np.int64],
    threads: int = ...,
) -> tuple[TextColumn, BoxColumn]:
    """Read texts that speak of boxes: the words without box marks and tags, and the boxes of the marks, read as one answer in the syntax. extents as `parse_boxes`."""

@final
class BoxTruth:
    """Prepared boxes of the references, one entry a sample, in their own frame.

    scales float64[n, 2]: what a predicted x and y is multiplied with to reach that frame. bad bool[n]: flawed truth (scores 0, `bad_truth`).
    """

    def __new__(
        cls,
        array: NDArray[np.float64],
        offsets: NDArray[np.int64],
        scales: NDArray[np.float64],
        *,
        labels: Sequence[Sequence[str]] | None = None,
        bad: NDArray[np.bool_] | None = None,
    ) -> BoxTruth: ...
    def __len__(self) -> int: ...
    @property
    def bad(self) -> NDArray[np.bool_]:
        """bool[n]: samples that score 0: those given as bad, and those whose boxes are inverted, empty or not finite."""
    def detection(
        self,
        answers: BoxColumn,
        /,
        *,
        rows: NDArray[np.int64],
        min_iou: float = 0.0,
        angles: Literal["rotated", "hull", "drop"] = "rotated",
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[n]: 2·ΣIoU / (N_pred + N_true), N_pred counting invalid items, after the assignment that maximises ΣIoU over the pairs of equal
        label with IoU >= min_iou − 1e-9; nothing true and nothing predicted is 1 (scoring policy 6).
        """
    def matches(
        self,
        answers: BoxColumn,
        /,
        *,
        rows: NDArray[np.int64],
        min_iou: float = 0.5,
        angles: Literal["rotated", "hull", "drop"] = "rotated",
        greedy: bool = False,
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[n, 4]: ΣIoU of the matched pairs, matched pairs, N_pred, N_true. greedy: match as `assign` says."""
    def referring(
        self,
        answers: BoxColumn,
        /,
        *,
        rows: NDArray[np.int64],
        angles: Literal["rotated", "hull", "drop"] = "rotated",
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[n]: IoU of the one predicted with the one true box (scoring policy 7)."""
    def any_match(
        self,
        answers: BoxColumn,
        /,
        *,
        rows: NDArray[np.int64],
        threshold: float = 0.5,
        angles: Literal["rotated", "hull", "drop"] = "rotated",
        threads: int = ...,
    ) -> NDArray[np.int64]:
        """int64[n, 2]: predictions with IoU >= threshold − 1e-9 to any true box, and predictions (EarthDial, geovlm-r1.md 4.3)."""
    def pairs(
        self,
        answers: BoxColumn,
        row_of_answer: int,
        row_of_truth: int,
        /,
        *,
        min_iou: float = 0.0,
        angles: Literal["rotated", "hull", "drop"] = "rotated",
    ) -> NDArray[np.float64]:
        """float64[k, 3]: (predicted index, true index, IoU) of the assignment of one row, for reports and for `geovlm score`."""

@final
class LabelColumn:
    """Parsed labels of a batch: ids into the sample's vocabulary, or the normalised label where there is none."""

    @property
    def reasons(self) -> NDArray[np.uint8]: ...
    def __len__(self) -> int: ...
    def labels(self, row: int, /) -> tuple[str, ...]:
        """The labels of one row: the vocabulary's spelling where there is a vocabulary (unknown ones as written), each once."""
    def take(self, rows: NDArray[np.int64], /) -> LabelColumn: ...

@final
class LabelTruth:
    """Prepared vocabularies and true labels. vocabulary_of[i] is the index of sample i's vocabulary or −1 (free labels)."""

    def __new__(
        cls,
        vocabularies: Sequence[Sequence[str]],
        vocabulary_of: NDArray[np.int64],
        references: Sequence[Sequence[str]],
        *,
        bad: NDArray[np.bool_] | None = None,
    ) -> LabelTruth: ...
    def __len__(self) -> int: ...
    @property
    def bad(self) -> NDArray[np.bool_]:
        """bool[n]: samples that score 0: those given as bad, and those whose labels are none, blank or not of their vocabulary."""
    def equal(self, answers: LabelColumn, /, *, rows: NDArray[np.int64], threads: int = ...) -> NDArray[np.float64]:
        """float64[n]: 1.0 where the two label sets are equal."""
    def overlap(self, answers: LabelColumn, /, *, rows: NDArray[np.int64], threads: int = ...) -> NDArray[np.int64]:
        """int64[n, 3]: |prediction ∩ truth|, |prediction| (unknown and repeated labels counted as policy 8 says), |truth|."""

def parse_labels(
    texts: Texts,
    /,
    *,
    truth: LabelTruth,
    rows: NDArray[np.int64],
    many: bool,
    threads: int = ...,
) -> LabelColumn:
    """Read one label (`many=False`: equality only, never from a list, `unknown_label` outside the vocabulary) or a list of labels (separators comma, semicolon,
    newline, or a JSON list of strings; longest vocabulary match first, up to four pieces). Normalised as scoring policy 8.
    """

@final
class AnswerColumn:
    """Parsed VQA answers: the reference decides what is read (count, yes/no or label; scoring policy 10)."""

    @property
    def reasons(self) -> NDArray[np.uint8]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> str | int | None: ...
    def take(self, rows: NDArray[np.int64], /) -> AnswerColumn: ...
    def equal(self, truth: AnswerTruth, /, *, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """float64[n]: 1 where the answer is the one that its sample asks for."""

@final
class AnswerTruth:
    """What each sample asks for as a short answer, prepared. `count`: always a count."""

    def __new__(cls, references: Sequence[str], /, *, count: bool = False) -> AnswerTruth: ...
    def __len__(self) -> int: ...

def parse_answers(
    texts: Texts,
    /,
    *,
    truth: AnswerTruth,
    rows: NDArray[np.int64],
    threads: int = ...,
) -> AnswerColumn:
    """Read each text as its sample's reference asks: digits → count, yes/no → the bare word, else a normalised label."""

@final
class TextColumn:
    """Free-text answers (captions): the trimmed answer text."""

    @property
    def reasons(self) -> NDArray[np.uint8]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> str | None: ...
    def take(self, rows: NDArray[np.int64], /) -> TextColumn: ...
    @staticmethod
    def from_list(texts: Sequence[str], /) -> TextColumn: ...

def parse_text(texts: Texts, /) -> TextColumn:
    """The trimmed text; `empty` where no visible character is left."""

@final
class TextTruth:
    """Prepared reference texts (one or more a sample): what each score needs of them is made at its first use."""

    def __new__(cls, references: Sequence[Sequence[str]], *, bad: NDArray[np.bool_] | None = None) -> TextTruth: ...
    def __len__(self) -> int: ...
    @property
    def bad(self) -> NDArray[np.bool_]:
        """bool[n]: samples that score 0: those given as bad, and those whose texts are none or show nothing."""
    def lcs_f(
        self,
        answers: TextColumn,
        /,
        *,
        rows: NDArray[np.int64],
        several: Literal["best", "mean"] = "best",
        threads: int = ...,
    ) -> NDArray[np.float64]:
        r"""float64[n]: F1 of the longest common subsequence over the words `[^\W_]+` of the NFC, case-folded text, first 4,000 words (policy 9)."""
    def jaccard(
        self,
        answers: TextColumn,
        /,
        *,
        rows: NDArray[np.int64],
        several: Literal["best", "mean"] = "best",
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[n]: |A ∩ B| / |A ∪ B| of the sets of the words that `lcs_f` reads; 1 where both are empty."""
    def rouge(
        self,
        answers: TextColumn,
        /,
        *,
        rows: NDArray[np.int64],
        variant: Literal["rouge1", "rouge2", "rougeL", "rougeLsum"],
        stemmer: bool = False,
        rate: Literal["f", "precision", "recall"] = "f",
        several: Literal["best", "mean"] = "best",
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[n]: the `rouge-score` package's figure, bit for bit. `rougeL` and `rougeLsum` read the first 4,000 words of each text, the latter takes the lines of the
        texts as sentences. Over several references `best` is the figure of the first one with the best F (`score_multi`), `mean` the mean.
        """
    def rouges(
        self,
        answers: TextColumn,
        /,
        *,
        rows: NDArray[np.int64],
        variants: Sequence[Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]],
        stemmer: bool = False,
        rate: Literal["f", "precision", "recall"] = "f",
        several: Literal["best", "mean"] = "best",
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[m, n]: `rouge` of each of m variants, bit for bit; `rouge1` and `rougeL` read each text once for both."""
    def coco_rouge(
        self, answers: TextColumn, /, *, rows: NDArray[np.int64], threads: int = ...
    ) -> NDArray[np.float64]:
        """float64[n]: ROUGE-L with β = 1.2 over what stands between single blanks, as `pycocoevalcap` computes it: the best precision and the best
        recall of all references, of the first 4,000 words of each text. Texts given as a list are not trimmed.
        """
    def levenshtein(
        self,
        answers: TextColumn,
        /,
        *,
        rows: NDArray[np.int64],
        variant: Literal["indel", "classic"] = "indel",
        several: Literal["best", "mean"] = "best",
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[n]: over the code points of the trimmed texts, the first 16,384 of each: `indel` 1 − indel / (|a| + |b|), the `ratio` of
        python-Levenshtein; `classic` 1 − Levenshtein / max(|a|, |b|).
        """

@final
class TokenTruth:
    """Reference texts, one a sample, as EarthDial's and GeoChat's scorers compare them."""

    def __new__(cls, references: Sequence[str], /) -> TokenTruth: ...
    def __len__(self) -> int: ...
    def recall(self, answers: TextColumn, /, *, rows: NDArray[np.int64], threads: int = ...) -> NDArray[np.float64]:
        """float64[n]: distinct tokens that answer and reference share over all tokens of the reference, where a token is what NLTK's English tokenizer makes of the
        trimmed, lower-cased text without blanks (EarthDial's `evaluate_f1`; geovlm-r1.md 4.4).
        """
    def spaceless_equal(self, answers: TextColumn, /, *, rows: NDArray[np.int64], threads: int = ...) -> NDArray[np.float64]:
        """float64[n]: 1.0 where both are equal in lower case without blanks and stops (GeoChat's scene scorer)."""

def average_precision(
    truth: BoxTruth,
    answers: BoxColumn,
    /,
    *,
    rows: NDArray[np.int64],
    threshold: float | None = None,
    by_class: bool = True,
    angles: Literal["rotated", "hull", "drop"] = "rotated",
    threads: int = ...,
) -> NDArray[np.float64]:
    """float64[n]: COCO's average precision of each answer against its sample alone, at `threshold` or, where that is None, the mean over IoU 0.5, 0.55 … 0.95,
    and the mean over the classes of the sample (`by_class=False`: one class). All detections have equal scores and rank as written, at most 100 a class.
    """

def coco_entries(
    truth: BoxTruth,
    answers: BoxColumn,
    /,
    *,
    rows: NDArray[np.int64],
    pixels: NDArray[np.float64],
    by_class: bool = True,
    angles: Literal["rotated", "hull", "drop"] = "rotated",
    threads: int = ...,
) -> NDArray[np.float64]:
    """float64[k, 7]: an entry a true box and a ranked detection: index of the answer, class, rank in its class and image (−1: a true box), and for each range of
    areas (all, small < 32², medium, large > 96² pixels²) hits + 1024·ignored, bit t of either the t-th IoU threshold. pixels float64[samples]: pixels² of one unit² of
    the frame of the reference; not finite where unknown.
    """

def coco_summary(entries: NDArray[np.float64], weights: NDArray[np.float64], /) -> NDArray[np.float64]:
    """float64[16]: the twelve figures of `COCOeval.summarize` over entries of `coco_entries`, answer i counting weights[i] times (NaN where no true box counts):
    AP, AP@0.5, AP@0.75, AP small, medium, large, AR@1, AR@10, AR@100, AR small, medium, large; then the weight of the true boxes: all, small, medium, large.
    """

@final
class MeteorTruth:
    """Reference captions as lower-case words and Porter stems. tokens: `blanks` cuts as `str.split`, `words` into `[^\\W_]+` of the NFC, case-folded
    text; the first 4,000 tokens count. bad bool[n]: samples that score 0.
    """

    def __new__(
        cls,
        references: Sequence[Sequence[str]],
        *,
        bad: NDArray[np.bool_],
        tokens: Literal["blanks", "words"] = "blanks",
    ) -> MeteorTruth: ...
    def __len__(self) -> int: ...
    def unmatched(self, answers: TextColumn, /, *, rows: NDArray[np.int64]) -> list[str]:
        """Stems of the answers that find neither an equal word nor an equal stem in some reference, in alphabetical order, each once."""
    def scores(
        self,
        answers: TextColumn,
        /,
        *,
        rows: NDArray[np.int64],
        several: Literal["best", "mean"] = "best",
        synonyms: Sequence[tuple[str, Sequence[str]]] | None = None,
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[n]: METEOR as nltk 3.10 computes it (alpha 0.9, beta 3, gamma 0.5): equal words, equal stems, then the synonyms given by stem."""

@final
class BleuTruth:
    """Reference captions as n-grams of one to four tokens. tokens and bad as in `MeteorTruth`."""

    def __new__(
        cls,
        references: Sequence[Sequence[str]],
        *,
        bad: NDArray[np.bool_],
        tokens: Literal["blanks", "words"] = "blanks",
    ) -> BleuTruth: ...
    def __len__(self) -> int: ...
    def counts(self, answers: TextColumn, /, *, rows: NDArray[np.int64], threads: int = ...) -> NDArray[np.int64]:
        """int64[n, 6]: matched n-grams of 1 to 4 tokens (clipped by the greatest count in any reference), tokens, tokens of the reference that is
        closest in length. An answer that was not read is the empty text; a bad sample counts nothing.
        """
    def scores(
        self,
        answers: TextColumn,
        /,
        *,
        rows: NDArray[np.int64],
        order: int = 4,
        smoothing: Literal["none", "epsilon", "add-one"] = "none",
        threads: int = ...,
    ) -> NDArray[np.float64]:
        """float64[n]: sentence BLEU over n-grams of 1 to `order` ≤ 4 tokens, from `counts`, as nltk computes it (its smoothing methods 1 and 2)."""

@final
class DocumentFrequencies:
    """In how many documents (the references of one sample) each n-gram of one to four tokens stands: what CIDEr-D weighs n-grams by."""

    def __new__(
        cls, documents: Sequence[Sequence[str]], /, *, tokens: Literal["blanks", "words"] = "blanks"
    ) -> DocumentFrequencies: ...
    def __len__(self) -> int:
        """Number of documents."""

@final
class CiderTruth:
    """Reference captions as vectors of n-grams, weighted by document frequencies and cut as those are. bad bool[n]: samples that score 0."""

    def __new__(
        cls, references: Sequence[Sequence[str]], *, bad: NDArray[np.bool_], frequencies: DocumentFrequencies
    ) -> CiderTruth: ...
    def __len__(self) -> int: ...
    def scores(self, answers: TextColumn, /, *, rows: NDArray[np.int64], threads: int = ...) -> NDArray[np.float64]:
        """float64[n]: CIDEr-D in [0, 1], which is pycocoevalcap's without its factor 10 (sigma 6, mean over the references)."""

def repeated_words(texts: Texts, /, *, words: int = 6, threads: int = ...) -> NDArray[np.float64]:
    """float64[n]: share of the runs of so many words (lower case, cut at white space) of each whole completion, read or not, that stood before."""

def repeated_boxes(answers: BoxColumn, /) -> NDArray[np.float64]:
    """float64[n]: share of each answer's boxes that equal one before them, label included."""

def completion_bytes(texts: Texts, /) -> NDArray[np.float64]:
    """float64[n]: UTF-8 bytes of each whole completion, read or not."""

def iou(a: NDArray[np.float64], b: NDArray[np.float64], /) -> NDArray[np.float64]:
    """float64[n, m]: pairwise IoU of boxes float64[n, 5] and float64[m, 5] (rotated; exact polygon clipping), 0 where the union is 0."""

def assign(iou: NDArray[np.float64], /, *, min_iou: float = 0.0, greedy: bool = False) -> NDArray[np.int64]:
    """int64[k, 2]: the one-to-one pairs (row, column) that maximise ΣIoU among those with IoU >= min_iou − 1e-9 and IoU > 0, by row.
    greedy: the greatest free pair again and again; among equals the first row, then the first column.
    """

def score_boxes(
    completions: Sequence[str],
    truth: BoxTruth,
    /,
    *,
    rows: NDArray[np.int64],
    structure: Literal["think_answer", "answer", "plain", "any"],
    opens_think: bool = False,
    syntax: _BoxSyntax,
    extents: NDArray[np.float64],
    one: bool = False,
    min_iou: float = 0.0,
    angles: Literal["rotated", "hull", "drop"] = "rotated",
    threads: int = ...,
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.float64]]:
    """`read_structure`, `parse_boxes` and `BoxTruth.detection` (with `one`: `BoxTruth.referring`) in one pass, to the same result.

    Returns format float64[n], reason codes uint8[n] and the score float64[n], 0 where an answer could not be read.
    """

def score_labels(
    completions: Sequence[str],
    truth: LabelTruth,
    /,
    *,
    rows: NDArray[np.int64],
    structure: Literal["think_answer", "answer", "plain", "any"],
    opens_think: bool = False,
    many: bool,
    threads: int = ...,
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.float64]]:
    """`read_structure`, `parse_labels` and `LabelTruth.equal` in one pass, to the same result.

    Returns format float64[n], reason codes uint8[n] and equality float64[n].
    """

def count_labels(
    completions: Sequence[str],
    truth: LabelTruth,
    /,
    *,
    rows: NDArray[np.int64],
    structure: Literal["think_answer", "answer", "plain", "any"],
    opens_think: bool = False,
    many: bool,
    threads: int = ...,
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.float64]]:
    """`read_structure`, `parse_labels` and `LabelTruth.overlap` in one pass, to the same result.

    Returns format float64[n], reason codes uint8[n] and the overlap float64[3, n].
    """

def score_answers(
    completions: Sequence[str],
    truth: AnswerTruth,
    /,
    *,
    rows: NDArray[np.int64],
    structure: Literal["think_answer", "answer", "plain", "any"],
    opens_think: bool = False,
    threads: int = ...,
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.float64]]:
    """`read_structure`, `parse_answers` and `AnswerColumn.equal` in one pass, to the same result.

    Returns format float64[n], reason codes uint8[n] and equality float64[n].
    """

def score_grounded(
    completions: Sequence[str],
    boxes: BoxTruth,
    texts: TextTruth,
    /,
    *,
    rows: NDArray[np.int64],
    structure: Literal["think_answer", "answer", "plain", "any"],
    opens_think: bool = False,
    syntax: str,
    extents: NDArray[np.float64],
    threads: int = ...,
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.float64]]:
    """`read_structure`, `parse_grounded`, `BoxTruth.detection` and `TextTruth.lcs_f` in one pass, to the same result.

    Returns format float64[n], reason codes uint8[n] and detection and lcs_f float64[2, n].
    """

def score_texts(
    completions: Sequence[str],
    truth: TextTruth,
    /,
    *,
    rows: NDArray[np.int64],
    structure: Literal["think_answer", "answer", "plain", "any"],
    opens_think: bool = False,
    scores: Sequence[tuple[str, bool, str, str]],
    threads: int = ...,
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.float64]]:
    """`read_structure`, `parse_text` and scores of `TextTruth` in one pass, to the same result.

    scores: of each its name (lcs_f, jaccard or a variant of ROUGE), stemmer and rate of ROUGE, and what several references give.
    Returns format float64[n], reason codes uint8[n] and the m scores float64[m, n].
    """

def set_threads(threads: int, /) -> int:
    """Set the threads of calls of this Python thread that name none, and return what was set before; 0 (no wish): the environment variable
    GEOVLM_THREADS, else 1.
    """

_PlainRow: TypeAlias = tuple[
    int, str, str | None, tuple[str, ...], str | None, str, Any, str | None, str | None, str | None, str | None
]

def read_rows(block: bytes, /) -> tuple[list[_PlainRow], NDArray[np.float64]]:
    """Read the plain rows of a block of geovlm's JSON lines; broken lines and rows that are not plain are left out.

    A row is (its line from 0, id, task, paths of images, question, form of the reference, reference, reasoning, JSON of the choices, completion,
    JSON of meta). By form the reference is "": None, "text": a str, "json": the JSON of a number or a list, "boxes": (frame or None, start, end)
    of rows of the second result, float64[m, 5].
    """

def may_repeat_keys(line: bytes, /) -> bool:
    """Say whether a JSON text has an object in which a key stands twice, or cannot be passed over for another reason (broken, nested too deep)."""

def read_entries(text: str, /) -> tuple[NDArray[np.float64], list[str | None]] | None:
    """Read the entries of a JSON list, perhaps in a fence, by scoring policy 4: their boxes float64[n, 4] (x1, y1, x2, y2 as written, NaN where
    `bbox_2d` is no list of four finite numbers) and their labels (None where `label` is no text). None where the text is no such list.
    """
