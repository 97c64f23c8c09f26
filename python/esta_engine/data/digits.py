"""The built-in data: scikit-learn's copy of the UCI handwritten digits, 1,797 grey images of 8 x 8."""

from __future__ import annotations

from typing import Any

from .part import Part

#: Our cut of the 1,797: few are needed to train, and the more are held out the finer accuracy is resolved.
VALIDATION_EXAMPLES = 200
TEST_EXAMPLES = 797


def read_digits() -> Part:
    """All 1,797 digits. Raises what an import of scikit-learn raises."""
    from sklearn.datasets import load_digits

    raw = load_digits()
    images: Any = (raw.images * (255 / 16)).round().astype("uint8")  # their values go from 0 to 16

    def open_image(index: int) -> Any:
        from PIL import Image

        return Image.fromarray(images[index])

    return Part(
        source="digits",
        classes=tuple(str(name) for name in raw.target_names),
        labels=tuple(str(label) for label in raw.target),
        open_image=open_image,
        describe=lambda index: f"digit {index}",
    )
