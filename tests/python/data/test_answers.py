"""Which tokens are the answers': held, token by token, against what the template writes."""

from __future__ import annotations

from typing import Any

import pytest
from esta_engine.data.answers import encode_answers
from esta_engine.data.chat import Renderer, conversation_tokens
from esta_engine.errors import EngineError
from hypothesis import given, settings
from hypothesis import strategies as st
from text_tasks import CHATML, byte_tokenizer

SPEAK = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "one plus two is"},
    {"role": "assistant", "content": "three"},
    {"role": "user", "content": "plus one is"},
    {"role": "assistant", "content": "four\n\nplus or minus"},
]


def answered(tokenizer: Any, messages: list[dict[str, str]], template: str = "auto") -> tuple[str, list[str]]:
    """(the whole text, the text of each run of answer tokens)."""
    encoded = encode_answers(tokenizer, Renderer(tokenizer, template), messages)
    runs: list[list[int]] = []
    before = False
    for token, inside in zip(encoded.ids.tolist(), encoded.answered.tolist(), strict=True):
        if inside and not before:
            runs.append([])
        if inside:
            runs[-1].append(token)
        before = inside
    whole = tokenizer.decode(encoded.ids)
    return whole, [tokenizer.decode(run) for run in runs]


@pytest.mark.parametrize("template", [None, CHATML])
def test_answers_and_the_tokens_that_end_them_are_learned_and_nothing_else(template: str | None) -> None:
    tokenizer = byte_tokenizer(template)
    whole, found = answered(tokenizer, SPEAK)
    assert found == ["three</s>", "four\n\nplus or minus</s>"]
    assert whole == Renderer(tokenizer)(SPEAK)
    assert whole.endswith("</s>\n" if template else "</s>\n\n")


def test_the_plain_template_can_be_asked_for() -> None:
    tokenizer = byte_tokenizer(CHATML)
    assert answered(tokenizer, SPEAK[1:3], "plain")[0] == (
        "<s>### User:\none plus two is\n\n### Assistant:\nthree</s>\n\n"
    )


def test_the_question_has_the_tokens_that_chatting_gives_it() -> None:
    for template in (None, CHATML):
        tokenizer = byte_tokenizer(template)
        encoded = encode_answers(tokenizer, Renderer(tokenizer), SPEAK)
        prompt = conversation_tokens(tokenizer, SPEAK[:-1], answer=True)
        assert encoded.ids[: len(prompt)].tolist() == prompt
        assert encoded.answered[len(prompt)] and not encoded.answered[len(prompt) - 1]


def test_a_token_across_the_boundary_is_the_answers() -> None:
    """The answer begins with line ends, which the tokenizer joins with the template's own."""
    tokenizer = byte_tokenizer()
    messages = [SPEAK[1], {"role": "assistant", "content": "\n\nplus"}]
    encoded = encode_answers(tokenizer, Renderer(tokenizer), messages)
    tokens = [tokenizer.decode([token]) for token in encoded.ids]
    first = encoded.answered.tolist().index(True)
    assert tokens[first - 1].endswith(":") and tokens[first] in ("\n\n\n", "\n\n")
    assert "".join(tokens[first:]).startswith("\n\n\nplus</s>")


def test_without_an_end_of_text_what_the_template_writes_after_an_answer_ends_it() -> None:
    tokenizer = byte_tokenizer(eos_token=None)
    assert answered(tokenizer, SPEAK[1:3])[1] == ["three\n\n"]


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(alphabet="aé\n plus:#🙂", min_size=1, max_size=9), min_size=2, max_size=6),
    chatml=st.booleans(),
)
def test_every_answer_is_covered_whatever_is_said(texts: list[str], chatml: bool) -> None:
    tokenizer = _TOKENIZERS[chatml]
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]
    render = Renderer(tokenizer)
    encoded = encode_answers(tokenizer, render, messages)
    found = tokenizer(render(messages), add_special_tokens=False, return_offsets_mapping=True)
    covered = [span for span, inside in zip(found["offset_mapping"], encoded.answered, strict=True) if inside]
    whole = render(messages)
    for number, message in enumerate(messages):
        if message["role"] == "assistant":
            start = len(render(messages[:number], answer=True))
            end = start + len(message["content"]) + len("</s>")
            assert whole[start:end] == message["content"] + "</s>"
            characters = {place for first, past in covered for place in range(first, past)}
            assert set(range(start, end)) <= characters
    outside = [
        span for span, inside in zip(found["offset_mapping"], encoded.answered, strict=True) if not inside
    ]
    answers = [m["content"] for m in messages if m["role"] == "assistant"]
    learned = sum(past - first for first, past in found["offset_mapping"]) - sum(b - a for a, b in outside)
    assert learned >= sum(map(len, answers))


_TOKENIZERS = {chatml: byte_tokenizer(CHATML if chatml else None) for chatml in (False, True)}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ raise_exception('no system') }}", "the chat template fails: no system"),
        ("{% for m in messages %}{{ m['content'] }}{% endfor %}{{ messages | length }}", "cannot be told"),
        (
            "{% for m in messages %}{{ 'x' if loop.last else 'y' }}{{ m['content'] }}{% endfor %}",
            "cannot be told from the question",
        ),
        ("{{ messages[7]['content'] | upper }}", "the chat template fails"),
    ],
)
def test_a_template_that_cannot_be_learned_from_is_refused(template: str, message: str) -> None:
    tokenizer = byte_tokenizer(template)
    with pytest.raises(EngineError, match=message) as caught:
        encode_answers(tokenizer, Renderer(tokenizer), SPEAK)
    assert caught.value.code == "data"
    assert len(answered(tokenizer, SPEAK, "plain")[1]) == 2


def test_an_assistant_that_speaks_first_is_refused() -> None:
    tokenizer = byte_tokenizer()
    with pytest.raises(EngineError, match="the assistant speaks first"):
        encode_answers(tokenizer, Renderer(tokenizer), SPEAK[2:])
