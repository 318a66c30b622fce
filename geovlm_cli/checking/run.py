"""All checks of a data set, one after another; CPU only, no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from geovlm_cli.checking.extents import extents
from geovlm_cli.checking.findings import Checked
from geovlm_cli.checking.images import SECONDS, Sizes, headers, images, sizes
from geovlm_cli.checking.leakage import Against, leakage
from geovlm_cli.checking.probes import judged, probes
from geovlm_cli.checking.roles import roles
from geovlm_cli.checking.rows import prompts, schema, truths
from geovlm_cli.checking.sizes import CountTokens, about_tokens, objects, tokens
from geovlm_cli.checking.subject import NO_REWARDS, Rewards, Subject, subjects
from geovlm_cli.checking.truths import truth
from geovlm_cli.data.dataset import DataSet
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import check_frame_is_declared
from geovlm_cli.task import Task

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much to look at. seconds: of decoding images; count: a tokenizer's count of a text, None = an estimate."""

    seconds: float = SECONDS
    count: CountTokens | None = None


def check(
    dataset: DataSet,
    tasks: Mapping[str, Task],
    profile: Profile | None,
    *,
    against: Sequence[Against] = (),
    rewards: Rewards = NO_REWARDS,
    limits: Limits = Limits(),
    say: Say = lambda _: None,
) -> Checked:
    """Look at everything that can be known of training or test data before a GPU is used.

    tasks: those of the rows, by name. profile: of the model that will be asked; without one, texts are looked at and boxes are not. rewards: weights
    of the components that will be trained, by task; without, the first component of each. say: told
    what is looked at next. Raises ConfigError for answers in boxes without a profile, for an unknown component and for a task whose texts do not render.
    """
    speaker = profile or Profile(name="none", structure="plain")
    for task in tasks.values():
        check_frame_is_declared(task, profile)
    found = Checked(dataset.source, len(dataset.samples), tuple(tasks), speaker.name)
    found.add(schema(dataset))
    say("images")
    opened = headers(dataset.samples, profile)
    found.add(images(dataset.samples, tasks, opened, seconds=limits.seconds))
    say("truths")
    batches = dataset.batches_by_task(speaker)
    found.add(truths(batches))
    found.add(roles(batches))
    found.add(prompts(batches, tasks, speaker))
    for subject in subjects(batches, tasks, speaker, rewards):
        say(f"rewards of {subject.task.name}")
        _look(subject, sizes(opened), limits, found)
    for other in against:
        say(f"leakage against {other.name}")
        found.add(leakage(dataset.samples, other))
    return found


def _look(subject: Subject, known: Sizes, limits: Limits, found: Checked) -> None:
    found.add(truth(subject))
    tried = probes(subject)
    found.probes += tried
    found.add(judged(subject, tried))
    found.add(extents(subject, known))
    for histograms, findings in (
        tokens(subject, known, limits.count or about_tokens, exact=limits.count is not None),
        objects(subject, known),
    ):
        found.histograms += histograms
        found.add(findings)
