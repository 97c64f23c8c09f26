"""A finished run of pico decoders to talk with; `python chat_run.py PLACE` makes one (tests/ts/sdk)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2] / "python"))

from esta_engine.adaptation.methods import make_network
from esta_engine.anchors.load import load_anchors
from esta_engine.deployment.palette import Choice, make_palette, write_palette
from esta_engine.nn.tensors import adapter_tensors
from esta_engine.plan import make_plan
from pico import perturb
from pico_text import raw_text_plan, save_text_anchors

WORDS = ["<pad>", "<s>", "</s>", "<unk>", *(f"w{number}" for number in range(4, 41))]


def save_tokenizer(folder: Path, template: str | None = None) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>")
    tokenizer = Tokenizer(words)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    fast.chat_template = template
    fast.save_pretrained(folder)


def make_chat_run(place: Path) -> Path:
    """The folder of a finished run, as much of it as chatting reads."""
    folders = save_text_anchors(place / "anchors")
    for folder in folders:
        save_tokenizer(folder)
    raw = raw_text_plan(folders, method={"stitch_bias": {"sites": "all"}})
    plan = make_plan(raw)
    anchors = load_anchors(plan)
    network = make_network(plan, anchors)
    kept = [0, 1, 4]
    perturb(network, kept)
    (place / "run").mkdir()
    (place / "run" / "plan.json").write_text(json.dumps(raw))
    plan.config["task"] = {"type": "instruction-tuning", "metric": "perplexity"}
    count = len(plan.stitches)
    palette = make_palette(plan, anchors, [], Choice(kept, "snip", [None] * count, [0] * count), {})
    write_palette(place / "run" / "palette", palette, adapter_tensors(network, kept))
    return place / "run"


if __name__ == "__main__":
    sys.stdout.write(f"{make_chat_run(Path(sys.argv[1]))}\n")
