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
# Names with commas in the nomenclature of 19 classes that BigEarthNet-MM made of them (Sumbul et al. 2021, table 1).
_OF_19 = ("Moors, heathland and sclerophyllous vegetation", "Transitional woodland, shrub")
_WITH_COMMAS = [name for name in (*CLASSES, *_OF_19) if "," in name]
_ITEM = re.compile(rf"\s*((?:{'|'.join(map(re.escape, _WITH_COMMAS))})(?=\s*(?:,|$))|[^,]*)\s*(?:,|$)", re.IGNORECASE)
# The longest name first: names hold commas and "and" of their own.
_NAME = re.compile("|".join(re.escape(name) for name in sorted(CLASSES, key=len, reverse=True)), re.IGNORECASE)
_BY_FOLDED = {name.casefold(): name for name in CLASSES}
_BETWEEN = re.compile(r"(?:\s|,|\band\b)*")


def split(text: str) -> list[str]:
    """Return the items of a list at its commas, but for those inside a class's name; blank ones are left out."""
    return [item for found in _ITEM.finditer(text) if (item := found[1].strip())]


def named(text: str) -> tuple[str, ...] | None:
    """Return the classes that a text such as "mixed forest and water bodies" lists; None where something else stands between them."""
    found = tuple(_BY_FOLDED[match[0].casefold()] for match in _NAME.finditer(text))
    return found if found and _BETWEEN.fullmatch(_NAME.sub(" ", text)) else None
