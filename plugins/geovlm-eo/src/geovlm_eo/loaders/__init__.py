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
    teochatlas,
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
    teochatlas.LOADER,
)

__all__ = ["LOADERS"]
