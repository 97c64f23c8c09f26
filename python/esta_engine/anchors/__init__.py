"""Anchor architectures: one adapter a file over `transformers` models, and loading them.

A new architecture is one such file and one line of `ADAPTERS` (plus its catalog entry and cost formula).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Anchor

#: `model_type` of config.json -> (module, adapter class); modules are imported when an anchor needs them.
ADAPTERS: dict[str, tuple[str, str]] = {
    "vit": ("vit", "VitAnchor"),
    "deit": ("vit", "VitAnchor"),
    "dinov2": ("dinov2", "Dinov2Anchor"),
    "dinov2_with_registers": ("dinov2", "Dinov2Anchor"),
    "bert": ("bert", "BertAnchor"),
    "roberta": ("bert", "BertAnchor"),
    "llama": ("llama", "LlamaAnchor"),
    "mistral": ("llama", "LlamaAnchor"),
    "qwen2": ("llama", "LlamaAnchor"),
    "qwen3": ("llama", "LlamaAnchor"),
}

#: Family kinds of the configuration that the engine can run, and the model types that they hold.
KINDS: dict[str, tuple[str, ...]] = {
    "vit": ("vit", "deit"),
    "dinov2": ("dinov2", "dinov2_with_registers"),
    "bert": ("bert", "roberta"),
    "llama": ("llama", "mistral", "qwen2", "qwen3"),
}


def adapter_class(model_type: str) -> type[Anchor]:
    """The adapter of a `transformers` model type. Raises KeyError for one without."""
    from importlib import import_module

    module, name = ADAPTERS[model_type]
    adapter: type[Anchor] = getattr(import_module(f"{__name__}.{module}"), name)
    return adapter
