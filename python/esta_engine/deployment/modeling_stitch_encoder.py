"""A text classifier whose width changes midway: blocks of one encoder, a linear, blocks of another.

Written by estakit, for `transformers` with `trust_remote_code=True`; it needs torch and transformers only.
Low-rank updates and biases of the stitch's own are merged into the weights.
"""

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.masking_utils import create_bidirectional_mask
from transformers.modeling_outputs import SequenceClassifierOutput


class StitchEncoderConfig(PretrainedConfig):
    """`segments`: for each anchor on the route, in order, the configuration of a model of those blocks alone;
    `pooling`: pooler (class token, linear, tanh), class-token, or mean (of all tokens but padding).
    """

    model_type = "estakit_stitch_encoder"

    def __init__(
        self, segments: list[dict[str, Any]] | None = None, pooling: str = "pooler", **kwargs: Any
    ) -> None:
        self.segments = segments or []
        self.pooling = pooling
        super().__init__(**kwargs)


def make_segment(settings: dict[str, Any], is_first: bool) -> nn.Module:
    """An encoder without its pooler, and without embeddings unless it is the first."""
    settings = dict(settings)
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    segment: Any = AutoModel.from_config(config, add_pooling_layer=False, attn_implementation="sdpa")
    if not is_first:
        segment.embeddings = None
    return segment


class StitchForSequenceClassification(PreTrainedModel):
    config_class = StitchEncoderConfig
    main_input_name = "input_ids"
    _supports_sdpa = True

    def __init__(self, config: StitchEncoderConfig) -> None:
        super().__init__(config)
        width = config.segments[-1]["hidden_size"]
        # Any: what a module list gives back has no attributes for the type checker.
        self.segments: Any = nn.ModuleList(
            make_segment(settings, i == 0) for i, settings in enumerate(config.segments)
        )
        self.stitching_layers: Any = nn.ModuleList(
            nn.Linear(front["hidden_size"], end["hidden_size"]) for front, end in pairwise(config.segments)
        )
        self.pooler = nn.Linear(width, width) if config.pooling == "pooler" else None
        self.classifier = nn.Linear(width, int(config.num_labels or 0))
        self.post_init()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> SequenceClassifierOutput:
        """`input_ids` (B, N) -> logits (B, classes)."""
        hidden = self.segments[0].embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
        for number, segment in enumerate(self.segments):
            if number > 0:
                hidden = self.stitching_layers[number - 1](hidden)
            mask = create_bidirectional_mask(
                config=segment.config, inputs_embeds=hidden, attention_mask=attention_mask
            )
            for layer in segment.encoder.layer:
                hidden = layer(hidden, attention_mask=mask)
        logits = self.classifier(self._pool(hidden, attention_mask))
        loss = None if labels is None else F.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)

    def _pool(self, hidden: torch.Tensor, attention_mask: torch.Tensor | None) -> torch.Tensor:
        if self.config.pooling != "mean":
            return hidden[:, 0] if self.pooler is None else torch.tanh(self.pooler(hidden[:, 0]))
        if attention_mask is None:
            return hidden.mean(dim=1)
        kept = attention_mask.to(hidden.dtype)[:, :, None]
        return (hidden * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)
