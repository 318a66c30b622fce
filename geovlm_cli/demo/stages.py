"""What is done in which order, and where it lands: a stage is a drawing step of ours or a `geovlm` command line."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from geovlm_cli import scenes
from geovlm_cli.demo.drawing import write_contact_sheet
from geovlm_cli.demo.plan import Plan

BASE, SFT, GRPO, LONG_SFT = "base", "sft", "grpo", "long-sft"
MODELS: Final = (BASE, SFT, GRPO, LONG_SFT)
DECODINGS: Final = {"greedy": 0.0, "sampled": 1.0}
CONTACT_SHEET: Final = "contact-sheet.png"

Geovlm = Callable[[Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the demo. name: its key in `stages.json`; title: the command line, or what is drawn."""

    name: str
    title: str
    work: Callable[[], None]


def stages(out: Path, plan: Plan, geovlm: Geovlm, seed: int) -> list[Stage]:
    """Return the whole demo in order; `geovlm` runs a command line."""
    lines = [
        _training(SFT, "sft", "tiny", out / "data" / "sft", out, plan.sft_overrides, seed),
        _training(GRPO, "grpo", str(out / SFT), out / "data" / "grpo", out, plan.grpo_overrides, seed),
        _training(LONG_SFT, "sft", "tiny", out / "data" / "sft", out, plan.long_sft_overrides, seed),
        *(_measuring(model, decoding, out, plan, seed) for model in MODELS for decoding in DECODINGS),
        _predicting(out, plan),
    ]
    sheet = out / CONTACT_SHEET
    return [
        Stage("data", f"drawing scenes into {out / 'data'}", lambda: _draw(out / "data", plan, seed)),
        *(_command(name, words, geovlm) for name, words in lines),
        Stage("pictures", f"drawing {sheet}", lambda: write_contact_sheet(out, sheet)),
    ]


def eval_folder(out: Path, model: str, decoding: str) -> Path:
    """Return the run folder of one measurement."""
    return out / f"eval-{model}-{decoding}"


def _command(name: str, words: Sequence[str], geovlm: Geovlm) -> Stage:
    return Stage(name, shlex.join(["geovlm", *words]), lambda: geovlm(words))


def _draw(data: Path, plan: Plan, seed: int) -> None:
    """Draw the four data sets. The prompts of GRPO are fresh scenes; splits share no random stream."""
    scenes.write(data / "sft", plan.sft, seed=2 * seed, split="train")
    scenes.write(data / "grpo", plan.grpo, seed=2 * seed + 1, split="train")
    scenes.write(data / "test", plan.test, seed=seed, split="test")
    scenes.write(data / "shown", plan.shown, seed=seed, split="validation")


def _training(
    name: str, command: str, model: str, data: Path, out: Path, overrides: Sequence[str], seed: int
) -> tuple[str, list[str]]:
    words = [command, "--config", f"recipe:tiny/{command}", "--model", model, "--data", str(data)]
    return name, [*words, "--out", str(out / name), "--resume", f"{command}.seed={seed}", *overrides]


def _measuring(model: str, decoding: str, out: Path, plan: Plan, seed: int) -> tuple[str, list[str]]:
    folder = eval_folder(out, model, decoding)
    words = ["eval", "--model", "tiny" if model == BASE else str(out / model), "--data", str(out / "data" / "test")]
    words += ["--protocol", "strict", "--temperature", f"{DECODINGS[decoding]:g}", "--seed", str(seed)]
    return folder.name, [*words, *_asking(plan), "--out", str(folder), "--resume"]


def _predicting(out: Path, plan: Plan) -> tuple[str, list[str]]:
    words = ["predict", str(out / "data" / "shown"), "--model", str(out / GRPO), "--overlay", str(out / "overlays")]
    return "predict", [*words, *_asking(plan), "--out", str(out / "predict"), "--resume"]


def _asking(plan: Plan) -> list[str]:
    return ["--batch-size", str(plan.batch_size), "--max-new-tokens", str(plan.max_new_tokens)]
