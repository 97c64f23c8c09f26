"""Multiple choice against `transformers`' own log-probabilities, and accuracies against brute force."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from esta_engine.data.conversations import ConversationData
from esta_engine.data.task import ChoiceRow
from esta_engine.evaluation.choices import choice_accuracy, log_likelihoods, measure_choices
from esta_engine.evaluation.evaluate import evaluate_together
from esta_engine.nn.prefixes import PrefixTree
from hypothesis import given
from hypothesis import strategies as st
from pico import perturb
from pico_text import text_network
from text_tasks import byte_tokenizer, conversations_task, save_readers, sums, with_choices, write_jsonl

CPU = torch.device("cpu")


def test_log_likelihoods_are_those_of_each_choice_by_itself(tmp_path: Path) -> None:
    """One choice at a time, without padding, through the library's own model."""
    task = conversations_task(write_jsonl(tmp_path / "rows.jsonl", [*with_choices(sums(15)), *sums(15)]))
    plan, network = text_network(save_readers(tmp_path), task=task, input_={"sequence_length": 64})
    data = ConversationData(plan, byte_tokenizer())
    rows, sums_, expected = [], [], []
    for batch, kinds in data.choice_batches("test"):
        with torch.no_grad():
            ((stitch, found_),) = log_likelihoods(PrefixTree(network, [1]), batch, CPU)
            sums_ += found_.tolist()
            assert stitch == 1
        rows += kinds
        for ids, mask, labels in zip(
            batch.inputs["input_ids"], batch.inputs["attention_mask"], batch.labels, strict=True
        ):
            length = int(mask.sum())
            with torch.no_grad():
                logits = network.anchor(1).model(input_ids=ids[None, :length]).logits[0].double()
            found = logits.log_softmax(dim=-1)[:-1].gather(1, ids[1:length, None])[:, 0]
            expected.append(float(found[labels[1:length] != -100].sum()))
    assert rows and sums_ == pytest.approx(expected, rel=1e-5)
    metrics, examples = evaluate_together(network, [1], data, "test", CPU)[1]
    assert examples == 6 and set(metrics) == {
        "loss", "perplexity", "choice-accuracy", "choice-accuracy-normalised",
    }  # fmt: skip
    scores = {(row.example, row.choice): total for row, total in zip(rows, expected, strict=True)}
    sizes = {(row.example, row.choice): row.size_bytes for row in rows}
    for name, by in (("choice-accuracy", 0), ("choice-accuracy-normalised", 1)):
        hits = [
            max(range(3), key=lambda c, e=row.example, by=by: scores[e, c] / sizes[e, c] ** by) == row.choice
            for row in rows
            if row.right
        ]
        assert metrics[name] == pytest.approx(sum(hits) / len(hits))


def test_language_models_measured_together_give_what_each_gives_alone(tmp_path: Path) -> None:
    task = conversations_task(write_jsonl(tmp_path / "rows.jsonl", [*with_choices(sums(15)), *sums(15)]))
    plan, network = text_network(save_readers(tmp_path), task=task, input_={"sequence_length": 64})
    perturb(network, list(range(len(plan.stitches))))
    data = ConversationData(plan, byte_tokenizer())
    every = [stitch.id for stitch in plan.stitches]
    together = evaluate_together(network, every, data, "test", CPU)
    assert together == {
        stitch: evaluate_together(network, [stitch], data, "test", CPU)[stitch] for stitch in every
    }
    assert len({measured[0]["loss"] for measured in together.values()}) == len(every)


def test_a_split_without_choices_has_no_such_accuracy(tmp_path: Path) -> None:
    task = conversations_task(write_jsonl(tmp_path / "rows.jsonl", sums(15)))
    plan, network = text_network(save_readers(tmp_path), task=task, input_={"sequence_length": 64})
    data = ConversationData(plan, byte_tokenizer())
    assert measure_choices(PrefixTree(network, [0]), [0], data, "test", CPU) == {0: {}}
    assert set(evaluate_together(network, [0], data, "test", CPU)[0][0]) == {"loss", "perplexity"}


@given(
    table=st.lists(st.lists(st.integers(-3, 0), min_size=2, max_size=4), min_size=1, max_size=6),
    data=st.data(),
)
def test_accuracy_is_the_share_of_right_choices_that_no_other_beats(
    table: list[list[int]], data: st.DataObject
) -> None:
    right = [data.draw(st.integers(0, len(scores) - 1)) for scores in table]
    rows = [ChoiceRow(e, c, c == right[e], 1) for e, scores in enumerate(table) for c in range(len(scores))]
    flat = [float(score) for scores in table for score in scores]
    hits = [scores.index(max(scores)) == answer for scores, answer in zip(table, right, strict=True)]
    assert choice_accuracy(rows, flat) == sum(hits) / len(hits)
