"""Models: names, declarations, loading, building. torch is imported inside the functions that need it."""

from geovlm_cli.models.building import init_model
from geovlm_cli.models.loading import attention, device, load_model, resolve_dtype, usable_device
from geovlm_cli.models.names import DECLARATION, ModelInfo, declare, is_adapter, model_info, resolve_model
from geovlm_cli.models.processors import load_processor

__all__ = [
    "DECLARATION",
    "ModelInfo",
    "attention",
    "declare",
    "device",
    "init_model",
    "is_adapter",
    "load_model",
    "load_processor",
    "model_info",
    "resolve_dtype",
    "resolve_model",
    "usable_device",
]
