"""Small pictures of examples, for reports that are one file."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

#: Longest side in pixels.
SIDE = 64


def thumbnail(image: Image) -> str:
    """A PNG as a data URI, no side above 64 pixels; a smaller image keeps its size."""
    from PIL import Image as images

    small = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    if max(small.size) > SIDE:
        small.thumbnail((SIDE, SIDE), images.Resampling.LANCZOS)
    content = io.BytesIO()
    small.save(content, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
