"""What is shown of a palette: held to the networks' own outputs, and the same each time."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.data.conversations import ConversationData
from esta_engine.data.images import ImageData
from esta_engine.data.preprocessing import load_preprocessor
from esta_engine.data.texts import TextData
from esta_engine.data.thumbnails import thumbnail
from esta_engine.evaluation.samples import KEPT, answer_samples, classification_samples, most_disputed
from hypothesis import given
from hypothesis import strategies as st
from pico import IMAGE_SIZE, make_pico_plan, perturb, pico_network
from pico_text import text_network
from PIL import Image
from runs import digits_task
from text_tasks import (
    byte_tokenizer,
    conversations_task,
    moods,
    save_readers,
    sums,
    texts_task,
    word_tokenizer,
    write_csv,
    write_jsonl,
)

STITCHES = [0, 1, 4]


@given(table=st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=9))
def test_the_most_disputed_come_first(table: list[list[int]]) -> None:
    order = most_disputed(torch.tensor(table).T)
    assert sorted(order) == list(range(len(table)))
    counts = [len(set(table[place])) for place in order]
    assert counts == sorted(counts, reverse=True)


def test_texts_are_shown_with_each_networks_own_prediction(tmp_path: Path) -> None:
    task = texts_task(write_csv(tmp_path / "part.csv", moods()))
    plan, network = text_network(save_readers(tmp_path, "bert"), task=task, classes=3)
    perturb(network, STITCHES)
    data = TextData(plan, word_tokenizer())
    records = list(classification_samples(network, STITCHES, data, "test", 0))
    assert records == list(classification_samples(network, STITCHES, data, "test", 0))
    assert [record["stitch"] for record in records] == STITCHES * (len(records) // 3)
    assert len({record["example"] for record in records}) == min(KEPT, data.size("test"))
    for record in records:
        inputs = word_tokenizer()([record["text"]], return_tensors="pt")
        with torch.no_grad():
            row = network(dict(inputs), record["stitch"])[0].double().softmax(dim=0)
        assert record["expected"] in record["text"]
        assert record["predicted"] == data.classes[int(row.argmax())]
        assert record["probability"] == pytest.approx(float(row.max()), rel=1e-4)
    disputed = [
        len({one["predicted"] for one in records[start : start + 3]}) for start in range(0, len(records), 3)
    ]
    assert disputed == sorted(disputed, reverse=True)


@pytest.mark.parametrize("batch_size", [4, 24])
def test_examples_are_asked_as_many_at_a_time_as_are_evaluated(
    pico_folders: list[Path], batch_size: int
) -> None:
    task, training = digits_task(), {"batch_size": batch_size}
    plan, network = pico_network(pico_folders, task=task, classes=10, training=training)
    data = ImageData(plan, load_preprocessor(pico_folders, 3, IMAGE_SIZE))
    seen: list[int] = []
    network.register_forward_pre_hook(lambda _, given: seen.append(len(given[0]["pixel_values"])))
    records = list(classification_samples(network, [0, 2], data, "test", 0))
    assert max(seen) == batch_size and sum(seen) == 2 * data.size("test")
    for record in records:
        (batch,) = data.batches("test", [record["example"]])
        with torch.no_grad():
            row = network(batch.inputs, record["stitch"])[0].double().softmax(dim=0)
        assert record["expected"] == data.classes[int(batch.labels)]
        assert record["predicted"] == data.classes[int(row.argmax())]
        assert record["probability"] == pytest.approx(float(row.max()), rel=1e-4)


def test_images_are_shown_small(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders, task=digits_task(), classes=10)
    data = ImageData(
        make_pico_plan(pico_folders, task=digits_task(), classes=10),
        load_preprocessor(pico_folders, 3, IMAGE_SIZE),
    )
    records = list(classification_samples(network, [0, 2], data, "test", 0))
    assert len(records) == 2 * KEPT and plan.stitches
    for record in records:
        assert "text" not in record and _decoded(record["image"]).size == (8, 8)
    assert records[0]["image"] == records[1]["image"] != records[2]["image"]


@pytest.mark.parametrize(
    ("mode", "size", "expected"),
    [
        ("L", (8, 8), (8, 8)),
        ("RGB", (640, 320), (64, 32)),
        ("RGBA", (10, 500), (1, 64)),
        ("CMYK", (65, 64), (64, 63)),
    ],
)
def test_a_thumbnail_keeps_the_shape(mode: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert _decoded(thumbnail(Image.new("RGB", size, (200, 10, 10)).convert(mode))).size == expected


def _decoded(uri: str) -> Any:
    head, _, content = uri.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def answers(
    tmp_path: Path, stops: set[int], **options: Any
) -> tuple[ConversationData, Any, list[dict[str, Any]]]:
    task = conversations_task(write_jsonl(tmp_path / "rows.jsonl", sums(20)))
    plan, network = text_network(save_readers(tmp_path), task=task, input_={"sequence_length": 64})
    data = ConversationData(plan, byte_tokenizer())
    found = list(answer_samples(network, STITCHES, data, "test", 0, stops=stops, context=64, **options))
    return data, network, found


def test_answers_are_the_likeliest_tokens_to_held_out_questions(tmp_path: Path) -> None:
    """Against the network without caches: each token is the likeliest after all before it."""
    data, network, records = answers(tmp_path, stops=set())
    assert len(records) == 2 * len(STITCHES) and all(record["cut"] for record in records)
    tokenizer = byte_tokenizer()
    for record in records[:3]:
        conversation = data.conversation("test", record["example"])
        assert record["prompt"] == list(conversation.question) and record["expected"] == conversation.answer
        text = f"<s>### User:\n{record['prompt'][0]['content']}\n\n### Assistant:\n"
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        prompt = len(ids)
        while len(ids) < 64:
            with torch.no_grad():
                logits = network({"input_ids": torch.tensor([ids])}, record["stitch"])
            ids.append(int(logits[0, -1].argmax()))
        assert record["answer"] == tokenizer.decode(ids[prompt:], skip_special_tokens=True).lstrip()


def test_answers_end_at_stop_tokens_and_are_null_where_numbers_are_not_finite(tmp_path: Path) -> None:
    every = set(range(280))
    data, network, records = answers(tmp_path, stops=every)
    assert not any(record["cut"] for record in records)
    with torch.no_grad():
        network.anchor(1).model.model.norm.weight.fill_(float("nan"))
    broken = list(answer_samples(network, [0, 1], data, "test", 0, stops=every, context=64))
    assert [record["answer"] is None for record in broken] == [False, True] * 2


def test_questions_that_leave_no_room_are_passed_over(tmp_path: Path) -> None:
    data, network, records = answers(tmp_path, stops=set())
    assert records
    assert list(answer_samples(network, [0], data, "test", 0, stops=set(), context=5)) == []
