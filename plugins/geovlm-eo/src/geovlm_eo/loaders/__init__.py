"""Readers of the Earth-observation formats that users already have, one module each."""

from geovlm_eo.loaders import (
    bigearthnet,
    captions,
    dota,
    earthdial,
    geochat,
    hrvqa,
    pairs,
    rsvqa,
    rsvqaxben,
    xbd,
)

LOADERS = (
    earthdial.LOADER,
    earthdial.KEEPING_TOKENS,
    geochat.INSTRUCT,
    geochat.BENCH,
    rsvqa.LOADER,
    hrvqa.LOADER,
    rsvqaxben.LOADER,
    bigearthnet.LOADER,
    dota.LOADER,
    xbd.LOADER,
    pairs.LOADER,
    captions.KARPATHY,
    captions.LINES,
)

__all__ = ["LOADERS"]
