"""Talking with a palette: the template, streaming, stops, switching, refusals; a real process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from chat_run import make_chat_run, save_tokenizer
from esta_engine.data.chat import conversation_tokens, load_tokenizer, stop_tokens
from esta_engine.errors import EngineError
from esta_engine.service.chat import Chat
from pico import save_anchors
from runs import digits_task, raw_plan, start_engine

HELLO = [{"role": "user", "content": "w5 w6 w7"}]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_chat_run(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="module")
def partner(run: Path) -> Chat:
    return Chat(run, "cpu")


def _ask(partner: Chat, **request: Any) -> list[dict[str, Any]]:
    sampling = {"max_new_tokens": 8, **request.pop("sampling", {})}
    request = {"messages": HELLO, "stitch": 0, "sampling": sampling, **request}
    return list(partner.answer(request, lambda: False))


def test_pieces_make_the_answer_and_the_end_is_told(partner: Chat) -> None:
    *pieces, last = _ask(partner)
    assert pieces and all(list(piece) == ["text"] for piece in pieces)
    done = last["done"]
    assert done["stitch"] == 0 and done["tokens"] >= 1 and done["reason"] in ("stop", "length")
    again = "".join(piece["text"] for piece in _ask(partner)[:-1])
    assert "".join(piece["text"] for piece in pieces) == again


def test_stitches_answer_differently_without_reloading(partner: Chat) -> None:
    answers = [[line.get("text") for line in _ask(partner, stitch=stitch)] for stitch in (0, 4, 0)]
    assert answers[0] == answers[2] != answers[1]


def test_an_answer_can_be_stopped(partner: Chat) -> None:
    asked = iter([False, False, False, True])
    lines = list(partner.answer({"messages": HELLO, "stitch": 1, "sampling": {}}, lambda: next(asked)))
    assert lines[-1]["done"]["reason"] == "stopped" and lines[-1]["done"]["tokens"] <= 3


def test_answers_end_where_positions_do(partner: Chat) -> None:
    long = [{"role": "user", "content": "w5 " * 50}]
    done = _ask(partner, messages=long, sampling={"max_new_tokens": 500, "seed": 1})[-1]["done"]
    assert done["prompt_tokens"] + done["tokens"] <= partner.context == 64
    with pytest.raises(EngineError, match="positions for 64"):
        _ask(partner, messages=[{"role": "user", "content": "w5 " * 80}])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"stitch": 2}, "stitch 2 is not in the palette; it holds 0, 1, 4"),
        ({"stitch": "0"}, "is not in the palette"),
        ({"messages": [{"role": "user"}]}, "message 1: got"),
        ({"messages": [{"role": "robot", "content": "w5"}]}, "allowed: a role"),
        ({"sampling": {"heat": 1}}, "no sampling setting 'heat'"),
        ({"sampling": {"top_k": 1.5}}, "top_k: got 1.5; allowed: a whole number"),
        ({"sampling": {"temperature": -1}}, "temperature: got -1"),
    ],
)
def test_what_cannot_be_answered_is_refused(partner: Chat, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        _ask(partner, **request_)


def test_the_plain_template_is_as_documented(tmp_path: Path) -> None:
    save_tokenizer(tmp_path)
    tokenizer = load_tokenizer(tmp_path)
    conversation = [*HELLO, {"role": "assistant", "content": "w8"}]
    tokens = tokenizer.convert_ids_to_tokens(conversation_tokens(tokenizer, conversation, answer=False))
    # WhitespaceSplit keeps words; those of the headings are not in this vocabulary.
    assert tokens == ["<s>", "<unk>", "<unk>", "w5", "w6", "w7", "<unk>", "<unk>", "w8", "</s>"]
    asked = conversation_tokens(tokenizer, HELLO, answer=True)
    assert asked == conversation_tokens(tokenizer, conversation, answer=False)[: len(asked)]
    assert stop_tokens(tokenizer) == {2}


def test_the_tokenizers_own_template_is_used_and_its_failure_told(tmp_path: Path) -> None:
    save_tokenizer(tmp_path, "{% for m in messages %}{{ m['content'] }} w9 {% endfor %}")
    assert conversation_tokens(load_tokenizer(tmp_path), HELLO, answer=True) == [5, 6, 7, 9]
    save_tokenizer(tmp_path, "{{ raise_exception('roles must take turns') }}")
    with pytest.raises(EngineError, match="template fails: roles must take turns"):
        conversation_tokens(load_tokenizer(tmp_path), HELLO, answer=True)


def test_palettes_of_images_do_not_speak(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    plan = raw_plan(save_anchors(tmp_path / "anchors"), digits_task())
    (tmp_path / "run" / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(EngineError, match="vit networks, which do not generate text"):
        Chat(tmp_path / "run", "cpu")


def _talk(process: subprocess.Popen[str], request: Any) -> list[dict[str, Any]]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    lines = []
    while not lines or "text" in lines[-1]:
        lines.append(json.loads(process.stdout.readline()))
    return lines


def test_a_process_talks_until_its_stdin_ends(run: Path) -> None:
    process = start_engine("chat", "--run-dir", run, "--device", "cpu", stdin=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    ready = json.loads(process.stdout.readline())["ready"]
    assert [stitch["id"] for stitch in ready["stitches"]] == [0, 1, 4] and ready["context"] == 64
    request = {"messages": HELLO, "stitch": 4, "sampling": {"max_new_tokens": 5}}
    first, second = _talk(process, request), _talk(process, request)
    for lines in (first, second):
        lines[-1]["done"].pop("seconds")
    assert first == second and "done" in first[-1]
    assert "not in the palette" in _talk(process, {**request, "stitch": 3})[-1]["error"]["message"]
    process.stdin.close()
    assert process.wait(timeout=60) == 0
    assert process.stdout.read() == ""
