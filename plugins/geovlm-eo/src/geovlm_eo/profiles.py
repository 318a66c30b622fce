"""Model families: the structure of their answers, how they write boxes, what they do to an image.

Sources: transformers' image processors and the preprocessor_config.json that each model is published with (resizing), the model cards and ms-swift's templates (frames), EarthDial's evaluators and GeoChat's
drawing code (angles), GeoVLM-R1's figures (448 × 448 px).
"""

from __future__ import annotations

from geovlm_cli import Profile, Resize

PROFILES = (
    Profile(
        name="qwen2-vl",
        structure="think_answer",
        box_syntax="qwen-json",
        frame="permille",
        resize=Resize(factor=28, min_pixels=3136, max_pixels=12845056),
    ),
    Profile(
        name="qwen2.5-vl",
        structure="think_answer",
        box_syntax="qwen-json",
        frame="model",
        resize=Resize(factor=28, min_pixels=3136, max_pixels=12845056),
    ),
    Profile(
        name="qwen3-vl",
        structure="think_answer",
        box_syntax="qwen-json",
        frame="permille",
        resize=Resize(factor=32, min_pixels=65536, max_pixels=16777216),
    ),
    # InternVL2 and 3 cut an image into tiles of 448 px; boxes are per mille of the whole image, so its size is not asked for.
    Profile(
        name="internvl",
        structure="think_answer",
        box_syntax="internvl",
        frame="permille",
        resize=Resize(fixed=(448, 448)),
    ),
    Profile(
        name="geochat",
        structure="any",
        box_syntax="geochat",
        frame="percent",
        angle_frame="percent",
        resize=Resize(fixed=(504, 504)),
    ),
    # InternVL2-based, never taught tags: its saved answers are plain text.
    Profile(
        name="earthdial",
        structure="any",
        box_syntax="list5",
        frame="percent",
        angle_frame="percent",
        resize=Resize(fixed=(448, 448)),
    ),
    Profile(
        name="geovlm-r1",
        structure="think_answer",
        box_syntax="list5",
        frame="model",
        angle_frame="model",
        resize=Resize(fixed=(448, 448)),
    ),
)
