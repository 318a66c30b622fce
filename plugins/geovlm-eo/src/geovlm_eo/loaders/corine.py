"""The 43 level-3 classes of CORINE Land Cover that BigEarthNet v1.0 has (Sumbul et al. 2019, table 1), and texts that list them."""

from __future__ import annotations

import re

CLASSES = (
    "Continuous urban fabric",
    "Discontinuous urban fabric",
    "Industrial or commercial units",
    "Road and rail networks and associated land",
    "Port areas",
    "Airports",
    "Mineral extraction sites",
    "Dump sites",
    "Construction sites",
    "Green urban areas",
    "Sport and leisure facilities",
    "Non-irrigated arable land",
    "Permanently irrigated land",
    "Rice fields",
    "Vineyards",
    "Fruit trees and berry plantations",
    "Olive groves",
    "Pastures",
    "Annual crops associated with permanent crops",
    "Complex cultivation patterns",
    "Land principally occupied by agriculture, with significant areas of natural vegetation",
    "Agro-forestry areas",
    "Broad-leaved forest",
    "Coniferous forest",
    "Mixed forest",
    "Natural grassland",
    "Moors and heathland",
    "Sclerophyllous vegetation",
    "Transitional woodland/shrub",
    "Beaches, dunes, sands",
    "Bare rock",
    "Sparsely vegetated areas",
    "Burnt areas",
    "Inland marshes",
    "Peatbogs",
    "Salt marshes",
    "Salines",
    "Intertidal flats",
    "Water courses",
    "Water bodies",
    "Coastal lagoons",
    "Estuaries",
    "Sea and ocean",
)
# The longest name first: names hold commas and "and" of their own.
_NAME = re.compile("|".join(re.escape(name) for name in sorted(CLASSES, key=len, reverse=True)), re.IGNORECASE)
_BY_FOLDED = {name.casefold(): name for name in CLASSES}
_BETWEEN = re.compile(r"(?:\s|,|\band\b)*")


def named(text: str) -> tuple[str, ...] | None:
    """Return the classes that a text such as "mixed forest and water bodies" lists; None where something else stands between them."""
    found = tuple(_BY_FOLDED[match[0].casefold()] for match in _NAME.finditer(text))
    return found if found and _BETWEEN.fullmatch(_NAME.sub(" ", text)) else None
