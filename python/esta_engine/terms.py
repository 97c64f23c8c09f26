"""Words of the configuration that several parts act on. TypeScript has its own of each, and the contract in
`tests/contract/terms.json` holds the two together.
"""

from __future__ import annotations

#: Kinds of families, and the tasks that their networks can do.
TASKS: dict[str, tuple[str, ...]] = {
    "vit": ("image-classification",),
    "dinov2": ("image-classification",),
    "bert": ("text-classification",),
    "llama": ("instruction-tuning",),
}

#: Kinds that read text, and so have a tokenizer.
TEXT_KINDS = tuple(kind for kind, tasks in TASKS.items() if "image-classification" not in tasks)

#: Methods that tune stitches one by one, sharing nothing between them.
ALONE_METHODS = ("lora", "full", "linear-probe")

#: Methods that tune the anchors' weights.
TUNING_METHODS = ("snnet", "snnetv2", "full")

#: Methods without `importance` of their own are scored by what costs nothing.
DEFAULT_SCORING = {"score": "training-loss", "momentum": 0.9}

#: Metrics of which less is better; of all others it is more.
LESS_IS_BETTER = ("loss", "perplexity")
