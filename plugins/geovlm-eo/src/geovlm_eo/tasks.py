"""The eleven tasks, in the order of GeoVLM-R1's task table."""

from __future__ import annotations

from geovlm_eo import (
    change_caption,
    damage,
    detection,
    grounding,
    image_caption,
    multi_label,
    referred_detection,
    region_caption,
    scene,
    temporal,
    vqa,
)

TASKS = (
    scene.TASK,
    multi_label.TASK,
    temporal.TASK,
    damage.TASK,
    referred_detection.TASK,
    detection.TASK,
    region_caption.TASK,
    grounding.TASK,
    image_caption.TASK,
    change_caption.TASK,
    vqa.TASK,
)
