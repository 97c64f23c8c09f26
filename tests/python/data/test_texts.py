"""Labelled texts: every format gives the same examples, as the anchors' tokenizer reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.data.texts import TextData
from esta_engine.errors import EngineError
from esta_engine.plan import make_plan
from pico_text import raw_text_plan
from text_tasks import (
    MOODS,
    byte_tokenizer,
    moods,
    save_readers,
    texts_task,
    word_tokenizer,
    write_csv,
    write_jsonl,
)

Make = Callable[..., TextData]
PAIR = {"text_pair": "other"}


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    place = tmp_path_factory.mktemp("readers")
    return {kind: save_readers(place, kind) for kind in ("bert", "roberta")}


@pytest.fixture
def make(readers: dict[str, list[Path]]) -> Make:
    def make(
        file: Path, *, kind: str = "bert", length: int = 16, tokenizer: Any = None, **options: Any
    ) -> Any:
        told, classes = options.pop("told", []), options.pop("classes", 3)
        raw = raw_text_plan(
            readers[kind],
            task=texts_task(file, **options),
            classes=classes,
            input_={"sequence_length": length},
        )
        return TextData(make_plan(raw), tokenizer or word_tokenizer(), warn=lambda *text: told.append(text))

    return make


def as_dataset(rows: list[dict[str, str]]) -> Any:
    import datasets

    features = {name: datasets.Value("string") for name in rows[0]}
    features["label"] = datasets.ClassLabel(names=sorted(MOODS))
    return datasets.Dataset.from_list(rows, features=datasets.Features(features))


def write_parquet(file: Path, rows: list[dict[str, str]]) -> Path:
    as_dataset(rows).to_parquet(str(file))
    return file


def write_saved(place: Path, rows: list[dict[str, str]]) -> Path:
    as_dataset(rows).save_to_disk(str(place))
    return place


WRITERS: dict[str, Callable[..., Path]] = {
    "csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet, "saved": write_saved,
}  # fmt: skip


def everything(data: TextData, split: str) -> list[tuple[str, int]]:
    """(text of a row's tokens, its label)."""
    tokenizer = word_tokenizer()
    return [
        (tokenizer.decode(ids[mask == 1]), int(label))
        for batch in data.evaluation_batches(split)
        for ids, mask, label in zip(
            batch.inputs["input_ids"], batch.inputs["attention_mask"], batch.labels, strict=True
        )
    ]


@pytest.mark.parametrize("data_format", WRITERS)
def test_every_format_gives_the_same_examples(make: Make, tmp_path: Path, data_format: str) -> None:
    expected = make(write_csv(tmp_path / "expected.csv", moods()))
    found = make(WRITERS[data_format](tmp_path / f"part.{data_format}", moods()))
    assert found.classes == expected.classes == sorted(MOODS)
    for split in ("train", "validation", "test"):
        assert everything(found, split) == everything(expected, split)
    texts = [text for split in ("train", "validation", "test") for text, _ in everything(found, split)]
    assert sorted(texts) == sorted(f"[CLS] {row['text']} [SEP]" for row in moods())
    for text, label in everything(found, "train"):
        assert found.classes[label] in text


def test_a_batch_is_what_the_tokenizer_makes_of_it(make: Make, tmp_path: Path) -> None:
    data = make(write_csv(tmp_path / "part.csv", moods()))
    batch = data.train_batch(0)
    texts = [word_tokenizer().decode(row, skip_special_tokens=True) for row in batch.inputs["input_ids"]]
    expected = word_tokenizer()(texts, padding="longest", return_tensors="pt")
    assert set(batch.inputs) == {"input_ids", "attention_mask"} and len(set(map(len, texts))) > 1
    for name in batch.inputs:
        assert torch.equal(batch.inputs[name], expected[name])
    again = make(tmp_path / "part.csv").train_batch(0)
    assert torch.equal(again.inputs["input_ids"], batch.inputs["input_ids"])


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_a_pair_is_read_as_one_with_types_where_the_model_has_some(
    make: Make, tmp_path: Path, kind: str
) -> None:
    rows = [{**row, "other": "the bird is not glad"} for row in moods()]
    data = make(write_jsonl(tmp_path / "part.jsonl", rows), kind=kind, columns=PAIR, length=10)
    batch = data.train_batch(0)
    texts = [row["text"] for row in rows]
    found = {word_tokenizer().decode(row, skip_special_tokens=True) for row in batch.inputs["input_ids"]}
    assert all(" the bird" in text for text in found)
    if kind == "roberta":
        assert "token_type_ids" not in batch.inputs
        return
    whole = word_tokenizer()(
        texts, [row["other"] for row in rows], truncation=True, max_length=10, padding="longest",
        return_token_type_ids=True, return_tensors="pt",
    )  # fmt: skip
    every = {
        tuple(row.tolist()): types.tolist()
        for row, types in zip(whole["input_ids"], whole["token_type_ids"], strict=True)
    }
    for row, types in zip(batch.inputs["input_ids"], batch.inputs["token_type_ids"], strict=True):
        (same,) = [t for ids, t in every.items() if list(ids)[: len(row)] == row.tolist()]
        assert same[: len(types)] == types.tolist() and sum(same) > 0


def test_what_is_longer_is_cut_behind_and_told(make: Make, tmp_path: Path) -> None:
    told: list[Any] = []
    file = write_csv(tmp_path / "part.csv", moods())
    data = make(file, length=6, told=told, test=file)
    assert len(told) == 1 and told[0][0] == "texts-cut" and "of the train part" in told[0][1]
    rows = list(data.evaluation_batches("test"))
    assert max(batch.inputs["input_ids"].shape[1] for batch in rows) == 6
    longest = rows[-1].inputs["input_ids"][0]
    assert word_tokenizer().decode(longest).startswith("[CLS]") and longest[-1] == 5  # [SEP]
    assert told[1][1].startswith("18 of 36 texts of the test part are longer than 6 tokens")


def test_a_text_may_be_as_long_as_a_book(make: Make, tmp_path: Path) -> None:
    rows = moods()
    rows[0]["text"] = f"{rows[0]['text']} " * 20_000
    told: list[Any] = []
    make(
        write_csv(tmp_path / "part.csv", rows),
        told=told,
        validation=write_csv(tmp_path / "v.csv", moods()),
        test=write_csv(tmp_path / "t.csv", moods()),
    )
    assert len(rows[0]["text"]) > 2**17 and told[0][0] == "texts-cut"


def test_labels_stay_as_they_are_written(make: Make, tmp_path: Path) -> None:
    names = ["10", "2", "01", "none", "1.0", "nan"]
    rows = [{"text": "the cat", "label": name} for _ in range(6) for name in names]
    data = make(write_csv(tmp_path / "part.csv", rows), classes=6)
    assert data.classes == ["01", "1.0", "2", "10", "nan", "none"]


def test_a_part_of_its_own_is_opened_only_when_asked_for(make: Make, tmp_path: Path) -> None:
    later = tmp_path / "later.csv"
    later.write_text("not,yet\n")
    data = make(write_csv(tmp_path / "part.csv", moods()), validation=later, test=later)
    data.train_batch(0)
    list(data.initialisation_batches(5))
    with pytest.raises(EngineError, match="no column 'text'; it has 'not', 'yet'"):
        everything(data, "test")
    write_csv(later, moods(2))
    assert len(everything(data, "test")) == 6


def rows_with(**changes: Any) -> str:
    import json

    rows: list[dict[str, Any]] = [dict(row) for row in moods()]
    rows[3] |= changes
    return "".join(
        json.dumps({key: value for key, value in row.items() if value is not ...}) + "\n" for row in rows
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rows_with(label=...), r"part\.jsonl:4 has no label"),
        (rows_with(label=None), r"part\.jsonl:4 has no label"),
        (rows_with(text=""), r"part\.jsonl:4 has an empty text in column 'text'"),
        (rows_with(text=" \n"), r"part\.jsonl:4 has an empty text"),
        (rows_with(text=...), r"part\.jsonl:4 has no text in column 'text', but nothing"),
        (rows_with(text=7), r"part\.jsonl:4 has no text in column 'text', but int 7"),
        (rows_with(id=5).replace("}\n", ', "id": 5}\n', 1), r"part\.jsonl:4 has the id 5, which .*:1 has"),
        (rows_with() + "{", r"part\.jsonl:37 is not JSON"),
        (rows_with() + "[1]\n", r"part\.jsonl:37 is no JSON object, but list"),
        ("", r"part\.jsonl is empty: it has no example"),
        ("\n\n", r"part\.jsonl is empty"),
        ('{"sentence": "a", "label": "b"}\n', "has no column 'text'; it has 'sentence', 'label'"),
        (rows_with(label="calm"), "has 4 classes, the plan's head 3"),
    ],
)
def test_bad_rows_are_refused_with_their_line(make: Make, tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "part.jsonl").write_text(content)
    with pytest.raises(EngineError, match=message) as caught:
        make(tmp_path / "part.jsonl")
    assert caught.value.code == "data"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_that_is_not_utf8_names_the_line(make: Make, tmp_path: Path, mark: bytes) -> None:
    file = write_csv(tmp_path / "part.csv", moods())
    file.write_bytes(mark + file.read_bytes().replace(b"bird", b"b\xefrd", 1))
    with pytest.raises(EngineError, match=r"part\.csv:8 is not UTF-8: byte 0xef") as caught:
        make(file)
    assert caught.value.code == "data"


def test_an_encoder_without_a_padding_token_is_refused(make: Make, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "part.csv", moods())
    with pytest.raises(EngineError, match="no padding token") as caught:
        make(file, tokenizer=byte_tokenizer(pad_token=None))
    assert caught.value.code == "weights"
