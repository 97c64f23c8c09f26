"""LLaMA-like decoders (arXiv 2302.13971) over `transformers`' causal language models: LLaMA, SmolLM, Mistral,
Qwen2 and 2.5, Qwen3. One adapter serves them, for their blocks differ inside only.

The head is the model's own, also for a task: a language model's head is what it was pre-trained for, and it
is by far the largest linear of a small model. Rotary embeddings and the mask are made once for each segment
of a route, by the anchor whose blocks they act in, since anchors may differ in both.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .text import TextAnchor

if TYPE_CHECKING:
    from .cache import SegmentCache

_ATTENTION = {
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "output": "self_attn.o_proj",
}
#: What a LLaMA's configuration says of its shape and its tokens.
_LLAMA_SETTINGS = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "hidden_act", "max_position_embeddings", "rms_norm_eps",
    "rope_parameters", "tie_word_embeddings", "pad_token_id", "bos_token_id", "eos_token_id",
"initializer_range", "dtype", )  # fmt: skip
_FULL, _SLIDING = "full_attention", "sliding_attention"


class LlamaAnchor(TextAnchor):
    """Inputs: `input_ids` (B, N), `attention_mask` (B, past + N) where there is padding, `position_ids`
    (B, N) where they are not those of the tokens as they stand.
    """

    keeps_own_head = True

    @property
    def body(self) -> Any:
        """LlamaModel, Qwen2Model, ..."""
        return self.model.model

    @property
    def blocks(self) -> nn.ModuleList:
        blocks: nn.ModuleList = self.body.layers
        return blocks

    def embed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        hidden: Tensor = self.body.embed_tokens(inputs["input_ids"])
        return hidden

    def make_context(
        self, inputs: Mapping[str, Tensor], hidden: Tensor, cache: SegmentCache | None = None
    ) -> dict[str, Any]:
        """Masks by layer type, positions and their rotary embeddings, as the model's own `forward` makes
        them.
        """
        from transformers.masking_utils import create_causal_mask, create_sliding_window_causal_mask

        positions = inputs.get("position_ids")
        if positions is None:
            past = 0 if cache is None else cache.get_seq_length()
            positions = torch.arange(past, past + hidden.shape[1], device=hidden.device)[None]
        arguments: dict[str, Any] = {
            "config": self.config,
            "inputs_embeds": hidden,
            "attention_mask": inputs.get("attention_mask"),
            "past_key_values": cache,
            "position_ids": positions,
        }
        makers: dict[str, Any] = {_FULL: create_causal_mask, _SLIDING: create_sliding_window_causal_mask}
        return {
            "masks": {kind: makers[kind](**arguments) for kind in sorted(set(self.layer_types()))},
            "position_ids": positions,
            "position_embeddings": self.body.rotary_emb(hidden, position_ids=positions),
            "past_key_values": cache,
        }

    def block_arguments(self, index: int, context: Any) -> dict[str, Any]:
        return {
            "attention_mask": context["masks"][self.layer_types()[index]],
            "position_ids": context["position_ids"],
            "position_embeddings": context["position_embeddings"],
            "past_key_values": context["past_key_values"],
            "use_cache": context["past_key_values"] is not None,
        }

    def make_cache(self, start: int) -> SegmentCache:
        from .cache import SegmentCache

        return SegmentCache(start)

    def features(self, hidden: Tensor, inputs: Mapping[str, Tensor] | None = None) -> Tensor:
        """The normed tokens, (B, N, D): every one of them predicts the next."""
        normed: Tensor = self.body.norm(hidden)
        return normed

    def attention_linears(self, index: int) -> dict[str, str]:
        return _ATTENTION

    def mlp_linears(self, index: int) -> tuple[str, ...]:
        return ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")

    def own_head(self) -> nn.Linear:
        """(D -> the vocabulary); its weight may be the embedding's."""
        head: nn.Linear = self.model.lm_head
        return head

    def put_head(self, head: nn.Module) -> None:
        """It is there already."""

    def plain_config(self, biased: Set[str]) -> Any | None:
        """Biases that an architecture has no switch for are put into LLaMA's own class, which has them all;
        it knows neither norms on queries and keys nor windows, so that these keep the code of a stitch.
        """
        config = copy.deepcopy(self.config)
        config.dtype = "float32"
        attention, mlp = biased & set(_ATTENTION.values()), biased & set(self.mlp_linears(0))
        kind, windows = config.model_type, _SLIDING in self.layer_types()
        if kind == "qwen2" and "self_attn.o_proj" not in attention:
            attention = set()  # those that it has anyway
        if kind in ("llama", "qwen3"):
            config.attention_bias = bool(attention) or config.attention_bias
            if kind == "llama":
                config.mlp_bias = bool(mlp) or config.mlp_bias
            return None if kind == "qwen3" and mlp else config
        if not attention and not mlp:
            return config
        return None if windows else _as_llama(config, bool(attention), bool(mlp))

    def final_modules(self) -> tuple[nn.Module, ...]:
        return (self.body.norm,)

    def embedding_modules(self) -> tuple[nn.Module, ...]:
        return (self.body.embed_tokens,)

    def layer_types(self) -> list[str]:
        """What each block attends to; Mistral has one window for all of them."""
        types = getattr(self.config, "layer_types", None)
        if types is not None:
            return list(types)
        # LLaMA's configuration may carry the key, but its blocks know no window.
        window = self.config.model_type == "mistral" and self.config.sliding_window is not None
        return [_SLIDING if window else _FULL] * self.depth


def _as_llama(config: Any, attention_bias: bool, mlp_bias: bool) -> Any:
    """The configuration of the same network as LlamaForCausalLM."""
    from transformers import LlamaConfig

    same = {
        name: getattr(config, name) for name in _LLAMA_SETTINGS if getattr(config, name, None) is not None
    }
    return LlamaConfig(**same, attention_bias=attention_bias, mlp_bias=mlp_bias)
