"""ViT (arXiv 2010.11929) and DeiT (arXiv 2012.12877), over `transformers`' ViTForImageClassification and
DeiTForImageClassification. A distilled DeiT brings its second token; its head is that of the class token.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .base import ImageAnchor

_ATTENTION = {
    "query": "attention.q_proj",
    "key": "attention.k_proj",
    "value": "attention.v_proj",
    "output": "attention.o_proj",
}


class VitAnchor(ImageAnchor):
    """`pooling`: the head sees the normed class token, or the mean of the normed patch tokens."""

    def __init__(
        self,
        name: str,
        model: Any,
        folder: Path | None = None,
        sha256: str = "",
        pooling: str = "class-token",
    ) -> None:
        super().__init__(name, model, folder, sha256)
        self._pooling = pooling

    @property
    def pooling(self) -> str:
        return self._pooling

    @property
    def pools_as_its_class(self) -> bool:
        return self.pooling != "mean"

    @property
    def body(self) -> Any:
        """ViTModel or DeiTModel."""
        return getattr(self.model, self.model.base_model_prefix)

    @property
    def blocks(self) -> nn.ModuleList:
        blocks: nn.ModuleList = self.body.layers
        return blocks

    @property
    def tokens(self) -> int:
        return int(self.body.embeddings.position_embeddings.shape[1])

    @property
    def special_tokens(self) -> int:
        """Tokens before the patches: the class token, and a distilled DeiT's second one."""
        return self.tokens - int(self.body.embeddings.patch_embeddings.num_patches)

    @property
    def feature_size(self) -> int:
        return self.width

    def embed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """`pixel_values` (B, channels, height, width) -> (B, N, D)."""
        hidden: Tensor = self.body.embeddings(inputs["pixel_values"])
        return hidden

    def features(self, hidden: Tensor, inputs: Mapping[str, Tensor] | None = None) -> Tensor:
        normed: Tensor = self.body.layernorm(hidden)
        return normed[:, 0] if self.pooling == "class-token" else normed[:, self.special_tokens :].mean(dim=1)

    def attention_linears(self, index: int) -> dict[str, str]:
        return _ATTENTION

    def mlp_linears(self, index: int) -> tuple[str, ...]:
        return ("mlp.fc1", "mlp.fc2")

    def own_head(self) -> nn.Linear | None:
        head = self.model.classifier
        return head if isinstance(head, nn.Linear) else None

    def final_modules(self) -> tuple[nn.Module, ...]:
        return (self.body.layernorm,)

    def embedding_modules(self) -> tuple[nn.Module, ...]:
        return (self.body.embeddings,)

    def norms(self, index: int) -> tuple[str, str]:
        return "layernorm_before", "layernorm_after"

    def block_settings(self) -> dict[str, Any]:
        inner: Any = self.blocks[0].get_submodule(self.mlp_linears(0)[0])
        return {
            "width": self.width,
            "heads": int(self.config.num_attention_heads),
            "mlp_width": int(inner.out_features),
            "swiglu": len(self.mlp_linears(0)) == 3,
            "activation": self.config.hidden_act,
            "norm_eps": float(self.config.layer_norm_eps),
        }

    def plain_embedding(self, image_size: int) -> dict[str, Tensor]:
        embeddings = self.body.embeddings
        positions: Tensor = embeddings.position_embeddings
        tokens = [embeddings.cls_token, getattr(embeddings, "distillation_token", None)]
        special = torch.cat([token for token in tokens if token is not None], dim=1)
        count = special.shape[1]
        return {
            **projection_tensors(embeddings),
            "special": special + positions[:, :count],
            "positions": positions[:, count:],
        }


def projection_tensors(embeddings: Any) -> dict[str, Tensor]:
    projection = embeddings.patch_embeddings.projection
    return {"projection.weight": projection.weight, "projection.bias": projection.bias}
