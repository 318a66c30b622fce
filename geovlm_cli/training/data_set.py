"""The data set that TRL sees: `prompt`, `images` and `row` (SFT: also `completion`), made when a row is asked for, so that no image waits in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from datasets import Dataset

from geovlm_cli.data.images import open_image
from geovlm_cli.data.messages import PromptStyle, conversation, target_text

if TYPE_CHECKING:
    from geovlm_cli.profiles import Profile
    from geovlm_cli.training.rows import TrainingRows

Example = dict[str, Any]


class LazyRows(Dataset):  # type: ignore[misc]  # datasets carries no types
    """A `datasets.Dataset` of row numbers that turns them into examples when they are taken; rows taken together open each image once."""

    def __init__(self, length: int, example: Callable[[int], Example]) -> None:
        super().__init__(Dataset.from_dict({"row": list(range(length))}).data)
        self._example = example

    def __getitem__(self, key: int) -> Example:
        return self._example(key)

    def __getitems__(self, keys: Sequence[int]) -> list[Example]:
        """Return examples of several rows, in order; called by torch's data loader."""
        made = {key: self._example(key) for key in dict.fromkeys(keys)}
        return [dict(made[key]) for key in keys]

    def __iter__(self) -> Iterator[Example]:
        return (self._example(row) for row in range(len(self)))


def sft_rows(rows: TrainingRows, profile: Profile, style: PromptStyle) -> LazyRows:
    """Return the data set of SFT: the prompt, and the completion of a perfect model."""

    def example(row: int) -> Example:
        target = target_text(rows.task_of(row), rows.sample(row), profile)
        return {**_prompt(rows, row, profile, style), "completion": [{"role": "assistant", "content": target}]}

    return LazyRows(len(rows), example)


def grpo_rows(rows: TrainingRows, profile: Profile, style: PromptStyle) -> LazyRows:
    """Return the data set of GRPO: the prompt alone; the truth stays with `rows`."""
    return LazyRows(len(rows), lambda row: _prompt(rows, row, profile, style))


def _prompt(rows: TrainingRows, row: int, profile: Profile, style: PromptStyle) -> Example:
    asked = conversation(rows.task_of(row), rows.sample(row), profile, style)
    return {"prompt": asked.messages, "images": [open_image(ref, profile) for ref in asked.images], "row": row}
