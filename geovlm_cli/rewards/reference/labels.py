"""Labels, label sets, counts and short answers (scoring policy 8 and 10)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from geovlm_cli.rewards.reference.boxes import _type
from geovlm_cli.rewards.reference.common import MAX_LABELS, MAX_PIECES, Refused, Unread, quoted, reads, scrub
from geovlm_cli.rewards.reference.documents import read_json

_COUNT = re.compile(r"0|[1-9][0-9]{0,8}")


def normal(label: str) -> str:
    """Normalise a label by scoring policy 8: NFC, full case folding, trimmed, one final stop off, blank, underscore and hyphen alike."""
    text = label.strip().removesuffix(".").rstrip()
    return unicodedata.normalize("NFC", text).casefold().replace("_", " ").replace("-", " ").strip().strip()


@reads
def read_label(text: str, vocabulary: Sequence[str] = ()) -> str:
    """Read a single label: the vocabulary's spelling, or the normalised text where there is no vocabulary."""
    known = {normal(name): name for name in reversed(vocabulary)}
    label = normal(text)
    if not label:
        raise Refused("empty", "No label is left of the answer.")
    if vocabulary and label not in known:
        raise Refused("unknown_label", f"{quoted(text.strip())} is none of the {len(vocabulary)} labels.")
    return known.get(label, label)


@reads
def read_labels(text: str, vocabulary: Sequence[str] = ()) -> tuple[str, ...]:
    """Read a set of labels, in their order, each once (scoring policy 8): the vocabulary's spelling, else as written, free ones normalised."""
    body = text.strip()
    is_json = body.startswith(("[", "`"))
    pieces = _json_strings(body) if is_json else _pieces(body, vocabulary)
    if len(pieces) > MAX_LABELS:
        raise Refused("too_many", f"The answer holds {len(pieces)} labels; at most {MAX_LABELS} are read.")
    if not pieces and not is_json:
        raise Refused("empty", "No label is left of the answer.")
    known = {normal(name): name for name in reversed(vocabulary)}
    found: dict[str, str] = {}
    for piece in pieces:
        name = normal(piece)
        found.setdefault(name, known.get(name, piece.strip()) if vocabulary else name)
    return tuple(found.values())


def _json_strings(text: str) -> list[str]:
    document = read_json(text)
    if not isinstance(document, list):
        raise Refused("wrong_type", f"The answer is {_type(document)} where a list of labels is wanted.")
    for item in document:
        if not isinstance(item, str):
            raise Refused("wrong_type", f"The list of labels holds {_type(item)}.")
    return [scrub(item) for item in document]


def _pieces(text: str, vocabulary: Sequence[str]) -> list[str]:
    """Split at comma, semicolon and newline, but keep a label of the vocabulary that holds one: longest first, up to four pieces."""
    known = {normal(name) for name in vocabulary}
    most = min(MAX_PIECES, max((len(re.split("[,;\n]", name)) for name in vocabulary), default=1))
    ends = [match.start() for match in re.finditer("[,;\n]", text)] + [len(text)]
    found, at = [], 0
    while at < len(ends):
        start = ends[at - 1] + 1 if at else 0
        runs = [(n, text[start : ends[at + n - 1]]) for n in range(min(most, len(ends) - at), 1, -1)]
        taken, head = next(((n, run) for n, run in runs if normal(run) in known), (1, text[start : ends[at]]))
        found += [head] if normal(head) else []
        at += taken
    return found


def set_f1(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return F1 of two label sets (scoring policy 8)."""
    a, b = {normal(v) for v in predicted}, {normal(v) for v in true}
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0


def recall(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return the share of true labels that were named."""
    a, b = {normal(v) for v in predicted}, {normal(v) for v in true}
    return len(a & b) / len(b) if b else 0.0


def jaccard(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return |A ∩ B| / |A ∪ B| of two label sets."""
    a, b = {normal(v) for v in predicted}, {normal(v) for v in true}
    return len(a & b) / len(a | b) if a or b else 0.0


def equal(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return 1 where two label sets are the same, else 0."""
    return float({normal(v) for v in predicted} == {normal(v) for v in true})


@reads
def read_count(text: str) -> int:
    """Read a count: `0|[1-9][0-9]{0,8}` in ASCII, one final stop allowed (scoring policy 10)."""
    body = text.strip().removesuffix(".")
    if not _COUNT.fullmatch(body):
        raise Refused("bad_number", f"{quoted(text.strip())} is no plain count such as 12.")
    return int(body)


def read_yes_no(text: str) -> str | int | Unread:
    """Read `yes` or `no`, the bare word."""
    return read_answer(text, "yes")


@reads
def read_answer(text: str, reference: str) -> str | int:
    """Read a VQA answer as its reference asks: digits → count, yes/no → the bare word, else a label (scoring policy 10)."""
    if isinstance(read_count(reference), int):
        count = read_count(text)
        if isinstance(count, Unread):
            raise Refused(count.reason, count.detail)
        return count
    wanted, answer = normal(reference), normal(text)
    if wanted in ("yes", "no") and answer not in ("yes", "no"):
        raise Refused("unknown_label", f"{quoted(text.strip())} is neither `yes` nor `no`.")
    if not answer:
        raise Refused("empty", "No word is left of the answer.")
    return answer
