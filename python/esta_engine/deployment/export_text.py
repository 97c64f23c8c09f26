"""Exporting a stitch of language models: the library's own blocks, in a model whose code goes with it.

`modeling_stitch_lm.py` for decoders, `modeling_stitch_encoder.py` for classifiers. What holds one hidden size
only, such as GGUF files, vLLM and LlamaForCausalLM itself, cannot hold a stitch of two widths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..anchors.base import Anchor
from ..anchors.llama import LlamaAnchor
from ..anchors.tokenizers import has_tokenizer
from ..nn.frozen import widened
from ..nn.network import StitchedNetwork
from ..plan import Plan, Segment
from ..seeding import generator
from .labels import label_tables
from .merge import Linear, merged_linears, merged_stitching_layers

#: Tokenizer and how to generate, as model folders have them.
COPIED = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt",
    "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "generation_config.json",
)  # fmt: skip
#: Whether a model's folder says how its inputs are made.
has_input_files = has_tokenizer
_TOKENS = 24
#: Of a configuration: what belongs to a whole model, a file or a machine.
_LEFT_OUT = (
    "_name_or_path", "architectures", "auto_map", "id2label", "label2id", "transformers_version", "dtype",
    "torch_dtype", "tie_word_embeddings", "problem_type",
)  # fmt: skip


def auto_class(plan: Plan) -> str:
    """The class of `transformers` that reads what is exported."""
    return "AutoModelForCausalLM" if _decodes(plan) else "AutoModelForSequenceClassification"


def stitch_class(plan: Plan) -> Any:
    """The class of a stitch's model: this package's own, which the exported folder's code is a copy of."""
    if _decodes(plan):
        from .modeling_stitch_lm import StitchForCausalLM

        return StitchForCausalLM
    from .modeling_stitch_encoder import StitchForSequenceClassification

    return StitchForSequenceClassification


def sample_inputs(plan: Plan, examples: int) -> dict[str, Tensor]:
    """Random texts, each longer by a token than the one before, padded at the right."""
    shared, rng = plan.family.input, generator(0, "export")
    length = min(_TOKENS, int(shared.get("sequence_length", _TOKENS)))
    ids = torch.randint(int(shared["vocabulary_size"]), (examples, length), generator=rng)
    lengths = torch.arange(length - examples + 1, length + 1).clamp(min=1)[:, None]
    return {"input_ids": ids, "attention_mask": (torch.arange(length)[None] < lengths).long()}


def stitch_settings(
    plan: Plan, network: StitchedNetwork, stitch: int, classes: Sequence[str]
) -> dict[str, Any]:
    """What the configuration of the stitch's model is made from."""
    return (_decoder_settings if _decodes(plan) else _encoder_settings)(network, stitch, classes)


@torch.no_grad()
def stitch_tensors(plan: Plan, network: StitchedNetwork, stitch: int) -> dict[str, Tensor]:
    """State of the stitch's model."""
    route = network.stitches[stitch].route
    first, last = network.anchor(route[0].anchor), network.anchor(route[-1].anchor)
    decodes = _decodes(plan)
    embedding, blocks_name = ("embed_tokens", "layers") if decodes else ("embeddings", "encoder.layer")
    tensors = _state(f"segments.0.{embedding}", first.embedding_modules()[0])
    all_biased = _biased_segments(network, stitch)
    for position, blocks in enumerate(merged_linears(network, stitch)):
        part, biased = route[position], all_biased[position]
        for number, linears in enumerate(blocks):
            block = network.anchor(part.anchor).blocks[part.start + number]
            state = _block_state(block, linears, biased)
            tensors |= {f"segments.{position}.{blocks_name}.{number}.{key}": t for key, t in state.items()}
    for number, layer in enumerate(merged_stitching_layers(network, stitch)):
        tensors |= _linear_state(f"stitching_layers.{number}", layer, True)
    if decodes:
        tensors |= _state(f"segments.{len(route) - 1}.norm", last.final_modules()[0])
    elif last.final_modules():
        tensors |= _state("pooler", last.final_modules()[0])
    tensors |= _state("lm_head" if decodes else "classifier", network.head_of(stitch))
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _block_state(block: Any, linears: dict[str, Linear], biased: bool) -> dict[str, Tensor]:
    """The block's own tensors, its linears replaced by the merged ones."""
    kept = {
        key: tensor for key, tensor in block.state_dict().items() if key.rpartition(".")[0] not in linears
    }
    state = {key: tensor for key, tensor in kept.items() if not key.endswith((".lora_a", ".lora_b"))}
    for name, linear in linears.items():
        state |= _linear_state(name, linear, biased)
    return state


def _linear_state(name: str, linear: Linear, biased: bool) -> dict[str, Tensor]:
    """Without a bias unless there is one; zero where it is wanted and there is none."""
    bias = linear.bias
    if bias is None and biased:
        bias = linear.weight.new_zeros(len(linear.weight))
    return {f"{name}.weight": linear.weight} | ({} if bias is None else {f"{name}.bias": bias})


def _state(name: str, module: Any) -> dict[str, Tensor]:
    return {f"{name}.{key}": widened(tensor) for key, tensor in module.state_dict().items()}


def _biased_segments(network: StitchedNetwork, stitch: int) -> list[bool]:
    """Whether every linear of a segment gets a bias: the stitch has biases of its own there."""
    own = network.biases.effective(stitch).blocks
    return [all(own[position]) for position in range(len(network.stitches[stitch].route))]


def _decoder_settings(network: StitchedNetwork, stitch: int, classes: Sequence[str]) -> dict[str, Any]:
    route = network.stitches[stitch].route
    config = network.anchor(route[-1].anchor).config
    tokens = ("bos_token_id", "eos_token_id", "pad_token_id")
    attention = []
    for part in route:
        anchor = network.anchor(part.anchor)
        assert isinstance(anchor, LlamaAnchor)
        attention.append(anchor.layer_types()[part.start : part.end])
    return {
        "vocab_size": int(config.vocab_size),
        "segments": [_segment_settings(network.anchor(part.anchor), part) for part in route],
        "attention": attention,
        "biased": _biased_segments(network, stitch),
        "tie_word_embeddings": False,
        "max_position_embeddings": min(
            int(network.anchor(part.anchor).config.max_position_embeddings) for part in route
        ),
        **{name: getattr(config, name) for name in tokens if getattr(config, name, None) is not None},
    }


def _encoder_settings(network: StitchedNetwork, stitch: int, classes: Sequence[str]) -> dict[str, Any]:
    route = network.stitches[stitch].route
    id2label, label2id = label_tables(classes)
    last: Any = network.anchor(route[-1].anchor)
    return {
        "segments": [_segment_settings(network.anchor(part.anchor), part) for part in route],
        "pooling": last.pooling,
        "id2label": id2label,
        "label2id": label2id,
    }


def _segment_settings(anchor: Anchor, part: Segment) -> dict[str, Any]:
    """The configuration of a model that has the segment's blocks only."""
    settings: dict[str, Any] = anchor.config.to_diff_dict()
    settings = {name: value for name, value in settings.items() if name not in _LEFT_OUT}
    for name in ("hidden_size", "num_attention_heads", "model_type"):
        settings[name] = getattr(anchor.config, name)
    settings["num_hidden_layers"] = part.end - part.start
    if settings.get("layer_types") is not None:
        settings["layer_types"] = settings["layer_types"][part.start : part.end]
    return settings


def _decodes(plan: Plan) -> bool:
    return plan.family.kind == "llama"
