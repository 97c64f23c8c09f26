"""What a stitch of a palette says to examples of the user's own: images, or texts and pairs of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from .restore import require_kept

if TYPE_CHECKING:
    from torch import Tensor

    from ..plan import Plan
    from .assembly import Assembly


def predict(
    plan: Plan, parts: Assembly, palette: dict[str, Any], stitch: Any, request: dict[str, Any]
) -> dict[str, Any]:
    """Classes with softmax probabilities, in order, of `images` (paths) or `texts` (strings, or pairs).

    Raises EngineError("plan") for what the palette cannot be asked, ("data") for an example that is broken.
    """
    import torch

    require_kept(palette, stitch)
    if plan.family.kind == "llama":
        raise EngineError(
            "plan", "this palette writes text and has no classes", "Talk with it: `esta chat RUN`."
        )
    reads = "images" if parts.processor is not None else "texts"
    if not request.get(reads):
        other = "texts" if reads == "images" else "images"
        got = f"this palette looks at {reads}, and {other} were given" if request.get(other) else None
        how = "Give their paths as `images`." if reads == "images" else "Give them as `texts`."
        raise EngineError("plan", got or f"no {reads} were given", how)
    device = parts.network.device
    classes = palette["task"]["classes"]
    predictions = []
    for inputs, examples in (_images if reads == "images" else _texts)(plan, parts, request[reads]):
        with torch.no_grad():
            logits = parts.network({name: tensor.to(device) for name, tensor in inputs.items()}, stitch)
        for example, row in zip(examples, logits.cpu().double().softmax(dim=1).tolist(), strict=True):
            best = max(range(len(classes)), key=lambda number: row[number])
            probabilities = dict(zip(classes, row, strict=True))
            predictions.append({**example, "class": classes[best], "probabilities": probabilities})
    return {"stitch": stitch, "name": plan.stitches[stitch].name, "predictions": predictions}


#: (inputs, how the reply names each example), by batches: photographs take much memory until preprocessed.
_Batches = Iterator[tuple[dict[str, "Tensor"], list[dict[str, str]]]]


def _images(plan: Plan, parts: Assembly, paths: list[Any]) -> _Batches:
    from ..data.part import decode_image

    for some in _cut(plan, paths):
        images = [decode_image(Path(path), str(path)) for path in some]
        yield {"pixel_values": parts.preprocessor(images)}, [{"image": str(path)} for path in some]


def _texts(plan: Plan, parts: Assembly, texts: list[Any]) -> _Batches:
    """A pair is a list of two texts, and what the networks learned from decides which are given."""
    from ..data.texts import TextEncoder

    paired = "text_pair" in plan.config["task"]["data"]["columns"]
    names = ("text", "text_pair") if paired else ("text",)
    encoder = TextEncoder(plan, parts.tokenizer)
    for rows in _cut(plan, [_row(number, given, paired) for number, given in enumerate(texts, 1)]):
        encoded = encoder([row[0] for row in rows], [row[1] for row in rows] if paired else None)
        inputs = encoded.inputs(range(len(rows)), encoder.pad)
        yield inputs, [dict(zip(names, row, strict=True)) for row in rows]


def _cut(plan: Plan, examples: list[Any]) -> Iterator[list[Any]]:
    """As many at a time as are evaluated."""
    size: int = plan.config["training"]["batch_size"]
    for start in range(0, len(examples), size):
        yield examples[start : start + size]


def _row(number: int, given: Any, paired: bool) -> list[str]:
    row = given if isinstance(given, list) else [given]
    if not all(isinstance(text, str) for text in row) or len(row) != (2 if paired else 1):
        allowed = "a list of two texts, as the networks learned from pairs" if paired else "one text"
        raise EngineError(
            "plan", f"text {number}: got {given!r}; allowed: {allowed}", "Give every example alike."
        )
    if not all(text.strip() for text in row):
        raise EngineError("data", f"text {number} is empty", "Give it words, or leave it out.")
    return row
