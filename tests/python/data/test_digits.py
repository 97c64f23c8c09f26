"""The built-in digits are scikit-learn's own, pixel for pixel."""

from __future__ import annotations

import numpy
from esta_engine.data.digits import TEST_EXAMPLES, VALIDATION_EXAMPLES, read_digits
from sklearn.datasets import load_digits


def test_digits_are_those_of_scikit_learn() -> None:
    part, expected = read_digits(), load_digits()
    assert part.labels == tuple(map(str, expected.target)) and len(part.classes) == 10
    for index in (0, 1, 898, 1796):
        pixels = numpy.asarray(part.image(index)).astype(float) * 16 / 255
        assert numpy.abs(pixels - expected.images[index]).max() < 0.05
    assert len(part) > VALIDATION_EXAMPLES + TEST_EXAMPLES
