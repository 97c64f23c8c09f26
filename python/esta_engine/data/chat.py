r"""Conversations as tokens: the tokenizer's own chat template, or a plain one where it has none.

The plain one is meant to be read by people, and is the same for training and for chatting:

    ### System:\n...\n\n### User:\n...\n\n### Assistant:\n...<end of text>\n\n
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import EngineError

ROLES = ("system", "user", "assistant")
PLAIN_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}"
    "### {{ message['role'] | capitalize }}:\n{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token or '' }}{% endif %}\n\n"
    "{% endfor %}{% if add_generation_prompt %}### Assistant:\n{% endif %}"
)


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a model folder. Raises EngineError("weights") where it has none that can be read."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EngineError(
            "weights",
            f"{folder} has no tokenizer that can be read: {reason}",
            "Save the tokenizer that the model was trained with beside its weights.",
        ) from None


def conversation_tokens(tokenizer: Any, messages: Sequence[Mapping[str, str]], *, answer: bool) -> list[int]:
    """Tokens of a conversation; `answer`: up to where the assistant's next message begins.

    Raises EngineError("data") for a role that there is not, and where the template fails.
    """
    for number, message in enumerate(messages):
        if message.get("role") not in ROLES or not isinstance(message.get("content"), str):
            raise EngineError(
                "data",
                f"message {number + 1}: got {dict(message)!r}; allowed: a role and a text",
                f"Roles are {', '.join(ROLES)}.",
            )
    template = None if getattr(tokenizer, "chat_template", None) else PLAIN_TEMPLATE
    try:
        text = tokenizer.apply_chat_template(
            [dict(message) for message in messages],
            chat_template=template,
            add_generation_prompt=answer,
            tokenize=False,
        )
    except Exception as error:  # a template is a program of the model's author, and may raise anything
        raise EngineError("data", f"the chat template fails: {error}", "Do roles take turns?") from error
    # The template writes the special tokens itself.
    return [int(token) for token in tokenizer(text, add_special_tokens=False)["input_ids"]]


def stop_tokens(tokenizer: Any, *configs: Any) -> set[int]:
    """Tokens that end an answer: the tokenizer's, and those of the model's and its generation's settings."""
    found: set[int] = set()
    for owner in (tokenizer, *configs):
        value = getattr(owner, "eos_token_id", None)
        found |= set() if value is None else set(value) if isinstance(value, (list, tuple)) else {int(value)}
    return found
