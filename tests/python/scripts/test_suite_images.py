"""The suite's image data, made from a small stand-in for Fashion-MNIST's test files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import suite_images as suite
from esta_engine.data.formats import read_part


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    parts = {"train": 60, "validation": 20, "test": 40}
    monkeypatch.setattr(suite, "PARTS", parts)
    return parts


@pytest.fixture
def fashion(tmp_path: Path, few: dict[str, int]) -> Path:
    """Images that tell their own number: the first pixels hold it, the middle is bright."""
    count = sum(few.values())
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = 200
    images[:, 14, 14] = np.arange(count)
    folder = tmp_path / "unpacked" / "usr" / "share" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    labels = (np.arange(count) % 10).astype(np.uint8)
    (folder / suite.IMAGES).write_bytes(gzip.compress(bytes(16) + images.tobytes()))
    (folder / suite.LABELS).write_bytes(gzip.compress(bytes(8) + labels.tobytes()))
    return tmp_path / "unpacked"


def test_every_image_is_in_one_part_the_same_in_all_variants(fashion: Path, few: dict[str, int]) -> None:
    images, labels = suite.read_images(suite.find_folder(fashion))
    made = {variant: suite.make_parts(images, labels, variant, 0) for variant in suite.VARIANTS}
    numbers = np.concatenate([made["plain"][part][0][:, 14, 14] for part in few])
    assert sorted(numbers.tolist()) == list(range(len(labels)))
    for part, count in few.items():
        assert len(made["plain"][part][1]) == count
        for variant in suite.VARIANTS:
            assert np.array_equal(made[variant][part][1], made["plain"][part][1])


def test_corruption_is_what_it_says_and_repeats_itself(fashion: Path) -> None:
    images, labels = suite.read_images(suite.find_folder(fashion))
    first = {variant: suite.make_parts(images, labels, variant, 3)["test"][0] for variant in suite.VARIANTS}
    again = {variant: suite.make_parts(images, labels, variant, 3)["test"][0] for variant in suite.VARIANTS}
    for variant in suite.VARIANTS:
        assert np.array_equal(first[variant], again[variant])
    # A square turned about the centre keeps its light; a rectangle over it takes some away.
    plain, rotated = first["plain"].astype(float), first["rotated"].astype(float)
    assert rotated.sum() == pytest.approx(plain.sum(), rel=0.02)
    assert not np.array_equal(rotated, plain)
    covered = (first["occluded"] < 100) & (first["plain"] == 200)
    assert 8 < covered.sum(axis=(1, 2)).mean() < 144
    assert not np.array_equal(suite.make_parts(images, labels, "rotated", 4)["test"][0], first["rotated"])


def test_the_engine_reads_what_is_written(fashion: Path, tmp_path: Path, few: dict[str, int]) -> None:
    assert suite.main(["--out", str(tmp_path / "out"), "--fashion", str(fashion)]) == 0
    images, labels = suite.read_images(suite.find_folder(fashion))
    expected = suite.make_parts(images, labels, "occluded", 0)
    for name, count in few.items():
        part = read_part(
            tmp_path / "out" / "occluded" / f"{name}.parquet", None, {"image": "image", "label": "label"}
        )
        assert len(part) == count
        assert part.classes == suite.GARMENTS
        assert [part.classes.index(label) for label in part.labels] == expected[name][1].tolist()
        assert np.array_equal(np.asarray(part.image(0)), expected[name][0][0])


def test_what_is_missing_or_cut_short_is_said(
    fashion: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert suite.main(["--out", str(tmp_path / "out"), "--fashion", str(tmp_path / "nowhere")]) == 1
    assert "apt-get download dataset-fashion-mnist" in capsys.readouterr().err
    folder = suite.find_folder(fashion)
    (folder / suite.LABELS).write_bytes(gzip.compress(bytes(8 + 5)))
    assert suite.main(["--out", str(tmp_path / "out"), "--fashion", str(fashion)]) == 1
    assert "5 images" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
