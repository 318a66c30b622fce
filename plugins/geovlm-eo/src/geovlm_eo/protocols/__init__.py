"""Compatibility protocols, by the kind of answer: `earthdial`, the scores of the published EarthDial and GeoVLM-R1 tables, and `geochat`.

They reproduce those scripts bug for bug (spec: geovlm-r1.md 4.3 to 4.5) and are gameable for it: detection never asks what was missed,
classification forgives extra words. `strict` is the honest figure beside them. An answer that cannot be read is the empty text, and rows whose truth
is flawed are kept, as the scripts keep them.
"""

from __future__ import annotations

from geovlm_eo.protocols.boxes import EARTHDIAL_BOXES
from geovlm_eo.protocols.captions import EARTHDIAL_CAPTIONS, EARTHDIAL_REGION_CAPTIONS
from geovlm_eo.protocols.descriptions import EARTHDIAL_DESCRIPTIONS
from geovlm_eo.protocols.labels import EARTHDIAL_LABELS, EARTHDIAL_VQA
from geovlm_eo.protocols.scenes import GEOCHAT_SCENES

__all__ = [
    "EARTHDIAL_BOXES",
    "EARTHDIAL_CAPTIONS",
    "EARTHDIAL_DESCRIPTIONS",
    "EARTHDIAL_LABELS",
    "EARTHDIAL_REGION_CAPTIONS",
    "EARTHDIAL_VQA",
    "GEOCHAT_SCENES",
]
