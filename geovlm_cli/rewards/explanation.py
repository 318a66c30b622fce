"""Why one completion got its score, in a plain sentence that names the tag, number, label or box that decided it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.errors import clean
from geovlm_cli.profiles import Structure
from geovlm_cli.rewards import reference as twin
from geovlm_cli.rewards.kinds import FORMAT, resolve
from geovlm_cli.rewards.overlaps import Matching, told
from geovlm_cli.rewards.parsers import BoxParser, GroundedParser, LabelParser, TextParser, VqaParser
from geovlm_cli.rewards.scores import lcs_f
from geovlm_cli.rewards.scoring import score
from geovlm_cli.rewards.structure import structure_of
from geovlm_cli.rewards.truth import answers_of, bad, box_form, captions_of, names_of
from geovlm_cli.task import Batch, Parse, Sample, Task

PLAIN: Mapping[str, str] = {
    "no_answer": "There is no <answer> block.",
    "many_answers": "There is more than one <answer> block; exactly one is read.",
    "unclosed": "A block is opened and never closed.",
    "no_think": "There is no <think> block before the answer.",
    "many_thinks": "There is more than one <think> block; exactly one is read.",
    "bad_order": "The blocks are nested, crossed or in the wrong order.",
    "empty": "Nothing visible is left of the answer.",
    "too_long": "The completion is longer than 1 MiB.",
    "too_many": "The answer holds more items than are read.",
    "bad_json": "The answer does not follow the grammar of its syntax.",
    "bad_fence": "The code fence round the answer is of another language or not closed.",
    "duplicate_key": "A key stands twice in one object.",
    "too_deep": "Brackets are nested too deep.",
    "bad_number": "A number is too long, or a count is no plain count.",
    "wrong_type": "The answer has another type than the one asked for.",
    "wrong_arity": "A box has a wrong count of numbers.",
    "invalid_box": "The numbers make no box inside the image.",
    "unknown_label": "The label is none of the known ones.",
    "bad_truth": "The reference itself cannot be scored.",
    "plugin_error": "The plugin of this task failed.",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The score of one completion. `why` is one plain sentence or two; `reason` is "" where the answer was read."""

    components: Mapping[str, float]
    total: float
    reason: str
    answer: Any
    why: str


def explain(
    task: Task,
    completion: str,
    batch: Batch,
    *,
    weights: Mapping[str, float] | None = None,
    structure: Structure | None = None,
) -> Explanation:
    """Score one completion against the one sample of `batch` and say why it got that score. A plugin's mistake is a reason, not an error."""
    task = resolve(task)
    scores = score(task, [completion], batch, weights=weights, on_error="penalise", structure=structure)
    profile = batch.profile
    reading = twin.read_structure(
        completion, structure_of(profile, structure), opens_think=profile is not None and profile.opens_think
    )
    reason = str(scores.reasons[0])
    if reason:
        why = _why_not(task, reason, reading, batch, scores.errors.get(0))
    else:
        why = _why(task, str(reading.text), scores.answers[0], batch) or _decided(task, scores.columns)
        why = f"{reading.detail} {why}" if reading.detail and FORMAT in scores.columns else why
    components = {name: float(column[0]) for name, column in scores.columns.items()}
    return Explanation(components, float(scores.total[0]), reason, scores.answers[0], why)


# --- answers that were not read --------------------------------------------------------------------------------------------------


def _why_not(task: Task, reason: str, reading: twin.Reading, batch: Batch, error: str | None) -> str:
    if reason == "plugin_error" and error:
        return error
    if reason == "bad_truth":
        return f"The reference of row `{clean(batch[0].id)}` cannot be scored: {batch[0].flaw or _flaw_of(batch[0])}."
    unread = reading.text if isinstance(reading.text, twin.Unread) else _reparsed(task.parse, reading.text, batch)
    if isinstance(unread, twin.Unread) and unread.reason == reason:
        return unread.detail
    return PLAIN[reason]


def unusable(task: Task, batch: Batch) -> str | None:
    """Return why the truth of the one sample of `batch` cannot be scored, as half a sentence, or None."""
    return (batch[0].flaw or _flaw_of(batch[0])) if bad(batch, task.kind).some else None


def _flaw_of(sample: Sample) -> str:
    if isinstance(sample.reference, Boxes | Grounded):
        return "a box is empty, inverted, not finite or outside the image, or not one where one is asked"
    return "it is empty or of another type than the task's kind"


def _reparsed(parse: Parse | None, text: str, batch: Batch) -> object:
    """Read the answer again with the plain twin, which knows the offending part."""
    match parse:
        case LabelParser(many=many, vocabulary=vocabulary):
            return (twin.read_labels if many else twin.read_label)(text, batch[0].choices or vocabulary)
        case VqaParser(reads="count"):
            return twin.read_count(text)
        case VqaParser(reads=reads):
            return twin.read_answer(text, "yes" if reads == "yes_no" else answers_of(batch)[batch.rows[0]])
        case BoxParser(one=True):
            return twin.read_box(text, *_form(batch))
        case BoxParser() | GroundedParser():
            return _found(parse, text, batch)
    return twin.read_text(text) if isinstance(parse, TextParser) else None


def _found(parse: BoxParser | GroundedParser, text: str, batch: Batch) -> twin.Found | twin.Unread:
    marks = twin.split_marks(text, box_form(batch).syntax)[1] if isinstance(parse, GroundedParser) else text
    return twin.read_boxes(marks, *_form(batch))


def _form(batch: Batch) -> tuple[str, twin.Size]:
    form = box_form(batch)
    width, height = form.extents[batch.rows[0]]
    return form.syntax, (float(width), float(height))


# --- answers that were read ------------------------------------------------------------------------------------------------------


def _why(task: Task, text: str, answer: Any, batch: Batch) -> str:
    sample, parse = batch[0], task.parse
    match parse:
        case LabelParser(many=False) | VqaParser():
            return _compared(str(answer), ", ".join(names_of(sample)) or str(sample.reference))
        case LabelParser():
            return _label_sets(answer, names_of(sample))
        case TextParser():
            return _words(answer, captions_of(sample))
        case BoxParser(one=one):
            found = twin.Found(places=[1]) if one else _found(parse, text, batch)
            return _boxes(answer, found, batch, Matching.of(task.rewards))
        case GroundedParser():
            boxes = _boxes(answer.boxes, _found(parse, text, batch), batch, Matching.of(task.rewards))
            return f"{boxes} {_words(answer.text, captions_of(sample))}"
    return ""


def _boxes(answer: Boxes, found: twin.Found | twin.Unread, batch: Batch, matching: Matching) -> str:
    """Say what is wrong with the boxes that were read, and how they meet the true ones."""
    if isinstance(found, twin.Unread):
        return ""
    flaws = [sentence for _, sentence in found.flaws[:2]]
    return " ".join([*flaws, told(answer, found.places, batch, matching)])


def _decided(task: Task, columns: Mapping[str, Any]) -> str:
    """Say what a task's own rewards gave an answer that its own parser read."""
    values = " and ".join(f"`{name}` {columns[name][0]:.2f}" for name in task.rewards)
    return f"The answer was read, and the task's own {'rewards give' if len(task.rewards) > 1 else 'reward gives'} {values}."


def _compared(answer: str, truth: str) -> str:
    if twin.normal(answer) == twin.normal(truth):
        return f"The answer `{clean(answer)}` equals the truth."
    return f"The answer `{clean(answer)}` is not the truth `{clean(truth)}`."


def _label_sets(answer: Sequence[str], truth: Sequence[str]) -> str:
    named, true = {twin.normal(v): v for v in answer}, {twin.normal(v): v for v in truth}
    parts = [
        ("wrong", [named[v] for v in named if v not in true]),
        ("missing", [true[v] for v in true if v not in named]),
    ]
    found = [f"{name}: {', '.join(f'`{clean(v)}`' for v in values)}" for name, values in parts if values]
    right = len(set(named) & set(true))
    return f"{right} of {len(true)} true labels are named" + (f"; {'; '.join(found)}." if found else " and no other.")


def _words(answer: str, references: Sequence[str]) -> str:
    scores = {text: float(lcs_f([answer], [(text,)])[0]) for text in references}
    best = max(references, key=scores.__getitem__)
    mine, true = twin.words(answer), twin.words(best)
    shared = round(scores[best] * (len(mine) + len(true)) / 2)
    stand = "1 word stands" if shared == 1 else f"{shared} words stand"
    return f"{stand} in the same order in both: {len(mine)} are in the answer, {len(true)} in the closest reference."
