"""Pico decoders as GGUF files, as llama.cpp's converter writes them; float32, so that nothing is rounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pico_text import VOCABULARY

_MERGES = ["Ġ t", "h e", "Ġt he"]
#: A byte-level vocabulary of 41 tokens: three special ones, letters, a space, merges, unused ones.
TOKENS = ["<pad>", "<s>", "</s>", *"abcdefghijklmnopqrstuvwxyz", "Ġ", "Ġt", "he", "Ġthe"]
TOKENS += [f"[PAD{number}]" for number in range(len(TOKENS), VOCABULARY)]
_NORMAL, _CONTROL, _UNUSED = 1, 3, 5


def write_gguf(model: Any, file: Path, *, more: dict[str, np.ndarray] | None = None, **metadata: Any) -> Path:
    """`model`: a decoder of pico_text's; `more`: further tensors; `metadata`: further keys with __ for a dot,
    strings or whole numbers.
    """
    from gguf import GGUFWriter

    config = model.config
    writer = GGUFWriter(file, config.model_type)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if config.model_type == "llama":
        writer.add_rope_dimension_count(config.head_dim)
    if config.model_type == "qwen3":
        writer.add_key_length(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    _add_tokenizer(writer)
    for key, value in metadata.items():
        add = writer.add_string if isinstance(value, str) else writer.add_uint32
        add(key.replace("__", "."), value)
    for name, tensor in model.state_dict().items():
        array = _permuted(config, name, tensor.detach().float().numpy())
        writer.add_tensor(_gguf_name(name), np.ascontiguousarray(array))
    for name, array in (more or {}).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _add_tokenizer(writer: Any) -> None:
    kinds = [_CONTROL if token.startswith("<") else _NORMAL for token in TOKENS]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types(
        [_UNUSED if token.startswith("[") else kind for token, kind in zip(TOKENS, kinds, strict=True)]
    )
    writer.add_token_merges(_MERGES)
    writer.add_pad_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{% for m in messages %}{{ m['content'] }}</s>{% endfor %}")


_NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}  # fmt: skip
_OUTER = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def _gguf_name(name: str) -> str:
    stem, _, leaf = name.rpartition(".")
    if stem in _OUTER:
        return f"{_OUTER[stem]}.{leaf}"
    _, _, index, inner = stem.split(".", 3)
    return f"blk.{index}.{_NAMES[inner]}.{leaf}"


def _permuted(config: Any, name: str, array: np.ndarray) -> np.ndarray:
    """llama.cpp rotates neighbours, so that its converter reorders the rows of queries and keys."""
    if config.model_type != "llama" or ("q_proj" not in name and "k_proj" not in name):
        return array
    heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
    rows = array.reshape(heads, 2, array.shape[0] // heads // 2, *array.shape[1:])
    return rows.swapaxes(1, 2).reshape(array.shape)
