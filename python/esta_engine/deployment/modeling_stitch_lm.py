"""A causal language model whose width changes midway: blocks of one decoder, a linear, blocks of another.

Written by estakit, for `transformers` with `trust_remote_code=True`; it needs torch and transformers only.
Low-rank updates and biases of the stitch's own are merged into the weights. `generate` works, with a cache or
without.
"""

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from transformers import (
    AutoConfig,
    AutoModel,
    DynamicCache,
    GenerationMixin,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.masking_utils import create_causal_mask, create_sliding_window_causal_mask
from transformers.modeling_outputs import CausalLMOutputWithPast

MASKS = {"full_attention": create_causal_mask, "sliding_attention": create_sliding_window_causal_mask}


class StitchLMConfig(PretrainedConfig):
    """`segments`: for each anchor on the route, in order, the configuration of a model of those blocks alone;
    `attention`: what each block of each segment attends to; `biased`: whether all linears have a bias.
    """

    model_type = "estakit_stitch_lm"

    def __init__(
        self,
        vocab_size: int = 32000,
        segments: list[dict[str, Any]] | None = None,
        attention: list[list[str]] | None = None,
        biased: list[bool] | None = None,
        **kwargs: Any,
    ) -> None:
        self.vocab_size = vocab_size
        self.segments = segments or []
        self.attention = attention or []
        self.biased = biased or []
        self.num_hidden_layers = sum(len(kinds) for kinds in self.attention)
        self.hidden_size = self.segments[-1]["hidden_size"] if self.segments else 0
        self.num_attention_heads = self.segments[-1]["num_attention_heads"] if self.segments else 0
        super().__init__(**kwargs)


def make_segment(config: StitchLMConfig, index: int) -> nn.Module:
    """Decoder `index` of the route without its head, less what only the first and the last one need."""
    settings, biased = dict(config.segments[index]), config.biased[index]
    first_layer = sum(len(kinds) for kinds in config.attention[:index])
    own = AutoConfig.for_model(settings.pop("model_type"), **settings)
    segment: Any = AutoModel.from_config(own, attn_implementation="sdpa")
    if index > 0:
        segment.embed_tokens = None
    if index < len(config.segments) - 1:
        segment.norm = None
    for number, layer in enumerate(segment.layers):
        layer.self_attn.layer_idx = first_layer + number  # its place in the cache
        for module in layer.modules():
            if biased and isinstance(module, nn.Linear) and module.bias is None:
                module.bias = nn.Parameter(torch.zeros(module.out_features))
    return segment


class StitchForCausalLM(PreTrainedModel, GenerationMixin):
    config_class = StitchLMConfig
    main_input_name = "input_ids"
    _supports_sdpa = True

    def __init__(self, config: StitchLMConfig) -> None:
        super().__init__(config)
        # Any: what a module list gives back has no attributes for the type checker.
        self.segments: Any = nn.ModuleList(make_segment(config, i) for i in range(len(config.segments)))
        self.stitching_layers = nn.ModuleList(
            nn.Linear(front["hidden_size"], end["hidden_size"]) for front, end in pairwise(config.segments)
        )
        self.lm_head = nn.Linear(config.segments[-1]["hidden_size"], config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        embeddings: nn.Module = self.segments[0].embed_tokens
        return embeddings

    def get_output_embeddings(self) -> nn.Module:
        return self.lm_head

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Any = None,
        use_cache: bool | None = None,
        labels: torch.Tensor | None = None,
        logits_to_keep: int = 0,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """`input_ids` (B, N) -> logits (B, N, vocabulary), of the last `logits_to_keep` tokens where
        given.
        """
        hidden = self.get_input_embeddings()(input_ids)
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache()
        if position_ids is None:
            past = 0 if past_key_values is None else past_key_values.get_seq_length()
            position_ids = torch.arange(past, past + hidden.shape[1], device=hidden.device)[None]
        # Before the blocks, which make the cache longer.
        arguments = {
            "inputs_embeds": hidden,
            "attention_mask": attention_mask,
            "past_key_values": past_key_values,
            "position_ids": position_ids,
        }
        masks = [
            {kind: MASKS[kind](config=segment.config, **arguments) for kind in set(kinds)}
            for segment, kinds in zip(self.segments, self.config.attention, strict=True)
        ]
        for number, segment in enumerate(self.segments):
            if number > 0:
                hidden = self.stitching_layers[number - 1](hidden)
            rotary = segment.rotary_emb(hidden, position_ids=position_ids)
            for kind, layer in zip(self.config.attention[number], segment.layers, strict=True):
                hidden = layer(
                    hidden,
                    attention_mask=masks[number][kind],
                    position_ids=position_ids,
                    position_embeddings=rotary,
                    past_key_values=past_key_values,
                    use_cache=bool(use_cache),
                )
        logits = self.lm_head(self.segments[-1].norm(hidden[:, -logits_to_keep:]))
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten())
        return CausalLMOutputWithPast(loss=loss, logits=logits, past_key_values=past_key_values)
