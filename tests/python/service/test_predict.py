"""Predictions for texts of one's own: the softmax of the stitch's logits, and refusals as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.plan import read_plan
from esta_engine.service.job import Options
from esta_engine.service.queries import answer
from esta_engine.service.restore import load_palette
from esta_engine.service.run import run
from esta_engine.service.run_folder import RunFolder
from pico_text import raw_text_plan
from runs import write_plan
from text_tasks import (
    conversations_task,
    moods,
    save_readers,
    sums,
    texts_task,
    word_tokenizer,
    write_csv,
    write_jsonl,
)

TEXTS = ["the cat is sad", "so glad", "the dog was very very very cross and then not so glad"]


def ask(folder: Path, **parameters: Any) -> dict[str, Any]:
    request = {"query": "predict", "run": str(folder), "stitch": 1, **parameters}
    reply: dict[str, Any] = json.loads(answer(json.dumps(request)))
    return reply


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs of single texts, of pairs, and of conversations."""
    place = tmp_path_factory.mktemp("predict")
    encoders, decoders = save_readers(place, "bert"), save_readers(place, "llama")
    rows = [{**row, "other": "the bird"} for row in moods()]
    table = write_csv(place / "moods.csv", rows)
    plans = {
        "single": raw_text_plan(encoders, task=texts_task(table), classes=3),
        "pair": raw_text_plan(encoders, task=texts_task(table, columns={"text_pair": "other"}), classes=3),
        "chat": raw_text_plan(
            decoders,
            task=conversations_task(write_jsonl(place / "sums.jsonl", sums(20)), generated_samples=0),
            input_={"sequence_length": 64},
        ),
    }
    for name, plan in plans.items():
        assert run(write_plan(place / f"{name}.json", plan), Options(place / name), force=False) == 0
    return {name: place / name for name in plans}


@pytest.mark.parametrize("kind", ["single", "pair"])
def test_a_prediction_is_the_softmax_of_the_stitchs_logits(finished: dict[str, Path], kind: str) -> None:
    folder, second = finished[kind], "the bird is not glad"
    texts: list[Any] = [[text, second] for text in TEXTS] if kind == "pair" else TEXTS
    reply = ask(folder, texts=texts)
    assert reply["ok"], reply
    parts, palette = load_palette(RunFolder(folder), read_plan(folder / "plan.json"), torch.device("cpu"))
    for text, prediction in zip(TEXTS, reply["result"]["predictions"], strict=True):
        pair = second if kind == "pair" else None
        inputs = word_tokenizer()(
            text, pair, truncation=True, max_length=16, return_tensors="pt",
            return_token_type_ids=pair is not None,
        )  # fmt: skip
        with torch.no_grad():
            row = parts.network(dict(inputs), 1)[0].double().softmax(dim=0)
        assert prediction["text"] == text and prediction.get("text_pair") == pair
        assert prediction["class"] == palette["task"]["classes"][int(row.argmax())]
        assert list(prediction["probabilities"].values()) == pytest.approx(row.tolist(), rel=1e-5)


def test_mistakes_are_answers(finished: dict[str, Path], tmp_path: Path) -> None:
    single, pair, chat = (finished[name] for name in ("single", "pair", "chat"))
    cases = [
        (ask(single), "plan", "no texts were given"),
        (ask(single, texts=TEXTS, stitch=99), "plan", "not in the palette; it holds 0, 1"),
        (ask(single, images=["a.png"]), "plan", "this palette looks at texts, and images were given"),
        (ask(single, texts=["a", " "]), "data", "text 2 is empty"),
        (ask(single, texts=["a", 3]), "plan", "text 2: got 3; allowed: one text"),
        (ask(single, texts=[["a", "b"]]), "plan", "text 1: got ['a', 'b']; allowed: one text"),
        (ask(pair, texts=["a"]), "plan", "text 1: got 'a'; allowed: a list of two texts"),
        (ask(chat, texts=["a"]), "plan", "this palette writes text and has no classes"),
    ]
    for reply, code, message in cases:
        assert not reply["ok"] and reply["error"]["code"] == code, reply
        assert message in reply["error"]["message"], reply
