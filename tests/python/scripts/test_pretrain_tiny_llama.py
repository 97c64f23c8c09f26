"""The scripts that make and measure tiny-llama, on an excerpt of WordNet and for a few steps."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import measure_tiny_llama as measuring
import pretrain_tiny_llama as pretraining
import pretrain_tiny_llama_data as data
import pytest
import torch
from transformers import AutoTokenizer, LlamaForCausalLM
from wordnet_database import is_held_out, read_all
from wordnet_excerpt import write_excerpt


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same quick pre-training twice."""
    place = tmp_path_factory.mktemp("tiny-llama")
    write_excerpt(place / "wordnet")
    folders = [place / "one", place / "two"]
    for out in folders:
        args = argparse.Namespace(wordnet=place / "wordnet", out=out, anchor=list(pretraining.WIDTHS), seed=0)
        pretraining.train(args, pretraining.QUICK)
    return folders


def test_two_runs_give_the_same_bytes(made: list[Path]) -> None:
    files = sorted(path.relative_to(made[0]) for path in made[0].rglob("*") if path.is_file())
    assert {path.name for path in files} >= {"config.json", "model.safetensors", "tokenizer.json"}
    for file in files:
        assert (made[0] / file).read_bytes() == (made[1] / file).read_bytes(), file


def test_anchors_differ_in_width_alone_and_read_the_same_tokens(made: list[Path]) -> None:
    configs = [json.loads((made[0] / name / "config.json").read_text()) for name in pretraining.WIDTHS]
    assert [config["hidden_size"] for config in configs] == list(pretraining.WIDTHS.values())
    shared = ("num_hidden_layers", "vocab_size", "head_dim", "max_position_embeddings", "tie_word_embeddings")
    assert all(len({config[key] for config in configs}) == 1 for key in shared)
    assert len({(made[0] / name / "tokenizer.json").read_bytes() for name in pretraining.WIDTHS}) == 1


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    write_excerpt(tmp_path)
    documents = data.make_documents(read_all(tmp_path), held_out=False)
    tokenizer = data.make_tokenizer(documents, 300)
    rows = data.make_rows(tokenizer, documents, 64, torch.Generator().manual_seed(0))
    recipe = pretraining.Recipe(steps=30, batch_size=4, warmup_steps=2)
    losses = []
    for steps in (1, 30):
        shorter = pretraining.replace(recipe, steps=steps)
        model = pretraining.pretrain("tiny-llama-s", rows, shorter, tokenizer.get_vocab_size(), 0)
        losses.append(model(input_ids=rows[:4], labels=rows[:4]).loss.item())
    assert losses[1] < 0.5 * losses[0]


def test_held_out_synsets_are_in_no_document(tmp_path: Path) -> None:
    write_excerpt(tmp_path)
    synsets = read_all(tmp_path)
    seen, held_out = (data.make_documents(synsets, held_out=part) for part in (False, True))
    assert len(seen) + len(held_out) == len(synsets) and 5 < len(held_out) < 0.15 * len(synsets)
    said = {half for text in seen for half in text.partition(". kind:")[0].split(": ")}
    unseen = [synset for synset in synsets if is_held_out(synset)]
    assert len(unseen) == len(held_out) and not said & {synset.definition for synset in unseen}


def test_a_document_says_words_definition_kind_and_examples(tmp_path: Path) -> None:
    write_excerpt(tmp_path)
    synsets = read_all(tmp_path)
    by_key = {synset.key: synset for synset in synsets}
    thing = next(synset for synset in synsets if synset.words == ("thing2 5",))
    document = data.make_document(thing, by_key)
    assert "thing2 5" in document and thing.definition in document
    assert "kind2" in document and "animal" in document
    assert document.endswith('. "thing 5 is here"')


def test_any_text_goes_through_the_tokenizer_and_answers_follow_questions(made: list[Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(made[0] / "tiny-llama-s")
    for text in ("a dog", 'naïve: "日本"\n\t', "  two  spaces "):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    turns = [{"role": "user", "content": "which word?"}, {"role": "assistant", "content": "dog"}]
    asked = tokenizer.apply_chat_template(turns[:1], tokenize=False, add_generation_prompt=True)
    told = tokenizer.apply_chat_template(turns, tokenize=False)
    assert told == asked + " dog</s>\n" == "<s>question: which word?\nanswer: dog</s>\n"
    tokens = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in (asked, told)]
    assert tokens[1][: len(tokens[0])] == tokens[0]


def test_likelihoods_are_those_of_the_model_alone(made: list[Path]) -> None:
    model = LlamaForCausalLM.from_pretrained(made[0] / "tiny-llama-s", dtype=torch.float32).eval()
    texts: list[tuple[list[int], int]] = [([1, 7, 8, 9, 30], 3), ([1, 9], 1), ([1, 5, 5, 6, 6, 6, 40], 2)]
    for (ids, place), found in zip(texts, measuring.log_likelihoods(model, texts), strict=True):
        expected = 0.0
        for number in range(place, len(ids)):
            logits = model(input_ids=torch.tensor([ids[:number]])).logits[0, -1]
            expected += logits.log_softmax(-1)[ids[number]].item()
        assert found == pytest.approx(expected, abs=1e-4)


def test_the_likeliest_choice_is_counted() -> None:
    rows: list[dict[str, Any]] = [
        {"choices": ["a", "b"], "answer": 1},
        {"choices": ["a", "b", "c"], "answer": 0},
    ]
    assert measuring.right_of(rows, [-2.0, -1.0, -3.0, -2.0, -1.0]) == 50.0
