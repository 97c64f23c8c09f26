"""The model card of an exported stitch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def make_export_card(
    palette: Mapping[str, Any], stitch: int, plain: bool, difference: float, largest_logit: float
) -> str:
    """`plain`: an ordinary `transformers` model; else its code goes with it. Logits are those compared."""
    entry = next(one for one in palette["stitches"] if one["id"] == stitch)
    task = palette["task"]
    trust = "" if plain else ", trust_remote_code=True"
    kind = (
        "An ordinary `transformers` model: a whole anchor, adapted."
        if plain
        else "Blocks of several pre-trained models, joined by linears; `modeling_stitch.py` holds its code."
    )
    route = " -> ".join(
        f"{palette['anchors'][part['anchor']]['name']} blocks {part['start']} to {part['end'] - 1}"
        for part in entry["route"]
    )
    return f"""---
library_name: transformers
pipeline_tag: {task["type"]}
tags: [estakit, stitchable-networks]
---
# {entry["name"]}

{kind} Exported by estakit from a palette adapted by method `{palette["method"]}`.

| | |
| --- | --- |
| route | {route} |
| stitch of the palette | {stitch} |
| MACs an example | {entry["macs"]:,} |
| parameters, as planned | {entry["params"]:,} |
| largest difference of a logit | {difference:.3g}, the largest is {largest_logit:.3g} |
{_metrics(entry["metrics"])}
The difference is that between the logits of this folder, read back, and of the stitched network, on eight
random images in float32.

```python
from transformers import AutoImageProcessor, AutoModelForImageClassification

model = AutoModelForImageClassification.from_pretrained("FOLDER"{trust})
processor = AutoImageProcessor.from_pretrained("FOLDER")
logits = model(**processor(image, return_tensors="pt")).logits
```

Classes, in order of the outputs: {", ".join(task["classes"])}
"""


def _metrics(metrics: Mapping[str, Mapping[str, float | None]]) -> str:
    rows = []
    for split, values in sorted(metrics.items()):
        for name, value in values.items():
            rows.append(f"| {name}, {split} | {'-' if value is None else f'{value:.4f}'} |\n")
    return "".join(rows)
