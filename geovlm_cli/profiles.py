"""Model profiles: how a model wraps its answers, writes boxes and sees images. Declared, never guessed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from geovlm_cli.errors import ConfigError, DataError, clean, nearest

Structure = Literal["think_answer", "answer", "plain", "any"]
BoxSyntax = Literal["qwen-json", "list4", "list5", "geochat", "internvl"]
Frame = Literal["pixel", "model", "unit", "percent", "permille"]

STRUCTURES: tuple[str, ...] = get_args(Structure)
SYNTAXES: tuple[str, ...] = get_args(BoxSyntax)
FRAMES: tuple[str, ...] = get_args(Frame)
NUMBERS_OF_SYNTAX: Mapping[str, int] = {"qwen-json": 4, "list4": 4, "list5": 5, "geochat": 5, "internvl": 4}
_WITH_THOUGHT = ("think_answer", "answer")  # structures of which a think block is a part
_SCALES: Mapping[str, float] = {"unit": 1.0, "percent": 100.0, "permille": 1000.0}
MAX_ASPECT = 200.0


@dataclass(frozen=True, slots=True)
class Resize:
    """What the model does to an image before it sees it.

    `fixed` = (width, height) px; else sides become multiples of `factor` with the area kept within [min_pixels, max_pixels]
    (transformers, `smart_resize` of Qwen2-VL's image processor, whose defaults these are; published models have wider limits of their own).
    """

    fixed: tuple[int, int] | None = None
    factor: int = 28
    min_pixels: int = 3136
    max_pixels: int = 1003520

    def __call__(self, width: int, height: int) -> tuple[int, int]:
        """Return (width, height) px of the resized image; raises DataError where the model refuses the aspect ratio."""
        if self.fixed is not None:
            return self.fixed
        if max(width, height) / min(width, height) > MAX_ASPECT:
            raise DataError(
                f"An image of {width}×{height} px is more than {MAX_ASPECT:.0f} times as long as wide; crop it or cut it into tiles."
            )
        f = self.factor
        w, h = round(width / f) * f, round(height / f) * f
        if w * h > self.max_pixels:
            beta = math.sqrt(width * height / self.max_pixels)
            w, h = max(f, math.floor(width / beta / f) * f), max(f, math.floor(height / beta / f) * f)
        elif w * h < self.min_pixels:
            beta = math.sqrt(self.min_pixels / (width * height))
            w, h = math.ceil(width * beta / f) * f, math.ceil(height * beta / f) * f
        return w, h


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One model family's contract with the text: structure of the answer, box syntax and frame, resizing.

    `frame`: the frame in which the model writes boxes. `angle_frame`: the frame in which its angles are true, for drawing where a
    reference is missing. `opens_think`: the chat template opens the think block itself. `instruction`: jinja2 text in place of ours.
    """

    name: str
    structure: Structure = "think_answer"
    opens_think: bool = False
    box_syntax: BoxSyntax | None = None
    frame: Frame | None = None
    angle_frame: Frame | None = None
    resize: Resize = Resize()
    instruction: str | None = None
    distribution: str = ""

    def extent(self, frame: str, image_size: tuple[int, int] | None) -> tuple[float, float]:
        """Return (width, height) of `frame` for one image of `image_size` px; raises DataError where a size is needed and unknown."""
        if frame in _SCALES:
            return _SCALES[frame], _SCALES[frame]
        if frame == "model" and self.resize.fixed is not None:
            return float(self.resize.fixed[0]), float(self.resize.fixed[1])
        if image_size is None:
            raise DataError(
                f"The frame `{frame}` needs the size of the image, and it is unknown; give the image or an `image_size`."
            )
        width, height = self.resize(*image_size) if frame == "model" else image_size
        return float(width), float(height)

    @property
    def box_numbers(self) -> int:
        """Numbers of one box in this profile's syntax: 4 or 5 (with angle)."""
        return NUMBERS_OF_SYNTAX[self.box_syntax] if self.box_syntax else 5

    def describe(self) -> dict[str, Any]:
        """Return the profile as plain JSON values, readable by `profile_from_mapping`."""
        values = asdict(self)
        del values["distribution"]
        fixed = values["resize"].pop("fixed")
        return values | ({"resize": {"fixed": fixed}} if fixed else {})


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "structure": STRUCTURES,
    "box_syntax": SYNTAXES,
    "frame": FRAMES,
    "angle_frame": FRAMES,
}


def profile_from_mapping(values: Mapping[str, Any], source: str) -> Profile:
    """Build a profile from YAML or JSON values; raises ConfigError that names `source` and the key."""
    known = [name for name in Profile.__dataclass_fields__ if name != "distribution"]
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"{source}: unknown profile key `{key}`.{nearest(key, known)}")
        if key in _CHOICES and value is not None and value not in _CHOICES[key]:
            raise ConfigError(f"{source}: `{key}` is `{value}`; it must be one of {', '.join(_CHOICES[key])}.")
    _check_name(values.get("name"), source)
    if not isinstance(values.get("opens_think", False), bool):
        raise ConfigError(f"{source}: `opens_think` must be true or false.")
    if not isinstance(values.get("instruction"), str | None):
        raise ConfigError(f"{source}: `instruction` must be a text.")
    _check_template(values.get("instruction") or "", source)
    if (values.get("box_syntax") is None) != (values.get("frame") is None):
        raise ConfigError(f"{source}: `box_syntax` and `frame` go together; a profile has both or neither.")
    profile = Profile(**{**values, "resize": _resize_from_mapping(values.get("resize", {}), source)})
    _check_frames(profile, values.get("resize", {}), source)
    if profile.opens_think and profile.structure not in _WITH_THOUGHT:
        raise ConfigError(
            f"{source}: `opens_think` is true, and structure `{profile.structure}` has no think block for a completion to start in; "
            f"make it false, or `structure` one of {', '.join(_WITH_THOUGHT)}."
        )
    return profile


def _check_name(name: Any, source: str) -> None:
    if name is None or (isinstance(name, str) and not name.strip()):
        raise ConfigError(f"{source}: a profile needs a `name`.")
    if not isinstance(name, str):
        raise ConfigError(
            f"{source}: `name` is {clean(repr(name), 60)}, and must be a text; put it in quotation marks."
        )


def _check_frames(profile: Profile, resize: Mapping[str, Any], source: str) -> None:
    """Refuse a resized image of which the size is left to defaults, and angles of boxes that have none."""
    if profile.angle_frame is not None and (profile.box_syntax is None or profile.box_numbers == 4):
        spoken = (
            f"boxes of the syntax `{profile.box_syntax}` have"
            if profile.box_syntax
            else "a profile without `box_syntax` has"
        )
        raise ConfigError(f"{source}: `angle_frame` is `{profile.angle_frame}`, and {spoken} no angles; leave it out.")
    left_out = [f"`{key}`" for key in ("factor", "min_pixels", "max_pixels") if key not in resize]
    if profile.frame == "model" and profile.resize.fixed is None and left_out:
        raise ConfigError(
            f"{source}: `frame` is `model`, which counts px of the resized image, and `resize` leaves out {', '.join(left_out)}; "
            "declare what the model does: `fixed`, or all of `factor`, `min_pixels` and `max_pixels`."
        )


def _check_template(text: str, source: str) -> None:
    from jinja2 import Environment, TemplateSyntaxError  # only for profiles of a user's own

    try:
        Environment(autoescape=False).parse(text)  # noqa: S701  # parsed, not rendered
    except TemplateSyntaxError as error:
        raise ConfigError(
            f"{source}: `instruction` is no jinja2 text: {clean(str(error), 120).rstrip('.')}."
        ) from error


def _resize_from_mapping(values: Any, source: str) -> Resize:
    if not isinstance(values, Mapping) or set(values) - set(Resize.__dataclass_fields__):
        raise ConfigError(f"{source}: `resize` takes the keys {', '.join(Resize.__dataclass_fields__)}.")
    fixed = values.get("fixed")
    if fixed is not None and not (
        isinstance(fixed, list | tuple) and len(fixed) == 2 and all(map(_is_positive, fixed))
    ):
        raise ConfigError(f"{source}: `resize.fixed` must be [width, height] in whole px.")
    numbers = {key: value for key, value in values.items() if key != "fixed"}
    if fixed is not None and numbers:
        raise ConfigError(
            f"{source}: `resize.fixed` is the size of every image, so {', '.join(f'`{key}`' for key in numbers)} would say nothing; give one or the other."
        )
    for key, value in numbers.items():
        if not _is_positive(value):
            raise ConfigError(f"{source}: `resize.{key}` must be a whole number above 0.")
    resize = Resize(fixed=(fixed[0], fixed[1]) if fixed else None, **numbers)
    if resize.min_pixels > resize.max_pixels:
        raise ConfigError(f"{source}: `resize.min_pixels` is above `resize.max_pixels`.")
    square = resize.factor**2
    if resize.fixed is None and resize.max_pixels // square < max(1, math.ceil(resize.min_pixels / square)):
        raise ConfigError(
            f"{source}: no image whose sides are multiples of {resize.factor} has an area in [{resize.min_pixels}, {resize.max_pixels}] px; "
            "change `resize.factor`, `resize.min_pixels` or `resize.max_pixels`."
        )
    return resize


def _is_positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
