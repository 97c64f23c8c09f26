"""Pico language models and plans over them: random weights, real files, a vocabulary of 41 tokens.

folders = save_text_anchors(tmp_path, "llama", widths=(16, 32))
plan = make_text_plan(folders)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from esta_engine.plan import Plan, make_plan
from esta_engine.seeding import generator
from pico import CLASSES, PicoBatch, merged, randomised, raw_pico_plan
from pico_plan import paired, plan_anchor, plan_intervals, plan_stitches
from torch import Tensor

VOCABULARY, POSITIONS, PAD = 41, 64, 0
TOKENIZER = {"model": {"type": "WordLevel", "vocab": {f"w{i}": i for i in range(VOCABULARY)}}}


def text_model(kind: str, width: int, depth: int, *, seed: int = 0, **config: Any) -> Any:
    """A causal language model (llama, mistral, qwen2, qwen3) or a classifier (bert, roberta)."""
    import transformers

    shapes = {
        "hidden_size": width, "num_hidden_layers": depth, "num_attention_heads": 4,
        "intermediate_size": 2 * width, "vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS,
        "pad_token_id": PAD,
    }  # fmt: skip
    decoder = {"num_key_value_heads": 2, "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": False}
    own: dict[str, dict[str, Any]] = {
        "llama": decoder, "mistral": {**decoder, "head_dim": width // 4}, "qwen2": decoder,
        "qwen3": {**decoder, "head_dim": 8}, "bert": {"num_labels": CLASSES},
        "roberta": {"num_labels": CLASSES, "type_vocab_size": 1},
    }  # fmt: skip
    names = {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3", "bert": "Bert",
             "roberta": "Roberta"}  # fmt: skip
    head = "ForCausalLM" if kind in ("llama", "mistral", "qwen2", "qwen3") else "ForSequenceClassification"
    settings = getattr(transformers, f"{names[kind]}Config")(**{**shapes, **own[kind], **config})
    return randomised(getattr(transformers, f"{names[kind]}{head}")(settings), seed)


def save_text_anchors(
    folder: Path, kind: str = "llama", widths: tuple[int, ...] = (16, 32), depth: int = 3, **config: Any
) -> list[Path]:
    """One pico model folder a width."""
    folders = []
    for number, width in enumerate(widths):
        folders.append(folder / f"{kind}-{width}")
        text_model(kind, width, depth, seed=number, **config).save_pretrained(folders[-1])
    return folders


def make_text_plan(folders: list[Path], **options: Any) -> Plan:
    """A checked plan; options are those of `raw_text_plan`."""
    return make_plan(raw_text_plan(folders, **options))


def raw_text_plan(
    folders: list[Path],
    *,
    method: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    input_: dict[str, Any] | None = None,
    task: dict[str, Any] | None = None,
    classes: int = CLASSES,
) -> dict[str, Any]:
    """As `raw_pico_plan`'s, over language models; `input_` is put over the family's."""
    import json
    from tempfile import TemporaryDirectory

    from pico import save_anchors

    configs = [json.loads((folder / "config.json").read_text()) for folder in folders]
    decoder = "ForCausalLM" in configs[0]["architectures"][0]
    with TemporaryDirectory() as place:  # sections that do not depend on the family
        plan = raw_pico_plan(save_anchors(Path(place), depth=2), method, training, classes, task, 3)
    anchors = [plan_anchor(number, folder, configs[number]) for number, folder in enumerate(folders)]
    layers, routes = paired(anchors)
    stitches = plan_stitches(anchors, routes)
    vocabulary = configs[0]["vocab_size"]
    shared = {"vocabulary_size": vocabulary, "max_positions": POSITIONS, "sequence_length": 16}
    if not decoder:
        shared |= {"type_vocabulary_size": configs[0]["type_vocab_size"], "pooler": True}
    return {
        **plan,
        "config": merged(plan["config"], {"family": [str(folder) for folder in folders]}),
        "family": {
            "name": "pico", "kind": "llama" if decoder else "bert", "tokens": 16,
            "input": merged(shared, input_ or {}), "classes": vocabulary if decoder else classes,
        },
        "anchors": anchors,
        "stitching_layers": layers,
        "stitches": stitches,
        "intervals": plan_intervals(stitches, 3),
        "totals": {**plan["totals"], "stitches": len(stitches), "stitching_layers": len(layers),
                   "anchors": len(anchors)},
    }  # fmt: skip


def texts(count: int = 4, length: int = 9, *, padding: str = "right", seed: int = 0) -> dict[str, Tensor]:
    """Random tokens; row i has i tokens of padding at `padding`'s side ("none": none)."""
    ids = torch.randint(5, VOCABULARY, (count, length), generator=generator(seed, "texts"))
    mask = torch.ones(count, length, dtype=torch.int64)
    for row in range(count if padding != "none" else 0):
        mask[row, slice(length - row, None) if padding == "right" else slice(row)] = 0
    return {"input_ids": ids.masked_fill(mask == 0, PAD), "attention_mask": mask}


def text_network(folders: list[Path], **options: Any) -> tuple[Plan, Any]:
    """(plan, network) over saved pico language models."""
    from esta_engine.adaptation.methods import make_network
    from esta_engine.anchors.load import load_anchors

    plan = make_text_plan(folders, **options)
    return plan, make_network(plan, load_anchors(plan))


class CountingData:
    """A learnable task without files: each token is the one before plus a step that the first tells.

    Decoders get labels for the second half of each text; encoders the step as the class.
    """

    train_size = 40

    def __init__(self, *, decoder: bool, batch_size: int = 8, length: int = 12) -> None:
        self.decoder, self.batch_size, self.length = decoder, batch_size, length

    def train_batch(self, step: int, part: int) -> PicoBatch:
        return self._batch(self.batch_size, generator(0, "counting", step, part))

    def initialisation_batches(self, samples: int) -> list[PicoBatch]:
        return [self._batch(8, generator(1, "counting", number)) for number in range(-(-samples // 8))]

    def _batch(self, size: int, rng: torch.Generator) -> PicoBatch:
        steps = torch.randint(CLASSES, (size, 1), generator=rng)
        starts = torch.randint(30, (size, 1), generator=rng)
        ids = (starts + (steps + 1) * torch.arange(self.length)) % (VOCABULARY - 10) + 10
        ids[:, 0] = 5 + steps[:, 0]
        mask = torch.ones_like(ids)
        mask[0, -3:] = 0
        ids = ids.masked_fill(mask == 0, PAD)
        inputs = {"input_ids": ids, "attention_mask": mask}
        if not self.decoder:
            return PicoBatch(inputs, steps[:, 0])
        labels = ids.masked_fill(mask == 0, -100)
        labels[:, : self.length // 2] = -100
        return PicoBatch(inputs, labels)
