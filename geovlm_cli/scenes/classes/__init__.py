"""The sixteen land-use classes, each with the function that draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from geovlm_cli.scenes.classes import built, nature, transport
from geovlm_cli.scenes.classes.plot import Plot, plot
from geovlm_cli.scenes.light import photograph

if TYPE_CHECKING:
    from PIL import Image

    from geovlm_cli.scenes.canvas import Canvas
    from geovlm_cli.scenes.site import Site

_PAINTERS: Final[Mapping[str, Callable[[Plot], Canvas]]] = {
    "airport": transport.airport,
    "harbor": transport.harbor,
    "storage tanks": built.storage_tanks,
    "farmland": nature.farmland,
    "circular farmland": nature.circular_farmland,
    "sparse residential": built.sparse_residential,
    "dense residential": built.dense_residential,
    "forest": nature.forest,
    "chaparral": nature.chaparral,
    "river": nature.river,
    "lake": nature.lake,
    "beach": nature.beach,
    "parking lot": transport.parking_lot,
    "intersection": transport.intersection,
    "solar farm": built.solar_farm,
    "industrial": built.industrial,
}

CLASSES: Final = tuple(_PAINTERS)

COVER: Final[Mapping[str, str]] = {
    "airport": "a runway with planes",
    "harbor": "docks with boats",
    "storage tanks": "round tanks",
    "farmland": "crop fields",
    "circular farmland": "crop fields",
    "sparse residential": "houses and gardens",
    "dense residential": "houses and gardens",
    "forest": "trees and bushes",
    "chaparral": "trees and bushes",
    "river": "open water",
    "lake": "open water",
    "beach": "open water",
    "parking lot": "vehicles and roads",
    "intersection": "vehicles and roads",
    "solar farm": "large structures",
    "industrial": "large structures",
}
"""What is to be seen in a class, in words that several classes share."""


def land_use(site: Site, name: str) -> Image.Image:
    """Draw a scene of a class of `CLASSES`."""
    return photograph(site, _PAINTERS[name](plot(site)).render())
