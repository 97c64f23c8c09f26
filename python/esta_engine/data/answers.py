"""Which tokens of a conversation are the assistant's: those that a language model learns from.

A template says with text, not with tokens, where an answer begins. So a conversation is written out whole and
tokenised whole, as a model sees it, and an answer's tokens are those with a character of it. Where it begins
and ends is found by writing the conversation out up to it and up to its end: both must be beginnings of the
whole text, else the template cannot be learned from, and that is said.

An answer includes the token that ends it, and not what the template writes between messages after that. A
token that holds characters of the question and of the answer counts as the answer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..errors import EngineError
from .chat import Message, Renderer


@dataclass(frozen=True)
class EncodedAnswers:
    """`ids` (n,) int64; `answered` (n,): whether a token is of an answer."""

    ids: Tensor
    answered: Tensor


def encode_answers(tokenizer: Any, render: Renderer, messages: Sequence[Message]) -> EncodedAnswers:
    """Raises EngineError("data") where the template fails, or does not tell answers from questions."""
    text = render(messages)
    spans = []
    for number, message in enumerate(messages):
        if message["role"] == "assistant":
            spans.append(_span(render, messages, number, text))
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids = [int(token) for token in found["input_ids"]]
    answered = torch.zeros(len(ids), dtype=torch.bool)
    special = _special_tokens(tokenizer)
    for start, end in spans:
        first, past = _tokens_of(found["offset_mapping"], start, end)
        past = _without_separators(ids, found["offset_mapping"], text, first, past, special)
        answered[first:past] = True
    return EncodedAnswers(torch.tensor(ids, dtype=torch.int64), answered)


def _special_tokens(tokenizer: Any) -> set[int]:
    """Tokens that a template writes, and no text of a message becomes."""
    added = {int(number) for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    named = {tokenizer.eos_token_id, *tokenizer.all_special_ids}
    return (added | named) - {None, tokenizer.unk_token_id}


def _span(render: Renderer, messages: Sequence[Message], number: int, text: str) -> tuple[int, int]:
    """The characters of answer `number`, and of what the template writes after it."""
    if number == 0:
        raise EngineError(
            "data", "the assistant speaks first: an answer needs a question", "Begin with the user."
        )
    last = number == len(messages) - 1
    before = render(messages[:number], answer=True)
    through = text if last else render(messages[: number + 1])
    if not through.startswith(before) or not text.startswith(before) or not text.startswith(through):
        raise EngineError(
            "data",
            f"the chat template writes message {number + 1} otherwise when it is asked for than when it "
            + ("is there" if last or not through.startswith(before) else "is followed by others")
            + ": its answer cannot be told from the question",
            "Set task.template to plain, or use conversations of one answer.",
        )
    return len(before), len(through)


def _tokens_of(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Half-open range of the tokens that have a character in [start, end)."""
    inside = [
        number
        for number, (first, past) in enumerate(offsets)
        if past > start and first < end and past > first
    ]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _without_separators(
    ids: Sequence[int],
    offsets: Sequence[tuple[int, int]],
    text: str,
    first: int,
    past: int,
    special: set[int],
) -> int:
    """The end of an answer's tokens without the white space that follows its last special token."""
    ends = [number for number in range(first, past) if ids[number] in special]
    if not ends:
        return past
    rest = text[offsets[ends[-1]][1] : offsets[past - 1][1]]
    return past if rest.strip() else ends[-1] + 1
