"""An image classifier whose width changes midway: blocks of one vision transformer, a linear, blocks of
another.

Written by estakit, for `transformers` with `trust_remote_code=True`; it needs torch and transformers only.
Low-rank updates, biases of the stitch's own, layer scale and interpolated positions are merged into the
weights.
"""

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from transformers import PretrainedConfig, PreTrainedModel
from transformers.activations import ACT2FN
from transformers.modeling_outputs import ImageClassifierOutput


class StitchConfig(PretrainedConfig):
    """`segments`: one dictionary for each anchor on the route, in order; see `Block` for its entries."""

    model_type = "estakit_stitch"

    def __init__(
        self,
        image_size: int = 224,
        patch_size: int = 16,
        num_channels: int = 3,
        special_tokens: int = 1,
        pooling: str = "class-token",
        segments: list[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.image_size = image_size
        self.patch_size = patch_size
        self.num_channels = num_channels
        self.special_tokens = special_tokens
        self.pooling = pooling
        self.segments = segments or []
        super().__init__(**kwargs)


class Block(nn.Module):
    """Pre-norm attention and MLP (or SwiGLU), each beside a residual."""

    def __init__(self, segment: dict[str, Any]) -> None:
        super().__init__()
        width, mlp_width, eps = segment["width"], segment["mlp_width"], segment["norm_eps"]
        self.heads = segment["heads"]
        self.norm1 = nn.LayerNorm(width, eps=eps)
        self.qkv = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=eps)
        self.mlp_gate = nn.Linear(width, mlp_width) if segment["swiglu"] else None
        self.mlp_in = nn.Linear(width, mlp_width)
        self.mlp_out = nn.Linear(mlp_width, width)
        self.activation = ACT2FN["silu" if segment["swiglu"] else segment["activation"]]

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, N, width) -> (B, N, width)."""
        query, key, value = self.qkv(self.norm1(hidden)).unflatten(-1, (3, self.heads, -1)).unbind(2)
        attended = F.scaled_dot_product_attention(*(x.transpose(1, 2) for x in (query, key, value)))
        hidden = hidden + self.output(attended.transpose(1, 2).flatten(2))
        normed = self.norm2(hidden)
        inner = self.mlp_in(normed)
        if self.mlp_gate is None:
            return hidden + self.mlp_out(self.activation(inner))
        return hidden + self.mlp_out(self.activation(self.mlp_gate(normed)) * inner)


class StitchForImageClassification(PreTrainedModel):
    config_class = StitchConfig
    main_input_name = "pixel_values"

    def __init__(self, config: StitchConfig) -> None:
        super().__init__(config)
        segments, first, last = config.segments, config.segments[0], config.segments[-1]
        patches = (config.image_size // config.patch_size) ** 2
        self.projection = nn.Conv2d(
            config.num_channels, first["width"], kernel_size=config.patch_size, stride=config.patch_size
        )
        self.special = nn.Parameter(torch.zeros(1, config.special_tokens, first["width"]))
        self.positions = nn.Parameter(torch.zeros(1, patches, first["width"]))
        self.segments = nn.ModuleList(
            nn.ModuleList(Block(segment) for _ in range(segment["blocks"])) for segment in segments
        )
        self.stitching_layers = nn.ModuleList(
            nn.Linear(front["width"], end["width"]) for front, end in pairwise(segments)
        )
        self.norm = nn.LayerNorm(last["width"], eps=last["norm_eps"])
        features = last["width"] * (2 if config.pooling == "class-token-and-mean" else 1)
        self.classifier = nn.Linear(features, int(config.num_labels or 0))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """All weights come from the file."""

    def forward(
        self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None, **kwargs: Any
    ) -> ImageClassifierOutput:
        """`pixel_values` (B, channels, image_size, image_size) -> logits (B, classes)."""
        patches = self.projection(pixel_values).flatten(2).transpose(1, 2) + self.positions
        hidden = torch.cat([self.special.expand(len(patches), -1, -1), patches], dim=1)
        for number, blocks in enumerate(self.segments):
            if number > 0:
                hidden = self.stitching_layers[number - 1](hidden)
            for block in blocks.children():
                hidden = block(hidden)
        logits = self.classifier(self._pool(self.norm(hidden)))
        loss = None if labels is None else F.cross_entropy(logits, labels)
        return ImageClassifierOutput(loss=loss, logits=logits)

    def _pool(self, normed: torch.Tensor) -> torch.Tensor:
        mean = normed[:, self.config.special_tokens :].mean(dim=1)
        pooled = {"class-token": [normed[:, 0]], "mean": [mean]}.get(self.config.pooling)
        return torch.cat([normed[:, 0], mean] if pooled is None else pooled, dim=1)
