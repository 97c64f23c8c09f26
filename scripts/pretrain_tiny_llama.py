"""Pre-train `tiny-llama`: LLaMA-like decoders 32, 64 and 128 wide, on WordNet's words and definitions.

    python scripts/pretrain_tiny_llama.py      # tokenizer and three anchors -> models/tiny-llama
    python scripts/measure_tiny_llama.py       # measure them -> models/tiny-llama/metrics.json

Anchors to stitch read the same tokens and should agree in all but width: 4 blocks, heads of 16 channels,
one tokenizer of 1,024 tokens, few enough that tied embeddings stay small beside the blocks. The
same text, in the same order, for as many steps: what one anchor knows more than another, it owes to its size.

Same script, same machine, same library versions: same bytes. One thread, because the number of threads
changes the order of sums. Text: `pretrain_tiny_llama_data.py`, from Debian's `wordnet-base`.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pretrain_tiny_llama_data as data
import torch
from pretraining import make_parser, run, save
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM
from wordnet_database import WordNetError, find_folder, read_all

WIDTHS = {"tiny-llama-s": 32, "tiny-llama-m": 64, "tiny-llama-l": 128}
DEPTH, HEAD_DIM, LENGTH = 4, 16, 256
MLP_MULTIPLE = 2.75  # about 8/3, LLaMA's, so that a gated MLP has the parameters of a plain one 4 x as wide
LOG_EVERY = 100


@dataclass(frozen=True)
class Recipe:
    """Pre-training, the same for every anchor."""

    steps: int = 3000
    batch_size: int = 8  # rows of 256 tokens
    matrix_lr: float = 0.04
    other_lr: float = 0.01
    weight_decay: float = 0.1
    grad_clip: float = 1.0
    warmup_steps: int = 50
    init_std: float = 0.06
    synsets: int | None = None


QUICK = Recipe(steps=8, batch_size=2, synsets=400)


def make_model(width: int, recipe: Recipe, vocabulary: int) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=round(MLP_MULTIPLE * width),
        num_hidden_layers=DEPTH,
        num_attention_heads=width // HEAD_DIM,
        num_key_value_heads=width // HEAD_DIM,
        max_position_embeddings=LENGTH,
        tie_word_embeddings=True,
        initializer_range=recipe.init_std,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    return LlamaForCausalLM(config)


def make_optimizers(model: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon (https://kellerjordan.github.io/posts/muon) for the blocks' matrices, AdamW for embeddings and
    norms.
    """
    named = list(model.named_parameters())
    matrices = [p for name, p in named if p.ndim == 2 and "embed_tokens" not in name]
    others = [p for name, p in named if p.ndim < 2 or "embed_tokens" in name]
    muon = torch.optim.Muon(
        matrices, lr=recipe.matrix_lr, weight_decay=recipe.weight_decay, adjust_lr_fn="original"
    )
    adam = torch.optim.AdamW(others, lr=recipe.other_lr, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    return [muon, adam]


def make_schedule(optimizer: torch.optim.Optimizer, recipe: Recipe) -> torch.optim.lr_scheduler.LambdaLR:
    """Linear warm-up, then linearly to zero."""

    def share(step: int) -> float:
        left = max(1, recipe.steps - recipe.warmup_steps)
        return max(0.0, min(1.0, (step + 1) / recipe.warmup_steps, (recipe.steps - step) / left))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, share)


def pretrain(name: str, rows: Tensor, recipe: Recipe, vocabulary: int, seed: int) -> LlamaForCausalLM:
    """Rows (R, 256) in the order they have, from the first again after the last."""
    torch.manual_seed(seed)
    model = make_model(WIDTHS[name], recipe, vocabulary).train()
    optimizers = make_optimizers(model, recipe)
    schedules = [make_schedule(optimizer, recipe) for optimizer in optimizers]
    start, losses = time.perf_counter(), list[float]()
    for step in range(recipe.steps):
        index = torch.arange(step * recipe.batch_size, (step + 1) * recipe.batch_size) % len(rows)
        loss = model(input_ids=rows[index], labels=rows[index]).loss
        model.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.grad_clip)
        for each in (*optimizers, *schedules):
            each.step()
        losses.append(loss.item())
        if (step + 1) % LOG_EVERY == 0 or step + 1 == recipe.steps:
            recent = losses[-LOG_EVERY:]
            mean, seconds = math.fsum(recent) / len(recent), time.perf_counter() - start
            print(f"{name} step {step + 1}/{recipe.steps} loss {mean:.4f} {seconds:.0f} s", flush=True)
    return model


def train(args: argparse.Namespace, recipe: Recipe) -> None:
    synsets = read_all(find_folder(args.wordnet))[: recipe.synsets]
    documents = data.make_documents(synsets, held_out=False)
    tokenizer = data.make_tokenizer(documents)
    rows = data.make_rows(tokenizer, documents, LENGTH, torch.Generator().manual_seed(args.seed))
    print(f"{len(documents)} documents, {rows.numel()} tokens", flush=True)
    for name in args.anchor:
        model = pretrain(name, rows, recipe, tokenizer.get_vocab_size(), args.seed)
        save(args.out / name, model, data.wrap_tokenizer(tokenizer, LENGTH))


def parse_args() -> argparse.Namespace:
    parser = make_parser("tiny-llama", WIDTHS, "8 steps on 400 synsets")
    parser.add_argument("--wordnet", type=Path, help="WordNet's data files; found by itself if installed")
    parser.add_argument("--steps", type=int, help="instead of the recipe's number")
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    recipe = QUICK if args.quick else Recipe()
    if args.steps is not None:
        recipe = replace(recipe, steps=args.steps)
    return run(lambda: train(args, recipe), WordNetError)


if __name__ == "__main__":
    sys.exit(main())
