"""What a model is asked and what a perfect one would answer: prompts, conversations, targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from geovlm_cli.boxes import Boxes, write, write_inline
from geovlm_cli.errors import ConfigError, DataError, GeovlmError, PluginError, clean

if TYPE_CHECKING:
    from geovlm_cli.profiles import Profile
    from geovlm_cli.task import ImageRef, Sample, Task

PromptStyle = Literal["system", "suffix", "vlmr1", "none"]
PROMPT_STYLES: tuple[str, ...] = get_args(PromptStyle)
REGION_MARK = "<region>"
"""Stands in a question or a prompt where the next of `Sample.regions` belongs, in the syntax and frame of the model that is asked."""
TRUTHS_IN_META = frozenset(
    {
        *("groundtruth", "ground_truth", "annotation", "gt_bbox", "obj_ids", "question_id", "changed"),
        *(f"{key}{number}" for key in ("groundtruth", "caption") for number in range(5)),
        *("boxes", "boxes@earthdial", "size_groups"),
    }
)
"""Keys under which formats keep the raw truth of a row, or a slice that gives it away, in `Sample.meta`."""
DEFAULT_THOUGHT = "I look at the image and read the answer off it."

# The four points of GeoVLM-R1's instruction (geovlm-r1.md section 1.2), in our own words; which tags follow depends on the structure.
_EXPERT = (
    "You are an expert in interpreting Earth-observation imagery. Study the image and the question with care, "
    "reason step by step, and keep the explanation clear, logical and concise."
)
_TAGS: Mapping[str, str] = {
    "think_answer": "Write the reasoning between <think> and </think>, then the final answer between <answer> and </answer>.",
    "answer": "Write the final answer between <answer> and </answer>.",
}
_VLMR1: Mapping[str, str] = {
    "think_answer": "First put your thoughts inside <think> </think>, then your final answer inside <answer> </answer>.",
    "answer": "Put your final answer inside <answer> </answer>.",
}

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Chat messages as chat templates take them, and the images that their `{"type": "image"}` blocks stand for, in order."""

    messages: list[Message]
    images: tuple[ImageRef, ...]


def conversation(task: Task, sample: Sample, profile: Profile, style: PromptStyle) -> Conversation:
    """Return the conversation that asks a model for the answer of one sample.

    style: `system` = instruction as system message; `suffix` = after the question; `vlmr1` = VLM-R1's short form after the question; `none` =
    the bare question. The instruction names the tags of the profile's structure; structures without tags get none, unless the profile has an
    instruction of its own, which stands instead in every style but `none`. Images come first, each
    after a line with its role where there are several (not under `none`). Raises DataError for a row without the image that its task wants.
    """
    if not sample.images and task.images != 0:
        raise DataError(f"Row `{clean(sample.id, 60)}` has no image, and task `{task.name}` asks about one.")
    instruction = _instruction(profile, style)
    question = prompt_text(task, sample, profile)
    if instruction and style != "system":
        question = f"{question}\n{instruction}"
    named = style != "none" and len(sample.images) > 1
    content = [block for ref in sample.images for block in _image_blocks(ref, named=named)]
    messages: list[Message] = [{"role": "user", "content": [*content, _text_block(question)]}]
    if instruction and style == "system":
        messages.insert(0, {"role": "system", "content": [_text_block(instruction)]})
    return Conversation(messages, sample.images)


def prompt_text(task: Task, sample: Sample, profile: Profile) -> str:
    """Return the question of one sample: the task's function, or its jinja2 text in a sandbox.

    The text sees `question`, `choices` (the row's, else the task's vocabulary), `regions` (box text in the profile's syntax), `roles`, `meta`
    without what says the truth (`TRUTHS_IN_META`) and `profile`; the reference is out of its reach. Each `<region>` in the outcome becomes the next region, the last one all that are left.
    Raises ConfigError for a text that does not render, and for regions where the profile declares no boxes.
    """
    if callable(task.prompt):
        text = _called(task.prompt, "prompt", task, sample, profile)
    else:
        text = _rendered(task.prompt, f"prompt of task `{task.name}`", _visible(task, sample, profile))
    return _with_regions(text, sample, profile)


def _called(function: Callable[[Sample, Profile], str], what: str, task: Task, sample: Sample, profile: Profile) -> str:
    """Return what a plugin's function gives; raises PluginError for whatever it raises, but for errors of ours."""
    try:
        return function(sample, profile)
    except GeovlmError:
        raise
    except (Exception, SystemExit) as error:
        owner = f" of `{task.distribution}`" if task.distribution else ""
        raise PluginError(
            f"The {what} of task `{task.name}`{owner} raised {type(error).__name__}: {clean(str(error))} on row `{clean(sample.id)}`."
        ) from error


def _with_regions(text: str, sample: Sample, profile: Profile) -> str:
    if sample.regions is None or REGION_MARK not in text:
        return text
    head, *tails = text.split(REGION_MARK)
    written = write_inline(sample.regions, sample, profile)
    last = len(tails) - 1
    named = [written[row : row + 1] if row < last else written[row:] for row in range(len(tails))]
    return head + "".join(", ".join(boxes) + tail for boxes, tail in zip(named, tails, strict=True))


def target_text(task: Task, sample: Sample, profile: Profile) -> str:
    """Return the completion that a perfect model gives: the task's target inside the profile's structure. `task` is resolved.

    The think body is the row's `reasoning`, else the task's `thought`. A jinja2 target sees `reference` and `boxes` (its box text) besides
    what a prompt sees.
    """
    if task.target is None:
        raise ConfigError(f"Task `{task.name}` has no target; resolve it first (geovlm_cli.rewards.resolve).")
    if callable(task.target):
        answer = _called(task.target, "target", task, sample, profile)
    else:
        answer = _rendered(
            task.target, f"target of task `{task.name}`", _visible(task, sample, profile) | _truth(sample, profile)
        )
    return _in_structure(answer, sample.reasoning or task.thought or DEFAULT_THOUGHT, profile)


def _in_structure(answer: str, thought: str, profile: Profile) -> str:
    if profile.structure not in _TAGS:
        return answer
    block = f"<answer>{answer}</answer>"
    if profile.structure == "answer":
        return block
    return f"{'' if profile.opens_think else '<think>'}{thought}</think>{block}"


def _instruction(profile: Profile, style: PromptStyle) -> str:
    tags = _TAGS.get(profile.structure, "")
    if style != "none" and profile.instruction is not None:
        return _rendered(profile.instruction, "instruction", {"tags": tags, "profile": profile}).strip()
    if style == "none" or not tags:
        return ""
    return _VLMR1[profile.structure] if style == "vlmr1" else f"{_EXPERT} {tags}"


def _image_blocks(ref: ImageRef, *, named: bool) -> list[Message]:
    role = [_text_block(f"{ref.role}:")] if ref.role and named else []
    return [*role, {"type": "image"}]


def _text_block(text: str) -> Message:
    return {"type": "text", "text": text}


def _visible(task: Task, sample: Sample, profile: Profile) -> dict[str, Any]:
    return {
        "question": sample.question,
        "choices": sample.choices or task.vocabulary,
        "regions": _Lazy(lambda: _regions_text(sample, profile)),
        "roles": tuple(ref.role for ref in sample.images),
        "meta": {key: value for key, value in sample.meta.items() if not _says_truth(key, task)},
        "profile": profile,
    }


def _says_truth(key: str, task: Task) -> bool:
    """Does a key of `meta` tell the answer? A class does where it is what is asked for, not where a question about objects names it."""
    return key in TRUTHS_IN_META or (key == "class" and task.kind in ("label", "labels", "answer"))


def _truth(sample: Sample, profile: Profile) -> dict[str, Any]:
    found = sample.reference
    return {
        "reference": found,
        "meta": sample.meta,
        "boxes": _Lazy(lambda: write(found, sample, profile) if isinstance(found, Boxes) else ""),
    }


def _regions_text(sample: Sample, profile: Profile) -> str:
    return "" if sample.regions is None else ", ".join(write_inline(sample.regions, sample, profile))


@dataclass(frozen=True, slots=True)
class _Lazy:
    """A text that is written only where a template asks for it: not every profile can write boxes."""

    text: Callable[[], str]

    def __bool__(self) -> bool:
        return bool(self.text())

    def __str__(self) -> str:
        return self.text()


# Task texts may come from a configuration file, so they are rendered in a sandbox.
_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)


@lru_cache(maxsize=256)
def _template(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)


def _rendered(text: str, what: str, values: Mapping[str, Any]) -> str:
    try:
        return _template(text).render(values)
    except GeovlmError:
        raise
    except Exception as error:  # a template may call what raises anything
        raise ConfigError(f"The {what} does not render: {clean(str(error) or type(error).__name__)}.") from error
