"""The model card of an exported stitch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .labels import pipeline_tag


def make_export_card(
    palette: Mapping[str, Any],
    stitch: int,
    plain: bool,
    difference: float,
    largest_logit: float,
    auto_class: str,
) -> str:
    """`plain`: an ordinary `transformers` model; else its code goes with it. Logits are those compared;
    `auto_class` is the class of `transformers` that reads the folder.
    """
    entry = next(one for one in palette["stitches"] if one["id"] == stitch)
    task = palette["task"]
    trust = "" if plain else ", trust_remote_code=True"
    kind = (
        "An ordinary `transformers` model: a whole anchor, adapted."
        if plain
        else "Blocks of several pre-trained models, joined by linears; the Python file here holds its code."
    )
    route = " -> ".join(
        f"{palette['anchors'][part['anchor']]['name']} blocks {part['start']} to {part['end'] - 1}"
        for part in entry["route"]
    )
    return f"""---
library_name: transformers
pipeline_tag: {pipeline_tag(task["type"])}
tags: [estakit, stitchable-networks]
---
# {entry["name"]}

{kind} Exported by estakit from a palette adapted by method `{palette["method"]}`.

| | |
| --- | --- |
| route | {route} |
| stitch of the palette | {stitch} |
| MACs {"an example" if task["type"] == "image-classification" else "a token"} | {entry["macs"]:,} |
| parameters, as planned | {entry["params"]:,} |
| largest difference of a logit | {difference:.3g}, the largest is {largest_logit:.3g} |
{_metrics(entry["metrics"])}
The difference is that between the logits of this folder, read back, and of the stitched network, on eight
random {"images" if task["type"] == "image-classification" else "texts"} in float32.

```python
{_example(auto_class, trust)}
```
{_classes(task.get("classes") or [])}"""


def _example(auto_class: str, trust: str) -> str:
    """How the folder is used, as code."""
    images = auto_class == "AutoModelForImageClassification"
    reader, name = ("AutoImageProcessor", "processor") if images else ("AutoTokenizer", "tokenizer")
    use = {
        "AutoModelForImageClassification": 'logits = model(**processor(image, return_tensors="pt")).logits',
        "AutoModelForSequenceClassification": 'logits = model(**tokenizer(text, return_tensors="pt")).logits',
        "AutoModelForCausalLM": (
            'messages = [{"role": "user", "content": "..."}]\n'
            "inputs = tokenizer.apply_chat_template(\n"
            '    messages, add_generation_prompt=True, return_tensors="pt", return_dict=True\n'
            ")\n"
            "output = model.generate(**inputs, max_new_tokens=100)\n"
            'answer = output[0, inputs["input_ids"].shape[1] :]\n'
            "print(tokenizer.decode(answer, skip_special_tokens=True))"
        ),
    }[auto_class]
    return f"""from transformers import {", ".join(sorted((reader, auto_class)))}

model = {auto_class}.from_pretrained("FOLDER"{trust})
{name} = {reader}.from_pretrained("FOLDER")
{use}"""


def _classes(names: list[str]) -> str:
    return f"\nClasses, in order of the outputs: {', '.join(names)}\n" if names else ""


def _metrics(metrics: Mapping[str, Mapping[str, float | None]]) -> str:
    rows = []
    for split, values in sorted(metrics.items()):
        for name, value in values.items():
            rows.append(f"| {name}, {split} | {'-' if value is None else f'{value:.4f}'} |\n")
    return "".join(rows)
