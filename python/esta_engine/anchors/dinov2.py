"""DINOv2 (arXiv 2304.07193), with or without registers (arXiv 2309.16588), over `transformers`'
Dinov2ForImageClassification and Dinov2WithRegistersForImageClassification. The head sees the normed class
token beside the mean of the normed patch tokens. Positions are interpolated to the size of the input.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .vit import VitAnchor, projection_tensors


class Dinov2Anchor(VitAnchor):
    @property
    def blocks(self) -> nn.ModuleList:
        blocks: nn.ModuleList = self.body.encoder.layer
        return blocks

    @property
    def tokens(self) -> int:
        """For the size that the positions are stored for; another input size gives another number."""
        return super().tokens + self.registers

    @property
    def registers(self) -> int:
        return int(getattr(self.config, "num_register_tokens", 0))

    @property
    def special_tokens(self) -> int:
        return 1 + self.registers

    @property
    def pooling(self) -> str:
        return "class-token-and-mean"

    @property
    def feature_size(self) -> int:
        return 2 * self.width

    def features(self, hidden: Tensor, inputs: Mapping[str, Tensor] | None = None) -> Tensor:
        normed: Tensor = self.body.layernorm(hidden)
        return torch.cat([normed[:, 0], normed[:, 1 + self.registers :].mean(dim=1)], dim=1)

    def mlp_linears(self, index: int) -> tuple[str, ...]:
        if self.config.use_swiglu_ffn:
            return ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
        return ("mlp.fc1", "mlp.fc2")

    def norms(self, index: int) -> tuple[str, str]:
        return "norm1", "norm2"

    def layer_scales(self, index: int) -> tuple[str | None, str | None]:
        return "layer_scale1.lambda1", "layer_scale2.lambda1"

    def plain_embedding(self, image_size: int) -> dict[str, Tensor]:
        """Positions are interpolated to `image_size`; registers come after the class token, without
        positions.
        """
        embeddings = self.body.embeddings
        patches = (image_size // int(self.config.patch_size)) ** 2
        token = embeddings.cls_token
        positions: Tensor = embeddings.interpolate_pos_encoding(
            token.expand(1, patches + 1, -1), image_size, image_size
        )
        special = [token + positions[:, :1]]
        if self.registers:
            special.append(embeddings.register_tokens)
        return {
            **projection_tensors(embeddings),
            "special": torch.cat(special, dim=1),
            "positions": positions[:, 1:],
        }
