"""The palette's model card, in Markdown with the front matter that model hubs read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..terms import LESS_IS_BETTER
from .labels import pipeline_tag

_TOGETHER = {
    "esta": "ESTA (Efficient Stitchable Task Adaptation, arXiv 2311.17352), after the published ideas",
    "snnet": "SN-Net (arXiv 2302.06586)",
    "snnetv2": "SN-Netv2 (arXiv 2307.00154)",
}
#: Methods that tune stitches one by one.
_ALONE = {
    "lora": "LoRA (arXiv 2106.09685)",
    "full": "full tuning of every weight",
    "linear-probe": "a linear probe of frozen features",
}


def make_card(palette: Mapping[str, Any]) -> str:
    """`palette` is the content of palette.json."""
    task, metric = palette["task"], palette["task"]["metric"]
    return f"""---
library_name: estakit
pipeline_tag: {pipeline_tag(task["type"])}
tags: [estakit, stitchable-networks]
---
# Palette of {len(palette["stitches"])} networks for {task["type"].replace("-", " ")}

{_making(palette)}
Pick the row that fits your budget; `esta export RUN --stitch ID --out DIR` makes one plain network of it.

{_table(palette["stitches"], metric)}

{metric} is measured on the split that the column names; nothing was chosen by it. {_better(metric)}
MACs count one {"example" if task["type"] == "image-classification" else "token of a full sequence"}.

- Weights beside this card: `adapter.safetensors` (what was trained). The anchors below are not copied.
{_classes(task["classes"])}
{_anchors(palette["anchors"])}
"""


def _better(metric: str) -> str:
    return "Lower is better." if metric in LESS_IS_BETTER else "Higher is better."


def _classes(names: list[str], most: int = 20) -> str:
    """Nothing for language models, whose outputs are their vocabulary."""
    if not names:
        return ""
    listed = ", ".join(names[:most]) + (", ..." if len(names) > most else "")
    return f"- Classes ({len(names)}), in order of the outputs: {listed}\n"


def _making(palette: Mapping[str, Any]) -> str:
    method = palette["method"]
    if method in _ALONE:
        return (
            f"Tuned one by one by {_ALONE[method]}; they are all that was tuned, so nothing had to be chosen."
        )
    return f"Fine-tuned together by {_TOGETHER[method]}; {_choice(palette)}"


def _choice(palette: Mapping[str, Any]) -> str:
    if all(len(stitch["route"]) == 1 for stitch in palette["stitches"]):
        return "it has every anchor, so nothing had to be chosen."
    return (
        f"the stitches were chosen by their {palette['score']} score on training data, before any was "
        "evaluated."
    )


def _table(stitches: list[dict[str, Any]], metric: str) -> str:
    splits = sorted({split for stitch in stitches for split in stitch["metrics"]}, reverse=True)
    head = ["id", "network", "MACs", "parameters", *(f"{metric}, {split}" for split in splits)]
    rows = [head, ["---:", "---", "---:", "---:", *["---:"] * len(splits)]]
    for stitch in sorted(stitches, key=lambda one: (one["macs"], one["id"])):
        values = [stitch["metrics"].get(split, {}).get(metric) for split in splits]
        shown = ["-" if value is None else f"{value:.4f}" for value in values]
        rows.append(
            [str(stitch["id"]), stitch["name"], f"{stitch['macs']:,}", f"{stitch['params']:,}", *shown]
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _anchors(anchors: list[dict[str, Any]]) -> str:
    rows = [["anchor", "weights", "SHA-256"], ["---"] * 3]
    for anchor in anchors:
        revision = f" at {anchor['revision']}" if anchor["revision"] else ""
        rows.append([anchor["name"], f"{anchor['source']}: {anchor['location']}{revision}", anchor["sha256"]])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
