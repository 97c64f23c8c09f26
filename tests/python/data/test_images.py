"""The data of a run: every format gives the same examples; batches repeat; parts are opened when asked."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.data.images import ImageData
from esta_engine.data.preprocessing import Preprocessor, load_preprocessor
from esta_engine.errors import EngineError
from esta_engine.plan import make_plan
from pico import IMAGE_SIZE
from PIL import Image
from runs import digits_task, files_task, raw_plan

CLASSES = ("cat", "dog", "eel")


@pytest.fixture(scope="module")
def preprocessor(pico_folders: list[Path]) -> Preprocessor:
    return load_preprocessor(pico_folders, 3, IMAGE_SIZE)


@pytest.fixture
def make(pico_folders: list[Path], preprocessor: Preprocessor) -> Callable[..., ImageData]:
    def make(task: dict[str, Any], classes: int = 3, **training: Any) -> ImageData:
        plan = make_plan(raw_plan(pico_folders, task, classes=classes, changes={"training": training}))
        return ImageData(plan, preprocessor)

    return make


def write_images(folder: Path, each: int = 6, classes: tuple[str, ...] = CLASSES) -> Path:
    """An image folder; every image is of one colour of its own."""
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for index in range(each):
            Image.new("RGB", (14, 10), (40 * number, 10 * index, 99)).save(folder / name / f"{index}.png")
    return folder


def rows_of(folder: Path) -> list[tuple[str, str]]:
    files = sorted(folder.rglob("*.png"))
    return [(str(file.relative_to(folder.parent)), file.parent.name) for file in files]


def write_csv(folder: Path, file: Path) -> Path:
    with file.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows([("image", "label"), *rows_of(folder)])
    return file


def write_jsonl(folder: Path, file: Path) -> Path:
    file.write_text("".join(json.dumps({"image": i, "label": c}) + "\n" for i, c in rows_of(folder)))
    return file


def as_dataset(folder: Path) -> Any:
    import datasets

    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(CLASSES))}
    )
    rows = [{"image": str(folder.parent / image), "label": label} for image, label in rows_of(folder)]
    return datasets.Dataset.from_list(rows, features=features)


def write_parquet(folder: Path, file: Path) -> Path:
    as_dataset(folder).to_parquet(str(file))
    return file


def write_saved(folder: Path, place: Path) -> Path:
    as_dataset(folder).save_to_disk(str(place))
    return place


WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet, "saved": write_saved}


def everything(data: ImageData, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    batches = list(data.evaluation_batches(split))
    pixels = torch.cat([batch.inputs["pixel_values"] for batch in batches])
    return pixels, torch.cat([batch.labels for batch in batches])


@pytest.mark.parametrize("data_format", WRITERS)
def test_every_format_gives_the_examples_of_the_image_folder(
    make: Callable[..., ImageData], tmp_path: Path, data_format: str
) -> None:
    folder = write_images(tmp_path / "images")
    other = WRITERS[data_format](folder, tmp_path / f"part.{data_format}")
    found, expected = make(files_task(other)), make(files_task(folder))
    assert found.classes == expected.classes == list(CLASSES)
    for split in ("train", "validation", "test"):
        for one, other_ in zip(everything(found, split), everything(expected, split), strict=True):
            assert torch.equal(one, other_)


def test_pixels_are_those_of_the_anchors_own_processor(
    make: Callable[..., ImageData], pico_folders: list[Path], tmp_path: Path
) -> None:
    from transformers import AutoImageProcessor

    folder = write_images(tmp_path / "images")
    pixels, labels = everything(make(files_task(folder, test=folder)), "test")
    processor = AutoImageProcessor.from_pretrained(pico_folders[0])
    images = [Image.open(file) for file in sorted(folder.rglob("*.png"))]
    assert torch.equal(pixels, processor(images=images, return_tensors="pt")["pixel_values"])
    assert labels.tolist() == [0] * 6 + [1] * 6 + [2] * 6


def test_parts_do_not_overlap_and_have_every_class(make: Callable[..., ImageData], tmp_path: Path) -> None:
    data = make(files_task(write_images(tmp_path / "images", each=10), 0.2, 0.3))
    parts = [everything(data, split) for split in ("train", "validation", "test")]
    assert [len(labels) for _, labels in parts] == [15, 6, 9]
    assert all(len(set(Counter(labels.tolist()).values())) == 1 for _, labels in parts)
    images = torch.cat([pixels for pixels, _ in parts]).flatten(1)
    assert len(images.unique(dim=0)) == 30


def test_digits_are_cut_into_their_parts_with_even_classes(make: Callable[..., ImageData]) -> None:
    task = {**digits_task(), "sizes": {"train": 50}}
    data = make(task, classes=10)
    assert data.train_size == 50 and data.has("validation") and data.has("test")
    assert set(Counter(everything(data, "train")[1].tolist()).values()) == {5}
    assert [len(everything(data, split)[1]) for split in ("validation", "test")] == [200, 797]


def test_an_epoch_deals_every_example_once_and_batches_repeat(
    make: Callable[..., ImageData], tmp_path: Path
) -> None:
    folder = write_images(tmp_path / "images", each=10)
    data = make(files_task(folder, 0.2, 0.3), batch_size=6, accumulation=2)
    steps = [
        [data.train_batch(step, part) for part in (0, 1)] for step in range(5)
    ]  # 60 examples: 4 epochs of 15
    dealt = torch.cat([batch.inputs["pixel_values"] for step in steps for batch in step]).flatten(1)
    for epoch in range(4):
        assert len(dealt[15 * epoch : 15 * (epoch + 1)].unique(dim=0)) == 15
    assert not torch.equal(dealt[:15], dealt[15:30])
    fresh = make(files_task(folder, 0.2, 0.3), batch_size=6, accumulation=2)
    assert torch.equal(fresh.train_batch(3, 1).inputs["pixel_values"], steps[3][1].inputs["pixel_values"])
    assert torch.equal(fresh.train_batch(3, 1).labels, steps[3][1].labels)


def test_seeds_change_the_order_and_the_augmentation(make: Callable[..., ImageData]) -> None:
    seeds = {"initialisation": 0, "data": 1, "sampling": 0}
    one, other = make(digits_task(), classes=10), make(digits_task(), classes=10, seeds=seeds)
    assert not torch.equal(one.train_batch(0, 0).labels, other.train_batch(0, 0).labels)
    first, again = (one.train_batch(0, 0).inputs["pixel_values"] for _ in range(2))
    assert torch.equal(first, again)


def test_initialisation_sees_that_many_examples_without_augmentation(make: Callable[..., ImageData]) -> None:
    data = make(digits_task(), classes=10)
    batches = list(data.initialisation_batches(20))
    seen = torch.cat([batch.inputs["pixel_values"] for batch in batches])
    train = everything(data, "train")[0]
    assert sum(len(batch.labels) for batch in batches) == 20
    assert all((train == image).flatten(1).all(dim=1).any() for image in seen)
    assert len(list(data.initialisation_batches(1000))) == 8  # no more than there are: 60 in batches of 8


def test_a_part_of_its_own_is_opened_only_when_asked_for(
    make: Callable[..., ImageData], tmp_path: Path
) -> None:
    folder = write_images(tmp_path / "images")
    later = tmp_path / "later.csv"
    later.write_text("not,yet\n")
    data = make(files_task(folder, later, later))
    data.train_batch(0, 0)
    list(data.initialisation_batches(5))
    with pytest.raises(EngineError, match="no column 'image'; it has 'not', 'yet'"):
        everything(data, "test")
    write_csv(folder, later)
    assert len(everything(data, "test")[1]) == 18


def test_labels_of_lists_stay_as_they_are_written(make: Callable[..., ImageData], tmp_path: Path) -> None:
    write_images(tmp_path / "images")
    names = ["10", "2", "01", "none", "1.0", "nan"]
    rows = [(f"images/cat/{index}.png", name) for index in range(6) for name in names]
    file = tmp_path / "part.csv"
    file.write_text("image,label\n" + "".join(f"{image},{name}\n" for image, name in rows))
    assert make(files_task(file), classes=6).classes == ["01", "1.0", "2", "10", "nan", "none"]


def test_images_of_every_mode_are_read(make: Callable[..., ImageData], tmp_path: Path) -> None:
    folder = write_images(tmp_path / "images")
    for index, mode in enumerate(("L", "P", "RGBA", "CMYK", "1", "LA")):
        suffix = "jpg" if mode == "CMYK" else "png"
        Image.new("RGB", (9, 7), (200, 100, 50)).convert(mode).save(folder / "cat" / f"m{index}.{suffix}")
    pixels, _ = everything(make(files_task(folder, test=folder)), "test")
    assert len(pixels) == 24 and pixels.isfinite().all() and pixels.shape[1:] == (3, 12, 12)


def broken_image(folder: Path) -> Path:
    (folder / "dog" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"nonsense" * 9)
    return folder


def truncated_image(folder: Path) -> Path:
    file = folder / "dog" / "3.png"
    Image.effect_noise((64, 64), 50).save(file)
    file.write_bytes(file.read_bytes()[:700])
    return folder


@pytest.mark.parametrize("spoil", [broken_image, truncated_image])
def test_an_image_that_does_not_decode_is_named(
    make: Callable[..., ImageData], tmp_path: Path, spoil: Callable[[Path], Path]
) -> None:
    data = make(files_task(spoil(write_images(tmp_path / "images"))))
    with pytest.raises(EngineError, match=r"dog/3\.png does not decode") as caught:
        for split in ("train", "validation", "test"):
            everything(data, split)
    assert caught.value.code == "data"


def test_bad_data_is_refused(make: Callable[..., ImageData], tmp_path: Path) -> None:
    folder = write_images(tmp_path / "images")
    more = write_images(tmp_path / "more", classes=("cat", "fox"))
    (tmp_path / "empty" / "cat").mkdir(parents=True)
    (tmp_path / "flat").mkdir()
    (tmp_path / "part.csv").write_text("image,label\nimages/cat/0.png,\n")
    (tmp_path / "part.jsonl").write_text('{"image": "images/cat/0.png", "label": "cat"}\n{"image": 3}\n')
    (tmp_path / "part.parquet").write_bytes(b"no parquet")
    few = write_images(tmp_path / "few", each=1)
    cases: list[tuple[dict[str, Any], int, str]] = [
        (files_task(tmp_path / "absent"), 3, "the train part .*absent does not exist"),
        (files_task(folder, test=tmp_path / "absent"), 3, "the test part .*absent does not exist"),
        (files_task(folder), 4, "has 3 classes, the plan's head 4"),
        (files_task(tmp_path / "empty"), 1, "the validation part is empty"),
        (files_task(tmp_path / "flat"), 1, "has no sub-folders"),
        (files_task(few, 0.1, 0.1), 3, "the validation part is empty: 0.1 of 3"),
        (files_task(few, 0.3, 0.4), 3, "too few examples: .* none to train class"),
        (files_task(few, 0.5, 0.4), 3, "nothing is left to train on"),
        (files_task(tmp_path / "part.csv"), 1, r"part\.csv:2 has no label"),
        (files_task(tmp_path / "part.jsonl"), 1, r"part\.jsonl:2 names no image in column 'image'"),
        (files_task(tmp_path / "part.parquet"), 1, "no Parquet file that can be read"),
        (files_task(folder / "cat" / "0.png"), 1, "the format of .* is not recognised"),
    ]
    for task, classes, message in cases:
        with pytest.raises(EngineError, match=message) as caught:
            make(task, classes)
        assert caught.value.code == "data"
    differing = make(files_task(folder, test=more))
    with pytest.raises(EngineError, match="labels that the training part has not: 'fox'"):
        everything(differing, "test")
