"""Pretrain the tiny base on drawn scenes, from nothing or from a folder.

    python -m geovlm_cli.tiny.pretrain --out DIR [--from BASE] --steps N --batch B --seed S [--resume]

Fixed steps, every batch decided by seed and step number, a checkpoint every `--every` steps: a resumed run takes the
steps that an uninterrupted one would. `--batch` counts scenes; each is asked several questions.

From nothing on one H100: --steps 4000 --batch 256 --rate 3e-3 --device cuda --workers 14.
Continuation on one CPU thread: --from BASE --steps 1000 --batch 16 --rate 4e-4 --threads 1.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn import functional
from torch.utils.data import DataLoader

from geovlm_cli.scenes import site_for
from geovlm_cli.scenes.classes import CLASSES
from geovlm_cli.tiny.batches import Batch, Lessons
from geovlm_cli.tiny.build import load, make_processor, new_model, save, train_tokenizer
from geovlm_cli.tiny.lessons import lesson
from geovlm_cli.tiny.optimisers import optimisers, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor
    from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

_log = logging.getLogger(__name__)
_CHECKPOINT = "pretrain.safetensors"
_LOG_EVERY = 10


@dataclass(frozen=True, slots=True)
class Options:
    """One run; see the module's first lines."""

    out: Path
    steps: int
    batch: int
    seed: int
    rate: float
    base: Path | None = None
    resume: bool = False
    every: int = 100
    device: str = "cpu"
    threads: int = 0
    workers: int = 0


def corpus(lessons: int = 1500) -> Iterator[str]:
    """Yield the texts from which a tokenizer is trained: lessons, every number of a box, every label."""
    yield from ["user\nassistant\nsystem\nYou are a helpful assistant.\n"] * 50
    yield from [str(number) for number in range(180)] * 60
    for index in range(lessons):
        for turn in lesson(site_for("lessons", index, seed=0, split="train", size=32)).turns:
            yield from turn
    yield from CLASSES * 10


def start(options: Options) -> tuple[Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor]:
    """Return the model to begin with, in float32."""
    if options.base is not None:
        return load(options.base)
    tokenizer = train_tokenizer(corpus())
    return new_model(tokenizer, options.seed), make_processor(tokenizer)


def loss(model: Qwen2_5_VLForConditionalGeneration, batch: Batch) -> Tensor:
    """Return the mean cross-entropy of the answer tokens of a batch."""
    features = torch.stack(model.model.get_image_features(batch.pixels, batch.grid).pooler_output)
    total, tokens = torch.zeros((), device=features.device), 0
    for part in batch.parts:
        embedded = model.get_input_embeddings()(part.ids)
        pads = (part.ids == model.config.image_token_id)[..., None].expand_as(embedded)
        embedded = embedded.masked_scatter(pads, features[part.pictures].to(embedded.dtype))
        hidden = model.model.language_model(
            inputs_embeds=embedded, position_ids=part.positions, attention_mask=part.mask, use_cache=False
        ).last_hidden_state
        wanted = part.answer[:, 1:]
        logits = model.lm_head(hidden[:, :-1][wanted])
        total = total + functional.cross_entropy(logits.float(), part.ids[:, 1:][wanted], reduction="sum")
        tokens += int(wanted.sum())
    return total / tokens


def pretrain(options: Options) -> None:
    """Run or go on, and save a Hugging Face folder in float16."""
    if options.threads:
        torch.set_num_threads(options.threads)
    model, processor = start(options)
    model.to(options.device).train()
    rules = optimisers(model, options.rate)
    first = _restore(options, model, rules) if options.resume else 0
    lessons = Lessons(processor, options.batch, options.seed)
    order = range(first, options.steps)
    batches = DataLoader(lessons, batch_size=None, sampler=order, num_workers=options.workers)
    recent: list[float] = []
    for step, batch in zip(order, batches, strict=True):
        recent.append(_step(model, rules, batch, options, step))
        if (step + 1) % _LOG_EVERY == 0:
            _log.info("step %d of %d, loss %.4f", step + 1, options.steps, sum(recent) / len(recent))
            recent.clear()
        if (step + 1) % options.every == 0:
            _keep(options, model, rules, step + 1)
    save(model, processor, options.out)


def _step(
    model: Qwen2_5_VLForConditionalGeneration,
    rules: Sequence[torch.optim.Optimizer],
    batch: Batch,
    options: Options,
    step: int,
) -> float:
    rates = (options.rate, options.rate / 2)
    for rule, rate in zip(rules, rates, strict=True):
        rule.param_groups[0]["lr"] = rate * share(step, options.steps)
    device = torch.device(options.device)
    with torch.autocast(device.type, torch.bfloat16):
        value = loss(model, batch.to(device))
    value.backward()
    torch.nn.utils.clip_grad_norm_(rules[1].param_groups[0]["params"], 1.0)  # Muon is blind to the scale of its own
    for rule in rules:
        rule.step()
        rule.zero_grad(set_to_none=True)
    return float(value.detach())


def _keep(options: Options, model: torch.nn.Module, rules: Sequence[torch.optim.Optimizer], step: int) -> None:
    """Write the checkpoint beside the old one and put it in its place."""
    options.out.mkdir(parents=True, exist_ok=True)
    tensors = {f"model/{name}": weight.clone() for name, weight in model.state_dict().items()}
    for number, rule in enumerate(rules):
        for weight, state in rule.state_dict()["state"].items():
            tensors |= {f"rule/{number}/{weight}/{key}": value for key, value in state.items()}
    fresh = options.out / f"{_CHECKPOINT}.new"
    save_file(tensors, fresh, metadata={"step": str(step)})
    fresh.replace(options.out / _CHECKPOINT)


def _restore(options: Options, model: torch.nn.Module, rules: Sequence[torch.optim.Optimizer]) -> int:
    """Load the checkpoint, if there is one, and return the number of the next step."""
    path = options.out / _CHECKPOINT
    if not path.exists():
        return 0
    with safe_open(path, framework="pt", device=options.device) as file:
        step = int(file.metadata()["step"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # the file is no mapping
    model.load_state_dict({name.removeprefix("model/"): tensors[name] for name in tensors if name.startswith("model/")})
    for number, rule in enumerate(rules):
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith(f"rule/{number}/"):
                weight, key = name.split("/")[2:]
                state.setdefault(int(weight), {})[key] = value
        rule.load_state_dict({"state": state, "param_groups": rule.state_dict()["param_groups"]})
    return step


def options_from(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m geovlm_cli.tiny.pretrain", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--from", dest="base", type=Path, help="folder to go on from; without it, random weights")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, default=16, help="scenes a step")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=4e-4, help="of Muon; AdamW has half of it")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out, if there is one")
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="of torch on the CPU; 0 leaves the choice to torch")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw scenes; 0 draws between steps")
    return Options(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    pretrain(options_from())
