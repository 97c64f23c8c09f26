"""ViT (arXiv 2010.11929) and DeiT (arXiv 2012.12877), over `transformers`' ViTForImageClassification and
DeiTForImageClassification. A distilled DeiT brings its second token; its head is that of the class token.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from .base import Anchor

_ATTENTION = {
    "query": "attention.q_proj",
    "key": "attention.k_proj",
    "value": "attention.v_proj",
    "output": "attention.o_proj",
}


class VitAnchor(Anchor):
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
        self.pooling = pooling

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

    def features(self, hidden: Tensor) -> Tensor:
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
