"""Farmland, circular farmland, forest, chaparral, river, lake, beach."""

from __future__ import annotations

import math

import numpy as np

from geovlm_cli.scenes import objects
from geovlm_cli.scenes.canvas import Canvas
from geovlm_cli.scenes.classes.plot import Plot
from geovlm_cli.scenes.noise import Array
from geovlm_cli.scenes.palette import CROPS, PAINTS, SAND
from geovlm_cli.scenes.site import CENTRE
from geovlm_cli.scenes.terrain import blend, countryside, ground, mixed, mosaic, sigmoid

_PIVOTS = 12  # pivots a side before the pattern repeats


def farmland(plot: Plot) -> Canvas:
    """A patchwork of fields."""
    canvas = Canvas(plot.site, mosaic(plot.site, CROPS, 18, 44))
    objects.trees(canvas, plot.site.integer(0, 8))
    return canvas


def circular_farmland(plot: Plot) -> Canvas:
    """Discs of centre-pivot irrigation between fields."""
    site = plot.site
    step = site.uniform(24, 42)
    land = mosaic(site, CROPS, 18, 60) if site.chance(0.5) else countryside(site)
    u, v = plot.u + 200 + site.uniform(0, step), plot.v + 200 + site.uniform(0, step)
    across, down = u % step - step / 2, v % step - step / 2
    pivot = (u // step).astype(int) % _PIVOTS * _PIVOTS + (v // step).astype(int) % _PIVOTS
    radius, bearing = np.hypot(across, down), np.arctan2(down, across)

    crops = np.array(CROPS, np.float32)[site.rng.integers(0, len(CROPS), _PIVOTS**2)]
    crops += site.rng.uniform(-22, 22, (_PIVOTS**2, 1)).astype(np.float32)
    sown = (site.rng.random(_PIVOTS**2) < 0.85)[pivot]
    start = site.rng.uniform(-3, 3, _PIVOTS**2)[pivot]
    sector = (bearing > start) & (bearing < start + 0.9)
    grain = (
        site.noise("fine") * 4 + site.noise("medium") * 5 + sector * site.uniform(-24, 24) + np.sin(radius * 1.4) * 3
    )
    disc = np.clip((step * 0.47 - radius) * site.scale, 0, 1) * sown
    canvas = Canvas(site, blend(land, disc, crops[pivot] + grain[..., None]))
    objects.trees(canvas, site.integer(0, 8))
    return canvas


def forest(plot: Plot) -> Canvas:
    """Crowns nearly everywhere, thinning out towards one side."""
    site = plot.site
    canvas = Canvas(site, plot.land)
    border = site.uniform(-60, -30)
    cosine, sine = math.cos(plot.angle), math.sin(plot.angle)

    def wooded(x: float, y: float) -> bool:
        return (x - CENTRE) * cosine + (y - CENTRE) * sine > border

    objects.trees(canvas, site.integer(130, 230), 2.4, 6, wooded)
    return canvas


def chaparral(plot: Plot) -> Canvas:
    """Scattered bushes."""
    canvas = Canvas(plot.site, plot.land)
    objects.trees(canvas, plot.site.integer(25, 80), 1.2, 3.4)
    return canvas


def river(plot: Plot) -> Canvas:
    """A meandering river."""
    site = plot.site
    middle, bend, wave, width = site.uniform(-22, 22), site.uniform(3, 18), site.uniform(11, 22), site.uniform(9, 30)
    line = plot.v - middle - bend * np.sin(plot.u / wave) - site.noise("medium") * site.uniform(0, 2)
    return _water_body(plot, np.asarray(np.abs(line) - width / 2, dtype=np.float32), 4)


def lake(plot: Plot) -> Canvas:
    """A lobed lake."""
    site = plot.site
    du, dv = plot.u - site.uniform(-22, 22), plot.v - site.uniform(-22, 22)
    radius, bearing = site.uniform(15, 38), np.arctan2(dv, du)
    phase = site.rng.uniform(0, 6, 3).tolist()
    lobes = 1 + sum(
        depth * np.sin(order * bearing + phase[i]) for i, (order, depth) in enumerate(((2, 0.22), (3, 0.14), (5, 0.07)))
    )
    distance = np.hypot(du * site.uniform(0.75, 1.3), dv) - radius * lobes + site.noise("medium") * site.uniform(0, 2)
    return _water_body(plot, np.asarray(distance, dtype=np.float32), 3)


def _water_body(plot: Plot, distance: Array, bank: float) -> Canvas:
    """Fill with water where `distance` is negative; trees keep off the banks."""
    site = plot.site
    land = blend(plot.land, sigmoid(bank - distance) * site.uniform(0.2, 0.8), site.tint(SAND))
    canvas = Canvas(site, blend(land, sigmoid(-distance * 2), ground(site, "water")))
    objects.trees(canvas, site.integer(0, 50), 1.2, 3.6, lambda x, y: site.at(distance, x, y) > 4)
    return canvas


def beach(plot: Plot) -> Canvas:
    """Land, sand, surf and sea, sometimes with parasols."""
    site = plot.site
    bend = site.uniform(0, 8) * np.sin(plot.u / site.uniform(12, 30))
    rough = site.noise("medium") * site.uniform(0.5, 3)
    distance = np.asarray(plot.v - site.uniform(-26, 26) - bend - rough, dtype=np.float32)
    sand = site.uniform(10, 34)
    land = blend(plot.land, sigmoid((distance + sand) * 0.9), mixed(site, SAND))
    land = blend(land, sigmoid(distance * 1.2), ground(site, "water"))
    canvas = Canvas(site, _surf(plot, land, distance))
    objects.trees(canvas, site.integer(0, 30), 1.2, 3, lambda x, y: site.at(distance, x, y) < -sand - 3)
    for _ in range(site.integer(0, 14)):
        x, y = site.point()
        if -sand + 2 < site.at(distance, x, y) < -3:
            canvas.disc(x, y, 0.9, site.tint(tuple(PAINTS.values())), height=1)
    return canvas


def _surf(plot: Plot, land: Array, distance: Array) -> Array:
    site = plot.site
    for breaker in range(site.integer(1, 4)):
        crest = distance - 1 - breaker * site.uniform(4, 8) - site.noise("medium") * 1.2
        foam = np.exp(-((crest / site.uniform(0.6, 1.4)) ** 2)) * site.uniform(0.4, 0.95)
        land = blend(land, foam, (228, 232, 230))
    return land
