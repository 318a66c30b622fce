"""Where the answer of each completion stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from geovlm_cli import _rust_rewards
from geovlm_cli._rust_rewards import Texts
from geovlm_cli.profiles import Profile, Structure
from geovlm_cli.rewards.arguments import mistyped, one_of, same_length, sequence
from geovlm_cli.task import Batch


def structure_of(profile: Profile | None, structure: Structure | None = None) -> Structure:
    """Return the structure in force: the one that is asked for, else the profile's, else `any` (saved answers without a profile)."""
    if structure is None:
        return profile.structure if profile else "any"
    return one_of("structure", structure, get_args(Structure))


def has_format(structure: Structure) -> bool:
    """Say whether the structure has tags, and completions therefore a format score."""
    return structure in ("think_answer", "answer")


def read_structure(
    completions: Sequence[str], profile: Profile | None = None, *, structure: Structure | None = None
) -> Texts:
    """Find the answer of each completion (contracts.md section 3).

    Returns the Rust-side texts: `format` float64[n], `reasons` uint8[n] (codes of `REASONS`, 0 = read), `texts[i]` the answer or None,
    `think(i)` the think body. No ASCII text is copied.
    """
    if not isinstance(profile, Profile | None):
        raise mistyped("profile", profile, "a Profile; a structure goes by its own name")
    items = completions if isinstance(completions, list | tuple) else list(sequence("completions", completions))
    opens_think = profile is not None and profile.opens_think
    return _rust_rewards.read_structure(items, structure=structure_of(profile, structure), opens_think=opens_think)


def as_texts(texts: Sequence[str] | Texts) -> Texts:
    """Return Rust-side texts as they are; ordinary strings as texts that are answers as a whole."""
    return texts if isinstance(texts, Texts) else read_structure(texts, structure="plain")


def texts_of(texts: Sequence[str] | Texts, batch: Batch) -> Texts:
    """As `as_texts`, of which there must be one a row of the batch."""
    read = as_texts(texts)
    same_length("texts", read, batch)
    return read
