"""What a kind gives a task that leaves it out: target text, parser, rewards and the protocol `strict`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from geovlm_cli.boxes import write
from geovlm_cli.errors import ConfigError, PluginError
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import parsers, scores
from geovlm_cli.rewards.arguments import mistyped
from geovlm_cli.rewards.strict import strict_of_components, strict_of_kind
from geovlm_cli.rewards.truth import names_of
from geovlm_cli.task import Kind, Parse, Reward, Sample, Task

Target = Callable[[Sample, Profile], str]

FORMAT = "format"  # the host's own component
_HALF = 0.5  # of an IoU or a likeness of texts: right enough for pass@k


@dataclass(frozen=True, slots=True)
class Defaults:
    """The defaults of one kind."""

    target: Target
    parse: Parse
    rewards: Mapping[str, Reward]
    pass_at: float = 1.0


def resolve(task: Task) -> Task:
    """Return the task with everything filled in that it left to its kind; a task that is whole comes back as it is.

    Raises PluginError where a reward takes the name of the host's own component, RewardInputError where the task or its vocabulary has another type.
    """
    if not isinstance(task, Task):
        raise mistyped("task", task, "a Task")
    vocabulary: object = task.vocabulary
    if not isinstance(vocabulary, tuple):  # a str would be a vocabulary of letters
        raise mistyped(f"vocabulary of task `{task.name}`", vocabulary, "a tuple of str")
    if FORMAT in task.rewards:
        raise PluginError(f"Task `{task.name}` names a reward `{FORMAT}`; that name is the host's, give it another.")
    has_strict = any(protocol.name == "strict" for protocol in task.protocols)
    if has_strict and task.parse and task.rewards and task.target is not None and task.pass_at is not None:
        return task
    defaults = _DEFAULTS[task.kind]
    whole = replace(
        task,
        target=defaults.target if task.target is None else task.target,
        parse=task.parse or _parser(task, defaults),
        rewards=task.rewards or defaults.rewards,
        pass_at=defaults.pass_at if task.pass_at is None else task.pass_at,
    )
    if has_strict:
        return whole
    strict = strict_of_components(whole) if task.parse or task.rewards else strict_of_kind(task.kind)
    return replace(whole, protocols=(strict, *task.protocols))


def check_frame_is_declared(task: Task, profile: Profile | None) -> None:
    """Raise ConfigError where answers are read as boxes and no profile says in which frame they are written; the frame of the truth says nothing of it."""
    reads_boxes = isinstance(resolve(task).parse, parsers.BoxParser | parsers.GroundedParser)
    if reads_boxes and profile is None:
        raise ConfigError(
            f"Task `{task.name}` answers with boxes and nothing says in which frame; name the profile of the model that wrote them with --profile (`geovlm profiles list`)."
        )


def _parser(task: Task, defaults: Defaults) -> Parse:
    parse = defaults.parse
    return parse.known(task.vocabulary) if isinstance(parse, parsers.LabelParser) else parse


def _label_list(sample: Sample, _: Profile) -> str:
    names = names_of(sample)
    plain = not any(mark in name for name in names for mark in ",;\n[")
    return ", ".join(names) if plain else json.dumps(list(names), ensure_ascii=False)


def _caption(sample: Sample, _: Profile) -> str:
    return str(sample.reference if isinstance(sample.reference, str) else sample.reference[0])


def _boxes(sample: Sample, profile: Profile) -> str:
    return write(sample.reference, sample, profile)


def _grounded(sample: Sample, profile: Profile) -> str:
    boxes = sample.reference.boxes
    return f"{sample.reference.text} {write(boxes, sample, profile)}" if len(boxes) else str(sample.reference.text)


def _reference(sample: Sample, _: Profile) -> str:
    return str(sample.reference)


_DEFAULTS: Mapping[Kind, Defaults] = {
    "label": Defaults(_reference, parsers.label, {"exact": scores.equal}),
    "labels": Defaults(
        _label_list,
        parsers.labels,
        {"f1": scores.set_f1, "recall": scores.recall, "jaccard": scores.jaccard, "exact": scores.equal},
    ),
    "text": Defaults(_caption, parsers.text, {"lcs_f": scores.lcs_f, "rougeL": scores.rouge}, _HALF),
    "answer": Defaults(_reference, parsers.answer, {"exact": scores.equal}),
    "count": Defaults(_reference, parsers.count, {"exact": scores.equal}),
    "box": Defaults(_boxes, parsers.box, {"iou": scores.referring}, _HALF),
    "boxes": Defaults(_boxes, parsers.boxes, {"detection": scores.detection}, _HALF),
    "grounded": Defaults(
        _grounded,
        parsers.grounded,
        {"grounding": scores.grounding, "detection": scores.detection, "lcs_f": scores.lcs_f},
        _HALF,
    ),
}
