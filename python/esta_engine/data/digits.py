"""The built-in data: scikit-learn's copy of the UCI handwritten digits, 1,797 grey images of 8 x 8."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import EngineError
from .part import ImagePart

#: Our cut of the 1,797: few are needed to train, and the more are held out the finer accuracy is resolved.
VALIDATION_EXAMPLES = 200
TEST_EXAMPLES = 797


def read_digits() -> ImagePart:
    """All 1,797 digits. Raises EngineError("environment") where scikit-learn is not installed."""
    table = _read_table()
    images: Any = (table[:, :-1] * (255 / 16)).round().astype("uint8").reshape(-1, 8, 8)  # 0 to 16 before

    def open_image(index: int) -> Any:
        from PIL import Image

        return Image.fromarray(images[index])

    return ImagePart(
        source="digits",
        classes=tuple(map(str, range(10))),
        labels=tuple(str(int(label)) for label in table[:, -1]),
        open_image=open_image,
        describe=lambda index: f"digit {index}",
    )


def _read_table() -> Any:
    """(1797, 65): the pixels row by row, then the label; what `load_digits` reads.

    Read from scikit-learn's folder, since importing the package takes as long as importing torch; by its own
    function should the file ever move.
    """
    import numpy

    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise EngineError(
            "environment", "the digits come with scikit-learn, which is missing", "Run `esta setup`."
        )
    file = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    if file.is_file():
        return numpy.loadtxt(file, delimiter=",")
    from sklearn.datasets import load_digits

    data, target = load_digits(return_X_y=True)
    return numpy.column_stack([data, target])
