"""Conversations as batches: however they are laid out, the same tokens are learned from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.objective import count_labels, summed_loss
from esta_engine.data.conversations import ConversationData
from esta_engine.errors import EngineError
from esta_engine.plan import make_plan
from pico import TRAINING, perturb
from pico_text import raw_text_plan, text_network
from text_tasks import byte_tokenizer, conversations_task, save_readers, sums, with_choices, write_jsonl

LENGTH = 96
Make = Callable[..., ConversationData]


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return save_readers(tmp_path_factory.mktemp("readers"))


@pytest.fixture
def make(readers: list[Path], tmp_path: Path) -> Make:
    def make(
        rows: Any = None, length: int = LENGTH, tokenizer: Any = None, **options: Any
    ) -> ConversationData:
        training = options.pop("training", {})
        told = options.pop("told", [])
        file = rows if isinstance(rows, Path) else write_jsonl(tmp_path / "rows.jsonl", rows or sums())
        task = conversations_task(file, options.pop("validation", 0.2), options.pop("test", 0.2), **options)
        raw = raw_text_plan(readers, task=task, training=training, input_={"sequence_length": length})
        return ConversationData(
            make_plan(raw), tokenizer or byte_tokenizer(), warn=lambda *text: told.append(text)
        )

    return make


def learned(batch: Any) -> list[list[int]]:
    """The labels of each conversation of a batch, packed or not, sorted."""
    found = []
    for row, labels in enumerate(batch.labels):
        places = batch.inputs.get("position_ids")
        starts = [0] if places is None else (places[row] == 0).nonzero()[:, 0].tolist()
        for start, end in zip(starts, [*starts[1:], len(labels)], strict=True):
            kept = [int(token) for token in labels[start:end] if token != -100]
            found += [kept] if kept else []
    return sorted(found)


def test_a_batch_is_padded_at_the_right_and_learns_the_answers(make: Make) -> None:
    data, tokenizer = make(), byte_tokenizer()
    batch = data.train_batch(0)
    ids, mask, labels = batch.inputs["input_ids"], batch.inputs["attention_mask"], batch.labels
    assert ids.shape == mask.shape == labels.shape and len(ids) == TRAINING["batch_size"]
    assert mask.sum(dim=1).max() == ids.shape[1]
    assert torch.equal(mask, mask.sort(dim=1, descending=True).values)
    assert (ids[mask == 0] == tokenizer.pad_token_id).all() and (labels[mask == 0] == -100).all()
    for row in range(len(ids)):
        text = tokenizer.decode(ids[row][mask[row] == 1])
        answer = tokenizer.decode(labels[row][labels[row] != -100])
        assert text.startswith("<s>### User:\n") and text.endswith(f"### Assistant:\n{answer}\n\n")
        assert answer.endswith("</s>") and eval(text[13:].split(" is")[0].replace("plus", "+")) == int(
            answer[:-4]
        )


@pytest.mark.parametrize("batching", ["grouped", "packed", "padded"])
def test_an_epoch_deals_every_conversation_once_and_batches_repeat(make: Make, batching: str) -> None:
    options: dict[str, Any] = {"batching": batching, "training": {"batch_size": 6, "accumulation": 2}}
    data, again = make(**options), make(**options)
    assert data.train_size == 24
    every = sorted(row for b in data.batches("train", range(24)) for row in learned(b))
    epochs = []
    for epoch in range(2):
        batches = [data.train_batch(2 * epoch + step, part) for step in (0, 1) for part in (0, 1)]
        assert sorted(row for batch in batches for row in learned(batch)) == every
        epochs.append([learned(batch) for batch in batches])
    assert epochs[0] != epochs[1]
    for name, tensor in again.train_batch(3, 1).inputs.items():
        assert torch.equal(tensor, data.train_batch(3, 1).inputs[name])
    other = make(
        **{**options, "training": {**options["training"], "seeds": {**TRAINING["seeds"], "data": 1}}}
    )
    assert learned(other.train_batch(0, 0)) != epochs[0][0]


def test_grouping_pads_less_than_dealing_at_random(make: Make) -> None:
    rows = [{"instruction": "a" * (1 + 7 * n % 61), "output": "b"} for n in range(80)]

    def cells(batching: str) -> int:
        data = make(rows, batching=batching)
        return sum(data.train_batch(step).inputs["input_ids"].numel() for step in range(6))

    assert cells("grouped") < 0.9 * cells("padded")


MODELS: dict[str, dict[str, Any]] = {
    "llama": {}, "mistral": {"sliding_window": 7}, "qwen2": {}, "qwen3": {},
}  # fmt: skip


@pytest.mark.parametrize("kind", MODELS)
def test_packed_loss_is_the_unpacked_one(make: Make, tmp_path: Path, kind: str) -> None:
    """No conversation attends to another, in any network, whatever its masks."""
    folders = save_readers(tmp_path / "models", kind, **MODELS[kind])
    plan, network = text_network(folders)
    ids = [stitch.id for stitch in plan.stitches]
    perturb(network, ids)
    packed, padded = make(batching="packed"), make(batching="padded")
    settings, cpu = plan.config["training"], torch.device("cpu")
    for step in range(2):
        one, other = packed.train_batch(step), padded.train_batch(step)
        assert len(one.labels) < len(other.labels) and learned(one) == learned(other)
        assert count_labels(one) == count_labels(other)
        for stitch in ids:
            with torch.no_grad():
                losses = [summed_loss(network, stitch, batch, settings, cpu) for batch in (one, other)]
            torch.testing.assert_close(*losses, rtol=1e-5, atol=0)


def test_packed_gradients_are_the_unpacked_ones(make: Make, readers: list[Path]) -> None:
    plan, network = text_network(readers, training={"activation_checkpointing": True})
    perturb(network, [3])
    found = []
    for batching in ("packed", "padded"):
        batch = make(batching=batching).train_batch(0)
        loss = summed_loss(network, 3, batch, plan.config["training"], torch.device("cpu"))
        found.append(torch.autograd.grad(loss, network.route_parameters(3) + network.head_parameters(3)))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_parts_do_not_overlap_and_evaluation_is_in_order_of_length(make: Make) -> None:
    data = make(sizes={"train": 10})
    parts = {split: list(data.evaluation_batches(split)) for split in ("train", "validation", "test")}
    assert [sum(len(b.labels) for b in batches) for batches in parts.values()] == [10, 8, 8]
    texts = [
        tuple(row[mask == 1].tolist())
        for batches in parts.values()
        for b in batches
        for row, mask in zip(b.inputs["input_ids"], b.inputs["attention_mask"], strict=True)
    ]
    assert len(set(texts)) == 26
    lengths = [int(n) for b in parts["test"] for n in b.inputs["attention_mask"].sum(dim=1)]
    assert lengths == sorted(lengths)


def test_what_is_too_long_is_cut_or_left_out_and_told(make: Make, tmp_path: Path) -> None:
    """One loses some of its answer, one all of it."""
    told: list[Any] = []
    rows = [
        {"instruction": "a", "output": "b" * 9},
        {"instruction": "a", "output": "b" * 200},
        {"instruction": "a" * 200, "output": "b"},
        *[{"instruction": "c", "output": "d"} for _ in range(3)],
    ]
    held_out = write_jsonl(tmp_path / "held.jsonl", rows[:1])
    data = make(rows, told=told, validation=held_out, test=held_out)
    ((code, message, hint),) = told
    assert code == "conversations-cut" and "task.sequence_length" in hint
    assert "2 of 6 conversations of the train part are longer than 96 tokens" in message
    assert "1 that lose their answer" in message
    (batch,) = data.evaluation_batches("train")
    assert data.train_size == len(batch.labels) == 5
    tokenizer = byte_tokenizer()
    answers = sorted(tokenizer.decode(row) for row in learned(batch))
    assert answers[0] == "b" * 9 + "</s>" and answers[2:] == ["d</s>"] * 3
    assert set(answers[1]) == {"b"} and 9 < len(answers[1]) < 200
    assert batch.inputs["input_ids"].shape[1] == LENGTH


def test_conversations_that_all_lose_their_answers_are_refused(make: Make) -> None:
    with pytest.raises(EngineError, match=r"all 24 conversations of the train part, .*lose their answers"):
        make(length=10)


def test_choices_are_offered_one_a_row_with_their_answer_marked(make: Make) -> None:
    data, tokenizer = make(with_choices(sums())), byte_tokenizer()
    rows = [row for _, kinds in data.choice_batches("test") for row in kinds]
    assert len(rows) == 3 * 8 and sum(row.right for row in rows) == 8
    for batch, kinds in data.choice_batches("test"):
        for row, kind in zip(batch.labels, kinds, strict=True):
            text = tokenizer.decode(row[row != -100])
            conversation = data.conversation("test", kind.example)
            assert text == conversation.choices[kind.choice] + "</s>"
            assert kind.size_bytes == len(text) - 4 and kind.right == (kind.choice == conversation.right)
    assert list(make().choice_batches("test")) == []
    right = [learned(batch) for batch in data.evaluation_batches("test")]
    assert sum(map(len, right)) == 8


def test_of_several_turns_a_choice_is_the_last_answer_alone(make: Make) -> None:
    earlier = [{"role": "user", "content": "1 plus 1 is"}, {"role": "assistant", "content": "surely 2"}]
    rows = [
        {
            "messages": [*earlier, {"role": "user", "content": row["instruction"]}],
            "choices": row["choices"],
            "answer": row["answer"],
        }
        for row in with_choices(sums())
    ]
    data, tokenizer = make(rows), byte_tokenizer()
    for batch, kinds in data.choice_batches("test"):
        for row, kind in zip(batch.labels, kinds, strict=True):
            choice = data.conversation("test", kind.example).choices[kind.choice]
            assert tokenizer.decode(row[row != -100]) == choice + "</s>"
    for batch in data.evaluation_batches("test"):
        assert all("surely 2" in tokenizer.decode(row[row != -100]) for row in batch.labels)


def test_guessing_is_right_once_in_as_many_choices_as_an_example_has(make: Make, tmp_path: Path) -> None:
    three = with_choices(sums(4))
    two = [{**row, "choices": row["choices"][:2], "answer": 1} for row in with_choices(sums(6))[4:]]
    held_out = write_jsonl(tmp_path / "held.jsonl", [*three, *two, *sums(3)])
    data = make(validation=held_out, test=held_out)
    assert data.guess("test") == pytest.approx((4 / 3 + 2 / 2) / 6)
    assert make().guess("test") is None


def test_a_metric_of_choices_needs_choices(make: Make, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"choice-accuracy is to be measured, and no row of .* has choices"):
        make(metric="choice-accuracy")
    held_out = write_jsonl(tmp_path / "held.jsonl", with_choices(sums(9)))
    data = make(metric="choice-accuracy", validation=held_out, test=held_out)
    assert data.size("test") == 9


def test_a_template_that_fails_names_the_row(make: Make) -> None:
    failing = byte_tokenizer("{{ raise_exception('roles must take turns') }}")
    with pytest.raises(EngineError, match=r"rows\.jsonl:\d+: the chat template fails: roles must"):
        make(tokenizer=failing)


def test_a_decoder_without_a_padding_token_learns_the_same(make: Make) -> None:
    one, other = make().train_batch(0), make(tokenizer=byte_tokenizer(pad_token=None)).train_batch(0)
    assert learned(one) == learned(other)
    assert torch.equal(one.labels, other.labels)
