"""What lies between the ground and the file: sun, haze, optics, sensor."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from geovlm_cli.scenes.site import Site


def exposure(site: Site) -> list[int]:
    """A tone curve for each channel: gamma, white balance and haze (768 entries, as `Image.point` wants)."""
    gamma = site.uniform(0.78, 1.3)
    gain = site.uniform(0.78, 1.18) * (1 + site.rng.uniform(-0.085, 0.085, 3))
    haze = site.uniform(0, 0.28) * site.chance(0.6)
    veil = np.array([196, 202, 212]) * site.uniform(0.8, 1.05)
    level = np.arange(256) / 255
    curve = level[None] ** gamma * gain[:, None] * 255
    hazy = curve * (1 - haze) + veil[:, None] * haze
    table: list[int] = np.clip(hazy, 0, 255).astype(int).ravel().tolist()
    return table


def photograph(site: Site, picture: Image.Image) -> Image.Image:
    """Apply an exposure, blur, uneven light and sensor noise."""
    picture = picture.point(exposure(site))
    if site.chance(0.35):
        picture = picture.filter(ImageFilter.GaussianBlur(site.uniform(0.3, 0.7) * site.scale))
    pixels = np.asarray(picture).astype(np.float32)
    if site.chance(0.5):
        pixels *= (1 + site.noise("broad") * np.float32(site.uniform(0.02, 0.1)))[..., None]
    strength = np.float32(site.uniform(0.5, 4))
    sensor = np.random.default_rng(site.integer(0, 2**31))  # of its own: how much it draws depends on the size
    pixels += sensor.standard_normal((site.size, site.size, 1), dtype=np.float32) * strength
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
