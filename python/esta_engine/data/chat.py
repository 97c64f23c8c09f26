r"""Conversations as text: the tokenizer's own chat template, or a plain one where it has none.

The plain one is meant to be read by people, and is the same for training and for chatting:

    ### System:\n...\n\n### User:\n...\n\n### Assistant:\n...<end of text>\n\n
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..gguf import pretrained_arguments

#: {"role": one of ROLES, "content": text}
Message = dict[str, str]

ROLES = ("system", "user", "assistant")
PLAIN_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}"
    "### {{ message['role'] | capitalize }}:\n{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token or '' }}{% endif %}{{ '\n\n' }}"
    "{% endfor %}{% if add_generation_prompt %}### Assistant:\n{% endif %}"
)


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a model folder or GGUF file. Raises EngineError("weights") where none can be read."""
    from transformers import AutoTokenizer

    source, arguments = pretrained_arguments(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True, **arguments)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EngineError(
            "weights",
            f"{folder} has no tokenizer that can be read: {reason}",
            "Save the tokenizer that the model was trained with beside its weights.",
        ) from None
    if not tokenizer.is_fast:
        raise EngineError(
            "weights",
            f"the tokenizer of {folder} does not tell which characters a token is of",
            "Save it as a tokenizer.json (`AutoTokenizer.from_pretrained(...).save_pretrained(...)`).",
        )
    return tokenizer


def check_messages(messages: Any, where: str | None = None) -> tuple[Message, ...]:
    """Messages with a role and a text each, nothing else. Raises EngineError("data") that names the first
    other one.
    """
    place = "" if where is None else f"{where}, "
    if not isinstance(messages, (list, tuple)) or not messages:
        raise EngineError(
            "data", f"{place}messages: got {messages!r}; allowed: a list of messages", "Say something."
        )
    for number, message in enumerate(messages):
        fits = isinstance(message, dict) and message.get("role") in ROLES
        if not fits or not isinstance(message.get("content"), str):
            got = dict(message) if isinstance(message, dict) else message
            raise EngineError(
                "data",
                f"{place}message {number + 1}: got {got!r}; allowed: a role and a text",
                f"Roles are {', '.join(ROLES)}.",
            )
    return tuple({"role": one["role"], "content": one["content"]} for one in messages)


class Renderer:
    """Conversations as text. `template`: `auto` takes the tokenizer's where it has one, `plain` never."""

    def __init__(self, tokenizer: Any, template: str = "auto") -> None:
        self._tokenizer = tokenizer
        own = template == "auto" and getattr(tokenizer, "chat_template", None)
        self._template = None if own else PLAIN_TEMPLATE

    def __call__(self, messages: Sequence[Message], *, answer: bool = False) -> str:
        """`answer`: up to where the assistant's next message begins.

        Raises EngineError("data") where the template fails.
        """
        try:
            text = self._tokenizer.apply_chat_template(
                [dict(message) for message in messages],
                chat_template=self._template,
                add_generation_prompt=answer,
                tokenize=False,
            )
        except Exception as error:  # a template is a program of the model's author, and may raise anything
            raise EngineError("data", f"the chat template fails: {error}", "Do roles take turns?") from error
        return str(text)


def conversation_tokens(
    tokenizer: Any, messages: Sequence[Message], *, answer: bool, template: str = "auto"
) -> list[int]:
    """Tokens of a conversation; `answer`: up to where the assistant's next message begins.

    Raises EngineError("data") for a role that there is not, and where the template fails.
    """
    text = Renderer(tokenizer, template)(check_messages(messages), answer=answer)
    # The template writes the special tokens itself.
    return [int(token) for token in tokenizer(text, add_special_tokens=False)["input_ids"]]


def answer_text(tokenizer: Any, tokens: Sequence[int]) -> str:
    """An answer as it is read: the space that a first token carries, where a template leaves it to the
    answer, is none of it.
    """
    return str(tokenizer.decode(list(tokens), skip_special_tokens=True)).lstrip()


def stop_tokens(tokenizer: Any, *configs: Any) -> set[int]:
    """Tokens that end an answer: the tokenizer's, and those of the model's and its generation's settings."""
    found: set[int] = set()
    for owner in (tokenizer, *configs):
        value = getattr(owner, "eos_token_id", None)
        found |= set() if value is None else set(value) if isinstance(value, (list, tuple)) else {int(value)}
    return found
