"""The sections of a configuration, typed. Keys that TRL also has keep TRL's name; its other options pass through `sft` and `grpo`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Structure = Literal[
    "think_answer", "answer", "plain", "any"
]  # as geovlm_cli.profiles.Structure, which lies above this layer
Frame = Literal["pixel", "model", "unit", "percent", "permille"]
PromptStyle = Literal["system", "suffix", "vlmr1", "none"]
OnError = Literal["stop", "penalise"]
Positive = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]


def _number_of_steps(value: int) -> int:
    """Refuse 0, which TRL takes for -1."""
    if value == -1 or value >= 1:
        return value
    raise PydanticCustomError("steps", "it takes 1 or more, or -1 for as many as the epochs have")


class Section(BaseModel):
    """A section with a closed set of keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


class Lora(Section):
    """Low-rank adapters instead of full training. target: a regular expression over module names; None = every projection of the language model."""

    r: Positive = 16
    alpha: Positive = 32
    dropout: Fraction = 0.0
    target: str | None = None


class ModelSection(Section):
    """Which model, how it speaks (profile, structure, prompt_style: None = what the model folder declares) and how it is loaded.

    answer_frame: the frame that the model writes boxes in; default: the profile's. prompt_file: YAML with an instruction and prompts of tasks in
    place of ours. engine: what answers in eval and predict; the address of a server as name needs neither.
    """

    name: str = "tiny"
    profile: str | None = None
    structure: Structure | None = None
    answer_frame: Frame | None = None
    prompt_style: PromptStyle | None = None
    prompt_file: str | None = None
    engine: Literal["transformers", "vllm"] = "transformers"
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    attn_implementation: str | None = None
    lora: Lora | None = None
    freeze_vision: bool = False


class DataSection(Section):
    """Training rows: one source or several, read by their own loaders. task: the task of rows that name none. limit: rows a source.

    format: a data format's name, with its option after a colon; default: recognised. split: rows of this split, where a source holds several.
    frame: the frame of boxes where rows name none; default: the model profile's.

    max_flawed: the fraction of rows with bad truth up to which training leaves them out and goes on.
    """

    train: str | list[str] | None = None
    task: str | None = None
    image_roots: list[str] = []
    limit: Positive | None = None
    format: str | None = None
    split: str | None = None
    frame: Frame | None = None
    max_flawed: Fraction = 0.01


class TrainerSection(BaseModel):
    """What `sft` and `grpo` share. Any other option of TRL's config class may stand here under TRL's own name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    learning_rate: Annotated[float, Field(gt=0)]
    lr_scheduler_type: str = "cosine"
    warmup_steps: Annotated[float, Field(ge=0)] = 0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    optimizer: Literal["adamw", "muon"] = "adamw"
    num_train_epochs: Annotated[float, Field(gt=0)] = 1.0
    max_steps: Annotated[int, AfterValidator(_number_of_steps)] = -1
    per_device_train_batch_size: Positive = 8
    gradient_accumulation_steps: Positive = 1
    gradient_checkpointing: bool | None = None
    logging_steps: Positive = 10
    save_steps: Positive = 100
    save_total_limit: Positive | None = 2
    report_to: str | list[str] = "none"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0

    @property
    def options(self) -> dict[str, Any]:
        """The options that go to TRL unchecked by us, under TRL's names."""
        return dict(self.model_extra or {})


class SftSection(TrainerSection):
    """`geovlm sft`."""

    learning_rate: Annotated[float, Field(gt=0)] = 1e-5


class GrpoSection(TrainerSection):
    """`geovlm grpo`. per_device_train_batch_size counts completions; times devices and accumulation it must divide by num_generations."""

    learning_rate: Annotated[float, Field(gt=0)] = 1e-6
    num_generations: Annotated[int, Field(ge=2)] = 8
    max_completion_length: Positive = 256
    temperature: Annotated[float, Field(gt=0)] = 1.0
    beta: Annotated[float, Field(ge=0)] = 0.0


class RewardsSection(BaseModel):
    """Weights of the components: `<task>: {component: weight}`; a task left out keeps its first component at 1. format: the weight of the format component of every task.

    on_error: what a reward that raises or returns nonsense does to the run.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, dict[str, float]] = Field(init=False)

    format: float = 1.0
    on_error: OnError = "stop"

    @property
    def weights(self) -> dict[str, dict[str, float]]:
        """Component weights by task."""
        return dict(self.__pydantic_extra__)


class AskingSection(Section):
    """What `eval` and `predict` share. concurrency, timeout (seconds a reply): of an endpoint."""

    batch_size: Positive = 16
    concurrency: Annotated[int, Field(ge=1, le=128)] = 16
    timeout: Annotated[float, Field(gt=0)] = 120.0
    temperature: Annotated[float, Field(ge=0)] = 0.0
    max_new_tokens: Positive | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0


class EvalSection(AskingSection):
    """`geovlm eval`. Empty protocols = `strict` and those that the task's plugin has. draws: of the bootstrap; 0 = no intervals."""

    data: str | list[str] | None = None
    task: str | None = None
    protocols: list[str] = []
    samples: Positive = 1
    draws: Annotated[int, Field(ge=0)] = 1000


class PredictSection(AskingSection):
    """`geovlm predict`."""


class Config(Section):
    """A whole configuration; every section has defaults."""

    model: ModelSection = ModelSection()
    data: DataSection = DataSection()
    sft: SftSection = SftSection()
    grpo: GrpoSection = GrpoSection()
    rewards: RewardsSection = RewardsSection()
    eval: EvalSection = EvalSection()
    predict: PredictSection = PredictSection()
